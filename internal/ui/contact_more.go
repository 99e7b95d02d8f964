package ui

import (
	"context"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// onContact changes something of the contact of the page, and goes back there.
func onContact(v *visit, do func(ctx context.Context, tx *db.Tx, contactID string) (what, undo string, err error)) error {
	var what, undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err == nil {
			what, undo, err = do(ctx, tx, c.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/contacts/"+v.r.PathValue("contact"), what, 1, undo)
}

// changeNotes adds a note to a contact, or deletes one.
func changeNotes(v *visit) error {
	return onContact(v, func(ctx context.Context, tx *db.Tx, contactID string) (string, string, error) {
		if v.form("do") == "delete" {
			if err := crm.DeleteNote(ctx, tx, v.Actor, contactID, v.form("id")); err != nil {
				return "", "", err
			}
			event, err := crm.LastEventOf(ctx, tx, v.at(), contactID, "note.deleted")
			return "note-deleted", "deleted:" + contactID + ":" + event, err
		}
		if v.form("body") == "" {
			return "", "", errs.New(errs.Invalid, "The note is empty")
		}
		_, err := crm.AddNote(ctx, tx, v.Actor, crm.Note{ContactID: contactID, Body: v.form("body"), UserID: v.User.ID})
		return "noted", "", err
	})
}

// changeTasks adds a task to a contact, or does, opens or deletes one.
func changeTasks(v *visit) error {
	return onContact(v, func(ctx context.Context, tx *db.Tx, contactID string) (string, string, error) {
		if v.form("do") == "" {
			t := crm.Task{ContactID: contactID, Title: v.form("title"), AssignedTo: v.form("owner")}
			if t.Title == "" {
				return "", "", errs.New(errs.Invalid, "Say what is to be done")
			}
			if at, err := time.ParseInLocation("2006-01-02T15:04", v.form("due"), v.zone); err == nil {
				t.DueAt = at
			} else if at, err := time.ParseInLocation(time.DateOnly, v.form("due"), v.zone); err == nil {
				const nine = 9 * time.Hour
				t.DueAt = at.Add(nine)
			}
			_, err := crm.AddTask(ctx, tx, v.Actor, t)
			return "task-added", "", err
		}
		return changeTask(ctx, tx, v, contactID, v.form("id"))
	})
}

// changeTask does with a task of a contact what the button of a form says.
func changeTask(ctx context.Context, tx *db.Tx, v *visit, contactID, taskID string) (what, undo string, err error) {
	switch v.form("do") {
	case "done", "open":
		is := v.form("do") == "done"
		if _, err := crm.ChangeTask(ctx, tx, v.Actor, contactID, taskID, crm.TaskChange{Completed: &is}); err != nil || !is {
			return "task-open", "", err
		}
		return "task-done", "task:" + contactID + ":" + taskID, nil
	case "delete":
		if err := crm.DeleteTask(ctx, tx, v.Actor, contactID, taskID); err != nil {
			return "", "", err
		}
		event, err := crm.LastEventOf(ctx, tx, v.at(), contactID, "task.deleted")
		return "task-deleted", "deleted:" + contactID + ":" + event, err
	}
	return "", "", noButton()
}

// changeMore does what the other buttons of the page of a contact say.
func changeMore(v *visit) error {
	if v.form("do") == "delete" {
		return leaveContact(v)
	}
	return onContact(v, func(ctx context.Context, tx *db.Tx, contactID string) (what, undo string, err error) {
		what = "saved"
		switch v.form("do") {
		case "tag":
			what = "tagged"
			if v.form("tag") == "" {
				return "", "", errs.New(errs.Invalid, "Say which tag")
			}
			_, err = crm.AddTags(ctx, tx, v.Actor, contactID, []string{v.form("tag")})
		case "untag":
			what = "untagged"
			_, err = crm.RemoveTags(ctx, tx, v.Actor, contactID, []string{v.form("tag")})
		case "follow":
			_, err = crm.FollowContact(ctx, tx, v.Actor, contactID, crm.FollowersChange{Add: []string{v.User.ID}})
			return "followed", "", err
		case "unfollow":
			_, err = crm.FollowContact(ctx, tx, v.Actor, contactID, crm.FollowersChange{Remove: []string{v.User.ID}})
			return "unfollowed", "", err
		case "dnd":
			is := v.form("dnd") != ""
			_, err = crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: contactID, Input: crm.Input{SetDND: &is}})
		case "enrol":
			kind, flow, _ := strings.Cut(v.form("flow"), ":")
			if !v.User.Has("workflowsEnabled") {
				return "", "", errs.New(errs.Forbidden, "You may not")
			}
			_, err = workflow.Enrol(ctx, tx, v.Actor, workflow.Entry{Kind: kind, WorkflowID: flow, ContactID: contactID})
			return "enrolled", "", err
		default:
			return "", "", noButton()
		}
		if err != nil {
			return "", "", err
		}
		event, err := crm.LastChange(ctx, tx, v.at(), contactID)
		return what, "event:" + contactID + ":" + event, err
	})
}

// leaveContact deletes the contact of the page in a minute.
func leaveContact(v *visit) error {
	var ticket string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err == nil {
			ticket, err = crm.DeleteLater(ctx, tx, v.Actor, []string{c.ID}, regret)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/contacts", "leaving", 1, "leave:"+ticket)
}
