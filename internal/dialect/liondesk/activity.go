package liondesk

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// activityTypes are what a contact can have done (intake.md §1.5).
var activityTypes = []string{
	"visit", "user_login", "search_performed", "saved_search_added", "saved_search_removed",
	"property_viewed", "favorite_property_added", "favorite_property_removed",
}

// activity is what a NewActivity says.
type activity struct {
	about target
	what  crm.Activity
}

// readActivity reads a NewActivity.
func readActivity(o *wire.Object) (*activity, error) {
	a := &activity{what: crm.Activity{
		Type:        strings.ToLower(o.Text("type")),
		Description: o.RawMax("description", maxDescription),
		SiteID:      o.TextMax("siteid", maxSite),
		SiteDomain:  o.TextMax("sitedomain", maxSite),
	}}
	var err error
	if a.about, err = readTarget(o); err != nil {
		return nil, err
	}
	if a.what.Type == "visited" {
		a.what.Type = "visit" // what another vendor with the same words calls it
	}
	if !slices.Contains(activityTypes, a.what.Type) {
		return nil, errs.InvalidFields(errs.Field{Name: "type", Rule: "choice"})
	}
	if text := o.Text("created"); text != "" {
		at, ok := norm.Time(text)
		if !ok {
			o.Warn("created", "not a time of ISO 8601, the time of arrival was used")
		}
		a.what.OccurredAt = at
	}
	if p, ok := o.Object("property"); ok {
		a.what.Property = readProperty(p)
	}
	o.Ignore()
	return a, nil
}

// newActivity keeps what a contact did.
func newActivity(ctx context.Context, c *wire.Call, o *wire.Object) (wire.Answer, error) {
	a, err := readActivity(o)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		what := a.what
		if what.ContactID, err = a.about.find(ctx, tx, c); err != nil {
			return wire.Answer{}, err
		}
		done, err := crm.AddActivity(ctx, tx, c.Actor(), what)
		if err != nil {
			return wire.Answer{}, err
		}
		return success(envelope{ID: id.Number(done.ID)}, o).About(crm.Noted, done.ContactID), nil
	})
}
