package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Opportunity is a deal with a contact on its way through a pipeline.
type Opportunity struct {
	LocationID      string         `json:"locationId"`
	ID              string         `json:"id"`
	ContactID       string         `json:"contactId,omitempty"`
	PipelineID      string         `json:"pipelineId,omitempty"`
	StageID         string         `json:"pipelineStageId,omitempty"`
	Name            string         `json:"name,omitempty"`
	Status          string         `json:"status,omitempty"` // one of OpportunityStatuses
	MonetaryValue   float64        `json:"monetaryValue"`
	AssignedTo      string         `json:"assignedTo,omitempty"` // user
	Source          string         `json:"source,omitempty"`
	LostReasonID    string         `json:"lostReasonId,omitempty"` // where the status is lost
	Followers       []string       `json:"followers,omitempty"`
	CustomFields    map[string]any `json:"customFields,omitempty"` // by id of the CustomField
	BoardRank       int64          `json:"boardRank,omitempty"`    // where it stands in its stage, the highest first
	Version         int64          `json:"version"`                // grows by one with each change
	CreatedAt       time.Time      `json:"createdAt,omitzero"`
	UpdatedAt       time.Time      `json:"updatedAt,omitzero"`
	StatusChangedAt time.Time      `json:"statusChangedAt,omitzero"`
	StageChangedAt  time.Time      `json:"stageChangedAt,omitzero"`
}

// OpportunityStatuses are what can become of an opportunity.
var OpportunityStatuses = []string{"open", "won", "lost", "abandoned"}

var opportunities = db.NewTable("opportunities", []string{"location_id", "id"}, func(o *Opportunity) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &o.LocationID}, {Name: "id", At: &o.ID}, {Name: "contact_id", At: &o.ContactID}, {Name: "pipeline_id", At: &o.PipelineID},
		{Name: "stage_id", At: &o.StageID}, {Name: "name", At: &o.Name}, {Name: "status", At: &o.Status}, {Name: "monetary_value", At: &o.MonetaryValue},
		{Name: "assigned_to", At: &o.AssignedTo}, {Name: "source", At: &o.Source}, {Name: "lost_reason_id", At: &o.LostReasonID},
		{Name: "followers", At: db.JSON(&o.Followers, "[]")}, {Name: "custom_fields", At: db.JSON(&o.CustomFields, "{}")}, {Name: "board_rank", At: &o.BoardRank}, {Name: "version", At: &o.Version},
		{Name: "created_at", At: db.Millis(&o.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&o.UpdatedAt)},
		{Name: "status_changed_at", At: db.Millis(&o.StatusChangedAt)}, {Name: "stage_changed_at", At: db.Millis(&o.StageChangedAt)},
	}
})

// OpportunityByID gives an opportunity. NotFound if it is not there.
func OpportunityByID(ctx context.Context, tx *db.Tx, locationID, opportunityID string) (*Opportunity, error) {
	return opportunityByID(ctx, tx, locationID, opportunityID, "")
}

func opportunityByID(ctx context.Context, tx *db.Tx, locationID, opportunityID, lock string) (*Opportunity, error) {
	o, err := opportunities.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+lock, locationID, opportunityID)
	if err == nil && o == nil {
		err = errs.New(errs.NotFound, "Opportunity not found")
	}
	return o, err
}

// OpportunityOf gives the newest opportunity that a contact has in a pipeline,
// nil if there is none.
func OpportunityOf(ctx context.Context, tx *db.Tx, locationID, contactID, pipelineID string) (*Opportunity, error) {
	return opportunities.One(ctx, tx, "WHERE location_id = $1 AND contact_id = "+current+" AND pipeline_id = $3 ORDER BY id DESC LIMIT 1", locationID, contactID, pipelineID)
}

// LostReason is why an opportunity can be lost, in a location's own words.
type LostReason struct {
	LocationID string
	ID         string
	Name       string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	DeletedAt  time.Time // no longer offered, but still what it was for those lost before
}

var lostReasons = db.NewTable("lost_reasons", []string{"location_id", "id"}, func(r *LostReason) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &r.LocationID}, {Name: "id", At: &r.ID}, {Name: "name", At: &r.Name}, {Name: "created_at", At: db.Millis(&r.CreatedAt)},
		{Name: "updated_at", At: db.Millis(&r.UpdatedAt)}, {Name: "deleted_at", At: db.Millis(&r.DeletedAt)},
	}
})

// AddLostReason makes a reason. Invalid without a name.
func AddLostReason(ctx context.Context, tx *db.Tx, by Actor, name string) (*LostReason, error) {
	if name == "" {
		return nil, errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	r := &LostReason{LocationID: by.LocationID, ID: tx.NewID(), Name: name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if err := lostReasons.Insert(ctx, tx, r); err != nil {
		return nil, err
	}
	err := emit(ctx, tx, by, "lost_reason.created", "", r.ID, EventData{Text: excerpt(name)})
	return r, err
}

// DeleteLostReason takes a reason out of those that are offered. NotFound if it
// is not among them.
func DeleteLostReason(ctx context.Context, tx *db.Tx, by Actor, reasonID string) error {
	r, err := lostReason(ctx, tx, by.LocationID, reasonID)
	if err != nil {
		return err
	}
	r.DeletedAt, r.UpdatedAt = tx.Now(), tx.Now()
	if err := lostReasons.Update(ctx, tx, r); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "lost_reason.deleted", "", r.ID, EventData{Text: excerpt(r.Name)})
	return err
}

func lostReason(ctx context.Context, tx *db.Tx, locationID, reasonID string) (*LostReason, error) {
	r, err := lostReasons.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND deleted_at = 0", locationID, reasonID)
	if err == nil && r == nil {
		err = errs.New(errs.NotFound, "Lost reason not found")
	}
	return r, err
}

// LostReasons gives the reasons of a location, the oldest first; deleted gives
// those that are no longer offered.
func LostReasons(ctx context.Context, tx *db.Tx, locationID string, deleted bool) ([]LostReason, error) {
	which := "= 0"
	if deleted {
		which = "> 0"
	}
	return lostReasons.All(ctx, tx, "WHERE location_id = $1 AND deleted_at "+which+" ORDER BY id", locationID)
}
