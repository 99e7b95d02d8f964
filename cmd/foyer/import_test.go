package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/importer"
)

func TestAFileIsImportedListedAndUndone(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"import"}, args...), where...) }
		dir := t.TempDir()
		file := filepath.Join(dir, "people.csv")
		if err := os.WriteFile(file, []byte("first name;last name;email;phone;shoe size\nAna;Ruiz;ana@x.example;602-555-0147;38\nBob;Smith;bob@x.example;;\nAna;Ruiz;ana@x.example;;39\n;;;;40\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, "there is no location yet", with(file)...)
		must(t, append([]string{"admin", "bootstrap"}, where...)...)
		would := mustJSON[importer.Result](t, with(file, "--dry-run")...)
		if would.Created != 2 || would.Matched != 1 || would.Refused != 1 || !would.DryRun || would.ImportID != "" {
			t.Errorf("%+v", would)
		}
		if list := mustJSON[[]crm.Contact](t, append([]string{"contact", "list"}, where...)...); len(list) != 0 {
			t.Errorf("a dry run stored %v", list)
		}
		refused(t, "there is no column \"Nope\"", with(file, "--map", "Nope=email")...)
		refused(t, "is no field", with(file, "--map", "shoe size=shoes")...)
		refused(t, "people are recognised by email and phone", with(file, "--match", "name")...)
		refused(t, "--on-match must be one of", with(file, "--on-match", "guess")...)
		refused(t, "there is no location nope", with(file, "--location", "nope")...)
		refused(t, "no such file", with(filepath.Join(dir, "nope.csv"))...)
		did := mustJSON[importer.Result](t, with(file, "--map", "shoe size=custom:Shoes", "--tag", "spring", "--source", "fair")...)
		if did.Created != 2 || did.Refused != 1 || did.ImportID == "" || did.Report != filepath.Join(dir, "people.refused.csv") {
			t.Errorf("%+v", did)
		}
		text, err := os.ReadFile(did.Report)
		if err != nil || !strings.Contains(string(text), "5,\"there is no name, e-mail address or phone number\",,,,,40") {
			t.Errorf("%s %v", text, err)
		}
		refused(t, "say --again to import it once more", with(file)...)
		lines := mustJSON[[]importLine](t, with("list")...)
		if len(lines) != 1 || lines[0].ID != did.ImportID || lines[0].State != crm.ImportDone || lines[0].Created != 2 {
			t.Errorf("%+v", lines)
		}
		tabled(t, "ID TIME (UTC) FILE PROGRAM STATE ROWS CREATED UPDATED NOT TAKEN", with("list")...)
		if u := mustJSON[importer.Undone](t, with("undo", did.ImportID, "--dry-run")...); u.Deleted != 2 || !u.DryRun {
			t.Errorf("%+v", u)
		}
		if u := mustJSON[importer.Undone](t, with("undo", did.ImportID)...); u.Deleted != 2 || len(u.Kept) != 0 {
			t.Errorf("%+v", u)
		}
		if list := mustJSON[[]crm.Contact](t, append([]string{"contact", "list"}, where...)...); len(list) != 0 {
			t.Errorf("the undo left %v", list)
		}
		refused(t, "there is no import nope", with("undo", "nope")...)
		for _, want := range []string{"would be created", "people.csv", "shoe size → custom:shoe size"} {
			if text := must(t, with(file, "--dry-run")...); !strings.Contains(text, want) {
				t.Errorf("the preview does not say %q:\n%s", want, text)
			}
		}
	})
}
