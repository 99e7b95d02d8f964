package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// combed is a table that may name somebody: its key, and its columns of text.
type combed struct {
	name  string
	key   []string
	texts []string
	json  []string // columns that hold JSON
	own   []string // columns with the id of whose row it is: of the person's own nothing of the texts is left
	drop  bool     // a row that names the person goes as a whole
}

// combedTables are those that a contact which is deleted stays in, and those in
// which the rows of others may name it.
func combedTables() []combed {
	return []combed{
		{name: "intake_log", key: []string{"id"}, texts: []string{"path", "reason", "body"}, json: []string{"warnings"}, own: []string{"contact_id"}},
		{name: "import_rows", key: []string{"import_id", "line"}, texts: []string{"reason"}, json: []string{"data"}, own: []string{"contact_id"}},
		{name: "events", key: []string{"id"}, json: []string{"data"}},
		{name: "notifications", key: []string{"event_id", "user_id", "kind"}, texts: []string{"text", "error"}, own: []string{"contact_id"}},
		{name: "webhook_deliveries", key: []string{"id"}, texts: []string{"body"}, json: []string{"tries"}},
		{name: "idempotency_keys", key: []string{"route", "key"}, texts: []string{"body"}, json: []string{"header"}, drop: true},
		{name: "connections", key: []string{"id"}, texts: []string{"last_error"}},
		{name: "connection_records", key: []string{"id"}, texts: []string{"error"}, json: []string{"seen"}, own: []string{"local_id", "local_parent"}},
		{name: "connection_log", key: []string{"id"}, texts: []string{"note"}, json: []string{"fields"}, own: []string{"local_id"}},
		{name: "merges", key: []string{"id"}, json: []string{"data"}},
		{name: "duplicate_pairs", key: []string{"contact_id", "other_contact_id"}, texts: []string{"reason"}},
		{name: "contacts", key: []string{"id"}, json: []string{"custom_fields", "details"}},
		{name: "properties", key: []string{"contact_id", "key"}, json: []string{"data"}},
		{name: "requirements", key: []string{"contact_id", "key"}, json: []string{"data"}},
		{name: "notes", key: []string{"contact_id", "id"}, texts: []string{"title", "body"}},
		{name: "tasks", key: []string{"contact_id", "id"}, texts: []string{"title", "body"}},
		{name: "activities", key: []string{"contact_id", "id"}, texts: []string{"description"}, json: []string{"property"}},
		{name: "businesses", key: []string{"id"}, texts: []string{"description"}},
		{name: "opportunities", key: []string{"id"}, texts: []string{"name", "source"}, json: []string{"custom_fields"}},
		{name: "appointments", key: []string{"id"}, texts: []string{"title"}, json: []string{"details"}},
		{name: "appointment_notes", key: []string{"appointment_id", "id"}, texts: []string{"body"}},
		{name: "calendar_blocks", key: []string{"id"}, texts: []string{"title"}},
		{name: "conversations", key: []string{"id"}, texts: []string{"last_body"}},
		{name: "messages", key: []string{"id"}, texts: []string{"body"}, json: []string{"details", "attachments"}},
		{name: "message_emails", key: []string{"id"}, texts: []string{"subject", "sender", "html", "text"}, json: []string{"recipients"}},
		{name: "message_files", key: []string{"id"}, texts: []string{"name"}},
		{name: "snippets", key: []string{"id"}, texts: []string{"subject", "body"}},
		{name: "enrolments", key: []string{"id"}, texts: []string{"reason", "error"}, json: []string{"data"}},
		{name: "enrolment_steps", key: []string{"enrolment_id", "n"}, texts: []string{"detail"}},
	}
}

// Erasures lets a runner go through what may name somebody who was erased.
func Erasures(d *db.DB, r *jobs.Runner) {
	r.Handle(EraseJob, func(ctx context.Context, run jobs.Run) error {
		var t traces
		if err := json.Unmarshal(run.Args, &t); err != nil {
			return fmt.Errorf("reading who was erased: %w", err)
		}
		c := &comb{d: d, locationID: run.LocationID, ids: t.IDs, finds: t.patterns(), parts: t.parts()}
		for _, table := range combedTables() {
			if err := c.table(ctx, table); err != nil {
				return fmt.Errorf("erasing from %s: %w", table.name, err)
			}
		}
		return nil
	})
}

// pattern is what to find, and what to write in its place.
type pattern struct {
	find *regexp.Regexp
	with string
}

// patterns are the ways in which others may have written what somebody is known by.
func (t *traces) patterns() (list []pattern) {
	for _, s := range t.Emails {
		local, domain, _ := strings.Cut(s, "@")
		list = append(list, pattern{regexp.MustCompile(`(?i)(^|[^a-z0-9._+\-])` + regexp.QuoteMeta(local) + `(?:@|%40)` + regexp.QuoteMeta(domain) + `\b`), "${1}[erased]"})
	}
	for _, s := range t.Phones {
		const gap = `[\s().\-/]{0,3}`
		list = append(list, pattern{regexp.MustCompile(`(?:\+?\b1` + gap + `|\+?\b)` + strings.Join(strings.Split(s, ""), gap) + `\b`), "0"}) // a number, so that JSON stays JSON
	}
	for _, s := range t.Names {
		list = append(list, pattern{regexp.MustCompile(`(?i)\b` + strings.Join(strings.Fields(regexp.QuoteMeta(s)), `\s+`) + `\b`), "[erased]"})
	}
	return list
}

// parts are the parts of a name where a door, or a system outside, has them as
// fields of their own. They are found only in what names the person in another way:
// others are called so too.
func (t *traces) parts() (list []pattern) {
	for _, name := range t.Names {
		for _, s := range strings.Fields(name) {
			list = append(list, pattern{regexp.MustCompile(`(?i)(["=])` + regexp.QuoteMeta(s) + `(["&]|$)`), "${1}${2}"})
		}
	}
	return list
}

// comb goes through the tables of a location, a page at a time: it reads without
// holding others up, and writes only what it found.
type comb struct {
	d          *db.DB
	locationID string
	ids        []string
	finds      []pattern
	parts      []pattern
}

// combing is a row that names the person, as it is to be.
type combing struct {
	key    []any
	values []string
	gone   bool
}

const combPage = 500 // rows

func (c *comb) table(ctx context.Context, t combed) error {
	var after []any
	for {
		var found []combing
		var n int
		err := c.d.Read(ctx, c.locationID, func(ctx context.Context, tx *db.Tx) (err error) {
			found, after, n, err = c.page(ctx, tx, t, after)
			return err
		})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			if err := c.d.Write(ctx, c.locationID, func(ctx context.Context, tx *db.Tx) error { return c.write(ctx, tx, t, found) }); err != nil {
				return err
			}
		}
		if n < combPage {
			return nil
		}
	}
}

// page reads the rows behind a key.
func (c *comb) page(ctx context.Context, tx *db.Tx, t combed, after []any) (found []combing, last []any, n int, err error) {
	columns := slices.Clone(t.key)
	columns = append(columns, t.own...)
	for _, name := range slices.Concat(t.texts, t.json) {
		columns = append(columns, "CAST("+name+" AS TEXT)")
	}
	where, args := "WHERE location_id = $1", []any{c.locationID}
	if after != nil {
		where += " AND (" + strings.Join(t.key, ", ") + ") > (" + marks(2, len(t.key)) + ")"
		args = append(args, after...)
	}
	key, owners, values := make([]any, len(t.key)), make([]string, len(t.own)), make([]string, len(t.texts)+len(t.json))
	var dest []any
	for i := range key {
		dest = append(dest, &key[i])
	}
	for i := range owners {
		dest = append(dest, &owners[i])
	}
	for i := range values {
		dest = append(dest, &values[i])
	}
	err = tx.Each(ctx, dest, func() error {
		last, n = slices.Clone(key), n+1
		if next, changed := c.clean(t, owners, values); changed {
			found = append(found, combing{key: last, values: next, gone: t.drop})
		}
		return nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.name+" "+where+" ORDER BY "+strings.Join(t.key, ", ")+" LIMIT "+strconv.Itoa(combPage), args...)
	return found, last, n, err
}

// clean gives the texts of a row without what names the person.
func (c *comb) clean(t combed, owners, values []string) (next []string, changed bool) {
	next = slices.Clone(values)
	if slices.ContainsFunc(owners, func(id string) bool { return id != "" && slices.Contains(c.ids, id) }) {
		for i, s := range values {
			if next[i] = ""; i >= len(t.texts) {
				next[i] = map[bool]string{true: "[]", false: "{}"}[strings.HasPrefix(s, "[")]
			}
		}
		return next, !slices.Equal(next, values)
	}
	replace(next, c.finds)
	named := slices.ContainsFunc(values, func(s string) bool {
		return slices.ContainsFunc(c.ids, func(id string) bool { return strings.Contains(s, id) })
	})
	if named || !slices.Equal(next, values) {
		replace(next, c.parts)
	}
	return next, !slices.Equal(next, values)
}

// replace replaces in texts what patterns find.
func replace(texts []string, patterns []pattern) {
	for i := range texts {
		for _, p := range patterns {
			texts[i] = p.find.ReplaceAllString(texts[i], p.with)
		}
	}
}

func (c *comb) write(ctx context.Context, tx *db.Tx, t combed, found []combing) error {
	var set []string
	for i, name := range slices.Concat(t.texts, t.json) {
		mark := "$" + strconv.Itoa(len(t.key)+2+i)
		if i >= len(t.texts) {
			mark += "/*postgres ::jsonb*/"
		}
		set = append(set, name+" = "+mark)
	}
	var is strings.Builder
	for i, name := range t.key {
		fmt.Fprintf(&is, " AND %s = $%d", name, i+2)
	}
	for _, f := range found {
		args := append([]any{c.locationID}, f.key...)
		statement := "DELETE FROM " + t.name + " WHERE location_id = $1" + is.String()
		if !f.gone {
			statement = "UPDATE " + t.name + " SET " + strings.Join(set, ", ") + " WHERE location_id = $1" + is.String()
			args = append(args, anys(f.values)...)
		}
		if err := tx.Do(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}
