package connect

import (
	"context"
	"strconv"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// The pipeline and the stage of an opportunity are mapped by the table of the
// object.
var opportunitySide = side{
	fields: []string{"name", "pipelineId", "pipelineStageId", "status", "monetaryValue", "assignedTo", "source"},
	read: func(ctx context.Context, tx *db.Tx, locationID, _, id string) (*record, error) {
		o, err := ifThere(crm.OpportunityByID(ctx, tx, locationID, id))
		if err != nil || o == nil {
			return nil, err
		}
		return opportunityRecord(o), nil
	},
	write: writeOpportunity,
	remove: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		return crm.DeleteOpportunity(ctx, tx, by, id)
	},
	archive: func(ctx context.Context, tx *db.Tx, by crm.Actor, _, id string) error {
		status := "abandoned"
		_, err := crm.ChangeOpportunity(ctx, tx, by, id, crm.OpportunityChange{Status: &status})
		return err
	},
	of: func(ctx context.Context, tx *db.Tx, locationID, contactID string) (out []record, err error) {
		const most = 1000
		all, _, err := crm.Opportunities(ctx, tx, locationID, crm.OpportunityQuery{Filter: crm.Filter{Field: "contactId", Value: contactID}, Limit: most})
		for i := range all {
			out = append(out, *opportunityRecord(&all[i]))
		}
		return out, err
	},
}

func opportunityRecord(o *crm.Opportunity) *record {
	values := map[string]any{"name": plain(o.Name), "pipelineId": o.PipelineID, "pipelineStageId": o.StageID, "status": o.Status, "monetaryValue": o.MonetaryValue, "assignedTo": o.AssignedTo, "source": plain(o.Source)}
	return &record{id: o.ID, parent: o.ContactID, values: values, at: o.UpdatedAt}
}

func writeOpportunity(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error) {
	c := crm.OpportunityChange{Name: to.said("name"), PipelineID: to.said("pipelineId"), StageID: to.said("pipelineStageId"), Status: to.said("status"), AssignedTo: to.said("assignedTo"), Source: to.said("source")}
	if v, ok := to.values["monetaryValue"]; ok && !blank(v) {
		n, err := strconv.ParseFloat(text(v), 64)
		if err != nil {
			return nil, errs.InvalidFields(errs.Field{Name: "monetaryValue", Rule: "number"})
		}
		c.MonetaryValue = &n
	}
	var o *crm.Opportunity
	var err error
	if to.id != "" {
		o, err = crm.ChangeOpportunity(ctx, tx, by, to.id, c)
	} else {
		c.ContactID = &to.parent
		o, err = crm.AddOpportunity(ctx, tx, by, c, true)
	}
	if err != nil {
		return nil, err
	}
	return opportunityRecord(o), nil
}
