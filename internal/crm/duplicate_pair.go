package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// DuplicatePair is two contacts that one request pointed at: perhaps one
// person, for somebody to decide. Nothing merges them by itself.
type DuplicatePair struct {
	LocationID     string
	ContactID      string // the smaller id of the two
	OtherContactID string
	Reason         string
	CreatedAt      time.Time
}

var duplicatePairs = db.NewTable("duplicate_pairs", []string{"location_id", "contact_id", "other_contact_id"}, func(p *DuplicatePair) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "contact_id", At: &p.ContactID}, {Name: "other_contact_id", At: &p.OtherContactID},
		{Name: "reason", At: &p.Reason}, {Name: "created_at", At: db.Millis(&p.CreatedAt)},
	}
})

func addPair(ctx context.Context, tx *db.Tx, by Actor, a, b, reason string) error {
	if a > b {
		a, b = b, a
	}
	p := DuplicatePair{LocationID: by.LocationID, ContactID: a, OtherContactID: b, Reason: reason, CreatedAt: tx.Now()}
	isNew, err := duplicatePairs.InsertIfAbsent(ctx, tx, &p)
	if err != nil || !isNew {
		return err
	}
	_, err = emit(ctx, tx, by, "duplicate.found", a, "", EventData{Other: b, Text: reason})
	return err
}

// DuplicatePairs gives the pairs up for review, the newest first.
func DuplicatePairs(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]DuplicatePair, error) {
	return duplicatePairs.All(ctx, tx, "WHERE location_id = $1 ORDER BY created_at DESC, contact_id DESC LIMIT $2", locationID, limit)
}
