package wire_test

import (
	"net/http"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func TestOnlyNamedPagesMayCallFromABrowser(t *testing.T) {
	for _, c := range []struct {
		name    string
		allowed []string
		origin  string
		want    string
	}{
		{"none by default", nil, "https://team.example", ""},
		{"the one that is named", []string{"https://team.example"}, "https://team.example", "https://team.example"},
		{"not another", []string{"https://team.example"}, "https://evil.example", ""},
		{"all where the operator says so", []string{"*"}, "https://any.example", "https://any.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir()}, Origins: c.allowed})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, f.URL+"/v3.0/clients/import", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", c.origin)
			res, err := foyertest.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != http.StatusNoContent || got != c.want {
				t.Errorf("%d with %q, want 204 with %q", res.StatusCode, got, c.want)
			}
		})
	}
}
