package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// local is on commands that change one location.
type local struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// change runs f in a transaction of the location, as whoever sits at the machine.
func (l *local) change(o *out, f func(ctx context.Context, tx *db.Tx, by crm.Actor) error) (err error) {
	d, _, err := app.OpenStore(o, l.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by := crm.Actor{Origin: "cli"}
	if err := d.Read(o, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		by.LocationID, err = locationOr(ctx, tx, l.Location)
		return err
	}); err != nil {
		return err
	}
	return d.Write(o, by.LocationID, func(ctx context.Context, tx *db.Tx) error { return f(ctx, tx, by) })
}

type contactMerge struct {
	local
	Keep  string   `arg:"" help:"Who is kept: an id, number, e-mail address or phone number."`
	Other string   `arg:"" help:"Who becomes part of the first, by the same."`
	Take  []string `help:"Fields whose value is the second's, as firstName or customFields.ID; otherwise the first's count, and fill up from the second." placeholder:"FIELD"`
}

// mergeLine is a merge as it is shown.
type mergeLine struct {
	crm.Merge
	Name string       `json:"name"` // of the contact that was merged
	Lost []crm.Change `json:"lost,omitempty"`
}

func lineOf(m *crm.Merge) mergeLine { return mergeLine{*m, m.Data.Name, m.Data.Lost} }

// Run merges two contacts.
func (c *contactMerge) Run(o *out) error {
	var line mergeLine
	if err := c.change(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		keep, err := findContact(ctx, tx, by.LocationID, c.Keep)
		if err != nil {
			return err
		}
		other, err := findContact(ctx, tx, by.LocationID, c.Other)
		if err != nil {
			return err
		}
		m, err := crm.MergeContacts(ctx, tx, by, keep.ID, other.ID, c.Take...)
		if err != nil {
			return err
		}
		line = lineOf(m)
		return nil
	}); err != nil {
		return err
	}
	rows := [][]string{{"merge", line.ID}, {"kept", line.ContactID}, {"merged", line.OtherContactID + " " + line.Name}}
	return c.show(o, line, "", append(rows, changeRows("gave way", line.Lost)...)...)
}

// changeRows shows changes, one a line.
func changeRows(what string, changes []crm.Change) (rows [][]string) {
	say := func(v any) string {
		if v == nil {
			return "nothing"
		}
		return brief(v)
	}
	for _, ch := range changes {
		rows = append(rows, []string{what, ch.Field + ": " + say(ch.From) + " → " + say(ch.To)})
	}
	return rows
}

type contactUnmerge struct {
	local
	Merge string `arg:"" help:"Which merge, by its id; foyer contact merges lists them." name:"merge-id"`
}

// Run undoes a merge.
func (c *contactUnmerge) Run(o *out) error {
	var u *crm.Undone
	if err := c.change(o, func(ctx context.Context, tx *db.Tx, by crm.Actor) (err error) {
		u, err = crm.UndoMerge(ctx, tx, by, c.Merge)
		return err
	}); err != nil {
		return err
	}
	rows := [][]string{{"kept", u.Kept.ID + " " + u.Kept.FullName()}, {"restored", u.Restored.ID + " " + u.Restored.FullName()}}
	rows = append(rows, changeRows("changed since, stays", u.Stay)...)
	rows = append(rows, changeRows("changed since, taken back", u.Lost)...)
	for _, key := range u.Taken {
		rows = append(rows, []string{"another contact's now", key})
	}
	return c.show(o, u, "", rows...)
}

type contactMerges struct {
	admin
	ID       string `arg:"" optional:"" help:"Only those that a contact is made of: its id, number, e-mail address or phone number."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Limit    int    `help:"At most so many." default:"50" placeholder:"N"`
}

// Run lists merges.
func (c *contactMerges) Run(o *out) error {
	if err := limit(c.Limit); err != nil {
		return err
	}
	lines, rows := []mergeLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		contactID := ""
		if c.ID != "" {
			found, err := findContact(ctx, tx, where, c.ID)
			if err != nil {
				return err
			}
			contactID = found.ID
		}
		list, err := crm.Merges(ctx, tx, where, contactID, c.Limit)
		for i := range list {
			m := &list[i]
			state := "stands"
			if !m.UndoneAt.IsZero() {
				state = "undone " + m.UndoneAt.Format(time.DateTime)
			}
			lines = append(lines, lineOf(m))
			rows = append(rows, []string{m.ID, m.CreatedAt.Format(time.DateTime), m.ContactID, m.OtherContactID, m.Data.Name, m.Origin, state})
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, "ID\tAT (UTC)\tKEPT\tMERGED\tNAME\tBY\tSTATE", rows...)
}
