package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Task is something to be done about a contact.
type Task struct {
	LocationID  string    `json:"locationId"`
	ContactID   string    `json:"contactId,omitempty"`
	ID          string    `json:"id"`
	Title       string    `json:"title,omitempty"`
	Body        string    `json:"body,omitempty"`
	AssignedTo  string    `json:"assignedTo,omitempty"` // user; "" for nobody yet
	DueAt       time.Time `json:"dueAt,omitzero"`       // UTC; zero for no date
	Completed   bool      `json:"completed"`
	CompletedAt time.Time `json:"completedAt,omitzero"` // UTC; zero while it is open
	CreatedAt   time.Time `json:"createdAt,omitzero"`
	UpdatedAt   time.Time `json:"updatedAt,omitzero"`
}

var tasks = db.NewTable("tasks", []string{"location_id", "contact_id", "id"}, func(t *Task) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &t.LocationID}, {Name: "contact_id", At: &t.ContactID}, {Name: "id", At: &t.ID},
		{Name: "title", At: &t.Title}, {Name: "body", At: &t.Body}, {Name: "assigned_to", At: &t.AssignedTo},
		{Name: "due_at", At: db.Millis(&t.DueAt)}, {Name: "completed", At: &t.Completed}, {Name: "completed_at", At: db.Millis(&t.CompletedAt)},
		{Name: "created_at", At: db.Millis(&t.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&t.UpdatedAt)},
	}
})

// AddTask puts a task on a contact. NotFound if the contact is not there.
func AddTask(ctx context.Context, tx *db.Tx, by Actor, t Task) (*Task, error) {
	contactID, err := existing(ctx, tx, by.LocationID, t.ContactID)
	if err != nil {
		return nil, err
	}
	t.ContactID = contactID
	t.LocationID, t.ID, t.CreatedAt, t.UpdatedAt = by.LocationID, tx.NewID(), tx.Now(), tx.Now()
	t.CompletedAt = time.Time{}
	if t.Completed {
		t.CompletedAt = tx.Now()
	}
	if err := tasks.Insert(ctx, tx, &t); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "task.created", t.ContactID, t.ID, EventData{Text: excerpt(t.Title)})
	return &t, err
}

// TaskChange says what of a task is to be changed; nil stays.
type TaskChange struct {
	Title, Body, AssignedTo *string
	DueAt                   *time.Time
	Completed               *bool
}

// ChangeTask changes a task of a contact; completing one is an event of its
// own. NotFound if it is not there.
func ChangeTask(ctx context.Context, tx *db.Tx, by Actor, contactID, taskID string, to TaskChange) (*Task, error) {
	t, err := ownTask(ctx, tx, by, contactID, taskID)
	if err != nil {
		return nil, err
	}
	var changes []Change
	set := func(field string, at, v *string) {
		if v != nil && *v != *at {
			changes = append(changes, Change{Field: field, From: orNil(excerpt(*at)), To: orNil(excerpt(*v))})
			*at = *v
		}
	}
	set("title", &t.Title, to.Title)
	set("body", &t.Body, to.Body)
	set("assignedTo", &t.AssignedTo, to.AssignedTo)
	if to.DueAt != nil && !to.DueAt.Equal(t.DueAt) {
		changes = append(changes, Change{Field: "dueDate", From: momentOrNil(t.DueAt), To: momentOrNil(*to.DueAt)})
		t.DueAt = *to.DueAt
	}
	typ := "task.updated"
	if to.Completed != nil && *to.Completed != t.Completed {
		changes = append(changes, Change{Field: "completed", From: t.Completed, To: *to.Completed})
		if t.Completed, t.CompletedAt = *to.Completed, (time.Time{}); t.Completed {
			typ, t.CompletedAt = "task.completed", tx.Now()
		}
	}
	if len(changes) == 0 {
		return t, nil
	}
	t.UpdatedAt = later(tx.Now(), t.UpdatedAt)
	if err := tasks.Update(ctx, tx, t); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, typ, t.ContactID, taskID, EventData{Changes: changes, Text: excerpt(t.Title)})
	return t, err
}

// DeleteTask removes a task. NotFound if it is not there.
func DeleteTask(ctx context.Context, tx *db.Tx, by Actor, contactID, taskID string) error {
	t, err := ownTask(ctx, tx, by, contactID, taskID)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM tasks WHERE location_id = $1 AND contact_id = $2 AND id = $3", by.LocationID, t.ContactID, taskID); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "task.deleted", t.ContactID, taskID, EventData{Text: excerpt(t.Title), Was: Was(t)})
	return err
}

// TaskByID gives a task of a contact. NotFound if it is not there.
func TaskByID(ctx context.Context, tx *db.Tx, locationID, contactID, taskID string) (*Task, error) {
	t, err := tasks.One(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" AND id = $3", locationID, contactID, taskID)
	if err == nil && t == nil {
		err = errs.New(errs.NotFound, "Task not found")
	}
	return t, err
}

// ownTask gives a task that is to be changed. NotFound if it is not there.
func ownTask(ctx context.Context, tx *db.Tx, by Actor, contactID, taskID string) (*Task, error) {
	if _, err := existing(ctx, tx, by.LocationID, contactID); err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	return TaskByID(ctx, tx, by.LocationID, contactID, taskID)
}

// Tasks gives the tasks of a contact, the newest first.
func Tasks(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Task, error) {
	return tasks.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY id DESC", locationID, contactID)
}

// momentOrNil gives a time as a change shows it, RFC 3339 in UTC.
func momentOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
