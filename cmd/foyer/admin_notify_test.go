package main

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
)

// How a user is told is set on the command line; that new leads come by e-mail is
// the same as to be subscribed to them.
func TestAdministeringNotifications(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		c := mustJSON[app.Credentials](t, with("bootstrap")...)
		by := func(l notifyLine, kind string) string {
			for _, p := range l.Preferences {
				if p.Kind == kind {
					return p.Way
				}
			}
			return ""
		}
		if l := mustJSON[notifyLine](t, with("notify", "list", c.User.Email)...); by(l, crm.NewLead) != crm.ByEmail || by(l, "task_due") != crm.InApp || l.DigestHour != 8 {
			t.Errorf("%+v", l)
		}
		_ = mustJSON[map[string]any](t, with("users", "subscribe", c.User.ID, "--off")...)
		if l := mustJSON[notifyLine](t, with("notify", "list", c.User.ID)...); by(l, crm.NewLead) != crm.ByNone {
			t.Errorf("%+v", l)
		}
		for _, way := range []string{crm.ByDigest, crm.InApp, crm.ByEmail, crm.ByNone, crm.ByEmail} {
			if l := mustJSON[notifyLine](t, with("notify", "set", c.User.ID, "--event", "new_lead", "--by", way)...); by(l, crm.NewLead) != way {
				t.Errorf("%s: %+v", way, l)
			}
		}
		if l := mustJSON[notifyLine](t, with("notify", "set", c.User.ID, "--digest-hour", "0")...); l.DigestHour != 0 || l.Timezone != "UTC" {
			t.Errorf("%+v", l)
		}
		if rows := tabled(t, "EVENT BY USUALLY WHAT", with("notify", "list", c.User.ID)...); len(rows) != len(crm.NoticeKinds()) {
			t.Errorf("%v", rows)
		}
		for want, args := range map[string][]string{
			"say of which --event":      {"set", c.User.ID, "--event", "new_lead"},
			"kind: choice":              {"set", c.User.ID, "--event", "nothing", "--by", "email"},
			"new_lead: choice":          {"set", c.User.ID, "--event", "new_lead", "--by", "pigeon"},
			"digestHour: max":           {"set", c.User.ID, "--digest-hour", "24"},
			"there is no user nobody":   {"list", "nobody"},
			"there is no user no@x.com": {"list", "no@x.com"},
		} {
			refused(t, want, with(append([]string{"notify"}, args...)...)...)
		}
	})
}
