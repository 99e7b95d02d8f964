package highlevel_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Whole requests with something wrong in them, on every operation alike: no
// failure of the server, no panic, and always an answer as the documents have it,
// which the judge sees to. FOYER_SOAK sends 100,000 to each database.
func TestMutatedRequestsAreAnswered(t *testing.T) {
	const workers = 4
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		statuses, mu := map[int]int{}, sync.Mutex{}
		for round := range rounds(1, 20) { // what was deleted is there again
			seeds := sown(t, f, f.Rehearse(t, "testdata"))
			var all sync.WaitGroup
			for worker := range workers {
				all.Go(func() {
					m := &mutator{Rand: rand.New(rand.NewPCG(uint64(round), uint64(worker))), f: f, seeds: seeds, names: slices.Sorted(maps.Keys(seeds)), ids: pool(seeds), tokens: tokens(f)}
					for i := range rounds(1000, 5000) / workers {
						status := m.send(t, m.names[(i*workers+worker)%len(m.names)])
						mu.Lock()
						statuses[status]++
						mu.Unlock()
					}
				})
			}
			all.Wait()
		}
		t.Logf("answers by status: %v", statuses)
		if good := statuses[200] + statuses[201]; good < rounds(50, 5000) {
			t.Errorf("%d requests were good: the mutations go no deeper than the door", good)
		}
	})
}

// send sends a request of an operation.
func (m *mutator) send(t *testing.T, name string) (status int) {
	q := m.request(name)
	if at := strings.Trim(q.Path, "/"); q.Method == http.MethodDelete && (at == "locations/"+m.f.Vars["locationId"] || at == "users/"+m.f.Vars["user.id"]) {
		return 0 // nothing would be left to try
	}
	status, header, body := m.f.Send(q, fmt.Sprintf("192.0.%d.%d:1024", m.IntN(256), m.IntN(256)))
	if status >= 500 || status >= 300 && status < 400 && header.Get("Location") == "" {
		t.Errorf("%+.3000q: %d %.500s", q, status, body)
	}
	return status
}

// sown sorts requests by operation; each must have some.
func sown(t *testing.T, f *foyertest.F, all []foyertest.Request) map[string][]foyertest.Request {
	t.Helper()
	seeds := map[string][]foyertest.Request{}
	for _, o := range highlevel.AllOperations() {
		name := o.Method + " " + o.Path
		for _, q := range all {
			if q.Method == o.Method && fits(o.Path, q.Path) {
				seeds[name] = append(seeds[name], q)
			}
		}
		if len(seeds[name]) == 0 {
			t.Errorf("no conversation has %s", name)
		}
	}
	for _, q := range all {
		if q.Path == "/oauth/token" {
			seeds["POST /oauth/token"] = append(seeds["POST /oauth/token"], q)
		}
	}
	return seeds
}

// fits reports whether a path may be an operation's.
func fits(pattern, path string) bool {
	want, got := strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || strings.HasPrefix(w, "{") && g != "" })
}

// tokens gives one that each operation is for.
func tokens(f *foyertest.F) map[string]string {
	all := map[string]string{}
	for _, o := range highlevel.AllOperations() {
		all[o.Method+" "+o.Path] = map[string]string{highlevel.Agency: f.Vars["agency"], highlevel.AgencyApp: f.Vars["highlevel.companyToken"]}[o.Token]
		if all[o.Method+" "+o.Path] == "" {
			all[o.Method+" "+o.Path] = f.Vars["highlevel.privateToken"]
		}
	}
	return all
}

// pool gives the parts of all paths: ids, and words that stand in their place.
func pool(seeds map[string][]foyertest.Request) (ids []string) {
	for _, name := range slices.Sorted(maps.Keys(seeds)) {
		for _, q := range seeds[name] {
			ids = append(ids, strings.Split(strings.Trim(q.Path, "/"), "/")...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// mutator puts something wrong into requests.
type mutator struct {
	*rand.Rand
	f     *foyertest.F
	seeds map[string][]foyertest.Request // by operation
	names []string                       // of operations
	ids   []string
	// tokens that an operation is for
	tokens map[string]string
}

func one[T any](m *mutator, list []T) T { return list[m.IntN(len(list))] }

// request gives one of an operation, changed in one to three ways.
func (m *mutator) request(name string) foyertest.Request {
	q := one(m, m.seeds[name])
	q.Header = q.Header.Clone()
	if token := m.tokens[name]; token != "" && m.IntN(8) > 0 { // conversations may have had a poor one
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Version", "v3")
	}
	ways := []func(*foyertest.Request){m.body, m.body, m.value, m.value, m.value, m.value, m.value, m.query, m.query, m.path, m.header, m.method}
	for range 1 + m.IntN(3) {
		one(m, ways)(&q)
	}
	return q
}

func (m *mutator) method(q *foyertest.Request) {
	q.Method = one(m, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "get"})
}

func (m *mutator) path(q *foyertest.Request) {
	parts := strings.Split(q.Path, "/")
	i := m.IntN(len(parts))
	switch m.IntN(6) {
	case 0:
		parts = slices.Delete(parts, i, i+1)
	case 1:
		parts = slices.Insert(parts, i, one(m, parts))
	case 2, 3:
		parts[i] = one(m, m.ids)
	case 4:
		parts[i] = m.text()
	case 5:
		parts[i] = string(m.bytes([]byte(parts[i])))
	}
	q.Path = "/" + strings.TrimLeft(strings.Join(parts, "/"), "/")
}

func (m *mutator) query(q *foyertest.Request) {
	names := []string{"locationId", "location_id", "companyId", "limit", "skip", "offset", "page", "pageLimit", "query", "q", "startAfter", "startAfterId", "order", "sort", "sortBy", "status", "type", "email", "number",
		"startDate", "endDate", "startTime", "endTime", "timezone", "userId", "userIds", "calendarId", "groupId", "ids", "model", "isActive", "deleted", "lastMessageId", "blogId", "urlSlug", "appId", "pageSize", "pageToken", "date", "assignedTo", "isRemoveAllFollowers", "deleteTwilioAccount", "getNotes", "getTasks", "getCalendarEvents"}
	switch values, err := url.ParseQuery(q.Query); {
	case err != nil || m.IntN(6) == 0:
		q.Query = string(m.bytes([]byte(q.Query)))
	default:
		if known := slices.Sorted(maps.Keys(values)); len(known) > 0 && m.IntN(2) == 0 {
			names = known
		}
		name := one(m, names)
		if m.IntN(6) == 0 {
			name += "[]"
		}
		value := m.text()
		if m.IntN(3) == 0 {
			value = one(m, m.ids)
		}
		if m.IntN(4) > 0 {
			values.Set(name, value)
		} else {
			values.Add(name, value)
		}
		q.Query = values.Encode()
	}
}

func (m *mutator) header(q *foyertest.Request) {
	name := one(m, []string{"Authorization", "Authorization", "Version", "Version", "Content-Type", "Idempotency-Key", "Content-Encoding", "Accept", "locationId", "X-Forwarded-For"})
	known := []string{"Bearer " + m.f.Vars["readonly"], "Bearer " + m.f.Vars["neighbour.token"], "Bearer " + m.f.Vars["highlevel.companyToken"], "Basic eDp5", "Bearer", "v3", "2021-04-15", "2023-02-21", "v4",
		"application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "gzip", "*/*"}
	switch m.IntN(4) {
	case 0:
		q.Header.Del(name)
	case 1:
		q.Header.Add(name, one(m, known))
	case 2:
		q.Header.Set(name, one(m, known))
	case 3:
		q.Header.Set(name, m.text())
	}
}

// body changes the bytes of the body.
func (m *mutator) body(q *foyertest.Request) {
	switch m.IntN(8) {
	case 0:
		q.Body = ""
	case 1:
		q.Body = one(m, m.seeds[one(m, m.names)]).Body
	case 2:
		q.Body = "[" + q.Body + "]"
	default:
		q.Body = string(m.bytes([]byte(q.Body)))
	}
}

// bytes changes, drops, doubles or adds some.
func (m *mutator) bytes(b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + m.IntN(3) {
		i := m.IntN(len(b) + 1)
		to := min(i+m.IntN(8), len(b))
		switch m.IntN(5) {
		case 0:
			if i < len(b) {
				b[i] = byte(m.IntN(256))
			}
		case 1:
			b = slices.Delete(b, i, to)
		case 2:
			b = slices.Insert(b, i, b[i:to]...)
		case 3:
			b = b[:i]
		case 4:
			b = slices.Insert(b, i, []byte(one(m, []string{`"`, `{`, `}`, `[`, `]`, `,`, `:`, `\`, "\x00", "\xff", "null", "-", "1e9", "é", "\u2028"}))...)
		}
	}
	return b
}

// value changes the body as JSON: a value anywhere in it becomes another, goes,
// or stands there twice.
func (m *mutator) value(q *foyertest.Request) {
	var v any
	if json.Unmarshal([]byte(q.Body), &v) != nil {
		m.body(q)
		return
	}
	text, err := json.Marshal(m.changed(v))
	if err != nil {
		return
	}
	q.Body = strings.ReplaceAll(string(text), `"\ue000`, `"\ud800`) // a half of a character, which Go does not write
}

func (m *mutator) changed(v any) any {
	switch x := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(x))
		if len(names) == 0 || m.IntN(8) == 0 {
			x[one(m, []string{"id", "name", "locationId", "contactId", "customFields", "tags", "status", "filters", "zzz", ""})] = m.junk(0)
			return x
		}
		name := one(m, names)
		switch m.IntN(8) {
		case 0:
			delete(x, name)
		case 1:
			x[one(m, names)] = x[name]
		default:
			x[name] = m.changed(x[name])
		}
		return x
	case []any:
		if len(x) == 0 || m.IntN(6) == 0 {
			return append(x, m.junk(0))
		}
		i := m.IntN(len(x))
		if m.IntN(6) == 0 {
			return append(x, x[i])
		}
		x[i] = m.changed(x[i])
		return x
	}
	if m.IntN(6) == 0 {
		return []any{v}
	}
	return m.junk(0)
}

// junk gives any value.
func (m *mutator) junk(depth int) any {
	switch n := m.IntN(12); {
	case n < 5:
		return m.text()
	case n < 7:
		return one(m, []any{0, -1, 1.5, 1e300, 9007199254740993.0, 100000, 4102444800000})
	case n == 7:
		return one(m, m.ids)
	case n == 8:
		return m.IntN(2) == 0
	case n == 9 || depth > 4:
		return nil
	case n == 10:
		return []any{m.junk(depth + 1), m.junk(depth + 1)}
	default:
		return map[string]any{m.text(): m.junk(depth + 1), "id": m.junk(depth + 1)}
	}
}

// text gives any text.
func (m *mutator) text() string {
	return one(m, []string{"", " ", "\x00", "a\x00b", "\ue000", "\xff\xfe", "none", "null", "true", "💥é", "0", "-1", "1e300", "99999999999999999999", "a,b,,c", "%25_!%27", "' OR 1=1 --", "\u2028", "{}", "[]",
		"2026-02-30", "2035-06-18T09:00:00+05:30", "9999-12-31T23:59:59Z", "0000-00-00", "mm-dd-yyyy", "4102444800000", "Europe/Rome", "Local", "../x", "a@b", "x@x.example", "+1602555", "6025550147", "RRULE:FREQ=SECONDLY", "RRULE:FREQ=DAILY;COUNT=99999999",
		"contact", "open", "all", "add", "SMS", "AND", "eq", strings.Repeat("x", 3000), strings.Repeat("é", 300)})
}
