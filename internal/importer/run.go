package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
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

// usual is how many rows are stored in one transaction. More of them share the
// work on the pages of the indexes, and make others wait longer for theirs.
const usual = 2000

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
	if err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if r.in, err = crm.BeginImport(ctx, tx, r.by, wanted, r.o.Again); err != nil {
			return err
		}
		r.users, err = usersOf(ctx, tx, r.by.LocationID)
		return err
	}); err != nil {
		return err
	}
	r.by.CredentialID = r.in.ID
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
	batches := make(chan batch, 1)
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
	size := r.o.Batch
	if size == 0 {
		size = usual
	}
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
		if len(b.people) < size && !b.last && b.err == nil {
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

// store stores a batch. One that the database does not take is taken row by row,
// and the row that is to blame refused.
func (r *runner) store(ctx context.Context, b batch) error {
	if err := r.makeFields(ctx, b); err != nil {
		return err
	}
	err := r.write(ctx, b, nil)
	if err == nil || ctx.Err() != nil || errs.KindOf(err) != errs.Internal {
		return err
	}
	for i, p := range b.people {
		one := batch{from: b.from + int64(i), people: []*person{p}, last: b.last && i == len(b.people)-1}
		if err := r.write(ctx, one, nil); err != nil {
			if ctx.Err() != nil || errs.KindOf(err) != errs.Internal {
				return err
			}
			if err := r.write(ctx, one, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFields makes the custom fields that a batch needs and that are not there.
func (r *runner) makeFields(ctx context.Context, b batch) error {
	var missing []string
	for _, p := range b.people {
		for _, c := range p.custom {
			if r.fields[c.name] == "" && !slices.Contains(missing, c.name) && !p.blank && p.refused == "" {
				missing = append(missing, c.name)
			}
		}
		if p.owner != "" && r.users[norm.Fold(p.owner)] == "" && r.fields[assigned] == "" && !slices.Contains(missing, assigned) {
			missing = append(missing, assigned)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	made := map[string]string{}
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		clear(made)
		for _, name := range missing {
			f, err := crm.CustomFieldNamed(ctx, tx, r.by, name, "TEXT")
			if err != nil {
				return err
			}
			made[name] = f.ID
		}
		return nil
	})
	maps.Copy(r.fields, made)
	return err
}

// assigned is the custom field of who works with a person, where they are no
// user of the location.
const assigned = "Assigned to"

// write stores a batch with the import's progress in one transaction; with a
// failure, its only row is refused because of it.
func (r *runner) write(ctx context.Context, b batch, failure error) error {
	var next *crm.Import
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		s := crm.ImportStep{From: b.from, Rows: int64(len(b.people)), Last: b.last, Warnings: map[string]int64{}}
		refuse := func(p *person, why, contactID string) {
			s.Refused = append(s.Refused, crm.ImportRow{Line: int64(p.line), Reason: why, ContactID: contactID, Cells: p.cells})
		}
		took := func(p *person, outcome crm.Outcome, err error) error {
			if why, who, ok := refusal(err); ok {
				refuse(p, why, who)
				return nil
			}
			if err != nil {
				return err
			}
			switch outcome {
			case crm.Created:
				s.Created++
			case crm.Updated, crm.Noted:
				s.Updated++
			default:
				s.Matched++
			}
			for _, w := range p.warnings {
				s.Warnings[w]++
			}
			return nil
		}
		var fit []*person
		for _, p := range b.people {
			switch {
			case p.blank:
			case p.refused != "":
				refuse(p, p.refused, "")
			case failure != nil:
				refuse(p, "it could not be stored: "+failure.Error(), "")
			default:
				fit = append(fit, p)
			}
		}
		if err := r.save(ctx, tx, fit, took); err != nil {
			return err
		}
		var err error
		next, err = crm.TakeImportStep(ctx, tx, r.by, r.in.ID, &s)
		return err
	})
	if err == nil {
		r.in = next
	}
	return err
}

// refusal says why a row is not taken, if err is about the row.
func refusal(err error) (why, contactID string, ok bool) {
	if err == nil {
		return "", "", false
	}
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid:
		why = e.Text
		for _, f := range e.Fields {
			why += fmt.Sprintf("; %s: %s", f.Name, f.Rule)
		}
		return strings.TrimPrefix(why, "; "), "", true
	case errs.Conflict:
		if e.Code == "duplicate" {
			return fmt.Sprintf("%s is there already, by the same %s", e.Meta["contactName"], e.Meta["matchingField"]), e.Meta["contactId"], true
		}
	}
	return "", "", false
}

// save stores people and says of each what became of them.
func (r *runner) save(ctx context.Context, tx *db.Tx, people []*person, took func(*person, crm.Outcome, error) error) error {
	saves := make([]crm.Save, len(people))
	for i, p := range people {
		saves[i] = r.saving(p)
	}
	if len(people) > 0 && people[0].whole != nil { // all of them come from our own export
		for i, p := range people {
			outcome, err := r.saveWhole(ctx, tx, p, saves[i])
			if err := took(p, outcome, err); err != nil {
				return err
			}
		}
		return nil
	}
	return crm.SaveTogether(ctx, tx, r.by, saves, func(i int, saved *crm.Saved, err error) error {
		var outcome crm.Outcome
		if err == nil {
			outcome, err = r.addNotes(ctx, tx, saved, people[i].notes)
		}
		return took(people[i], outcome, err)
	})
}

// saving makes a person a command.
func (r *runner) saving(p *person) crm.Save {
	s := crm.Save{Input: p.in, Match: r.o.Match, OnMatch: r.o.OnMatch}
	if r.o.OnMatch == crm.Overwrite {
		s.Input.Blend = crm.BlendFront
	}
	s.Input.Tags = append(slices.Clip(s.Input.Tags), r.o.Tags...)
	if s.Input.Source == "" {
		s.Input.Source = r.o.Source
	}
	s.Input.CustomFields = make(map[string]any, len(p.custom))
	for _, c := range p.custom {
		s.Input.CustomFields[r.fields[c.name]] = c.value
	}
	if p.owner != "" {
		if user := r.users[norm.Fold(p.owner)]; user != "" {
			s.Input.AssignedTo = user
		} else {
			s.Input.CustomFields[r.fields[assigned]] = p.owner
		}
	}
	return s
}

// addNotes keeps the notes of a row; of somebody who was known, those that are
// not there yet.
func (r *runner) addNotes(ctx context.Context, tx *db.Tx, saved *crm.Saved, notes []string) (crm.Outcome, error) {
	outcome := saved.Outcome
	var there []crm.Note
	if outcome != crm.Created && len(notes) > 0 {
		var err error
		if there, err = crm.Notes(ctx, tx, r.by.LocationID, saved.Contact.ID); err != nil {
			return "", err
		}
	}
	for _, body := range notes {
		if slices.ContainsFunc(there, func(n crm.Note) bool { return n.Body == body }) {
			continue
		}
		if _, err := crm.AddNote(ctx, tx, r.by, crm.Note{ContactID: saved.Contact.ID, Body: body}); err != nil {
			return "", err
		}
		if outcome == crm.Matched {
			outcome = crm.Noted
		}
	}
	return outcome, nil
}

// saveWhole stores somebody of our own export: as they were, if nobody matches,
// and with what is new otherwise.
func (r *runner) saveWhole(ctx context.Context, tx *db.Tx, p *person, s crm.Save) (crm.Outcome, error) {
	s.Behind = p.whole.Behind
	look := s
	look.DryRun = true
	found, err := crm.SaveContact(ctx, tx, r.by, look)
	if err != nil {
		return "", err
	}
	if found.Contact.ID == "" {
		return r.restore(ctx, tx, p.whole, s.Input.Contact)
	}
	for _, x := range p.whole.Properties {
		s.Input.Properties = append(s.Input.Properties, crm.Property{Key: x.Key, Data: x.Data})
	}
	for _, x := range p.whole.Requirements {
		s.Input.Requirements = append(s.Input.Requirements, crm.Requirement{Key: x.Key, Data: x.Data})
	}
	s.Input.Links = p.whole.Links
	saved, err := crm.SaveContact(ctx, tx, r.by, s)
	if err != nil {
		return "", err
	}
	var bodies []string
	for _, n := range p.whole.Notes {
		bodies = append(bodies, n.Body)
	}
	outcome, err := r.addNotes(ctx, tx, saved, bodies)
	if err != nil {
		return "", err
	}
	there, err := crm.Tasks(ctx, tx, r.by.LocationID, saved.Contact.ID)
	if err != nil {
		return "", err
	}
	for _, t := range p.whole.Tasks {
		if slices.ContainsFunc(there, func(o crm.Task) bool { return o.ID == t.ID || o.Title == t.Title && o.DueAt.Equal(t.DueAt) }) {
			continue
		}
		t.ContactID = saved.Contact.ID
		if _, err := crm.AddTask(ctx, tx, r.by, t); err != nil {
			return "", err
		}
		if outcome == crm.Matched {
			outcome = crm.Noted
		}
	}
	done, err := crm.Activities(ctx, tx, r.by.LocationID, saved.Contact.ID)
	if err != nil {
		return "", err
	}
	for _, a := range p.whole.Activities {
		if slices.ContainsFunc(done, func(o crm.Activity) bool {
			return o.ID == a.ID || o.Type == a.Type && o.Description == a.Description && o.OccurredAt.Equal(a.OccurredAt)
		}) {
			continue
		}
		a.ContactID = saved.Contact.ID
		if _, err := crm.AddActivity(ctx, tx, r.by, a); err != nil {
			return "", err
		}
		if outcome == crm.Matched {
			outcome = crm.Noted
		}
	}
	return outcome, nil
}

// restore stores somebody of our own export whom nobody matches: as they were,
// or as somebody new where their id is another's by now, as a line is that was
// copied in a spreadsheet.
func (r *runner) restore(ctx context.Context, tx *db.Tx, whole *crm.Whole, c crm.Contact) (crm.Outcome, error) {
	w := *whole
	c.ID, c.Version = w.Contact.ID, w.Contact.Version
	w.Contact = c
	outcome, err := crm.RestoreContact(ctx, tx, r.by, &w)
	if err != nil || outcome != crm.Matched {
		return outcome, err
	}
	w.Contact.ID, w.Contact.Version, w.History, w.FormerIDs = "", 0, nil, nil
	return crm.RestoreContact(ctx, tx, r.by, &w)
}

// result says what the whole import did, in all its runs.
func (r *runner) result(resumed bool) *Result {
	i := r.in
	return &Result{ImportID: i.ID, File: i.File, Program: r.r.program, Columns: r.r.columns, Rows: i.Position, Created: i.Created, Updated: i.Updated, Matched: i.Matched,
		Refused: i.Refused, Blank: i.Position - i.Created - i.Updated - i.Matched - i.Refused, Warnings: i.Settings.Warnings, Resumed: resumed}
}
