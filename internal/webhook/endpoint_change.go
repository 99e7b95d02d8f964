package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// ChangeEndpoint changes where one of a location's own endpoints is, what it is
// called and what it is told of; f changes URL, Description and Events, and
// nothing else that it changes counts. NotFound if it is not there, Invalid for an
// app's or what cannot be.
func ChangeEndpoint(ctx context.Context, tx *db.Tx, by crm.Actor, endpointID string, f func(e *Endpoint)) (*Endpoint, error) {
	e, err := EndpointByID(ctx, tx, by.LocationID, endpointID)
	if err != nil {
		return nil, err
	}
	if e.AppID != "" {
		return nil, errs.New(errs.Invalid, "The app says itself where it is told and of what")
	}
	said := *e
	f(&said)
	if said.URL == e.URL && said.Description == e.Description && slices.Equal(said.Events, e.Events) {
		return e, nil
	}
	e.URL, e.Description, e.Events, e.UpdatedAt = said.URL, said.Description, said.Events, tx.Now()
	if err := e.check(); err != nil {
		return nil, err
	}
	if err := endpoints.Update(ctx, tx, e); err != nil {
		return nil, err
	}
	return e, crm.Emit(ctx, tx, by, "webhook.updated", "", e.ID, crm.EventData{Text: crm.Excerpt(e.URL)})
}

// TestType is the type of a message that says nothing but that it arrived.
const TestType = "webhook.test"

// SendTest makes a delivery of nothing that happened, to see whether an endpoint
// takes it. It is signed, logged and tried again like any other. NotFound if the
// endpoint is not there, Invalid if it is disabled or an app's.
func SendTest(ctx context.Context, tx *db.Tx, by crm.Actor, endpointID string) (*Delivery, error) {
	e, err := EndpointByID(ctx, tx, by.LocationID, endpointID)
	if err != nil {
		return nil, err
	}
	switch {
	case e.AppID != "":
		return nil, errs.New(errs.Invalid, "An app is told in its vendor's words, which have no test")
	case !e.DisabledAt.IsZero():
		return nil, errs.New(errs.Invalid, "The webhook is disabled: enable it first")
	}
	event := tx.NewID()
	body, err := json.Marshal(payload{Type: TestType, Timestamp: tx.Now(), ID: event, Version: id.Number(event), LocationID: e.LocationID, Data: data{Origin: by.Origin, UserID: by.UserID, Text: "A test: nothing happened"}})
	if err != nil {
		return nil, fmt.Errorf("writing a test: %w", err)
	}
	d := e.delivery(&crm.Event{ID: event}, TestType, "msg_"+event, body)
	d.ID, d.CreatedAt, d.DueAt = tx.NewID(), tx.Now(), tx.Now()
	return &d, deliveries.Insert(ctx, tx, &d)
}
