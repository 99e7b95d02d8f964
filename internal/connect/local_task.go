package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

var taskSide = side{
	fields: []string{"title", "body", "assignedTo", "dueDate", "completed"},
	read: func(ctx context.Context, tx *db.Tx, locationID, parent, id string) (*record, error) {
		t, err := ifThere(crm.TaskByID(ctx, tx, locationID, parent, id))
		if err != nil || t == nil {
			return nil, err
		}
		return taskRecord(t), nil
	},
	write: writeTask,
	remove: func(ctx context.Context, tx *db.Tx, by crm.Actor, parent, id string) error {
		return crm.DeleteTask(ctx, tx, by, parent, id)
	},
	archive: func(ctx context.Context, tx *db.Tx, by crm.Actor, parent, id string) error {
		done := true
		_, err := crm.ChangeTask(ctx, tx, by, parent, id, crm.TaskChange{Completed: &done})
		return err
	},
	of: func(ctx context.Context, tx *db.Tx, locationID, contactID string) (out []record, err error) {
		all, err := crm.Tasks(ctx, tx, locationID, contactID)
		for i := range all {
			out = append(out, *taskRecord(&all[i]))
		}
		return out, err
	},
}

func taskRecord(t *crm.Task) *record {
	values := map[string]any{"title": plain(t.Title), "body": plain(t.Body), "assignedTo": t.AssignedTo, "dueDate": when(t.DueAt), "completed": t.Completed}
	return &record{id: t.ID, parent: t.ContactID, values: values, at: t.UpdatedAt}
}

func writeTask(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error) {
	c := crm.TaskChange{Title: to.said("title"), Body: to.said("body"), AssignedTo: to.said("assignedTo")}
	if v, ok := to.values["dueDate"]; ok {
		due, err := momentOf("dueDate", v)
		if err != nil {
			return nil, err
		}
		c.DueAt = &due
	}
	if v, ok := to.values["completed"]; ok {
		done := truth(v)
		c.Completed = &done
	}
	var t *crm.Task
	var err error
	if to.id != "" {
		t, err = crm.ChangeTask(ctx, tx, by, to.parent, to.id, c)
	} else {
		n := crm.Task{ContactID: to.parent, Title: to.text("title"), Body: to.text("body"), AssignedTo: to.text("assignedTo"), Completed: c.Completed != nil && *c.Completed}
		if c.DueAt != nil {
			n.DueAt = *c.DueAt
		}
		t, err = crm.AddTask(ctx, tx, by, n)
	}
	if err != nil {
		return nil, err
	}
	return taskRecord(t), nil
}

// text gives a text of a change, "" if nothing is said of the field.
func (c *change) text(field string) string { return text(c.values[field]) }
