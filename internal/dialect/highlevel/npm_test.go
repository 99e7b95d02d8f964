package highlevel_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// installed gives a folder with the clients of npm/ and the packages that its
// lock file names; the test skips where there is no Node or no registry.
func installed(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: there is no %s", program)
		}
	}
	folder := t.TempDir()
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

// runs runs a client, which gets what it needs in the environment and says last
// that it came to its end.
func runs(t *testing.T, folder, client, last string, env ...string) {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", client)
	node.Dir, node.Env = folder, append(os.Environ(), env...)
	if text, err := node.CombinedOutput(); err != nil || !strings.Contains(string(text), last) {
		t.Errorf("%s: %v\n%s", client, err, text)
	}
}
