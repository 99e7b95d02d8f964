package crm_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// After any sequence of merges and undos, in any order that is allowed, undoing
// what stands leaves every row of every table as it was before, byte for byte.
func TestPropertyUndoingEverythingRestoresEveryRow(t *testing.T) {
	if raced {
		t.Skip("skipped: make test runs it without the race detector")
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		sequences := 1000
		if f.DB.Kind() == db.Postgres || testing.Short() {
			sequences = 100
		}
		merged, undone, refused := 0, 0, 0
		for seed := range sequences {
			s := newScene(t, f, uint64(seed))
			before, found := s.rows(), s.found()
			for range 1 + s.IntN(8) {
				if s.IntN(3) > 0 {
					s.merge()
				} else if len(s.standing) > 0 {
					s.undo(s.standing[s.IntN(len(s.standing))])
				}
				s.check()
			}
			for len(s.standing) > 0 {
				s.undo(s.standing[s.IntN(len(s.standing))])
				s.check()
			}
			if diff := cmp.Diff(before, s.rows()); diff != "" {
				t.Fatalf("sequence %d: rows differ (- before, + after)\n%s", seed, diff)
			}
			if diff := cmp.Diff(found, s.found()); diff != "" {
				t.Fatalf("sequence %d: the search finds others (- before, + after)\n%s", seed, diff)
			}
			merged, undone, refused = merged+s.merged, undone+s.undone, refused+s.refused
		}
		if merged < sequences || undone != merged || refused == 0 {
			t.Errorf("only %d merges, %d undone, %d refused", merged, undone, refused)
		}
		t.Logf("%d sequences: %d merges, all undone, %d undos out of order refused", sequences, merged, refused)
	})
}

// scene is a location with some contacts that share a lot, made at random.
type scene struct {
	*rand.Rand
	t        *testing.T
	f        *foyertest.F
	seed     uint64
	by       crm.Actor
	ids      []string
	things   things
	numbers  map[string]int64
	means    map[string]string // what each id should mean
	standing []*crm.Merge      // in the order they were made
	merged   int
	undone   int
	refused  int
}

func newScene(t *testing.T, f *foyertest.F, seed uint64) *scene {
	t.Helper()
	s := &scene{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, f: f, seed: seed, by: crm.Actor{Origin: "test", UserID: "u"}, numbers: map[string]int64{}, means: map[string]string{}}
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		l, err := crm.AddLocation(ctx, tx, f.Credentials.CompanyID, fmt.Sprint("Office ", seed), "")
		s.by.LocationID = l.ID
		return err
	})
	s.write(func(ctx context.Context, tx *db.Tx) error {
		s.ids = nil
		if err := s.setUp(ctx, tx); err != nil {
			return err
		}
		for range 2 + s.IntN(4) {
			if err := s.add(ctx, tx); err != nil {
				return err
			}
		}
		if err := s.addPairs(ctx, tx); err != nil {
			return err
		}
		return s.addRelations(ctx, tx)
	})
	for _, id := range s.ids {
		s.means[id] = id
	}
	return s
}

func (s *scene) write(do func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	if err := s.f.DB.Write(context.Background(), s.by.LocationID, do); err != nil {
		s.t.Fatalf("sequence %d: %v", s.seed, err)
	}
}

func (s *scene) read(do func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	if err := s.f.DB.Read(context.Background(), s.by.LocationID, do); err != nil {
		s.t.Fatalf("sequence %d: %v", s.seed, err)
	}
}

// some gives at most n different ones of a list.
func some[T any](s *scene, n int, list ...T) (out []T) {
	for _, i := range s.Perm(len(list))[:s.IntN(min(n, len(list))+1)] {
		out = append(out, list[i])
	}
	return out
}

// maybe gives one of a list, or its zero value.
func maybe[T any](s *scene, list ...T) (v T) {
	if s.IntN(2) == 0 {
		v = list[s.IntN(len(list))]
	}
	return v
}

// input says something at random, out of little, so that contacts share it.
func (s *scene) input() crm.Input {
	in := crm.Input{Contact: crm.Contact{
		FirstName: maybe(s, "Ana", "Anna", "Bob"), LastName: maybe(s, "Ruiz", "Lee"), Name: maybe(s, "Ana Maria Ruiz", "Robert <Bob> Lee"), Type: maybe(s, "buyer", "seller"),
		Stage: maybe(s, "new", "hot"), Product: maybe(s, "recruiting"), CompanyName: maybe(s, "Harbor & Sons", "Acme"), Website: maybe(s, "https://x.example/?a=1&b=2"),
		Address: crm.Address{Line1: maybe(s, "1 Main St", "2 Oak Ave"), City: maybe(s, "Mesa", "Tempe"), PostalCode: maybe(s, "85201", "85281")},
		Source:  maybe(s, "Zillow", "Open house"), AssignedTo: maybe(s, "u1", "u2"), DateOfBirth: maybe(s, "1980-01-02"),
		Tags: some(s, 3, "Buyer", "VIP", "hot", "naïve 🏠"), Followers: some(s, 2, "u1", "u2", "u3"), CustomFields: map[string]any{},
	}}
	for _, address := range some(s, 3, "ana@x.example", "Ana@y.example", "bob@x.example", "office@x.example") {
		e, _ := crm.NewEmail(address, maybe(s, "work"))
		in.Emails = append(in.Emails, e)
	}
	for _, number := range some(s, 3, "6025550147", "602-555-0148", "(602) 555-0149 x5", "12") {
		in.Phones = append(in.Phones, crm.NewPhone(number, maybe(s, "cell", "office")))
	}
	for _, id := range some(s, 3, "f1", "f2", "f3") {
		in.CustomFields[id] = []any{"text", 3.5, true, []any{"a", "b"}, map[string]any{"k": "v"}}[s.IntN(5)]
	}
	if dnd := s.IntN(4) == 0; dnd {
		in.SetDND = &dnd
	}
	d := &in.Details
	d.AgentID, d.Gender, d.RecruitingStage = maybe(s, "lic-1", "lic-2", "lic-3"), maybe(s, "f", "m"), maybe(s, "New", "Hired")
	if s.IntN(2) == 0 {
		rating := s.Int64N(5)
		d.Rating, d.Office = &rating, &crm.Address{Line1: "9 Elm St", City: maybe(s, "Mesa", "Tempe")}
		d.DNDSettings = map[string]crm.DNDRule{"SMS": {Status: []string{"active", "inactive", "permanent"}[s.IntN(3)]}}
		d.Attribution = map[string]any{"campaign": maybe(s, "spring"), "clicks": 3}
	}
	for _, key := range some(s, 3, "", "1 main st", "2 oak ave") {
		in.Properties = append(in.Properties, crm.Property{Key: key, Data: map[string]any{"price": s.IntN(3), maybe(s, "bedrooms", "city"): "x"}})
		in.Requirements = append(in.Requirements, crm.Requirement{Key: key, Data: map[string]any{"city": maybe(s, "Mesa", "Tempe")}})
	}
	for _, external := range some(s, 2, "x-1", "x-2", "") {
		in.Links = append(in.Links, crm.Link{Origin: "liondesk", Scope: maybe(s, "p/u"), ExternalID: external, SiteID: maybe(s, "site")})
	}
	return in
}

// add makes a contact with all that can belong to one.
func (s *scene) add(ctx context.Context, tx *db.Tx) error {
	saved, err := crm.SaveContact(ctx, tx, s.by, crm.Save{Input: s.input(), AllowDuplicate: true})
	if err != nil {
		return err
	}
	id := saved.Contact.ID
	s.ids, s.numbers[id] = append(s.ids, id), saved.Contact.Number
	for range s.IntN(3) {
		if _, err := crm.AddNote(ctx, tx, s.by, crm.Note{ContactID: id, Body: "note of " + id}); err != nil {
			return err
		}
		if _, err := crm.AddTask(ctx, tx, s.by, crm.Task{ContactID: id, Title: "task of " + id, DueAt: tx.Now()}); err != nil {
			return err
		}
		if _, err := crm.AddActivity(ctx, tx, s.by, crm.Activity{ContactID: id, Type: "visit", Property: map[string]any{"mls": s.Int64()}}); err != nil {
			return err
		}
	}
	if err := s.addTalk(ctx, tx, id); err != nil {
		return err
	}
	if s.IntN(3) > 0 {
		return nil
	}
	// what no decoder keeps as it is: numbers beyond a float's, and an order of its own
	return tx.Do(ctx, `UPDATE contacts SET custom_fields = '{"z": 12345678901234567890, "a": 1.50}' WHERE location_id = $1 AND id = $2`, s.by.LocationID, id)
}

// addPairs puts some of the contacts up for review, as they would have been.
func (s *scene) addPairs(ctx context.Context, tx *db.Tx) error {
	for i, a := range s.ids {
		for _, b := range s.ids[i+1:] {
			if s.IntN(2) == 0 {
				continue
			}
			state := []string{"open", "dismissed"}[s.IntN(2)]
			if err := tx.Do(ctx, `INSERT INTO duplicate_pairs (location_id, contact_id, other_contact_id, reason, created_at, score, state, user_id, decided_at)
				VALUES ($1, $2, $3, 'same street', 5, $4, $5, '', 0)`, s.by.LocationID, min(a, b), max(a, b), float64(s.IntN(100))/100, state); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge makes two of the contacts one, by any id that they have or had.
func (s *scene) merge() {
	s.t.Helper()
	a, b := s.ids[s.IntN(len(s.ids))], s.ids[s.IntN(len(s.ids))]
	var m *crm.Merge
	take := some(s, 2, "firstName", "agentId", "city", "customFields.f1")
	err := s.f.DB.Write(context.Background(), s.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = crm.MergeContacts(ctx, tx, s.by, a, b, slices.DeleteFunc(slices.Clone(take), func(f string) bool {
			return strings.HasPrefix(f, "customFields") && !hasField(ctx, tx, s.by.LocationID, b)
		})...)
		return err
	})
	if s.means[a] == s.means[b] {
		if !errs.Is(err, errs.Conflict) {
			s.t.Fatalf("sequence %d: merging a contact with itself: %v", s.seed, err)
		}
		return
	}
	if err != nil {
		s.t.Fatalf("sequence %d: %v", s.seed, err)
	}
	if m.ContactID != s.means[a] || m.OtherContactID != s.means[b] {
		s.t.Fatalf("sequence %d: merged %s with %s, want %s with %s", s.seed, m.ContactID, m.OtherContactID, s.means[a], s.means[b])
	}
	for id, means := range s.means {
		if means == m.OtherContactID {
			s.means[id] = m.ContactID
		}
	}
	s.standing, s.merged = append(s.standing, m), s.merged+1
}

func hasField(ctx context.Context, tx *db.Tx, location, id string) bool {
	c, err := crm.ContactByID(ctx, tx, location, id)
	return err == nil && c.CustomFields["f1"] != nil
}

// undo takes a merge back, or sees it refused because of a newer one.
func (s *scene) undo(m *crm.Merge) {
	s.t.Helper()
	newest := ""
	for _, o := range s.standing {
		if s.means[o.ContactID] == s.means[m.ContactID] {
			newest = o.ID
		}
	}
	err := s.f.DB.Write(context.Background(), s.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		u, err := crm.UndoMerge(ctx, tx, s.by, m.ID)
		if err == nil && len(u.Stay)+len(u.Lost)+len(u.Taken) > 0 {
			return fmt.Errorf("nothing was done in between, and yet %+v", u)
		}
		return err
	})
	var refused *errs.Error
	if newest != m.ID && errors.As(err, &refused) && refused.Kind == errs.Conflict && s.stands(refused.Meta["mergeId"]) {
		s.refused++
		return
	}
	if err != nil || newest != m.ID {
		s.t.Fatalf("sequence %d: undoing %s, the newest is %s: %v", s.seed, m.ID, newest, err)
	}
	s.standing = slices.DeleteFunc(s.standing, func(o *crm.Merge) bool { return o == m })
	s.undone++
	for id := range s.means {
		s.means[id] = id
	}
	for _, o := range s.standing {
		for id, means := range s.means {
			if means == o.OtherContactID {
				s.means[id] = o.ContactID
			}
		}
	}
}

func (s *scene) stands(mergeID string) bool {
	return slices.ContainsFunc(s.standing, func(m *crm.Merge) bool { return m.ID == mergeID })
}

// check holds what must be true at any moment: each id and number ever given
// means the right contact, and no row speaks of one that is not there.
func (s *scene) check() {
	s.t.Helper()
	s.read(func(ctx context.Context, tx *db.Tx) error {
		for id, means := range s.means {
			c, err := crm.ContactByID(ctx, tx, s.by.LocationID, id)
			if err != nil || c.ID != means {
				return fmt.Errorf("%s means %v, want %s: %w", id, c, means, err)
			}
			if c, err = crm.ContactByNumber(ctx, tx, s.by.LocationID, s.numbers[id]); err != nil || c.ID != means {
				return fmt.Errorf("number %d means %v, want %s: %w", s.numbers[id], c, means, err)
			}
		}
		for _, table := range []string{"identities", "notes", "tasks", "activities", "properties", "requirements", "links", "contact_aliases", "conversations", "messages", "message_emails", "message_files", "typing", "enrolments",
			"opportunities", "appointments", "appointment_notes", "calendar_busy"} {
			var n int
			if _, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1 AND contact_id NOT IN (SELECT id FROM contacts WHERE location_id = $1)", s.by.LocationID); err != nil || n > 0 {
				return fmt.Errorf("%d rows of %s are nobody's: %w", n, table, err)
			}
		}
		if err := s.checkTalk(ctx, tx); err != nil {
			return err
		}
		list, total, err := crm.Contacts(ctx, tx, s.by.LocationID, crm.Query{Text: "ana", Limit: 100}, true)
		if err != nil || len(list) != int(total) {
			return fmt.Errorf("the search finds %d, and %d are there: %w", total, len(list), err)
		}
		var n int
		_, err = tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM (SELECT key FROM identities WHERE location_id = $1 GROUP BY key HAVING MIN(rank) > 0) AS orphans", s.by.LocationID)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d identities have no owner", n)
		}
		return err
	})
}

// rows gives every row of the location in every table but those that tell
// history, each as one line.
func (s *scene) rows() (lines []string) {
	s.t.Helper()
	grows := []string{"events", "merges", "jobs", "cursors"}
	s.read(func(ctx context.Context, tx *db.Tx) error {
		tables, err := tenantTables(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			if slices.Contains(grows, name) {
				continue
			}
			columns := tables[name]
			if name == "contacts" {
				columns = slices.DeleteFunc(columns, func(c string) bool { return c == "version" || c == "updated_at" })
			}
			found, err := texts(ctx, tx, columns, name, s.by.LocationID)
			if err != nil {
				return err
			}
			lines = append(lines, found...)
		}
		return nil
	})
	slices.Sort(lines)
	return lines
}

// found gives whom some words find.
func (s *scene) found() map[string][]string {
	s.t.Helper()
	out := map[string][]string{}
	s.read(func(ctx context.Context, tx *db.Tx) error {
		for _, words := range []string{"ana", "bob", "ruiz", "lee", "harbor", "6025550147", "602555", "office", "mesa", "tempe"} {
			list, _, err := crm.Contacts(ctx, tx, s.by.LocationID, crm.Query{Text: words, Limit: 100}, true)
			if err != nil {
				return err
			}
			for _, c := range list {
				out[words] = append(out[words], c.ID)
			}
		}
		return nil
	})
	return out
}

// tenantTables gives the tables that have a location_id, with their columns.
func tenantTables(ctx context.Context, tx *db.Tx) (map[string][]string, error) {
	rows, err := tx.Query(ctx, `/*sqlite SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'contact_search%' AND '' <> ' location_id = ' ORDER BY 1, c.cid*/
		/*postgres SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND '' <> ' location_id = ' ORDER BY 1, ordinal_position*/`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		all[table] = append(all[table], column)
	}
	maps.DeleteFunc(all, func(_ string, columns []string) bool { return !slices.Contains(columns, "location_id") })
	return all, rows.Err()
}

// texts gives the rows of a table that a location has as text, one line each.
func texts(ctx context.Context, tx *db.Tx, columns []string, table, location string) (lines []string, err error) {
	casts := make([]string, len(columns))
	for i, c := range columns {
		casts[i] = "CAST(" + c + " AS TEXT)"
	}
	rows, err := tx.Query(ctx, "SELECT "+strings.Join(casts, ", ")+" FROM "+table+" WHERE location_id = $1", location)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values, at := make([]string, len(columns)), make([]any, len(columns))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		line := table + ":"
		for i, v := range values {
			line += " " + columns[i] + "=" + v
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
