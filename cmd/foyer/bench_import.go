package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/foyer-crm/foyer/internal/bench"
)

// benchImport measures the import of a file.
type benchImport struct {
	Rows int    `help:"Rows of the file." default:"1000000" placeholder:"N"`
	Dir  string `help:"Where the temporary data is put; the system's place for it by default." type:"existingdir" placeholder:"DIR"`
	JSON bool   `help:"Print JSON." name:"json"`
}

// Run imports a file of invented people, beside the sqlite3 shell.
func (c *benchImport) Run(o *out) error {
	if c.Rows < 1 {
		return errors.New("--rows is a number from 1 on")
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	f, err := bench.Import(o, bench.ImportOptions{Binary: binary, Dir: c.Dir, Rows: c.Rows, Progress: o.stderr})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(o.stdout).Encode(f)
	}
	_, err = fmt.Fprintf(o.stdout, "rows           %d\nfoyer import   %.0f rows/s, at most %d MB of memory\n", f.Rows, f.Rate, f.Memory>>20)
	if err != nil {
		return err
	}
	if f.Skipped != "" {
		_, err = fmt.Fprintln(o.stdout, "sqlite3 .import  not measured:", f.Skipped)
		return err
	}
	_, err = fmt.Fprintf(o.stdout, "sqlite3 .import  %.0f rows/s\nratio          %.3f (wanted: 0.33)\n", f.Shell, f.Ratio)
	return err
}
