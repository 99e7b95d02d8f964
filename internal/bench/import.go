package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ImportOptions say what import to measure.
type ImportOptions struct {
	Binary   string // this program
	Dir      string // where the temporary data is put; "" is the system's place
	Rows     int
	Postgres string // URL of a PostgreSQL, whose role may make databases; "" for SQLite
	Progress io.Writer
}

// ImportFigures are what was measured.
type ImportFigures struct {
	Rows    int     `json:"rows"`
	Bytes   int64   `json:"bytes"`             // of the file
	Rate    float64 `json:"rate"`              // rows a second of Foyer
	Memory  int64   `json:"memory"`            // bytes, at most
	Beside  string  `json:"beside"`            // what is measured beside it
	Bare    float64 `json:"bare,omitempty"`    // rows a second of that
	Ratio   float64 `json:"ratio,omitempty"`   // of the two
	Wanted  float64 `json:"wanted"`            // the ratio that there should be
	Skipped string  `json:"skipped,omitempty"` // why nothing was measured beside it
}

// Import imports a file of invented people into an empty Foyer, with
// de-duplication, history and search, and beside it into a table of the same
// columns with e-mail and phone unique: with the .import of the sqlite3 shell, or
// the COPY of PostgreSQL.
func Import(ctx context.Context, o ImportOptions) (_ *ImportFigures, err error) {
	dir, err := os.MkdirTemp(o.Dir, "foyer-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder to measure in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f := &ImportFigures{Rows: o.Rows}
	file := filepath.Join(dir, "people.csv")
	if f.Bytes, err = writePeople(file, o.Rows); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(o.Progress, "%s rows, %s bytes\n", count(o.Rows), count(int(f.Bytes)))
	where := []string{"--data", filepath.Join(dir, "data")}
	if o.Postgres == "" {
		err = f.shell(ctx, dir, file)
	} else {
		fix := &fixture{admin: o.Postgres}
		defer func() { err = errors.Join(err, fix.close()) }() //nolint:contextcheck // removed whatever became of ctx
		var databaseURL string
		if databaseURL, err = fix.create(ctx, ""); err == nil {
			where = append(where, "--database-url", databaseURL)
			err = f.copy(ctx, fix, file)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := f.foyer(ctx, o, where, file); err != nil {
		return nil, err
	}
	if f.Bare > 0 {
		f.Ratio = f.Rate / f.Bare
	}
	return f, nil
}

// peopleColumns are the columns of the file.
var peopleColumns = strings.Fields("first_name last_name email phone street city state zip tags source")

// writePeople writes invented people, and gives the length of the file.
func writePeople(path string, rows int) (size int64, err error) {
	file, err := os.Create(path) // #nosec G304 -- in our own folder
	if err != nil {
		return 0, fmt.Errorf("writing the file to import: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := csv.NewWriter(bufio.NewWriterSize(file, 1<<20))
	people := newPopulation()
	if err := w.Write(peopleColumns); err != nil {
		return 0, fmt.Errorf("writing the file to import: %w", err)
	}
	for i := range rows {
		p := people.at(i)
		if err := w.Write([]string{p.first, p.last, p.email, p.phone, p.street, p.city, p.state, p.zip, "imported;open house", "Import"}); err != nil {
			return 0, fmt.Errorf("writing the file to import: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return 0, fmt.Errorf("writing the file to import: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("writing the file to import: %w", err)
	}
	return info.Size(), nil
}

// shell measures the sqlite3 shell, if there is one.
func (f *ImportFigures) shell(ctx context.Context, dir, file string) error {
	f.Beside, f.Wanted = "sqlite3 .import", 0.33
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		f.Skipped = "there is no sqlite3 shell here"
		return nil //nolint:nilerr // said in Skipped
	}
	script := "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\nCREATE TABLE people (" + strings.Join(peopleColumns, " TEXT, ") + " TEXT);\n" +
		"CREATE UNIQUE INDEX people_email ON people (email);\nCREATE UNIQUE INDEX people_phone ON people (phone);\n" +
		".mode csv\n.import --skip 1 '" + file + "' people\nSELECT count(*) FROM people;\n"
	cmd := exec.CommandContext(ctx, program, "-batch", filepath.Join(dir, "shell.db")) // #nosec G204 -- the shell that is installed
	cmd.Stdin = strings.NewReader(script)
	begun := time.Now()
	text, err := cmd.CombinedOutput()
	took := time.Since(begun)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(text)), strconv.Itoa(f.Rows)) {
		return fmt.Errorf("the sqlite3 shell did not take the file: %w: %s", err, bytes.TrimSpace(text))
	}
	f.Bare = float64(f.Rows) / took.Seconds()
	return nil
}

// foyer measures foyer import, as a process of its own.
func (f *ImportFigures) foyer(ctx context.Context, o ImportOptions, where []string, file string) error {
	if text, err := exec.CommandContext(ctx, o.Binary, append([]string{"admin", "bootstrap"}, where...)...).CombinedOutput(); err != nil { // #nosec G204 -- this program
		return fmt.Errorf("making a location: %w: %s", err, bytes.TrimSpace(text))
	}
	cmd := exec.CommandContext(ctx, o.Binary, append([]string{"import", file, "--json"}, where...)...) // #nosec G204 -- this program
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, o.Progress
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("importing: %w", err)
	}
	ended := make(chan struct{})
	go f.watch(cmd.Process.Pid, ended)
	err := cmd.Wait()
	took := time.Since(begun)
	ended <- struct{}{} // Memory is not written any more
	if err != nil {
		return fmt.Errorf("importing: %w", err)
	}
	var result struct{ Created int }
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		return fmt.Errorf("reading what the import did: %w", err)
	}
	if result.Created != f.Rows {
		return fmt.Errorf("%d of %d people were created", result.Created, f.Rows)
	}
	f.Rate = float64(f.Rows) / took.Seconds()
	return nil
}

// watch notes the most memory that a process has had, until it ended.
func (f *ImportFigures) watch(pid int, ended <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			fields := strings.Fields(procLine(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"))
			if len(fields) > 0 {
				if kb, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
					f.Memory = max(f.Memory, kb<<10)
				}
			}
		}
	}
}
