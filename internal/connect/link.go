package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Link is a record on both sides, or one that waits to be: what of it crossed and
// what is still to cross.
type Link struct {
	LocationID   string      `json:"-"`
	ID           string      `json:"id"`
	ConnectionID string      `json:"-"`
	Object       remote.Kind `json:"object"`
	LocalID      string      `json:"localId,omitempty"`
	LocalParent  string      `json:"-"` // the contact that it belongs to
	RemoteID     string      `json:"remoteId,omitempty"`
	RemoteParent string      `json:"-"`
	State        string      `json:"state"`
	Seen         Seen        `json:"-"`
	RemoteAt     time.Time   `json:"-"`               // the newest that was seen of it there
	Writes       int64       `json:"-"`               // there
	Trying       string      `json:"-"`               // the key of a create whose outcome is not known
	Wanted       int64       `json:"-"`               // grows with each reason to look at it
	Round        int64       `json:"-"`               // the last look at everything that saw it there
	DueAt        time.Time   `json:"dueAt,omitzero"`  // when it is looked at next; zero if nothing is to be done
	Attempts     int64       `json:"attempts"`        // in a row that failed
	Error        string      `json:"error,omitempty"` // why it cannot cross
	CreatedAt    time.Time   `json:"createdAt"`
	UpdatedAt    time.Time   `json:"updatedAt"`
}

// Seen is what the fields of a record were last seen with, all as they are here.
// A field that is missing was never seen on both sides.
type Seen struct {
	Local  map[string]any `json:"l,omitempty"`
	Remote map[string]any `json:"r,omitempty"`
	// Sent is what was to be written there last: if nobody hears what came of it, it
	// is known by this.
	Sent map[string]any `json:"s,omitempty"`
}

// The states of a Link.
const (
	Waiting  = "new"
	Linked   = "linked"
	Gone     = "gone"     // deleted on one side or both; it never comes back
	Merged   = "merged"   // its contact was merged into another one here
	Rejected = "rejected" // it cannot cross; its next change tries again
	Skipped  = "skipped"  // somebody said that it is not to cross
)

var links = db.NewTable("connection_records", []string{"location_id", "id"}, func(l *Link) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &l.LocationID}, {Name: "id", At: &l.ID}, {Name: "connection_id", At: &l.ConnectionID, Fixed: true}, {Name: "object", At: (*string)(&l.Object), Fixed: true},
		{Name: "local_id", At: &l.LocalID}, {Name: "local_parent", At: &l.LocalParent}, {Name: "remote_id", At: &l.RemoteID}, {Name: "remote_parent", At: &l.RemoteParent},
		{Name: "state", At: &l.State}, {Name: "seen", At: db.JSON(&l.Seen, "{}")}, {Name: "remote_at", At: db.Millis(&l.RemoteAt)},
		{Name: "writes", At: &l.Writes}, {Name: "trying", At: &l.Trying}, {Name: "wanted", At: &l.Wanted}, {Name: "round", At: &l.Round},
		{Name: "due_at", At: db.Millis(&l.DueAt)}, {Name: "attempts", At: &l.Attempts}, {Name: "error", At: &l.Error},
		{Name: "created_at", At: db.Millis(&l.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&l.UpdatedAt)},
	}
})

// newLink gives a Link of a record of one side.
func newLink(tx *db.Tx, c *Connection, kind remote.Kind) *Link {
	return &Link{LocationID: c.LocationID, ID: tx.NewID(), ConnectionID: c.ID, Object: kind, State: Waiting, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

// byLocal gives the Link of a record here, nil if there is none.
func byLocal(ctx context.Context, tx *db.Tx, c *Connection, kind remote.Kind, localID string) (*Link, error) {
	return links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND local_id = $4 AND local_id <> ''"+forUpdate, c.LocationID, c.ID, string(kind), localID)
}

// byRemote gives the Link of a record there, nil if there is none.
func byRemote(ctx context.Context, tx *db.Tx, c *Connection, kind remote.Kind, remoteID string) (*Link, error) {
	return links.One(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND object = $3 AND remote_id = $4 AND remote_id <> ''"+forUpdate, c.LocationID, c.ID, string(kind), remoteID)
}

// dead reports whether a record is not to cross any more.
func (l *Link) dead() bool { return l.State == Gone || l.State == Merged || l.State == Skipped }

// want has a record looked at now.
func (l *Link) want(now time.Time) {
	l.Wanted++
	l.DueAt, l.Attempts, l.UpdatedAt = now, 0, now
}

// bury notes that a record is gone. Its ids stay, so that nothing brings it back.
func (l *Link) bury(now time.Time) {
	l.State, l.Seen, l.DueAt, l.Trying, l.Error, l.Attempts, l.UpdatedAt = Gone, Seen{}, time.Time{}, "", "", 0, now
}

// buryFamily buries what belonged to a contact that is gone.
func buryFamily(ctx context.Context, tx *db.Tx, l *Link) error {
	if l.Object != remote.Contact {
		return nil
	}
	return tx.Do(ctx, `UPDATE connection_records SET state = 'gone', seen = '{}', due_at = 0, trying = '', error = '', updated_at = $5 WHERE location_id = $1 AND connection_id = $2
		AND object <> 'contact' AND state <> 'gone' AND (local_parent = $3 AND local_parent <> '' OR remote_parent = $4 AND remote_parent <> '')`, l.LocationID, l.ConnectionID, l.LocalID, l.RemoteID, tx.Now().UnixMilli())
}

// Rejects gives what cannot cross, and why, the oldest first, behind an id.
func Rejects(ctx context.Context, tx *db.Tx, locationID, connectionID, after string, limit int) ([]Link, error) {
	return links.All(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND state = 'rejected' AND id > $3 ORDER BY id LIMIT $4", locationID, connectionID, after, limit)
}

// Retry has one reject tried again, or all of a connection for "". It gives how
// many. NotFound if there is no such one.
func Retry(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID, linkID string) (int64, error) {
	n, err := tx.Exec(ctx, `UPDATE connection_records SET state = CASE WHEN local_id <> '' AND remote_id <> '' THEN 'linked' ELSE 'new' END, due_at = $4, attempts = 0, wanted = wanted + 1
		WHERE location_id = $1 AND connection_id = $2 AND ($3 = '' AND state = 'rejected' OR id = $3 AND state IN ('rejected', 'skipped'))`, by.LocationID, connectionID, linkID, tx.Now().UnixMilli())
	return n, noneOf(n, linkID, err)
}

// Skip says that one reject is not to cross, or all of a connection for "". It
// gives how many. NotFound if there is no such one.
func Skip(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID, linkID string) (int64, error) {
	n, err := tx.Exec(ctx, `UPDATE connection_records SET state = 'skipped', due_at = 0 WHERE location_id = $1 AND connection_id = $2 AND ($3 = '' OR id = $3) AND state = 'rejected'`, by.LocationID, connectionID, linkID)
	return n, noneOf(n, linkID, err)
}

func noneOf(n int64, linkID string, err error) error {
	if err == nil && n == 0 && linkID != "" {
		err = errs.New(errs.NotFound, "there is no reject %s", linkID)
	}
	return err
}
