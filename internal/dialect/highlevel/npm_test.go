package highlevel_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

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
