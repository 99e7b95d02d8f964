package workflow

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// task makes a task for a user, the contact's if the step names none.
func (r *run) task(ctx context.Context) (result, error) {
	who := r.step.User
	if who == "" {
		who = "owner"
	}
	user, err := r.owner(ctx, who)
	if err != nil {
		return result{}, err
	}
	t := crm.Task{ContactID: r.e.ContactID, Title: r.line(r.step.Title), Body: r.fill(r.step.Body), AssignedTo: user}
	if r.step.Due != (Span{}) {
		t.DueAt = r.step.Due.From(r.tx.Now(), r.scope.home()).UTC()
	}
	made, err := crm.AddTask(ctx, r.tx, r.by, t)
	if err != nil {
		return result{}, err
	}
	r.e.Data.TaskID = made.ID
	return result{detail: made.Title, object: made.ID}, nil
}

func (r *run) note(ctx context.Context) (result, error) {
	made, err := crm.AddNote(ctx, r.tx, r.by, crm.Note{ContactID: r.e.ContactID, Body: r.fill(r.step.Body)})
	if err != nil {
		return result{}, err
	}
	return result{object: made.ID}, nil
}

// pipeline gives the pipeline that the step names, and its stage, nil for none.
func (r *run) pipeline(ctx context.Context) (*crm.Pipeline, *crm.Stage, error) {
	return pipelineNamed(ctx, r.tx, r.e.LocationID, r.step.Pipeline, r.step.Stage)
}

// opportunity makes a deal, unless the contact has one in the pipeline that is open.
func (r *run) opportunity(ctx context.Context) (result, error) {
	p, stage, err := r.pipeline(ctx)
	if err != nil {
		return result{}, err
	}
	name, source := r.line(r.step.Title), r.scope.contact.Source
	if name == "" {
		name = r.scope.contact.FullName()
	}
	if name == "" {
		name = p.Name
	}
	to := crm.OpportunityChange{ContactID: &r.e.ContactID, PipelineID: &p.ID, Name: &name, Source: &source}
	if stage != nil {
		to.StageID = &stage.ID
	}
	if r.step.Status != "" {
		to.Status = &r.step.Status
	}
	if r.scope.contact.AssignedTo != "" {
		to.AssignedTo = &r.scope.contact.AssignedTo
	}
	if text := r.fill(r.step.Amount); text != "" {
		value, ok := number(text)
		if !ok {
			return result{}, errs.New(errs.Invalid, "%q is not an amount", text)
		}
		to.MonetaryValue = &value
	}
	has, err := crm.OpportunityOf(ctx, r.tx, r.e.LocationID, r.e.ContactID, p.ID)
	if err != nil {
		return result{}, err
	}
	if has != nil && has.Status == "open" {
		r.e.Data.OpportunityID = has.ID
		return result{outcome: Skipped, detail: "there is one: " + has.Name, object: has.ID}, nil
	}
	made, err := crm.AddOpportunity(ctx, r.tx, r.by, to, true)
	if err != nil {
		return result{}, err
	}
	r.e.Data.OpportunityID = made.ID
	return result{detail: made.Name, object: made.ID}, nil
}

// moveStage moves the contact's deal in a pipeline.
func (r *run) moveStage(ctx context.Context) (result, error) {
	p, stage, err := r.pipeline(ctx)
	if err != nil {
		return result{}, err
	}
	o := r.scope.opportunity
	if o == nil || o.PipelineID != p.ID {
		if o, err = crm.OpportunityOf(ctx, r.tx, r.e.LocationID, r.e.ContactID, p.ID); err != nil {
			return result{}, err
		}
	}
	if o == nil {
		return result{outcome: Skipped, detail: "the contact has no deal in " + p.Name}, nil
	}
	var to crm.OpportunityChange
	if stage != nil {
		to.StageID = &stage.ID
	}
	if r.step.Status != "" {
		to.Status = &r.step.Status
	}
	_, err = crm.ChangeOpportunity(ctx, r.tx, r.by, o.ID, to)
	return result{detail: o.Name, object: o.ID}, err
}

// soonest is how far ahead a free slot is looked for.
const soonest = 31 * 24 * time.Hour

// appointment books the first slot that is free.
func (r *run) appointment(ctx context.Context) (result, error) {
	c, err := calendarNamed(ctx, r.tx, r.e.LocationID, r.step.Calendar)
	if err != nil {
		return result{}, err
	}
	who, err := r.owner(ctx, r.step.User)
	if err != nil {
		return result{}, err
	}
	search := calendar.Search{CalendarID: c.ID, From: r.step.After.From(r.tx.Now(), r.scope.home()), All: true}
	search.To = search.From.Add(soonest)
	if who != "" {
		search.Users = []string{who}
	}
	slots, zone, err := calendar.FreeSlots(ctx, r.tx, r.e.LocationID, search)
	if err != nil {
		return result{}, err
	}
	if len(slots) == 0 {
		return result{}, errs.New(errs.Conflict, "%s has no free slot within 31 days", c.Name)
	}
	booked, err := calendar.Book(ctx, r.tx, r.by, calendar.Booking{CalendarID: c.ID, ContactID: r.e.ContactID, UserID: who, Title: r.line(r.step.Title), Start: slots[0].Start})
	if err != nil {
		return result{}, err
	}
	r.e.Data.AppointmentID = booked.ID
	return result{detail: written(booked.Start, zone), object: booked.ID}, nil
}

func named(want, id, name string) bool { return want == id || norm.Fold(want) == norm.Fold(name) }

// pipelineNamed gives a pipeline and a stage of it by name or id; no stage is nil.
func pipelineNamed(ctx context.Context, tx *db.Tx, locationID, name, stage string) (*crm.Pipeline, *crm.Stage, error) {
	all, err := crm.Pipelines(ctx, tx, locationID)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(all, func(p crm.Pipeline) bool { return named(name, p.ID, p.Name) })
	if i < 0 {
		return nil, nil, errs.New(errs.NotFound, "No pipeline is called %s", name)
	}
	p := &all[i]
	if stage == "" {
		return p, nil, nil
	}
	i = slices.IndexFunc(p.Stages, func(s crm.Stage) bool { return named(stage, s.ID, s.Name) })
	if i < 0 {
		return nil, nil, errs.New(errs.NotFound, "No stage of %s is called %s", p.Name, stage)
	}
	return p, &p.Stages[i], nil
}

// calendarNamed gives a calendar by name or id.
func calendarNamed(ctx context.Context, tx *db.Tx, locationID, name string) (*calendar.Calendar, error) {
	all, err := calendar.Calendars(ctx, tx, locationID, "", true)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(c calendar.Calendar) bool { return named(name, c.ID, c.Name) })
	if i < 0 {
		return nil, errs.New(errs.NotFound, "No calendar is called %s", name)
	}
	return &all[i], nil
}
