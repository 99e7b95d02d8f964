// Package npm lets tests run programs of Node beside Foyer.
package npm

import (
	"os"
	"os/exec"
	"testing"
)

// Install gives a folder with the programs of the test's npm/ and the packages that its
// lock file names; the test skips where there is no Node or no registry.
func Install(t *testing.T) (folder string) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: there is no %s", program)
		}
	}
	folder = t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("npm")); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "1")
	install.Dir = folder
	if text, err := install.CombinedOutput(); err != nil {
		t.Skipf("skipped: npm ci does not get the packages: %v\n%s", err, text)
	}
	return folder
}
