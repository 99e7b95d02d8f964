package crm

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// OpportunityChange says what of an opportunity is to be set; nil stays, and in
// CustomFields a nil value erases.
type OpportunityChange struct {
	ContactID, PipelineID, StageID, Name, Status, AssignedTo, Source, LostReasonID *string
	MonetaryValue                                                                  *float64
	CustomFields                                                                   map[string]any
}

// AddOpportunity makes an opportunity: its contact, pipeline and name must be
// said, its stage is the first one and its status open if nothing else is.
// Conflict with code "opportunity_duplicate" (Meta: existingId) if the contact
// has one in the pipeline, unless another is allowed.
func AddOpportunity(ctx context.Context, tx *db.Tx, by Actor, to OpportunityChange, allowDuplicate bool) (*Opportunity, error) {
	o := &Opportunity{LocationID: by.LocationID, ID: tx.NewID(), Version: 1, Status: "open", CreatedAt: tx.Now(), UpdatedAt: tx.Now(), StatusChangedAt: tx.Now(), StageChangedAt: tx.Now()}
	changes, err := o.apply(ctx, tx, &to)
	if err != nil {
		return nil, err
	}
	if err := lockContact(ctx, tx, by.LocationID, o.ContactID); err != nil {
		return nil, err
	}
	if !allowDuplicate {
		other, err := OpportunityOf(ctx, tx, by.LocationID, o.ContactID, o.PipelineID)
		if err != nil {
			return nil, err
		}
		if other != nil {
			return nil, &errs.Error{Kind: errs.Conflict, Code: "opportunity_duplicate", Text: "Can not create duplicate opportunity for the contact.", Meta: map[string]string{"existingId": other.ID}}
		}
	}
	if err := opportunities.Insert(ctx, tx, o); err != nil {
		return nil, err
	}
	err = emit(ctx, tx, by, "opportunity.created", o.ContactID, o.ID, EventData{Text: excerpt(o.Name), Kind: o.Status, Changes: changes})
	return o, err
}

// lockContact gives NotFound unless the location has the contact, and lets one
// transaction at a time look at what the contact has.
func lockContact(ctx context.Context, tx *db.Tx, locationID, contactID string) error {
	var n int64
	found, err := tx.Get(ctx, []any{&n}, "SELECT number FROM contacts WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", locationID, contactID)
	if err == nil && !found {
		err = missing(ctx, tx, locationID, contactID)
	}
	return err
}

// ChangeOpportunity changes an opportunity. What changed is in the event:
// status, pipelineStageId, assignedTo, monetaryValue and so on. NotFound if it,
// or something that it is to refer to, is not there.
func ChangeOpportunity(ctx context.Context, tx *db.Tx, by Actor, opportunityID string, to OpportunityChange) (*Opportunity, error) {
	old, err := opportunityByID(ctx, tx, by.LocationID, opportunityID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return nil, err
	}
	next := *old
	next.CustomFields = maps.Clone(old.CustomFields)
	changes, err := next.apply(ctx, tx, &to)
	if err != nil || len(changes) == 0 {
		return old, err
	}
	if next.ContactID != old.ContactID {
		if err := lockContact(ctx, tx, by.LocationID, next.ContactID); err != nil {
			return nil, err
		}
	}
	return &next, next.put(ctx, tx, by, changes)
}

// put stores the next state of an opportunity and says what changed.
func (o *Opportunity) put(ctx context.Context, tx *db.Tx, by Actor, changes []Change) error {
	o.Version, o.UpdatedAt = o.Version+1, later(tx.Now(), o.UpdatedAt)
	if err := opportunities.Update(ctx, tx, o); err != nil {
		return err
	}
	err := emit(ctx, tx, by, "opportunity.updated", o.ContactID, o.ID, EventData{Text: excerpt(o.Name), Kind: o.Status, Changes: changes})
	return err
}

// apply says what an opportunity becomes, and what changed.
func (o *Opportunity) apply(ctx context.Context, tx *db.Tx, to *OpportunityChange) ([]Change, error) {
	if err := o.check(to); err != nil {
		return nil, err
	}
	before := *o
	for _, f := range opportunityTexts {
		if v := *f.said(to); v != nil {
			*f.at(o) = *v
		}
	}
	if to.ContactID != nil { // may be the id of one that was merged
		var err error
		if o.ContactID, err = meant(ctx, tx, o.LocationID, *to.ContactID); err != nil {
			return nil, err
		}
	}
	if to.MonetaryValue != nil {
		o.MonetaryValue = *to.MonetaryValue
	}
	if err := o.place(ctx, tx, &before, to); err != nil {
		return nil, err
	}
	if err := o.settle(ctx, tx, &before); err != nil {
		return nil, err
	}
	changes := o.changes(&before)
	for _, key := range slices.Sorted(maps.Keys(to.CustomFields)) {
		from, value := o.CustomFields[key], to.CustomFields[key]
		if sameJSON(from, value) {
			continue
		}
		changes = append(changes, Change{Field: "customFields." + key, From: from, To: value})
		if o.CustomFields == nil {
			o.CustomFields = map[string]any{}
		}
		if o.CustomFields[key] = value; value == nil {
			delete(o.CustomFields, key)
		}
	}
	return changes, nil
}

// opportunityTexts lists the text fields once, for setting and for history.
var opportunityTexts = []struct {
	name string
	at   func(*Opportunity) *string
	said func(*OpportunityChange) **string
}{
	{"contactId", func(o *Opportunity) *string { return &o.ContactID }, func(c *OpportunityChange) **string { return &c.ContactID }},
	{"pipelineId", func(o *Opportunity) *string { return &o.PipelineID }, func(c *OpportunityChange) **string { return &c.PipelineID }},
	{"pipelineStageId", func(o *Opportunity) *string { return &o.StageID }, func(c *OpportunityChange) **string { return &c.StageID }},
	{"name", func(o *Opportunity) *string { return &o.Name }, func(c *OpportunityChange) **string { return &c.Name }},
	{"status", func(o *Opportunity) *string { return &o.Status }, func(c *OpportunityChange) **string { return &c.Status }},
	{"assignedTo", func(o *Opportunity) *string { return &o.AssignedTo }, func(c *OpportunityChange) **string { return &c.AssignedTo }},
	{"source", func(o *Opportunity) *string { return &o.Source }, func(c *OpportunityChange) **string { return &c.Source }},
	{"lostReasonId", func(o *Opportunity) *string { return &o.LostReasonID }, func(c *OpportunityChange) **string { return &c.LostReasonID }},
}

func (o *Opportunity) changes(before *Opportunity) (changes []Change) {
	for _, f := range opportunityTexts {
		if from, to := *f.at(before), *f.at(o); from != to {
			changes = append(changes, Change{Field: f.name, From: orNil(excerpt(from)), To: orNil(excerpt(to))})
		}
	}
	if before.MonetaryValue != o.MonetaryValue {
		changes = append(changes, Change{Field: "monetaryValue", From: before.MonetaryValue, To: o.MonetaryValue})
	}
	return changes
}

// check refuses what no opportunity can be, all broken fields at once.
func (o *Opportunity) check(to *OpportunityChange) error {
	var broken []errs.Field
	for _, f := range opportunityTexts {
		must := f.name == "name" || f.name == "contactId" || f.name == "pipelineId"
		if v := *f.said(to); must && (v != nil && *v == "" || v == nil && *f.at(o) == "") {
			broken = append(broken, errs.Field{Name: f.name, Rule: "required"})
		}
	}
	if to.Status != nil && !slices.Contains(OpportunityStatuses, *to.Status) {
		broken = append(broken, errs.Field{Name: "status", Rule: "choice"})
	}
	if v := to.MonetaryValue; v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
		broken = append(broken, errs.Field{Name: "monetaryValue", Rule: "number"})
	}
	return errs.InvalidFields(broken...)
}

// place puts an opportunity into the stage that is said, into the first one of
// a pipeline where none is.
func (o *Opportunity) place(ctx context.Context, tx *db.Tx, before *Opportunity, to *OpportunityChange) error {
	if o.PipelineID == before.PipelineID && o.StageID == before.StageID && o.StageID != "" {
		return nil
	}
	p, err := pipelineByID(ctx, tx, o.LocationID, o.PipelineID, " /*postgres FOR SHARE*/")
	if err != nil {
		return err
	}
	if to.StageID == nil || *to.StageID == "" {
		if o.StageID = before.StageID; p.Stage(o.StageID) == nil {
			o.StageID = p.Stages[0].ID
		}
	}
	if p.Stage(o.StageID) == nil {
		return errs.New(errs.NotFound, "The pipeline stage id is invalid.")
	}
	if o.StageID != before.StageID {
		o.StageChangedAt, o.BoardRank = tx.Now(), rankAt(tx.Now())
	}
	return nil
}

// settle follows a change of the status: when it was, and why it was lost.
func (o *Opportunity) settle(ctx context.Context, tx *db.Tx, before *Opportunity) error {
	if o.Status != before.Status {
		o.StatusChangedAt = tx.Now()
	}
	if o.Status != "lost" {
		o.LostReasonID = ""
		return nil
	}
	if o.LostReasonID == "" || o.LostReasonID == before.LostReasonID {
		return nil
	}
	_, err := lostReason(ctx, tx, o.LocationID, o.LostReasonID)
	return err
}

// DeleteOpportunity removes an opportunity. NotFound if it is not there.
func DeleteOpportunity(ctx context.Context, tx *db.Tx, by Actor, opportunityID string) error {
	o, err := OpportunityByID(ctx, tx, by.LocationID, opportunityID)
	if err != nil {
		return err
	}
	if err := dropRelations(ctx, tx, by.LocationID, "opportunity", "SELECT $2", opportunityID); err != nil {
		return err
	}
	if err := tx.Do(ctx, "DELETE FROM opportunities WHERE location_id = $1 AND id = $2", by.LocationID, opportunityID); err != nil {
		return err
	}
	err = emit(ctx, tx, by, "opportunity.deleted", o.ContactID, opportunityID, EventData{Text: excerpt(o.Name), Kind: o.Status, Was: Was(o)})
	return err
}
