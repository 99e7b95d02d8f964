package highlevel_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// installed gives a folder with the npm packages that the lock file names; the
// test skips where there is no Node or no registry.
func installed(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: there is no %s", program)
		}
	}
	folder := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "flow.mjs"} {
		text, err := os.ReadFile(filepath.Join("npm", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "1")
	install.Dir = folder
	if text, err := install.CombinedOutput(); err != nil {
		t.Skipf("skipped: npm ci does not get the packages: %v\n%s", err, text)
	}
	return folder
}

// Two clients that others wrote find their way by the metadata alone.
func TestOpenIDClientAndOAuth4WebAPI(t *testing.T) {
	folder := installed(t)
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const redirect = "http://127.0.0.1:8090/oauth/callback"
		scopes := []string{"contacts.readonly", "contacts.write"}
		p := newParty(t, f, auth.App{Name: "Confidential", CompanyID: f.Credentials.CompanyID, Credentials: true, RedirectURIs: []string{redirect}, Scopes: scopes})
		public := newParty(t, f, auth.App{Name: "Public", Public: true, RedirectURIs: []string{redirect}, Scopes: scopes})
		flow := exec.CommandContext(t.Context(), "node", "flow.mjs")
		flow.Dir = folder
		flow.Env = append(os.Environ(), "ISSUER="+f.URL, "CLIENT_ID="+p.id, "CLIENT_SECRET="+p.secret, "REDIRECT="+redirect, "PUBLIC_ID="+public.id,
			"EMAIL="+f.Credentials.User.Email, "PASSWORD="+*f.Credentials.User.Password, "LOCATION="+f.Credentials.LocationID)
		if text, err := flow.CombinedOutput(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(text)), "ok") {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
