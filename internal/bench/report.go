package bench

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Section is what one measurement found, as a table with its bars.
type Section struct {
	Name     string     `json:"name"` // one of Measurements
	Title    string     `json:"-"`
	Database string     `json:"database"` // SQLite or PostgreSQL
	System   string     `json:"system"`   // the same with its version
	At       time.Time  `json:"at"`       // UTC
	Machine  Machine    `json:"machine"`
	Figures  any        `json:"figures"` // durations in nanoseconds, rates a second
	Bars     []Bar      `json:"bars"`
	Head     []string   `json:"-"`
	Rows     [][]string `json:"-"`
	Notes    []string   `json:"-"`
}

// Bar is one thing that has to be so.
type Bar struct {
	What string `json:"what"`
	Want string `json:"want"`
	Have string `json:"have"`
	Pass bool   `json:"pass"`
}

func (s *Section) bar(what, want, have string, pass bool) {
	s.Bars = append(s.Bars, Bar{what, want, have, pass})
}

func (s *Section) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// Markdown gives the section as it stands in BENCHMARKS.md.
func (s *Section) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s, Foyer %s.\n\n", s.At.Format("2006-01-02 15:04 MST"), s.System, s.Machine.Foyer)
	table(&b, s.Head, s.Rows)
	if len(s.Bars) > 0 {
		b.WriteByte('\n')
		var rows [][]string
		for _, bar := range s.Bars {
			verdict := "**FAIL**"
			if bar.Pass {
				verdict = "PASS"
			}
			rows = append(rows, []string{bar.What, bar.Want, bar.Have, verdict})
		}
		table(&b, []string{"bar", "wanted", "measured", ""}, rows)
	}
	for _, n := range s.Notes {
		b.WriteString("\n" + n + "\n")
	}
	m := s.Machine
	fmt.Fprintf(&b, "\nMachine: %s, %d cores, %s memory, %s, %s, data on %s.\n", m.CPU, m.Cores, m.Memory, m.Kernel, m.Go, m.Filesystem)
	if m.Filesystem == "tmpfs" {
		b.WriteString("\nThe data lay in memory, where durability costs nothing: these figures say nothing about a disk.\n")
	}
	return b.String()
}

func table(b *strings.Builder, head []string, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	line(slices.Repeat([]string{"---"}, len(head)))
	for _, r := range rows {
		line(r)
	}
}

//go:embed template.md
var template string

// Write puts sections into a report file, each in the place of the earlier one
// of its name and database; the rest of the file stays. A file that is not
// there begins as the template, which explains what is measured.
func Write(path string, sections []Section) error {
	text, err := os.ReadFile(path) // #nosec G304 -- the one who measures names the file
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(template), nil
	}
	if err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	report := string(text)
	for _, s := range sections {
		if report, err = place(report, &s); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	if err := os.WriteFile(path, []byte(report), 0o644); err != nil { // #nosec G306 G703 -- a report for everyone, where the operator wants it
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// place puts a section between its marks.
func place(report string, s *Section) (string, error) {
	name := s.Name + " " + s.Database
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(report, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("the marks of %q are missing; remove the file to begin anew", name)
	}
	return before + begin + s.Markdown() + end + after, nil
}

// count writes a whole number with its thousands apart.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func number(f float64) string { return count(int(f + 0.5)) }

// ms writes a duration in milliseconds.
func ms(d time.Duration) string {
	f := float64(d.Microseconds()) / 1000
	if f < 10 {
		return fmt.Sprintf("%.2f ms", f)
	}
	return fmt.Sprintf("%.0f ms", f)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// tally lists counts as shares of their sum.
func tally(counts map[string]int64) string {
	var sum int64
	var keys []string
	for k, n := range counts {
		sum += n
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %s", k, percent(float64(counts[k])/float64(sum)))
	}
	return strings.Join(keys, ", ")
}
