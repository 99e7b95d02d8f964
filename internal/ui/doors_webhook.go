package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// webhookScreens are those of what other systems are told.
func webhookScreens(add func(method, path string, do func(v *visit) error)) {
	add(get, "/integrations/webhooks", webhooksList)
	add(post, "/integrations/webhooks", addWebhook)
	add(get, "/integrations/webhooks/{webhook}", webhookPage)
	add(post, "/integrations/webhooks/{webhook}", changeWebhook)
	add(get, "/integrations/deliveries/{delivery}", deliveryPage)
	add(post, "/integrations/deliveries/{delivery}", replayDelivery)
}

// families are the beginnings of the types of events that people choose among.
func families() []string {
	return []string{"contact", "note", "task", "appointment", "opportunity", "message", "conversation", "duplicate", "user", "location", "webhook", "connection"}
}

// webhooksData is what the list of webhooks shows.
type webhooksData struct {
	inside
	Endpoints []webhook.Endpoint
	Problem   string
	Form      webhookForm
}

// webhookForm is what somebody said of a webhook.
type webhookForm struct {
	URL, Description string
	Events           []string
}

// Families are those to choose among.
func (webhookForm) Families() []string { return families() }

// Has reports whether a family is chosen.
func (f webhookForm) Has(family string) bool { return slices.Contains(f.Events, family+".*") }

// All reports whether everything is told.
func (f webhookForm) All() bool { return len(f.Events) == 0 || slices.Contains(f.Events, "*") }

// Others are the types that are in no family that is chosen.
func (f webhookForm) Others() string {
	var list []string
	for _, e := range f.Events {
		if e != "*" && !slices.Contains(families(), strings.TrimSuffix(e, ".*")) {
			list = append(list, e)
		}
	}
	return strings.Join(list, ", ")
}

// readWebhook reads the form.
func readWebhook(v *visit) webhookForm {
	f := webhookForm{URL: v.form("url"), Description: v.form("description")}
	if v.form("which") != "some" {
		f.Events = []string{"*"}
		return f
	}
	for _, family := range v.r.PostForm["family"] {
		f.Events = append(f.Events, family+".*")
	}
	for typ := range strings.SplitSeq(v.form("others"), ",") {
		if typ = strings.TrimSpace(typ); typ != "" {
			f.Events = append(f.Events, typ)
		}
	}
	return f
}

// whyNoWebhook says what is wrong with a form.
func whyNoWebhook(e *errs.Error) string {
	words := map[string]string{
		"url":         "The address begins with https:// or http:// and names a host.",
		"events":      "Types of events are written as contact.created or contact.*.",
		"description": "The name has at most 500 characters.",
	}
	var list []string
	for _, f := range e.Fields {
		list = append(list, words[f.Name])
	}
	if len(list) == 0 {
		return sentence(e)
	}
	return strings.Join(list, " ")
}

// webhooksList shows who is told of what.
func webhooksList(v *visit) error { return showWebhooks(v, 200, &webhooksData{}) }

func showWebhooks(v *visit, status int, d *webhooksData) error {
	d.inside = inside{v.frame, "webhooks"}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Endpoints, err = webhook.Endpoints(ctx, tx, v.at())
		return err
	})
	if err != nil {
		return err
	}
	return v.showAs(status, "webhooks", "Webhooks", d)
}

// addWebhook makes a webhook, and shows its secret this once.
func addWebhook(v *visit) error {
	if v.form("do") != "add" {
		return noButton()
	}
	f := readWebhook(v)
	var e *webhook.Endpoint
	var secret string
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		if v.form("which") == "some" && len(f.Events) == 0 {
			return errs.New(errs.Invalid, "choose what it is told of")
		}
		e, secret, err = webhook.AddEndpoint(ctx, tx, v.p.Vault, v.Actor, webhook.Endpoint{URL: f.URL, Description: f.Description, Events: f.Events})
		return err
	})
	if errs.Is(err, errs.Invalid) {
		return showWebhooks(v, 400, &webhooksData{Form: f, Problem: whyNoWebhook(errs.As(err))})
	}
	if err != nil {
		return err
	}
	return showWebhook(v, 200, &webhookData{Endpoint: e, Secret: secret})
}

// webhookData is what the page of a webhook shows.
type webhookData struct {
	inside
	*webhook.Endpoint
	Form       webhookForm
	Problem    string
	Secret     string // shown this once
	State      string // of the deliveries that are shown, "" for all
	States     []string
	Deliveries []webhook.Delivery
	Next       string // id behind which there are more
}

// Live reports whether more may be told of: it comes by itself.
func (d *webhookData) Live() bool { return d.DisabledAt.IsZero() }

// deliveryClass is the class that shows how a delivery fares.
func deliveryClass(state string) string {
	return map[string]string{webhook.Delivered: "lead", webhook.Exhausted: "warn", webhook.Pending: "recruit"}[state]
}

const deliveriesOnPage = 50

// webhookPage shows a webhook, and what it was told.
func webhookPage(v *visit) error {
	d := &webhookData{}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Endpoint, err = webhook.EndpointByID(ctx, tx, v.at(), v.r.PathValue("webhook"))
		return err
	})
	if err != nil {
		return err
	}
	return showWebhook(v, 200, d)
}

func showWebhook(v *visit, status int, d *webhookData) error {
	d.inside, d.States = inside{v.frame, "webhooks"}, []string{webhook.Pending, webhook.Delivered, webhook.Exhausted, webhook.Stopped}
	if d.Problem == "" {
		d.Form = webhookForm{d.URL, d.Description, d.Events}
	}
	q := v.r.URL.Query()
	if s := q.Get("state"); slices.Contains(d.States, s) {
		d.State = s
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Deliveries, err = webhook.Deliveries(ctx, tx, v.at(), webhook.Log{EndpointID: d.ID, State: d.State, Before: strings.ToValidUTF8(q.Get("before"), ""), Limit: deliveriesOnPage + 1})
		return err
	})
	if err != nil {
		return err
	}
	d.Next = ""
	if len(d.Deliveries) > deliveriesOnPage {
		d.Deliveries = d.Deliveries[:deliveriesOnPage]
		d.Next = d.Deliveries[deliveriesOnPage-1].ID
	}
	return v.showAs(status, "webhook", "Webhook", d)
}

// changeWebhook does with a webhook what a button says.
func changeWebhook(v *visit) error {
	endpointID := v.r.PathValue("webhook")
	here := "/integrations/webhooks/" + endpointID
	what, undo, n := "", "", 0
	d := &webhookData{}
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "save":
			f := readWebhook(v)
			d.Form, what = f, "saved"
			if len(f.Events) == 0 {
				return errs.New(errs.Invalid, "choose what it is told of")
			}
			_, err = webhook.ChangeEndpoint(ctx, tx, v.Actor, endpointID, func(e *webhook.Endpoint) { e.URL, e.Description, e.Events = f.URL, f.Description, f.Events })
		case "rotate":
			overlap := map[string]time.Duration{"day": 24 * time.Hour, "week": auth.SecretOverlap}[v.form("overlap")]
			d.Endpoint, d.Secret, err = webhook.RotateSecret(ctx, tx, v.p.Vault, v.Actor, endpointID, overlap)
		case "test":
			what = "hook-tested"
			_, err = webhook.SendTest(ctx, tx, v.Actor, endpointID)
		case "off":
			what, undo = "hook-off", "webhook:"+endpointID
			err = webhook.DisableEndpoint(ctx, tx, v.Actor, endpointID, true, "disabled by "+nameOf(v.User))
		case "on":
			what = "hook-on"
			err = webhook.DisableEndpoint(ctx, tx, v.Actor, endpointID, false, "")
		case "delete":
			var e *webhook.Endpoint
			if e, err = webhook.EndpointByID(ctx, tx, v.at(), endpointID); err == nil && e.DisabledAt.IsZero() {
				err = errs.New(errs.Invalid, "disable it first")
			}
			if err == nil {
				what, here = "hook-deleted", "/integrations/webhooks"
				err = webhook.RemoveEndpoint(ctx, tx, v.Actor, endpointID)
			}
		case "replay":
			var count int64
			what = "hook-replayed"
			count, err = webhook.ReplayAll(ctx, tx, v.Actor, v.replayed(endpointID))
			n = int(count)
		default:
			return noButton()
		}
		return err
	})
	v.p.Hooks.Wake()
	switch {
	case errs.Is(err, errs.Invalid) && v.form("do") == "save":
		d.Problem = whyNoWebhook(errs.As(err))
		err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
			d.Endpoint, err = webhook.EndpointByID(ctx, tx, v.at(), endpointID)
			return err
		})
		if err != nil {
			return err
		}
		return showWebhook(v, 400, d)
	case err != nil:
		return err
	case d.Secret != "":
		return showWebhook(v, 200, d)
	}
	return v.done(here, what, n, undo)
}

// replayed reads which deliveries are to be sent again.
func (v *visit) replayed(endpointID string) webhook.Log {
	l := webhook.Log{EndpointID: endpointID, State: v.form("state")}
	const minute = "2006-01-02T15:04"
	if at, err := time.ParseInLocation(minute, v.form("since"), v.zone); err == nil {
		l.Since = at
	}
	if at, err := time.ParseInLocation(minute, v.form("until"), v.zone); err == nil {
		l.Until = at.Add(time.Minute)
	}
	return l
}

// deliveryData is what the page of a delivery shows.
type deliveryData struct {
	inside
	*webhook.Delivery
	Endpoint *webhook.Endpoint
	Pretty   string // its body, to be read
}

// deliveryPage shows what was sent, and each attempt.
func deliveryPage(v *visit) error {
	d := &deliveryData{inside: inside{v.frame, "webhooks"}}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Delivery, err = webhook.DeliveryByID(ctx, tx, v.at(), v.r.PathValue("delivery")); err != nil {
			return err
		}
		d.Endpoint, err = webhook.EndpointByID(ctx, tx, v.at(), d.EndpointID)
		return err
	})
	if err != nil {
		return err
	}
	d.Tries = slices.Clone(d.Tries)
	slices.Reverse(d.Tries)
	if d.Pretty = readableBody(d.Body); len(d.Pretty) > bodyShown {
		d.Pretty = strings.ToValidUTF8(d.Pretty[:bodyShown], "")
	}
	return v.show("delivery", "Delivery", d)
}

// replayDelivery sends one delivery again.
func replayDelivery(v *visit) error {
	if v.form("do") != "replay" {
		return noButton()
	}
	deliveryID := v.r.PathValue("delivery")
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		return webhook.Replay(ctx, tx, v.Actor, deliveryID)
	})
	v.p.Hooks.Wake()
	return v.doneIf(err, "/integrations/deliveries/"+deliveryID, "hook-again", "")
}
