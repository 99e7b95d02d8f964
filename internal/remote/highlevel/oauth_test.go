package highlevel_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
)

// vault keeps a token as the bridge's table does.
type vault struct {
	mu    sync.Mutex
	token remote.Token
}

func (v *vault) Load(context.Context) (remote.Token, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token, nil
}

func (v *vault) Swap(_ context.Context, from, to remote.Token) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.token.Version != from.Version {
		return false, nil
	}
	v.token = to
	return true, nil
}

func (v *vault) change(f func(*remote.Token)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(&v.token)
	v.token.Version++
}

// letIn lets the app of the settings in, as a person does in a browser.
func letIn(t *testing.T, f *foyertest.F, s remote.Settings, location string) string {
	t.Helper()
	address, err := highlevel.AuthorizeURL(s, "state", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := f.Desk.ReadAsk(t.Context(), u.Query())
	if err != nil {
		t.Fatal(err)
	}
	code, err := f.Desk.Allow(t.Context(), f.Credentials.User.ID, ask, location)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// An app is let in by a location, or by the whole company; its tokens are renewed
// before they expire, and when one is not taken; and a grant that is taken back ends
// in words.
func TestAnAppThatWasLetIn(t *testing.T) {
	for _, company := range []bool{false, true} {
		foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
			b := newBetween(t, f)
			v := &vault{}
			h := f.Credentials.HighLevel
			s := remote.Settings{BaseURL: b.URL, Location: f.Vars["locationId"], Private: true, NoLimit: true,
				App: remote.App{ClientID: h.ClientID, ClientSecret: *h.ClientSecret, RedirectURI: h.RedirectURI, Tokens: v, Scopes: []string{"contacts.readonly", "contacts.write", "locations.readonly", "locations/customFields.readonly", "oauth.write", "oauth.readonly"}}}
			location := s.Location
			if company {
				location = ""
			}
			first, err := highlevel.Exchange(t.Context(), s, letIn(t, f, s, location), "")
			if err != nil {
				t.Fatal(err)
			}
			v.token = first
			s.Location = "" // the token knows
			system, err := highlevel.New(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := system.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			v.change(func(t *remote.Token) { t.Expires = time.Now() })
			system, _ = highlevel.New(s) // another process, which remembers nothing
			must[*remote.Record](t)(system.Create(t.Context(), remote.Contact, ann0(), ""))
			second, _ := v.Load(t.Context())
			if second.Access == first.Access || second.Refresh == first.Refresh || second.Location == "" {
				t.Errorf("it was not renewed: %+v", second)
			}
			v.change(func(t *remote.Token) { t.Access, t.Issued = "not a token", time.Now().Add(-time.Hour) })
			system, _ = highlevel.New(s)
			if found, err := system.Find(t.Context(), "ann@example.com", ""); err != nil || len(found) != 1 {
				t.Errorf("%v %v", found, err)
			}
			if third, _ := v.Load(t.Context()); third.Access == "not a token" || third.Access == second.Access {
				t.Errorf("it was not renewed: %+v", third)
			}
			v.change(func(t *remote.Token) { t.Refresh, t.Expires = "gone", time.Now() })
			system, _ = highlevel.New(s)
			for range 3 {
				if _, err := system.Check(t.Context()); !remote.Is(err, remote.Unauthorized) {
					t.Error(err)
				}
			}
			if last, _ := v.Load(t.Context()); last.Lost == "" {
				t.Errorf("%+v", last)
			}
		})
	}
}

func TestWhatIsWrongWithAnAppIsSaid(t *testing.T) {
	f := foyertest.New(t)
	h := f.Credentials.HighLevel
	s := remote.Settings{BaseURL: f.URL, Location: f.Vars["locationId"], Private: true, App: remote.App{ClientID: h.ClientID, ClientSecret: "wrong-secret-0123", RedirectURI: h.RedirectURI, Tokens: &vault{}}}
	if _, err := highlevel.Exchange(t.Context(), s, "no code", ""); err == nil {
		t.Error("a code of nobody was taken")
	}
	if _, err := highlevel.AuthorizeURL(remote.Settings{}, "x", ""); err == nil {
		t.Error("an app without an id has an address")
	}
	for _, s := range []remote.Settings{{}, {Token: "pit-x"}, {Location: "x"}, {Token: "x", Location: "y", PublicKey: "no key"}, {Token: "x", Location: "y", BaseURL: "ftp://x"}} {
		if _, err := highlevel.New(s); err == nil {
			t.Errorf("%+v is enough", s)
		}
	}
}

// D7, over the wire: fifty workers in two processes have a token that expired. One of
// them asks for another, and all of them get what they wanted.
func TestFiftyWorkersRenewOnce(t *testing.T) {
	f := foyertest.New(t)
	b := newBetween(t, f)
	v := &vault{}
	h := f.Credentials.HighLevel
	s := remote.Settings{BaseURL: b.URL, Location: f.Vars["locationId"], Private: true, NoLimit: true,
		App: remote.App{ClientID: h.ClientID, ClientSecret: *h.ClientSecret, RedirectURI: h.RedirectURI, Tokens: v, Scopes: []string{"contacts.readonly", "locations.readonly", "locations/customFields.readonly"}}}
	first, err := highlevel.Exchange(t.Context(), s, letIn(t, f, s, s.Location), "")
	if err != nil {
		t.Fatal(err)
	}
	v.token = first
	var renewed atomic.Int64
	b.fail(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Path == "/oauth/token" {
			renewed.Add(1)
		}
		next.ServeHTTP(w, r)
	})
	for round := range 20 {
		v.change(func(t *remote.Token) { t.Expires = time.Now() })
		var nodes [2]remote.System
		for i := range nodes {
			if nodes[i], err = highlevel.New(s); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if _, err := nodes[i%2].Check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if renewed.Load() != int64(round)+1 {
			t.Fatalf("%d renewals in %d rounds", renewed.Load(), round+1)
		}
	}
}
