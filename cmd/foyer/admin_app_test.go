package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

func TestAdministeringApps(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(append([]string{"admin"}, args...), where...) }
		c := mustJSON[app.Credentials](t, with("bootstrap")...)
		form := regexp.MustCompile(`^[0-9a-f]{24}-[0-9a-z]{8}$`)
		const uri = "https://robot.example/back?a=b,c"
		for _, a := range []struct {
			args   []string
			scopes []string
			public bool
			uris   []string
		}{
			{nil, highlevel.Scopes(), false, []string{uri}},
			{[]string{"--scopes", "contacts.readonly,oauth.write"}, []string{"contacts.readonly", "oauth.write"}, false, []string{uri}},
			{[]string{"--company", c.CompanyID, "--client-credentials", "--redirect-uri", "http://127.0.0.1:1/x"}, highlevel.Scopes(), false, []string{uri, "http://127.0.0.1:1/x"}},
			{[]string{"--public", "--redirect-uri", "com.robot.app:/x"}, highlevel.Scopes(), true, []string{uri, "com.robot.app:/x"}},
		} {
			made := mustJSON[appLine](t, with(append([]string{"app", "create", "Robot", "--redirect-uri", uri}, a.args...)...)...)
			if !form.MatchString(made.ClientID) || made.AppID != made.ClientID[:24] || made.Public != a.public || (made.ClientSecret == nil) != a.public || !slices.Equal(made.Scopes, a.scopes) || !slices.Equal(made.RedirectURIs, a.uris) || made.Disabled {
				t.Errorf("%v: %+v", a.args, made)
			}
			if shown := mustJSON[appLine](t, with("apps", "show", made.ClientID)...); shown.ClientSecret != nil || shown.Name != "Robot" || shown.Hint != made.Hint {
				t.Errorf("%v: %+v", a.args, shown)
			}
			if a.public {
				refused(t, "a public app has no secret", with("apps", "rotate", made.ClientID)...)
				continue
			}
			next := mustJSON[appLine](t, with("apps", "rotate", made.ClientID, "--overlap", "168h")...)
			if next.ClientSecret == nil || *next.ClientSecret == *made.ClientSecret || next.Hint != (*next.ClientSecret)[len(*next.ClientSecret)-4:] {
				t.Errorf("%v: %+v", a.args, next)
			}
			if got := mustJSON[map[string]any](t, with("apps", "disable", made.ClientID)...); got["disabled"] != true {
				t.Errorf("%v", got)
			}
			if shown := mustJSON[appLine](t, with("apps", "show", made.ClientID)...); !shown.Disabled {
				t.Errorf("%+v", shown)
			}
		}
		list := mustJSON[[]appLine](t, with("apps", "list")...)
		own := mustJSON[[]appLine](t, with("apps", "list", "--company", c.CompanyID)...)
		if len(list) != 5 || len(own) != 2 || slices.ContainsFunc(list, func(l appLine) bool { return l.ClientSecret != nil }) {
			t.Errorf("%+v %+v", list, own)
		}
		if rows := tabled(t, strings.ReplaceAll(appHead, "\t", " "), with("apps", "list")...); len(rows) != 5 {
			t.Errorf("%v", rows)
		}
		for want, args := range map[string][]string{
			"cannot be used: it is neither https":          {"create", "x", "--redirect-uri", "http://a.example/"},
			"there is no scope \"everything\"":             {"create", "x", "--redirect-uri", uri, "--scopes", "everything"},
			"there is no company nope":                     {"create", "x", "--redirect-uri", uri, "--company", "nope"},
			"only an app of one company that has a secret": {"create", "x", "--redirect-uri", uri, "--client-credentials"},
			"there is no app nope":                         {"show", "nope"},
			"--overlap cannot be negative":                 {"rotate", list[0].ClientID, "--overlap=-1h"},
		} {
			refused(t, want, with(append([]string{"apps"}, args...)...)...)
		}
		// the bootstrap's app is in its company, until it is shown out
		for _, where := range [][]string{{"--location", c.LocationID}, {"--company", c.CompanyID}} {
			if got := mustJSON[map[string]any](t, with(append([]string{"apps", "uninstall", c.HighLevel.ClientID}, where...)...)...); got["uninstalled"] != true {
				t.Errorf("%v", got)
			}
			refused(t, "the app is not installed there", with(append([]string{"apps", "uninstall", c.HighLevel.ClientID}, where...)...)...)
		}
		refused(t, "say out of which --location or which --company", with("apps", "uninstall", c.HighLevel.ClientID)...)
		if next := mustJSON[app.Credentials](t, with("bootstrap")...); next.HighLevel.CompanyToken == nil || next.HighLevel.ClientID != c.HighLevel.ClientID {
			t.Errorf("the bootstrap after that: %+v", next.HighLevel)
		}
		// a private token of the whole company
		key := mustJSON[keyLine](t, with("keys", "create", "highlevel", "--company", c.CompanyID)...)
		if key.Secret == nil || !strings.HasPrefix(*key.Secret, "pit-") || key.CompanyID != c.CompanyID || key.LocationID != "" {
			t.Errorf("%+v", key)
		}
		refused(t, "a key is for a --location or for a --company", with("keys", "create", "highlevel", "--company", c.CompanyID, "--location", c.LocationID)...)
		refused(t, "only HighLevel has keys of a whole company", with("keys", "create", "radius", "--company", c.CompanyID)...)
	})
}
