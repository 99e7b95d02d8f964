package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/exporter"
)

type exportCommand struct {
	store
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Format   string `help:"csv, jsonl or vcf; see docs/EXPORT.md." enum:"csv,jsonl,vcf" default:"csv"`
	Output   string `help:"File to write, for its owner's eyes only; standard output if left out. A file that is there is replaced once the new one is whole." type:"path" placeholder:"FILE"`
}

// Run exports the contacts of a location.
func (c *exportCommand) Run(o *out) (err error) {
	d, _, err := app.OpenStore(o, c.open(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	// It makes much garbage and keeps little: memory stays small with fewer
	// collections, too.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var where string
	if err := d.Read(o, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		where, err = locationOr(ctx, tx, c.Location)
		return err
	}); err != nil {
		return err
	}
	if c.Output == "" {
		_, err = exporter.Export(o, d, where, c.Format, o.stdout, nil)
		return err
	}
	var n int64
	if err := replaceFile(c.Output, func(w io.Writer) (err error) {
		n, err = exporter.Export(o, d, where, c.Format, w, nil)
		return err
	}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.stdout, "%d contacts are in %s.\n", n, c.Output)
	return err
}

// replaceFile writes a file whole or not at all: beside its place, and then into
// it. The file is its owner's alone.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // which gives it narrow rights
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
