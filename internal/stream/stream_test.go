package stream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// each runs a test on both databases, on a Foyer whose engines run.
func each(t *testing.T, do func(t *testing.T, f *foyertest.F)) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ctx, stop := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { f.Run(ctx, 0) })
		t.Cleanup(func() { stop(); work.Wait() })
		do(t, f)
	})
}

func token(f *foyertest.F) http.Header {
	return http.Header{"Authorization": {"Bearer " + f.Vars["highlevel.privateToken"]}}
}

func by(f *foyertest.F) crm.Actor {
	return crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
}

// save makes a contact.
func save(t *testing.T, f *foyertest.F, d *db.DB, c crm.Contact) string {
	t.Helper()
	var id string
	err := d.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		s, err := crm.SaveContact(ctx, tx, by(f), crm.Save{Input: crm.Input{Contact: c}})
		if err == nil {
			id = s.Contact.ID
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return id
}

func ask(t *testing.T, f *foyertest.F, path string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

type told struct {
	ID, Type, LocationID string
	Data                 struct {
		ContactID     string
		Before, After map[string]any
	}
}

func read(t *testing.T, line string) told {
	t.Helper()
	var v told
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	return v
}

// happened gives the ids of a location's events, and how a webhook tells of each.
func happened(t *testing.T, f *foyertest.F) (ids, bodies []string) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		ids, bodies = nil, nil
		list, err := crm.EventsBetween(ctx, tx, f.Credentials.LocationID, "", "~", 100000)
		for i := range list {
			body, e := webhook.Compose(ctx, tx, &list[i])
			if e != nil {
				return e
			}
			ids, bodies = append(ids, list[i].ID), append(bodies, string(body))
		}
		return err
	})
	return ids, bodies
}

// settle waits until what was stored can be read.
func settle(f *foyertest.F) {
	if f.DB.Kind() == db.Postgres {
		time.Sleep(500 * time.Millisecond)
	}
}

// Page by page everything is told once, in order, as webhooks tell it.
func TestLinesGoOnWhereTheyEnded(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		for i := range 25 {
			save(t, f, f.DB, crm.Contact{FirstName: fmt.Sprint("Ana\n", i), LastName: `"<ü>`})
		}
		settle(f)
		_, want := happened(t, f)
		var got []string
		next := "/events?limit=7&types=*"
		for more := true; more; {
			res, body := ask(t, f, next, token(f))
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/x-ndjson" {
				t.Fatalf("%d %v %s", res.StatusCode, res.Header, body)
			}
			lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
			if body == "" {
				lines = nil
			}
			if len(lines) > 7 || len(lines) > 0 && read(t, lines[len(lines)-1]).ID > res.Header.Get("X-Foyer-Since") {
				t.Errorf("%d lines, since %s", len(lines), res.Header.Get("X-Foyer-Since"))
			}
			got = append(got, lines...)
			more = res.Header.Get("X-Foyer-More") == "true"
			link := res.Header.Get("Link")
			next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		want = slices.DeleteFunc(want, func(s string) bool { return !strings.Contains(s, "contact.") })
		if !slices.Equal(got, want) {
			t.Errorf("told %d, want %d:\n%s\n%s", len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if _, body := ask(t, f, next, token(f)); body != "" {
			t.Errorf("told again: %s", body)
		}
		if _, body := ask(t, f, "/events?since="+url.QueryEscape(time.Now().Add(time.Minute).Format(time.RFC3339)), token(f)); body != "" {
			t.Errorf("told of what was before: %s", body)
		}
		if _, body := ask(t, f, "/events?types=note.*,task.completed", token(f)); body != "" {
			t.Errorf("told of what was not asked for: %s", body)
		}
	})
}

// What cannot be read is said in one shape.
func TestWrongRequestsAreRefusedInOneShape(t *testing.T) {
	f := foyertest.New(t)
	f.AddKey(t, "blind", auth.Key{API: auth.HighLevel, Scopes: []string{"contacts.write"}})
	f.AddKey(t, "contacts", auth.Key{API: auth.HighLevel, Scopes: []string{"contacts.readonly"}})
	with := func(name string) http.Header { return http.Header{"Authorization": {"Bearer " + f.Vars[name]}} }
	for _, c := range []struct {
		path   string
		header http.Header
		status int
		code   string
		field  string
	}{
		{"?from=x", token(f), 400, "invalid", "from"},
		{"?since=yesterday", token(f), 400, "invalid", "since"},
		{"?since=0&since=0", token(f), 400, "invalid", "since"},
		{"?limit=0", token(f), 400, "invalid", "limit"},
		{"?limit=10001", token(f), 400, "invalid", "limit"},
		{"?wait=31s", token(f), 400, "invalid", "wait"},
		{"?wait=-1s", token(f), 400, "invalid", "wait"},
		{"?types=contact", token(f), 400, "invalid", "types"},
		{"?locationId=other", token(f), 403, "location", ""},
		{"?types=webhook.*", token(f), 403, "forbidden", ""},
		{"?types=notification.created", token(f), 403, "forbidden", ""},
		{"?types=opportunity.*", with("contacts"), 403, "scope", ""},
		{"", with("blind"), 403, "scope", ""},
		{"", with("brokerkit.token"), 401, "unauthorized", ""},
		{"", http.Header{}, 401, "unauthorized", ""},
		{"", http.Header{"Cookie": {"foyer=nobody"}}, 401, "unauthorized", ""},
		{"", with("highlevel.companyToken"), 400, "invalid", "locationId"},
		{"/none", token(f), 404, "not_found", ""},
	} {
		res, body := ask(t, f, "/events"+c.path, c.header)
		var e struct {
			StatusCode               int
			Code, Message, RequestID string
			Fields                   []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatalf("%s: %v: %s", c.path, err, body)
		}
		if res.StatusCode != c.status || e.StatusCode != c.status || e.Code != c.code || e.Message == "" || e.RequestID == "" || c.field != "" && (len(e.Fields) != 1 || e.Fields[0].Name != c.field) {
			t.Errorf("%s: %d %s", c.path, res.StatusCode, body)
		}
	}
}

// Whoever waits is answered as soon as something happens that they asked for.
func TestWaitingEndsWithTheFirstEvent(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		settle(f)
		res, _ := ask(t, f, "/events", token(f))
		since := res.Header.Get("X-Foyer-Since")
		if _, body := ask(t, f, "/events?wait=300ms&since="+since, token(f)); body != "" {
			t.Errorf("told of nothing: %s", body)
		}
		answers := make(chan string, 1)
		go func() {
			_, body := ask(t, f, "/events?wait=30s&types=note.created&since="+since, token(f))
			answers <- body
		}()
		time.Sleep(200 * time.Millisecond)
		who := save(t, f, f.DB, crm.Contact{FirstName: "Ana"})
		time.Sleep(200 * time.Millisecond)
		select {
		case body := <-answers:
			t.Fatalf("answered with what was not asked for: %s", body)
		default:
		}
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.AddNote(ctx, tx, by(f), crm.Note{ContactID: who, Body: "hello"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, <-answers); got.Type != "note.created" || got.Data.After["body"] != "hello" {
			t.Errorf("%+v", got)
		}
	})
}

// live is a stream that is being read.
type live struct {
	res    *http.Response
	cancel context.CancelFunc
	lines  chan told
}

// listen opens a stream. Its lines end when it does.
func listen(t *testing.T, f *foyertest.F, query string, header http.Header) *live {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+"/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	req.Header.Set("Accept", "text/event-stream")
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &live{res: res, cancel: cancel, lines: make(chan told, 10000)}
	t.Cleanup(cancel)
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return l
	}
	begun := make(chan bool)
	go func() {
		defer func() { _ = res.Body.Close() }()
		defer close(l.lines)
		in := bufio.NewReader(res.Body)
		var id, typ string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch name {
			case "retry":
				close(begun)
			case "id":
				id = value
			case "event":
				typ = value
			case "data":
				v := told{}
				if json.Unmarshal([]byte(value), &v) != nil || v.ID != id || v.Type != typ {
					v.Type = "broken: " + id + " " + typ + " " + value
				}
				l.lines <- v
			}
		}
	}()
	<-begun
	return l
}

// However often a stream breaks off, whoever goes on where they were has seen
// each event once and in order, though several processes write at once.
func TestAStreamThatBreaksGoesOnWithoutAGap(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		nodes := []*db.DB{f.DB}
		if f.DB.Kind() == db.Postgres {
			next, err := app.Open(t.Context(), f.Config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = next.Close() })
			nodes = append(nodes, next.DB)
		}
		before, _ := happened(t, f)
		const writers, each = 8, 40
		var write sync.WaitGroup
		for w := range writers {
			write.Go(func() {
				for i := range each {
					save(t, f, nodes[w%len(nodes)], crm.Contact{FirstName: fmt.Sprintf("Ana %d %d", w, i)})
				}
			})
		}
		header := token(f)
		last := "0"
		if len(before) > 0 {
			last = before[len(before)-1]
		}
		var got []string
		deadline := time.Now().Add(time.Minute)
		for len(got) < writers*each && time.Now().Before(deadline) {
			header.Set("Last-Event-ID", last)
			l := listen(t, f, "?types=contact.created", header)
			pause := time.After(300 * time.Millisecond)
		reading:
			for {
				select {
				case v := <-l.lines:
					got, last = append(got, v.ID), v.ID
				case <-pause:
					break reading
				}
			}
			l.cancel()
		}
		write.Wait()
		want, _ := happened(t, f)
		want = want[len(before):]
		if !slices.Equal(got, want) {
			t.Errorf("told of %d events, want these %d in their order", len(got), len(want))
		}
	})
}

// A stream is told of what other processes store, and one that begins is told of
// what comes from then on.
func TestAStreamTellsFromNowOn(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		old := save(t, f, f.DB, crm.Contact{FirstName: "Before"})
		settle(f)
		l := listen(t, f, "", token(f))
		if l.res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatal(l.res.Header)
		}
		time.Sleep(700 * time.Millisecond) // the place is known
		other, err := app.Open(t.Context(), f.Config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		who := save(t, f, other.DB, crm.Contact{FirstName: "After"})
		for v := range l.lines {
			if v.Data.ContactID == old {
				t.Errorf("told of what was before: %+v", v)
			}
			if v.Data.ContactID == who {
				break
			}
		}
	})
}

func cookie(c string) http.Header { return http.Header{"Cookie": {c}} }

// Nobody is told of another location's events, however they ask.
func TestNobodyIsToldOfAnothersEvents(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		other := f.Neighbour(t)
		l := listen(t, f, "", http.Header{"Authorization": {"Bearer " + other["highlevel.privateToken"]}})
		save(t, f, f.DB, crm.Contact{FirstName: "Mine"})
		settle(f)
		theirs := map[string]http.Header{
			"token":   {"Authorization": {"Bearer " + other["highlevel.privateToken"]}},
			"session": cookie(f.SignIn(t, other["user.email"])),
		}
		for name, header := range theirs {
			if res, body := ask(t, f, "/events", header); res.StatusCode != http.StatusOK || strings.Contains(body, "Mine") {
				t.Errorf("%s: %d %s", name, res.StatusCode, body)
			}
			if res, body := ask(t, f, "/events?locationId="+f.Credentials.LocationID, header); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d %s", name, res.StatusCode, body)
			}
		}
		for name, header := range map[string]http.Header{"company": {"Authorization": {"Bearer " + f.Vars["highlevel.companyToken"]}}, "session": cookie(f.SignIn(t, f.Vars["user.email"]))} {
			if res, body := ask(t, f, "/events?locationId="+f.Credentials.LocationID, header); res.StatusCode != http.StatusOK || !strings.Contains(body, "Mine") {
				t.Errorf("%s: %d %s", name, res.StatusCode, body)
			}
			if res, _ := ask(t, f, "/events?locationId="+other["locationId"], header); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d", name, res.StatusCode)
			}
		}
		l.cancel()
		for v := range l.lines {
			t.Errorf("told live: %+v", v)
		}
	})
}

// A token is told of what its scopes let it read, and who sees only what is
// assigned to them of nothing else, in lines and live.
func TestOnlyWhatMayBeReadIsTold(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		agent := f.AddUser(t, "agent", "agent@agency.example", "Own", "Only")
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.ChangeUser(ctx, tx, agent.ID, func(u *crm.User) { u.Profile.Permissions = map[string]bool{crm.AssignedOnly: true} })
			return err
		})
		f.AddKey(t, "businesses", auth.Key{API: auth.HighLevel, Scopes: []string{"businesses.readonly"}})
		narrow := http.Header{"Authorization": {"Bearer " + f.Vars["businesses"]}}
		own := cookie(f.SignIn(t, agent.Email))
		streams := []*live{listen(t, f, "", narrow), listen(t, f, "", own), listen(t, f, "", token(f))}
		time.Sleep(700 * time.Millisecond)
		save(t, f, f.DB, crm.Contact{FirstName: "Somebody"})
		mine := save(t, f, f.DB, crm.Contact{FirstName: "Mine", AssignedTo: agent.ID})
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.AddBusiness(ctx, tx, by(f), crm.Business{Name: "Acme"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		settle(f)
		types := func(header http.Header) (list []string) {
			_, body := ask(t, f, "/events", header)
			for line := range strings.Lines(body) {
				v := read(t, line)
				if v.Type == "notification.created" {
					continue // of the assignment
				}
				list = append(list, v.Type+" "+map[bool]string{true: "mine"}[v.Data.ContactID == mine])
			}
			return list
		}
		want := [][]string{{"business.created "}, {"contact.created mine"}, {"contact.created ", "contact.created mine", "business.created "}}
		for i, header := range []http.Header{narrow, own, token(f)} {
			if got := types(header); !slices.Equal(got, want[i]) {
				t.Errorf("lines %d: %q, want %q", i, got, want[i])
			}
			var got []string
			for len(got) < len(want[i]) {
				v := <-streams[i].lines
				if v.Type == "notification.created" {
					continue
				}
				got = append(got, v.Type+" "+map[bool]string{true: "mine"}[v.Data.ContactID == mine])
			}
			if !slices.Equal(got, want[i]) {
				t.Errorf("live %d: %q, want %q", i, got, want[i])
			}
		}
	})
}

// A key has so many streams and no more, and none when it is out.
func TestStreamsAreCountedAndEndWithTheKey(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		k := f.AddKey(t, "many", auth.Key{API: auth.HighLevel, Scopes: []string{"contacts.readonly"}})
		header := http.Header{"Authorization": {"Bearer " + f.Vars["many"]}}
		var all []*live
		for range 20 {
			all = append(all, listen(t, f, "", header))
		}
		if res := listen(t, f, "", header).res; res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Errorf("one too many: %d", res.StatusCode)
		}
		all[0].cancel()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			if l := listen(t, f, "", header); l.res.StatusCode == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("one that ended counts for ever")
			}
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, k.ID, true) })
		time.Sleep(1100 * time.Millisecond)
		save(t, f, f.DB, crm.Contact{FirstName: "Secret"})
		for _, l := range all[1:] {
			for v := range l.lines {
				t.Errorf("told of %+v", v)
			}
		}
	})
}

// When the server is shut down all streams end.
func TestStreamsEndWithTheServer(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		l := listen(t, f, "", token(f))
		waiting := make(chan bool)
		go func() {
			ask(t, f, "/events?wait=30s&types=note.created", token(f))
			close(waiting)
		}()
		time.Sleep(100 * time.Millisecond)
		f.Stream.Close()
		for range l.lines {
		}
		<-waiting
	})
}

// What the guide says works as it is written.
func TestTheGuideOfEvents(t *testing.T) {
	f := foyertest.New(t)
	f.Vars["TOKEN"], f.Vars["LOCATION"] = f.Vars["highlevel.privateToken"], f.Vars["locationId"]
	f.PlayGuide(t, "../../docs/EVENTS.md")
}
