package liondesk_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/liondesk"
)

func open(t *testing.T, base, key, user string) remote.System {
	t.Helper()
	s, err := liondesk.New(remote.Settings{BaseURL: base, Token: key, UserKey: user, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSubmissionsCommentsAndActivitiesArrive(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, base := range []string{f.URL, f.URL + "/liondesk/"} {
			s := open(t, base, f.Vars["liondesk.apiKey"], f.Vars["liondesk.userKey"])
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			made, err := s.Create(t.Context(), remote.Contact, remote.Record{Fields: map[string]any{"firstname": "Ann", "email": "ann@example.com", "tag": []any{"Buyer", "Hot"}, "phone": nil}}, "k"+base)
			if err != nil {
				t.Fatal(err)
			}
			for i, fields := range []map[string]any{{"description": "called"}, {"description": "on my way", "type": 5}, {"type": "property_viewed", "description": "1 Main St", "property": map[string]any{"mls": "7", "beds": 3}, "created": "2026-01-02T03:04:05Z"}} {
				n, err := s.Create(t.Context(), remote.Note, remote.Record{ContactID: made.ID, Fields: fields}, base+string(rune('a'+i)))
				if err != nil || n.ID == "" || n.ContactID != made.ID {
					t.Errorf("%v: %+v %v", fields, n, err)
				}
			}
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, total, err := crm.Contacts(ctx, tx, f.Vars["locationId"], crm.Query{Limit: 10}, true)
			if err != nil {
				return err
			}
			if total != 1 || list[0].FirstName != "Ann" || len(list[0].Tags) != 2 {
				t.Errorf("%d %+v", total, list)
			}
			notes, err := crm.Notes(ctx, tx, f.Vars["locationId"], list[0].ID)
			if len(notes) != 4 {
				t.Errorf("%d notes", len(notes))
			}
			return err
		})
	})
}

// Errors travel with status 200: what counts is the number.
func TestErrorsOfLionDesk(t *testing.T) {
	f := foyertest.New(t)
	key, user := f.Vars["liondesk.apiKey"], f.Vars["liondesk.userKey"]
	for _, pair := range [][2]string{{key, "wrong-user-key"}, {"wrong-api-key", user}} {
		if _, err := open(t, f.URL, pair[0], pair[1]).Check(t.Context()); !remote.Is(err, remote.Unauthorized) {
			t.Error(err)
		}
	}
	s := open(t, f.URL, key, user)
	_, err := s.Create(t.Context(), remote.Contact, remote.Record{Fields: map[string]any{"firstname": "Nobody"}}, "")
	if !remote.Is(err, remote.Refused) || !strings.Contains(err.Error(), "error 20") {
		t.Error(err)
	}
	for _, id := range []string{"999", "", "x"} {
		if _, err := s.Create(t.Context(), remote.Note, remote.Record{ContactID: id, Fields: map[string]any{"description": "x"}}, ""); !remote.Is(err, remote.Missing) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for body, want := range map[string]remote.Cause{
		`{"error": 10, "errorText": "User Validation Error"}`: remote.Unauthorized, `{"error": "10", "errorText": ""}`: remote.Unauthorized, `{"error": 99, "errorText": "x"}`: remote.Unavailable,
		`{"error": 1234, "errorText": "x"}`: remote.Refused, `{"error": 0, "errorText": ""}`: remote.Broken, `<html>`: remote.Broken, ``: remote.Broken,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		if _, err := open(t, server.URL, key, user).Create(t.Context(), remote.Note, remote.Record{ContactID: "1"}, ""); !remote.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
		server.Close()
	}
}
