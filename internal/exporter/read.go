package exporter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

const (
	batch    = 100      // contacts that are stored together
	mostLine = 64 << 20 // bytes of one contact with its history
)

// File says what is read, for the list of imports.
type File struct {
	Name   string
	Digest string // of its content
	Again  bool   // also a file that was imported already
}

// ErrCutOff is the error of a file that ends before its last line.
var ErrCutOff = errors.New("the file was cut off: its last line is missing; what is in it was taken")

// Recognise reports whether a file that begins like this is an export in JSON
// lines.
func Recognise(beginning []byte) bool {
	return bytes.HasPrefix(bytes.ReplaceAll(beginning[:min(len(beginning), 64)], []byte(" "), nil), []byte(`{"foyer":"`+kind+`"`))
}

// Read brings the contacts of an export in JSON lines into a location, as they
// were, and records it as an import that can be undone. A contact that is there
// already is left alone. A reading that was interrupted goes on where it stopped.
// progress, if not nil, is told how many lines were read. Errors: Invalid for a
// file that is no such export or of a newer version; Conflict for one that was
// imported already; ErrCutOff, with what was taken, for one without its end.
func Read(ctx context.Context, d *db.DB, by crm.Actor, in io.Reader, f File, progress func(lines int64)) (*crm.Import, error) {
	r := &reader{db: d, by: by, scan: bufio.NewScanner(in)}
	r.by.Origin = "import"
	r.scan.Buffer(make([]byte, 1<<20), mostLine)
	if err := r.begin(ctx, f); err != nil {
		return r.done, err
	}
	for r.done.State == crm.ImportRunning {
		step, list, end := r.next()
		if end == nil || errors.Is(end, io.EOF) || errors.Is(end, ErrCutOff) {
			step.Last = errors.Is(end, io.EOF)
			if err := r.store(ctx, step, list); err != nil {
				return r.done, err
			}
		}
		if end != nil && !errors.Is(end, io.EOF) {
			return r.done, end
		}
		if progress != nil {
			progress(r.line)
		}
	}
	return r.done, nil
}

type reader struct {
	db   *db.DB
	by   crm.Actor
	scan *bufio.Scanner
	line int64
	done *crm.Import
	// Custom fields and users that have other ids here, as JSON writes them:
	// there, here, there, here. An id is nothing that a text says by chance.
	ids       []string
	translate *strings.Replacer
}

// numbered is a contact with its line.
type numbered struct {
	line int64
	*crm.Whole
}

// begin reads the first line and finds or makes what it speaks of.
func (r *reader) begin(ctx context.Context, file File) error {
	var f firstLine
	if !r.scan.Scan() || json.Unmarshal(r.scan.Bytes(), &f) != nil || f.Foyer != kind {
		return errors.Join(r.scan.Err(), errs.New(errs.Invalid, "this is no export of Foyer in JSON lines"))
	}
	if f.Version > version {
		return errs.New(errs.Invalid, "this export is of version %d and this Foyer reads %d: use a newer Foyer", f.Version, version)
	}
	r.line = 1
	return r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		r.done, err = crm.BeginImport(ctx, tx, r.by, crm.Import{File: file.Name, Digest: file.Digest, Format: "Foyer JSON lines"}, file.Again)
		if err != nil {
			return err
		}
		r.by.CredentialID, r.ids = r.done.ID, nil
		for _, c := range f.CustomFields {
			id, err := crm.RestoreCustomField(ctx, tx, r.by, crm.CustomField{ID: c.ID, Key: c.Key, Name: c.Name, DataType: c.DataType, Options: c.Options, Model: c.Model, Display: c.Display, CreatedAt: c.CreatedAt})
			if err != nil {
				return fmt.Errorf("custom field %q: %w", c.Name, err)
			}
			if id != c.ID {
				r.ids = append(r.ids, `"`+c.ID+`"`, `"`+id+`"`, `"customFields.`+c.ID+`"`, `"customFields.`+id+`"`)
			}
		}
		here, err := crm.Users(ctx, tx, r.by.LocationID)
		if err != nil {
			return err
		}
		for _, u := range f.Users {
			if slices.ContainsFunc(here, func(h crm.User) bool { return h.ID == u.ID }) {
				continue
			}
			if i := slices.IndexFunc(here, func(h crm.User) bool { return h.Email == u.Email }); i >= 0 {
				r.ids = append(r.ids, `"`+u.ID+`"`, `"`+here[i].ID+`"`)
			}
		}
		r.translate = strings.NewReplacer(r.ids...)
		return nil
	})
}

// next reads the contacts of a batch, from where the import is, and the lines
// that cannot be taken. io.EOF says that the file ended well.
func (r *reader) next() (step *crm.ImportStep, list []numbered, end error) {
	step = &crm.ImportStep{From: r.done.Position}
	for len(list) < batch {
		if !r.scan.Scan() {
			if err := r.scan.Err(); err != nil {
				return step, list, fmt.Errorf("reading line %d: %w", r.line+1, err)
			}
			return step, list, ErrCutOff
		}
		r.line++
		if r.line <= r.done.Position+1 {
			continue // taken before it was interrupted
		}
		w, end, reason := r.parse(r.scan.Bytes())
		if end {
			return step, list, io.EOF
		}
		step.Rows++
		if reason != "" {
			step.Refused = append(step.Refused, crm.ImportRow{Line: r.line, Reason: reason})
		} else if w != nil {
			list = append(list, numbered{r.line, w})
		}
	}
	return step, list, nil
}

// parse reads a line: a contact, the end of the file, what cannot be taken for a
// reason, or nothing that this program knows.
func (r *reader) parse(text []byte) (w *crm.Whole, end bool, reason string) {
	if len(r.ids) > 0 {
		text = []byte(r.translate.Replace(string(text)))
	}
	var l struct {
		record
		lastLine
	}
	switch err := json.Unmarshal(text, &l); {
	case err != nil:
		return nil, false, "it is no line of an export: " + err.Error()
	case l.End != nil:
		return nil, true, ""
	case l.Contact == nil:
		return nil, false, ""
	case nul(text):
		return nil, false, "it holds a NUL character"
	}
	return l.whole(), false, ""
}

// nul reports whether JSON holds the escape of a NUL, which no database of ours
// keeps.
func nul(text []byte) bool {
	escape := []byte(`\u0000`)
	for at := bytes.Index(text, escape); at >= 0; {
		before := len(text[:at]) - len(bytes.TrimRight(text[:at], `\`))
		if before%2 == 0 {
			return true
		}
		next := bytes.Index(text[at+len(escape):], escape)
		if next < 0 {
			return false
		}
		at += len(escape) + next
	}
	return false
}

// store stores a batch in one transaction.
func (r *reader) store(ctx context.Context, broken *crm.ImportStep, list []numbered) error {
	var done *crm.Import
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		step := *broken
		step.Refused = slices.Clone(broken.Refused)
		for _, w := range list {
			outcome, err := crm.RestoreContact(ctx, tx, r.by, w.Whole)
			switch e := errs.As(err); {
			case err == nil && outcome == crm.Created:
				step.Created++
			case err == nil:
				step.Matched++
			case e.Kind == errs.Invalid: // found before anything was written
				step.Refused = append(step.Refused, crm.ImportRow{Line: w.line, ContactID: w.Contact.ID, Reason: e.Error()})
			default:
				return fmt.Errorf("line %d: %w", w.line, err)
			}
		}
		done, err = crm.TakeImportStep(ctx, tx, r.by, r.by.CredentialID, &step)
		return err
	})
	if err == nil {
		r.done = done
	}
	return err
}
