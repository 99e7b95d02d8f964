package ui

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

const (
	mostInBulk = 2000 // contacts that one button changes
	inOneWrite = 100  // of them in a transaction
	regret     = time.Minute
)

// bulkContacts does something with all contacts that were selected: those that
// were ticked, or all that the list's filter selects.
func bulkContacts(v *visit) error {
	ids, err := selected(v)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return v.done("", "nothing", 1, "")
	}
	switch v.form("do") {
	case "tag", "untag", "assign", "enrol":
		return changeMany(v, ids)
	case "delete":
		var ticket string
		err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
			ticket, err = crm.DeleteLater(ctx, tx, v.Actor, ids, regret)
			return err
		})
		if err != nil {
			return err
		}
		return v.done("", "leaving", len(ids), "leave:"+ticket)
	}
	return noButton()
}

// selected gives the contacts that a form is about, as far as the visitor sees
// them.
func selected(v *visit) (ids []string, err error) {
	if v.form("all") != "" {
		return allOf(v, v.form("query"), mostInBulk)
	}
	ticked := v.r.PostForm["id"]
	if len(ticked) > mostInBulk {
		ticked = ticked[:mostInBulk]
	}
	err = v.read(func(ctx context.Context, tx *db.Tx) error {
		there, err := crm.ContactsByID(ctx, tx, v.at(), ticked)
		for _, contactID := range ticked {
			if c := there[contactID]; c != nil && !v.hides(c) {
				ids = append(ids, contactID)
			}
		}
		return err
	})
	return ids, err
}

// allOf gives all contacts that a filter selects. Invalid for more than most: a
// part of them would be no answer.
func allOf(v *visit, query string, most int) (ids []string, err error) {
	err = eachOf(v, query, func(list []crm.Contact) error {
		for i := range list {
			ids = append(ids, list[i].ID)
		}
		if len(ids) > most {
			return errs.New(errs.Invalid, "These are more than %s contacts: narrow the list", numberText(most))
		}
		return nil
	})
	return ids, err
}

// eachOf hands over all contacts that a filter selects, page by page.
func eachOf(v *visit, query string, f func([]crm.Contact) error) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errs.New(errs.Invalid, "This filter cannot be understood")
	}
	filter := readContactFilter(values)
	q, err := filter.query(v.clockOf)
	if err == nil {
		err = v.restrict(&q)
	}
	if err != nil {
		return err
	}
	page := crm.Page{Oldest: filter.Oldest, Limit: 500, Look: 5 * contactsLooked}
	for {
		var list []crm.Contact
		err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
			list, page.After, err = crm.ContactsPage(ctx, tx, v.at(), q, page)
			return err
		})
		if err == nil {
			err = f(list)
		}
		if err != nil || page.After == "" {
			return err
		}
	}
}

// changeMany changes contacts, some in each transaction. The ids of the events
// that lie between what it gives to undo are those of its changes.
func changeMany(v *visit, ids []string) error {
	var first, last string
	do, what, err := manyOf(v)
	if err != nil {
		return err
	}
	for some := range chunks(ids, inOneWrite) {
		var from, to string
		if err := v.write(func(ctx context.Context, tx *db.Tx) error {
			from = tx.NewID()
			for _, contactID := range some {
				if err := do(ctx, tx, contactID); err != nil && !errs.Is(err, errs.NotFound) {
					return err
				}
			}
			to = tx.NewID()
			return nil
		}); err != nil {
			return err
		}
		if first == "" {
			first = from
		}
		last = to
	}
	if what == "enrolled" {
		return v.done("", what, len(ids), "")
	}
	return v.done("", what, len(ids), "change:"+first+":"+last)
}

// manyOf gives what a button does with one contact.
func manyOf(v *visit) (do func(ctx context.Context, tx *db.Tx, contactID string) error, what string, err error) {
	switch v.form("do") {
	case "tag", "untag":
		tag := v.form("tag")
		if tag == "" {
			return nil, "", errs.New(errs.Invalid, "Say which tag")
		}
		change, what := crm.AddTags, "tagged"
		if v.form("do") == "untag" {
			change, what = crm.RemoveTags, "untagged"
		}
		return func(ctx context.Context, tx *db.Tx, contactID string) error {
			_, err := change(ctx, tx, v.Actor, contactID, []string{tag})
			return err
		}, what, nil
	case "assign":
		value := v.form("owner")
		if value != nobody && !works(v, value) {
			return nil, "", errs.New(errs.Invalid, "Say to whom")
		}
		in := assign(value)
		return func(ctx context.Context, tx *db.Tx, contactID string) error {
			_, err := crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: contactID, Input: in})
			return err
		}, "assigned", nil
	}
	kind, flow, ok := strings.Cut(v.form("flow"), ":")
	if !ok || !v.User.Has("workflowsEnabled") {
		return nil, "", errs.New(errs.Invalid, "Say into which workflow")
	}
	return func(ctx context.Context, tx *db.Tx, contactID string) error {
		_, err := workflow.Enrol(ctx, tx, v.Actor, workflow.Entry{Kind: kind, WorkflowID: flow, ContactID: contactID})
		return err
	}, "enrolled", nil
}

// assign is what is said about a contact that goes to a user, or to nobody.
func assign(userID string) crm.Input {
	if userID == nobody || userID == "" {
		return crm.Input{Clear: []string{"assignedTo"}}
	}
	return crm.Input{Contact: crm.Contact{AssignedTo: userID}}
}

// works reports whether a user works in the location.
func works(v *visit, userID string) bool {
	there := false
	_ = v.read(func(ctx context.Context, tx *db.Tx) error {
		users, err := crm.Users(ctx, tx, v.at())
		there = people{users}.UserName(userID) != ""
		return err
	})
	return there
}

// takeBackBetween takes back the visitor's own changes of contacts between two
// events.
func takeBackBetween(v *visit, from, to string) error {
	for {
		done := true
		err := v.write(func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.EventsBetween(ctx, tx, v.at(), from, to, inOneWrite)
			if err != nil {
				return err
			}
			for i := range list {
				e := &list[i]
				if e.UserID != v.User.ID || e.Origin != v.Actor.Origin || e.Type != "contact.updated" {
					continue
				}
				if _, err := crm.TakeBack(ctx, tx, v.Actor, e.ContactID, e.ID); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
					return err
				}
			}
			if done = len(list) < inOneWrite; !done {
				from = list[len(list)-1].ID
			}
			return nil
		})
		if err != nil || done {
			return err
		}
	}
}

// chunks cuts a list into parts of at most n.
func chunks(list []string, n int) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for len(list) > 0 {
			k := min(n, len(list))
			if !yield(list[:k]) {
				return
			}
			list = list[k:]
		}
	}
}
