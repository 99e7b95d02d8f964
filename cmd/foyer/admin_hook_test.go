package main

import (
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

func TestAdministeringHooks(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		made := mustJSON[hookLine](t, with("admin", "hook", "create", "--kind", "sms", "--public-url", "https://crm.example/")...)
		if made.ID == "" || made.Kind != "sms" || !strings.HasPrefix(made.URL, "https://crm.example/hooks/sms/"+c.LocationID+".") {
			t.Errorf("%+v", made)
		}
		if l := mustJSON[hookLine](t, with("admin", "hook", "create", "--kind", "email")...); !strings.HasPrefix(l.URL, "/hooks/email/") {
			t.Errorf("%+v", l)
		}
		if l := mustJSON[[]hookLine](t, with("admin", "hook", "list", "--public-url", "https://crm.example")...); len(l) != 2 || l[0] != made {
			t.Errorf("%+v", l)
		}
		refused(t, "kind", with("admin", "hook", "create", "--kind", "fax")...)
		mustJSON[hookLine](t, with("admin", "hook", "delete", made.ID)...)
		refused(t, "there is no hook", with("admin", "hook", "delete", made.ID)...)
	})
}
