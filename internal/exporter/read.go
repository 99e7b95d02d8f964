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

// Result says what became of the contacts of a file.
type Result struct {
	Created  int64
	Matched  int64 // were there already
	Refusals []Refusal
}

// Refusal is a line that was not taken.
type Refusal struct {
	Line   int64
	Reason string
}

// ErrCutOff is the error of a file that ends before its last line.
var ErrCutOff = errors.New("the file was cut off: its last line is missing; what is in it was taken")

// Recognise reports whether a file that begins like this is an export in JSON
// lines.
func Recognise(beginning []byte) bool {
	first, _, _ := bytes.Cut(beginning, []byte("\n"))
	var f firstLine
	return json.Unmarshal(first, &f) == nil && f.Foyer == kind
}

// Read brings the contacts of an export in JSON lines into a location, as they
// were. A contact that is there already is left alone, so that a reading which
// was interrupted can be repeated. progress, if not nil, is told how many lines
// were read. Errors: Invalid for a file that is no such export or of a newer
// version; ErrCutOff with the Result of what was taken.
func Read(ctx context.Context, d *db.DB, by crm.Actor, in io.Reader, progress func(lines int64)) (*Result, error) {
	r := &reader{db: d, by: by, result: &Result{}}
	r.scan = bufio.NewScanner(in)
	r.scan.Buffer(make([]byte, 1<<20), mostLine)
	if err := r.begin(ctx); err != nil {
		return r.result, err
	}
	for {
		list, end := r.next()
		if err := r.store(ctx, list); err != nil {
			return r.result, err
		}
		if progress != nil {
			progress(r.line)
		}
		if errors.Is(end, io.EOF) {
			return r.result, nil
		}
		if end != nil {
			return r.result, end
		}
	}
}

type reader struct {
	db     *db.DB
	by     crm.Actor
	scan   *bufio.Scanner
	line   int64
	result *Result
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
func (r *reader) begin(ctx context.Context) error {
	var f firstLine
	if !r.scan.Scan() || json.Unmarshal(r.scan.Bytes(), &f) != nil || f.Foyer != kind {
		return errors.Join(r.scan.Err(), errs.New(errs.Invalid, "this is no export of Foyer in JSON lines"))
	}
	if f.Version > version {
		return errs.New(errs.Invalid, "this export is of version %d and this Foyer reads %d: use a newer Foyer", f.Version, version)
	}
	r.line = 1
	return r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		r.ids = nil
		for _, c := range f.CustomFields {
			id, err := crm.RestoreCustomField(ctx, tx, r.by, crm.CustomField{ID: c.ID, Key: c.Key, Name: c.Name, DataType: c.DataType, Options: c.Options, CreatedAt: c.CreatedAt})
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

// next reads the contacts of a batch. io.EOF says that the file ended well.
func (r *reader) next() (list []numbered, end error) {
	for len(list) < batch {
		if !r.scan.Scan() {
			if err := r.scan.Err(); err != nil {
				return list, fmt.Errorf("reading line %d: %w", r.line+1, err)
			}
			return list, ErrCutOff
		}
		r.line++
		text := r.scan.Bytes()
		if len(r.ids) > 0 {
			text = []byte(r.translate.Replace(string(text)))
		}
		var l struct {
			record
			lastLine
		}
		switch err := json.Unmarshal(text, &l); {
		case err != nil:
			r.refuse(r.line, "it is no line of an export: "+err.Error())
		case l.End != nil:
			return list, io.EOF
		case l.Contact != nil && nul(text):
			r.refuse(r.line, "it holds a NUL character")
		case l.Contact != nil:
			list = append(list, numbered{r.line, l.whole()})
		}
	}
	return list, nil
}

func (r *reader) refuse(line int64, reason string) {
	r.result.Refusals = append(r.result.Refusals, Refusal{line, reason})
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
func (r *reader) store(ctx context.Context, list []numbered) error {
	if len(list) == 0 {
		return nil
	}
	var created, matched int64
	var refused []Refusal
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		created, matched, refused = 0, 0, nil
		for _, w := range list {
			outcome, err := crm.RestoreContact(ctx, tx, r.by, w.Whole)
			switch e := errs.As(err); {
			case err == nil && outcome == crm.Created:
				created++
			case err == nil:
				matched++
			case e.Kind == errs.Invalid: // found before anything was written
				refused = append(refused, Refusal{w.line, e.Error()})
			default:
				return fmt.Errorf("line %d: %w", w.line, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.result.Created += created
	r.result.Matched += matched
	r.result.Refusals = append(r.result.Refusals, refused...)
	return nil
}
