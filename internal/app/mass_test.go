package app_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Whatever a request says beyond what the contract documents changes nothing:
// the same request with the name of every column and of everything an attacker
// would like to set leaves the same rows, in whatever spelling.
func TestUndocumentedFieldsSetNothing(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		names := wishes(t, f)
		if len(names) < 300 {
			t.Fatalf("only %d names are tried", len(names))
		}
		a := newTenant(t, f, "Alpha")
		victim := a.own(t)
		values := []any{"grabbed", 424242, true, map[string]any{"id": victim["contact"]}, []any{victim["user"]}, victim["location"]}
		askers, companies := map[*wire.Route]*tenant{}, []string{} // a tenant for each route: their tables are read often
		for _, d := range f.House.Doors() {
			for i := range d.Routes {
				if r := &d.Routes[i]; writes(r) && routes[nameOf(d, r)].plain.body != "" {
					askers[r] = newTenant(t, f, "Beta"+strconv.Itoa(len(askers)))
					companies = append(companies, "company_id="+askers[r].actor.CompanyID)
				}
			}
		}
		system := dump(t, f, db.System)
		t.Run("routes", func(t *testing.T) {
			for _, d := range f.House.Doors() {
				for i := range d.Routes {
					r := &d.Routes[i]
					if b := askers[r]; b != nil {
						t.Run(nameOf(d, r), func(t *testing.T) {
							t.Parallel()
							setsNothing(t, b, d, r, names, values)
						})
					}
				}
			}
		})
		changed := slices.DeleteFunc(without(dump(t, f, db.System), system), func(line string) bool {
			// who asks may change their own users and locations
			return slices.ContainsFunc(companies, func(c string) bool { return strings.Contains(line, c) })
		})
		if len(changed) > 0 {
			t.Errorf("somebody's users, keys or locations changed:\n%s", strings.Join(changed, "\n"))
		}
	})
}

// setsNothing sends a route's plain request as b, without and with more names.
func setsNothing(t *testing.T, b *tenant, d *wire.Door, r *wire.Route, names []string, values []any) {
	t.Helper()
	row := routes[nameOf(d, r)]
	b.effect(t, d, r, row.plain, b.ownFor(t, row), nil) // the first use of a tag, say, makes it
	plain := b.effect(t, d, r, row.plain, b.ownFor(t, row), nil)
	if plain.body >= "300" {
		t.Fatalf("the plain request is refused: %s", plain.body)
	}
	left := slices.DeleteFunc(slices.Clone(names), row.documents)
	const at = 250 // names at once: an object may have a thousand
	for n := 0; n < len(left); n += at {
		some := left[n:min(n+at, len(left))]
		wider := row.plain
		wider.body = widen(t, row, some, values[n/at%len(values):])
		got := b.effect(t, d, r, wider, b.ownFor(t, row), nil)
		if got.body != plain.body { // the warnings tell of what was ignored
			t.Errorf("answers in another way to %v…\n with: %s\n none: %s", some[:5], got.body, plain.body)
		}
		if had, has := contractual(plain.rows, row), contractual(got.rows, row); !slices.Equal(had, has) {
			t.Errorf("undocumented fields left other rows\n with: %s\n none: %s", strings.Join(without(has, had), "\n"), strings.Join(without(had, has), "\n"))
		}
	}
}

// wishes lists the names of all columns of all tables, and what nobody may set,
// in several spellings.
func wishes(t *testing.T, f *foyertest.F) []string {
	t.Helper()
	names := []string{"id", "_id", "tenantId", "tenant_id", "locationId", "owner", "ownerId", "role", "roles", "isAdmin", "admin", "is_admin", "createdAt", "dateAdded", "number",
		"version", "__proto__", "constructor", "prototype", "permissions", "scopes", "passwordHash", "contactId", "client_id", "deleted", "disabled", "test_mode", "$where", "$ref"}
	if err := f.DB.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		list, err := tables(ctx, tx)
		for _, table := range list {
			names = append(names, table.columns...)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range names {
		camel := regexp.MustCompile(`_[a-z]`).ReplaceAllStringFunc(n, func(s string) string { return strings.ToUpper(s[1:]) })
		for _, s := range []string{n, camel, strings.ToUpper(n), strings.ToUpper(camel[:1]) + camel[1:]} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// documents reports whether the contract gives a name a meaning.
func (row route) documents(name string) bool {
	fold := func(s string) string { return s }
	if row.folds {
		fold = func(s string) string {
			return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
		}
	}
	for f := range strings.FieldsSeq(row.fields) {
		if fold(f) == fold(name) {
			return true
		}
	}
	return false
}

// widen adds members to the body, and to the object in it that takes the fields.
func widen(t *testing.T, row route, names []string, values []any) string {
	t.Helper()
	// marks of numbers are not JSON yet
	var body map[string]any
	if err := json.Unmarshal([]byte(row.plain.body), &body); err != nil {
		t.Fatalf("%v in %s", err, row.plain.body)
	}
	for _, into := range []any{body, body[row.takes]} {
		object, ok := into.(map[string]any)
		for i, n := range names {
			if _, there := object[n]; ok && !there {
				object[n] = values[i%len(values)]
			}
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	customChange = regexp.MustCompile(`,?\s*\{[^{}]*"field":\s?"customFields\.ID"[^{}]*\}`)
	customValues = regexp.MustCompile(`custom_fields=\{.*?\} details=`)
)

// contractual leaves out the rows that rightly differ: the import log keeps the
// body, and a door may make custom fields of scalars it does not know.
func contractual(rows []string, row route) []string {
	var out []string
	for _, r := range rows {
		table, _, _ := strings.Cut(r, ":")
		if table == "intake_log" || table == "idempotency_keys" {
			continue
		}
		if row.keeps {
			if table == "custom_fields" || strings.Contains(r, "type=custom_field.created") {
				continue
			}
			r = customValues.ReplaceAllString(customChange.ReplaceAllString(r, ""), "details=")
		}
		out = append(out, r)
	}
	return out
}

// A key opens what its scopes say. Without any it opens nothing, and the door
// says so in the vendor's way.
func TestAKeyWithoutScopesDoesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		x := tenants(t, f, "Alpha")[0]
		mine := x.own(t)
		for _, d := range f.House.Doors() {
			stripScopes(t, f, d.Name)
			for i := range d.Routes {
				r := &d.Routes[i]
				row := routes[nameOf(d, r)]
				all := row.carries
				if row.plain.body != "" {
					all = append([]sample{row.plain}, all...)
				}
				before := keepsakes(dump(t, f, x.actor.LocationID))
				for _, s := range all {
					got := x.call(d, r, s, mine, mine)
					if s.header["X-Liondesk-Id"] != "" || strings.Contains(s.body, `"Echo"`) {
						continue // with another key, and what needs no rights
					}
					refused := got.status == 403 || got.status == 401 && strings.Contains(got.body, "not authorized for this scope") || strings.Contains(got.body, `"error":11,`)
					if !refused {
						t.Errorf("%s %s %s without a scope: %s", r.Method, s.pathOf(r), s.body, got)
					}
				}
				if changed := without(keepsakes(dump(t, f, x.actor.LocationID)), before); len(changed) > 0 {
					t.Errorf("%s %s without a scope changed\n%s", r.Method, r.Path, strings.Join(changed, "\n"))
				}
				if r.Scope == "" && d.Name != "liondesk" && row.elsewhere == "" {
					t.Errorf("%s: a route without a scope is open to every key", nameOf(d, r))
				}
			}
		}
	})
}

// keepsakes are the rows without the import log.
func keepsakes(rows []string) []string {
	return slices.DeleteFunc(rows, func(r string) bool { return strings.HasPrefix(r, "intake_log:") })
}

// stripScopes takes the scopes away from every key of an API.
func stripScopes(t *testing.T, f *foyertest.F, api string) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE api_keys SET scopes = '[]' WHERE api = $1", api)
		return err
	})
}

// What a tenant adds no other one can count: every list and search answers the
// same before and after.
func TestNobodyCountsAnotherTenantsContacts(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		both := tenants(t, f, "Alpha", "Beta")
		a, b := both[0], both[1]
		mine := b.own(t)
		ask := func() map[string]string {
			answers := map[string]string{}
			for _, d := range f.House.Doors() {
				for i := range d.Routes {
					r := &d.Routes[i]
					if writes(r) {
						continue
					}
					for _, s := range append(routes[nameOf(d, r)].carries, extra(d, r)...) {
						got := b.call(d, r, s, mine, mine)
						answers[r.Method+" "+s.pathOf(r)+" "+s.body] = uuids.ReplaceAllString(got.String(), "UUID") + warningsOf(got)
					}
				}
			}
			return answers
		}
		before := ask()
		for range 50 {
			a.own(t)
		}
		for what, now := range ask() {
			if now != before[what] {
				t.Errorf("%s\n before: %s\n  after: %s", what, before[what], now)
			}
			if strings.Contains(now, a.canary) {
				t.Errorf("%s shows another tenant's contact", what)
			}
		}
		if len(before) < 5 {
			t.Errorf("only %d questions were asked", len(before))
		}
	})
}

// extra are questions without ids whose answers count.
func extra(d *wire.Door, r *wire.Route) []sample {
	switch nameOf(d, r) {
	case "brokerkit GET /v2/leads":
		return []sample{{path: "/v2/leads"}, {path: "/v2/leads?product=recruiting"}, {path: "/v2/leads?page=2"}}
	case "highlevel GET /contacts":
		return []sample{{path: "/contacts/?locationId={location}"}, {path: "/contacts/?locationId={location}&query=Person"}, {path: "/contacts/?locationId={location}&query=canary"}}
	case "highlevel POST /contacts/search":
		return []sample{{body: `{"locationId":"{location}","pageLimit":20}`}, {body: `{"locationId":"{location}","pageLimit":20,"query":"Person"}`}, {body: `{"locationId":"{location}","pageLimit":20,"query":"canaryAl"}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"lastNameLowerCase","operator":"eq","value":"person"}]}`},
			{body: `{"locationId":"{location}","pageLimit":20,"filters":[{"field":"firstNameLowerCase","operator":"contains","value":"canary"}]}`}}
	}
	return nil
}
