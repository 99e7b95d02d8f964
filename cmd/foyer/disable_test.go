package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

// Disabling a key, a user, a location or a company while the server runs bites
// at every door within about a second, and enabling lets in again.
func TestDisablingBitesAtEveryDoorWhileItServes(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		c := mustJSON[app.Credentials](t, with("bootstrap")...)
		s := start(t, append(append([]string{"serve"}, where...), trusting...)...)
		expect := func(what, doors string) {
			t.Helper()
			until(t, what+": open are "+doors, func() bool { return strings.Join(opened(t, s.base, &c), " ") == doors })
		}
		expect("before", allDoors)
		keys := mustJSON[[]keyLine](t, with("keys", "list")...)
		for _, k := range keys {
			door := k.API // a LionDesk partner takes its users' keys along, under the same name
			if k.Kind == "personal" {
				door = "personal"
			}
			must(t, with("keys", "disable", k.ID)...)
			expect("without the key of "+k.API+" "+k.Kind, strings.Join(slices.DeleteFunc(strings.Fields(allDoors), func(d string) bool { return d == door }), " "))
			must(t, with("keys", "disable", k.ID, "--enable")...)
			expect("with the key of "+k.API+" again", allDoors)
		}
		for _, x := range []struct{ what, id, left string }{
			{"users", c.User.ID, "radius brokerkit app highlevel"}, // whose keys are nobody's in person
			{"locations", c.LocationID, "company app"},
			{"companies", c.CompanyID, ""},
		} {
			must(t, with(x.what, "disable", x.id)...)
			expect(x.what+" disabled", x.left)
			must(t, with(x.what, "disable", x.id, "--enable")...)
			expect(x.what+" enabled", allDoors)
		}

		// a user who may not come in is listed to no partner
		getUsers := func() string {
			_, text, _ := ask(t, "POST", s.base+"/", `{"action":"GetUsers"}`, "Authorization: "+basic(*c.LionDesk.APIKey))
			return text
		}
		if !strings.Contains(getUsers(), *c.LionDesk.UserKey) {
			t.Errorf("GetUsers: %s", getUsers())
		}
		must(t, with("users", "disable", c.User.ID)...)
		if text := getUsers(); strings.Contains(text, *c.LionDesk.UserKey) {
			t.Errorf("GetUsers hands out the key of a disabled user: %s", text)
		}
	})
}

// The old secret works through the overlap, and the end of it is the end.
func TestRotationWithOverlapWhileItServes(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		c := mustJSON[app.Credentials](t, with("bootstrap")...)
		s := start(t, append(append([]string{"serve"}, where...), trusting...)...)
		c.HighLevel.CompanyToken, c.HighLevel.ClientSecret = nil, nil // which are no keys
		const allKeys = "radius brokerkit liondesk personal highlevel"
		next := c
		for _, k := range mustJSON[[]keyLine](t, with("keys", "list")...) {
			secret := mustJSON[keyLine](t, with("keys", "rotate", k.ID, "--overlap", "4s")...).Secret
			switch {
			case k.Kind == "partner":
				next.LionDesk.APIKey = secret
			case k.Kind == "user":
				next.LionDesk.UserKey = secret
			case k.Kind == "personal":
				next.LionDesk.PersonalUserKey = secret
			case k.API == "radius":
				next.Radius.SecureID = secret
			case k.API == "brokerkit":
				next.Brokerkit.Token = secret
			case k.API == "highlevel":
				next.HighLevel.PrivateToken = secret
			}
		}
		if got := strings.Join(opened(t, s.base, &next), " "); got != allKeys {
			t.Errorf("the new ones open %s only", got)
		}
		if got := opened(t, s.base, &c); len(got) == 0 { // some may be over on a slow machine
			t.Error("within the overlap the old ones open nothing")
		}
		until(t, "the old ones stop working", func() bool { return len(opened(t, s.base, &c)) == 0 })
		if got := strings.Join(opened(t, s.base, &next), " "); got != allKeys {
			t.Errorf("after the overlap the new ones open %s only", got)
		}
		// and the list says which were used
		if code := s.stop(); code != 0 {
			t.Fatal(code)
		}
		for _, k := range mustJSON[[]keyLine](t, with("keys", "list")...) {
			if k.LastUsedAt.IsZero() {
				t.Errorf("never used: %+v", k)
			}
		}
	})
}
