package ui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScopesAreSaidInWords(t *testing.T) {
	got := scopeLines([]string{"oauth.write", "contacts.write", "contacts.readonly", "locations/customFields.readonly", "blogs/post-update.write", "conversations/livechat.write"})
	want := []scopeLine{
		{"Blogs: post update", "change", "blogs/post-update.write"},
		{"Contacts", "see and change", "contacts.readonly contacts.write"},
		{"Conversations: livechat", "change", "conversations/livechat.write"},
		{"Locations: custom fields", "see", "locations/customFields.readonly"},
		{"This app’s own installations", "change", "oauth.write"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
