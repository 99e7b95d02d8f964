package brokerkit_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/brokerkit"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// TestWhereTheKeyIs: each form of the header that Rails takes opens the door,
// and nothing that only looks like one.
func TestWhereTheKeyIs(t *testing.T) {
	f := foyertest.New(t)
	door, key := brokerkit.Door(), f.Vars["brokerkit.token"]
	try := func(values ...string) error {
		r := httptest.NewRequest(http.MethodPost, "/v2/leads", nil)
		r.Header["Authorization"] = values
		_, err := door.Authenticate(r, f.Desk)
		return err
	}
	for _, form := range []string{
		"Token token=KEY", `Token token="KEY"`, `Token token="KEY", nonce="x"`, `Token nonce="x", token="KEY"`, `Token token="KEY"; nonce="a b, c"`,
		"Token token=KEY,nonce=x", "Token token=KEY , nonce=", "Bearer KEY", "bearer KEY", "BEARER KEY", "tOkEn ToKeN=KEY", "Token  token=KEY", "Bearer  KEY",
	} {
		if err := try(strings.ReplaceAll(form, "KEY", key)); err != nil {
			t.Errorf("%q: %v", form, err)
		}
	}
	wrong := []string{
		"", "Token", "Token ", "KEY", "Token KEY", `Token "KEY"`, "token=KEY", "Tokentoken=KEY", "Token token", "Token token=", `Token token=""`, `Token token="KEY`, `Token token=KEY"`,
		`Token token='KEY'`, "Token token =KEY", "Token token= KEY", "Token token=KEY token=KEY", "Token token=KEY, token=KEY", "Token token=KEY,", "Token ,token=KEY", "Token token=KEY,,a=b",
		`Token token="KEY"x`, `Token token="\KEY"`, "Token tokens=KEY", "Bearer", "Bearer ", "Bearer token=KEY", `Bearer "KEY"`, "Bearer KEY, KEY", "Bearer KEY KEY", "Bearer KEY,", "Bearer\tKEY",
		"Basic KEY", "Digest token=KEY", "Bearer KEY\x00", "Bearer \x00KEY", "Bearer KEY\xff", " Bearer KEY", "Token token=KEY\n", "Token token=\u00a0KEY", "Token token=" + strings.Repeat("KEY", 100),
	}
	for _, w := range wrong {
		if err := try(strings.ReplaceAll(w, "KEY", key)); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%q: %v, want Unauthorized", w, err)
		}
	}
	for i := range len(key) - 1 {
		for _, part := range []string{key[:i+1], key[i+1:]} {
			if err := try("Token token=" + part); !errs.Is(err, errs.Unauthorized) {
				t.Errorf("%d characters of the key: %v, want Unauthorized", len(part), err)
			}
		}
	}
	for _, other := range []string{strings.ToUpper(key), strings.ToLower(key)} {
		if err := try("Bearer " + other); other != key && !errs.Is(err, errs.Unauthorized) {
			t.Errorf("the key in another case: %v, want Unauthorized", err)
		}
	}
	for _, list := range [][]string{{"Bearer " + key, "Bearer " + key}, {"Bearer " + key, ""}, {"", "Bearer " + key}} {
		if err := try(list...); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d headers: %v, want Invalid", len(list), err)
		}
	}
	if err := try(); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("no header: %v, want Unauthorized", err)
	}
}

// TestWrongKeysAreCounted: the tenth wrong key of a minute ends the guessing.
func TestWrongKeysAreCounted(t *testing.T) {
	f := foyertest.New(t)
	right := f.Vars["brokerkit.token"]
	for i := range 11 {
		f.Vars["brokerkit.token"] = "guessing-" + strings.Repeat("x", i)
		status, text := send(t, f, http.MethodPost, "/v2/leads", `{"first_name": "A"}`)
		want, words := http.StatusUnauthorized, `{"error":"Unauthorized"}`
		if i == 10 {
			want, words = http.StatusTooManyRequests, `{"error":"Too Many Requests: Too many wrong keys; try again in a minute"}`
		}
		if status != want || text != words {
			t.Errorf("try %d: %d %s, want %d", i+1, status, text, want)
		}
	}
	f.Vars["brokerkit.token"] = right
	mustPost(t, f, `{"first_name": "A"}`) // whoever has the right one is not shut out
}

// FuzzAuth: only the key opens the door, whatever the header holds.
func FuzzAuth(f *testing.F) {
	foyer := foyertest.New(f)
	key := foyer.Vars["brokerkit.token"]
	door := brokerkit.Door()
	for _, seed := range []string{
		"", "Token token=KEY", `Token token="KEY", nonce="x"`, "Bearer KEY", "Token KEY", "Token token=KEY\nToken token=KEY", `Token a="b;c";token=KEY`, `Token token="K\EY"`, "Basic S0VZ", "\xff\x00", "Token token=" + strings.Repeat("x", 600),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodPost, "/v2/leads", nil)
		sent := strings.Split(strings.ReplaceAll(text, "KEY", key), "\n")
		r.Header["Authorization"] = sent
		caller, err := door.Authenticate(r, foyer.Desk)
		if (err == nil) != (caller != nil) || err != nil && !errs.Is(err, errs.Unauthorized) && !errs.Is(err, errs.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
		scheme, _, _ := strings.Cut(strings.ToLower(sent[0]), " ")
		if err == nil && (len(sent) != 1 || strings.Count(sent[0], key) != 1 || scheme != "token" && scheme != "bearer") {
			t.Fatalf("%q opened the door", text)
		}
		for _, secret := range door.Presented(r) {
			if secret == "" || !strings.Contains(sent[0], secret) {
				t.Fatalf("%q presents %q", text, secret)
			}
		}
	})
}
