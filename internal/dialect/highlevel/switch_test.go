package highlevel_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// another gives a Foyer's address with the door in another setting.
func another(t *testing.T, f *foyertest.F, o highlevel.Options) *foyertest.F {
	t.Helper()
	house, err := wire.NewHouse(wire.Options{DB: f.DB, Desk: f.Desk, Log: slog.New(slog.DiscardHandler)}, highlevel.Door(o))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(foyertest.Judged(t, house))
	t.Cleanup(server.Close)
	g := *f
	g.URL = server.URL
	return &g
}

// ask sends a request and gives its status, header and body.
func ask(t testing.TB, f *foyertest.F, method, path, body string, headers ...string) (int, http.Header, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
	req.Header.Set("Version", "2021-07-28")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	if answer["traceId"] == nil {
		t.Errorf("%s %s: no traceId: %s", method, path, text)
	}
	return res.StatusCode, res.Header, answer
}

func TestTheVersionIsAskedForOnlyWhereItIsRequired(t *testing.T) {
	f := another(t, foyertest.New(t), highlevel.Options{})
	if status, _, a := ask(t, f, "GET", "/contacts/", "", "Version", ""); status != 200 {
		t.Errorf("without a version: %d %v", status, a)
	}
	if status, _, a := ask(t, f, "GET", "/contacts/", "", "Version", "2000-01-01"); status != 401 {
		t.Errorf("an unknown version: %d %v", status, a)
	}
}

func TestUnknownPropertiesAreRefusedWhereTheDoorIsStrict(t *testing.T) {
	f := another(t, foyertest.New(t), highlevel.Options{Strict: true})
	body := `{"locationId": "` + f.Vars["locationId"] + `", "email": "ana@x.example", "foo": 1, "bar": {"a": 1}}`
	status, _, a := ask(t, f, "POST", "/contacts/", body)
	if got, _ := json.Marshal(a["message"]); status != 422 || string(got) != `["property foo should not exist","property bar should not exist"]` {
		t.Errorf("%d %v", status, a)
	}
	if status, _, a := ask(t, f, "POST", "/contacts/", `{"locationId": "`+f.Vars["locationId"]+`", "email": "ana@x.example"}`); status != 201 {
		t.Errorf("%d %v", status, a)
	}
	if status, _, a := ask(t, f, "POST", "/contacts/search", `{"locationId": "`+f.Vars["locationId"]+`", "pageLimit": 1, "filters": {"email": "ana@x.example"}}`); status != 422 {
		t.Errorf("filters that are no list: %d %v", status, a)
	}
}

func TestRequestsAreCountedWhereTheyAreLimited(t *testing.T) {
	f := another(t, foyertest.New(t), highlevel.Options{RateLimit: true})
	f.Vars = map[string]string{"highlevel.privateToken": f.Vars["highlevel.privateToken"], "locationId": f.Vars["locationId"]}
	_, h, _ := ask(t, f, "GET", "/contacts/", "")
	for name, want := range map[string]string{"X-RateLimit-Limit-Daily": "200000", "X-RateLimit-Daily-Remaining": "199999", "X-RateLimit-Interval-Milliseconds": "10000", "X-RateLimit-Max": "100", "X-RateLimit-Remaining": "99"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
	if _, h, _ := ask(t, f, "POST", "/contacts/", "{"); h.Get("X-RateLimit-Remaining") != "98" {
		t.Errorf("a refused request counts: %s left", h.Get("X-RateLimit-Remaining"))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 120 {
		wg.Go(func() {
			status, _, _ := ask(t, f, "GET", "/contacts/", "")
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	wg.Wait()
	// on a slow machine the ten seconds may be over before the last of them
	if statuses[200]+statuses[429] != 120 || statuses[200] < 98 {
		t.Errorf("statuses %v", statuses)
	}
}

func TestTwoOfOneNameWhereTheLocationAllowsIt(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		settings(t, f, func(s *crm.Settings) { s.AllowDuplicateContact = true })
		// the old setting may be remembered with the token of a request before
		f.AddKey(t, "highlevel.privateToken", auth.Key{API: auth.HighLevel, Scopes: highlevel.Scopes()})
		body := `{"locationId": "` + f.Vars["locationId"] + `", "email": "ana@x.example", "phone": "6025550147"%}`
		send := func(method, path, more string, want int) map[string]any {
			t.Helper()
			status, _, a := ask(t, f, method, path, strings.Replace(body, "%", more, 1))
			if status != want {
				t.Fatalf("%s %s: %d %v", method, path, status, a)
			}
			return a
		}
		id := func(a map[string]any) string { return a["contact"].(map[string]any)["id"].(string) }
		first := id(send("POST", "/contacts/", "", 201))
		if second := id(send("POST", "/contacts/", "", 201)); second == first {
			t.Error("the same contact twice")
		}
		if a := send("POST", "/contacts/upsert", "", 200); a["new"] != false || id(a) != first {
			t.Errorf("upsert: %v, want %s", a, first)
		}
		a := send("POST", "/contacts/upsert", `, "createNewIfDuplicateAllowed": true`, 200)
		if a["new"] != true || id(a) == first {
			t.Errorf("upsert of somebody new: %v", a)
		}
		if got := id(send("PUT", "/contacts/"+id(a), `, "city": "Rome"`, 200)); got != id(a) {
			t.Errorf("update changed %s", got)
		}
		_, _, found := ask(t, f, "POST", "/contacts/search", `{"pageLimit": 10, "filters": [{"field": "email", "operator": "eq", "value": "ANA@x.example"}]}`)
		if found["total"].(json.Number) != "3" {
			t.Errorf("found %v of three with one address", found["total"])
		}
	})
}

func TestTheLocationSaysWhichKeyCountsFirst(t *testing.T) {
	f := foyertest.New(t)
	settings(t, f, func(s *crm.Settings) { s.DuplicateOrder = []string{"phone"} })
	f.AddKey(t, "highlevel.privateToken", auth.Key{API: auth.HighLevel, Scopes: highlevel.Scopes()})
	at := `{"locationId": "` + f.Vars["locationId"] + `", `
	if status, _, a := ask(t, f, "POST", "/contacts/", at+`"email": "ana@x.example", "phone": "6025550147"}`); status != 201 {
		t.Fatal(a)
	}
	if status, _, a := ask(t, f, "POST", "/contacts/", at+`"email": "ana@x.example", "phone": "6025550148"}`); status != 201 {
		t.Errorf("the same e-mail: %d %v", status, a)
	}
	if status, _, a := ask(t, f, "POST", "/contacts/", at+`"email": "bob@x.example", "phone": "6025550147"}`); status != 400 {
		t.Errorf("the same phone: %d %v", status, a)
	}
}

// Clients send the same lead twice at once.
func TestUpsertsAtOnceMakeOneContact(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids := map[any]int{}
		made := 0
		for i := range 40 {
			wg.Go(func() {
				body := `{"locationId": "` + f.Vars["locationId"] + `", "email": "Ana@x.example", "phone": "602-555-0147"}`
				if i%2 == 1 {
					body = `{"locationId": "` + f.Vars["locationId"] + `", "phone": "+16025550147", "email": "ana@X.example"}`
				}
				status, _, a := ask(t, f, "POST", "/contacts/upsert", body)
				mu.Lock()
				defer mu.Unlock()
				contact, _ := a["contact"].(map[string]any)
				if ids[contact["id"]]++; status != 200 {
					t.Errorf("%d %v", status, a)
				}
				if a["new"] == true {
					made++
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || made != 1 {
			t.Errorf("contacts %v, %d of them new", ids, made)
		}
	})
}
