package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReportKeepsTheRest: a section takes the place of the earlier one of its
// name and database; all else stays, also what somebody wrote there by hand.
func TestReportKeepsTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "BENCHMARKS.md")
	section := func(name, database, cell string) Section {
		s := Section{Name: name, Database: database, Head: []string{"a", "b"}, Rows: [][]string{{cell, "2"}}}
		s.bar("speed", "≥ 1", "2", true)
		s.bar("size", "< 1", "2", false)
		return s
	}
	write := func(list ...Section) string {
		t.Helper()
		if err := Write(path, list); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := write(section("intake", "SQLite", "cell 1")); !strings.Contains(text, "| cell 1 | 2 |") || !strings.Contains(text, "| size | < 1 | 2 | **FAIL** |") || !strings.Contains(text, "Not measured yet.") {
		t.Error(text)
	}
	if err := os.WriteFile(path, []byte(write()+"\nby hand\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := write(section("intake", "SQLite", "cell 2"), section("reads", "PostgreSQL", "cell 3"))
	if strings.Contains(text, "cell 1") || !strings.Contains(text, "| cell 2 | 2 |") || !strings.Contains(text, "| cell 3 | 2 |") || !strings.HasSuffix(text, "\nby hand\n") {
		t.Error(text)
	}
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []Section{section("intake", "SQLite", "x")}); err == nil {
		t.Error("a file without marks was taken")
	}
}

// TestTemplateHasAPlaceForAll: every measurement can be reported.
func TestTemplateHasAPlaceForAll(t *testing.T) {
	for _, name := range Measurements {
		for _, database := range []string{"SQLite", "PostgreSQL"} {
			if name == "peers" && database != "SQLite" {
				continue
			}
			if _, err := place(template, &Section{Name: name, Database: database}); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestNumbersArePlain: as people write them.
func TestNumbersArePlain(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	if got := tally(map[string]int64{"b": 1, "a": 3}); got != "a 75 %, b 25 %" {
		t.Error(got)
	}
}
