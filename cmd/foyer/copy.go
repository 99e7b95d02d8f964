package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type copyCommand struct {
	From  string `help:"Database to copy, as sqlite:DIR, sqlite:FILE or postgres://user:password@host:5432/name. It is only read, and may be in use." required:"" placeholder:"ADDRESS"`
	To    string `help:"Empty place to copy it to, in the same form." required:"" placeholder:"ADDRESS"`
	Quiet bool   `help:"Do not say how far it is."`
	JSON  bool   `help:"Print JSON." name:"json"`
}

// Run copies a database and compares every row.
func (c *copyCommand) Run(o *out) error {
	from, err := addressOf(c.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := addressOf(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	copier := db.Copier{From: from, To: to, Rebuild: crm.RebuildSearch}
	if !c.Quiet && isTerminal(o.stderr) {
		copier.Progress = func(what string) { _, _ = fmt.Fprintln(o.stderr, what) }
	}
	copied, err := copier.Copy(o)
	if err != nil {
		return err
	}
	var rows [][]string
	names := make([]string, 0, len(copied))
	for name := range copied {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		rows = append(rows, []string{name, strconv.FormatInt(copied[name], 10)})
	}
	rows = append(rows, []string{"", "every row was compared and is equal"})
	if from.URL == "" {
		rows = append(rows, []string{"", "the master key stays where it is: " + filepath.Join(from.Dir, "foyer.key")})
	} else {
		rows = append(rows, []string{"", "put the foyer.key that belongs to it into the data folder"})
	}
	return (&admin{JSON: c.JSON}).show(o, copied, "TABLE\tROWS", rows...)
}

// addressOf reads where a database is.
func addressOf(text string) (db.Options, error) {
	o := db.Options{Log: slog.New(slog.DiscardHandler)}
	if path, is := strings.CutPrefix(text, "sqlite:"); is {
		path = strings.TrimPrefix(path, "//")
		if path == "" {
			return o, errors.New("an address such as sqlite:DIR names a folder or a file")
		}
		o.Dir = path
		if info, err := os.Stat(path); err == nil && !info.IsDir() || err != nil && filepath.Ext(path) == ".db" {
			o.Dir, o.File = filepath.Split(path)
			o.Dir = filepath.Clean(o.Dir)
		}
		return o, nil
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		o.URL = text
		return o, nil
	}
	return o, errors.New("an address is sqlite:DIR, sqlite:FILE or postgres://user:password@host:5432/name")
}
