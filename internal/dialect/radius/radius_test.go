package radius_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// TestConversations plays every written conversation.
func TestConversations(t *testing.T) {
	foyertest.PlayAll(t, "testdata", nil)
}

// TestGuide runs the examples of the guide for integrators.
func TestGuide(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.Vars["KEY"] = f.Vars["radius.secureId"]
		f.PlayGuide(t, "../../../docs/radius.md")
	})
}

// post sends a body to the door with the location's key and gives status and answer.
func post(t testing.TB, f *foyertest.F, body string) (int, string) {
	t.Helper()
	return send(t, f, body, http.Header{"Secure-Id": {f.Vars["radius.secureId"]}})
}

func send(t testing.TB, f *foyertest.F, body string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, f.URL+"/v3.0/clients/import", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := client.Do(req)
	if err != nil {
		t.Error(err) // not Fatal: it may be called from another goroutine than the test's
		return 0, ""
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(answer)
}

// client keeps connections for the tests that send much.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
