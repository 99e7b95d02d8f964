package highlevel

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// workflowView is a workflow as HighLevel shows it (contract.md §14).
type workflowView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Status     string `json:"status"`
	Version    int64  `json:"version"`
	CreatedAt  string `json:"createdAt"`
	UpdatedAt  string `json:"updatedAt"`
	LocationID string `json:"locationId"`
}

type workflowsView struct {
	Workflows []workflowView `json:"workflows"`
}

// locationQuery names the location; the token's, if it does not.
type locationQuery struct {
	LocationID string `json:"locationId"`
}

// listWorkflows is GET /workflows/.
func listWorkflows(ctx context.Context, c *call) (wire.Answer, error) {
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v workflowsView, err error) {
		list, err := workflow.All(ctx, tx, c.Location().ID, workflow.Flow, "")
		v.Workflows = make([]workflowView, len(list))
		for i, w := range list {
			v.Workflows[i] = workflowView{w.ID, w.Name, w.Status, w.Version, moment(w.CreatedAt), moment(w.UpdatedAt), w.LocationID}
		}
		return v, err
	})
}

// campaignsQuery is what can be asked of campaigns.
type campaignsQuery struct {
	LocationID string `json:"locationId"`
	Status     string `json:"status" max:"50" say:"draft or published"`
}

type campaignView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Status     string `json:"status"`
	LocationID string `json:"locationId"`
}

type campaignsView struct {
	Campaigns []campaignView `json:"campaigns"`
}

// listCampaigns is GET /campaigns/.
func listCampaigns(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[campaignsQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v campaignsView, err error) {
		list, err := workflow.All(ctx, tx, c.Location().ID, workflow.Campaign, said.Status)
		v.Campaigns = make([]campaignView, len(list))
		for i, w := range list {
			v.Campaigns[i] = campaignView{w.ID, w.Name, w.Status, w.LocationID}
		}
		return v, err
	})
}

// enrolBody is the body of POST and DELETE /contacts/{contactId}/workflow/{workflowId}.
type enrolBody struct {
	EventStartTime string `json:"eventStartTime" say:"RFC 3339"`
}

// enrolled is the answer to putting a contact in or taking one out.
type enrolled struct {
	Succeded  bool `json:"succeded"` //nolint:misspell // the vendor's spelling, which clients read
	Succeeded bool `json:"succeeded"`
}

// addToWorkflow is POST /contacts/{contactId}/workflow/{workflowId}.
func addToWorkflow(ctx context.Context, c *call) (wire.Answer, error) {
	at, err := c.eventTime()
	if err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (enrolled, error) {
		_, err := workflow.Enrol(ctx, tx, c.Actor(), workflow.Entry{Kind: workflow.Flow, WorkflowID: c.param("workflowId"), ContactID: c.contactID(), EventAt: at})
		return enrolled{true, true}, err
	})
}

// eventTime reads the moment that the steps of a workflow can count from.
func (c *call) eventTime() (at time.Time, err error) {
	said, err := read[enrolBody](c)
	if err != nil || said.EventStartTime == "" {
		return at, err
	}
	if at, err = time.Parse(time.RFC3339, said.EventStartTime); err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return at, errs.InvalidFields(errs.Field{Name: "eventStartTime", Rule: "date"})
	}
	return at.UTC(), nil
}

// removeFromWorkflow is DELETE /contacts/{contactId}/workflow/{workflowId}.
func removeFromWorkflow(ctx context.Context, c *call) (wire.Answer, error) {
	if _, err := c.eventTime(); err != nil {
		return wire.Answer{}, err
	}
	return c.takeOut(ctx, workflow.Flow, c.param("workflowId"))
}

// addToCampaign is POST /contacts/{contactId}/campaigns/{campaignId}.
func addToCampaign(ctx context.Context, c *call) (wire.Answer, error) {
	if _, err := read[struct{}](c); err != nil {
		return wire.Answer{}, err
	}
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (enrolled, error) {
		_, err := workflow.Enrol(ctx, tx, c.Actor(), workflow.Entry{Kind: workflow.Campaign, WorkflowID: c.param("campaignId"), ContactID: c.contactID()})
		return enrolled{true, true}, err
	})
}

// removeFromCampaign is DELETE /contacts/{contactId}/campaigns/{campaignId}.
func removeFromCampaign(ctx context.Context, c *call) (wire.Answer, error) {
	return c.takeOut(ctx, workflow.Campaign, c.param("campaignId"))
}

// removeFromCampaigns is DELETE /contacts/{contactId}/campaigns/removeAll.
func removeFromCampaigns(ctx context.Context, c *call) (wire.Answer, error) {
	return c.takeOut(ctx, workflow.Campaign, "")
}

func (c *call) takeOut(ctx context.Context, kind, workflowID string) (wire.Answer, error) {
	return do(ctx, c, func(ctx context.Context, tx *db.Tx) (enrolled, error) {
		return enrolled{true, true}, workflow.Remove(ctx, tx, c.Actor(), kind, workflowID, c.contactID())
	})
}
