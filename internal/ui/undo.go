package ui

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// backway takes something back, in the transaction of the form: what is said of it,
// and of how many.
type backway func(ctx context.Context, tx *db.Tx) (what string, n int, err error)

// undo takes back what was just done. The form names it: a kind and what it is
// about, joined by colons.
func undo(v *visit) error {
	kind, rest, _ := strings.Cut(v.form("undo"), ":")
	first, second, _ := strings.Cut(rest, ":")
	if kind == "change" { // of many contacts: two events
		if !id.Valid(first) || !id.Valid(second) || id.Time(second).Sub(id.Time(first)) > time.Hour {
			return noButton()
		}
		if err := takeBackBetween(v, first, second); err != nil {
			return err
		}
		return v.done("", "undone", 0, "")
	}
	ways := map[string]backway{}
	for _, of := range []func(v *visit, first, second string) map[string]backway{undoContacts, undoPrograms, undoDeals, undoMeetings, undoDoors} {
		maps.Copy(ways, of(v, first, second))
	}
	way := ways[kind]
	if way == nil {
		return errs.New(errs.Invalid, "There is nothing to undo")
	}
	var what string
	var n int
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		what, n, err = way(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return v.done("", what, n, "")
}

// undoContacts takes back what was done to contacts and what belongs to them.
func undoContacts(v *visit, first, second string) map[string]backway {
	return map[string]backway{
		// a deletion that waits
		"leave": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			going, err := crm.Leaving(ctx, tx, v.at())
			if err != nil {
				return "", 0, err
			}
			return "stayed", len(going[first]), crm.Stay(ctx, tx, v.at(), first)
		},
		// a change of a contact: contact, event
		"event": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			if _, err := v.mine(ctx, tx, first); err != nil {
				return "", 0, err
			}
			_, err := crm.TakeBack(ctx, tx, v.Actor, first, second)
			return "undone", 0, err
		},
		// a note or task that was deleted: contact, event
		"deleted": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			if _, err := v.mine(ctx, tx, first); err != nil {
				return "", 0, err
			}
			return "undone", 0, crm.RestoreDeleted(ctx, tx, v.Actor, first, second)
		},
		// a task that is done: contact, task
		"task": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			if _, err := v.mine(ctx, tx, first); err != nil {
				return "", 0, err
			}
			open := false
			_, err := crm.ChangeTask(ctx, tx, v.Actor, first, second, crm.TaskChange{Completed: &open})
			return "task-open", 0, err
		},
		"merge": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			m, err := crm.MergeByID(ctx, tx, v.at(), first)
			if err == nil {
				_, err = v.mine(ctx, tx, m.ContactID)
			}
			if err == nil {
				_, err = crm.UndoMerge(ctx, tx, v.Actor, first)
			}
			return "unmerged", 0, err
		},
		// two that are not the same
		"pair": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			for _, contactID := range []string{first, second} {
				if _, err := v.mine(ctx, tx, contactID); err != nil {
					return "", 0, err
				}
			}
			_, err := crm.ReopenPair(ctx, tx, v.Actor, first, second)
			return "undone", 0, err
		},
	}
}

// undoPrograms takes back what was done to workflows and templates of messages.
func undoPrograms(v *visit, first, second string) map[string]backway {
	return map[string]backway{
		"template": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			return "undone", 0, restoreSnippet(ctx, tx, v, first)
		},
		// the steps of a workflow: workflow, version
		"flow": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			return "undone", 0, revert(ctx, tx, v, first, second)
		},
		// a workflow that is to be deleted
		"flow-leaves": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			return "undone", 0, keepFlow(ctx, tx, v, first)
		},
	}
}

// undoDoors takes back what was done to keys, webhooks and connections.
func undoDoors(v *visit, first, _ string) map[string]backway {
	return map[string]backway{
		"key": undoForAdmins(v, func(ctx context.Context, tx *db.Tx) (string, int, error) {
			return "key-on", 0, auth.DisableOwnKey(ctx, tx, v.Actor, first, false)
		}),
		"webhook": undoForAdmins(v, func(ctx context.Context, tx *db.Tx) (string, int, error) {
			return "hook-on", 0, webhook.DisableEndpoint(ctx, tx, v.Actor, first, false, "")
		}),
		"connection": undoForAdmins(v, func(ctx context.Context, tx *db.Tx) (string, int, error) {
			_, err := connect.Pause(ctx, tx, v.Actor, first, false)
			return "bridge-on", 0, err
		}),
	}
}

// undoForAdmins takes back what only admins do.
func undoForAdmins(v *visit, way backway) backway {
	return func(ctx context.Context, tx *db.Tx) (string, int, error) {
		if !v.May["admin"] {
			return "", 0, errs.New(errs.Forbidden, "You may not")
		}
		return way(ctx, tx)
	}
}
