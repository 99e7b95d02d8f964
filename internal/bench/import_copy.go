package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// copy measures the COPY of PostgreSQL, into a database of its own.
func (f *ImportFigures) copy(ctx context.Context, fix *fixture, path string) (err error) {
	f.Beside, f.Wanted = "COPY", 0.25
	databaseURL, err := fix.create(ctx, "")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for _, text := range []string{
		"CREATE TABLE people (" + strings.Join(peopleColumns, " TEXT, ") + " TEXT)",
		"CREATE UNIQUE INDEX people_email ON people (email)", "CREATE UNIQUE INDEX people_phone ON people (phone)",
	} {
		if _, err := conn.Exec(ctx, text); err != nil {
			return fmt.Errorf("making a table: %w", err)
		}
	}
	file, err := os.Open(path) // #nosec G304 -- written by this program
	if err != nil {
		return fmt.Errorf("opening the file to import: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	begun := time.Now()
	tag, err := conn.PgConn().CopyFrom(ctx, file, "COPY people FROM STDIN WITH (FORMAT csv, HEADER)")
	if err != nil {
		return fmt.Errorf("copying the file: %w", err)
	}
	if n := tag.RowsAffected(); n != int64(f.Rows) {
		return fmt.Errorf("COPY took %d of %d rows", n, f.Rows)
	}
	f.Bare = float64(f.Rows) / time.Since(begun).Seconds()
	return nil
}
