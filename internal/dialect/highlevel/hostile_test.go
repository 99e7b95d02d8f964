package highlevel_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
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

// What is JSON is understood, what is none is refused in HighLevel's words, and
// nothing is a failure of the server.
func TestJSONTestSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "json/test_parsing"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		addFields(t, f)
		head := `{"locationId": "` + f.Vars["locationId"] + `", `
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, value := filepath.Base(file), string(raw)
			if status, _, a := ask(t, f, "POST", "/contacts/", value); status != 400 && status != 422 && status != 413 {
				t.Errorf("%s as body: %d %v", name, status, a)
			}
			for _, body := range []string{
				head + `"customFields": [{"id": "` + f.Vars["field.parts"] + `", "field_value": ` + value + `}]}`,
				head + `"firstName": ` + value + `, "email": ` + value + `, "tags": ` + value + `, "dndSettings": ` + value + `, "additionalPhones": ` + value + `, "customFields": ` + value + `, "attributionSource": ` + value + `}`,
			} {
				status, _, a := ask(t, f, "POST", "/contacts/", body)
				switch valid := json.Valid([]byte(body)); {
				case valid && (status == 201 || status == 422):
				case !valid && status == 400 && strings.HasPrefix(fmt.Sprint(a["message"]), "The body is not valid JSON"):
				case name[0] == 'i' && status < 500, status == 413:
				default:
					t.Errorf("%s as value: %d %v", name, status, a)
				}
			}
			body := head + `"filters": [{"field": "city", "operator": "eq", "value": ` + value + `}], "searchAfter": ` + value + `, "sort": ` + value + `, "query": ` + value + `}`
			if status, _, a := ask(t, f, "POST", "/contacts/search", body); status >= 500 {
				t.Errorf("%s in a search: %d %v", name, status, a)
			}
		}
	})
}

// worldNames gives person names of some 400 locales, those of each in one text.
func worldNames(t *testing.T) (names []string) {
	var locales map[string]struct {
		SampleName map[string]map[string]string
	}
	read(t, data(t, "names/cldr_person_sample_names.json"), &locales)
	for _, l := range locales {
		var parts []string
		for _, name := range l.SampleName {
			parts = slices.AppendSeq(parts, maps.Values(name))
		}
		names = append(names, strings.Join(slices.Sorted(slices.Values(parts)), " "))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Naughty strings and names of the world go through every text field and come
// back as they were.
func TestEveryTextComesBack(t *testing.T) {
	var texts []string
	read(t, data(t, "names/blns.json"), &texts)
	texts = append(texts, "a\x00b")
	naughty := len(texts)
	texts = append(texts, worldNames(t)...)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		addFields(t, f)
		work := make(chan int)
		var workers sync.WaitGroup
		for range 6 {
			workers.Go(func() {
				for i := range work {
					comesBack(t, f, i, texts[i], i < naughty)
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

func comesBack(t *testing.T, f *foyertest.F, i int, s string, naughty bool) {
	plain := []string{"firstName", "lastName", "companyName", "address1", "city", "state", "website", "source", "gender"}
	body := map[string]any{"locationId": f.Vars["locationId"], "email": fmt.Sprintf("t%d@x.example", i), "tags": []string{s}, "customFields": []any{map[string]any{"key": "color", "value": s}},
		"attributionSource": map[string]any{"url": s}, "dndSettings": map[string]any{"SMS": map[string]any{"status": "active", "message": s}}}
	for _, name := range plain {
		body[name] = s
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return
	}
	want := strings.TrimSpace(strings.ReplaceAll(s, "\x00", "\uFFFD"))
	status, _, a := ask(t, f, "POST", "/contacts/upsert", string(text))
	contact, _ := a["contact"].(map[string]any)
	if status != 200 || contact == nil {
		t.Errorf("%q: %d %v", s, status, a)
		return
	}
	get := func(name string) string {
		v, _ := contact[name].(string)
		return v
	}
	for _, name := range plain {
		cut := map[string]int{"gender": 50, "city": 255, "firstName": 255, "lastName": 255, "companyName": 255, "state": 255, "source": 255}[name]
		short := want
		if runes := []rune(want); cut > 0 && len(runes) > cut {
			short = strings.TrimSpace(string(runes[:cut]))
		}
		if got := get(name); got != short {
			t.Errorf("%s: %q came back as %q", name, want, got)
		}
	}
	if tags := contact["tags"].([]any); want != "" && (len(tags) != 1 || tags[0] != want) {
		t.Errorf("tags: %q came back as %q", want, tags)
	}
	if custom := contact["customFields"].([]any); want != "" && (len(custom) != 1 || custom[0].(map[string]any)["value"] != want) {
		t.Errorf("custom field: %q came back as %q", want, custom)
	}
	// and it can be looked for
	if naughty {
		address := "/contacts/?query=" + url.QueryEscape(s)
		if i%2 == 0 {
			address = "/contacts/" + url.PathEscape(s) + "/notes/" + url.PathEscape(s) + "?locationId=&startAfter=" + url.QueryEscape(s)
		}
		if status, _, a := ask(t, f, "GET", address, ""); status >= 500 {
			t.Errorf("%s: %d %v", address, status, a)
		}
	}
	if len(want) == 0 || len([]rune(want)) > 255 {
		return
	}
	quoted, _ := json.Marshal(want)
	filter := `{"pageLimit": 500, "filters": [{"field": "city", "operator": "eq", "value": ` + string(quoted) + `}, {"field": "tags", "operator": "contains", "value": ` + string(quoted) +
		`}, {"field": "customFields.` + f.Vars["field.color"] + `", "operator": "eq", "value": ` + string(quoted) + `}, {"field": "id", "operator": "eq", "value": "` + get("id") + `"}]}`
	if status, _, a := ask(t, f, "POST", "/contacts/search", filter); status != 200 || a["total"].(json.Number) != "1" {
		t.Errorf("%s: %d %v", filter, status, a["total"])
	}
}

func TestLargeFiltersAreRefusedAndNotRun(t *testing.T) {
	f := foyertest.New(t)
	deep := strings.Repeat(`{"group": "OR", "filters": [`, 25) + strings.Repeat(`]}`, 25)
	if status, _, a := ask(t, f, "POST", "/contacts/search", `{"filters": [`+deep+`]}`); status != 422 {
		t.Errorf("deep: %d %v", status, a)
	}
	wide := strings.Repeat(`{"field":"city","operator":"exists"},`, 300) + `{}`
	if status, _, a := ask(t, f, "POST", "/contacts/search", `{"filters": [`+wide+`]}`); status != 422 {
		t.Errorf("wide: %d %v", status, a)
	}
	values := strings.Repeat(`"x",`, 50000) + `"x"`
	if status, _, a := ask(t, f, "POST", "/contacts/search", `{"filters": [{"field": "tags", "operator": "eq", "value": [`+values+`]}]}`); status != 422 {
		t.Errorf("many values: %d %v", status, a)
	}
}
