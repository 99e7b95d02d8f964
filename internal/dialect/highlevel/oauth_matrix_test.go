package highlevel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// What the door says to a token that may not (contract.md §6).
const (
	noToken   = "401 Invalid token: access token is invalid"
	noScope   = "401 The token is not authorized for this scope."
	noPlace   = "403 The token does not have access to this location."
	wrongType = "401 Token's user type mismatch!"
	wrongAuth = "401 This authClass type is not allowed to access this scope. Please verify your IAM configuration if this is not the case."
)

// matrix sends requests to every operation that is there.
type matrix struct {
	t *testing.T
	f *foyertest.F
	n int
}

var parameters = regexp.MustCompile(`\{(\w+)\}`)

// knock sends an operation's request with a token, and gives "in" if the token
// is let through, otherwise what is said to it.
func (m *matrix) knock(o highlevel.Operation, token, query string) string {
	m.t.Helper()
	path := parameters.ReplaceAllStringFunc(o.Path, func(s string) string {
		if s == "{locationId}" {
			return m.f.Credentials.LocationID
		}
		if s == "{companyId}" {
			return m.f.Credentials.CompanyID
		}
		return "x"
	})
	r := httptest.NewRequest(o.Method, path+query, strings.NewReader("{}"))
	r.Header.Set("Version", "2021-07-28")
	if o.Version == "v3" {
		r.Header.Set("Version", "v3")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	m.n++
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", m.n>>16, m.n>>8&255, m.n&255) // nobody guesses
	w := httptest.NewRecorder()
	m.f.ServeHTTP(w, r)
	var a struct {
		Message any    `json:"message"`
		TraceID string `json:"traceId"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code >= 500 || a.TraceID == "" {
		m.t.Fatalf("%s %s: %d %s", o.Method, path, w.Code, w.Body)
	}
	if w.Code == 401 || w.Code == 403 || w.Code == 429 {
		return fmt.Sprint(w.Code, " ", a.Message)
	}
	return "in"
}

func (m *matrix) want(what string, o highlevel.Operation, got, want string) {
	m.t.Helper()
	if got != want {
		m.t.Errorf("%s %s, %s: %s, want %s", o.Method, o.Path, what, got, want)
	}
}

// done gives the operations that are there.
func done() []highlevel.Operation {
	return slices.DeleteFunc(highlevel.AllOperations(), func(o highlevel.Operation) bool { return o.Status() != "done" })
}

// Every operation has its scope and its class of tokens written down; a new one
// without a row fails here.
func TestE20EveryOperationHasItsRowInTheMatrix(t *testing.T) {
	text, err := os.ReadFile("testdata/matrix.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	var got []string
	for _, o := range highlevel.AllOperations() {
		got = append(got, strings.Join([]string{o.Method, o.Path, o.Scope, o.Token}, "\t"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("(-matrix +table)\n%s", diff)
	}
	// and no route of the door is beside the table
	routed := map[string]bool{}
	for _, o := range done() {
		routed[o.Method+" "+strings.TrimSuffix(o.Path, "/")] = true
	}
	for _, r := range highlevel.Door(highlevel.Options{}).Routes {
		if !routed[r.Method+" "+r.Path] || r.Scope == "" || r.May == nil {
			t.Errorf("%s %s has no row, no scope or no class", r.Method, r.Path)
		}
	}
}

func TestE20ScopesAndClassesOfTokens(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		m := &matrix{t: t, f: f}
		scopes := highlevel.Scopes()
		p := newParty(t, f, auth.App{Scopes: scopes})
		own := f.Credentials.LocationID
		byApp := func(location string, scope ...string) string {
			code := p.code(t, location, "scope", strings.Join(scope, " "))
			_, a := p.token(t, "grant_type", "authorization_code", "code", code)
			return a["access_token"].(string)
		}
		private := func(k auth.Key) string {
			k.API = auth.HighLevel
			f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
				_, f.Vars["k"], err = f.Vault.AddKey(ctx, tx, k)
				return err
			})
			return f.Vars["k"]
		}
		// a token with each scope alone, of each class
		type set map[string]string
		location, company := set{}, set{}
		for _, s := range scopes {
			location[s], company[s] = byApp(own, s), byApp("", s)
		}
		all := set{
			"location app": byApp(own), "company app": byApp(""),
			"location private": private(auth.Key{LocationID: own, Scopes: scopes}), "company private": private(auth.Key{CompanyID: f.Credentials.CompanyID, Scopes: scopes}),
		}
		expired := set{"location": byApp(own), "company": byApp("")}
		disabled := set{"location": byApp(own), "company": byApp("")}
		for _, token := range expired {
			sql(t, f, "UPDATE oauth_tokens SET expires_at = 1 WHERE hash = $1", f.Vault.Hash("oauth token", token))
		}
		theirs := f.Neighbour(t)["locationId"]
		admits := map[string][]string{
			highlevel.Location: {"location app", "location private"}, highlevel.Agency: {"company app", "company private"},
			highlevel.AnyToken: {"location app", "location private", "company app", "company private"}, highlevel.AgencyApp: {"company app"},
		}
		for _, o := range done() {
			m.want("no token", o, m.knock(o, "", ""), noToken)
			m.want("nonsense", o, m.knock(o, "nonsense", ""), noToken)
			for kind, token := range expired {
				m.want("expired, "+kind, o, m.knock(o, token, ""), noToken)
			}
			for kind, token := range all {
				want := "in"
				if !slices.Contains(admits[o.Token], kind) {
					if want = wrongType; strings.HasSuffix(kind, "app") {
						want = wrongAuth
					}
				}
				m.want(kind, o, m.knock(o, token, ""), want)
			}
			right := map[string]set{highlevel.Location: location, highlevel.AnyToken: location, highlevel.Agency: company, highlevel.AgencyApp: company}[o.Token]
			for _, s := range scopes {
				want := noScope
				if s == o.Scope {
					want = "in"
				}
				m.want("only "+s, o, m.knock(o, right[s], ""), want)
			}
			m.want("another location", o, m.knock(o, right[o.Scope], "?locationId="+theirs), noPlace)
			m.want("no such location", o, m.knock(o, right[o.Scope], "?locationId=x"), noPlace)
			m.want("own location", o, m.knock(o, right[o.Scope], "?locationId="+own), "in")
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			return crm.DisableUser(ctx, tx, f.Credentials.User.ID, true)
		})
		for _, o := range done() {
			for kind, token := range disabled {
				m.want("disabled user, "+kind, o, m.knock(o, token, ""), noToken)
			}
		}
		t.Logf("%d operations, %d scopes, %d requests", len(done()), len(scopes), m.n)
	})
}
