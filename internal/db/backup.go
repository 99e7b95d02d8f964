package db

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Manifest says what a backup holds.
type Manifest struct {
	Foyer    string              `json:"foyer"`   // "backup"
	Version  int                 `json:"version"` // of the archive
	Schema   int                 `json:"schema"`
	Database string              `json:"database"` // where the rows come from: sqlite or postgres
	MadeAt   time.Time           `json:"madeAt"`   // UTC: what was acknowledged before is in it
	Rows     map[string]int64    `json:"rows"`     // by table
	Files    map[string]FileMark `json:"files"`
}

// FileMark tells whether a file of a backup is the one that was put in.
type FileMark struct {
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// The names in a backup.
const (
	manifestName   = "manifest.json"
	keyName        = "foyer.key"
	archiveKind    = "backup"
	archiveVersion = 1
)

// Backup writes the backup of a database while others go on writing in it.
type Backup struct {
	From Options
	Key  string // file of the master key, "" to leave it out
	// Rebuild is as in Copier: a PostgreSQL is copied into a SQLite file.
	Rebuild  func(ctx context.Context, d *DB) error
	Progress func(what string)
}

// Write writes the backup into a file, which appears whole or not at all and is
// for its owner alone: it may hold the master key. Whatever was acknowledged
// before the call is in it. It needs room beside the file for the database as
// it is, and removes what an earlier call left there that was killed.
func (b *Backup) Write(ctx context.Context, file string) (_ *Manifest, err error) {
	m := &Manifest{Foyer: archiveKind, Version: archiveVersion, MadeAt: time.Now().UTC().Truncate(time.Millisecond), Files: map[string]FileMark{}}
	dir, done, err := workFolder(filepath.Dir(file), "."+filepath.Base(file))
	if err != nil {
		return nil, fmt.Errorf("writing the backup: %w", err)
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := b.collect(ctx, m, dir); err != nil {
		return nil, err
	}
	if err := appear(file, dir, func(f *os.File) error { return m.pack(f, dir, b.Key) }); err != nil {
		return nil, fmt.Errorf("writing the backup: %w", err)
	}
	return m, nil
}

// collect puts the database into a SQLite file of its own.
func (b *Backup) collect(ctx context.Context, m *Manifest, dir string) (err error) {
	m.Database = SQLite.String()
	if b.From.URL != "" {
		m.Database = Postgres.String()
		c := Copier{From: b.From, To: Options{Dir: dir}, Rebuild: b.Rebuild, Progress: b.Progress}
		if _, err := c.Copy(ctx); err != nil {
			return err
		}
	} else if err := b.snapshot(ctx, dir); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	m.Schema, m.Rows, err = sound(ctx, dir)
	return err
}

func (b *Backup) snapshot(ctx context.Context, dir string) (err error) {
	d, err := connectExisting(ctx, b.From)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.pool.Close()) }()
	s, err := d.session(ctx, readerCache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.snapshot(ctx, filepath.Join(dir, databaseName))
}

// sound checks the SQLite database of a folder from end to end, and gives its
// schema and the number of rows by table. It leaves one file.
func sound(ctx context.Context, dir string) (schema int, rows map[string]int64, err error) {
	d, err := connectExisting(ctx, Options{Dir: dir})
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, d.pool.Close()) }()
	var verdict string
	if err := d.pool.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return 0, nil, fmt.Errorf("checking the database: %w", err)
	}
	if verdict != "ok" {
		return 0, nil, fmt.Errorf("the database is damaged: %s", verdict)
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	all, err := d.stepsOf(ctx, conn)
	if err != nil {
		return 0, nil, err
	}
	list, err := d.tables(ctx, conn)
	if err != nil {
		return 0, nil, err
	}
	rows = map[string]int64{}
	for _, t := range list {
		var n int64
		if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.name).Scan(&n); err != nil {
			return 0, nil, fmt.Errorf("counting %s: %w", t.name, err)
		}
		rows[t.name] = n
	}
	return all[len(all)-1].version, rows, nil
}

// pack writes the archive: a zip file, which any system can look into.
func (m *Manifest) pack(f *os.File, dir, key string) error {
	z := zip.NewWriter(f)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	files := [][2]string{{databaseName, filepath.Join(dir, databaseName)}}
	if key != "" {
		files = append(files, [2]string{keyName, key})
	}
	for _, file := range files {
		mark, err := m.add(z, file[0], file[1])
		if err != nil {
			return err
		}
		m.Files[file[0]] = mark
	}
	w, err := m.entry(z, manifestName)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return errors.Join(e.Encode(m), z.Close())
}

func (m *Manifest) entry(z *zip.Writer, name string) (io.Writer, error) {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: m.MadeAt}
	h.SetMode(0o600)
	return z.CreateHeader(h)
}

func (m *Manifest) add(z *zip.Writer, name, path string) (FileMark, error) {
	in, err := os.Open(path)
	if err != nil {
		return FileMark{}, err
	}
	defer func() { _ = in.Close() }()
	w, err := m.entry(z, name)
	if err != nil {
		return FileMark{}, err
	}
	return measure(w, in)
}

// measure copies a file and says what it was.
func measure(to io.Writer, from io.Reader) (FileMark, error) {
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), from)
	return FileMark{n, hex.EncodeToString(sum.Sum(nil))}, err
}
