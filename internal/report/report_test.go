package report_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/report"
)

// What is counted is what there is: however contacts change, merge or go, however
// often the same events are told, and in whatever pages.
func TestTheTalliesAreWhatThereIs(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		location := f.Credentials.LocationID
		by := crm.Actor{LocationID: location, Origin: "ui", UserID: f.Vars["user.id"]}
		do := func(what func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := f.DB.Write(t.Context(), location, what); err != nil {
				t.Fatal(err)
			}
		}
		save := func(c crm.Contact, id string) (saved *crm.Contact) {
			t.Helper()
			do(func(ctx context.Context, tx *db.Tx) error {
				s, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: id, Input: crm.Input{Contact: c}, AllowDuplicate: true})
				if err == nil {
					saved = s.Contact
				}
				return err
			})
			return saved
		}
		place := ""
		read := report.Reader(f.DB)
		tell := func(again bool, page int) {
			t.Helper()
			from := place
			if again {
				from = ""
			}
			var events []crm.Event
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				events, err = crm.EventsBetween(ctx, tx, location, from, "~", 1000)
				return err
			})
			for some := range slices.Chunk(events, page) {
				if err := read(t.Context(), location, some, func(context.Context) error { return nil }); err != nil {
					t.Fatal(err)
				}
				place = some[len(some)-1].ID
			}
		}
		is := func(what, owner, want string) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				sums, err := report.Sums(ctx, tx, location, what, report.Query{From: "2000-01-01", To: "2999-01-01", Owner: owner})
				var got []string
				for name, n := range sums {
					got = append(got, fmt.Sprintf("%s=%d", name, n))
				}
				slices.Sort(got)
				if s := strings.Join(got, " "); s != want {
					t.Errorf("%s of %q are %q, not %q", what, owner, s, want)
				}
				return err
			})
		}
		ana := save(crm.Contact{FirstName: "Ana", Source: "Zillow", Phones: []crm.Phone{crm.NewPhone("6025550147", "")}}, "")
		bo := save(crm.Contact{FirstName: "Bo", Source: "Zillow"}, "")
		save(crm.Contact{FirstName: "Chen"}, "")
		tell(false, 2)
		is(report.Leads, report.All, "=1 Zillow=2")
		is(report.Answers, report.All, "none|=1 none|Zillow=2")
		save(crm.Contact{Source: "Open house", AssignedTo: f.Vars["user.id"]}, bo.ID)
		var sent *conversation.Message
		do(func(ctx context.Context, tx *db.Tx) (err error) {
			sent, err = conversation.SendMessage(ctx, tx, by, conversation.Send{Channel: "SMS", ContactID: ana.ID, Body: "Hello", UserID: by.UserID})
			return err
		})
		for _, status := range []string{conversation.Sent, conversation.Delivered} {
			do(func(ctx context.Context, tx *db.Tx) error {
				_, err := conversation.ChangeStatus(ctx, tx, by, sent.ID, conversation.StatusChange{Status: status})
				return err
			})
		}
		do(func(ctx context.Context, tx *db.Tx) error {
			task, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: ana.ID, Title: "Call", DueAt: time.Now()})
			if err == nil {
				done := true
				_, err = crm.ChangeTask(ctx, tx, by, ana.ID, task.ID, crm.TaskChange{Completed: &done})
			}
			return err
		})
		tell(false, 3)
		tell(true, 100)
		is(report.Leads, report.All, "=1 Open house=1 Zillow=1")
		is(report.Leads, f.Vars["user.id"], "Open house=1")
		is(report.Answers, report.All, "5m|Zillow=1 none|=1 none|Open house=1")
		is(report.Work, f.Vars["user.id"], "task=1 text=1")
		is(report.Messages, f.Vars["user.id"], "text:delivered=1 text:out=1")
		do(func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.MergeContacts(ctx, tx, by, ana.ID, bo.ID)
			return err
		})
		tell(false, 100)
		is(report.Leads, report.All, "=1 Zillow=1")
		do(func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, by, ana.ID) })
		tell(false, 100)
		is(report.Leads, report.All, "=1")
		is(report.Leads, f.Vars["user.id"], "")
	})
}
