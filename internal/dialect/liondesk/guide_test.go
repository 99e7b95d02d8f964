package liondesk_test

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// TestGuide: every example of the guide does what it says.
func TestGuide(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.Vars["APIKEY"], f.Vars["USERKEY"] = f.Vars["liondesk.apiKey"], f.Vars["liondesk.userKey"]
		f.PlayGuide(t, "../../../docs/liondesk.md")
	})
}
