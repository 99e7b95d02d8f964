package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/app"
)

// intake serves a store and sends it a few requests of each kind: two that are
// taken in, one that is refused, one by a stranger, one with formulas.
func intake(t *testing.T, where []string) (c app.Credentials) {
	t.Helper()
	c = mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
	s := start(t, append([]string{"serve"}, where...)...)
	radius, brokerkit := "secure-id: "+*c.Radius.SecureID, "Authorization: Token token="+*c.Brokerkit.Token
	for _, q := range []struct {
		path, body, key string
		status          int
	}{
		{"/v3.0/clients/import", `{"client":{"name":"Ana Ruiz","emails":"ana@x.example","phones":"+1 602 555 0147"}}`, radius, 200},
		{"/v3.0/clients/import", `{"client":{"name":"Ana Ruiz","emails":"ana@x.example","phones":"6025550147","type":"investor"}}`, radius, 400},
		{"/v2/leads", `{"first_name":"Ana","email":"ANA@x.example","source":"=cmd|'/c calc'!A1"}`, brokerkit, 201},
		{"/v2/leads", `{"first_name":"Test","email":"t@x.example","test":true}`, brokerkit, 201},
		{"/v2/leads", `=1+1`, brokerkit, 400},
		{"/v2/leads", `@SUM(1)`, brokerkit, 400},
		{"/v2/leads", `{"first_name":"Nobody"}`, "Authorization: Token token=wrong-key", 401},
	} {
		if status, text, _ := ask(t, "POST", s.base+q.path, q.body, q.key); status != q.status {
			t.Fatalf("%s %s: %d %s", q.path, q.body, status, text)
		}
	}
	if code := s.stop(); code != 0 {
		t.Fatal(code)
	}
	return c
}

func TestTheImportLogIsListedFilteredAndShown(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		refused(t, "there is no location yet: foyer admin bootstrap makes the first one", append([]string{"log"}, where...)...)
		c := intake(t, where)
		with := func(args ...string) []string { return append(append([]string{"log"}, args...), where...) }
		all := mustJSON[[]logLine](t, with("list")...)
		var results []string
		for _, l := range all {
			results = append(results, l.Result)
			if l.ID == "" || l.At.IsZero() || l.Address != "127.0.0.1" || l.RequestID == "" || l.Credential == "" || l.Method != "POST" || l.Body == "" {
				t.Errorf("%+v", l)
			}
		}
		if got := strings.Join(results, ", "); got != "refused, refused, dry run, updated, refused, created" {
			t.Errorf("the newest first: %s", got)
		}
		created := all[5]
		for _, f := range []struct {
			args []string
			want int
		}{
			{[]string{"--door", "radius"}, 2}, {[]string{"--door", "liondesk"}, 0}, {[]string{"--result", "refused"}, 3}, {[]string{"--result", "dry run"}, 1}, {[]string{"--contact", created.ContactID}, 2},
			{[]string{"--warned"}, 1}, {[]string{"--limit", "2"}, 2}, {[]string{"--since", "1h"}, 6}, {[]string{"--since", "1ns"}, 0}, {[]string{"--stranger"}, 1}, {[]string{"--location", c.LocationID}, 6},
			{[]string{"--door", "brokerkit", "--result", "updated"}, 1}, {[]string{"--contact", "nobody"}, 0},
		} {
			if got := mustJSON[[]logLine](t, with(append([]string{"list"}, f.args...)...)...); len(got) != f.want {
				t.Errorf("%v: %d rows, want %d", f.args, len(got), f.want)
			}
		}
		stranger := mustJSON[[]logLine](t, with("list", "--stranger")...)[0]
		if stranger.Body != "" || stranger.Credential != "" || stranger.Status != 401 {
			t.Errorf("a stranger's body is kept: %+v", stranger)
		}
		// "foyer log" is "foyer log list", and people get a table
		if rows := tabled(t, "ID TIME (UTC) DOOR STATUS RESULT CONTACT OR REASON WARNINGS", with()...); len(rows) != 6 || rows[5][0] != created.ID || !strings.Contains(strings.Join(rows[5], " "), created.ContactID+" 1 warned") {
			t.Errorf("%v", rows)
		}
		shown := mustJSON[logLine](t, with("show", created.ID)...)
		if shown.ID != created.ID || len(shown.Warnings) != 1 || shown.Warnings[0].Field != "client.phones" || !strings.Contains(shown.Body, "Ana Ruiz") {
			t.Errorf("%+v", shown)
		}
		text := must(t, with("show", created.ID)...)
		for _, want := range []string{"door", "radius", "POST /v3.0/clients/import", "created", created.ContactID, "client.phones: ", `{"client":{"name":"Ana Ruiz"`} {
			if !strings.Contains(text, want) {
				t.Errorf("show does not say %q:\n%s", want, text)
			}
		}
		refused(t, "there is no request nope in the import log of this location", with("show", "nope")...)
		refused(t, "there is no location nope", with("list", "--location", "nope")...)
		refused(t, "--door must be one of", with("list", "--door", "zillow")...)
		refused(t, "--result must be one of", with("list", "--result", "lost")...)
		refused(t, "--limit", with("list", "--limit=-1")...)
		refused(t, "--since", with("list", "--since=-1h")...)

		// the admin of bootstrap is told of new leads
		notes := mustJSON[[]map[string]any](t, with("notifications")...)
		refused(t, "--limit is a number from 1 on", with("notifications", "--limit", "0")...)
		tabled(t, "TIME (UTC) USER CONTACT WHAT STATE ERROR", with("notifications")...)
		if len(notes) == 0 || notes[0]["userId"] != c.User.ID {
			t.Errorf("%v", notes)
		}
	})
}

func TestTheImportLogIsExported(t *testing.T) {
	where := []string{"--data", t.TempDir()}
	intake(t, where)
	text := must(t, append([]string{"log", "export"}, where...)...)
	r := csv.NewReader(strings.NewReader(text))
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v:\n%s", len(rows), err, text)
	}
	if got := strings.Join(rows[0], ","); got != "id,time,door,credential,address,method,path,status,result,contact,reason,warnings,body" {
		t.Errorf("head: %s", got)
	}
	// what a spreadsheet would run as a formula is text
	bodies := rows[1][12] + " " + rows[2][12]
	if bodies != "'@SUM(1) '=1+1" {
		t.Errorf("formulas: %s", bodies)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell that runs: %q", cell)
			}
		}
	}
	listed := mustJSON[[]logLine](t, append([]string{"log", "list"}, where...)...)
	d := json.NewDecoder(strings.NewReader(must(t, append([]string{"log", "export", "--format", "jsonl"}, where...)...)))
	n := 0
	for ; ; n++ {
		var l logLine
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if l.ID != listed[n].ID || l.Body != listed[n].Body {
			t.Errorf("%+v, listed %+v", l, listed[n])
		}
	}
	if n != 6 || n != len(listed) {
		t.Errorf("%d lines", n)
	}
}

func TestFormulasAreDefused(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "a=1": "a=1", "'=1": "'=1", "{\"a\":1}": "{\"a\":1}",
	} {
		if got := defuse(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// A refused request is sent through its door again once the reason is gone, as
// the credential it came with, and leaves a row of its own.
func TestARefusedRequestIsReplayedAfterTheFix(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		c := mustJSON[app.Credentials](t, with("admin", "bootstrap")...)
		must(t, with("admin", "locations", "set", c.LocationID, "--strict-phones")...)
		readOnly := mustJSON[keyLine](t, with("admin", "keys", "create", "brokerkit", "--read-only")...)
		s := start(t, with("serve")...)
		ask(t, "POST", s.base+"/v3.0/clients/import", `{"client":{"name":"Ana Ruiz","emails":"ana@x.example","phones":"(602) 555-0147"}}`, "secure-id: "+*c.Radius.SecureID)
		ask(t, "POST", s.base+"/", `{"action":"NewComment","contactid":"idx-1","type":1,"description":"Called"}`, "Authorization: "+basic(*c.LionDesk.APIKey), "X-LionDesk-Id: "+*c.LionDesk.UserKey)
		ask(t, "POST", s.base+"/contacts/", `{"locationId":"`+c.LocationID+`","firstName":"Hal","phone":"what?"}`, "Authorization: Bearer "+*c.HighLevel.PrivateToken, "Version: 2021-07-28")
		if status, text, _ := ask(t, "POST", s.base+"/v2/leads", `{"email":"sneaky@x.example"}`, "Authorization: Token token="+*readOnly.Secret); status != 403 {
			t.Fatalf("a key that may only read: %d %s", status, text)
		}
		ask(t, "POST", s.base+"/v2/leads", `{"email":"x@x.example"}`, "Authorization: Token token=stranger")
		all := mustJSON[[]logLine](t, with("log", "list", "--result", "refused")...)
		find := func(door string) logLine {
			for _, l := range all {
				if l.Door == door {
					return l
				}
			}
			t.Fatalf("no row of %s in %+v", door, all)
			return logLine{}
		}
		type replayed struct {
			ID, Result, ContactID string
			Status                int
			Answer                any
		}
		replay := func(id string) replayed {
			t.Helper()
			got := mustJSON[[]replayed](t, with("log", "replay", id)...)
			if len(got) != 1 || got[0].ID != id {
				t.Fatalf("%+v", got)
			}
			return got[0]
		}
		radius, liondesk := find("radius"), find("liondesk")
		if got := replay(radius.ID); got.Status != 400 || got.Result != "refused" {
			t.Errorf("before the fix: %+v", got)
		}
		must(t, with("admin", "locations", "set", c.LocationID, "--no-strict-phones")...)
		made := replay(radius.ID)
		if made.Status != 200 || made.Result != "created" || made.ContactID == "" {
			t.Errorf("after the fix: %+v", made)
		}
		if again := replay(radius.ID); again.Status != 200 || again.ContactID != made.ContactID || again.Result == "created" {
			t.Errorf("replayed twice: %+v", again)
		}
		rows := mustJSON[[]logLine](t, with("log", "list", "--contact", made.ContactID)...)
		if len(rows) != 2 || rows[0].ReplayOf != radius.ID || rows[1].ReplayOf != radius.ID || rows[0].Credential != radius.Credential {
			t.Errorf("rows of their own: %+v", rows)
		}
		if got := replay(liondesk.ID); got.Result != "refused" {
			t.Errorf("a comment on nobody: %+v", got)
		}
		ask(t, "POST", s.base+"/", `{"action":"NewSubmission","email":"ana@x.example","contactid":"idx-1"}`, "Authorization: "+basic(*c.LionDesk.APIKey), "X-LionDesk-Id: "+*c.LionDesk.UserKey)
		if got := replay(liondesk.ID); got.Result != "noted" || got.ContactID != made.ContactID {
			t.Errorf("a comment on somebody: %+v", got)
		}
		if text := must(t, with("contact", "show", "ana@x.example")...); strings.Count(text, "Called") != 1 {
			t.Errorf("the comment: %s", text)
		}
		// a replay does no more than the key may
		if got := replay(find("brokerkit").ID); got.Status != 403 || got.Result != "refused" {
			t.Errorf("a key that may only read: %+v", got)
		}
		if list := must(t, with("contact", "list", "sneaky")...); strings.Contains(list, "sneaky@") {
			t.Error("a replay stored what the key may not")
		}
		text := must(t, with("log", "replay", radius.ID, liondesk.ID)...)
		if rows := strings.Split(strings.TrimSpace(text), "\n"); len(rows) != 3 || !strings.HasPrefix(rows[0], "ID ") || !strings.Contains(rows[1], `{"response":`) {
			t.Errorf("for people:\n%s", text)
		}
		refused(t, "there is no request nope", with("log", "replay", "nope")...)
		stranger := mustJSON[[]logLine](t, with("log", "list", "--stranger")...)[0]
		refused(t, "there is no request "+stranger.ID, with("log", "replay", stranger.ID)...)
		must(t, with("admin", "keys", "disable", radius.Credential)...)
		refused(t, "the key of this entry is no longer in force", with("log", "replay", radius.ID)...)
	})
}
