package wire

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// LogEntry is one row of the import log: a request to a door, and what became of it.
type LogEntry struct {
	LocationID   string
	ID           string
	Door         string
	CredentialID string
	Address      string // of the client
	RequestID    string
	Method       string
	Path         string
	Status       int64
	Result       string // created, updated, matched, noted, dry run, refused
	ContactID    string
	Reason       string // why it was refused
	ReplayOf     string // the entry that was replayed
	Warnings     []Warning
	Body         string // as sent, secrets removed
}

// At is when the request came, in UTC.
func (e *LogEntry) At() time.Time { return id.Time(e.ID) }

// Refused is the result of a request of which nothing was stored.
const Refused = "refused"

var intakeLog = db.NewTable("intake_log", []string{"location_id", "id"}, func(e *LogEntry) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "door", At: &e.Door}, {Name: "credential_id", At: &e.CredentialID},
		{Name: "address", At: &e.Address}, {Name: "request_id", At: &e.RequestID}, {Name: "method", At: &e.Method}, {Name: "path", At: &e.Path},
		{Name: "status", At: &e.Status}, {Name: "result", At: &e.Result}, {Name: "contact_id", At: &e.ContactID}, {Name: "reason", At: &e.Reason},
		{Name: "replay_of", At: &e.ReplayOf}, {Name: "warnings", At: db.JSON(&e.Warnings, "[]")}, {Name: "body", At: &e.Body},
	}
})

// record writes the request's row of the import log in the transaction that
// does its work.
func (c *Call) record(ctx context.Context, tx *db.Tx, a Answer) error {
	if !c.Route.Intake {
		return nil
	}
	result := string(a.Result)
	if result == "" {
		result = "matched"
	}
	return intakeLog.Insert(ctx, tx, c.entry(tx, a.Status, result, a.ContactID, ""))
}

// recordRefusal writes the row of a request that was refused; there is no
// transaction of its own to write it in.
func (c *Call) recordRefusal(ctx context.Context, a Answer, why error) error {
	location := ""
	if c.Caller != nil {
		location = c.owner()
	}
	return c.house.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
		return intakeLog.Insert(ctx, tx, c.entry(tx, a.Status, Refused, "", errs.As(why).Error()))
	})
}

func (c *Call) entry(tx *db.Tx, status int, result, contactID, reason string) *LogEntry {
	e := &LogEntry{
		ID: tx.NewID(), Door: c.Door.Name, Address: c.Address, RequestID: c.ID, Method: c.Request.Method, Path: storable(safePath(c.Request.URL.Path)),
		Status: int64(status), Result: result, ContactID: contactID, Reason: storable(reason), ReplayOf: c.replayOf, Warnings: c.Warnings(),
	}
	if c.Caller != nil {
		// the body of a stranger is not kept: whoever has no key could fill the disk
		e.LocationID, e.CredentialID, e.Body = c.owner(), c.Caller.Actor.CredentialID, c.safeBody()
	}
	return e
}

// secretMember is a member of a JSON object whose name says that it is a secret.
var secretMember = regexp.MustCompile(`(?i)("[^"]*(?:password|passwd|secret|token|api_?key|userkey|authorization)[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"|\{[^{}]*\}|\[[^\[\]]*\]|[^\s,{}\[\]"]+)`)

// safeBody is the body without the keys the request came with, and without
// values whose names say that they are secrets.
func (c *Call) safeBody() string {
	body := storable(string(c.Body))
	if c.Door.Presented != nil {
		for _, s := range c.Door.Presented(c.Request) {
			if len(s) >= 8 { // "user" is LionDesk's word for nobody's secret
				body = strings.ReplaceAll(body, s, "[removed]")
			}
		}
	}
	if !mayNameSecret(body) {
		return body
	}
	return secretMember.ReplaceAllString(body, `${1}"[removed]"`)
}

// safePath is a path without what may be a key: whoever puts one there by mistake
// is not to find it in a log. Ids are shorter, or UUIDs.
func safePath(p string) string {
	const longest = 28 // characters
	if len(p) <= longest {
		return p
	}
	parts := strings.Split(p, "/")
	for i, s := range parts {
		if len(s) > longest && !uuid.MatchString(s) {
			parts[i] = "[removed]"
		}
	}
	return strings.Join(parts, "/")
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// mayNameSecret is a cheap look before the expensive one.
func mayNameSecret(body string) bool {
	for _, w := range []string{"assw", "ecret", "oken", "key", "Key", "KEY", "uthoriz", "ASSW", "ECRET", "OKEN"} {
		if strings.Contains(body, w) {
			return true
		}
	}
	return false
}

// storable makes text that both databases can hold: valid UTF-8 without NUL.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// LogFilter selects entries of the import log. Empty fields select all.
type LogFilter struct {
	ID        string
	Door      string
	Result    string
	ContactID string
	Since     time.Time
	Until     time.Time
	Warned    bool // only those with warnings
	// The two below are for LogPage.
	CredentialID string
	Text         string // in the body, the reason, the path, or the request's id, whatever the case
	Before       string
	Limit        int
}

// Log gives entries of a location's import log, the newest first.
func Log(ctx context.Context, tx *db.Tx, locationID string, f LogFilter) ([]LogEntry, error) {
	where, args := "WHERE location_id = $1", []any{locationID}
	add := func(cond string, v any) {
		args = append(args, v)
		where += fmt.Sprintf(" AND "+cond, len(args))
	}
	for _, eq := range []struct{ column, value string }{{"id", f.ID}, {"door", f.Door}, {"result", f.Result}, {"contact_id", f.ContactID}} {
		if eq.value != "" {
			add(eq.column+" = $%d", eq.value)
		}
	}
	if !f.Since.IsZero() {
		add("id >= $%d", id.At(f.Since))
	}
	if !f.Until.IsZero() {
		add("id < $%d", id.At(f.Until))
	}
	if f.Before != "" {
		add("id < $%d", f.Before)
	}
	if f.Warned {
		where += " AND warnings <> '[]'"
	}
	args = append(args, f.Limit)
	return intakeLog.All(ctx, tx, fmt.Sprintf("%s ORDER BY id DESC LIMIT $%d", where, len(args)), args...)
}

// ForgetLog removes entries older than a moment.
func ForgetLog(ctx context.Context, d *db.DB, before time.Time) error {
	return d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM intake_log WHERE id < $1", id.At(before))
		return err
	})
}
