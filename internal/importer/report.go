package importer

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// WriteRefused writes the rows of an import that were not taken into a file: each
// with its line and the reason in front, so that it can be mended there and the
// file imported. Cards are written as cards. It replaces a file that is there.
func WriteRefused(ctx context.Context, d *db.DB, locationID, importID, path string) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- whoever imports names the file
	if err != nil {
		return fmt.Errorf("making the report: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	b := bufio.NewWriter(file)
	var one *crm.Import
	if err := d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		one, err = crm.ImportByID(ctx, tx, locationID, importID)
		return err
	}); err != nil {
		return err
	}
	put := putCard(b)
	if len(one.Settings.Header) > 0 {
		w := csv.NewWriter(b)
		put = func(r *crm.ImportRow) error {
			if err := w.Write(append([]string{strconv.FormatInt(r.Line, 10), r.Reason}, r.Cells...)); err != nil {
				return err
			}
			w.Flush()
			return w.Error()
		}
		if err := w.Write(append([]string{"foyer:line", "foyer:reason"}, one.Settings.Header...)); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if err := eachRefused(ctx, d, locationID, importID, put); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// putCard writes a card as it was, with the reason in it.
func putCard(b *bufio.Writer) func(r *crm.ImportRow) error {
	return func(r *crm.ImportRow) error {
		text := strings.Join(r.Cells, "")
		const begin = "BEGIN:VCARD\r\n"
		reason := fmt.Sprintf("X-FOYER-REFUSED:line %d: %s\r\n", r.Line, strings.NewReplacer("\n", " ", "\r", " ").Replace(r.Reason))
		_, err := b.WriteString(begin + reason + strings.TrimPrefix(text, begin))
		return err
	}
}

func eachRefused(ctx context.Context, d *db.DB, locationID, importID string, f func(*crm.ImportRow) error) error {
	const page = 500
	for after := int64(-1); ; {
		var list []crm.ImportRow
		if err := d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = crm.ImportRows(ctx, tx, locationID, importID, after, page)
			return err
		}); err != nil {
			return err
		}
		for i := range list {
			if err := f(&list[i]); err != nil {
				return err
			}
			after = list[i].Line
		}
		if len(list) < page {
			return nil
		}
	}
}
