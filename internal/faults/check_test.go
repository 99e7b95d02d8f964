package faults_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// look reads a database past Foyer, beside a server or without one.
type look struct {
	pool *sql.DB
	conn *sql.Conn
	lite bool
	here string // the location
}

func (p *place) look(t *testing.T) *look {
	t.Helper()
	l := &look{lite: p.store.DatabaseURL == "", here: p.creds.LocationID}
	driver, name := "pgx", p.store.DatabaseURL
	if l.lite {
		driver, name = "sqlite", "file:"+filepath.Join(p.store.Data, "foyer.db")+"?_pragma=busy_timeout(20000)"
	}
	var err error
	if l.pool, err = sql.Open(driver, name); err == nil {
		l.conn, err = l.pool.Conn(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if !l.lite {
		l.exec(t, "SET foyer.location = '*'") // behind row-level security: everything
	}
	return l
}

func (l *look) close() {
	_ = l.conn.Close() // only read
	_ = l.pool.Close()
}

func (l *look) exec(t *testing.T, text string) {
	t.Helper()
	if _, err := l.conn.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// rows reads a statement whose columns are all texts.
func (l *look) rows(t *testing.T, width int, text string) (all [][]string) {
	t.Helper()
	rows, err := l.conn.QueryContext(t.Context(), text, l.here)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, at := make([]string, width), make([]any, width)
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (l *look) number(t *testing.T, text string) (n int) {
	t.Helper()
	if err := l.conn.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

var mark = regexp.MustCompile(`mark\d{8}z`)

// findings are what is wrong with a database, each a sentence.
type findings []string

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// check reads the whole database, at one moment, and holds it against the book:
// what was acknowledged is there once and whole, what was refused is not there,
// and of what nobody knows all is there or nothing.
func (l *look) check(t *testing.T, b *book) (f findings) {
	t.Helper()
	if l.lite {
		l.exec(t, "BEGIN")
	} else {
		l.exec(t, "BEGIN ISOLATION LEVEL REPEATABLE READ")
	}
	defer l.exec(t, "ROLLBACK")
	got := map[string]*trace{}
	about := map[string]string{} // mark → contact
	of := func(text, contact string) *trace {
		var m string
		if all := mark.FindAllString(text, -1); all != nil {
			m = slices.Max(all) // a request names none that is newer than itself
		}
		if got[m] == nil {
			got[m] = &trace{}
		}
		if m != "" && contact != "" {
			if about[m] != "" && about[m] != contact {
				f.add("%s is about two contacts", m)
			}
			about[m] = contact
		}
		return got[m]
	}
	emails := map[string]string{} // e-mail address → contact
	contacts := map[string]bool{}
	for _, r := range l.rows(t, 5, "SELECT id, email, source, name, first_name FROM contacts WHERE location_id = $1") {
		if emails[r[1]] != "" {
			f.add("%s is there twice", r[1])
		}
		emails[r[1]], contacts[r[0]] = r[0], true
		of(r[2], "").Contact++
		if r[3] != "" && r[3] != "Zoë O’Brien-李" && r[3] != "Zoë" || r[4] != "Zoë" {
			f.add("the name of %s is %q, %q", r[1], r[3], r[4])
		}
	}
	here := func(contact, what string) {
		if !contacts[contact] {
			f.add("%s of a contact that is not there", what)
		}
	}
	for _, r := range l.rows(t, 2, "SELECT contact_id, body FROM notes WHERE location_id = $1") {
		here(r[0], "a note")
		of(r[1], r[0]).Note++
	}
	for _, r := range l.rows(t, 2, "SELECT contact_id, CAST(data AS TEXT) FROM properties WHERE location_id = $1") {
		here(r[0], "a property")
		of(r[1], r[0]).Property++
	}
	for _, r := range l.rows(t, 2, "SELECT contact_id, CAST(data AS TEXT) FROM requirements WHERE location_id = $1") {
		here(r[0], "a requirement")
		of(r[1], r[0]).Requirement++
	}
	for _, r := range l.rows(t, 2, "SELECT contact_id, external_id FROM links WHERE location_id = $1") {
		here(r[0], "a link")
		of(r[1], r[0]).Link++
	}
	owned := map[string]int{} // contact → keys
	for _, r := range l.rows(t, 3, "SELECT contact_id, key, CAST(rank AS TEXT) FROM identities WHERE location_id = $1") {
		here(r[0], "an identity")
		owned[r[0]]++
		if strings.HasPrefix(r[1], "agent:") {
			of(r[1], r[0]).Agent++
		}
		if address, is := strings.CutPrefix(r[1], "email:"); is && r[2] == "0" && emails[address] != r[0] {
			f.add("%s belongs to another contact", address)
		}
	}
	created := map[string]int{}
	for _, r := range l.rows(t, 2, "SELECT contact_id, type FROM events WHERE location_id = $1 AND contact_id <> ''") {
		here(r[0], "an event")
		if r[1] == "contact.created" {
			created[r[0]]++
		}
	}
	for contact := range contacts {
		if created[contact] != 1 || owned[contact] == 0 {
			f.add("contact %s was created %d times and has %d identities", contact, created[contact], owned[contact])
		}
	}
	for _, r := range l.rows(t, 3, "SELECT result, contact_id, body FROM intake_log WHERE location_id = $1") {
		if r[0] == "refused" {
			continue // says so, and nothing more
		}
		if r[1] != "" {
			here(r[1], "a row of the import log")
		}
		of(r[2], "").Log = 1 // one for each time it was sent
	}
	b.hold(&f, got, about, emails)
	return f
}

// hold compares what was found with what was sent.
func (b *book) hold(f *findings, got map[string]*trace, about, emails map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*f = append(*f, b.wrong...)
	var none trace
	for _, r := range b.all {
		have := none
		if g := got[r.mark]; g != nil {
			have = *g
		}
		delete(got, r.mark)
		whole := have == r.want
		switch {
		case r.end == acknowledged && !whole:
			f.add("LOST: %s by %s was acknowledged with %d %s and left %+v, not %+v", r.mark, r.door, r.status, r.answer, have, r.want)
		case r.end == refused && have != none:
			f.add("%s by %s was refused with %d %s and left %+v", r.mark, r.door, r.status, r.answer, have)
		case r.end == unanswered && !whole && have != none:
			f.add("HALF: %s by %s left %+v, not %+v", r.mark, r.door, have, r.want)
		}
		if whole && r.person != "" && about[r.mark] != "" && emails[r.person] != about[r.mark] {
			f.add("%s is about another than %s", r.mark, r.person)
		}
		if whole && r.person != "" && emails[r.person] == "" {
			f.add("%s is there and %s is not", r.mark, r.person)
		}
	}
	for m, g := range got {
		if m != "" {
			f.add("%s was never sent and left %+v", m, *g)
		}
	}
}

// sound checks the database file itself and the search index. No server may be
// writing for long.
func (l *look) sound(t *testing.T) (f findings) {
	t.Helper()
	if !l.lite {
		if n := l.number(t, "SELECT COUNT(*) FROM contacts c FULL JOIN contact_search s USING (location_id, number) WHERE c.number IS NULL OR s.number IS NULL"); n != 0 {
			f.add("%d contacts differ from the search index", n)
		}
		return f
	}
	for _, r := range l.rows(t, 1, "SELECT integrity_check FROM pragma_integrity_check() WHERE $1 <> ''") {
		if r[0] != "ok" {
			f.add("integrity check: %s", r[0])
		}
	}
	if _, err := l.conn.ExecContext(t.Context(), "INSERT INTO contact_search (contact_search) VALUES ('integrity-check')"); err != nil {
		f.add("the search index: %v", err)
	}
	if n := l.number(t, "SELECT COUNT(*) FROM (SELECT number FROM contacts EXCEPT SELECT id FROM contact_search_docsize)"); n != 0 {
		f.add("%d contacts are not in the search index", n)
	}
	if n := l.number(t, "SELECT COUNT(*) FROM (SELECT id FROM contact_search_docsize EXCEPT SELECT number FROM contacts)"); n != 0 {
		f.add("%d rows of the search index are of no contact", n)
	}
	return f
}

// must fails the test with what was found.
func (f findings) must(t *testing.T, when string, s *server) {
	t.Helper()
	for i, what := range f {
		if i == 20 {
			t.Errorf("and %d more", len(f)-i)
			break
		}
		t.Errorf("%s: %s", when, what)
	}
	if len(f) > 0 && s != nil {
		t.Fatalf("the server said:\n%s", s)
	}
}

// drained waits until every new contact has its notification: what was left to
// be done when a server was killed is done by the next.
func (l *look) drained(t *testing.T) {
	t.Helper()
	for l.number(t, "SELECT COUNT(*) FROM jobs") > 0 {
		select {
		case <-t.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	created := l.number(t, "SELECT COUNT(*) FROM events WHERE type = 'contact.created'")
	told := l.number(t, "SELECT COUNT(*) FROM notifications WHERE kind = 'new_lead'")
	if created != told || created == 0 {
		t.Errorf("%d contacts were created, and %d notifications are there", created, told)
	}
}

// controls shows that the check sees what it is there to see.
func (l *look) controls(t *testing.T, b *book) {
	t.Helper()
	try := func(what, statement, want string, change func() (undo func())) {
		t.Helper()
		if change != nil {
			defer change()()
		}
		if statement != "" {
			r, err := l.conn.ExecContext(context.Background(), statement)
			if err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if n, _ := r.RowsAffected(); n == 0 {
				t.Fatalf("%s: nothing to break", what)
			}
		}
		if f := l.check(t, b); !strings.Contains(strings.Join(f, "\n"), want) {
			t.Errorf("the check does not see %s: %v", what, f)
		}
	}
	try("a request that was never stored", "", "LOST", func() func() {
		b.all = append(b.all, &request{door: "none", mark: "mark99999999z", want: trace{Log: 1}, end: acknowledged})
		return func() { b.all = b.all[:len(b.all)-1] }
	})
	try("a lost note", "DELETE FROM notes WHERE (contact_id, id) IN (SELECT contact_id, id FROM notes LIMIT 1)", "LOST", nil)
	try("half of a request", "DELETE FROM requirements WHERE (contact_id, key) IN (SELECT contact_id, key FROM requirements LIMIT 1)", "HALF", func() func() {
		ends := make([]int, len(b.all))
		for i, r := range b.all {
			ends[i], r.end = r.end, unanswered
		}
		return func() {
			for i, r := range b.all {
				r.end = ends[i]
			}
		}
	})
	try("an orphan", "UPDATE links SET contact_id = 'nobody' WHERE external_id IN (SELECT external_id FROM links WHERE external_id <> '' LIMIT 1)", "not there", nil)
	if !l.lite {
		return
	}
	l.exec(t, "DELETE FROM contact_search WHERE rowid IN (SELECT id FROM contact_search_docsize LIMIT 1)")
	if len(l.sound(t)) == 0 {
		t.Error("the check does not see a contact that cannot be searched for")
	}
}
