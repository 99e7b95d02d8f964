package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/importer"
)

type importCommand struct {
	File importFile `cmd:"" default:"withargs" help:"Import a file of people: CSV or vCard of any program."`
	List importList `cmd:"" help:"List the imports of a location, the newest first."`
	Undo importUndo `cmd:"" help:"Undo an import, but for what somebody changed since."`
}

type importFile struct {
	admin
	File     string   `arg:"" help:"The file. What it is, its encoding and what its columns mean is found out." type:"existingfile"`
	Location string   `help:"Location, by id; may be left out if there is one only." placeholder:"ID"`
	Map      []string `help:"What a column means, as Cell=phone:cell, Budget=custom:Budget, or Junk= to leave it out. May be given several times." sep:"none" placeholder:"COLUMN=FIELD"`
	OnMatch  string   `help:"What becomes of people who are there already: overwrite, fill what is empty, skip, refuse." enum:"overwrite,fill,skip,refuse" default:"fill" placeholder:"WHAT"`
	Match    []string `help:"By what people are recognised, the strongest first: email, phone." default:"email,phone" placeholder:"KEY,KEY"`
	DryRun   bool     `help:"Show what would happen; store nothing."`
	Report   string   `help:"Where the rows that are not taken are written, to be mended and imported; beside the file if left out." type:"path" placeholder:"FILE"`
	Tag      []string `help:"Tag everybody. May be given several times." sep:"none" placeholder:"TAG"`
	Source   string   `help:"The source of those for whom the file names none." placeholder:"NAME"`
	Again    bool     `help:"Import a file that was imported already."`
}

// Run imports a file.
func (c *importFile) Run(o *out) (err error) {
	if own, err := c.restore(o); own {
		return err
	}
	options, err := c.options()
	if err != nil {
		return err
	}
	f, err := importer.Open(c.File)
	if err != nil {
		return err
	}
	if options.Report == "" {
		ext := filepath.Ext(c.File)
		name := ".refused.csv"
		if f.VCard {
			name = ".refused.vcf"
		}
		options.Report = strings.TrimSuffix(c.File, ext) + name
	}
	d, _, err := app.OpenStore(o, c.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by, err := importActor(o, d, c.Location)
	if err != nil {
		return err
	}
	if in, ok := terminal(os.Stdin); ok && isTerminal(o.stdout) && !c.JSON {
		options.Ask = asking(in, o.stderr)
	}
	bar := newProgress(o.stderr)
	options.Progress = bar.show
	run := importer.Run
	if c.DryRun {
		run = importer.Preview
	}
	result, err := run(o, d, by, f, options)
	bar.end()
	if err != nil {
		return err
	}
	return c.show(o, result, "", importRows(result)...)
}

func (c *importFile) options() (importer.Options, error) {
	o := importer.Options{Map: c.Map, Tags: c.Tag, Source: c.Source, Again: c.Again, Report: c.Report}
	o.OnMatch = map[string]crm.OnMatch{"overwrite": crm.Overwrite, "fill": crm.FillEmpty, "skip": crm.NoteOnly, "refuse": crm.Refuse}[c.OnMatch]
	for _, m := range c.Match {
		switch m {
		case "email":
			o.Match = append(o.Match, crm.KeyEmail)
		case "phone":
			o.Match = append(o.Match, crm.KeyPhone)
		default:
			return o, fmt.Errorf("--match %s: people are recognised by email and phone", m)
		}
	}
	return o, nil
}

// importActor gives who imports into a location, which may be left out if there
// is one only.
func importActor(ctx context.Context, d *db.DB, location string) (by crm.Actor, err error) {
	err = d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		if by.LocationID, err = locationOr(ctx, tx, location); err != nil {
			return err
		}
		all, err := crm.Locations(ctx, tx, "")
		if err == nil && location == "" && len(all) > 1 {
			err = errors.New("there are several locations: say which one with --location")
		}
		return err
	})
	return by, err
}

// importRows shows a result to people.
func importRows(r *importer.Result) [][]string {
	verb := func(did, would string) string {
		if r.DryRun {
			return would
		}
		return did
	}
	program := r.Program
	if program == "" {
		program = "unknown program"
	}
	rows := [][]string{
		{"file", r.File + " (" + program + ")"}, {"rows", strconv.FormatInt(r.Rows, 10)}, {verb("created", "would be created"), strconv.FormatInt(r.Created, 10)},
		{verb("updated", "would be updated"), strconv.FormatInt(r.Updated, 10)}, {"known, nothing new", strconv.FormatInt(r.Matched, 10)},
		{verb("not taken", "would not be taken"), strconv.FormatInt(r.Refused, 10)}, {"empty", strconv.FormatInt(r.Blank, 10)},
	}
	for _, w := range slices.Sorted(maps.Keys(r.Warnings)) {
		rows = append(rows, []string{"warning", fmt.Sprintf("%s (%d times)", w, r.Warnings[w])})
	}
	for _, c := range r.Columns {
		to := c.To.String()
		if to == "" {
			to = "left out"
		}
		rows = append(rows, []string{"column", c.Name + " → " + to})
	}
	if r.Report != "" {
		rows = append(rows, []string{"rows not taken", r.Report})
	}
	if r.Resumed {
		rows = append(rows, []string{"", "it went on where it had been interrupted"})
	}
	if r.ImportID != "" {
		rows = append(rows, []string{"import", r.ImportID + "  (foyer import undo " + r.ImportID + " takes it back)"})
	}
	return rows
}

// asking asks a person what a column means that nobody knows.
func asking(in io.Reader, out io.Writer) func(*importer.Column) (importer.Target, error) {
	lines := bufio.NewScanner(in)
	return func(c *importer.Column) (importer.Target, error) {
		_, _ = fmt.Fprintf(out, "What is the column %q? It holds, for instance: %s\n", c.Name, brief(strings.Join(c.Samples[:min(3, len(c.Samples))], " / ")))
		for {
			_, _ = fmt.Fprint(out, "A field, - to leave it out, Enter for a custom field: ")
			if !lines.Scan() {
				return importer.Target{Field: "custom", Kind: c.Name}, lines.Err()
			}
			switch text := strings.TrimSpace(lines.Text()); text {
			case "":
				return importer.Target{Field: "custom", Kind: c.Name}, nil
			case "-":
				return importer.Target{}, nil
			default:
				t, err := importer.ParseTarget(text)
				if err == nil {
					return t, nil
				}
				_, _ = fmt.Fprintln(out, sentence(err))
			}
		}
	}
}

// terminal reports whether a file is one that a person sits at.
func terminal(f *os.File) (io.Reader, bool) { return f, isTerminal(f) }

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress shows how far an import is: a bar on a terminal, a line now and then
// elsewhere.
type progress struct {
	w       io.Writer
	bar     bool
	begun   time.Time
	shown   time.Time
	started int64 // rows that an earlier run had taken
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, bar: isTerminal(w), begun: time.Now(), shown: time.Now(), started: -1}
}

func (p *progress) show(at importer.Progress) {
	every := 10 * time.Second
	if p.bar {
		every = 200 * time.Millisecond
	}
	if p.started < 0 {
		p.started = 0
	}
	if time.Since(p.shown) < every || at.Size == 0 {
		return
	}
	p.shown = time.Now()
	gone := time.Since(p.begun)
	share := min(float64(at.Bytes)/float64(at.Size), 1)
	left := time.Duration(float64(gone) * (1 - share) / max(share, 0.001)).Round(time.Second)
	text := fmt.Sprintf("%3.0f %%  %d rows  %.0f rows/s  %s left", 100*share, at.Rows, float64(at.Rows)/gone.Seconds(), left)
	if !p.bar {
		_, _ = fmt.Fprintln(p.w, text)
		return
	}
	const width = 30
	full := int(share * width)
	_, _ = fmt.Fprintf(p.w, "\r[%s%s] %s  ", strings.Repeat("█", full), strings.Repeat("·", width-full), text)
}

// end leaves the line of the bar.
func (p *progress) end() {
	if p.bar && p.shown.After(p.begun) {
		_, _ = fmt.Fprintln(p.w)
	}
}

type importList struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Limit    int    `help:"At most so many." default:"50" placeholder:"N"`
}

// importLine is an import as the command line shows it.
type importLine struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"` // UTC
	File       string    `json:"file"`
	Program    string    `json:"program"`
	State      string    `json:"state"`
	Rows       int64     `json:"rows"`
	Created    int64     `json:"created"`
	Updated    int64     `json:"updated"`
	Matched    int64     `json:"matched"`
	Refused    int64     `json:"refused"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	UndoneAt   time.Time `json:"undoneAt,omitzero"`
}

// Run lists imports.
func (c *importList) Run(o *out) error {
	if err := limit(c.Limit); err != nil {
		return err
	}
	lines, rows := []importLine{}, [][]string{}
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		list, err := crm.Imports(ctx, tx, where, c.Limit)
		for _, i := range list {
			lines = append(lines, importLine{i.ID, i.CreatedAt, i.File, i.Format, i.State, i.Position, i.Created, i.Updated, i.Matched, i.Refused, i.FinishedAt, i.UndoneAt})
			rows = append(rows, []string{i.ID, i.CreatedAt.Format(time.DateTime), i.File, i.Format, i.State, strconv.FormatInt(i.Position, 10), strconv.FormatInt(i.Created, 10), strconv.FormatInt(i.Updated, 10), strconv.FormatInt(i.Refused, 10)})
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, "ID\tTIME (UTC)\tFILE\tPROGRAM\tSTATE\tROWS\tCREATED\tUPDATED\tNOT TAKEN", rows...)
}

type importUndo struct {
	admin
	ID       string `arg:"" help:"Which import, by id."`
	Location string `help:"Location, by id; found by the import if left out." placeholder:"ID"`
	DryRun   bool   `help:"Show what would happen; store nothing."`
}

// Run undoes an import.
func (c *importUndo) Run(o *out) (err error) {
	d, _, err := app.OpenStore(o, c.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by := crm.Actor{LocationID: c.Location}
	if c.Location == "" {
		if by.LocationID, err = locationOfImport(o, d, c.ID); err != nil {
			return err
		}
	}
	undo := importer.Undo
	if c.DryRun {
		undo = importer.PreviewUndo
	}
	result, err := undo(o, d, by, c.ID)
	if err != nil {
		return err
	}
	rows := [][]string{{"contacts deleted", strconv.FormatInt(result.Deleted, 10)}, {"changes taken back", strconv.FormatInt(result.Restored, 10)}, {"kept, because somebody changed it since", strconv.Itoa(len(result.Kept))}}
	for _, k := range result.Kept {
		text := k.Reason
		for _, ch := range k.Changes {
			text += fmt.Sprintf("; %s: the import wrote %s", ch.Field, brief(ch.To))
		}
		rows = append(rows, []string{"  " + k.ContactID, text})
	}
	return c.show(o, result, "", rows...)
}

// locationOfImport finds the location that has an import.
func locationOfImport(ctx context.Context, d *db.DB, importID string) (locationID string, err error) {
	err = d.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Locations(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, l := range all {
			switch _, err := crm.ImportByID(ctx, tx, l.ID, importID); {
			case err == nil:
				locationID = l.ID
				return nil
			case !errs.Is(err, errs.NotFound):
				return err
			}
		}
		return errs.New(errs.NotFound, "there is no import %s", importID)
	})
	return locationID, err
}
