package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// keep makes sure that there is a way back before the schema of a database is
// upgraded: it puts a copy of a SQLite database beside it. A PostgreSQL is its
// operator's to back up.
func (d *DB) keep(ctx context.Context, s *session, have, newest int) error {
	switch {
	case d.unfinished: // a copy, which has its source
		return nil
	case d.kind == Postgres:
		d.log.Warn("the schema is being upgraded; a backup made before, with foyer backup, is the only way back", "from", have, "to", newest)
		return nil
	}
	path := filepath.Join(d.dir, "backups", fmt.Sprintf("foyer-before-%d.db", newest))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keeping a copy of the database before its upgrade: %w", err)
	}
	if err := s.snapshot(ctx, path); err != nil {
		return fmt.Errorf("keeping a copy of the database before its upgrade: %w", err)
	}
	d.log.Info("the schema is being upgraded; a copy of the database as it was is kept", "from", have, "to", newest, "copy", path)
	return nil
}

// snapshot writes a SQLite database, as it is at one moment, to a file of its
// own, beside which others go on writing. The file appears whole or not at all.
func (s *session) snapshot(ctx context.Context, path string) error {
	path, err := filepath.Abs(path) // "file:…" would be an address
	if err != nil {
		return err
	}
	return appear(path, filepath.Dir(path), func(f *os.File) error {
		// VACUUM writes into a file that is there if it is empty, and leaves its
		// rights as they are.
		_, err := s.conn.ExecContext(ctx, "VACUUM INTO $1", f.Name())
		return err
	})
}

// appear makes a file for its owner alone that is there whole, on the disk, or
// not at all. It grows in a folder of the same disk.
func appear(path, folder string, fill func(f *os.File) error) (err error) {
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	if err = errors.Join(fill(f), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir brings the names in a folder to the disk, where the system can.
func syncDir(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = folder.Sync() // not every system can
	return folder.Close()
}
