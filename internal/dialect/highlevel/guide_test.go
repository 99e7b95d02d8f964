package highlevel_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// guideRow is a line of the guide's tables: a name, an address, a scope.
var guideRow = regexp.MustCompile("(?m)^\\| ([^|]+) \\| `([A-Z]+ [^`]+)` \\| `([^`]+)`")

// The tables of the guide are the table of operations.
func TestTheGuideHasEveryOperation(t *testing.T) {
	text, err := os.ReadFile("../../../docs/highlevel.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range guideRow.FindAllStringSubmatch(string(text), -1) {
		got = append(got, fmt.Sprintf("%s: %s, %s", m[1], m[2], m[3]))
	}
	for _, o := range highlevel.Operations() {
		if o.Status() == "done" {
			want = append(want, fmt.Sprintf("%s: %s %s, %s", o.Name, o.Method, o.Path, o.Scope))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/highlevel.md (-table of operations +guide)\n%s", diff)
	}
}
