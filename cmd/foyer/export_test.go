package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

// enrol puts contacts into a Foyer through its own door.
func enrol(t *testing.T, where []string, names ...string) app.Credentials {
	t.Helper()
	c := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
	s := start(t, append([]string{"serve"}, where...)...)
	for _, name := range names {
		body := `{"locationId":"` + c.LocationID + `","firstName":"` + name + `","email":"` + strings.ToLower(name) + `@x.example","tags":["=1+1"]}`
		if status, text, _ := ask(t, "POST", s.base+"/contacts/upsert", body, "Authorization: Bearer "+*c.HighLevel.PrivateToken, "Version: 2021-07-28"); status >= 300 {
			t.Fatalf("%d %s", status, text)
		}
	}
	if code := s.stop(); code != 0 {
		t.Fatalf("stopping gives %d: %s", code, s.log)
	}
	return c
}

func TestExportWritesEveryFormat(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		enrol(t, where, "Ana", "Ben")
		with := func(args ...string) []string { return append(append([]string{"export"}, args...), where...) }
		for format, want := range map[string][]string{
			"csv":   {`"firstName","lastName",`, `"Ana",`, `"'=1+1"`, `"ben@x.example"`},
			"jsonl": {`{"foyer":"export","version":1,`, `"firstName":"Ben"`, `"tags":["=1+1"]`, `{"end":{"contacts":2}}`},
			"vcf":   {"BEGIN:VCARD\r\nVERSION:4.0\r\n", "FN:Ana\r\n", "EMAIL;PREF=1:ben@x.example"},
		} {
			text := must(t, with("--format", format)...)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s does not hold %q:\n%s", format, w, text)
				}
			}
			file := filepath.Join(t.TempDir(), "people."+format)
			if said := must(t, with("--format", format, "--output", file)...); said != "2 contacts are in "+file+".\n" {
				t.Errorf("it says %q", said)
			}
			written, err := os.ReadFile(file)
			if err != nil || format != "jsonl" && string(written) != text { // which says when it was written
				t.Errorf("%s: the file differs from what is printed: %v", format, err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v %v", info.Mode(), err)
			}
		}
		refused(t, "there is no location nowhere", with("--location", "nowhere")...)
		refused(t, "--format must be one of", with("--format", "xls")...)
		dir := t.TempDir()
		refused(t, "no such file or directory", with("--output", filepath.Join(dir, "no", "where.csv"))...)
		refused(t, "there is no location nowhere", with("--location", "nowhere", "--output", filepath.Join(dir, "x.csv"))...)
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("a failed export leaves %v", left)
		}
	})
}
