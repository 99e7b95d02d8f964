package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// journal is a log that a test reads while the server writes it.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// each runs a test on both databases, on a Foyer that logs everything.
func each(t *testing.T, do func(t *testing.T, f *foyertest.F, log *journal)) {
	t.Helper()
	open := func(t *testing.T, s app.Store) {
		log := &journal{}
		f := foyertest.Start(t, app.Config{Store: s, Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), HighLevelVersion: true})
		do(t, f, log)
	}
	foyertest.Stores(t, open)
}

// request is what a test sends to a door.
type request struct {
	method, path, body string
	header             http.Header
	from               string    // the client's address; "" is the usual one
	stream             io.Reader // a body of unknown length, in place of body
}

// answer is what came back.
type answer struct {
	status int
	body   string
	header http.Header
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// send runs a request through the whole house, in this process.
func send(f *foyertest.F, q request) answer {
	r := &http.Request{Method: q.method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Host: "foyer.example",
		Body: io.NopCloser(strings.NewReader(q.body)), ContentLength: int64(len(q.body)), RemoteAddr: "192.0.2.1:1024"}
	if q.stream != nil {
		r.Body, r.ContentLength = io.NopCloser(q.stream), -1
	}
	maps.Copy(r.Header, q.header)
	if q.from != "" {
		r.RemoteAddr = q.from + ":1024"
	}
	path, query, _ := strings.Cut(q.path, "?")
	r = r.WithContext(context.Background())
	r.URL = newURL(path, query)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return answer{w.Code, w.Body.String(), w.Header()}
}

// tenant is a location with what is needed to call every door for it, and one
// of everything it owns.
type tenant struct {
	f      *foyertest.F
	name   string
	vars   map[string]string // credentials, as foyertest names them
	actor  crm.Actor
	scope  string // of the ids of its LionDesk partner
	canary string // stands in what it owns and in no id
	n      int    // contacts made
}

// tenants makes some tenants.
func tenants(t *testing.T, f *foyertest.F, names ...string) []*tenant {
	t.Helper()
	var all []*tenant
	for _, name := range names {
		all = append(all, newTenant(t, f, name))
	}
	return all
}

// newTenant makes a location with a user, a key for each API, and a canary on
// the user.
func newTenant(t *testing.T, f *foyertest.F, name string) *tenant {
	t.Helper()
	x := &tenant{f: f, name: name, vars: neighbour(t, f, name), canary: "canary" + name + id.Secret(6)}
	x.actor = crm.Actor{LocationID: x.vars["locationId"], CompanyID: x.vars["companyId"], UserID: x.vars["user.id"], Origin: "test"}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		list, err := auth.Keys(ctx, tx, x.actor.LocationID, auth.LionDesk)
		for _, k := range list {
			if k.Kind == auth.KindPartner {
				x.scope = k.ID + "/" + x.actor.UserID
			}
		}
		if err != nil {
			return err
		}
		if _, err = crm.ChangeUser(ctx, tx, x.actor.UserID, func(u *crm.User) { u.Title, u.Phone = x.canary, x.canary }); err != nil {
			return err
		}
		return x.company(ctx, tx)
	})
	return x
}

// neighbour makes one more location. Its user gets an address of its own, so
// that there can be many.
func neighbour(t *testing.T, f *foyertest.F, name string) map[string]string {
	t.Helper()
	vars := f.Neighbour(t)
	vars["user.email"] = "boss@" + strings.ToLower(name) + ".example"
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, vars["user.id"], func(u *crm.User) { u.Email, u.EmailKey = vars["user.email"], vars["user.email"] })
		return err
	})
	return vars
}

// owned are the ids of one contact and of what belongs to it.
type owned map[string]string

// families are the things that belong to a contact, and who makes them.
var families = []struct {
	names []string
	make  func(*tenant, context.Context, *db.Tx, owned) error
}{
	{append([]string{"slug", "groupSlug"}, calendarThings...), (*tenant).ownCalendar},
	{slices.Concat(ownedMore, conversationNames), (*tenant).ownMore}, // conversations have relations to opportunities
	{conversationNames, (*tenant).ownConversation},
}

// own makes a contact with a note, a link and a custom field, and one of
// everything else; what it says of itself has the tenant's canary in it.
func (x *tenant) own(t *testing.T) owned {
	t.Helper()
	return x.ownSome(t, func([]string) bool { return true })
}

// ownFor makes what the requests of a route name of the caller's own, which is
// done often.
func (x *tenant) ownFor(t *testing.T, row route) owned {
	t.Helper()
	return x.ownSome(t, func(names []string) bool {
		return slices.ContainsFunc(append(row.carries, row.plain), func(s sample) bool {
			return slices.ContainsFunc(ownMark.FindAllString(s.path+s.body, -1), func(m string) bool { return slices.Contains(names, m[1:len(m)-1]) })
		})
	})
}

func (x *tenant) ownSome(t *testing.T, wanted func(names []string) bool) owned {
	t.Helper()
	x.n++
	o := owned{
		"location": x.actor.LocationID, "company": x.actor.CompanyID, "user": x.actor.UserID, "userEmail": x.vars["user.email"],
		"email": fmt.Sprintf("p%04d@%s.example", x.n, strings.ToLower(x.name)), "phone": fmt.Sprintf("602%c%06d", '2'+x.name[0]%8, x.n),
		"serial": fmt.Sprintf("serial%04d%s", x.n, strings.ToLower(x.name)), "agent": "lic-" + x.name + fmt.Sprint(x.n), "link": "idx-" + x.name + fmt.Sprint(x.n), "idem": "key-" + x.name + fmt.Sprint(x.n),
	}
	err := x.f.DB.Write(context.Background(), x.actor.LocationID, func(ctx context.Context, tx *db.Tx) error {
		field, err := crm.CustomFieldNamed(ctx, tx, x.actor, x.canary+" budget", "TEXT")
		if err != nil {
			return err
		}
		email, _ := crm.NewEmail(o["email"], "")
		in := crm.Input{Contact: crm.Contact{FirstName: x.canary, LastName: "Person", Name: x.canary + " Person", Emails: []crm.Email{email}, Phones: []crm.Phone{crm.NewPhone(o["phone"], "cell")},
			Product: "recruiting", AssignedTo: x.actor.UserID, Followers: []string{x.actor.UserID}, Tags: []string{"tag-" + x.canary}, CompanyName: x.canary + " Realty",
			CustomFields: map[string]any{field.ID: x.canary}, Address: crm.Address{City: x.canary + "ville"}},
			Links: []crm.Link{{Origin: auth.LionDesk, Scope: x.scope, ExternalID: o["link"]}}}
		in.Details.AgentID = o["agent"]
		saved, err := crm.SaveContact(ctx, tx, x.actor, crm.Save{Input: in, AllowDuplicate: true})
		if err != nil {
			return err
		}
		note, err := crm.AddNote(ctx, tx, x.actor, crm.Note{ContactID: saved.Contact.ID, Body: x.canary + " says hello", UserID: x.actor.UserID})
		if err != nil {
			return err
		}
		o["contact"], o["number"], o["note"], o["field"], o["fieldKey"] = saved.Contact.ID, fmt.Sprint(saved.Contact.Number), note.ID, field.ID, field.Key
		for _, of := range families {
			if !wanted(of.names) {
				continue
			}
			if err := of.make(x, ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

var strangers struct {
	id.Source
	atomic.Int64
}

// stranger gives ids of the same form that stand for nothing.
func stranger() owned {
	o := owned{}
	for _, k := range slices.Concat([]string{"location", "company", "user", "contact", "note", "field"}, calendarThings, ownedMore, conversationThings) {
		o[k] = strangers.New(time.Now())
	}
	n := strangers.Add(1)
	o["number"] = fmt.Sprint(id.Number(strangers.New(time.Now())))
	o["userEmail"], o["email"], o["phone"] = fmt.Sprintf("nobody%d@nowhere.example", n), fmt.Sprintf("x%04d@nowhere.example", n), fmt.Sprintf("480%07d", 2345678+n)
	o["agent"], o["link"], o["idem"], o["fieldKey"] = fmt.Sprintf("lic-X%d", n), fmt.Sprintf("idx-X%d", n), fmt.Sprintf("key-X%d", n), fmt.Sprintf("contact.nothing_%d", n)
	o["userKey"] = id.Secret(32)
	o["slug"], o["groupSlug"] = fmt.Sprintf("new-x%d", n), fmt.Sprintf("of-x%d", n)
	o["serial"] = fmt.Sprintf("serial%04dnowhere", n)
	strangeConversation(o, n)
	return o
}

// sign puts the tenant's credentials where a door has them.
func (x *tenant) sign(door string, h http.Header) {
	switch door {
	case auth.Radius:
		h.Set("Secure-Id", x.vars["radius.secureId"])
	case auth.LionDesk:
		h.Set("Authorization", basic(x.vars["liondesk.apiKey"]))
		h.Set("X-Liondesk-Id", x.vars["liondesk.userKey"])
	case auth.Brokerkit:
		h.Set("Authorization", "Token token="+x.vars["brokerkit.token"])
	case auth.HighLevel:
		h.Set("Authorization", "Bearer "+x.vars["highlevel.privateToken"])
		h.Set("Version", "2021-07-28")
	}
}

// basic is HTTP Basic with an empty password.
func basic(user string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"))
}

// call sends a sample to a route as the tenant: mine stands for {…} in it,
// other for <…>.
func (x *tenant) call(d *wire.Door, r *wire.Route, s sample, mine, other owned) answer {
	q := request{method: r.Method, path: s.fill(s.pathOf(r), mine, other), body: s.fill(s.body, mine, other), header: http.Header{}}
	x.signFor(d, r, q.header)
	q.header.Set("Content-Type", "application/json")
	for k, v := range s.header {
		q.header.Set(k, s.fill(v, mine, other))
	}
	return send(x.f, q)
}

// dump gives every row of every table that a location has, as text, one line
// each, in order. System tables are given for db.System.
func dump(t *testing.T, f *foyertest.F, location string) []string {
	t.Helper()
	var rows []string
	err := f.DB.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		list, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, table := range list {
			own := slices.Contains(table.columns, "location_id")
			if !own && location != db.System || own && location == db.System && table.name != "api_keys" {
				continue
			}
			where, args := " WHERE location_id = $1", []any{location}
			if location == db.System {
				where, args = "", nil
			}
			// when a key was last used changes with every request
			columns := slices.DeleteFunc(slices.Clone(table.columns), func(c string) bool { return c == "last_used_at" })
			text := make([]string, len(columns))
			for i, c := range columns {
				text[i] = "CAST(" + c + " AS TEXT)"
			}
			found, err := texts(ctx, tx, len(columns), "SELECT "+strings.Join(text, ", ")+" FROM "+table.name+where, args...)
			if err != nil {
				return err
			}
			for _, r := range found {
				line := table.name + ":"
				for i, v := range r {
					line += " " + columns[i] + "=" + v
				}
				rows = append(rows, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows
}

type table struct {
	name    string
	columns []string
}

// tables lists the tables of the schema, but for the search index, which has no
// columns to read, and the schema's own.
func tables(ctx context.Context, tx *db.Tx) ([]table, error) {
	const columns = `/*sqlite SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, c.cid*/
		/*postgres SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, ordinal_position*/`
	found, err := texts(ctx, tx, 2, columns)
	var list []table
	for _, r := range found {
		if strings.HasPrefix(r[0], "contact_search") || r[0] == "schema_migrations" {
			continue
		}
		if len(list) == 0 || list[len(list)-1].name != r[0] {
			list = append(list, table{name: r[0]})
		}
		last := &list[len(list)-1]
		last.columns = append(last.columns, r[1])
	}
	return list, err
}

// texts gives rows of n columns of text.
func texts(ctx context.Context, tx *db.Tx, n int, query string, args ...any) (all [][]string, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, at := make([]string, n), make([]any, n)
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// without gives the lines of after that before does not have.
func without(after, before []string) []string {
	had := map[string]int{}
	for _, l := range before {
		had[l]++
	}
	var fresh []string
	for _, l := range after {
		if had[l] > 0 {
			had[l]--
			continue
		}
		fresh = append(fresh, l)
	}
	return fresh
}
