package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Activity is something a contact did: a visit, a search, a property viewed.
type Activity struct {
	LocationID  string         `json:"locationId"`
	ContactID   string         `json:"contactId"`
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Description string         `json:"description,omitempty"`
	SiteID      string         `json:"siteId,omitempty"`
	SiteDomain  string         `json:"siteDomain,omitempty"`
	Property    map[string]any `json:"property,omitempty"`  // the property it was about, nil for none
	OccurredAt  time.Time      `json:"occurredAt,omitzero"` // UTC
	CreatedAt   time.Time      `json:"createdAt,omitzero"`
}

var activities = db.NewTable("activities", []string{"location_id", "contact_id", "id"}, func(a *Activity) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &a.LocationID}, {Name: "contact_id", At: &a.ContactID}, {Name: "id", At: &a.ID},
		{Name: "type", At: &a.Type}, {Name: "description", At: &a.Description}, {Name: "site_id", At: &a.SiteID}, {Name: "site_domain", At: &a.SiteDomain},
		{Name: "property", At: db.JSON(&a.Property, "{}")}, {Name: "occurred_at", At: db.Millis(&a.OccurredAt)}, {Name: "created_at", At: db.Millis(&a.CreatedAt)},
	}
})

// AddActivity keeps what a contact did. OccurredAt zero is now. NotFound if the
// contact is not there.
func AddActivity(ctx context.Context, tx *db.Tx, by Actor, a Activity) (*Activity, error) {
	contactID, err := existing(ctx, tx, by.LocationID, a.ContactID)
	if err != nil {
		return nil, err
	}
	a.ContactID = contactID
	a.LocationID, a.ID, a.CreatedAt = by.LocationID, tx.NewID(), tx.Now()
	if a.OccurredAt.IsZero() {
		a.OccurredAt = tx.Now()
	}
	if err := activities.Insert(ctx, tx, &a); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "activity.created", a.ContactID, a.ID, EventData{Kind: a.Type, Text: excerpt(a.Description)})
	return &a, err
}

// Activities gives what a contact did, the newest first.
func Activities(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Activity, error) {
	return activities.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY id DESC", locationID, contactID)
}
