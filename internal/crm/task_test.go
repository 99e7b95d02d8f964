package crm_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A task lives as its changes say, each of them an event that says what changed.
func TestTheLifeOfATask(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		ana := mustSave(t, f, crm.Save{Input: person("Ana", "", "ana@x.example", "")}).Contact
		due := time.Date(2031, 5, 4, 9, 30, 0, 0, time.UTC)
		var task *crm.Task
		do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
			task, err = crm.AddTask(ctx, tx, by, crm.Task{ContactID: ana.ID, Title: "Call", Body: "about the house", AssignedTo: "u1", DueAt: due})
			return err
		})
		yes, no, title := true, false, "Call again"
		tomorrow := due.AddDate(0, 0, 1)
		for _, step := range []struct {
			say    crm.TaskChange
			event  string // "" for none
			fields []string
			open   bool
		}{
			{crm.TaskChange{}, "", nil, true},
			{crm.TaskChange{Title: &title, DueAt: &tomorrow}, "task.updated", []string{"dueDate", "title"}, true},
			{crm.TaskChange{Title: &title, DueAt: &tomorrow, Completed: &no}, "", nil, true},
			{crm.TaskChange{Completed: &yes}, "task.completed", []string{"completed"}, false},
			{crm.TaskChange{Completed: &yes}, "", nil, false},
			{crm.TaskChange{Completed: &no}, "task.updated", []string{"completed"}, true},
		} {
			before := events(t, f, ana.ID)
			do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
				task, err = crm.ChangeTask(ctx, tx, by, ana.ID, task.ID, step.say)
				return err
			})
			after := events(t, f, ana.ID)
			var fields []string
			if len(after) > len(before) {
				fields = fieldsOf(after[0].Data.Changes)
			}
			if (len(after) > len(before)) != (step.event != "") || step.event != "" && after[0].Type != step.event || !cmp.Equal(fields, step.fields) {
				t.Errorf("%+v made %v", step.say, fields)
			}
			if task.Completed == step.open || task.CompletedAt.IsZero() != step.open {
				t.Errorf("%+v left %+v", step.say, task)
			}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				stored, err := crm.TaskByID(ctx, tx, by.LocationID, ana.ID, task.ID)
				if diff := cmp.Diff(task, stored); diff != "" {
					t.Errorf("stored and answered differ: %s", diff)
				}
				return err
			})
		}
		do(t, f, func(ctx context.Context, tx *db.Tx) error { return crm.DeleteTask(ctx, tx, by, ana.ID, task.ID) })
		if list := events(t, f, ana.ID); list[0].Type != "task.deleted" || list[0].ObjectID != task.ID {
			t.Errorf("%+v", list[0])
		}
	})
}

func events(t *testing.T, f *foyertest.F, contactID string) (list []crm.Event) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.Events(ctx, tx, f.Credentials.LocationID, contactID, "", 100)
		return err
	})
	return list
}

// A task is found on its own contact only, of its own tenant only.
func TestATaskIsSomebodys(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a, b := two(t, f)
		cy := mustSave(t, f, crm.Save{Input: person("Cy", "", "cy@x.example", "")}).Contact
		var task *crm.Task
		do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
			task, err = crm.AddTask(ctx, tx, a.by, crm.Task{ContactID: a.contact.ID, Title: "Call"})
			return err
		})
		yes := true
		for name, who := range map[string]struct {
			by        crm.Actor
			contactID string
		}{"another contact": {a.by, cy.ID}, "another tenant": {b.by, a.contact.ID}, "another tenant's contact": {b.by, b.contact.ID}, "nobody": {a.by, "nobody"}} {
			for _, command := range []func(ctx context.Context, tx *db.Tx) error{
				func(ctx context.Context, tx *db.Tx) error {
					_, err := crm.TaskByID(ctx, tx, who.by.LocationID, who.contactID, task.ID)
					return err
				},
				func(ctx context.Context, tx *db.Tx) error {
					_, err := crm.ChangeTask(ctx, tx, who.by, who.contactID, task.ID, crm.TaskChange{Completed: &yes})
					return err
				},
				func(ctx context.Context, tx *db.Tx) error {
					return crm.DeleteTask(ctx, tx, who.by, who.contactID, task.ID)
				},
			} {
				if err := f.DB.Write(context.Background(), who.by.LocationID, command); !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		err := f.DB.Write(context.Background(), b.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.AddTask(ctx, tx, b.by, crm.Task{ContactID: a.contact.ID, Title: "Call"})
			return err
		})
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("a task on another tenant's contact: %v", err)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.Tasks(ctx, tx, a.by.LocationID, a.contact.ID)
			if len(list) != 1 || list[0].Completed {
				t.Errorf("%+v", list)
			}
			return err
		})
	})
}
