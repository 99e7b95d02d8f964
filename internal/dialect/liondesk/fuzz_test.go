package liondesk_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/liondesk"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// FuzzAuth: only the keys open the door, whatever the headers hold. KEY and USER
// in a seed stand for the right ones, and a line is a header.
func FuzzAuth(f *testing.F) {
	foyer := foyertest.New(f)
	apiKey, userKey := foyer.Vars["liondesk.apiKey"], foyer.Vars["liondesk.userKey"]
	door := liondesk.Door()
	right := "Basic " + base64.StdEncoding.EncodeToString([]byte(apiKey+":"))
	for _, seed := range []struct{ authorization, user string }{
		{"", ""}, {"KEY", "USER"}, {"KEY\nKEY", "USER"}, {"KEY", "USER\nUSER"}, {"Basic dXNlcjo=", "USER"}, {"Basic dXNlcg==", ""}, {"basic dXNlcjo=", "x"},
		{"Basic Og==", "USER"}, {"Basic \xff", "\xff"}, {"Bearer KEY", " USER"}, {"Basic " + strings.Repeat("A", 1000), strings.Repeat("x", 1000)},
	} {
		f.Add(seed.authorization, seed.user)
	}
	f.Fuzz(func(t *testing.T, authorization, user string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		keys := strings.Split(strings.ReplaceAll(authorization, "KEY", right), "\n")
		users := strings.Split(strings.ReplaceAll(user, "USER", userKey), "\n")
		r.Header["Authorization"], r.Header["X-Liondesk-Id"] = keys, users
		caller, err := door.Authenticate(r, foyer.Desk)
		if err != nil && (!errs.Is(err, errs.Unauthorized) || caller != nil) {
			t.Fatalf("%q, %q: %v", authorization, user, err)
		}
		sent, _, _ := r.BasicAuth()
		partner := err == nil && len(keys) == 1 && sent == apiKey && len(users) == 1
		if (caller != nil) != partner {
			t.Fatalf("%q, %q: %v", authorization, user, err)
		}
		if caller != nil && (caller.User != nil) != (users[0] == userKey) {
			t.Fatalf("%q, %q: the user is %v", authorization, user, caller.User)
		}
		if err == nil && caller == nil && sent != "user" {
			t.Fatalf("%q, %q was let in", authorization, user)
		}
		door.Presented(r)
	})
}

// FuzzBody: any body gets an answer in an envelope, and none is a failure of the
// server.
func FuzzBody(f *testing.F) {
	foyer := foyertest.New(f)
	send := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.SetBasicAuth("user", "")
		r.Header.Set("X-LionDesk-Id", foyer.Vars["liondesk.personalUserKey"])
		w := httptest.NewRecorder()
		foyer.House.ServeHTTP(w, r)
		return w
	}
	send(`{"action": "NewSubmission", "email": "f@x.example", "contactid": "f"}`)
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"action":`, `{"action": "echo", "msg": {"a": [1e999, null]}}`, `{"action": "GetUsers"}`,
		`{"action": "NewSubmission", "email": "not", "phone": "+1 415 555 0133 x12", "tag": [1, "a,b", null], "contactid": 1.0, "comments": "\u0000", "assigned user name": "Foyer Admin"}`,
		`{"action": "NewSubmission", "email": "f@x.example", "E-Mail": "g@x.example", "contact_id": "f"}`,
		`{"action": "NewComment", "contactid": "f", "liondeskcontactid": "-1", "type": "5", "description": "x"}`,
		`{"action": "NewComment", "contactid": "f", "type": 8.0}`,
		`{"action": "NewActivity", "contactid": "f", "type": "VISITED", "created": "2015-04-01T08:41:51+00:00", "property": {"beds": 1e400, "latitude": "nan", "images": "a,b", "url": {"x": 1}, "listing_price": 1e30}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := send(body)
		var a struct {
			Error     *int
			ErrorText *string
			Action    *string
			ID        *int64
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Error == nil || a.ErrorText == nil || a.Action == nil {
			t.Fatalf("%q: the answer %s: %v", body, w.Body, err)
		}
		refused := *a.Error != 0 && *a.ErrorText != "" && a.ID == nil
		switch {
		case w.Code == http.StatusOK && refused && *a.Error < 90:
		case w.Code == http.StatusRequestEntityTooLarge && refused && *a.Error == 91:
		case w.Code == http.StatusOK && *a.Error == 0 && *a.ErrorText == "" && (strings.EqualFold(strings.TrimSpace(*a.Action), "echo") || a.ID != nil && *a.ID > 0):
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
