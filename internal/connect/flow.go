package connect

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Flow is how far a connection is with a kind of records.
type Flow struct {
	LocationID   string      `json:"-"`
	ConnectionID string      `json:"-"`
	Object       remote.Kind `json:"object"`
	Phase        string      `json:"phase"`
	Place        string      `json:"-"`      // where the changes over there go on
	At           string      `json:"-"`      // the contact here that was looked at last
	NextAt       time.Time   `json:"nextAt"` // when the changes are looked at next
	Round        int64       `json:"-"`      // which look at everything this is
	Counts       Counts      `json:"counts"`
	BeganAt      time.Time   `json:"beganAt"`
	DoneAt       time.Time   `json:"doneAt,omitzero"` // when everything was last looked at
}

// Counts are what came of looking at everything.
type Counts struct {
	Total   int64 `json:"total,omitempty"` // that the system says it has, 0 if it does not
	Read    int64 `json:"read"`            // there
	Here    int64 `json:"here,omitempty"`  // contacts to be looked at here
	Looked  int64 `json:"looked"`          // here
	Created int64 `json:"created"`         // here
	Matched int64 `json:"matched"`
	Updated int64 `json:"updated"` // here
	// Since is when looking at what is here began.
	Since time.Time `json:"since,omitzero"`
}

// The phases of a flow. The first two look at everything; a flow that is settled
// does so again now and then, to see what was deleted.
const (
	Reading = "reading" // what is there
	Looking = "looking" // at what is here
	Settled = "settled"
)

var flows = db.NewTable("connection_flows", []string{"location_id", "connection_id", "object"}, func(f *Flow) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &f.LocationID}, {Name: "connection_id", At: &f.ConnectionID}, {Name: "object", At: (*string)(&f.Object)}, {Name: "phase", At: &f.Phase},
		{Name: "place", At: &f.Place}, {Name: "at", At: &f.At}, {Name: "next_at", At: db.Millis(&f.NextAt)}, {Name: "round", At: &f.Round},
		{Name: "counts", At: db.JSON(&f.Counts, "{}")}, {Name: "began_at", At: db.Millis(&f.BeganAt)}, {Name: "done_at", At: db.Millis(&f.DoneAt)},
	}
})

// ensureFlows makes a flow for every object of a connection that has none.
func ensureFlows(ctx context.Context, tx *db.Tx, c *Connection) error {
	for kind := range c.Mapping.Objects {
		f := &Flow{LocationID: c.LocationID, ConnectionID: c.ID, Object: kind, Phase: Reading, Round: 1, NextAt: tx.Now(), BeganAt: tx.Now()}
		if err := flows.Ensure(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Flows gives how far a connection is with each kind of records.
func Flows(ctx context.Context, tx *db.Tx, locationID, connectionID string) ([]Flow, error) {
	all, err := flows.All(ctx, tx, "WHERE location_id = $1 AND connection_id = $2", locationID, connectionID)
	var sorted []Flow
	for _, kind := range kinds {
		for i := range all {
			if all[i].Object == kind {
				sorted = append(sorted, all[i])
			}
		}
	}
	return sorted, err
}

// Hurry has a connection look at what changed there now; again is to look at
// everything.
func Hurry(ctx context.Context, tx *db.Tx, c *Connection, again bool) error {
	all, err := Flows(ctx, tx, c.LocationID, c.ID)
	if err != nil {
		return err
	}
	for i := range all {
		f := &all[i]
		if f.NextAt = tx.Now(); again && f.Phase == Settled {
			f.restart(tx.Now())
		}
		if err := flows.Update(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// restart has a flow look at everything again.
func (f *Flow) restart(now time.Time) {
	f.Phase, f.Place, f.At, f.Round, f.Counts, f.BeganAt, f.NextAt = Reading, "", "", f.Round+1, Counts{}, now, now
}

// Rate gives how many records a second are read, or contacts looked at, while
// everything is, and how long that goes on, zero if nobody knows.
func (f *Flow) Rate(now time.Time) (perSecond float64, left time.Duration) {
	c := &f.Counts
	since, until, done, of := f.BeganAt, now, c.Read, c.Total
	switch {
	case f.Phase == Settled:
		until, done, of = f.DoneAt, c.Read+c.Looked, 0
	case f.Phase == Looking && !c.Since.IsZero():
		since, done, of = c.Since, c.Looked, c.Here
	}
	if took := until.Sub(since).Seconds(); took > 0 {
		perSecond = float64(done) / took
	}
	return perSecond, timeFor(of-done, perSecond)
}

// timeFor gives how long the rest takes, zero if there is none or nobody knows.
func timeFor(rest int64, perSecond float64) time.Duration {
	if rest <= 0 || perSecond <= 0 {
		return 0
	}
	return time.Duration(float64(rest) / perSecond * float64(time.Second))
}
