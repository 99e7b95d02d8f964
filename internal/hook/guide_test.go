package hook_test

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

// TestGuide: every example of the guide does what it says.
func TestGuide(t *testing.T) {
	each(t, app.Config{SMS: "keep:"}, func(t *testing.T, k *kit) {
		k.Vars["SMS_HOOK"], k.Vars["EMAIL_HOOK"] = k.URL+k.sms, k.URL+k.email
		k.PlayGuide(t, "../../docs/MESSAGES.md")
		c := k.owner("+16025550147", "")
		if c == nil || c.Details.DNDSettings["SMS"].Status != "permanent" || len(k.talk(c.ID)) != 2 {
			t.Errorf("%+v", c)
		}
	})
}
