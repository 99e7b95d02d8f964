package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Options say how a file is taken.
type Options struct {
	Map     []string // COLUMN=FIELD, over what the columns are taken to mean
	Match   []crm.Key
	OnMatch crm.OnMatch
	Tags    []string // on everybody
	Source  string   // of those for whom the file names none
	Again   bool     // import a file once more
	Batch   int      // rows that are stored at once; 0 for the usual number
	Report  string   // file for the rows that are not taken, written if there are any; "" for none

	Ask      func(*Column) (Target, error) // what a column means that nobody knows; nil: a custom field
	Progress func(Progress)                // is told how far it is, after each batch; nil: nobody is

	begun   func(*crm.Import)     // is told of the import as it begins
	refused func([]crm.ImportRow) // is told of rows that are not taken, after each batch
}

// Progress is how far an import is.
type Progress struct {
	Rows  int64 // so far
	Bytes int64 // of the file so far
	Size  int64 // of the file
}

// Result is what an import did, or would do.
type Result struct {
	ImportID string           `json:"importId,omitempty"` // "" if nothing was stored
	File     string           `json:"file"`
	Program  string           `json:"program"` // whose export it is, "" if nobody knows
	Columns  []Column         `json:"columns,omitempty"`
	Rows     int64            `json:"rows"`
	Created  int64            `json:"created"`
	Updated  int64            `json:"updated"`
	Matched  int64            `json:"matched"` // known already, and nothing new about them
	Refused  int64            `json:"refused"`
	Blank    int64            `json:"blank"` // rows with nothing in them
	Warnings map[string]int64 `json:"warnings,omitempty"`
	Resumed  bool             `json:"resumed,omitempty"` // it went on where it had been interrupted
	DryRun   bool             `json:"dryRun,omitempty"`
	Report   string           `json:"report,omitempty"` // the file with the rows that were not taken
}

// How many rows are stored in one transaction. More of them share the work on
// the pages of the indexes, and make others wait longer for theirs; in a location
// that was empty there is hardly anybody who would.
const (
	usual = 2000
	first = 3000
)

// Run imports a file into the actor's location and returns what it did. An
// import that was interrupted goes on where it stopped. It returns a Conflict
// error where the file was imported already, and Invalid for what is no file of
// people.
func Run(ctx context.Context, d *db.DB, by crm.Actor, f *File, o Options) (*Result, error) {
	r, err := f.read(o.Map, o.Ask, time.Now())
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.file.Close() }() // it was only read
	run := &runner{db: d, by: by, file: f, o: o, r: r, fields: map[string]string{}}
	run.by.Origin = "import"
	if err := run.begin(ctx); err != nil {
		return nil, err
	}
	return run.all(ctx)
}

// runner runs one import.
type runner struct {
	db     *db.DB
	by     crm.Actor
	file   *File
	o      Options
	r      *reading
	in     *crm.Import
	fields map[string]string                        // ids of custom fields by name
	users  map[string]string                        // ids of users by name and e-mail address
	before func(ctx context.Context, b batch) error // is called with each batch before it is stored; nil: nothing is
}

// begin records the import, or finds the one that was interrupted.
func (r *runner) begin(ctx context.Context) error {
	said := map[string]any{"map": r.o.Map, "match": r.o.Match, "onMatch": r.o.OnMatch, "tags": r.o.Tags, "source": r.o.Source}
	text, err := json.Marshal([]any{said, r.r.columns})
	if err != nil {
		return fmt.Errorf("keeping the settings: %w", err)
	}
	sum := sha256.Sum256(text)
	wanted := crm.Import{File: r.file.Name, Digest: r.file.Digest, Format: r.r.program, Settings: crm.ImportSettings{
		Digest: hex.EncodeToString(sum[:]), Said: said, Header: r.r.header, Columns: r.r.columns,
	}}
	known := false
	if err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if r.in, err = crm.BeginImport(ctx, tx, r.by, wanted, r.o.Again); err != nil {
			return err
		}
		if r.users, err = usersOf(ctx, tx, r.by.LocationID); err != nil {
			return err
		}
		known, err = crm.AnyContact(ctx, tx, r.by.LocationID)
		return err
	}); err != nil {
		return err
	}
	r.by.CredentialID = r.in.ID
	if r.o.begun != nil {
		r.o.begun(r.in)
	}
	switch {
	case r.o.Batch > 0:
	case known:
		r.o.Batch = usual
	default:
		r.o.Batch = first
	}
	return nil
}

// usersOf gives the users of a location by their ids, names and addresses.
func usersOf(ctx context.Context, tx *db.Tx, locationID string) (map[string]string, error) {
	list, err := crm.Users(ctx, tx, locationID)
	out := map[string]string{}
	for _, u := range list {
		for _, name := range []string{u.ID, norm.Fold(u.FullName()), norm.Fold(u.Email)} {
			if other, taken := out[name]; taken && other != u.ID {
				out[name] = "" // two of them have the name
				continue
			}
			out[name] = u.ID
		}
	}
	return out, err
}

// batch is some rows of a file, in their order.
type batch struct {
	from   int64 // the position of the first
	people []*person
	last   bool
	err    error
}

// all takes the file, batch by batch: while one is stored, the next one is read.
func (r *runner) all(ctx context.Context) (*Result, error) {
	resumed := r.in.Position > 0
	ctx, stop := context.WithCancel(ctx)
	batches := make(chan batch)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.readAll(ctx, batches)
	}()
	defer func() { stop(); <-ended }()
	for r.in.State == crm.ImportRunning {
		var b batch
		select {
		case b = <-batches:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if b.err != nil {
			return nil, b.err
		}
		if r.before != nil {
			if err := r.before(ctx, b); err != nil {
				return nil, err
			}
		}
		if err := r.store(ctx, b); err != nil {
			return nil, err
		}
		if r.o.Progress != nil {
			r.o.Progress(Progress{r.in.Position, r.r.read.Load(), r.file.Size})
		}
	}
	result := r.result(resumed)
	if r.in.Refused > 0 && r.o.Report != "" {
		result.Report = r.o.Report
		return result, WriteRefused(ctx, r.db, r.by.LocationID, r.in.ID, r.o.Report)
	}
	return result, nil
}

// readAll reads the file into batches, from where the import is.
func (r *runner) readAll(ctx context.Context, to chan<- batch) {
	b := batch{from: r.in.Position}
	for skip := r.in.Position; !b.last && b.err == nil; {
		p, err := r.r.next()
		switch {
		case errors.Is(err, io.EOF):
			b.last = true
		case err != nil:
			b.err = err
		case skip > 0:
			skip--
		default:
			b.people = append(b.people, p)
		}
		if len(b.people) < r.o.Batch && !b.last && b.err == nil {
			continue
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return
		}
		b = batch{from: b.from + int64(len(b.people)), last: b.last, err: b.err}
	}
}

// result says what the whole import did, in all its runs.
func (r *runner) result(resumed bool) *Result {
	i := r.in
	return &Result{ImportID: i.ID, File: i.File, Program: r.r.program, Columns: r.r.columns, Rows: i.Position, Created: i.Created, Updated: i.Updated, Matched: i.Matched,
		Refused: i.Refused, Blank: i.Position - i.Created - i.Updated - i.Matched - i.Refused, Warnings: i.Settings.Warnings, Resumed: resumed}
}
