package workflow_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/workflow"
)

// What the guide shows can be imported, and the fields that it lists are there, as
// are the triggers and steps that the schema knows.
func TestTheGuideHolds(t *testing.T) {
	text, err := os.ReadFile("../../docs/WORKFLOWS.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(text)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(guide, -1)
	if len(blocks) < 3 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, b := range blocks {
		if _, err := workflow.Parse([]byte(b[1])); err != nil {
			t.Errorf("%v in\n%s", err, b[1])
		}
	}
	var fields []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+\\.)` \\| (.*) \\|$").FindAllStringSubmatch(guide, -1) {
		for _, name := range regexp.MustCompile("`([\\w.]+)`").FindAllStringSubmatch(row[2], -1) {
			fields = append(fields, row[1]+name[1])
		}
	}
	if len(fields) < 60 {
		t.Errorf("only %d fields", len(fields))
	}
	for _, f := range fields {
		if _, err := workflow.Parse([]byte("name: x\nsteps: [{do: sms, body: '{{" + f + "}}'}]")); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, word := range regexp.MustCompile(`"const": "(\w+)"`).FindAllStringSubmatch(string(workflow.Schema()), -1) {
		if !strings.Contains(guide, "`"+word[1]+"`") {
			t.Errorf("the guide does not speak of %s", word[1])
		}
	}
}
