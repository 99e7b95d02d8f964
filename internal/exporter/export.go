// Package exporter is the door out: it writes the contacts of a location, with
// everything that belongs to them, as CSV, vCard or JSON lines, and reads JSON
// lines back. docs/EXPORT.md describes the formats.
package exporter

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Formats are the formats that Export writes.
var Formats = []string{"csv", "jsonl", "vcf"}

// page is how many contacts are read in one transaction, and held in memory.
const page = 500

// head is what is known before the first contact.
type head struct {
	location crm.Location
	fields   []crm.CustomField
	users    []crm.User
	at       time.Time
}

// format writes one kind of file. Each function adds to b.
type format interface {
	begin(b []byte) ([]byte, error)
	contact(b []byte, w *crm.Whole) ([]byte, error)
	end(b []byte, contacts int64) ([]byte, error)
}

func formatOf(name string, h *head) (format, error) {
	switch name {
	case "csv":
		return newTable(h), nil
	case "jsonl":
		return &lines{head: h}, nil
	case "vcf":
		return newCards(h), nil
	}
	return nil, fmt.Errorf("there is no export format %q: it is csv, jsonl or vcf", name)
}

// Export writes all contacts of a location in the order of their ids and gives
// their number. It holds a few pages of them in memory. Each page is read in a
// transaction of its own: what belongs to one contact is of one moment. progress,
// if not nil, is told now and then how many are written. NotFound if there is no
// such location.
func Export(ctx context.Context, d *db.DB, locationID, formatName string, out io.Writer, progress func(contacts int64)) (n int64, err error) {
	h, behind, err := begin(ctx, d, locationID)
	if err != nil {
		return 0, err
	}
	f, err := formatOf(formatName, h)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	b, err := f.begin(nil)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(b); err != nil {
		return 0, fmt.Errorf("writing the export: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages, failed := make(chan []crm.Whole, 1), make(chan error, 1)
	go func() { // reads the next page while this one is written
		failed <- read(ctx, d, locationID, behind, pages)
		close(pages)
	}()
	for list := range pages {
		b = b[:0]
		for i := range list {
			if b, err = f.contact(b, &list[i]); err != nil {
				return n, fmt.Errorf("writing contact %s: %w", list[i].Contact.ID, err)
			}
		}
		if _, err := w.Write(b); err != nil {
			return n, fmt.Errorf("writing the export: %w", err)
		}
		n += int64(len(list))
		if progress != nil {
			progress(n)
		}
	}
	if err := <-failed; err != nil {
		return n, err
	}
	if b, err = f.end(b[:0], n); err != nil {
		return n, err
	}
	if _, err = w.Write(b); err == nil {
		err = w.Flush()
	}
	if err != nil {
		return n, fmt.Errorf("writing the export: %w", err)
	}
	return n, nil
}

// begin reads what is known before the first contact, and whether any contact
// has a key that is another's.
func begin(ctx context.Context, d *db.DB, locationID string) (h *head, behind bool, err error) {
	err = d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		h = &head{at: tx.Now()}
		l, err := crm.LocationByID(ctx, tx, locationID)
		if err != nil {
			return err
		}
		h.location = *l
		if h.fields, err = crm.CustomFields(ctx, tx, locationID); err != nil {
			return err
		}
		if h.users, err = crm.Users(ctx, tx, locationID); err != nil {
			return err
		}
		behind, err = crm.AnyBehind(ctx, tx, locationID)
		return err
	})
	return h, behind, err
}

// read sends the contacts page by page, until ctx ends.
func read(ctx context.Context, d *db.DB, locationID string, behind bool, pages chan<- []crm.Whole) error {
	for after := ""; ; {
		var list []crm.Whole
		if err := d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = crm.Wholes(ctx, tx, locationID, after, page, behind)
			return err
		}); err != nil {
			return err
		}
		if len(list) == 0 {
			return nil
		}
		select {
		case pages <- list:
		case <-ctx.Done():
			return ctx.Err()
		}
		if after = list[len(list)-1].Contact.ID; len(list) < page {
			return nil
		}
	}
}
