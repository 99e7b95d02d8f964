package main

import (
	"context"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	setup "github.com/foyer-crm/foyer/internal/snapshot"
)

type snapshotsCommand struct {
	Take  snapshotTake  `cmd:"" help:"Capture what a location is set up with: custom fields, tags, pipelines, calendars, workflows."`
	List  snapshotList  `cmd:"" help:"List the snapshots of a company."`
	Apply snapshotApply `cmd:"" help:"Set a location up with a snapshot; nothing that it has is changed."`
}

type snapshotLine struct {
	ID        string    `json:"id"`
	CompanyID string    `json:"companyId"`
	Source    string    `json:"sourceLocationId"`
	Name      string    `json:"name"`
	Type      string    `json:"type"`
	CreatedAt time.Time `json:"createdAt"`
}

const snapshotHead = "ID\tNAME\tOF LOCATION\tTAKEN"

func lineOfSnapshot(s *setup.Snapshot) snapshotLine {
	return snapshotLine{s.ID, s.CompanyID, s.SourceLocationID, s.Name, s.Type, s.CreatedAt}
}

func (l snapshotLine) row() []string {
	return []string{l.ID, l.Name, l.Source, l.CreatedAt.Format(time.RFC3339)}
}

type snapshotTake struct {
	located
	Name string `arg:"" help:"Its name."`
}

// Run takes a snapshot.
func (c *snapshotTake) Run(o *out) error {
	var l snapshotLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		s, err := setup.Take(ctx, tx, by, c.Name)
		if err == nil {
			l = lineOfSnapshot(s)
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, snapshotHead, l.row())
}

type snapshotList struct {
	admin
	Company string `help:"Company, by id; the first one if left out." placeholder:"ID"`
}

// Run lists snapshots.
func (c *snapshotList) Run(o *out) error {
	lines, rows := []snapshotLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		company, err := companyOr(ctx, tx, c.Company)
		if err != nil {
			return err
		}
		all, err := setup.All(ctx, tx, company)
		for i := range all {
			l := lineOfSnapshot(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, snapshotHead, rows...)
}

type snapshotApply struct {
	admin
	ID       string `arg:"" help:"Which snapshot, by id."`
	Location string `arg:"" help:"To which location of the same company, by id."`
}

// Run applies a snapshot.
func (c *snapshotApply) Run(o *out) error {
	var done *setup.Applied
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		s, err := setup.ByID(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		l, err := crm.LocationByID(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		if l.CompanyID != s.CompanyID {
			return errs.New(errs.Invalid, "the snapshot belongs to another company than the location")
		}
		done, err = setup.Apply(ctx, tx, crm.Actor{LocationID: l.ID, CompanyID: l.CompanyID, Origin: "admin"}, s)
		return err
	}); err != nil {
		return err
	}
	var rows [][]string
	for _, table := range setup.Tables() {
		if done.Made[table]+done.Kept[table] > 0 {
			rows = append(rows, []string{table, strconv.Itoa(done.Made[table]), strconv.Itoa(done.Kept[table])})
		}
	}
	return c.show(o, done, "WHAT\tMADE\tTHERE ALREADY", rows...)
}
