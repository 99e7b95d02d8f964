package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// shape is a JSON text with every value in the place of its kind, which leaves
// the keys in their order.
func shape(text string) string {
	text = regexp.MustCompile(`:"[^"]*"`).ReplaceAllString(strings.TrimSpace(text), ":text")
	return strings.ReplaceAll(text, ":null", ":text")
}

const bootstrapShape = `{"companyId":text,"locationId":text,"user":{"id":text,"email":text,"password":text},"radius":{"secureId":text},"brokerkit":{"token":text},` +
	`"liondesk":{"apiKey":text,"userKey":text,"personalUserKey":text},"highlevel":{"privateToken":text,"companyToken":text,"clientId":text,"clientSecret":text,"redirectUri":text}}`

// trusting lets a server believe opened's X-Forwarded-For: who asks again and
// again with keys that are no longer good would be shut out as a guesser.
var trusting = []string{"--trusted-proxies", "127.0.0.1"}

var asked atomic.Int64

// opened tries every credential at a running server, and gives those that work.
func opened(t *testing.T, base string, c *app.Credentials) (names []string) {
	t.Helper()
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, try := range []struct {
		name, method, path, body, want string
		header                         []string
	}{
		{"radius", "POST", "/v3.0/clients/import", `{}`, "Empty Input Request", []string{"secure-id: " + or(c.Radius.SecureID)}},
		{"brokerkit", "GET", "/v2/leads?per_page=1", ``, "[", []string{"Authorization: Token token=" + or(c.Brokerkit.Token)}},
		{"liondesk", "POST", "/", `{"action":"NewSubmission"}`, `"error":20`, []string{"Authorization: " + basic(or(c.LionDesk.APIKey)), "X-LionDesk-Id: " + or(c.LionDesk.UserKey)}},
		{"personal", "POST", "/", `{"action":"NewSubmission"}`, `"error":20`, []string{"Authorization: " + basic("user"), "X-LionDesk-Id: " + or(c.LionDesk.PersonalUserKey)}},
		{"company", "GET", "/oauth/installedLocations?companyId=" + c.CompanyID + "&appId=" + c.HighLevel.ClientID, ``, `{"count":`, []string{"Authorization: Bearer " + or(c.HighLevel.CompanyToken), "Version: 2021-07-28"}},
		{"app", "POST", "/oauth/introspect", `{"client_id":"` + c.HighLevel.ClientID + `","client_secret":"` + or(c.HighLevel.ClientSecret) + `","token":"x"}`, `{"active":false`, nil},
		{"highlevel", "GET", "/contacts/?limit=1&locationId=" + c.LocationID, ``, `{"contacts":`, []string{"Authorization: Bearer " + or(c.HighLevel.PrivateToken), "Version: 2021-07-28"}},
	} {
		n := asked.Add(1)
		status, text, _ := ask(t, try.method, base+try.path, try.body, append(try.header, fmt.Sprintf("X-Forwarded-For: 10.0.%d.%d", n/250, n%250))...)
		if status == 429 || status >= 500 {
			t.Errorf("%s: %d %s", try.name, status, text)
		}
		if strings.HasPrefix(text, try.want) || strings.HasPrefix(text, "{") && strings.Contains(text, try.want) {
			names = append(names, try.name)
		}
	}
	return names
}

const allDoors = "radius brokerkit liondesk personal company app highlevel"

// until waits for something that must come true within about a second.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestBootstrapIsIdempotentAndRotates(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		admin := func(args ...string) []string {
			return append(append([]string{"admin", "bootstrap"}, args...), where...)
		}
		text := must(t, admin("--json")...)
		if got := shape(text); got != bootstrapShape {
			t.Errorf("printed\n%s, want\n%s", got, bootstrapShape)
		}
		var first app.Credentials
		if err := json.Unmarshal([]byte(text), &first); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "null") {
			t.Errorf("the first time something is not shown: %s", text)
		}
		s := start(t, append(append([]string{"serve"}, where...), trusting...)...)
		if got := strings.Join(opened(t, s.base, &first), " "); got != allDoors {
			t.Errorf("the credentials open %s only", got)
		}

		text = must(t, admin("--json")...)
		var second app.Credentials
		if err := json.Unmarshal([]byte(text), &second); err != nil {
			t.Fatal(err)
		}
		if got := shape(text); got != bootstrapShape {
			t.Errorf("the second time\n%s", got)
		}
		if second.CompanyID != first.CompanyID || second.LocationID != first.LocationID || second.User.ID != first.User.ID || second.User.Email != first.User.Email {
			t.Errorf("the second time other ids: %s", text)
		}
		// shown again are Radius's, which has a "copy key" button, and USERKEYs, which GetUsers hands back
		if second.Radius.SecureID == nil || *second.Radius.SecureID != *first.Radius.SecureID || second.LionDesk.UserKey == nil || *second.LionDesk.UserKey != *first.LionDesk.UserKey {
			t.Errorf("not shown again: %s", text)
		}
		if second.User.Password != nil || second.Brokerkit.Token != nil || second.LionDesk.APIKey != nil || second.LionDesk.PersonalUserKey != nil || second.HighLevel.PrivateToken != nil || second.HighLevel.CompanyToken != nil || second.HighLevel.ClientSecret != nil {
			t.Errorf("shown again: %s", text)
		}
		if got := strings.Join(opened(t, s.base, &first), " "); got != allDoors {
			t.Errorf("after the second time only %s work", got)
		}

		third := mustJSON[app.Credentials](t, admin("--rotate")...)
		if third.CompanyID != first.CompanyID || third.LocationID != first.LocationID || third.User.ID != first.User.ID {
			t.Errorf("rotation made other ids: %+v", third)
		}
		for what, pair := range map[string][2]*string{
			"password": {first.User.Password, third.User.Password}, "secure-id": {first.Radius.SecureID, third.Radius.SecureID}, "token": {first.Brokerkit.Token, third.Brokerkit.Token},
			"APIKEY": {first.LionDesk.APIKey, third.LionDesk.APIKey}, "USERKEY": {first.LionDesk.UserKey, third.LionDesk.UserKey},
			"personal USERKEY": {first.LionDesk.PersonalUserKey, third.LionDesk.PersonalUserKey}, "private token": {first.HighLevel.PrivateToken, third.HighLevel.PrivateToken},
			"company token": {first.HighLevel.CompanyToken, third.HighLevel.CompanyToken}, "client secret": {first.HighLevel.ClientSecret, third.HighLevel.ClientSecret},
		} {
			if pair[1] == nil || *pair[1] == *pair[0] {
				t.Errorf("the %s was not rotated", what)
			}
		}
		until(t, "the old credentials stop working", func() bool { return len(opened(t, s.base, &first)) == 0 })
		if got := strings.Join(opened(t, s.base, &third), " "); got != allDoors {
			t.Errorf("the new credentials open %s only", got)
		}
	})
}

// What was shut out is not shown as if it worked: a new one is made in its place.
func TestBootstrapMakesWhatIsMissing(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		first := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
		s := start(t, append([]string{"serve"}, where...)...)
		for _, k := range mustJSON[[]keyLine](t, append([]string{"admin", "keys", "list", "--api", "liondesk"}, where...)...) {
			if k.Kind == "partner" {
				must(t, append([]string{"admin", "keys", "disable", k.ID}, where...)...)
			}
		}
		next := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
		if next.LionDesk.APIKey == nil || next.LionDesk.UserKey == nil || *next.LionDesk.UserKey == *first.LionDesk.UserKey {
			t.Fatalf("%+v", next.LionDesk)
		}
		if got := strings.Join(opened(t, s.base, &next), " "); !strings.Contains(got, "liondesk") {
			t.Errorf("the new partner's keys open nothing: %s", got)
		}
	})
}

func TestBootstrapForPeople(t *testing.T) {
	data := t.TempDir()
	text := must(t, "admin", "bootstrap", "--data", data, "--company", "Saguaro Group", "--location", "Phoenix", "--timezone", "America/Phoenix", "--email", "Dana@Saguaro.example")
	for _, want := range []string{"company ", "location ", "sign-in ", "Dana@Saguaro.example", "password ", "Radius secure-id ", "Brokerkit token ", "LionDesk APIKEY ", "LionDesk USERKEY ", "LionDesk personal USERKEY ", "HighLevel token ", "pit-", "HighLevel company token ", "OAuth client id ", "OAuth client secret ", "OAuth redirect URI "} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "cannot be shown again") {
		t.Error("the first time something is not shown")
	}
	if again := must(t, "admin", "bootstrap", "--data", data); strings.Count(again, "(cannot be shown again; --rotate makes a new one)") != 7 {
		t.Errorf("the second time:\n%s", again)
	}
	l := mustJSON[[]locationLine](t, "admin", "locations", "list", "--data", data)
	c := mustJSON[[]companyLine](t, "admin", "companies", "list", "--data", data)
	if len(l) != 1 || l[0].Name != "Phoenix" || l[0].Timezone != "America/Phoenix" || len(c) != 1 || c[0].Name != "Saguaro Group" || l[0].CompanyID != c[0].ID {
		t.Errorf("%+v %+v", l, c)
	}
	for _, f := range []string{"foyer.db", "foyer.key"} {
		info, err := os.Stat(filepath.Join(data, f))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info.Mode(), err)
		}
	}
	// what cannot be made leaves nothing behind
	for want, args := range map[string][]string{
		"timezone: choice": {"--timezone", "Mars/Olympus"},
		"email: format":    {"--email", "not an address"},
	} {
		empty := t.TempDir()
		refused(t, want, append([]string{"admin", "bootstrap", "--data", empty}, args...)...)
		if list := mustJSON[[]companyLine](t, "admin", "companies", "list", "--data", empty); len(list) != 0 {
			t.Errorf("%v left %+v", args, list)
		}
	}
}
