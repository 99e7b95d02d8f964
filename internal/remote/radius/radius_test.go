package radius_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/radius"
)

func open(t *testing.T, base, key string) remote.System {
	t.Helper()
	s, err := radius.New(remote.Settings{BaseURL: base, Token: key, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func peter() remote.Record {
	return remote.Record{Fields: map[string]any{
		"name": "Peter Parker", "emails": []any{"peter@example.com", "p2@example.com"}, "phones": []any{"+1 602-555-0147", "+442079460018"}, "type": "buyer", "tags": []any{"open house"}, "city": "Phoenix", "gender": nil,
		"pets": "two dogs", "prop.address": "1 Main St", "prop.resale_price": 850000, "req.city": "Tempe", "req.max_budget": 900000,
	}}
}

func TestAClientIsImportedWithWhatTheyOwnAndWant(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s := open(t, f.URL, f.Vars["radius.secureId"])
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		made, err := s.Create(t.Context(), remote.Contact, peter(), "k")
		if err != nil {
			t.Fatal(err)
		}
		change := peter()
		change.ID, change.Fields["city"], change.Fields["tags"] = made.ID, "Mesa", []any{"open house", "VIP"}
		if _, err := s.Update(t.Context(), remote.Contact, change, "k2"); err != nil {
			t.Fatal(err)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, total, err := crm.Contacts(ctx, tx, f.Vars["locationId"], crm.Query{Limit: 10}, true)
			if err != nil {
				return err
			}
			c := list[0]
			if total != 1 || c.FirstName != "Peter" || len(c.Emails) != 2 || len(c.Phones) != 1 || c.Phones[0].E164 != "+16025550147" || c.Address.City != "Mesa" || len(c.Tags) != 2 || c.Type != "buyer" || len(c.CustomFields) != 1 {
				t.Errorf("%d, %+v", total, c)
			}
			props, err := crm.Properties(ctx, tx, f.Vars["locationId"], c.ID)
			if err != nil {
				return err
			}
			reqs, err := crm.Requirements(ctx, tx, f.Vars["locationId"], c.ID)
			if len(props) != 1 || len(reqs) != 1 {
				t.Errorf("%d properties, %d requirements", len(props), len(reqs))
			}
			return err
		})
	})
}

func TestWhoRadiusDoesNotTakeIsNotSent(t *testing.T) {
	s := open(t, "http://127.0.0.1:1", "secure-id-0123")
	for _, without := range []string{"name", "emails", "phones"} {
		r := peter()
		r.Fields[without] = nil
		if _, err := s.Create(t.Context(), remote.Contact, r, ""); !remote.Is(err, remote.Refused) {
			t.Errorf("without %s: %v", without, err)
		}
	}
	if _, err := s.Create(t.Context(), remote.Task, peter(), ""); !remote.Is(err, remote.Refused) {
		t.Error(err)
	}
}

func TestErrorsOfRadius(t *testing.T) {
	f := foyertest.New(t)
	if _, err := open(t, f.URL, "wrong-secure-id").Check(t.Context()); !remote.Is(err, remote.Unauthorized) {
		t.Error(err)
	}
	for body, want := range map[string]remote.Cause{
		`{"error": {"message": "Missing Client name", "code": 101}}`: remote.Refused, `{"error": {"message": "Unauthorized", "code": 401}}`: remote.Unauthorized,
		`<html>`: remote.Broken, `[]`: remote.Broken,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		if _, err := open(t, server.URL, "secure-id-0123").Create(t.Context(), remote.Contact, peter(), ""); !remote.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
		server.Close()
	}
}

// Another client's e-mail address leads the import to that client: it is said.
func TestAnImportThatWentToAnotherIsSaid(t *testing.T) {
	f := foyertest.New(t)
	s := open(t, f.URL, f.Vars["radius.secureId"])
	r := peter()
	made, err := s.Create(t.Context(), remote.Contact, r, "")
	if err != nil {
		t.Fatal(err)
	}
	r.ID = "12345"
	_, err = s.Update(t.Context(), remote.Contact, r, "")
	if e := new(remote.Error); !errors.As(err, &e) || e.Cause != remote.Duplicate || e.ID != made.ID {
		t.Error(err)
	}
}
