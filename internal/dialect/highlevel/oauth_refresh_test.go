package highlevel_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// chain refreshes n times and gives the answers, the first one included.
func (p *party) chain(t testing.TB, n int) []map[string]any {
	t.Helper()
	all := []map[string]any{p.tokens(t, p.f.Credentials.LocationID)}
	for range n {
		status, a := p.refresh(t, all[len(all)-1]["refresh_token"])
		if status != 200 {
			t.Fatalf("%d %v", status, a)
		}
		all = append(all, a)
	}
	return all
}

func TestE7TheReuseOfARefreshTokenKillsItsFamily(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		for range rounds(2, 250) {
			for ancestor := range 4 {
				all := p.chain(t, 5)
				last := all[5]
				if !opens(t, f, last["access_token"]) {
					t.Fatal("the last token does not open")
				}
				if status, a := p.refresh(t, all[ancestor]["refresh_token"]); status != 400 || a["error"] != "invalid_grant" {
					t.Errorf("ancestor %d: %d %v", ancestor, status, a)
				}
				for i, a := range all {
					if opens(t, f, a["access_token"]) {
						t.Errorf("ancestor %d was used again, and access token %d lives", ancestor, i)
					}
				}
				if status, a := p.refresh(t, last["refresh_token"]); status != 400 || a["error"] != "invalid_grant" {
					t.Errorf("ancestor %d was used again, and the last refresh token lives: %d %v", ancestor, status, a)
				}
			}
		}

		// A lost answer is given again: the same one, for half a minute.
		first := p.tokens(t, f.Credentials.LocationID)
		_, once := p.refresh(t, first["refresh_token"])
		_, twice := p.refresh(t, first["refresh_token"])
		for _, name := range []string{"access_token", "refresh_token", "refreshTokenId", "scope"} {
			if once[name] == nil || once[name] != twice[name] {
				t.Errorf("%s: %v, then %v", name, once[name], twice[name])
			}
		}
		if status, a := p.refresh(t, first["refresh_token"], "scope", "contacts.readonly"); status != 400 || a["error"] != "invalid_scope" {
			t.Errorf("the lost answer with other scopes: %d %v", status, a)
		}
		if !opens(t, f, twice["access_token"]) {
			t.Error("the answer that was given again does not open")
		}
		sql(t, f, "UPDATE oauth_tokens SET used_at = used_at - 30001 WHERE used_at > 0")
		if status, a := p.refresh(t, first["refresh_token"]); status != 400 || a["error"] != "invalid_grant" {
			t.Errorf("after the grace: %d %v", status, a)
		}
		if opens(t, f, twice["access_token"]) {
			t.Error("after the grace the family lives")
		}
	})
}

func TestE8RefreshesAtOnceLeaveOneFamily(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		c := auth.Client{ID: p.id, Secret: p.secret}
		for range rounds(10, 1000) {
			first := p.tokens(t, f.Credentials.LocationID)["refresh_token"].(string)
			var mu sync.Mutex
			successors := map[string]int{}
			good := together(64, func(int) bool {
				got, err := f.Desk.Refresh(t.Context(), c, first, "")
				if err == nil {
					mu.Lock()
					successors[got.Refresh+" "+got.Access]++
					mu.Unlock()
				}
				return err == nil
			})
			if good != 64 || len(successors) != 1 {
				t.Fatalf("%d succeeded, with %d successors", good, len(successors))
			}
		}
		// where some of them go on at once, there is one live branch or none
		for range rounds(10, 1000) {
			first := p.tokens(t, f.Credentials.LocationID)["refresh_token"].(string)
			var mu sync.Mutex
			last := map[string]bool{}
			together(16, func(int) bool {
				token := first
				for range 3 {
					got, err := f.Desk.Refresh(t.Context(), c, token, "")
					if err != nil {
						return false
					}
					token = got.Refresh
				}
				mu.Lock()
				last[token] = true
				mu.Unlock()
				return true
			})
			live := 0
			for token := range last {
				if i, err := f.Desk.Introspect(t.Context(), c, token); err == nil && i != nil {
					live++
				}
			}
			if live > 1 {
				t.Fatalf("%d live branches", live)
			}
		}
	})
}

func TestE9ARefreshTokenIsBoundAndEnds(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p, other := newParty(t, f, auth.App{}), newParty(t, f, auth.App{})
		a := p.tokens(t, f.Credentials.LocationID)
		if status, got := other.refresh(t, a["refresh_token"]); status != 400 || got["error"] != "invalid_grant" {
			t.Errorf("another client: %d %v", status, got)
		}
		if status, got := p.refresh(t, a["access_token"]); status != 400 || got["error"] != "invalid_grant" {
			t.Errorf("an access token: %d %v", status, got)
		}
		if opens(t, f, a["refresh_token"]) {
			t.Error("a refresh token opens the API")
		}
		// scope may shrink, and the next one may be whole again: never more
		status, small := p.refresh(t, a["refresh_token"], "scope", "contacts.readonly companies.readonly")
		if status != 200 || small["scope"] != "contacts.readonly" {
			t.Errorf("a smaller scope: %d %v", status, small)
		}
		if status, _, got := ask(t, f, "POST", "/contacts/", `{"locationId":"`+f.Credentials.LocationID+`","email":"a@x.example"}`, "Authorization", "Bearer "+small["access_token"].(string)); status != 401 || got["message"] != "The token is not authorized for this scope." {
			t.Errorf("beyond the smaller scope: %d %v", status, got)
		}
		status, whole := p.refresh(t, small["refresh_token"], "scope", strings.Join(highlevel.Scopes(), " "))
		if got := strings.Fields(whole["scope"].(string)); status != 200 || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(p.app.Scopes))) {
			t.Errorf("everything asked for: %d %v", status, whole)
		}
		if status, got := p.refresh(t, whole["refresh_token"], "scope", "companies.readonly"); status != 400 || got["error"] != "invalid_scope" {
			t.Errorf("nothing of what was allowed: %d %v", status, got)
		}
		// unused for a year
		idle := p.tokens(t, f.Credentials.LocationID)
		age(t, f, 365*24*time.Hour-time.Minute)
		if status, _ := p.refresh(t, idle["refresh_token"]); status != 200 {
			t.Errorf("a minute before its year: %d", status)
		}
		idle = p.tokens(t, f.Credentials.LocationID)
		age(t, f, 365*24*time.Hour)
		if status, _ := p.refresh(t, idle["refresh_token"]); status != 400 {
			t.Errorf("after its year: %d", status)
		}
		// used again and again, for three years
		a = p.tokens(t, f.Credentials.LocationID)
		for month := range 36 {
			age(t, f, 30*24*time.Hour)
			if status, a = p.refresh(t, a["refresh_token"]); status != 200 {
				t.Fatalf("month %d: %d %v", month, status, a)
			}
		}
		age(t, f, 30*24*time.Hour)
		if status, got := p.refresh(t, a["refresh_token"]); status != 400 || opens(t, f, a["access_token"]) {
			t.Errorf("after three years: %d %v", status, got)
		}
	})
}

// age makes all tokens and grants older.
func age(t testing.TB, f *foyertest.F, by time.Duration) {
	t.Helper()
	sql(t, f, "UPDATE oauth_tokens SET expires_at = expires_at - $1, created_at = created_at - $1 WHERE expires_at > 0", by.Milliseconds())
	sql(t, f, "UPDATE oauth_grants SET expires_at = expires_at - $1, created_at = created_at - $1", by.Milliseconds())
}

// What has ended is swept away, and what has not stays.
func TestSweepingTakesOnlyWhatEnded(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		p := newParty(t, f, auth.App{})
		a := p.tokens(t, f.Credentials.LocationID)
		gone := p.tokens(t, f.Credentials.LocationID)
		if status, _ := p.post(t, "/oauth/revoke", "token", gone["refresh_token"].(string)); status != 200 {
			t.Fatal(status)
		}
		sql(t, f, "UPDATE oauth_grants SET ended_at = ended_at - $1 WHERE ended_at > 0", (31 * 24 * time.Hour).Milliseconds())
		if err := f.Desk.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if status, _ := p.refresh(t, a["refresh_token"]); status != 200 || !opens(t, f, a["access_token"]) {
			t.Errorf("what is in force is gone: %d", status)
		}
		if status, _ := p.refresh(t, gone["refresh_token"]); status != 400 {
			t.Errorf("what had ended is back: %d", status)
		}
	})
}
