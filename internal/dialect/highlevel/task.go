package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// taskView is a task as HighLevel shows it (contract.md §8.5).
type taskView struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Body        string `json:"body"`
	AssignedTo  string `json:"assignedTo,omitempty"`
	DueDate     string `json:"dueDate,omitempty"`
	Completed   bool   `json:"completed"`
	ContactID   string `json:"contactId"`
	DateAdded   string `json:"dateAdded"`
	DateUpdated string `json:"dateUpdated"`
}

func viewTask(t *crm.Task) taskView {
	return taskView{ID: t.ID, Title: t.Title, Body: t.Body, AssignedTo: t.AssignedTo, DueDate: moment(t.DueAt), Completed: t.Completed, ContactID: t.ContactID,
		DateAdded: moment(t.CreatedAt), DateUpdated: moment(t.UpdatedAt)}
}

func viewTasks(list []crm.Task) []taskView {
	views := make([]taskView, len(list))
	for i := range list {
		views[i] = viewTask(&list[i])
	}
	return views
}

func (c *call) taskID() string { return clean(c.Param("taskId")) }

// task reads what a body says of a task. A new one needs a title, a date and
// whether it is done.
func (c *call) task(isNew bool) (to crm.TaskChange, err error) {
	o, err := c.body()
	if err != nil {
		return to, err
	}
	var broken []errs.Field
	if isNew {
		broken = need(o, "title")
	}
	to.Title, to.Body, to.AssignedTo = said(o, "title", 1000), said(o, "body", 50_000), said(o, "assignedTo", 64)
	if !isNew && to.Title != nil && *to.Title == "" {
		broken = append(broken, errs.Field{Name: "title", Rule: "required"})
	}
	if due := said(o, "dueDate", 64); due != nil && *due != "" {
		at, ok := timeOf(*due)
		if to.DueAt = &at; !ok {
			broken = append(broken, errs.Field{Name: "dueDate", Rule: "date"})
		}
	} else if isNew {
		broken = append(broken, errs.Field{Name: "dueDate", Rule: "date"})
	}
	if to.Completed = saidBool(o, "completed"); isNew && to.Completed == nil {
		broken = append(broken, errs.Field{Name: "completed", Rule: "boolean"})
	}
	return to, c.finish(o, broken)
}

// createTask is POST /contacts/{contactId}/tasks.
func createTask(ctx context.Context, c *call) (wire.Answer, error) {
	to, err := c.task(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		who, err := c.teammate(ctx, tx, "assignedTo", or(to.AssignedTo, ""))
		if err != nil {
			return wire.Answer{}, err
		}
		t, err := crm.AddTask(ctx, tx, c.Actor(), crm.Task{ContactID: c.contactID(), Title: *to.Title, Body: or(to.Body, ""), AssignedTo: who, DueAt: *to.DueAt, Completed: *to.Completed})
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"task": viewTask(t), "contactId": t.ContactID}).About(crm.Noted, t.ContactID), nil
	})
}

// teammate gives a user of the location, and warns of anybody else, who is left
// out.
func (c *call) teammate(ctx context.Context, tx *db.Tx, field, userID string) (string, error) {
	if userID == "" {
		return "", nil
	}
	team, err := crm.Users(ctx, tx, c.Location().ID)
	for i := range team {
		if team[i].ID == userID {
			return userID, nil
		}
	}
	c.Warn(field, "nobody of this location, left out")
	return "", err
}

// updateTask is PUT /contacts/{contactId}/tasks/{taskId}.
func updateTask(ctx context.Context, c *call) (wire.Answer, error) {
	to, err := c.task(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.changeTask(ctx, to)
}

// completeTask is PUT /contacts/{contactId}/tasks/{taskId}/completed, which can
// open a task again too.
func completeTask(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	var broken []errs.Field
	done := saidBool(o, "completed")
	if done == nil {
		broken = append(broken, errs.Field{Name: "completed", Rule: "boolean"})
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.changeTask(ctx, crm.TaskChange{Completed: done})
}

func (c *call) changeTask(ctx context.Context, to crm.TaskChange) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		to := to
		if to.AssignedTo != nil && *to.AssignedTo != "" {
			who, err := c.teammate(ctx, tx, "assignedTo", *to.AssignedTo)
			if err != nil {
				return wire.Answer{}, err
			}
			if to.AssignedTo = &who; who == "" {
				to.AssignedTo = nil
			}
		}
		t, err := crm.ChangeTask(ctx, tx, c.Actor(), c.contactID(), c.taskID(), to)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"task": viewTask(t), "contactId": t.ContactID}).About(crm.Noted, t.ContactID), nil
	})
}

// deleteTask is DELETE /contacts/{contactId}/tasks/{taskId}.
func deleteTask(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteTask(ctx, tx, c.Actor(), c.contactID(), c.taskID())
	})
}

// getTask is GET /contacts/{contactId}/tasks/{taskId}.
func getTask(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		t, err := crm.TaskByID(ctx, tx, c.Location().ID, c.contactID(), c.taskID())
		if err == nil {
			a = c.answer(fields{"task": viewTask(t)})
		}
		return err
	})
	return a, err
}

// listTasks is GET /contacts/{contactId}/tasks, the newest first.
func listTasks(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := crm.ContactByID(ctx, tx, c.Location().ID, c.contactID()); err != nil {
			return err
		}
		list, err := crm.Tasks(ctx, tx, c.Location().ID, c.contactID())
		a = c.answer(fields{"tasks": viewTasks(list)})
		return err
	})
	return a, err
}

// searchTasks is POST /locations/{locationId}/tasks/search.
func searchTasks(ctx context.Context, c *call) (a wire.Answer, err error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	s := search{c: c}
	q := crm.TaskQuery{ContactIDs: o.List("contactId", ","), AssignedTo: o.List("assignedTo", ","), BusinessID: o.TextMax("businessId", 64), Text: o.TextMax("query", 200), Completed: saidBool(o, "completed")}
	q.Limit, q.Skip = int(s.number(o, "limit", 25, mostFound)), int(s.from(o, "skip"))
	for name, list := range map[string][]string{"contactId": q.ContactIDs, "assignedTo": q.AssignedTo} {
		if len(list) > most {
			s.refuse(name, "items", most)
		}
	}
	if err := c.finish(o, s.broken); err != nil {
		return wire.Answer{}, err
	}
	if who := c.assignedOnly(); who != "" {
		q.AssignedTo = []string{who}
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.LocationTasks(ctx, tx, c.Location().ID, q)
		a = c.answer(fields{"tasks": viewTasks(list)})
		return err
	})
	return a, err
}

// from reads how many to leave out: nothing, where it is not said.
func (s *search) from(o *wire.Object, name string) int64 {
	const farthest = 1_000_000
	if !o.Has(name) || o.Text(name) == "" {
		return 0
	}
	n, ok := o.Int(name)
	s.broken = append(s.broken, bounded(name, n, ok, 0, farthest)...)
	return n
}
