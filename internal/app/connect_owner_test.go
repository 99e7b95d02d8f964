package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Whom a contact is assigned to crosses by their e-mail address, both ways; who is
// no user on the other side changes nothing there.
func TestTheOwnerOfAContactCrossesByTheirAddress(t *testing.T) {
	here, there := private(t), foyertest.New(t)
	users := map[*foyertest.F]map[string]string{}
	for _, f := range []*foyertest.F{here, there} {
		users[f] = map[string]string{"": ""}
		for _, name := range []string{"ana", "bob"} {
			users[f][name] = f.AddUser(t, name, name+"@agency.example", name, "Agent").ID
		}
	}
	users[here]["only"] = here.AddUser(t, "only", "only@here.example", "Only", "Here").ID
	users[there]["other"] = there.AddUser(t, "other", "other@there.example", "Other", "There").ID
	assign := func(f *foyertest.F, email, who string) {
		t.Helper()
		loc := f.Credentials.LocationID
		if err := f.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
			e, _ := crm.NewEmail(email, "")
			_, err := crm.SaveContact(ctx, tx, crm.Actor{LocationID: loc, Origin: "ui"}, crm.Save{Input: crm.Input{Contact: crm.Contact{AssignedTo: users[f][who], Emails: []crm.Email{e}}}, Match: []crm.Key{crm.KeyEmail}, OnMatch: crm.Overwrite})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	owner := func(f *foyertest.F, email string) (name string) {
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			c, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, email)
			if err != nil || c == nil {
				name = "nobody there"
				return err
			}
			for who, id := range users[f] {
				if id == c.AssignedTo {
					name = who
				}
			}
			return nil
		})
		return name
	}
	assign(here, "a@x.example", "ana")
	assign(there, "b@x.example", "bob")
	assign(here, "c@x.example", "only")
	assign(there, "d@x.example", "other")
	c := tokened(t, here, there.URL, "contact")
	loc := c.LocationID
	if err := here.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Change(ctx, tx, here.Vault, crm.Actor{LocationID: loc, Origin: "admin"}, c.ID, connect.Credential{"token": *there.Credentials.HighLevel.PrivateToken}, func(c *connect.Connection) {
			c.Settings.Location, c.Settings.Interval = there.Credentials.LocationID, time.Second
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan bool)
	go func() { here.Run(ctx, 0); close(ended) }()
	defer func() { stop(); <-ended }()
	want := func(step string, wanted map[string][2]string) {
		t.Helper()
		var got map[string][2]string
		for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			got = map[string][2]string{}
			done := true
			for email, w := range wanted {
				got[email] = [2]string{owner(here, email), owner(there, email)}
				done = done && got[email] == w
			}
			if done {
				return
			}
		}
		t.Errorf("%s: %v, and not %v", step, got, wanted)
	}
	want("at first", map[string][2]string{"a@x.example": {"ana", "ana"}, "b@x.example": {"bob", "bob"}, "c@x.example": {"only", ""}, "d@x.example": {"", "other"}})
	assign(here, "a@x.example", "bob")
	assign(there, "b@x.example", "ana")
	assign(there, "d@x.example", "ana")
	want("afterwards", map[string][2]string{"a@x.example": {"bob", "bob"}, "b@x.example": {"ana", "ana"}, "c@x.example": {"only", ""}, "d@x.example": {"ana", "ana"}})
	assign(there, "a@x.example", "other")
	time.Sleep(3 * time.Second)
	want("an owner whom nobody knows", map[string][2]string{"a@x.example": {"bob", "other"}})
}
