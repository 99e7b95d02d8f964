package ui_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/ui"
)

// reader adds a user who may only read.
func reader(t *testing.T, f *foyertest.F, name string) string {
	t.Helper()
	u, cookie := person(t, f, name, nil)
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, u.ID, func(u *crm.User) { u.Profile.ReadOnly = true })
		return err
	})
	return cookie
}

var changingForm = regexp.MustCompile(`<form[^>]*method="post"[^>]*action="/in/|hx-(post|put|patch|delete)=`)

// Who may only read sees every page that a user does, with no form that would be
// refused, and every form of theirs is refused.
func TestWhoMayOnlyReadChangesNothing(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := reader(t, f, "rea")
		c := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Emails: []crm.Email{{Address: "ana@x.example"}}, Phones: []crm.Phone{crm.NewPhone("6025550123", "cell")}})
		at := func(path string) string {
			return strings.NewReplacer("{location}", f.Credentials.LocationID, "{contact}", c.ID, "{field}", "type").Replace(path)
		}
		for _, s := range ui.Screens() {
			status, page := send(t, f, s.Method, at(s.Path), cookie, "do=nothing", "Content-Type", formType)
			switch {
			case s.Method == http.MethodPost && status != http.StatusForbidden:
				t.Errorf("POST %s: %d", s.Path, status)
			case s.Method == http.MethodGet && !s.Admin && (status == http.StatusForbidden || status >= 500):
				t.Errorf("GET %s: %d", s.Path, status)
			}
			if form := changingForm.FindString(page); form != "" {
				t.Errorf("%s %s shows what would be refused: %s", s.Method, s.Path, form)
			}
		}
		if _, page := send(t, f, "GET", at("/in/{location}/contacts/{contact}"), cookie, ""); !strings.Contains(page, "ana@x.example") || !strings.Contains(page, "(602) 555-0123") {
			t.Error("what is to be read is gone with the forms")
		}
		// and not only in pages
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui", ReadOnly: true}
		for what, do := range map[string]func(ctx context.Context, tx *db.Tx) error{
			"a contact": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "New"}}})
				return err
			},
			"a note": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: c.ID, Body: "n"})
				return err
			},
		} {
			if err := f.DB.Write(t.Context(), by.LocationID, do); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s was stored: %v", what, err)
			}
		}
	})
}
