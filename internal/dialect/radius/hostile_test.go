package radius_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/norm"
)

// data is the folder of public test data; the test skips where that is absent.
func data(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: the public test data is not here: %s", name)
	}
	return path
}

// TestJSONTestSuite sends every file of the JSONTestSuite as the body and as
// the value of a member: what is JSON is understood, what is none is refused in
// the vendor's words, and nothing is a failure of the server.
func TestJSONTestSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "json/test_parsing"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	refused := []string{`{"error":{"message":"Invalid JSON","code":400}}`, `{"error":{"message":"Empty Input Request","code":400}}`,
		`{"error":{"message":"The JSON is too deep, or has too many or too long values","code":400}}`}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			status, text := post(t, f, string(raw))
			understood := text == `{"error":{"message":"Missing Client name","code":101}}` || slices.Contains(refused[:2], text) // an array is JSON, and no request
			if status != http.StatusBadRequest || name[0] == 'n' && !slices.Contains(refused, text) || name[0] == 'y' && !understood {
				t.Errorf("%s as body: %d %s", name, status, text)
			}
			whole := `{"client": {` + ann + `, "value": ` + string(raw) + `}}`
			status, text = post(t, f, whole)
			valid := json.Valid([]byte(whole))
			switch {
			case name[0] == 'i' && (status == http.StatusOK || slices.Contains(refused, text)):
			case valid && status == http.StatusOK:
			case !valid && status == http.StatusBadRequest && slices.Contains(refused, text):
			default:
				t.Errorf("%s as value: %d %s, valid %v", name, status, text, valid)
			}
		}
	})
}

// lines and long texts of a client, and where they are stored.
var stored = map[string]func(c *crm.Contact) string{
	"name": func(c *crm.Contact) string { return c.Name }, "status": func(c *crm.Contact) string { return c.Stage },
	"address": func(c *crm.Contact) string { return c.Address.Line1 }, "city": func(c *crm.Contact) string { return c.Address.City },
	"zipcode": func(c *crm.Contact) string { return c.Address.PostalCode }, "state": func(c *crm.Contact) string { return c.Address.State },
	"source": func(c *crm.Contact) string { return c.Source }, "gender": func(c *crm.Contact) string { return c.Details.Gender },
	"location": func(c *crm.Contact) string { return c.Details.LocationText }, "company_name": func(c *crm.Contact) string { return c.CompanyName },
	"attorney_name": func(c *crm.Contact) string { return c.Details.AttorneyName }, "commission": func(c *crm.Contact) string { return c.Details.Commission },
	"priority_status": func(c *crm.Contact) string { return c.Details.Priority }, "website": func(c *crm.Contact) string { return c.Website },
	"tags": func(c *crm.Contact) string { return strings.Join(c.Tags, "|") },
	"other": func(c *crm.Contact) string {
		for _, v := range c.CustomFields {
			return v.(string)
		}
		return ""
	},
}

// texts of prop and req and their canonical names.
var (
	propTexts = map[string]string{"address": "address", "property_name": "name", "prop_city": "city", "prop_state": "state", "prop_zipcode": "postalCode", "country": "country", "area_coverage": "areaUnit", "property_type": "type"}
	reqTexts  = map[string]string{"city": "city", "state": "state", "zipcode": "postalCode", "c_locality_name": "locality", "country": "country", "area_unit": "areaUnit"}
)

// kept is what becomes of a text: white space around it goes, NUL is no text,
// and the long ones are cut.
func kept(s, field string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\x00", "\uFFFD"))
	most := 255
	if slices.Contains([]string{"address", "location", "website", "other"}, field) {
		most = 2000
	}
	s, _ = norm.Cut(s, most)
	return strings.TrimSpace(s)
}

// TestEveryTextComesBack sends naughty strings and names of the world through
// every text field and finds them stored as sent.
func TestEveryTextComesBack(t *testing.T) {
	var naughty []string
	read(t, data(t, "names/blns.json"), &naughty)
	texts := append(naughty, worldNames(t)...)
	texts = append(texts, "a\x00b", strings.Repeat("é", 3000))
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		work := make(chan int)
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for i := range work {
					comesBack(t, f, i, texts[i])
				}
			})
		}
		for i := range texts {
			work <- i
		}
		close(work)
		workers.Wait()
	})
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

func comesBack(t *testing.T, f *foyertest.F, i int, s string) {
	client := map[string]any{"emails": fmt.Sprintf("t%d@x.example", i), "phones": 5552000000 + i, "note": s}
	for field := range stored {
		client[field] = s
	}
	client["tags"] = []string{s}
	if strings.TrimSpace(s) == "" {
		client["name"] = "Somebody"
	}
	prop, req := map[string]any{"no_of_bed_room": 1}, map[string]any{"bedroom": 1}
	for field := range propTexts {
		prop[field] = s
	}
	for field := range reqTexts {
		req[field] = s
	}
	body, err := json.Marshal(map[string]any{"client": client, "prop": prop, "req": req})
	if err != nil {
		t.Error(err)
		return
	}
	status, text := post(t, f, string(body))
	var a imported
	if err := json.Unmarshal([]byte(text), &a); err != nil || status != http.StatusOK {
		t.Errorf("%q: %d %s (%v)", s, status, text, err)
		return
	}
	err = f.DB.Read(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByNumber(ctx, tx, f.Credentials.LocationID, a.Response.Client.ID)
		if err != nil {
			return err
		}
		for field, of := range stored {
			want := kept(s, field)
			if field == "name" && want == "" {
				want = "Somebody"
			}
			if got := of(c); got != want || !utf8.ValidString(got) {
				t.Errorf("%s came back as %q, want %q", field, got, want)
			}
		}
		notes, err := crm.Notes(ctx, tx, c.LocationID, c.ID)
		if err != nil {
			return err
		}
		if want := strings.ReplaceAll(s, "\x00", "\uFFFD"); strings.TrimSpace(s) != "" && (len(notes) != 1 || notes[0].Body != want) {
			t.Errorf("the note came back as %v, want %q", notes, want)
		}
		p, err := crm.Properties(ctx, tx, c.LocationID, c.ID)
		if err != nil {
			return err
		}
		r, err := crm.Requirements(ctx, tx, c.LocationID, c.ID)
		if err != nil || len(p) != 1 || len(r) != 1 {
			t.Errorf("%q: %d properties and %d requirements", s, len(p), len(r))
			return err
		}
		sameTexts(t, propTexts, p[0].Data, s)
		sameTexts(t, reqTexts, r[0].Data, s)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func sameTexts(t *testing.T, names map[string]string, data map[string]any, s string) {
	got, want := map[string]string{}, map[string]string{}
	for field, name := range names {
		if k := kept(s, field); k != "" {
			want[name] = k
		}
		if v, ok := data[name].(string); ok {
			got[name] = v
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%q (-want +got): %s", s, d)
	}
}

// TestBytesThatAreNoText: what is no UTF-8 costs nobody the lead.
func TestBytesThatAreNoText(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		c := mustImport(t, f, "{\"client\": {\"name\": \"Andr\xe9 Lee\", \"emails\": \"andre@x.example\", \"phones\": \"5551234567\", \"city\": \"A\\u0000B\", \"state\": \"\\ud800\"}}")
		if c.Name != "Andr\uFFFD Lee" || c.Address.City != "A\uFFFDB" || c.Address.State != "\uFFFD" {
			t.Errorf("stored %q, %q, %q", c.Name, c.Address.City, c.Address.State)
		}
	})
}
