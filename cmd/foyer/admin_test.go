package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// tabled runs a command for people, and gives the words of its table.
func tabled(t *testing.T, head string, args ...string) [][]string {
	t.Helper()
	var rows [][]string
	text := must(t, args...)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		t.Errorf("foyer %s prints JSON without being asked: %s", strings.Join(args, " "), text)
	}
	for line := range strings.Lines(text) {
		rows = append(rows, strings.Fields(line))
	}
	if head != "" {
		if len(rows) == 0 || strings.Join(rows[0], " ") != head {
			t.Fatalf("foyer %s has the head %v, want %s", strings.Join(args, " "), rows[:1], head)
		}
		rows = rows[1:]
	}
	return rows
}

func TestAdministeringCompaniesLocationsAndUsers(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		refused(t, "there is no company yet: foyer admin bootstrap makes the first one", with("locations", "create", "Lost")...)
		refused(t, "there is no location yet: foyer admin bootstrap makes the first one", with("users", "create", "a@x.example")...)
		refused(t, "there is no location yet", with("keys", "create", "radius")...)
		for _, list := range []string{"companies", "locations", "users", "keys"} {
			if got := strings.TrimSpace(must(t, append(with(list, "list"), "--json")...)); got != "[]" {
				t.Errorf("no %s are %s", list, got)
			}
		}

		// companies
		company := mustJSON[companyLine](t, with("companies", "create", "Harbor Realty")...)
		if company.ID == "" || company.Name != "Harbor Realty" || company.Disabled {
			t.Errorf("%+v", company)
		}
		if rows := tabled(t, "ID NAME STATE", with("company", "create", "Second")...); len(rows) != 1 || rows[0][1] != "Second" {
			t.Errorf("%v", rows)
		}
		refused(t, "name: required", with("companies", "create", "")...)
		if list := mustJSON[[]companyLine](t, with("companies", "list")...); len(list) != 2 || list[0] != company {
			t.Errorf("%+v", list)
		}
		if rows := tabled(t, "ID NAME STATE", with("companies", "list")...); len(rows) != 2 || strings.Join(rows[0], " ") != company.ID+" Harbor Realty in force" {
			t.Errorf("%v", rows)
		}

		// locations
		location := mustJSON[locationLine](t, with("locations", "create", "Downtown", "--timezone", "America/New_York")...)
		if location.CompanyID != company.ID || location.Timezone != "America/New_York" || location.Disabled {
			t.Errorf("%+v", location)
		}
		other := mustJSON[locationLine](t, with("location", "create", "Uptown", "--company", company.ID)...)
		refused(t, "timezone: choice", with("locations", "create", "X", "--timezone", "Nowhere")...)
		refused(t, "there is no company nope", with("locations", "create", "X", "--company", "nope")...)
		if list := mustJSON[[]locationLine](t, with("locations", "list", "--company", company.ID)...); len(list) != 2 {
			t.Errorf("%+v", list)
		}
		if rows := tabled(t, "ID COMPANY NAME TIME ZONE STATE", with("locations", "list")...); len(rows) != 2 || rows[0][3] != "America/New_York" {
			t.Errorf("%v", rows)
		}
		set := mustJSON[locationLine](t, with("locations", "set", location.ID, "--allow-duplicates", "--duplicate-order", "phone,email", "--strict-phones")...)
		if !set.Settings.AllowDuplicateContact || !slices.Equal(set.Settings.DuplicateOrder, []string{"phone", "email"}) || !set.Settings.StrictPhones {
			t.Errorf("%+v", set.Settings)
		}
		set = mustJSON[locationLine](t, with("locations", "set", location.ID, "--no-strict-phones")...)
		if !set.Settings.AllowDuplicateContact || set.Settings.StrictPhones || len(set.Settings.DuplicateOrder) != 2 {
			t.Errorf("one setting changed others: %+v", set.Settings)
		}
		tabled(t, "ID COMPANY NAME TIME ZONE STATE", with("locations", "set", location.ID, "--no-allow-duplicates")...)
		refused(t, "there is no location nope", with("locations", "set", "nope", "--strict-phones")...)

		// users
		ann := mustJSON[userLine](t, with("users", "create", "Ann@Harbor.example", "--first", "Ann", "--last", "Ames", "--phone", "6025550111", "--role", "admin", "--subscribe", "--location", location.ID)...)
		if ann.Name != "Ann Ames" || !ann.Admin || ann.Password == nil || len(*ann.Password) < 20 || ann.CompanyID != company.ID {
			t.Errorf("%+v", ann)
		}
		bob := mustJSON[userLine](t, with("user", "create", "bob@harbor.example")...)
		if bob.Admin {
			t.Error("an agent is an admin")
		}
		refused(t, "there is a user with this e-mail address already", with("users", "create", "ann@harbor.EXAMPLE")...)
		refused(t, "email: format", with("users", "create", "nobody")...)
		refused(t, "there is no location nope", with("users", "create", "c@harbor.example", "--location", "nope")...)
		if rows := tabled(t, "ID E-MAIL NAME ROLE STATE PASSWORD", with("users", "list", "--location", location.ID)...); len(rows) != 2 || strings.Join(rows[0], " ") != ann.ID+" Ann@Harbor.example Ann Ames admin in force" {
			t.Errorf("%v", rows)
		}
		if list := mustJSON[[]userLine](t, with("users", "list", "--location", other.ID)...); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if text := must(t, append(with("users", "list"), "--json")...); strings.Contains(text, *ann.Password) || strings.Contains(text, "argon2") {
			t.Errorf("the list shows a password: %s", text)
		}
		again := mustJSON[userLine](t, with("users", "rotate", ann.ID)...)
		if again.Password == nil || *again.Password == *ann.Password || again.ID != ann.ID {
			t.Errorf("%+v", again)
		}
		if rows := tabled(t, "ID E-MAIL NAME ROLE STATE PASSWORD", with("users", "rotate", bob.ID)...); len(rows) != 1 || len(rows[0][len(rows[0])-1]) < 20 {
			t.Errorf("%v", rows)
		}
		refused(t, "there is no user nope", with("users", "rotate", "nope")...)
		sub := mustJSON[map[string]any](t, with("users", "subscribe", bob.ID, "--location", location.ID)...)
		off := mustJSON[map[string]any](t, with("users", "subscribe", bob.ID, "--off")...)
		if sub["notifyNewLeads"] != true || off["notifyNewLeads"] != false || sub["id"] != bob.ID {
			t.Errorf("%v %v", sub, off)
		}
		tabled(t, "", with("users", "subscribe", bob.ID)...)
		refused(t, "there is no user nope", with("users", "subscribe", "nope")...)

		// disabling
		for _, c := range []struct{ what, id string }{{"companies", company.ID}, {"locations", location.ID}, {"users", ann.ID}} {
			shut := mustJSON[map[string]any](t, with(c.what, "disable", c.id)...)
			if shut["id"] != c.id || shut["disabled"] != true {
				t.Errorf("%s: %v", c.what, shut)
			}
			if text := strings.Join(strings.Fields(must(t, with(c.what, "list")...)), " "); !strings.Contains(text, "disabled") {
				t.Errorf("%s list: %s", c.what, text)
			}
			if rows := tabled(t, "", with(c.what, "disable", c.id, "--enable")...); strings.Join(rows[0], " ") != c.id+" in force" {
				t.Errorf("%s: %v", c.what, rows)
			}
			refused(t, "there is no ", with(c.what, "disable", "nope")...)
		}
	})
}

func TestAdministeringKeys(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		c := mustJSON[app.Credentials](t, with("bootstrap")...)
		partner := mustJSON[keyLine](t, with("keys", "create", "liondesk", "--kind", "partner", "--name", "IDX Co")...)
		for _, k := range []struct {
			args   []string
			length int
			kind   string
			scopes []string
			again  bool
		}{
			{[]string{"radius", "--name", "site"}, 32, "access", []string{"read", "create"}, true},
			{[]string{"radius", "--read-only"}, 32, "access", []string{"read"}, true},
			{[]string{"brokerkit", "--location", c.LocationID}, 32, "access", []string{"read", "create"}, false},
			{[]string{"brokerkit", "--read-only"}, 32, "access", []string{"read"}, false},
			{[]string{"highlevel"}, 40, "access", highlevel.Scopes(), false},
			{[]string{"highlevel", "--scopes", "contacts.readonly"}, 40, "access", []string{"contacts.readonly"}, false},
			{[]string{"liondesk", "--kind", "user", "--user", c.User.ID, "--partner", partner.ID}, 32, "user", []string{"read", "create"}, true},
			{[]string{"liondesk", "--kind", "personal", "--user", c.User.ID}, 32, "personal", []string{"read", "create"}, false},
		} {
			made := mustJSON[keyLine](t, with(append([]string{"keys", "create"}, k.args...)...)...)
			if made.Secret == nil || len(*made.Secret) != k.length || made.Hint != (*made.Secret)[k.length-4:] || made.Kind != k.kind || made.API != k.args[0] || !slices.Equal(made.Scopes, k.scopes) || made.Disabled || made.LocationID != c.LocationID {
				t.Fatalf("%v: %+v", k.args, made)
			}
			shown := mustJSON[keyLine](t, with("keys", "show", made.ID)...)
			if k.again != (shown.Secret != nil) || k.again && *shown.Secret != *made.Secret {
				t.Errorf("%v, shown again: %+v", k.args, shown)
			}
			next := mustJSON[keyLine](t, with("keys", "rotate", made.ID, "--overlap", "168h")...)
			if next.Secret == nil || *next.Secret == *made.Secret || next.ID != made.ID {
				t.Errorf("%v, rotated: %+v", k.args, next)
			}
			var old *keyLine
			list := mustJSON[[]keyLine](t, with("keys", "list", "--api", k.args[0], "--location", c.LocationID)...)
			for i := range list {
				if list[i].Hint == made.Hint && strings.HasSuffix(list[i].Name, "(before rotation)") {
					old = &list[i]
				}
				if list[i].Secret != nil {
					t.Errorf("the list shows a secret: %+v", list[i])
				}
			}
			if old == nil || time.Until(old.ExpiresAt).Round(time.Hour) != 168*time.Hour {
				t.Errorf("%v, the old one: %+v", k.args, old)
			}
			const head = "ID API KIND NAME ENDS IN USED STATE SECRET"
			if rows := tabled(t, head, with("keys", "show", made.ID)...); len(rows) != 1 || k.again != strings.Contains(strings.Join(rows[0], " "), *next.Secret) {
				t.Errorf("%v", rows)
			}
			rows := tabled(t, head, with("keys", "rotate", made.ID)...)
			if len(rows) != 1 || len(rows[0][len(rows[0])-1]) != k.length {
				t.Errorf("%v", rows)
			}
			if got := mustJSON[map[string]any](t, with("key", "disable", made.ID)...); got["disabled"] != true {
				t.Errorf("%v", got)
			}
			if rows := tabled(t, "", with("keys", "disable", made.ID, "--enable")...); strings.Join(rows[0], " ") != made.ID+" in force" {
				t.Errorf("%v", rows)
			}
		}
		if rows := tabled(t, "ID API KIND NAME ENDS IN USED STATE SECRET", with("keys", "list")...); len(rows) != 6+1+2*8 {
			t.Errorf("%d keys", len(rows))
		}
		for want, args := range map[string][]string{
			"a key for radius has no kind":                                              {"radius", "--kind", "partner"},
			"a LionDesk key is of --kind partner, user or personal":                     {"liondesk"},
			"a USERKEY says which --user authorises which --partner":                    {"liondesk", "--kind", "user", "--user", c.User.ID},
			"a personal USERKEY says for which --user":                                  {"liondesk", "--kind", "personal"},
			"there is no user nope":                                                     {"liondesk", "--kind", "personal", "--user", "nope"},
			"there is no key nope":                                                      {"liondesk", "--kind", "user", "--user", c.User.ID, "--partner", "nope"},
			"there is no location nope":                                                 {"radius", "--location", "nope"},
			"there is no scope \"contacts.everything\"":                                 {"highlevel", "--scopes", "contacts.readonly,contacts.everything"},
			"--scopes are HighLevel's: a key for brokerkit is limited with --read-only": {"brokerkit", "--scopes", "read"},
			"--read-only is not for HighLevel":                                          {"highlevel", "--read-only"},
		} {
			refused(t, want, with(append([]string{"keys", "create"}, args...)...)...)
		}
		for _, do := range []string{"show", "rotate", "disable"} {
			refused(t, "there is no key nope", with("keys", do, "nope")...)
		}
		refused(t, "--overlap cannot be negative", with("keys", "rotate", partner.ID, "--overlap=-1h")...)
		refused(t, "--api must be one of", with("keys", "list", "--api", "zillow")...)
	})
}
