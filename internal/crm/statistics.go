package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// Arrival is a contact's coming: when, by what source and door.
type Arrival struct {
	ContactID string
	At        time.Time
	Source    string
}

// Arrivals gives the contacts of a location that came since a moment, the newest
// first and at most limit of them: of one owner, or of all for "".
func Arrivals(ctx context.Context, tx *db.Tx, locationID, owner string, since time.Time, limit int) (list []Arrival, err error) {
	of, args := "", []any{locationID, id.At(since), limit}
	if owner != "" {
		of, args = " AND assigned_to = $4 AND assigned_to <> ''", append(args, owner)
	}
	var a Arrival
	err = tx.Each(ctx, []any{&a.ContactID, &a.Source}, func() error {
		a.At = id.Time(a.ContactID)
		list = append(list, a)
		return nil
	}, "SELECT id, source FROM contacts WHERE location_id = $1 AND id >= $2"+of+" ORDER BY id DESC LIMIT $3", args...)
	return list, err
}

// StageTotal is how many open opportunities stand in a stage, and what they are
// worth.
type StageTotal struct {
	PipelineID, StageID string
	Count               int64
	Value               float64
}

// StageTotals adds up the open opportunities of a location by pipeline and stage:
// those of one owner, or all for "".
func StageTotals(ctx context.Context, tx *db.Tx, locationID, owner string) (list []StageTotal, err error) {
	var t StageTotal
	err = tx.Each(ctx, []any{&t.PipelineID, &t.StageID, &t.Count, &t.Value}, func() error {
		list = append(list, t)
		return nil
	}, `SELECT pipeline_id, stage_id, COUNT(*), SUM(monetary_value) FROM opportunities
		WHERE location_id = $1 AND status = 'open' AND ($2 = '' OR assigned_to = $2) GROUP BY pipeline_id, stage_id`, locationID, owner)
	return list, err
}
