package app_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// sample is one request of a route. <name> stands for an id that the test
// chooses: another tenant's, or nobody's. {name} stands for one of the caller's
// own. The names are those of owned.
type sample struct {
	path   string // "" is the route's own, with <contact> and so on for its parameters
	body   string
	header map[string]string
}

// route says what the tests below have to know of a route.
type route struct {
	// plain works: it is the request that the tests add fields to, or break.
	plain sample
	// carries are requests with an id in each place that the contract has for
	// one: path, query, body, header. What is matched by counts as an id too.
	carries []sample
	// takes names the member of plain's body that holds the fields; "" is the
	// body itself. fields are those that the contract documents, and folds says
	// that any spelling of them counts.
	takes  string
	fields string
	folds  bool
	// keeps says that an undocumented scalar becomes a custom field.
	keeps bool
	// once says that plain is refused the second time: what it makes is there.
	once bool
	// slow says that each request costs a password's hash: fewer are made, and
	// another row has the same fields.
	slow bool
	// file is how the media type of an answer begins that is a file and no JSON.
	file string
	// elsewhere names the tests of a route that no key of a location opens: it
	// has requests of its own kind.
	elsewhere string
	// agency says that it is for the token of a whole company.
	agency bool
}

// idempotent sends plain under a key that somebody else used.
var idempotent = map[string]string{"Idempotency-Key": "<idem>"}

// routes has a row for every route of every door. A route without one fails
// TestEveryRouteHasItsRow, so a new one is covered or the build fails.
var routes = together(calendarRoutes, conversationRoutes, setUpRoutes, firstRoutes, triggerRoutes())

// triggerRoutes are the feeds of triggers: they ask the operations that have rows
// of their own.
func triggerRoutes() map[string]route {
	rows := map[string]route{}
	for _, o := range highlevel.Triggers() {
		rows["triggers GET "+o.Feed()] = route{elsewhere: "TestEveryTriggerIsAFeed, TestFeedsAreGuarded"}
	}
	return rows
}

var firstRoutes = map[string]route{
	"radius POST /v3.0/clients/import": {
		plain: sample{body: `{"client":{"name":"Rita Radius","emails":"{email}","phones":"{phone}","type":"buyer"}}`},
		carries: []sample{
			{body: `{"client":{"name":"Rita Radius","emails":"<email>","phones":"{phone}"}}`},
			{body: `{"client":{"name":"Rita Radius","emails":"{email}","phones":"<phone>"}}`},
			{body: `{"client":{"name":"Rita Radius","emails":["{email}","<email>"],"phones":["{phone}","<phone>"]},"prop":{"address":"1 Oak St"},"req":{"city":"Mesa"}}`},
			{body: `{"client":{"name":"Rita Radius","emails":"{email}","phones":"{phone}","id":"<contact>","client_id":"<number>","contactId":"<contact>"}}`},
			{body: `{"client":{"name":"Rita Radius","emails":"{email}","phones":"{phone}"}}`, header: idempotent},
		},
		takes: "client", keeps: true,
		fields: `name first_name last_name emails phones type status address city state zipcode location tags source gender date_of_birth spouse_date_of_birth home_anniversary
			company_name attorney_name commission priority_status website note`,
	},
	"liondesk POST /": {
		plain: sample{body: `{"action":"NewSubmission","firstname":"Leo","lastname":"Desk","email":"{email}","phone":"{phone}"}`},
		carries: []sample{
			{body: `{"action":"NewSubmission","email":"<email>","comments":"hi"}`},
			{body: `{"action":"NewSubmission","phone":"<phone>","comments":"hi"}`},
			{body: `{"action":"NewSubmission","email":"{email}","phone":"<phone>","contactid":"<link>","comments":"hi"}`},
			{body: `{"action":"NewSubmission","email":"fresh-{email}","contactid":"<link>"}`},
			{body: `{"action":"NewSubmission","email":"fresh-{email}","contactid":"<contact>"}`},
			{body: `{"action":"NewSubmission","email":"fresh-{email}","assigned user email":"<userEmail>"}`},
			{body: `{"action":"NewSubmission","email":"fresh-{email}"}`, header: idempotent},
			{body: `{"action":"NewComment","liondeskcontactid":<number>,"type":1,"description":"hi"}`},
			{body: `{"action":"NewComment","liondeskcontactid":"<number>","contactid":"{link}","type":5,"description":"hi"}`},
			{body: `{"action":"NewComment","contactid":"<link>","type":8,"description":"hi"}`},
			{body: `{"action":"NewComment","contactid":"<contact>","type":1}`},
			{body: `{"action":"NewComment","contactid":"{link}","type":1}`, header: idempotent},
			{body: `{"action":"NewActivity","liondeskcontactid":<number>,"type":"visit"}`},
			{body: `{"action":"NewActivity","contactid":"<link>","type":"property_viewed","property":{"mls":"1","city":"Mesa"}}`},
			{body: `{"action":"NewActivity","contactid":"{link}","type":"visit","siteid":"<location>"}`},
			// one partner's user behind another's key, and the other way round
			{body: `{"action":"NewSubmission","email":"fresh-{email}"}`, header: map[string]string{"X-Liondesk-Id": "<userKey>"}},
			{body: `{"action":"NewSubmission","email":"fresh-{email}"}`, header: map[string]string{"Authorization": "Basic dXNlcjo=", "X-Liondesk-Id": "<userKey>"}},
			{body: `{"action":"GetUsers","userid":"<user>"}`},
			{body: `{"action":"Echo","msg":"<contact>"}`},
		},
		folds: true,
		fields: `action firstname lastname phone email street_address city state zip assigned_user_name assigned_user_email assigned_user_phone siteid tag tags contactid comments
			type description sitedomain created property liondeskcontactid msg`,
	},
	"brokerkit POST /v2/leads": {
		plain: sample{body: `{"first_name":"Bea","last_name":"Kit","email":"{email}","agent_id":"{agent}"}`},
		carries: []sample{
			{body: `{"first_name":"Bea","email":"<email>"}`},
			{body: `{"first_name":"Bea","agent_id":"<agent>"}`},
			{body: `{"first_name":"Bea","email":"{email}","agent_id":"<agent>"}`},
			{body: `{"first_name":"Bea","email":"<email>","test":true}`},
			{body: `{"first_name":"Bea","phone":"+1<phone>","other_phone":"+1<phone>","email":"{email}"}`},
			{body: `{"first_name":"Bea","email":"{email}","owner_email":"<userEmail>"}`},
			{body: `{"first_name":"Bea","email":"{email}","referrer_email":"<userEmail>"}`},
			{body: `{"first_name":"Bea","email":"{email}","id":<number>,"team_id":<number>,"owner":{"id":<number>}}`},
			{body: `{"first_name":"Bea","email":"{email}"}`, header: idempotent},
		},
		fields: brokerkitFields,
	},
	"brokerkit GET /v2/leads": {
		carries: []sample{
			{path: "/v2/leads?email=<email>"},
			{path: "/v2/leads?agent_id=<agent>"},
			{path: "/v2/leads?page=2&per_page=1&agent_id=<agent>"},
			{path: "/v2/leads?team_id=<number>&id=<number>&owner=<user>"},
		},
	},
	"brokerkit GET /v2/leads/{}": {
		carries: []sample{{path: "/v2/leads/<number>"}, {path: "/v2/leads/<contact>"}, {path: "/v2/leads/<number>.json"}},
	},
	"brokerkit PUT /v2/leads/{}":   {plain: brokerkitPlain, carries: brokerkitUpdates, fields: brokerkitFields},
	"brokerkit PATCH /v2/leads/{}": {plain: brokerkitPlain, carries: brokerkitUpdates, fields: brokerkitFields},
	"highlevel POST /contacts": {
		plain: sample{body: `{"locationId":"{location}","firstName":"Hal","lastName":"Level","email":"fresh-{email}"}`},
		carries: []sample{
			{body: `{"locationId":"<location>","firstName":"Hal","email":"fresh-{email}"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"<email>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","phone":"+1<phone>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"<email>","phone":"{phone}"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}","id":"<contact>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}","assignedTo":"<user>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}","followers":["<user>"],"businessId":"<contact>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}","customFields":[{"id":"<field>","field_value":"1"},{"key":"<fieldKey>","field_value":"2"}]}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}","companyId":"<company>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}"}`, header: idempotent},
		},
		fields: highLevelFields,
	},
	"highlevel POST /contacts/upsert": {
		plain: sample{body: `{"locationId":"{location}","firstName":"Hal","lastName":"Level","email":"fresh-{email}"}`},
		carries: []sample{
			{body: `{"locationId":"<location>","firstName":"Hal","email":"fresh-{email}"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"<email>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","phone":"+1<phone>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"{email}","phone":"+1<phone>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"{email}","id":"<contact>","assignedTo":"<user>"}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"{email}","customFields":[{"id":"<field>","field_value":"1"},{"key":"<fieldKey>","field_value":"2"}]}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"{email}","followers":["<user>"]}`},
			{body: `{"locationId":"{location}","firstName":"Hal","email":"fresh-{email}"}`, header: idempotent},
		},
		fields: highLevelFields + " createNewIfDuplicateAllowed",
	},
	"highlevel GET /contacts": {
		carries: []sample{
			{path: "/contacts/?locationId=<location>"},
			{path: "/contacts/?locationId={location}&startAfterId=<contact>&startAfter=1"},
			{path: "/contacts/?locationId={location}&query=<email>"},
			{path: "/contacts/?locationId={location}&query=<phone>"},
		},
	},
	"highlevel GET /contacts/{}": {carries: []sample{{path: "/contacts/<contact>"}, {path: "/contacts/<number>"}}},
	"highlevel PUT /contacts/{}": {
		plain: sample{path: "/contacts/{contact}", body: `{"firstName":"Hal"}`},
		carries: []sample{
			{path: "/contacts/<contact>", body: `{"firstName":"Hal"}`},
			{path: "/contacts/{contact}", body: `{"firstName":"Hal","locationId":"<location>"}`},
			{path: "/contacts/{contact}", body: `{"firstName":"Hal","email":"<email>"}`},
			{path: "/contacts/{contact}", body: `{"firstName":"Hal","phone":"+1<phone>"}`},
			{path: "/contacts/{contact}", body: `{"assignedTo":"<user>"}`},
			{path: "/contacts/{contact}", body: `{"id":"<contact>","followers":["<user>"],"businessId":"<contact>"}`},
			{path: "/contacts/{contact}", body: `{"customFields":[{"id":"<field>","field_value":"1"},{"key":"<fieldKey>","field_value":"2"}]}`},
		},
		fields: highLevelFields,
	},
	"highlevel DELETE /contacts/{}": {carries: []sample{{path: "/contacts/<contact>"}, {path: "/contacts/<contact>", body: `{"locationId":"<location>"}`}}},
	"highlevel POST /contacts/search": {
		plain: sample{body: `{"locationId":"{location}","pageLimit":20}`},
		carries: []sample{
			{body: `{"locationId":"<location>","pageLimit":20}`},
			{body: `{"locationId":"{location}","pageLimit":20,"query":"<email>"}`},
			{body: `{"locationId":"{location}","pageLimit":20,"query":"<phone>"}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"id","operator":"eq","value":"<contact>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"email","operator":"eq","value":"<email>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"phone","operator":"contains","value":"<phone>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"assignedTo","operator":"eq","value":"<user>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"followers","operator":"eq","value":"<user>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"locationId","operator":"eq","value":"<location>"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"customFields.<field>","operator":"exists"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"group":"OR","filters":[{"field":"id","operator":"eq","value":"<contact>"},{"field":"email","operator":"eq","value":"<email>"}]}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"searchAfter":[1,"<contact>"]}`},
		},
		fields: "locationId page pageLimit searchAfter filters sort query",
	},
	"highlevel GET /contacts/search/duplicate": {
		carries: []sample{
			{path: "/contacts/search/duplicate?locationId=<location>&email={email}"},
			{path: "/contacts/search/duplicate?locationId={location}&email=<email>"},
			{path: "/contacts/search/duplicate?locationId={location}&number=%2B1<phone>"},
			{path: "/contacts/search/duplicate?locationId=<location>&email=<email>"},
		},
	},
	"highlevel GET /contacts/{}/notes":    {carries: []sample{{path: "/contacts/<contact>/notes"}}},
	"highlevel GET /contacts/{}/notes/{}": {carries: []sample{{path: "/contacts/<contact>/notes/<note>"}, {path: "/contacts/{contact}/notes/<note>"}, {path: "/contacts/<contact>/notes/{note}"}}},
	"highlevel POST /contacts/{}/notes": {
		plain: sample{path: "/contacts/{contact}/notes", body: `{"body":"hello"}`},
		carries: []sample{
			{path: "/contacts/<contact>/notes", body: `{"body":"hello"}`},
			{path: "/contacts/{contact}/notes", body: `{"body":"hello","userId":"<user>"}`},
			{path: "/contacts/{contact}/notes", body: `{"body":"hello","contactId":"<contact>","id":"<note>"}`},
			{path: "/contacts/{contact}/notes", body: `{"body":"hello"}`, header: idempotent},
		},
		fields: "userId body title color pinned",
	},
	"highlevel PUT /contacts/{}/notes/{}": {
		plain: sample{path: "/contacts/{contact}/notes/{note}", body: `{"body":"hello"}`},
		carries: []sample{
			{path: "/contacts/<contact>/notes/<note>", body: `{"body":"hello"}`},
			{path: "/contacts/{contact}/notes/<note>", body: `{"body":"hello"}`},
			{path: "/contacts/<contact>/notes/{note}", body: `{"body":"hello"}`},
			{path: "/contacts/{contact}/notes/{note}", body: `{"body":"hello","userId":"<user>","contactId":"<contact>"}`},
		},
		fields: "userId body title color pinned",
	},
	"highlevel DELETE /contacts/{}/notes/{}": {
		carries: []sample{{path: "/contacts/<contact>/notes/<note>"}, {path: "/contacts/{contact}/notes/<note>"}, {path: "/contacts/<contact>/notes/{note}"}},
	},
	"highlevel POST /contacts/{}/tags": {
		plain: sample{path: "/contacts/{contact}/tags", body: `{"tags":["hot"]}`},
		carries: []sample{
			{path: "/contacts/<contact>/tags", body: `{"tags":["hot"]}`},
			{path: "/contacts/{contact}/tags", body: `{"tags":["hot"],"contactId":"<contact>","locationId":"<location>"}`},
			{path: "/contacts/{contact}/tags", body: `{"tags":["hot"]}`, header: idempotent},
		},
		fields: "tags",
	},
	"highlevel DELETE /contacts/{}/tags": {
		plain: sample{path: "/contacts/{contact}/tags", body: `{"tags":["hot"]}`},
		carries: []sample{
			{path: "/contacts/<contact>/tags", body: `{"tags":["hot"]}`},
			{path: "/contacts/{contact}/tags", body: `{"tags":["hot"],"contactId":"<contact>"}`},
		},
		fields: "tags",
	},
	"highlevel POST /oauth/locationToken":               {elsewhere: "highlevel: TestACompanyTokenIsExchangedForALocations"},
	"highlevel POST /oauth/location-token":              {elsewhere: "highlevel: TestACompanyTokenIsExchangedForALocations"},
	"highlevel GET /oauth/installedLocations":           {elsewhere: "highlevel: TestInstalledLocationsAreListed"},
	"highlevel GET /oauth/installed-locations":          {elsewhere: "highlevel: TestInstalledLocationsAreListed"},
	"oauth POST /oauth/token":                           {elsewhere: "highlevel: TestE6…, TestE9…, TestE12…, TestE13…"},
	"oauth POST /oauth/revoke":                          {elsewhere: "highlevel: TestE15…"},
	"oauth POST /oauth/introspect":                      {elsewhere: "highlevel: TestE16…"},
	"oauth GET /.well-known/oauth-authorization-server": {elsewhere: "highlevel: TestE11…"},
	"me GET /me/notifications":                          {elsewhere: "ui: TestNotificationsAreTheirUsers"},
	"me POST /me/notifications/read":                    {elsewhere: "ui: TestNotificationsAreTheirUsers"},
	"me GET /me/notifications/preferences":              {elsewhere: "ui: TestNotificationsAreTheirUsers"},
	"me PUT /me/notifications/preferences":              {elsewhere: "ui: TestNotificationsAreTheirUsers"},
	"events GET /events":                                {elsewhere: "stream: TestNobodyIsToldOfAnothersEvents"},
	"oauth GET /.well-known/oauth-protected-resource":   {elsewhere: "highlevel: TestE11…"},
}

// highLevelFields also have the spellings of the other generations of the API
// (contract.md §2, §8.1).
const highLevelFields = `firstName lastName name email locationId gender phone address1 city state postalCode website timezone dnd dndSettings inboundDndSettings tags customFields customField
	source dateOfBirth country companyName assignedTo followers type businessId attributionSource additionalEmails additionalPhones profilePhoto`

const brokerkitFields = `test product first_name last_name birthday phone other_phone office_phone email agent_id bucket status note source currently_at alt_address alt_city alt_state alt_zip
	office_address office_city office_state office_zip kpa_taken active_listings_count production_ytd rating production_label owner_email referrer_email`

var brokerkitPlain = sample{path: "/v2/leads/{number}", body: `{"first_name":"Bea"}`}

var brokerkitUpdates = []sample{
	{path: "/v2/leads/<number>", body: `{"first_name":"Bea"}`},
	{path: "/v2/leads/<contact>", body: `{"first_name":"Bea"}`},
	{path: "/v2/leads/{number}", body: `{"first_name":"Bea","email":"<email>"}`},
	{path: "/v2/leads/{number}", body: `{"first_name":"Bea","agent_id":"<agent>"}`},
	{path: "/v2/leads/{number}", body: `{"first_name":"Bea","owner_email":"<userEmail>","referrer_email":"<userEmail>"}`},
	{path: "/v2/leads/{number}", body: `{"first_name":"Bea","id":<number>,"team_id":<number>}`},
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// nameOf is a route's name in the table.
func nameOf(d *wire.Door, r *wire.Route) string {
	return d.Name + " " + r.Method + " " + parameter.ReplaceAllString(strings.TrimSuffix(r.Path, "/"), "{}") + map[bool]string{true: "/"}[r.Path == "/"]
}

// writes reports whether a route may change something.
func writes(r *wire.Route) bool { return r.Method != "GET" && !strings.HasSuffix(r.Path, "/search") }

func TestEveryRouteHasItsRow(t *testing.T) {
	f := foyertest.New(t)
	seen := map[string]bool{}
	for _, d := range f.House.Doors() {
		for i := range d.Routes {
			r := &d.Routes[i]
			name := nameOf(d, r)
			row, ok := routes[name]
			seen[name] = true
			if !ok {
				t.Errorf("the route %q (%s) has no row in routes: say which of its requests carry ids", name, r.Name)
				continue
			}
			for _, at := range parameterSegments(r.Path) {
				if !carriesAt(row, at) {
					t.Errorf("%q: no request has somebody else's id in the path's segment %d", name, at)
				}
			}
			if writes(r) && row.plain.body == "" && row.elsewhere == "" && r.Method != "DELETE" {
				t.Errorf("%q writes, and its row has no plain request", name)
			}
			for _, a := range r.Aliases {
				if len(parameter.FindAllString(a, -1)) != len(parameter.FindAllString(r.Path, -1)) {
					t.Errorf("%q: the alias %s has other parameters", name, a)
				}
			}
		}
	}
	for name := range routes {
		if !seen[name] {
			t.Errorf("the row %q is for no route", name)
		}
	}
}

func parameterSegments(path string) []int {
	var at []int
	for i, s := range strings.Split(path, "/") {
		if parameter.MatchString(s) {
			at = append(at, i)
		}
	}
	return at
}

func carriesAt(row route, segment int) bool {
	for _, s := range row.carries {
		path, _, _ := strings.Cut(s.path, "?")
		if parts := strings.Split(path, "/"); len(parts) > segment && strings.Contains(parts[segment], "<") {
			return true
		}
	}
	return false
}

var (
	otherMark = regexp.MustCompile(`<([a-zA-Z]+)>`)
	ownMark   = regexp.MustCompile(`\{([a-zA-Z]+)\}`)
)

func (s sample) pathOf(r *wire.Route) string {
	if s.path == "" {
		return r.Path
	}
	return s.path
}

// fill puts ids in place of the marks of a text.
func (s sample) fill(text string, mine, other owned) string {
	text = otherMark.ReplaceAllStringFunc(text, func(m string) string {
		if v, ok := other[m[1:len(m)-1]]; ok {
			return v
		}
		return m
	})
	return ownMark.ReplaceAllStringFunc(text, func(m string) string {
		if v, ok := mine[m[1:len(m)-1]]; ok {
			return v
		}
		return m
	})
}

func newURL(path, query string) *url.URL {
	u := &url.URL{Path: path, RawQuery: query}
	if decoded, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = decoded, path
	}
	return u
}
