package db

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// Restore puts a backup back, into a folder or a PostgreSQL.
type Restore struct {
	File string
	To   Options // the folder also takes the master key where the contacts go to a PostgreSQL
	// Force lets it take the place of a SQLite database that is there, which is
	// moved aside. No server may be using the folder.
	Force    bool
	Rebuild  func(ctx context.Context, d *DB) error
	Progress func(what string)
}

// Restored says what was put back.
type Restored struct {
	Manifest *Manifest
	HasKey   bool   // whether the master key was in the backup
	Aside    string // folder that what was there before was moved to, "" for none
}

// restoringName is the file that is in a folder while its files are exchanged.
const restoringName = "foyer.restoring"

// restored refuses a folder whose restore did not come to its end.
func restored(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, restoringName)); err == nil {
		return fmt.Errorf("a backup was being restored into %s and did not come to its end: run foyer restore again", dir)
	}
	return nil
}

// Run checks the backup, and puts it into place: whole, or so that a server
// refuses to start until it is restored again.
func (r *Restore) Run(ctx context.Context) (_ *Restored, err error) {
	if err := r.free(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.To.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	dir, ended, err := workFolder(r.To.Dir, ".restore")
	if err != nil {
		return nil, fmt.Errorf("unpacking the backup: %w", err)
	}
	defer func() { err = errors.Join(err, ended()) }()
	m, err := unpack(r.File, dir)
	if err != nil {
		return nil, fmt.Errorf("the backup %s: %w", r.File, err)
	}
	schema, rows, err := sound(ctx, dir)
	if err == nil && (schema != m.Schema || !maps.Equal(rows, m.Rows)) {
		err = errors.New("its database does not hold what its manifest says")
	}
	if err != nil {
		return nil, fmt.Errorf("the backup %s: %w", r.File, err)
	}
	_, hasKey := m.Files[keyName]
	done := &Restored{Manifest: m, HasKey: hasKey}
	if r.To.URL != "" {
		if err := r.otherKey(dir); err != nil {
			return nil, err
		}
		c := Copier{From: Options{Dir: dir}, To: r.To, Rebuild: r.Rebuild, Progress: r.Progress}
		if _, err := c.Copy(ctx); err != nil {
			return nil, err
		}
		if hasKey {
			err = os.Rename(filepath.Join(dir, keyName), filepath.Join(r.To.Dir, keyName))
		}
		return done, errors.Join(err, syncDir(r.To.Dir))
	}
	done.Aside, err = r.exchange(dir, hasKey)
	return done, err
}

// free refuses to take the place of what is there, unless it is told to.
func (r *Restore) free() error {
	if restored(r.To.Dir) != nil {
		return nil // begun before: to be ended now
	}
	if r.To.URL != "" {
		return nil // Copy looks whether it is empty, and key at the key
	}
	for _, name := range []string{databaseName, keyName} {
		path := filepath.Join(r.To.Dir, name)
		if _, err := os.Lstat(path); err == nil && !r.Force {
			return fmt.Errorf("there is a %s already: --force moves it aside", path)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("looking into the data folder: %w", err)
		}
	}
	return nil
}

// otherKey refuses a data folder that has another master key.
func (r *Restore) otherKey(dir string) error {
	path := filepath.Join(r.To.Dir, keyName)
	there, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the master key: %w", err)
	}
	if come, err := os.ReadFile(filepath.Join(dir, keyName)); err == nil && !bytes.Equal(there, come) {
		return fmt.Errorf("%s is another master key than the one in the backup: use a data folder without one", path)
	}
	return nil
}

// unpack takes the files out of a backup and holds them against the manifest.
func unpack(file, dir string) (*Manifest, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	defer func() { _ = z.Close() }()
	m, err := manifestOf(&z.Reader)
	if err != nil {
		return nil, err
	}
	for name, want := range m.Files {
		if name != databaseName && name != keyName {
			return nil, fmt.Errorf("it holds a file %q that this program does not know", name)
		}
		got, err := take(&z.Reader, name, filepath.Join(dir, name), want.Size)
		if err != nil {
			return nil, fmt.Errorf("its %s cannot be read: %w", name, err)
		}
		if got != want {
			return nil, fmt.Errorf("its %s is damaged: the checksum is not the one in the manifest", name)
		}
	}
	if _, has := m.Files[databaseName]; !has {
		return nil, errors.New("it holds no database")
	}
	return m, nil
}

func manifestOf(z *zip.Reader) (*Manifest, error) {
	f, err := z.Open(manifestName)
	if err != nil {
		return nil, errors.New("it is no backup of Foyer, or was cut off")
	}
	defer func() { _ = f.Close() }()
	const most = 1 << 20
	m := &Manifest{}
	if err := json.NewDecoder(io.LimitReader(f, most)).Decode(m); err != nil || m.Foyer != archiveKind {
		return nil, errors.New("it is no backup of Foyer")
	}
	if m.Version > archiveVersion {
		return nil, fmt.Errorf("a newer Foyer made it (archive %d, this one knows %d)", m.Version, archiveVersion)
	}
	return m, nil
}

// take writes a file of the archive to the disk. size bounds what it may be.
func take(z *zip.Reader, name, path string, size int64) (mark FileMark, err error) {
	in, err := z.Open(name)
	if err != nil {
		return mark, err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return mark, err
	}
	mark, err = measure(out, io.LimitReader(in, size+1))
	return mark, errors.Join(err, out.Sync(), out.Close())
}

// exchange puts the unpacked files in the place of those that are there. A mark
// stands in the folder meanwhile: what is in it then is not to be served.
func (r *Restore) exchange(from string, hasKey bool) (aside string, err error) {
	to := r.To.Dir
	mark, err := os.OpenFile(filepath.Join(to, restoringName), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(mark.Close(), syncDir(to))
	}
	if err != nil {
		return "", fmt.Errorf("restoring: %w", err)
	}
	there := []string{databaseName, databaseName + "-wal", databaseName + "-shm"}
	come := []string{databaseName}
	if hasKey {
		there, come = append(there, keyName), append(come, keyName)
	}
	for _, name := range there {
		if _, err := os.Lstat(filepath.Join(to, name)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if aside == "" {
			aside = filepath.Join(to, "backups", "before-restore-"+time.Now().UTC().Format("20060102-150405.000"))
			if err := os.MkdirAll(aside, 0o700); err != nil {
				return "", fmt.Errorf("moving aside what was there: %w", err)
			}
		}
		if err := os.Rename(filepath.Join(to, name), filepath.Join(aside, name)); err != nil {
			return "", fmt.Errorf("moving aside what was there: %w", err)
		}
	}
	for _, name := range come {
		if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return "", fmt.Errorf("restoring: %w", err)
		}
	}
	if err := syncDir(to); err != nil {
		return "", fmt.Errorf("restoring: %w", err)
	}
	if err := os.Remove(filepath.Join(to, restoringName)); err != nil {
		return "", fmt.Errorf("restoring: %w", err)
	}
	return aside, syncDir(to)
}
