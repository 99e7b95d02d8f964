package brokerkit_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// TestConversations plays every written conversation.
func TestConversations(t *testing.T) { foyertest.PlayAll(t, "testdata", prepare) }

// TestGuide runs the examples of the guide for integrators.
func TestGuide(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.AddUser(t, "dana", "dana@example.com", "Dana", "Lee")
		f.Vars["KEY"] = f.Vars["brokerkit.token"]
		f.PlayGuide(t, "../../../docs/brokerkit.md")
	})
}

// prepare makes the teammate of the vendor's examples, keys that may do half,
// and a team next door.
func prepare(t *testing.T, f *foyertest.F) {
	t.Helper()
	f.AddUser(t, "test", "test@brokerkit.com", "Test", "Brokerkit")
	f.AddKey(t, "readOnly", auth.Key{API: auth.Brokerkit, Scopes: []string{auth.ScopeRead}})
	f.AddKey(t, "createOnly", auth.Key{API: auth.Brokerkit, Scopes: []string{auth.ScopeCreate}})
	f.Vars["neighbourToken"] = f.Neighbour(t)["brokerkit.token"]
}

// client keeps connections for the tests that send much.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// send sends a request with the location's key. It may be called from any
// goroutine.
func send(t testing.TB, f *foyertest.F, method, path, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Token token="+f.Vars["brokerkit.token"])
	res, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(answer)
}

// lead is what tests read of an answer.
type lead struct {
	ID           int64   `json:"id"`
	FirstName    string  `json:"first_name"`
	LastName     string  `json:"last_name"`
	AgentID      string  `json:"agent_id"`
	Source       string  `json:"source"`
	CurrentlyAt  string  `json:"currently_at"`
	Note         string  `json:"note"`
	Listings     string  `json:"active_listings_count"`
	AltAddress   string  `json:"alt_address"`
	AltCity      string  `json:"alt_city"`
	AltState     string  `json:"alt_state"`
	AltZip       string  `json:"alt_zip"`
	Office       string  `json:"office_address"`
	OfficeCity   string  `json:"office_city"`
	OfficeState  string  `json:"office_state"`
	OfficeZip    string  `json:"office_zip"`
	CreatedAt    string  `json:"created_at"`
	UpdatedAt    string  `json:"updated_at"`
	LastActivity string  `json:"last_activity_at"`
	ReferredAt   *string `json:"referred_at"`
}

// mustPost posts a lead that must be taken.
func mustPost(t testing.TB, f *foyertest.F, body string) (l lead) {
	t.Helper()
	status, text := send(t, f, http.MethodPost, "/v2/leads", body)
	if err := json.Unmarshal([]byte(text), &l); err != nil || status != http.StatusCreated {
		t.Errorf("%d %s (%v)", status, text, err)
	}
	return l
}
