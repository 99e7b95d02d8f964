package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/ui"
)

const formType = "application/x-www-form-urlencoded"

// person adds a user with permissions and gives their cookie.
func person(t *testing.T, f *foyertest.F, name string, permissions map[string]bool) (*crm.User, string) {
	t.Helper()
	u := f.AddUser(t, name, name+"@agency.example", strings.ToUpper(name[:1])+name[1:], "Person")
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, u.ID, func(u *crm.User) { u.Profile.Permissions = permissions })
		return err
	})
	return u, f.SignIn(t, u.Email)
}

// add stores a contact by a command.
func add(t *testing.T, f *foyertest.F, c crm.Contact) *crm.Contact {
	t.Helper()
	var saved *crm.Saved
	if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		saved, err = crm.SaveContact(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, crm.Save{Input: crm.Input{Contact: c}, AllowDuplicate: true})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return saved.Contact
}

// Every page of a location asks who is there: nobody gets in without signing in,
// nobody from next door, nobody without the permission, and who sees only what is
// assigned to them finds nobody else's contact.
func TestEveryPageAsksWhoIsThere(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		next := f.Neighbour(t)
		admin := f.SignIn(t, f.Vars["user.email"])
		_, user := person(t, f, "una", nil)
		mine, assigned := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
		none := map[string]bool{}
		for _, s := range ui.Screens() {
			if s.Needs != "" {
				none[s.Needs] = false
			}
		}
		_, shut := person(t, f, "sam", none)
		stranger := f.SignIn(t, next["user.email"])
		secret := add(t, f, crm.Contact{FirstName: "Secret", LastName: "Sesame", AssignedTo: f.Vars["user.id"]})
		own := add(t, f, crm.Contact{FirstName: "Own", LastName: "Lead", AssignedTo: mine.ID})
		at := func(path, contact string) string {
			return strings.NewReplacer("{location}", f.Credentials.LocationID, "{contact}", contact, "{field}", "type", "{flow}", aFlow(t, f)).Replace(path)
		}
		for _, s := range ui.Screens() {
			about := strings.Contains(s.Path, "{contact}")
			for _, c := range []struct {
				who, cookie, contact string
				want                 func(status int) bool
			}{
				{"nobody", "", secret.ID, func(status int) bool { return status == http.StatusSeeOther }},
				{"next door", stranger, secret.ID, func(status int) bool { return status == http.StatusNotFound }},
				{"without the permission", shut, secret.ID, func(status int) bool { return (status == http.StatusForbidden) == (s.Needs != "" || s.Admin) }},
				{"assigned only", assigned, secret.ID, func(status int) bool { return !about || status == http.StatusNotFound }},
				{"assigned only, their own", assigned, own.ID, func(status int) bool {
					forAll := s.Method == http.MethodPost && strings.HasPrefix(s.Path, "/in/{location}/settings") // what is set up for all contacts
					return status != http.StatusNotFound && status < 500 && (status == http.StatusForbidden) == (s.Admin || forAll)
				}},
				{"user", user, secret.ID, func(status int) bool { return (status != http.StatusForbidden) != s.Admin && status < 500 }},
				{"admin", admin, secret.ID, func(status int) bool {
					other := strings.Contains(at(s.Path, ""), "{") // about a thing that is not there
					return status != http.StatusForbidden && (status != http.StatusNotFound || other) && status < 500
				}},
			} {
				body := ""
				if s.Method == http.MethodPost {
					body = url.Values{"do": {"nothing"}, "part": {"profile"}, "version": {"1"}, "value": {"buyer"}, "contact": {c.contact}, "keep": {c.contact}, "other": {c.contact}}.Encode()
				}
				status, page := send(t, f, s.Method, at(s.Path, c.contact), c.cookie, body, "Content-Type", formType)
				if !c.want(status) {
					t.Errorf("%s %s as %s: %d", s.Method, s.Path, c.who, status)
				}
				if c.who != "user" && c.who != "admin" && (strings.Contains(page, "Sesame") || strings.Contains(page, secret.ID) && !about) {
					t.Errorf("%s %s shows %s another's contact", s.Method, s.Path, c.who)
				}
			}
			if s.Method == http.MethodPost {
				status, _ := send(t, f, s.Method, at(s.Path, secret.ID), admin, "do=nothing", "Content-Type", formType, "Sec-Fetch-Site", "cross-site")
				if status != http.StatusForbidden {
					t.Errorf("%s from another site: %d", s.Path, status)
				}
			}
		}
	})
}

// Who sees only what is assigned to them sees nothing else in any list, and can
// change nothing else by a button that takes ids.
func TestAssignedOnlyHoldsInLists(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mine, cookie := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
		secret := add(t, f, crm.Contact{FirstName: "Secret", LastName: "Sesame", Emails: []crm.Email{{Address: "sesame@x.example"}}})
		own := add(t, f, crm.Contact{FirstName: "Own", LastName: "Lead", AssignedTo: mine.ID})
		base := "/in/" + f.Credentials.LocationID
		says(t, f, secret.ID, "Open sesame")
		for _, path := range []string{"/today", "/contacts", "/contacts?q=sesame", "/find?q=sesame", "/contacts?owner=none", "/tasks?of=all", "/tasks?of=all&done=1", "/duplicates", "/inbox", "/inbox?show=all", "/inbox?show=all&q=sesame", "/inbox?show=unassigned"} {
			if status, page := send(t, f, "GET", base+path, cookie, ""); status != http.StatusOK || strings.Contains(page, "Sesame") {
				t.Errorf("%s: %d, and it shows another's", path, status)
			}
		}
		for _, form := range []url.Values{
			{"id": {secret.ID, own.ID}, "do": {"tag"}, "tag": {"taken"}},
			{"all": {"1"}, "do": {"tag"}, "tag": {"taken"}},
			{"id": {secret.ID}, "do": {"delete"}},
		} {
			send(t, f, "POST", base+"/contacts/bulk", cookie, form.Encode(), "Content-Type", formType)
		}
		if _, file := send(t, f, "POST", base+"/contacts/export", cookie, url.Values{"id": {secret.ID, own.ID}}.Encode(), "Content-Type", formType); strings.Contains(file, "Sesame") || !strings.Contains(file, "Own Lead") {
			t.Errorf("the file: %s", file)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := crm.ContactByID(ctx, tx, f.Credentials.LocationID, secret.ID)
			if err == nil && len(c.Tags) > 0 {
				err = fmt.Errorf("another's contact was tagged: %v", c.Tags)
			}
			if going, e := crm.Leaving(ctx, tx, f.Credentials.LocationID); e != nil || len(going) > 0 {
				return fmt.Errorf("another's contact is to be deleted: %v %w", going, e)
			}
			return err
		})
	})
}
