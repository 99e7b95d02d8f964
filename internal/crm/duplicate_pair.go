package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// The states of a DuplicatePair.
const (
	PairOpen      = "open"      // for somebody to decide
	PairDismissed = "dismissed" // not the same person; it does not come up again
	PairMerged    = "merged"    // they were made one
)

// DuplicatePair is two contacts that may be one person, for somebody to decide.
// Nothing merges them by itself.
type DuplicatePair struct {
	LocationID     string    `json:"locationId"`
	ContactID      string    `json:"contactId"` // the smaller id of the two
	OtherContactID string    `json:"otherContactId"`
	Score          float64   `json:"score"`  // 0 to 1; 1 for two that one request pointed at
	Reason         string    `json:"reason"` // in words
	State          string    `json:"state"`
	UserID         string    `json:"userId,omitempty"` // who decided
	CreatedAt      time.Time `json:"createdAt"`
	DecidedAt      time.Time `json:"decidedAt,omitzero"`
}

var duplicatePairs = db.NewTable("duplicate_pairs", []string{"location_id", "contact_id", "other_contact_id"}, func(p *DuplicatePair) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &p.LocationID}, {Name: "contact_id", At: &p.ContactID}, {Name: "other_contact_id", At: &p.OtherContactID},
		{Name: "score", At: &p.Score}, {Name: "reason", At: &p.Reason}, {Name: "state", At: &p.State}, {Name: "user_id", At: &p.UserID},
		{Name: "created_at", At: db.Millis(&p.CreatedAt), Fixed: true}, {Name: "decided_at", At: db.Millis(&p.DecidedAt)},
	}
})

// addPair keeps two contacts that one request pointed at.
func addPair(ctx context.Context, tx *db.Tx, by Actor, a, b, reason string) error {
	return keepPair(ctx, tx, by, Suggestion{ContactID: a, OtherContactID: b, Score: 1, Reason: reason})
}

// keepPair stores a pair and tells of it, unless it is known: then an open one
// takes the score and reason, where the score is no lower or was suggested too.
func keepPair(ctx context.Context, tx *db.Tx, by Actor, s Suggestion) error {
	a, b := min(s.ContactID, s.OtherContactID), max(s.ContactID, s.OtherContactID)
	p := DuplicatePair{LocationID: by.LocationID, ContactID: a, OtherContactID: b, Score: s.Score, Reason: s.Reason, State: PairOpen, CreatedAt: tx.Now()}
	isNew, err := duplicatePairs.InsertIfAbsent(ctx, tx, &p)
	if err != nil {
		return err
	}
	if isNew {
		return emit(ctx, tx, by, "duplicate.found", a, "", EventData{Other: b, Text: s.Reason})
	}
	return tx.Do(ctx, `UPDATE duplicate_pairs SET score = $4, reason = $5
		WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3 AND state = 'open' AND score < 1 AND (score <> $4 OR reason <> $5)`,
		by.LocationID, a, b, s.Score, s.Reason)
}

// DismissPair remembers that two contacts, in either order, are not the same
// person. NotFound if they are no pair; a pair that is dismissed already stays
// so, one that was merged is a Conflict.
func DismissPair(ctx context.Context, tx *db.Tx, by Actor, contactID, otherID string) (*DuplicatePair, error) {
	a, b := min(contactID, otherID), max(contactID, otherID)
	p, err := duplicatePairs.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3 /*postgres FOR UPDATE*/", by.LocationID, a, b)
	if err != nil {
		return nil, err
	}
	switch {
	case p == nil:
		return nil, errs.New(errs.NotFound, "These two contacts are no suggested pair")
	case p.State == PairMerged:
		return nil, errs.New(errs.Conflict, "These two contacts were merged")
	case p.State == PairDismissed:
		return p, nil
	}
	p.State, p.UserID, p.DecidedAt = PairDismissed, by.UserID, tx.Now()
	if err := duplicatePairs.Update(ctx, tx, p); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "duplicate.dismissed", a, "", EventData{Other: b, Text: p.Reason})
	return p, err
}

// ReopenPair puts two contacts up for review again that were dismissed. NotFound
// if they are no pair, Conflict unless it is dismissed.
func ReopenPair(ctx context.Context, tx *db.Tx, by Actor, contactID, otherID string) (*DuplicatePair, error) {
	a, b := min(contactID, otherID), max(contactID, otherID)
	p, err := duplicatePairs.One(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3 /*postgres FOR UPDATE*/", by.LocationID, a, b)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		return nil, errs.New(errs.NotFound, "These two contacts are no suggested pair")
	case p.State != PairDismissed:
		return nil, errs.New(errs.Conflict, "This pair is not dismissed")
	}
	p.State, p.UserID, p.DecidedAt = PairOpen, "", time.Time{}
	if err := duplicatePairs.Update(ctx, tx, p); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "duplicate.found", a, "", EventData{Other: b, Text: p.Reason})
	return p, err
}

// PairFilter selects pairs; the zero value all of them.
type PairFilter struct {
	State     string // open, dismissed or merged; "" for all
	ContactID string // only those of a contact
	Limit     int    // 0 for no limit
	Skip      int
}

// DuplicatePairs gives the pairs of a location whose contacts are both there,
// the best score first.
func DuplicatePairs(ctx context.Context, tx *db.Tx, locationID string, f PairFilter) ([]DuplicatePair, error) {
	if f.Limit <= 0 {
		f.Limit = 1 << 30
	}
	return duplicatePairs.All(ctx, tx, `WHERE location_id = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR contact_id = $3 OR other_contact_id = $3)
		AND EXISTS (SELECT 1 FROM contacts c WHERE c.location_id = $1 AND c.id = duplicate_pairs.contact_id)
		AND EXISTS (SELECT 1 FROM contacts c WHERE c.location_id = $1 AND c.id = duplicate_pairs.other_contact_id)
		ORDER BY score DESC, created_at DESC, contact_id DESC, other_contact_id LIMIT $4 OFFSET $5`, locationID, f.State, f.ContactID, f.Limit, f.Skip)
}
