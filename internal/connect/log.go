package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Crossing is a line of the log: what crossed, and by what rule.
type Crossing struct {
	LocationID   string      `json:"-"`
	ID           string      `json:"id"`
	ConnectionID string      `json:"connectionId"`
	Object       remote.Kind `json:"object"`
	LocalID      string      `json:"localId,omitempty"`
	RemoteID     string      `json:"remoteId,omitempty"`
	Way          string      `json:"way"`    // In or Out
	Action       string      `json:"action"` // created, updated, deleted, archived, ignored, linked, merged, rejected
	Fields       []Crossed   `json:"fields,omitempty"`
	Note         string      `json:"note,omitempty"`
}

// Crossed is a field that crossed. The values are the records' matter, not the log's.
type Crossed struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

// When is when it crossed, in UTC.
func (c *Crossing) When() time.Time { return id.Time(c.ID) }

var crossings = db.NewTable("connection_log", []string{"location_id", "id"}, func(c *Crossing) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "connection_id", At: &c.ConnectionID}, {Name: "object", At: (*string)(&c.Object)},
		{Name: "local_id", At: &c.LocalID}, {Name: "remote_id", At: &c.RemoteID}, {Name: "way", At: &c.Way}, {Name: "action", At: &c.Action},
		{Name: "fields", At: db.JSON(&c.Fields, "[]")}, {Name: "note", At: &c.Note},
	}
})

// log notes what became of a record.
func (l *Link) log(ctx context.Context, tx *db.Tx, way, action string, fields []Crossed, note string) error {
	return crossings.Insert(ctx, tx, &Crossing{LocationID: l.LocationID, ID: tx.NewID(), ConnectionID: l.ConnectionID, Object: l.Object, LocalID: l.LocalID, RemoteID: l.RemoteID, Way: way, Action: action, Fields: fields, Note: cut(note)})
}

func cut(s string) string {
	s, _ = norm.Cut(s, 500)
	return s
}

// Log gives what crossed by a connection, the newest first, before an id or from
// the newest for "".
func Log(ctx context.Context, tx *db.Tx, locationID, connectionID, before string, limit int) ([]Crossing, error) {
	if before == "" {
		before = "~" // sorts behind every id
	}
	return crossings.All(ctx, tx, "WHERE location_id = $1 AND connection_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4", locationID, connectionID, before, limit)
}

// Forget removes the log of what crossed before a time.
func Forget(ctx context.Context, d *db.DB, before time.Time) error {
	return d.Write(db.Quietly(ctx), db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "DELETE FROM connection_log WHERE location_id IN (SELECT id FROM locations) AND id < $1", id.At(before))
	})
}
