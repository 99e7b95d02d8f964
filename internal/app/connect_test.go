package app_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Two Foyers, one of them the other's HighLevel: a contact of each comes to the
// other, with what belongs to it.
func TestAFoyerIsAnothersHighLevel(t *testing.T) {
	here, there := foyertest.New(t), foyertest.New(t)
	save := func(f *foyertest.F, email, tag string) (id string) {
		t.Helper()
		loc := f.Credentials.LocationID
		by := crm.Actor{LocationID: loc, Origin: "ui"}
		if err := f.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
			e, _ := crm.NewEmail(email, "")
			s, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Ana", Emails: []crm.Email{e}, Tags: []string{tag}}}})
			if err != nil {
				return err
			}
			id = s.Contact.ID
			if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: id, Body: "likes gardens"}); err != nil {
				return err
			}
			_, err = crm.AddTask(ctx, tx, by, crm.Task{ContactID: id, Title: "call", DueAt: time.Now().Add(time.Hour).Truncate(time.Second)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	save(here, "here@x.example", "a")
	save(there, "there@x.example", "b")
	loc := here.Credentials.LocationID
	m, err := connect.DefaultMapping("highlevel")
	if err == nil {
		err = m.Only("contact", "task", "note")
	}
	if err != nil {
		t.Fatal(err)
	}
	var c *connect.Connection
	if err := here.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
		c, err = connect.Add(ctx, tx, here.Vault, crm.Actor{LocationID: loc, Origin: "admin"},
			connect.Connection{Kind: "highlevel", BaseURL: there.URL, Mapping: *m, Settings: connect.Settings{Location: there.Credentials.LocationID, Interval: time.Second}}, connect.Credential{"token": *there.Credentials.HighLevel.PrivateToken})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	g := connect.New(connect.Options{DB: here.DB, Vault: here.Vault, Kinds: app.Systems(true), Log: slog.Default()})
	if said, err := g.Test(t.Context(), loc, c.ID); err != nil {
		t.Fatalf("%s, %v", said, err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for crossed(t, here) < 2 || crossed(t, there) < 2 {
		if time.Now().After(deadline) {
			var s *connect.Status
			_ = here.DB.Read(t.Context(), loc, func(ctx context.Context, tx *db.Tx) (err error) {
				s, err = connect.StatusOf(ctx, tx, loc, c.ID)
				return err
			})
			t.Fatalf("%d here, %d there: %+v %+v", crossed(t, here), crossed(t, there), s, s.Connection)
		}
		if err := g.Work(t.Context(), loc, c.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	before := [2]string{last(t, here), last(t, there)}
	for range 3 { // an edit crosses once
		time.Sleep(1100 * time.Millisecond)
		if err := g.Work(t.Context(), loc, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if after := [2]string{last(t, here), last(t, there)}; after != before {
		t.Errorf("it goes on writing without an edit: %v → %v", before, after)
	}
}

// last gives the last thing that happened.
func last(t *testing.T, f *foyertest.F) (e string) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		e, err = crm.LastEvent(ctx, tx, f.Credentials.LocationID, "~")
		return err
	})
	return e
}

// crossed counts the contacts with one task, one note and a tag.
func crossed(t *testing.T, f *foyertest.F) (n int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.Wholes(ctx, tx, f.Credentials.LocationID, "", 10, false)
		for i := range list {
			if w := &list[i]; len(w.Notes) == 1 && len(w.Tasks) == 1 && len(w.Contact.Tags) == 1 && w.Notes[0].Body == "likes gardens" && w.Tasks[0].Title == "call" {
				n++
			}
		}
		return err
	})
	return n
}
