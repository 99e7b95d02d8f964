package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// Link is a contact's id in a partner's system, or, without an ExternalID, the
// mark that the partner sent the contact. Scope is whose ids these are, so that
// two partners may use the same one.
type Link struct {
	LocationID string
	ContactID  string
	Origin     string
	Scope      string
	ExternalID string
	SiteID     string
	CreatedAt  time.Time
}

var links = db.NewTable("links", []string{"location_id", "contact_id", "origin", "scope", "external_id"}, func(l *Link) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &l.LocationID}, {Name: "contact_id", At: &l.ContactID}, {Name: "origin", At: &l.Origin},
		{Name: "scope", At: &l.Scope}, {Name: "external_id", At: &l.ExternalID}, {Name: "site_id", At: &l.SiteID}, {Name: "created_at", At: db.Millis(&l.CreatedAt)},
	}
})

// Links gives the links of a contact.
func Links(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]Link, error) {
	return links.All(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" ORDER BY created_at", locationID, contactID)
}

// LinkedContact gives the id of the contact that a partner's id stands for, "" for none.
func LinkedContact(ctx context.Context, tx *db.Tx, locationID, origin, scope, externalID string) (string, error) {
	key := linkKey(origin, scope, externalID)
	if key == "" {
		return "", nil
	}
	own, err := owners(ctx, tx, locationID, []string{key})
	return own[key], err
}
