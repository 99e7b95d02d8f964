package remote_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/brokerkit"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
	"github.com/foyer-crm/foyer/internal/remote/hook"
	"github.com/foyer-crm/foyer/internal/remote/liondesk"
	"github.com/foyer-crm/foyer/internal/remote/radius"
)

var kinds = []remote.Kind{remote.Contact, remote.Task, remote.Note, remote.Appointment, remote.Opportunity}

// systems are all of them, at a server that knows of nothing.
func systems(t *testing.T) (names []string, all map[string]remote.System) {
	t.Helper()
	base := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"customFields": []}`) })
	all = map[string]remote.System{}
	add := func(name string) func(s remote.System, err error) {
		return func(s remote.System, err error) {
			if err != nil {
				t.Fatal(err)
			}
			names, all[name] = append(names, name), s
		}
	}
	settings := remote.Settings{BaseURL: base, Location: "l", Token: "a-token", UserKey: "a-key", Private: true}
	add("HighLevel")(highlevel.New(settings))
	add("Radius")(radius.New(settings))
	add("Brokerkit")(brokerkit.New(settings))
	add("LionDesk")(liondesk.New(settings))
	settings.Token = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef"))
	add("webhook")(hook.New(settings))
	return names, all
}

func abilities(c remote.Can) string {
	var list []string
	for _, a := range []struct {
		can  bool
		word string
	}{
		{c.List, "list"}, {c.Find, "find"}, {c.Fetch, "fetch"}, {c.Of, "of a contact"}, {c.Create && !c.Upsert, "create"}, {c.Create && c.Upsert, "create or match"},
		{c.Update && !c.Whole, "update"}, {c.Update && c.Whole, "update as a whole"}, {c.Delete, "delete"}, {c.Gone, "deletions seen"},
	} {
		if a.can {
			list = append(list, a.word)
		}
	}
	if list == nil {
		return "–"
	}
	return strings.Join(list, ", ")
}

// The tables of docs/sync-systems.md are what the systems say of themselves.
func TestTheTablesOfSystemsAreTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/sync-systems.md")
	if err != nil {
		t.Fatal(err)
	}
	names, all := systems(t)
	var want strings.Builder
	for _, name := range names {
		fmt.Fprintf(&want, "\n| %s | abilities |\n|---|---|\n", name)
		for _, kind := range kinds {
			fmt.Fprintf(&want, "| %s | %s |\n", kind, abilities(all[name].Can(kind)))
		}
		for _, kind := range kinds {
			if all[name].Can(kind) == (remote.Can{}) {
				continue
			}
			fields, err := all[name].Fields(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			both, made, read := named(fields)
			if both+made+read == "" {
				continue
			}
			fmt.Fprintf(&want, "\n| fields: %s | |\n|---|---|\n", kind)
			for _, row := range [][2]string{{"both ways", both}, {"when it is made", made}, {"read only", read}} {
				if row[1] != "" {
					fmt.Fprintf(&want, "| %s | %s |\n", row[0], row[1])
				}
			}
		}
		if !strings.Contains(string(text), want.String()) {
			t.Errorf("docs/sync-systems.md does not have:\n%s", want.String())
		}
		want.Reset()
	}
}

func named(fields []remote.Field) (both, made, read string) {
	add := func(to *string, name string) {
		if *to != "" {
			*to += ", "
		}
		*to += "`" + name + "`"
	}
	for _, f := range fields {
		switch {
		case f.ReadOnly:
			add(&read, f.Name)
		case f.CreateOnly:
			add(&made, f.Name)
		default:
			add(&both, f.Name)
		}
	}
	return both, made, read
}

// What a system says that it cannot, it refuses in words; nothing panics on records
// of nothing.
func TestWhatASystemCannotItRefuses(t *testing.T) {
	_, all := systems(t)
	ctx := t.Context()
	for name, s := range all {
		for _, kind := range append(kinds, "horse", "") {
			can := s.Can(kind)
			for what, err := range map[string]func() error{
				"list":   func() error { _, err := s.Changes(ctx, kind, ""); return err },
				"of":     func() error { _, err := s.Of(ctx, kind, "c"); return err },
				"fetch":  func() error { _, err := s.Fetch(ctx, kind, "c", "x"); return err },
				"create": func() error { _, err := s.Create(ctx, kind, remote.Record{}, ""); return err },
				"update": func() error { _, err := s.Update(ctx, kind, remote.Record{}, ""); return err },
				"delete": func() error { return s.Delete(ctx, kind, "c", "x") },
			} {
				able := map[string]bool{"list": can.List, "of": can.Of, "fetch": can.Fetch, "create": can.Create, "update": can.Update, "delete": can.Delete}[what]
				if err := err(); !able && !remote.Is(err, remote.Refused) {
					t.Errorf("%s, %s a %q: %v", name, what, kind, err)
				}
			}
		}
	}
}
