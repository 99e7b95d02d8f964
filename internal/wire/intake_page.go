package wire

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// looked is how many entries a page of the log is looked for among: so that a
// page of what is rare costs no more than one of what is frequent.
const looked = 3000

// LogPage gives a page of a location's import log, the newest first: of the
// entries before f.Before those among the next few thousand that the filter
// selects, f.Limit of them at most. next is where to look further, "" if there is
// nothing more. A page may be short, or empty, and go on.
func LogPage(ctx context.Context, tx *db.Tx, locationID string, f LogFilter) (list []LogEntry, next string, err error) {
	before, since := f.Before, ""
	if before == "" {
		before = "~" // sorts behind every id
	}
	if !f.Until.IsZero() {
		before = min(before, id.At(f.Until))
	}
	if !f.Since.IsZero() {
		since = id.At(f.Since)
	}
	var last string
	var n int
	const among = "(SELECT id FROM intake_log WHERE location_id = $1 AND id < $2 AND id >= $3 ORDER BY id DESC LIMIT $4)"
	if _, err := tx.Get(ctx, []any{&n, &last}, "SELECT COUNT(*), COALESCE(MIN(id), '') FROM "+among+" AS picked", locationID, before, since, looked); err != nil || n == 0 {
		return nil, "", err
	}
	where, args := "WHERE location_id = $1 AND id < $2 AND id >= $3", []any{locationID, before, last}
	add := func(cond string, v any) {
		args = append(args, v)
		where += fmt.Sprintf(" AND "+cond, len(args))
	}
	for _, eq := range []struct{ column, value string }{{"door", f.Door}, {"result", f.Result}, {"contact_id", f.ContactID}, {"credential_id", f.CredentialID}} {
		if eq.value != "" {
			add(eq.column+" = $%d", eq.value)
		}
	}
	if f.Warned {
		where += " AND warnings <> '[]'"
	}
	if f.Text != "" {
		add(`LOWER(body || ' ' || reason || ' ' || path || ' ' || request_id || ' ' || address || ' ' || id) LIKE $%d ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(f.Text))+"%")
	}
	args = append(args, f.Limit+1)
	list, err = intakeLog.All(ctx, tx, fmt.Sprintf("%s ORDER BY id DESC LIMIT $%d", where, len(args)), args...)
	switch {
	case len(list) > f.Limit:
		list = list[:f.Limit]
		next = list[f.Limit-1].ID
	case n == looked:
		next = last
	}
	return list, next, err
}

// EntryByID gives an entry of the import log. NotFound if it is not there.
func EntryByID(ctx context.Context, tx *db.Tx, locationID, entryID string) (*LogEntry, error) {
	e, err := intakeLog.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, entryID)
	if err == nil && e == nil {
		err = errs.New(errs.NotFound, "there is no request %s in the import log of this location", entryID)
	}
	return e, err
}

// ReplaysOf gives the entries that an entry was replayed as, the oldest first, of
// those among the last few thousand.
func ReplaysOf(ctx context.Context, tx *db.Tx, locationID, entryID string) ([]LogEntry, error) {
	return intakeLog.All(ctx, tx, `WHERE location_id = $1 AND replay_of = $2 AND id IN (
		SELECT id FROM intake_log WHERE location_id = $1 AND id > $2 ORDER BY id DESC LIMIT $3) ORDER BY id LIMIT 50`, locationID, entryID, looked)
}

// Traffic is what lately came in by a door.
type Traffic struct {
	Door    string
	Total   int
	Refused int
	Last    time.Time // zero if nothing came
}

// TrafficSince counts what came in since a moment, by door. It looks at the last
// few thousand requests only; full says that there were more.
func TrafficSince(ctx context.Context, tx *db.Tx, locationID string, since time.Time) (by map[string]Traffic, full bool, err error) {
	by = map[string]Traffic{}
	all := 0
	var t Traffic
	var last string
	err = tx.Each(ctx, []any{&t.Door, &t.Total, &t.Refused, &last}, func() error {
		t.Last = id.Time(last)
		by[t.Door] = t
		all += t.Total
		return nil
	}, `SELECT door, COUNT(*), SUM(CASE WHEN result = 'refused' THEN 1 ELSE 0 END), MAX(id) FROM
		(SELECT id, door, result FROM intake_log WHERE location_id = $1 AND id >= $2 ORDER BY id DESC LIMIT $3) AS picked GROUP BY door`, locationID, id.At(since), looked)
	return by, all == looked, err
}
