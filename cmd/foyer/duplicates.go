package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
)

type duplicatesCommand struct {
	List    duplicatesList    `cmd:"" default:"withargs" help:"List pairs of contacts that may be one person, the likeliest first."`
	Dismiss duplicatesDismiss `cmd:"" help:"Remember that two contacts are not the same person."`
	Scan    duplicatesScan    `cmd:"" help:"Compare all contacts of a location with each other."`
}

type duplicatesList struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	State    string `help:"Only those that are open, dismissed or merged; or all." enum:"open,dismissed,merged,all" default:"open" placeholder:"STATE"`
	Contact  string `help:"Only those of a contact: its id, number, e-mail address or phone number." placeholder:"CONTACT"`
	Limit    int    `help:"At most so many." default:"50" placeholder:"N"`
	AsIs     bool   `help:"Show what has been found so far; otherwise a location that no server looks after is scanned first."`
}

// pairLine is a suggested pair as the command line shows it.
type pairLine struct {
	Score  float64  `json:"score"`
	Reason string   `json:"reason"`
	State  string   `json:"state"`
	A      pairSide `json:"contact"`
	B      pairSide `json:"other"`
	// CreatedAt is when the pair was found, DecidedAt when somebody decided it.
	CreatedAt time.Time `json:"createdAt"`
	DecidedAt time.Time `json:"decidedAt,omitzero"`
	UserID    string    `json:"userId,omitempty"`
}

// pairSide is one contact of a pair.
type pairSide struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Run lists pairs.
func (c *duplicatesList) Run(o *out) error {
	if err := limit(c.Limit); err != nil {
		return err
	}
	if err := c.catchUp(o); err != nil {
		return err
	}
	lines, rows := []pairLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		f := crm.PairFilter{State: c.State, Limit: c.Limit}
		if f.State == "all" {
			f.State = ""
		}
		if c.Contact != "" {
			x, err := findContact(ctx, tx, where, c.Contact)
			if err != nil {
				return err
			}
			f.ContactID = x.ID
		}
		list, err := crm.DuplicatePairs(ctx, tx, where, f)
		if err != nil {
			return err
		}
		for _, p := range list {
			l, err := lineOfPair(ctx, tx, where, p)
			if err != nil {
				return err
			}
			lines = append(lines, l)
			rows = append(rows, []string{strconv.FormatFloat(l.Score, 'f', 3, 64), l.A.ID, l.A.Name, l.B.ID, l.B.Name, l.State, l.Reason})
		}
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, lines, "SCORE\tCONTACT\tNAME\tOTHER\tNAME\tSTATE\tREASON", rows...)
}

// catchUp scans the location if people have come and no server was there to look
// at them, as after an import.
func (c *duplicatesList) catchUp(o *out) error {
	const lately = 30 * time.Second // a server at work would have been told of something
	if c.AsIs {
		return nil
	}
	alone := false
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		behind, told, err := follow.Behind(ctx, tx, where, app.DuplicatesReader, "contact")
		alone = behind && time.Since(told) > lately
		return err
	}); err != nil || !alone {
		return err
	}
	_, err := scan(o, c.open(), c.Location)
	return err
}

func lineOfPair(ctx context.Context, tx *db.Tx, where string, p crm.DuplicatePair) (pairLine, error) {
	l := pairLine{Score: p.Score, Reason: p.Reason, State: p.State, CreatedAt: p.CreatedAt, DecidedAt: p.DecidedAt, UserID: p.UserID}
	for contactID, at := range map[string]*pairSide{p.ContactID: &l.A, p.OtherContactID: &l.B} {
		x, err := crm.ContactByID(ctx, tx, where, contactID)
		if err != nil {
			return l, err
		}
		*at = pairSide{ID: x.ID, Name: x.FullName(), Email: x.Email, Phone: x.Phone}
	}
	return l, nil
}

type duplicatesDismiss struct {
	admin
	A        string `arg:"" help:"One contact: its id, number, e-mail address or phone number." name:"contact"`
	B        string `arg:"" help:"The other." name:"other"`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run dismisses a pair.
func (c *duplicatesDismiss) Run(o *out) error {
	var l pairLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		a, err := findContact(ctx, tx, where, c.A)
		if err != nil {
			return err
		}
		b, err := findContact(ctx, tx, where, c.B)
		if err != nil {
			return err
		}
		p, err := crm.DismissPair(ctx, tx, crm.Actor{LocationID: where, Origin: "cli"}, a.ID, b.ID)
		if err != nil {
			return err
		}
		l, err = lineOfPair(ctx, tx, where, *p)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, "", []string{"dismissed", l.A.ID, l.A.Name, l.B.ID, l.B.Name})
}

type duplicatesScan struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run scans a location.
func (c *duplicatesScan) Run(o *out) error {
	s, err := scan(o, c.open(), c.Location)
	if err != nil {
		return err
	}
	return c.show(o, s, "", []string{"contacts", strconv.Itoa(s.Contacts)}, []string{"pairs worth a look", strconv.Itoa(s.Pairs)},
		[]string{"pairs no longer suggested", strconv.Itoa(s.Removed)}, []string{"time", fmt.Sprint(s.Elapsed.Round(time.Millisecond))})
}

// scan compares all contacts of a location, so that nobody who came before needs
// to be looked at again.
func scan(o *out, store app.Store, location string) (s *crm.Scanned, err error) {
	d, _, err := app.OpenStore(o, store, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var where string
	if err := d.Read(o, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		where, err = locationOr(ctx, tx, location)
		return err
	}); err != nil {
		return nil, err
	}
	began := time.Now()
	if s, err = crm.ScanDuplicates(o, d, crm.Actor{LocationID: where, Origin: "cli"}); err != nil {
		return nil, err
	}
	return s, d.Write(o, where, func(ctx context.Context, tx *db.Tx) error {
		return follow.Skip(ctx, tx, where, app.DuplicatesReader, began)
	})
}
