package highlevel_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// FuzzAuth: only the token opens the door, whatever the header holds.
func FuzzAuth(f *testing.F) {
	foyer := foyertest.New(f)
	key := foyer.Vars["highlevel.privateToken"]
	door := highlevel.Door(highlevel.Options{})
	for _, seed := range []string{"", "KEY", "Bearer KEY", "bEARER KEY", "Bearer  KEY", "Bearer KEY ", "Bearer KEY\nBearer KEY", "Bearer KEY,KEY", "Basic KEY", "Bearer K\x00EY", "Bearer \xff", "Token token=KEY", strings.Repeat("x", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodGet, "/contacts/", nil)
		sent := strings.Split(strings.ReplaceAll(text, "KEY", key), "\n")
		r.Header["Authorization"] = sent
		caller, err := door.Authenticate(r, foyer.Desk)
		scheme, token, _ := strings.Cut(sent[0], " ")
		if right := len(sent) == 1 && strings.EqualFold(scheme, "bearer") && token == key; right != (err == nil) || right != (caller != nil) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil && !errs.Is(err, errs.Unauthorized) && !errs.Is(err, errs.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
		door.Presented(r)
	})
}

// FuzzBody: any body gets an answer in HighLevel's form, and none is a failure
// of the server. The first byte says where it goes.
func FuzzBody(f *testing.F) {
	foyer := foyertest.New(f)
	at := `{"locationId": "` + foyer.Vars["locationId"] + `", `
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"tags":`, at + `"email": "a@x.example", "phone": "+1 602", "name": "A B", "dateOfBirth": "1/2/1990", "country": "us", "timezone": "Europe/Rome"}`,
		at + `"customFields": [{"id": "x", "field_value": {"a": 1e400}}], "dndSettings": {"call": {"status": "active"}}, "tags": [1, null, {}], "additionalEmails": [{"email": 1}, "b@x.example"]}`,
		at + `"pageLimit": 2, "page": 3, "query": "a", "sort": [{"field": "email", "direction": "asc"}], "searchAfter": ["a", "b"]}`,
		`{"filters": [{"group": "OR", "filters": [{"field": "tags", "operator": "eq", "value": ["a", 1]}]}, {"field": "dateAdded", "operator": "range", "value": {"gte": "2024-01-01", "lt": 9e99}}, {"field": "customFields.x.y", "operator": "not_contains", "value": "%_'\""}, {"field": "dateOfBirth", "operator": "range", "value": {"gt": 1}}]}`,
		`{"body": " x ", "pinned": 1, "title": null}`,
	} {
		f.Add(byte(len(seed)), []byte(seed))
	}
	addresses := [][2]string{{"POST", "/contacts/"}, {"POST", "/contacts/upsert"}, {"POST", "/contacts/search"}, {"PUT", "/contacts/x"}, {"POST", "/contacts/x/tags"}, {"DELETE", "/contacts/x/tags"}, {"POST", "/contacts/x/notes"}}
	f.Fuzz(func(t *testing.T, to byte, body []byte) {
		for i := range 2 { // creating and searching, or two others
			a := addresses[(int(to)+2*i)%len(addresses)]
			r := httptest.NewRequest(a[0], a[1], strings.NewReader(string(body)))
			r.Header.Set("Authorization", "Bearer "+foyer.Vars["highlevel.privateToken"])
			r.Header.Set("Version", "v3")
			w := httptest.NewRecorder()
			foyertest.Judged(t, foyer.House).ServeHTTP(w, r)
			var answer map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("%v %q: the answer %s: %v", a, body, w.Body, err)
			}
			if failed := w.Code >= 300; w.Code >= 500 || answer["traceId"] == "" || failed && answer["statusCode"] != float64(w.Code) {
				t.Fatalf("%v %q: %d %s", a, body, w.Code, w.Body)
			}
		}
	})
}
