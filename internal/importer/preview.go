package importer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Preview says what Run would do, and stores nothing. It takes the file in full
// on a database of its own, into which it copies the contacts that its rows
// meet: so doubles within the file count as they would, and nobody has to wait.
func Preview(ctx context.Context, d *db.DB, by crm.Actor, f *File, o Options) (_ *Result, err error) {
	dir, err := os.MkdirTemp("", "foyer-preview-")
	if err != nil {
		return nil, fmt.Errorf("making a place for the preview: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	own, err := db.Open(ctx, db.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	r, err := f.read(o.Map, o.Ask, time.Now())
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.file.Close() }() // it was only read
	by.Origin = "import"
	run := &runner{db: own, by: by, file: f, o: o, r: r, fields: map[string]string{}}
	if err := run.begin(ctx); err != nil {
		return nil, err
	}
	s := shadow{real: d, runner: run, seen: map[string]bool{}}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	run.before = s.copy
	result, err := run.all(ctx)
	if err != nil {
		return nil, err
	}
	result.ImportID, result.DryRun = "", true
	return result, nil
}

// shadow is a database that has of the real one what the rows of a file meet.
type shadow struct {
	real *db.DB
	*runner
	seen map[string]bool // contacts that were copied
}

// begin copies what rows of any kind meet.
func (s *shadow) begin(ctx context.Context) error {
	var fields []crm.CustomField
	if err := s.real.Read(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if s.users, err = usersOf(ctx, tx, s.by.LocationID); err != nil {
			return err
		}
		fields, err = crm.CustomFields(ctx, tx, s.by.LocationID)
		return err
	}); err != nil {
		return err
	}
	return s.db.Write(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for _, f := range fields {
			if _, err := crm.RestoreCustomField(ctx, tx, s.by, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// copy copies the contacts that a batch meets.
func (s *shadow) copy(ctx context.Context, b batch) error {
	var said []*crm.Input
	all := false
	for _, p := range b.people {
		if p.blank || p.refused != "" {
			continue
		}
		said = append(said, &p.in)
		all = all || len(p.notes) > 0 || p.whole != nil
	}
	var list []crm.Whole
	if err := s.real.Read(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.Known(ctx, tx, s.by.LocationID, said, s.seen, all)
		return err
	}); err != nil || len(list) == 0 {
		return err
	}
	return s.db.Write(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for i := range list {
			if _, err := crm.RestoreContact(ctx, tx, s.by, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
