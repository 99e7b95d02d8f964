package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
)

type webhooksCommand struct {
	Create  webhookCreate  `cmd:"" help:"Tell an address of what happens; prints its secret once."`
	List    webhookList    `cmd:"" help:"List the webhooks of a location, those of apps too."`
	Rotate  webhookRotate  `cmd:"" help:"Give a webhook a new secret; prints it once."`
	Disable webhookDisable `cmd:"" help:"End the deliveries of a webhook; --enable begins anew."`
	Delete  webhookDelete  `cmd:"" help:"Remove a webhook with its log."`
	Log     webhookLog     `cmd:"" help:"Show what was sent, and what was answered."`
	Replay  webhookReplay  `cmd:"" help:"Send again: one delivery, or a stretch of time."`
}

type webhookLine struct {
	ID          string     `json:"id"`
	LocationID  string     `json:"locationId"`
	AppID       string     `json:"appId,omitempty"`
	URL         string     `json:"url"`
	Description string     `json:"description,omitempty"`
	Events      []string   `json:"events"`
	Secret      string     `json:"secret,omitempty"`
	Failures    int64      `json:"failures"`
	Disabled    bool       `json:"disabled"`
	Why         string     `json:"disabledWhy,omitempty"`
	Since       *time.Time `json:"failingSince,omitempty"`
}

const webhookHead = "ID\tURL\tEVENTS\tSTATE\tSECRET"

func lineOfWebhook(e *webhook.Endpoint, secret string) webhookLine {
	l := webhookLine{ID: e.ID, LocationID: e.LocationID, AppID: e.AppID, URL: e.URL, Description: e.Description, Events: e.Events, Secret: secret, Failures: e.Failures, Disabled: !e.DisabledAt.IsZero(), Why: e.DisabledWhy}
	if !e.FailingAt.IsZero() {
		l.Since = &e.FailingAt
	}
	return l
}

func (l webhookLine) row() []string {
	state := inForce(l.Disabled)
	switch {
	case l.Disabled:
		state += ": " + l.Why
	case l.Failures > 0:
		state = fmt.Sprintf("failing, %d times", l.Failures)
	}
	return []string{l.ID, l.URL, strings.Join(l.Events, " "), state, l.Secret}
}

type webhookCreate struct {
	located
	URL         string   `help:"Where to; https, or http." name:"url" required:"" placeholder:"URL"`
	Events      []string `help:"Types of events, with * for anything, as contact.*,task.completed; all if left out." placeholder:"TYPE"`
	Description string   `help:"What it is for." placeholder:"TEXT"`
}

// Run makes a webhook.
func (c *webhookCreate) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*webhook.Endpoint, string, error) {
		return webhook.AddEndpoint(ctx, tx, v, by, webhook.Endpoint{URL: c.URL, Events: c.Events, Description: c.Description})
	})
}

// one shows the webhook that f gives.
func (l *located) one(o *out, f func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*webhook.Endpoint, string, error)) error {
	var line webhookLine
	if err := l.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		e, secret, err := f(ctx, tx, v, by)
		if err == nil {
			line = lineOfWebhook(e, secret)
		}
		return err
	}); err != nil {
		return err
	}
	return l.show(o, line, webhookHead, line.row())
}

type webhookList struct{ located }

// Run lists webhooks.
func (c *webhookList) Run(o *out) error {
	lines, rows := []webhookLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := webhook.Endpoints(ctx, tx, by.LocationID)
		for i := range all {
			l := lineOfWebhook(&all[i], "")
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, webhookHead, rows...)
}

type webhookRotate struct {
	located
	ID      string        `arg:"" help:"Which webhook, by id."`
	Overlap time.Duration `help:"For how long everything is signed with the old secret too; ${default} if left out." default:"24h" placeholder:"DURATION"`
}

// Run gives a new secret.
func (c *webhookRotate) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*webhook.Endpoint, string, error) {
		return webhook.RotateSecret(ctx, tx, v, by, c.ID, c.Overlap)
	})
}

type webhookDisable struct {
	located
	ID     string `arg:"" help:"Which webhook, by id."`
	Enable bool   `help:"Begin anew with what happens from now on."`
}

// Run ends or begins the deliveries.
func (c *webhookDisable) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*webhook.Endpoint, string, error) {
		if err := webhook.DisableEndpoint(ctx, tx, by, c.ID, !c.Enable, "it was disabled by hand"); err != nil {
			return nil, "", err
		}
		e, err := webhook.EndpointByID(ctx, tx, by.LocationID, c.ID)
		return e, "", err
	})
}

type webhookDelete struct {
	located
	ID string `arg:"" help:"Which webhook, by id."`
}

// Run removes a webhook.
func (c *webhookDelete) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*webhook.Endpoint, string, error) {
		e, err := webhook.EndpointByID(ctx, tx, by.LocationID, c.ID)
		if err != nil {
			return nil, "", err
		}
		return e, "", webhook.RemoveEndpoint(ctx, tx, by, c.ID)
	})
}

type webhookLog struct {
	located
	Webhook string        `arg:"" optional:"" help:"Of which webhook, by id; of all if left out."`
	State   string        `help:"Only pending, delivered, exhausted or stopped ones." enum:"pending,delivered,exhausted,stopped," default:""`
	Since   time.Duration `help:"Only those of the last while, as 24h." placeholder:"DURATION"`
	Limit   int           `help:"How many; ${default} if left out." default:"100"`
}

// Run shows the log.
func (c *webhookLog) Run(o *out) error {
	list, rows := []webhook.Delivery{}, [][]string{}
	l := webhook.Log{EndpointID: c.Webhook, State: c.State, Limit: c.Limit}
	if c.Since > 0 {
		l.Since = time.Now().Add(-c.Since)
	}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		list, rows = list[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		list, err = webhook.Deliveries(ctx, tx, by.LocationID, l)
		for i := range list {
			rows = append(rows, rowOfDelivery(&list[i]))
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, list, "ID\tTYPE\tMADE\tSTATE\tTRIES\tLAST ANSWER", rows...)
}

func rowOfDelivery(d *webhook.Delivery) []string {
	last := ""
	if n := len(d.Tries); n > 0 {
		t := d.Tries[n-1]
		if last = t.Error; t.Status > 0 {
			last = fmt.Sprintf("%d after %d ms", t.Status, t.Took)
		}
	}
	return []string{d.ID, d.Type, d.CreatedAt.Format(time.RFC3339), d.State, strconv.Itoa(len(d.Tries)), last}
}

type webhookReplay struct {
	located
	ID    string        `arg:"" help:"One delivery, or a webhook, by id."`
	State string        `help:"Of a webhook only those that are exhausted, stopped or delivered; all if left out." enum:"exhausted,stopped,delivered," default:""`
	Since time.Duration `help:"Of a webhook those of the last while, as 24h." placeholder:"DURATION"`
	Until time.Duration `help:"And not those of the last while." placeholder:"DURATION"`
}

// Run sends again.
func (c *webhookReplay) Run(o *out) error {
	var n int64
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := webhook.EndpointByID(ctx, tx, by.LocationID, c.ID); err != nil {
			n = 1
			return webhook.Replay(ctx, tx, by, c.ID)
		}
		if c.Since <= 0 {
			return errors.New("say how far back, as --since 24h")
		}
		l := webhook.Log{EndpointID: c.ID, State: c.State, Since: tx.Now().Add(-c.Since)}
		if c.Until > 0 {
			l.Until = tx.Now().Add(-c.Until)
		}
		n, err = webhook.ReplayAll(ctx, tx, by, l)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, map[string]int64{"replayed": n}, "REPLAYED", []string{strconv.FormatInt(n, 10)})
}
