package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// keyFile is where the master key of a data folder is.
func (s store) keyFile() string { return filepath.Join(s.Data, "foyer.key") }

func (s store) database() db.Options {
	return db.Options{Dir: s.Data, URL: s.DatabaseURL, Log: slog.New(slog.DiscardHandler)}
}

type backupCommand struct {
	admin
	File       string `arg:"" help:"File to write. One that is there is replaced once the new one is whole." type:"path"`
	WithoutKey bool   `help:"Leave the master key out. Then keep foyer.key elsewhere: no API key works without it."`
}

// Run writes a backup, beside a working server.
func (c *backupCommand) Run(o *out) error {
	key := c.keyFile()
	if c.WithoutKey {
		key = ""
	} else if _, err := os.Stat(key); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no master key %s to back up; --without-key leaves it out", key)
	}
	b := db.Backup{From: c.database(), Key: key, Rebuild: crm.RebuildSearch}
	m, err := b.Write(o, c.File)
	if err != nil {
		return err
	}
	rows := manifestRows(m)
	if c.WithoutKey {
		rows = append(rows, []string{"master key", "not in it: keep " + c.keyFile() + " elsewhere"})
	} else {
		rows = append(rows, []string{"master key", "in it: whoever has the file has the keys"})
	}
	return c.show(o, m, "", append([][]string{{"backup", c.File}}, rows...)...)
}

func manifestRows(m *db.Manifest) [][]string {
	return [][]string{{"made at", m.MadeAt.Format("2006-01-02 15:04:05") + " UTC"}, {"schema", fmt.Sprint(m.Schema)},
		{"contacts", fmt.Sprint(m.Rows["contacts"])}, {"events", fmt.Sprint(m.Rows["events"])}}
}

type restoreCommand struct {
	admin
	File  string `arg:"" help:"Backup to restore." type:"existingfile"`
	Force bool   `help:"Take the place of a SQLite database that is there. It is moved into backups/ of the data folder. Stop the server first."`
}

// Run restores a backup.
func (c *restoreCommand) Run(o *out) (err error) {
	unlock, err := lock(app.Store{Data: c.Data})
	if err != nil {
		return err
	}
	defer unlock()
	r := db.Restore{File: c.File, To: c.database(), Force: c.Force, Rebuild: crm.RebuildSearch}
	done, err := r.Run(o)
	if err != nil {
		return err
	}
	rows := append([][]string{{"restored", c.File}}, manifestRows(done.Manifest)...)
	if done.Aside != "" {
		rows = append(rows, []string{"what was there", "is in " + done.Aside})
	}
	if !done.HasKey {
		rows = append(rows, []string{"master key", "was not in it: put the earlier foyer.key into " + c.Data + " before you start"})
	}
	type line struct {
		*db.Manifest
		HasKey bool   `json:"hasKey"`
		Aside  string `json:"aside,omitempty"`
	}
	return c.show(o, line{done.Manifest, done.HasKey, done.Aside}, "", rows...)
}
