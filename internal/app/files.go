package app

import (
	"context"
	"io"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/exporter"
)

// uploadDays is how long a file that was brought in by a browser is kept if nobody
// imports it.
const uploadDays = 30

// readLines brings an export of our own back.
func readLines(ctx context.Context, d *db.DB, by crm.Actor, in io.Reader, name, digest string, again bool, progress func(lines int64)) (importID string, err error) {
	done, err := exporter.Read(ctx, d, by, in, exporter.File{Name: name, Digest: digest, Again: again}, progress)
	if err != nil {
		return "", err
	}
	return done.ID, nil
}
