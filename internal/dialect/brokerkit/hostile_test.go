package brokerkit_test

import (
	"bytes"
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
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// data is the place of public test data; the test skips where that is absent.
func data(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: the public test data is not here: %s", name)
	}
	return path
}

// TestJSONTestSuite sends every file of the JSONTestSuite as the body and as
// the value of fields: what is JSON is understood, what is none is refused in
// the vendor's words, and nothing is a failure of the server.
func TestJSONTestSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "json/test_parsing"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			status, text := send(t, f, http.MethodPost, "/v2/leads", string(raw))
			refused := status == http.StatusBadRequest && strings.HasPrefix(text, `{"error":"Bad Request: the body `)
			understood := status == http.StatusCreated || status == http.StatusBadRequest && (strings.Contains(text, "is not a JSON object") || strings.Contains(text, "has no fields"))
			if name[0] == 'n' && !refused || name[0] == 'y' && !understood || name[0] == 'i' && !refused && !understood {
				t.Errorf("%s as body: %d %s", name, status, text)
			}
			whole := `{"first_name": "A", "note": ` + string(raw) + `, "kpa_taken": ` + string(raw) + `, "unknown": ` + string(raw) + `}`
			status, text = send(t, f, http.MethodPost, "/v2/leads", whole)
			refused = status == http.StatusBadRequest && strings.HasPrefix(text, `{"error":"Bad Request: the body is `)
			switch valid := json.Valid([]byte(whole)); {
			case name[0] == 'i' && (refused || status == http.StatusCreated):
			case name[0] != 'i' && valid && status == http.StatusCreated:
			case name[0] != 'i' && !valid && refused:
			default:
				t.Errorf("%s as a value: %d %s, valid %v", name, status, text, valid)
			}
			status, text = send(t, f, http.MethodPost, "/v2/leads", `{"test": true, "email": `+string(raw)+`, "rating": `+string(raw)+`, "status": `+string(raw)+`}`)
			if status >= http.StatusInternalServerError || status == 0 {
				t.Errorf("%s as email: %d %s", name, status, text)
			}
		}
	})
}

// TestEveryTextComesBack sends naughty strings and names of the world through
// every text field: they come back as sent, but for the white space around
// them, and NUL, which is no text.
func TestEveryTextComesBack(t *testing.T) {
	var texts []string
	read(t, data(t, "names/blns.json"), &texts)
	texts = append(texts, worldNames(t)...)
	texts = append(texts, "a\x00b", strings.Repeat("é", 255))
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
			unique[strings.Join(slices.Sorted(maps.Values(parts)), " ")] = true
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
	body := map[string]string{"email": fmt.Sprintf("t%d@x.example", i), "note": s}
	for _, field := range []string{"first_name", "last_name", "source", "currently_at", "active_listings_count", "alt_address", "alt_city", "alt_state", "alt_zip", "office_address", "office_city", "office_state", "office_zip"} {
		body[field] = s
	}
	body["agent_id"] = s + fmt.Sprint(i) // each its own, or they were one lead
	sent, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return
	}
	status, text := send(t, f, http.MethodPost, "/v2/leads", string(sent))
	long := len([]rune(strings.TrimSpace(s))) > 250
	if long && status == http.StatusUnprocessableEntity && strings.Contains(text, `is too long (maximum is 255 characters)`) {
		return
	}
	var got lead
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusCreated {
		t.Errorf("%q: %d %s (%v)", s, status, text, err)
		return
	}
	whole := strings.ReplaceAll(s, "\x00", "\uFFFD")
	k := strings.TrimSpace(whole)
	want := lead{ID: got.ID, FirstName: k, LastName: k, Source: k, CurrentlyAt: k, Listings: k, AltAddress: k, AltCity: k, AltState: k, AltZip: k,
		Office: k, OfficeCity: k, OfficeState: k, OfficeZip: k, AgentID: strings.TrimSpace(whole + fmt.Sprint(i)), Note: whole,
		CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt, LastActivity: got.LastActivity, ReferredAt: got.ReferredAt}
	if k == "" {
		want.Note = ""
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%q (-want +got): %s", s, d)
	}
	if _, again := send(t, f, http.MethodGet, fmt.Sprintf("/v2/leads/%d", got.ID), ""); again != text {
		t.Errorf("%q is read as %s, and was answered as %s", s, again, text)
	}
}

// TestBytesThatAreNoText: what is no UTF-8 costs nobody the lead.
func TestBytesThatAreNoText(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		l := mustPost(t, f, "\ufeff{\"first_name\": \"Andr\xe9\", \"last_name\": \"A\\u0000B\", \"note\": \"\\ud800\"}")
		if l.FirstName != "Andr\uFFFD" || l.LastName != "A\uFFFDB" || l.Note != "\uFFFD" {
			t.Errorf("stored %+v", l)
		}
	})
}

// TestHostileAddresses: whatever stands in a path or query, it is an answer and
// no failure, and no statement.
func TestHostileAddresses(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mustPost(t, f, `{"first_name": "A", "email": "a@example.com", "agent_id": "a"}`)
		for _, s := range []string{"%00", "%ff%fe", "'%20OR%201=1--", "%27%3B%20DROP%20TABLE%20contacts", "../../x", "-1", "+1", "01", "1e3", "0x10", "9223372036854775808", "%D9%A1", "1%00", "{id}", "%7B%7D", "1.json.json"} {
			for _, path := range []string{"/v2/leads/" + s, "/v2/leads/" + s + ".json", "/v2/" + s} {
				if status, text := send(t, f, http.MethodGet, path, ""); status != http.StatusNotFound || text != `{"error":"Not Found"}` {
					t.Errorf("GET %s: %d %s", path, status, text)
				}
			}
			for _, name := range []string{"email", "agent_id", "status", "product", "bucket", "page", "per_page", "sort", s} {
				status, text := send(t, f, http.MethodGet, "/v2/leads?"+name+"="+s, "")
				understood := name == "sort" || name == s || s == "+1" || s == "01" // an unknown parameter, the first page
				if status >= http.StatusInternalServerError || status == 0 || strings.Contains(text, `"id"`) && !understood {
					t.Errorf("GET ?%s=%s: %d %s", name, s, status, text)
				}
			}
		}
	})
}

// FuzzBody: any body gets an answer in the vendor's form, and none is a failure
// of the server.
func FuzzBody(f *testing.F) {
	foyer := foyertest.New(f)
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"first_name":`, `{"first_name": "A"}`,
		`{"test": "1", "product": "retention", "first_name": 1, "birthday": "3/4/1975", "phone": "202-555-0166 x12", "other_phone": ["1"], "email": ["a@b.co"], "agent_id": true}`,
		`{"bucket": "archived", "status": "active", "note": "\u0000\ud800", "alt_zip": 10473, "office_zip": "94105-1", "kpa_taken": "no", "active_listings_count": 1e2}`,
		`{"production_ytd": "1,234.5", "rating": "1e1", "production_label": "in_school", "owner_email": "x", "referrer_email": {}, "x": [[{}]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v2/leads", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+foyer.Vars["brokerkit.token"])
		w := httptest.NewRecorder()
		foyer.House.ServeHTTP(w, r)
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%q: the answer %s: %v", body, w.Body, err)
		}
		_, isLead := answer["team_id"]
		_, isError := answer["error"].(string)
		switch {
		case w.Code == http.StatusCreated && isLead:
		case w.Code == http.StatusBadRequest && isError && len(answer) == 1:
		case w.Code == http.StatusUnprocessableEntity && len(answer) > 0 && !isError:
			for field, wrong := range answer {
				if list, ok := wrong.([]any); !ok || len(list) == 0 {
					t.Fatalf("%q: %s is %v", body, field, wrong)
				}
			}
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}

// count gives how many rows a table has in the location.
func count(t *testing.T, f *foyertest.F, table string) (n int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1", f.Credentials.LocationID)
		return err
	})
	return n
}
