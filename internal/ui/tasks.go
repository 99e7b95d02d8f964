package ui

import (
	"context"
	"net/url"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

func tasksArea() area {
	return area{
		way:   way{name: "Tasks", icon: "list-checks", path: "/tasks", key: "k", needs: seeContacts},
		pages: []string{"tasks"},
		screens: []screen{
			{get, "/tasks", seeContacts, false, tasksList},
			{post, "/tasks", seeContacts, false, changeListedTask},
		},
		said: map[string]string{
			"task-added":   "Task added",
			"task-done":    "Task done",
			"task-open":    "Task open again",
			"task-deleted": "Task deleted",
		},
	}
}

// taskLine is a task with whom it is about.
type taskLine struct {
	crm.Task
	Contact *crm.Contact // nil if they are not there
}

// taskGroup are tasks that belong together: those that are late, today's, ….
type taskGroup struct {
	Name  string
	Late  bool
	Tasks []taskLine
}

// tasksData is what the list of tasks shows.
type tasksData struct {
	*frame
	people
	Which  string // user, or "" for everybody's
	Done   bool   // those that are done
	Groups []taskGroup
	Full   bool // there are more than are shown
}

const tasksOnPage = 200

// tasksList shows the tasks of the visitor, of another or of everybody.
func tasksList(v *visit) error {
	q := v.r.URL.Query()
	d := &tasksData{frame: v.frame, Which: v.User.ID, Done: q.Get("done") != ""}
	switch of := q.Get("of"); {
	case of == "all":
		d.Which = ""
	case of != "":
		d.Which = of
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		var list []crm.Task
		if d.Done {
			list, err = doneTasks(ctx, tx, v, d.Which)
		} else {
			list, err = crm.TasksDue(ctx, tx, v.at(), crm.DueQuery{AssignedTo: d.Which, OwnersOnly: v.only, Limit: tasksOnPage})
		}
		if err != nil {
			return err
		}
		d.Full = len(list) == tasksOnPage
		lines, err := withContacts(ctx, tx, v, list)
		d.group(lines)
		return err
	})
	if err != nil {
		return err
	}
	return v.show("tasks", "Tasks", d)
}

// doneTasks gives the tasks that were made last of those that are done.
func doneTasks(ctx context.Context, tx *db.Tx, v *visit, who string) ([]crm.Task, error) {
	is := true
	q := crm.TaskQuery{Completed: &is, Limit: tasksOnPage}
	if who != "" {
		q.AssignedTo = []string{who}
	}
	return crm.LocationTasks(ctx, tx, v.at(), q)
}

// withContacts gives tasks with whom they are about, without those that the
// visitor does not see.
func withContacts(ctx context.Context, tx *db.Tx, v *visit, list []crm.Task) (lines []taskLine, err error) {
	var ids []string
	for i := range list {
		if !slices.Contains(ids, list[i].ContactID) {
			ids = append(ids, list[i].ContactID)
		}
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	for i := range list {
		c := there[list[i].ContactID]
		if c != nil && v.hides(c) || c == nil && v.only != "" {
			continue
		}
		lines = append(lines, taskLine{list[i], c})
	}
	return lines, err
}

// group sorts tasks by when they are due.
func (d *tasksData) group(lines []taskLine) {
	if d.Done {
		if len(lines) > 0 {
			d.Groups = []taskGroup{{Name: "Done", Tasks: lines}}
		}
		return
	}
	groups := []taskGroup{{Name: "Late", Late: true}, {Name: "Today"}, {Name: "Tomorrow"}, {Name: "This week"}, {Name: "Later"}, {Name: "Without a date"}}
	const week = 7
	for _, t := range lines {
		i := 4
		switch days := d.days(t.DueAt); {
		case t.DueAt.IsZero():
			i = 5
		case d.Late(t.DueAt):
			i = 0
		case days == 0:
			i = 1
		case days == 1:
			i = 2
		case days < week:
			i = 3
		}
		groups[i].Tasks = append(groups[i].Tasks, t)
	}
	d.Groups = slices.DeleteFunc(groups, func(g taskGroup) bool { return len(g.Tasks) == 0 })
}

// Link is the address of the list of somebody's tasks.
func (d *tasksData) Link(of string, done bool) string {
	q := url.Values{"of": {of}}
	if done {
		q.Set("done", "1")
	}
	return d.Base + "/tasks?" + q.Encode()
}

// changeListedTask does with a task of a list what its button says.
func changeListedTask(v *visit) error {
	var what, undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.form("contact"))
		if errs.Is(err, errs.NotFound) && v.only == "" {
			return errs.New(errs.NotFound, "Task not found")
		}
		if err != nil {
			return err
		}
		what, undo, err = changeTask(ctx, tx, v, c.ID, v.form("id"))
		return err
	})
	return v.doneIf(err, "", what, undo)
}
