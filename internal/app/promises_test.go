package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The tests that the guide to webhooks names as the proof of its promises are there.
func TestThePromisesOfWebhooksHaveTheirTests(t *testing.T) {
	guide, err := os.ReadFile("../../docs/WEBHOOKS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| `(internal/[a-z/]+)` (Test\\w+) \\|").FindAllSubmatch(guide, -1)
	if len(rows) < 20 {
		t.Errorf("only %d promises are named", len(rows))
	}
	for _, r := range rows {
		files, err := filepath.Glob(filepath.Join("../..", string(r[1]), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found, wanted := false, regexp.MustCompile("(?m)^func "+string(r[2])+`\(t \*testing\.T\)`)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || wanted.Match(text)
		}
		if !found {
			t.Errorf("%s has no %s", r[1], r[2])
		}
	}
}
