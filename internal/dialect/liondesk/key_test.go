package liondesk_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/liondesk"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// admitted asks the door who a request's headers stand for.
func admitted(f *foyertest.F, authorization, userKeys []string) (*auth.Caller, error) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header["Authorization"], r.Header["X-Liondesk-Id"] = authorization, userKeys
	return liondesk.Door().Authenticate(r, f.Desk)
}

func basic(text string) []string {
	return []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(text))}
}

// variants gives what resembles a key and is not the key.
func variants(key string) []string {
	list := []string{"", " " + key, key + " ", key + "\x00", "\x00" + key, key + key, key + ",", key + "\xff", strings.ToUpper(key), strings.ToLower(key), strings.Repeat(key, 100)}
	for i := 1; i < len(key); i++ {
		list = append(list, key[:i], key[i:])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == key })
}

// TestOnlyTheExactAPIKEY: nothing that resembles the APIKEY opens the door, and
// no other way to write it (promises F4, F5).
func TestOnlyTheExactAPIKEY(t *testing.T) {
	f := foyertest.New(t)
	key := f.Vars["liondesk.apiKey"]
	if c, err := admitted(f, basic(key+":"), nil); err != nil || c.User != nil {
		t.Fatalf("the key itself: %v", err)
	}
	var wrong [][]string
	for _, v := range variants(key) {
		wrong = append(wrong, basic(v+":"))
	}
	for _, v := range variants("user") {
		wrong = append(wrong, basic(v+":"))
	}
	right := basic(key + ":")[0]
	for _, v := range []string{key, key + ":x", key + "::", ":" + key, ":", "user:user", "user: "} {
		wrong = append(wrong, basic(v))
	}
	for _, v := range []string{"", "Basic", "Basic ", "Bearer " + key, "Basic " + key, "basic=" + right, right + ",", right + ", " + right, "Basic  " + right[6:], right[6:], "Token token=" + key} {
		wrong = append(wrong, []string{v})
	}
	wrong = append(wrong, nil, []string{right, right}, []string{right, ""}, []string{"", right}, []string{right, "x"})
	for _, w := range wrong {
		for _, userKey := range []string{"", f.Vars["liondesk.userKey"], f.Vars["liondesk.personalUserKey"]} {
			if c, err := admitted(f, w, []string{userKey}); !errs.Is(err, errs.Unauthorized) || c != nil {
				t.Errorf("%q: %v, want Unauthorized", w, err)
			}
		}
	}
}

// TestOnlyTheExactUSERKEY: whatever is not the USERKEY leaves a partner alone,
// and personal access with nobody.
func TestOnlyTheExactUSERKEY(t *testing.T) {
	f := foyertest.New(t)
	prepare(t, f)
	for _, kind := range []struct {
		apiKey, userKey string
		others          []string
	}{
		{f.Vars["liondesk.apiKey"], f.Vars["liondesk.userKey"], []string{f.Vars["liondesk.personalUserKey"], f.Vars["idx.userKey"], f.Vars["next.userKey"], f.Vars["radius.secureId"]}},
		{"user", f.Vars["liondesk.personalUserKey"], []string{f.Vars["liondesk.userKey"], f.Vars["liondesk.apiKey"], "user"}},
	} {
		if c, err := admitted(f, basic(kind.apiKey+":"), []string{kind.userKey}); err != nil || c.User == nil {
			t.Fatalf("the key itself: %v", err)
		}
		for _, w := range append(kind.others, variants(kind.userKey)...) {
			if c, err := admitted(f, basic(kind.apiKey+":"), []string{w}); err != nil || c != nil && c.User != nil {
				t.Errorf("%q: %+v, %v", w, c, err)
			}
		}
		if _, err := admitted(f, basic(kind.apiKey+":"), []string{kind.userKey, kind.userKey}); err == nil {
			t.Error("two USERKEYs were accepted")
		}
	}
}

// TestWrongUSERKEYsAreCounted: the tenth guess in a minute is the last one that
// is looked at (promise F1); asking without a USERKEY is no guess, and whoever
// has the right one is let in all the while.
func TestWrongUSERKEYsAreCounted(t *testing.T) {
	f := foyertest.New(t)
	const submission = `{"action": "NewSubmission", "email": "ana@x.example"}`
	for _, apiKey := range []string{"user", f.Vars["liondesk.apiKey"]} {
		for i := range 12 {
			a := call(t, f, apiKey, "guessing"+apiKey[:4]+strings.Repeat("x", i), submission)
			wantStatus, wantError := 200, 10
			if i >= 10 || apiKey != "user" {
				wantStatus, wantError = 429, 92
			}
			if a.status != wantStatus || a.Error != wantError {
				t.Errorf("guess %d: %d, error %d, want %d, %d", i+1, a.status, a.Error, wantStatus, wantError)
			}
		}
		for range 12 {
			if a := call(t, f, apiKey, "", submission); a.Error != 10 {
				t.Errorf("without a USERKEY: %d, error %d", a.status, a.Error)
			}
		}
	}
	if a := own(t, f, submission); a.Error != 0 {
		t.Errorf("the right USERKEY: %d, error %d", a.status, a.Error)
	}
	if a := call(t, f, f.Vars["liondesk.apiKey"], "", `{"action": "Echo"}`); a.Error != 0 {
		t.Errorf("Echo: %d, error %d", a.status, a.Error)
	}
}

// TestWrongAPIKEYsAreCounted: the same for the partner's key.
func TestWrongAPIKEYsAreCounted(t *testing.T) {
	f := foyertest.New(t)
	for i := range 11 {
		a := call(t, f, "guessing"+strings.Repeat("x", i), "", `{"action": "Echo"}`)
		wantStatus, wantError := 401, 1
		if i == 10 {
			wantStatus, wantError = 429, 92
		}
		if a.status != wantStatus || a.Error != wantError {
			t.Errorf("guess %d: %d, error %d, want %d, %d", i+1, a.status, a.Error, wantStatus, wantError)
		}
	}
}

// fresh waits until the desk has forgotten what it knew of a key, which it
// remembers for a second (promise F8).
func fresh() { time.Sleep(1100 * time.Millisecond) }

// TestWhoIsShutOutStaysOut: a disabled USERKEY, user or partner is out a second
// later, and so are the users' keys of a disabled partner.
func TestWhoIsShutOutStaysOut(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		state := func() (echo, submission, users int) {
			apiKey, userKey := f.Vars["liondesk.apiKey"], f.Vars["tess.userKey"]
			list := call(t, f, apiKey, "", `{"action": "GetUsers"}`)
			return call(t, f, apiKey, userKey, `{"action": "Echo"}`).Error, call(t, f, apiKey, userKey, `{"action": "NewSubmission", "email": "x@x.example"}`).Error, len(list.Users)
		}
		expect := func(what string, echo, submission, users int) {
			t.Helper()
			if e, s, u := state(); e != echo || s != submission || u != users {
				t.Errorf("%s: Echo %d, NewSubmission %d, %d users; want %d, %d, %d", what, e, s, u, echo, submission, users)
			}
		}
		expect("before", 0, 0, 2)
		set := func(change func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			f.System(t, change)
			fresh()
		}
		tess, partnerID := f.Vars["tess.id"], partner(t, f).ID
		set(func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, tess, true) })
		expect("user disabled", 0, 10, 1)
		set(func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, tess, false) })
		expect("user back", 0, 0, 2)
		set(func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, partnerID, true) })
		expect("partner disabled", 1, 1, 0)
	})
}

// TestAPartnersOldSecretWorksWhileBothDo: a partner who is given a new APIKEY
// with some overlap reaches the same users with the old one until then, and the
// same contactids.
func TestAPartnersOldSecretWorksWhileBothDo(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		old, userKey := f.Vars["liondesk.apiKey"], f.Vars["liondesk.userKey"]
		if a := call(t, f, old, userKey, `{"action": "NewSubmission", "email": "x@x.example", "contactid": "1"}`); a.Error != 0 {
			t.Fatalf("error %d", a.Error)
		}
		var secret string
		id := partner(t, f).ID
		f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
			_, secret, err = f.Vault.RotateKey(ctx, tx, id, time.Hour)
			return err
		})
		fresh()
		for name, apiKey := range map[string]string{"old": old, "new": secret} {
			if a := call(t, f, apiKey, userKey, `{"action": "NewComment", "contactid": "1", "type": 1}`); a.Error != 0 {
				t.Errorf("%s: error %d", name, a.Error)
			}
			if a := call(t, f, apiKey, "", `{"action": "GetUsers"}`); len(a.Users) != 1 || a.Users[0].UserKey != userKey {
				t.Errorf("%s: users %v, error %d", name, a.Users, a.Error)
			}
		}
	})
}

// TestEveryErrorHasItsWords: whatever goes wrong is said in an envelope.
func TestEveryErrorHasItsWords(t *testing.T) {
	door := liondesk.Door()
	known := &wire.Call{Door: door, Caller: &auth.Caller{}}
	for _, test := range []struct {
		call   *wire.Call
		err    error
		status int
		want   string
	}{
		{known, errs.New(errs.Unauthorized, "x"), 401, `{"error":1,"errorText":"Invalid API key","action":""}`},
		{known, errs.New(errs.Unauthorized, "x").WithCode("user"), 200, `{"error":10,"errorText":"User Validation Error","action":""}`},
		{known, errs.New(errs.Forbidden, "x").WithCode("scope"), 200, `{"error":11,"errorText":"Action not permitted","action":""}`},
		{known, errs.New(errs.NotFound, "x"), 200, `{"error":30,"errorText":"Contact not found","action":""}`},
		{&wire.Call{}, errs.New(errs.NotFound, "x"), 404, `{"error":94,"errorText":"Not found","action":""}`},
		{known, errs.New(errs.Invalid, "odd"), 200, `{"error":21,"errorText":"odd","action":""}`},
		{known, errs.New(errs.Invalid, "too long").WithCode("idempotency"), 200, `{"error":40,"errorText":"too long","action":""}`},
		{known, errs.New(errs.Conflict, "used").WithCode("idempotency"), 200, `{"error":40,"errorText":"used","action":""}`},
		{known, errs.New(errs.Invalid, "cut short").WithCode("body"), 200, `{"error":2,"errorText":"cut short","action":""}`},
		{known, errs.New(errs.Limited, "x"), 429, `{"error":92,"errorText":"Too many wrong keys; try again in a minute","action":""}`},
		{known, errs.New(errs.TooLarge, "x"), 413, `{"error":91,"errorText":"Request too large","action":""}`},
		{known, errs.New(errs.Unavailable, "x"), 503, `{"error":93,"errorText":"Temporarily unavailable; nothing was stored, please try again","action":""}`},
		{known, errs.New(errs.BadMethod, "x"), 405, `{"error":90,"errorText":"Method not allowed","action":""}`},
		{known, errs.New(errs.Internal, "a secret"), 500, `{"error":99,"errorText":"Internal error","action":""}`},
		{known, context.Canceled, 500, `{"error":99,"errorText":"Internal error","action":""}`},
	} {
		a := door.Fail(test.call, test.err)
		if got := encode(t, a.Body); got != test.want || a.Status != test.status {
			t.Errorf("%v: %d %s, want %d %s", test.err, a.Status, got, test.status, test.want)
		}
	}
}

// TestMethodNotAllowed: the answer for whoever shows a page at the same address.
func TestMethodNotAllowed(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := httptest.NewRecorder()
		liondesk.MethodNotAllowed(w, httptest.NewRequest(method, "/", nil))
		want := `{"error":90,"errorText":"Method not allowed","action":""}`
		if method == http.MethodHead {
			want = ""
		}
		if got := strings.TrimSpace(w.Body.String()); w.Code != 405 || got != want || w.Header().Get("Allow") != "POST" || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %d %v %s", method, w.Code, w.Header(), got)
		}
	}
}
