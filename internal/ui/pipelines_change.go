package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// changeBoard does with an opportunity what the button of a form says.
func changeBoard(v *visit) error {
	return v.presses(map[string]button{
		"add": addDeal, "move": moveDeal, "save": saveDeal, "delete": deleteDeal, "start": startPipeline,
	})
}

// addDeal makes an opportunity with a contact.
func addDeal(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	c, err := picked(ctx, tx, v, v.form("contact"))
	if err != nil {
		return "", "", err
	}
	to, err := dealInput(ctx, tx, v)
	if err != nil {
		return "", "", err
	}
	if to.ContactID = &c.ID; *to.Name == "" {
		name := c.FullName()
		to.Name = &name
	}
	_, err = crm.AddOpportunity(ctx, tx, v.Actor, to, true)
	return "deal-added", "", err
}

// dealInput is what the form of an opportunity says. What the visitor may not see
// of it stays as it is.
func dealInput(ctx context.Context, tx *db.Tx, v *visit) (to crm.OpportunityChange, err error) {
	for name, at := range map[string]**string{"name": &to.Name, "status": &to.Status, "owner": &to.AssignedTo, "source": &to.Source, "reason": &to.LostReasonID} {
		if v.r.PostForm.Has(name) {
			text := v.form(name)
			*at = &text
		}
	}
	place := v.form("place") // a stage, with its pipeline in front
	if pipelineID, stageID, ok := strings.Cut(place, ":"); ok {
		to.PipelineID, to.StageID = &pipelineID, &stageID
	}
	if text := v.form("value"); v.May[crm.LeadValue] && v.r.PostForm.Has("value") {
		n, err := strconv.ParseFloat(strings.NewReplacer("$", "", ",", "", " ", "").Replace("0"+text), 64)
		if err != nil {
			return to, errs.New(errs.Invalid, "“%s” is no amount", crm.Excerpt(text))
		}
		to.MonetaryValue = &n
	}
	if v.only != "" {
		to.AssignedTo = &v.only
	}
	if to.AssignedTo == nil || *to.AssignedTo == "" {
		return to, nil
	}
	users, err := crm.Users(ctx, tx, v.at())
	if err == nil && !slices.ContainsFunc(users, func(u crm.User) bool { return u.ID == *to.AssignedTo }) {
		err = errs.New(errs.Invalid, "The owner works in another location")
	}
	return to, err
}

// moveDeal puts an opportunity into another stage, or elsewhere in its own.
func moveDeal(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	o, err := dealOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	from := o.StageID
	if _, err = crm.MoveOpportunity(ctx, tx, v.Actor, o.ID, v.form("stage"), v.form("behind")); err != nil {
		return "", "", err
	}
	if from == v.form("stage") || v.form("stage") == "" {
		return "", "", nil
	}
	return "deal-moved", "moved:" + o.ID + ":" + from, nil
}

// saveDeal changes an opportunity as its form says.
func saveDeal(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	o, err := dealOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	if version, err := strconv.ParseInt(v.form("version"), 10, 64); err != nil || version != o.Version {
		return "", "", errs.New(errs.Conflict, "Somebody changed this opportunity meanwhile. Open it again to see how it is now")
	}
	to, err := dealInput(ctx, tx, v)
	if err != nil {
		return "", "", err
	}
	_, err = crm.ChangeOpportunity(ctx, tx, v.Actor, o.ID, to)
	return "deal-saved", "", err
}

func deleteDeal(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	o, err := dealOf(ctx, tx, v, v.form("id"))
	if err != nil {
		return "", "", err
	}
	if err := crm.DeleteOpportunity(ctx, tx, v.Actor, o.ID); err != nil {
		return "", "", err
	}
	event, err := crm.LastEventOf(ctx, tx, v.at(), o.ContactID, "opportunity.deleted")
	return "deal-deleted", "deal:" + o.ContactID + ":" + event, err
}

// startPipeline makes a first pipeline, as most teams have one.
func startPipeline(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error) {
	if !v.May["admin"] {
		return "", "", errs.New(errs.Forbidden, "You may not")
	}
	p := crm.Pipeline{Name: "Buyers", Settings: crm.PipelineSettings{ShowInFunnel: true, ShowInPieChart: true}}
	for _, name := range []string{"New lead", "Contacted", "Showing", "Offer", "Under contract", "Closed"} {
		p.Stages = append(p.Stages, crm.Stage{Name: name, ShowInFunnel: true, ShowInPieChart: true})
	}
	_, err = crm.AddPipeline(ctx, tx, v.Actor, p)
	return "pipeline-added", "", err
}

// undoDeals are the ways back of what is done on a board.
func undoDeals(v *visit, first, second string) map[string]backway {
	return map[string]backway{
		// a card that was moved: opportunity, stage that it was in
		"moved": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			o, err := dealOf(ctx, tx, v, first)
			if err == nil {
				_, err = crm.MoveOpportunity(ctx, tx, v.Actor, o.ID, second, "")
			}
			return "undone", 0, err
		},
		// an opportunity that was deleted: contact, event
		"deal": func(ctx context.Context, tx *db.Tx) (string, int, error) {
			list, err := crm.EventsSince(ctx, tx, v.at(), second, "opportunity.deleted", 1)
			if err == nil && (len(list) == 0 || list[0].ID != second || v.only != "" && list[0].UserID != v.only) {
				err = errs.New(errs.NotFound, "There is nothing to bring back")
			}
			if err == nil {
				err = crm.RestoreDeleted(ctx, tx, v.Actor, first, second)
			}
			return "undone", 0, err
		},
	}
}
