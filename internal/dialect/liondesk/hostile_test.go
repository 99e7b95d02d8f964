package liondesk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/norm"
)

// data is a file or folder of public test data; the test skips where that is absent.
func data(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: the public test data is not here: %s", name)
	}
	return path
}

// TestJSONTestSuite sends every file of the JSONTestSuite as the body and as the
// value of members: what is JSON is taken, what is none is refused in the
// vendor's words, and nothing is a failure of the server.
func TestJSONTestSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "json/test_parsing"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	refused := func(a answer) bool {
		return a.Error == 2 && a.status == 200 && a.ErrorText == "Invalid JSON" || a.Error == 91 && a.status == 413
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		taken(t, f, `{"action": "NewSubmission", "email": "j@x.example", "contactid": "j"}`)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			a := own(t, f, string(raw))
			if !refused(a) && (name[0] == 'n' || a.Error != 3) { // JSON, and no action in it
				t.Errorf("%s as body: %d %+v", name, a.status, a)
			}
			for _, around := range []string{
				`{"action": "Echo", "msg": %s}`,
				`{"action": "NewSubmission", "email": "j@x.example", "firstname": %[1]s, "tag": %[1]s, "comments": %[1]s, "assigned user name": %[1]s, "unknown": %[1]s}`,
				`{"action": "NewActivity", "contactid": "j", "type": "visit", "created": %[1]s, "property": {"beds": %[1]s, "url": %[1]s, "images": %[1]s, "listing_price": %[1]s, "latitude": %[1]s}}`,
				`{"action": "NewActivity", "contactid": "j", "type": "visit", "property": %s}`,
			} {
				a := own(t, f, fmt.Sprintf(around, raw))
				switch {
				case name[0] == 'y' && a.Error != 0, name[0] == 'n' && !refused(a), a.Error != 0 && !refused(a):
					t.Errorf("%s in %s: %d %+v", name, around, a.status, a)
				}
			}
		}
	})
}

// texts are the fields of a submission that keep a text, how much of it, and
// where.
var texts = map[string]struct {
	most int // characters
	of   func(c *crm.Contact) string
}{
	"firstname":      {255, func(c *crm.Contact) string { return c.FirstName }},
	"lastname":       {255, func(c *crm.Contact) string { return c.LastName }},
	"street_address": {50, func(c *crm.Contact) string { return c.Address.Line1 }},
	"city":           {100, func(c *crm.Contact) string { return c.Address.City }},
	"state":          {50, func(c *crm.Contact) string { return c.Address.State }},
	"zip":            {50, func(c *crm.Contact) string { return c.Address.PostalCode }},
	"siteid":         {50, func(c *crm.Contact) string { return c.Source }},
}

// kept is what becomes of a text: white space around it goes, NUL is no text, and
// what is too long is cut.
func kept(s string, most int) string {
	s, _ = norm.Cut(strings.TrimSpace(strings.ReplaceAll(s, "\x00", "\uFFFD")), most)
	return strings.TrimSpace(s)
}

// TestEveryTextComesBack sends naughty strings through every text field of every
// action, and names of the world through those of a submission, and finds them
// stored as sent.
func TestEveryTextComesBack(t *testing.T) {
	var naughty []string
	read(t, data(t, "names/blns.json"), &naughty)
	naughty = append(naughty, "a\x00b", strings.Repeat("é", 3000), strings.Repeat("🏠", 5001))
	all := append(slices.Clip(naughty), worldNames(t)...)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const workers = 8
		atOnce(workers, func(w int) {
			for i := w; i < len(all); i += workers {
				a := submissionComesBack(t, f, i, all[i])
				if i < len(naughty) && a.Error == 0 {
					restComesBack(t, f, i, all[i], a.ID)
				}
			}
		})
	})
}

// whole is a text as it was understood: NUL is no text.
func whole(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// submissionComesBack makes contact i with a text in every field.
func submissionComesBack(t *testing.T, f *foyertest.F, i int, s string) answer {
	body := map[string]any{"action": "NewSubmission", "email": fmt.Sprintf("t%d@x.example", i), "contactid": fmt.Sprint("t", i), "comments": s, "tag": []string{s}}
	for field := range texts {
		body[field] = s
	}
	a := own(t, f, encode(t, body))
	if a.Error != 0 {
		t.Errorf("%q: error %d %s", s, a.Error, a.ErrorText)
		return a
	}
	c := contact(t, f, a.ID)
	for field, x := range texts {
		if got, want := x.of(c), kept(s, x.most); got != want {
			t.Errorf("%s came back as %q, want %q", field, got, want)
		}
	}
	short, _ := norm.Cut(strings.TrimSpace(whole(s)), 255)
	if want := norm.List(short, false); len(want) == 1 && !slices.Equal(c.Tags, want) {
		t.Errorf("tag came back as %q, want %q", c.Tags, want)
	}
	comment, _ := norm.Cut(whole(s), 5000) // notes keep the white space around them
	list := notes(t, f, c.ID)
	if blank := strings.TrimSpace(s) == ""; blank != (len(list) == 0) || !blank && list[0].Body != comment {
		t.Errorf("comments came back as %+v, want %q", list, comment)
	}
	return a
}

// restComesBack sends a text in the fields of the other actions.
func restComesBack(t *testing.T, f *foyertest.F, i int, s string, number int64) {
	for _, body := range []map[string]any{
		{"action": "NewComment", "contactid": fmt.Sprint("t", i), "type": 5, "description": s},
		{"action": "NewActivity", "contactid": fmt.Sprint("t", i), "type": "visit", "description": s, "siteid": s, "sitedomain": s,
			"property": map[string]any{"mls": s, "street_address": s, "listing_price": s, "beds": s, "images": []string{s}}},
	} {
		if a := own(t, f, encode(t, body)); a.Error != 0 {
			t.Errorf("%q in %s: error %d %s", s, body["action"], a.Error, a.ErrorText)
		}
	}
	var msg string
	if err := json.Unmarshal(own(t, f, encode(t, map[string]any{"action": "Echo", "msg": s})).Msg, &msg); err != nil || msg != whole(s) {
		t.Errorf("the echo of %q is %q (%v)", s, msg, err)
	}
	c := contact(t, f, number)
	description, _ := norm.Cut(whole(s), 2000)
	if list := notes(t, f, c.ID); list[0].Kind != "text_sent" || list[0].Body != description {
		t.Errorf("the newest note is %+v, want %q", list[0], description)
	}
	err := f.DB.Read(context.Background(), c.LocationID, func(ctx context.Context, tx *db.Tx) error {
		done, err := crm.Activities(ctx, tx, c.LocationID, c.ID)
		if err != nil || len(done) != 1 {
			t.Errorf("%q: %d activities", s, len(done))
			return err
		}
		if d := done[0]; d.Description != description || d.SiteID != kept(s, 255) || d.SiteDomain != kept(s, 255) {
			t.Errorf("%q: stored %+v", s, d)
		}
		for _, name := range []string{"mls", "address", "listingPrice"} {
			if got, _ := done[0].Property[name].(string); got != kept(s, 1<<16) {
				t.Errorf("%s came back as %q, want %q", name, got, kept(s, 1<<16))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// worldNames gives person names of some 400 locales.
func worldNames(t *testing.T) []string {
	var locales map[string]struct {
		SampleName map[string]map[string]string
	}
	read(t, data(t, "names/cldr_person_sample_names.json"), &locales)
	unique := map[string]bool{}
	for _, l := range locales {
		for _, parts := range l.SampleName {
			var name []string
			for _, p := range []string{"title", "given", "given2", "surname-prefix", "surname", "surname-core", "surname2", "generation", "credentials"} {
				if parts[p] != "" {
					name = append(name, parts[p])
				}
			}
			unique[strings.Join(name, " ")] = true
		}
	}
	return slices.Sorted(maps.Keys(unique))
}

func read(t *testing.T, file string, to any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestBytesThatAreNoText: what is no UTF-8 costs nobody the lead, in the body and
// in headers.
func TestBytesThatAreNoText(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := taken(t, f, "{\"action\": \"NewSubmission\", \"firstname\": \"Andr\xe9\", \"email\": \"andre@x.example\", \"city\": \"A\\u0000B\", \"state\": \"\\ud800\", \"contactid\": \"\xff\", \"comments\": \"\xfe\"}")
		if c := contact(t, f, a.ID); c.FirstName != "Andr\uFFFD" || c.Address.City != "A\uFFFDB" || c.Address.State != "\uFFFD" {
			t.Errorf("stored %q, %q, %q", c.FirstName, c.Address.City, c.Address.State)
		}
		if a.warnings == "" {
			t.Error("no warning")
		}
		if a := call(t, f, "user", "\xff\xfe", `{"action": "NewSubmission", "email": "x@x.example"}`); a.Error != 10 {
			t.Errorf("a USERKEY that is no text: %d, error %d", a.status, a.Error)
		}
		if a := call(t, f, "\xff\xfe", "", `{"action": "Echo"}`); a.status != 401 {
			t.Errorf("an APIKEY that is no text: %d, error %d", a.status, a.Error)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"action": "NewSubmission", "email": "x@x.example"}`))
		r.SetBasicAuth("user", "")
		r.Header.Set("X-LionDesk-Id", f.Vars["liondesk.personalUserKey"])
		r.Header.Set("Idempotency-Key", "\xff")
		w := httptest.NewRecorder()
		f.House.ServeHTTP(w, r)
		if !strings.HasPrefix(w.Body.String(), `{"error":40,`) {
			t.Errorf("an Idempotency-Key that is no text: %d %s", w.Code, w.Body)
		}
	})
}
