package radius_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/radius"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// TestOnlyTheExactKey: nothing that resembles the key opens the door.
func TestOnlyTheExactKey(t *testing.T) {
	f := foyertest.New(t)
	door, key := radius.Door(), f.Vars["radius.secureId"]
	try := func(values ...string) error {
		r := httptest.NewRequest(http.MethodPost, "/v3.0/clients/import", nil)
		r.Header["Secure-Id"] = values
		_, err := door.Authenticate(r, f.Desk)
		return err
	}
	if err := try(key); err != nil {
		t.Fatalf("the key itself: %v", err)
	}
	wrong := []string{"", " " + key, key + " ", "\t" + key, key + "\x00", "\x00" + key, key + key, key + ",", key + "," + key, key + ", " + key,
		`"` + key + `"`, "Bearer " + key, strings.ToUpper(key), strings.ToLower(key), key + "\xff", strings.Repeat(key, 100)}
	for i := 1; i < len(key); i++ {
		wrong = append(wrong, key[:i], key[i:])
	}
	for _, w := range wrong {
		if err := try(w); w != key && !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%q: %v, want Unauthorized", w, err)
		}
	}
	for _, list := range [][]string{{key, key}, {key, ""}, {"", key}, {key, "other"}, {"other", key}} {
		if err := try(list...); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d headers: %v, want Invalid", len(list), err)
		}
	}
}

// TestNoBrowserIsAllowed: R37, the answer to OPTIONS and to a POST from a page
// allow no origin.
func TestNoBrowserIsAllowed(t *testing.T) {
	f := foyertest.New(t)
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		r := httptest.NewRequest(method, "/v3.0/clients/import", strings.NewReader(`{"client": {`+ann+`}}`))
		r.Header.Set("Origin", "https://page.example")
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		r.Header.Set("Secure-Id", f.Vars["radius.secureId"])
		w := httptest.NewRecorder()
		f.House.ServeHTTP(w, r)
		if want := map[string]int{http.MethodOptions: 204, http.MethodPost: 200}[method]; w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: the answer has %s", method, name)
			}
		}
	}
}

// TestWrongKeysAreCounted: the tenth wrong key of a minute ends the guessing,
// in the vendor's words.
func TestWrongKeysAreCounted(t *testing.T) {
	f := foyertest.New(t)
	for i := range 11 {
		status, text := send(t, f, "{}", http.Header{"Secure-Id": {"guessing-" + strings.Repeat("x", i)}})
		want, words := http.StatusUnauthorized, `{"error":{"message":"Unauthorized","code":401}}`
		if i == 10 {
			want, words = http.StatusTooManyRequests, `{"error":{"message":"Too Many Requests","code":429}}`
		}
		if status != want || text != words {
			t.Errorf("try %d: %d %s, want %d", i+1, status, text, want)
		}
	}
}
