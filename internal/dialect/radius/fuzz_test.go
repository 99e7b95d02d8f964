package radius_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/radius"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// FuzzAuth: only the key opens the door, whatever the header holds.
func FuzzAuth(f *testing.F) {
	foyer := foyertest.New(f)
	key := foyer.Vars["radius.secureId"]
	door := radius.Door()
	for _, seed := range []string{"", " ", "key", "KEY\nKEY", "\n", "KEY,KEY", "Bearer KEY", "K\x00EY", "\xff", strings.Repeat("x", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodPost, "/v3.0/clients/import", nil)
		sent := strings.Split(strings.ReplaceAll(text, "KEY", key), "\n")
		r.Header["Secure-Id"] = sent
		caller, err := door.Authenticate(r, foyer.Desk)
		if right := len(sent) == 1 && sent[0] == key; right != (err == nil) || right != (caller != nil) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil && !errs.Is(err, errs.Unauthorized) && !errs.Is(err, errs.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
		door.Presented(r)
	})
}

// FuzzBody: any body gets an answer in the vendor's form, and none is a failure
// of the server.
func FuzzBody(f *testing.F) {
	foyer := foyertest.New(f)
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"client":`, sample, `{"client": {` + ann + `, "note": "hello", "custom_x": "y", "tags": [1, null, "x", {}]}}`,
		`{"client": {"name": 1, "emails": ["a@x.co;b@x.co", 2], "phones": [5551234567, "+1 555-123-4567 x12", null], "type": "BUYER", "date_of_birth": "6/15/1985"}, "prop": [{}, {"resale_price": "1e9"}], "req": {"min_budget": 2, "max_budget": 1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v3.0/clients/import", strings.NewReader(string(body)))
		r.Header.Set("Secure-Id", foyer.Vars["radius.secureId"])
		w := httptest.NewRecorder()
		foyer.House.ServeHTTP(w, r)
		var answer struct {
			Response *struct{ Client struct{ ID int64 } }
			Error    *struct {
				Message string
				Code    int
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%q: the answer %s: %v", body, w.Body, err)
		}
		switch {
		case w.Code == http.StatusOK && answer.Error == nil && answer.Response != nil && answer.Response.Client.ID > 0:
		case w.Code == http.StatusBadRequest && answer.Response == nil && answer.Error != nil && answer.Error.Message != "" && answer.Error.Code >= 101:
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
