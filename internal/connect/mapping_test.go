package connect_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/connect"
)

func TestAMappingIsHeldAgainstItsSchemaByTheLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"objects:\n  contact:\n    fields:\n      - {local: firstNam, remote: x}", `line 4: "firstNam" is not a field of a contact`},
		{"objects:\n  contact:\n    fields:\n      - {local: email, remote: x}\n      - {local: email, remote: y}", `line 5: "email" is mapped twice`},
		{"objects:\n  contact:\n    fields:\n      - {local: email, remote: x, conflict: union}", `line 4: only tags can be united`},
		{"objects:\n  contact:\n    direction: sideways\n    fields:\n      - {local: email, remote: x}", `line 3: objects.contact.direction: value must be one of`},
		{"objects:\n  contact:\n    fields:\n      - {local: email, remote: x, transforms: {}}", `line 4: objects.contact.fields.0: "transforms" is not known here`},
		{"objects:\n  lead:\n    fields: []", `line 3: objects.lead.fields: minItems`},
		{"{}", `line 1`},
	} {
		_, err := connect.ParseMapping([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, and not %q", c.text, err, c.want)
		}
	}
}

func TestEveryKindHasAMapping(t *testing.T) {
	for _, kind := range []string{"highlevel", "radius", "brokerkit", "liondesk", "webhook"} {
		m, err := connect.DefaultMapping(kind)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		for _, asJSON := range []bool{false, true} {
			text, err := connect.FormatMapping(m, asJSON)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := connect.ParseMapping(text); err != nil {
				t.Errorf("%s, written and read again: %v in\n%s", kind, err, text)
			}
		}
	}
}

// What the guide shows is a mapping.
func TestTheGuideHolds(t *testing.T) {
	guide, err := os.ReadFile("../../docs/sync.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(guide, -1)
	if len(blocks) == 0 {
		t.Fatal("the guide shows no mapping")
	}
	for _, b := range blocks {
		if _, err := connect.ParseMapping(b[1]); err != nil {
			t.Errorf("%v in\n%s", err, b[1])
		}
	}
}
