package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/foyer-crm/foyer/internal/bench"
)

// benchImport measures the import of a file.
type benchImport struct {
	Rows        int    `help:"Rows of the file." default:"1000000" placeholder:"N"`
	Dir         string `help:"Where the temporary data is put; the system's place for it by default." type:"existingdir" placeholder:"DIR"`
	DatabaseURL string `help:"PostgreSQL to import into, in a database that is made for it and removed; SQLite if left out." env:"FOYER_DATABASE_URL" placeholder:"URL"`
	JSON        bool   `help:"Print JSON." name:"json"`
}

// Run imports a file of invented people, beside the sqlite3 shell or COPY.
func (c *benchImport) Run(o *out) error {
	if c.Rows < 1 {
		return errors.New("--rows is a number from 1 on")
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	f, err := bench.Import(o, bench.ImportOptions{Binary: binary, Dir: c.Dir, Rows: c.Rows, Postgres: c.DatabaseURL, Progress: o.stderr})
	if err != nil {
		return err
	}
	rows := [][]string{{"rows", strconv.Itoa(f.Rows)}, {"foyer import", fmt.Sprintf("%.0f rows/s, at most %d MB of memory", f.Rate, f.Memory>>20)}}
	if f.Skipped != "" {
		rows = append(rows, []string{f.Beside, "not measured: " + f.Skipped})
	} else {
		rows = append(rows, []string{f.Beside, fmt.Sprintf("%.0f rows/s", f.Bare)}, []string{"ratio", fmt.Sprintf("%.3f (wanted: %.2f)", f.Ratio, f.Wanted)})
	}
	return (&admin{JSON: c.JSON}).show(o, f, "", rows...)
}
