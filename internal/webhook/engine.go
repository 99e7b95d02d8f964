package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// Message is what an app is sent of an event, in the words of its vendor.
type Message struct {
	Type  string         // the vendor's name of the event
	Scope string         // what the app must have been allowed, "" for nothing
	Body  map[string]any // as JSON; the envelope is added to it
}

// Vendor writes and signs what the apps of a vendor are sent.
type Vendor interface {
	// Messages gives what an event means to an app, none for what it does not know.
	Messages(ctx context.Context, tx *db.Tx, e *crm.Event) ([]Message, error)
	// Seal adds the envelope to a message's body, and gives it as it is sent.
	Seal(m Message, e *crm.Event, appID, message string) ([]byte, error)
	// Sign gives the headers with which a body is sent at this moment.
	Sign(ctx context.Context, body []byte) (http.Header, error)
	// Last reports whether a type of message is sent to an app that was shown out.
	Last(typ string) bool
}

// Engine makes deliveries of events and sends them. Use New, then let its Prompt
// follow the events and Run it.
type Engine struct {
	db     *db.DB
	vault  *auth.Vault
	out    *outbound.Client
	vendor Vendor
	log    *slog.Logger
	self   string // names this process in leases
	look   time.Duration
	wake   chan struct{}
	tell   func(ctx context.Context, e *Endpoint) error
}

// Options are what an Engine needs to know.
type Options struct {
	DB     *db.DB
	Vault  *auth.Vault
	Out    *outbound.Client
	Vendor Vendor
	Log    *slog.Logger
	// Tell tells the owner that an endpoint was disabled; nil tells nobody.
	Tell func(ctx context.Context, e *Endpoint) error
}

// New makes an Engine.
func New(o Options) *Engine {
	e := &Engine{db: o.DB, vault: o.Vault, out: o.Out, vendor: o.Vendor, log: o.Log, tell: o.Tell, self: id.UUID(), look: look, wake: make(chan struct{}, 1)}
	if e.tell == nil {
		e.tell = func(context.Context, *Endpoint) error { return nil }
	}
	return e
}

// Prompt is the reader that makes deliveries of events.
func (g *Engine) Prompt() follow.Prompt {
	return follow.Prompt{Name: "webhooks", Listening: listening, Read: g.read, Stored: g.Wake}
}

// listening gives the locations with an endpoint in force, or with an app that
// wants to be told.
func listening(ctx context.Context, tx *db.Tx) (map[string]time.Time, error) {
	since := map[string]time.Time{}
	note := func(location string, at time.Time) {
		if old, known := since[location]; !known || at.Before(old) {
			since[location] = at
		}
	}
	list, err := endpoints.All(ctx, tx, "WHERE disabled_at = 0 AND app_id = ''")
	if err != nil {
		return nil, err
	}
	for i := range list {
		note(list[i].LocationID, list[i].CreatedAt)
	}
	installed, err := auth.Listeners(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	for _, l := range installed {
		note(l.LocationID, l.Since)
	}
	return since, nil
}

// read makes the deliveries of a page of events.
func (g *Engine) read(ctx context.Context, locationID string, events []crm.Event) (func(ctx context.Context, tx *db.Tx) error, error) {
	var own []Endpoint
	var apps []app
	// what a company let in is of no single location
	err := g.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		own, apps, err = g.receivers(ctx, tx, locationID)
		return err
	})
	if err != nil || len(own)+len(apps) == 0 {
		return nil, err
	}
	var made []Delivery
	err = g.db.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		made = nil
		p := &page{events: events}
		for i := range events {
			list, err := g.deliveriesOf(ctx, tx, p, &events[i], own, apps)
			if err != nil {
				return fmt.Errorf("event %s: %w", events[i].ID, err)
			}
			made = append(made, list...)
		}
		return nil
	})
	if err != nil || len(made) == 0 {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) error {
		for i := range apps {
			if !apps[i].isNew {
				continue
			}
			if err := endpoints.Ensure(ctx, tx, &apps[i].Endpoint); err != nil {
				return err
			}
		}
		for _, d := range made {
			d.ID, d.CreatedAt, d.DueAt = tx.NewID(), tx.Now(), tx.Now()
			if err := deliveries.Ensure(ctx, tx, &d); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// app is an app that is told of a location's events.
type app struct {
	Endpoint
	auth.Listener
	isNew bool // it has no endpoint yet
}

// receivers gives who is to be told of a location's events.
func (g *Engine) receivers(ctx context.Context, tx *db.Tx, locationID string) (own []Endpoint, apps []app, err error) {
	all, err := Endpoints(ctx, tx, locationID)
	if err != nil {
		return nil, nil, err
	}
	known := map[string]*Endpoint{}
	for i := range all {
		if all[i].AppID != "" {
			known[all[i].AppID] = &all[i]
		} else if all[i].DisabledAt.IsZero() {
			own = append(own, all[i])
		}
	}
	if g.vendor == nil {
		return own, nil, nil
	}
	installed, err := auth.Listeners(ctx, tx, locationID)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range installed {
		a := app{Listener: l}
		if e := known[l.App.ID]; e != nil {
			a.Endpoint = *e
		} else {
			a.isNew = true
			a.Endpoint = Endpoint{LocationID: locationID, ID: tx.NewID(), AppID: l.App.ID, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		}
		a.URL = l.App.WebhookURL
		if a.DisabledAt.IsZero() {
			apps = append(apps, a)
		}
	}
	return own, apps, nil
}

// deliveriesOf gives what one event makes.
func (g *Engine) deliveriesOf(ctx context.Context, tx *db.Tx, p *page, e *crm.Event, own []Endpoint, apps []app) (made []Delivery, err error) {
	var body []byte
	for i := range own {
		if !own[i].wants(e.Type) || e.At().Before(own[i].CreatedAt) || e.ObjectID == own[i].ID { // not of itself
			continue
		}
		if body == nil {
			if body, err = p.compose(ctx, tx, e); err != nil {
				return nil, err
			}
		}
		made = append(made, own[i].delivery(e, e.Type, "msg_"+e.ID, body))
	}
	if len(apps) == 0 {
		return made, nil
	}
	messages, err := g.vendor.Messages(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	for i := range apps {
		for _, m := range messages {
			if !apps[i].Wants(m.Type, m.Scope, e, g.vendor.Last(m.Type)) {
				continue
			}
			message := id.UUID()
			sealed, err := g.vendor.Seal(m, e, apps[i].App.ID, message)
			if err != nil {
				return nil, err
			}
			made = append(made, apps[i].delivery(e, m.Type, message, sealed))
		}
	}
	return made, nil
}

func (e *Endpoint) delivery(of *crm.Event, typ, message string, body []byte) Delivery {
	return Delivery{LocationID: e.LocationID, EndpointID: e.ID, EventID: of.ID, Type: typ, Message: message, Body: string(body), State: Pending}
}

// Wake has the engine look for what is due.
func (g *Engine) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}
