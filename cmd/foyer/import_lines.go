package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/exporter"
)

// restored is what became of an export that was brought back.
type restored struct {
	ID      string           `json:"id"`
	File    string           `json:"file"`
	Created int64            `json:"created"`
	Matched int64            `json:"matched"` // were there already, and stay as they are
	Refused int64            `json:"refused"`
	Reasons map[int64]string `json:"reasons,omitempty"` // by line; the first ones
}

// restore brings back an export in JSON lines, as it was; own says that the file
// is one.
func (c *importFile) restore(o *out) (own bool, err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return true, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text := bufio.NewReaderSize(f, 1<<20)
	beginning, err := text.Peek(64)
	if !exporter.Recognise(beginning) {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("reading %s: %w", c.File, err)
	}
	if c.DryRun || len(c.Map)+len(c.Tag) > 0 || c.Source != "" {
		return true, errors.New("an export in JSON lines comes back as it was: --dry-run, --map, --tag and --source are for other files")
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, text); err != nil {
		return true, fmt.Errorf("reading %s: %w", c.File, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return true, fmt.Errorf("reading %s: %w", c.File, err)
	}
	return true, c.restoreFrom(o, f, exporter.File{Name: filepath.Base(c.File), Digest: hex.EncodeToString(sum.Sum(nil)), Again: c.Again})
}

func (c *importFile) restoreFrom(o *out, in io.Reader, file exporter.File) (err error) {
	d, _, err := app.OpenStore(o, c.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by, err := importActor(o, d, c.Location)
	if err != nil {
		return err
	}
	done, err := exporter.Read(o, d, by, in, file, nil)
	if err != nil {
		return err
	}
	r := restored{ID: done.ID, File: done.File, Created: done.Created, Matched: done.Matched, Refused: done.Refused}
	rows := [][]string{{"import", r.ID}, {"file", r.File + " (Foyer JSON lines)"}, {"created", strconv.FormatInt(r.Created, 10)},
		{"there already", strconv.FormatInt(r.Matched, 10)}, {"not taken", strconv.FormatInt(r.Refused, 10)}}
	const most = 100
	refused, err := refusedRows(o, d, by.LocationID, done.ID, most)
	for _, row := range refused {
		if r.Reasons == nil {
			r.Reasons = map[int64]string{}
		}
		r.Reasons[row.Line] = row.Reason
		rows = append(rows, []string{"line " + strconv.FormatInt(row.Line, 10), row.Reason})
	}
	return errors.Join(err, c.show(o, r, "", rows...))
}

// refusedRows gives the first rows that an import did not take.
func refusedRows(o *out, d *db.DB, locationID, importID string, most int) (list []crm.ImportRow, err error) {
	err = d.Read(o, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.ImportRows(ctx, tx, locationID, importID, 0, most)
		return err
	})
	return list, err
}
