package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/letter"
)

// deliverer gives messages to their providers.
type deliverer struct {
	db        *db.DB
	providers Providers
	callback  func(ctx context.Context, tx *db.Tx, m *conversation.Message) (string, error)
}

// Deliver takes over the jobs that deliver messages. base is the address that
// providers outside know this server by, "" if none does: then they are not asked
// to say what becomes of a message.
func Deliver(d *db.DB, p Providers, r *jobs.Runner, vault *auth.Vault, base string) {
	v := &deliverer{db: d, providers: p, callback: func(ctx context.Context, tx *db.Tx, m *conversation.Message) (string, error) {
		if base == "" || m.Type != conversation.SMS {
			return "", nil
		}
		h, err := newestHook(ctx, tx, m.LocationID, HookSMS)
		if err != nil || h == nil {
			return "", err
		}
		path, err := h.Path(vault)
		return base + path + "?message=" + m.ID, err
	}}
	r.Handle(conversation.DeliverJob, v.deliver)
}

// tries is how often a message is given to a provider that is not well.
const tries = 6

// deliver delivers one message. It is noted as taken before it is given away: if
// the program dies in between, an e-mail goes out again under the same id, and
// an SMS, which could not be told apart, is reported as failed.
func (v *deliverer) deliver(ctx context.Context, run jobs.Run) error {
	var what conversation.Delivery
	if err := json.Unmarshal(run.Args, &what); err != nil {
		return fmt.Errorf("reading what to deliver: %w", err)
	}
	var p *conversation.Parcel
	err := v.db.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if p, err = conversation.Take(ctx, tx, run.LocationID, what.MessageID); err == nil && p != nil {
			p.Callback, err = v.callback(ctx, tx, &p.Message)
		}
		return err
	})
	if err != nil || p == nil {
		return err
	}
	status, why, again := v.give(ctx, p, run.Attempt)
	err = v.db.Write(context.WithoutCancel(ctx), run.LocationID, func(ctx context.Context, tx *db.Tx) error {
		if err := conversation.Settle(ctx, tx, p, status, why); err != nil || why == nil {
			return err
		}
		return learn(ctx, tx, p, why)
	})
	return errors.Join(again, err)
}

// learn keeps what a carrier that refused a message says of its receiver: that
// they opted out, or that there is no such address.
func learn(ctx context.Context, tx *db.Tx, p *conversation.Parcel, why *conversation.Failure) error {
	switch {
	case p.Message.Type == conversation.SMS && why.Code == optedOut:
		return refusedSMS(ctx, tx, p.Actor(), &p.Message)
	case p.Message.Type == conversation.EMail && why.Type == rejected && letter.HardStatus(why.Code):
		_, err := conversation.BounceMessage(ctx, tx, p.Actor(), p.Message.ID, conversation.Bounce{Code: why.Code, Text: why.Message, Hard: true})
		return err
	}
	return nil
}

// rejected is the type of a failure that a carrier will not take back.
const rejected = "rejected"

// give gives a message away and says what became of it. again is the error for
// which the job is to run again.
func (v *deliverer) give(ctx context.Context, p *conversation.Parcel, attempt int) (status string, why *conversation.Failure, again error) {
	failed := func(code, kind string, err error) *conversation.Failure {
		return &conversation.Failure{Code: code, Type: kind, Message: err.Error()}
	}
	if p.Message.Type == conversation.LiveChat {
		return conversation.Delivered, nil, nil // the visitor's page reads it here
	}
	carrier, outside, err := v.providers.of(&p.Message)
	switch {
	case err != nil:
		return conversation.Failed, failed("provider", "setup", err), nil
	case outside:
		return conversation.Pending, nil, nil
	case p.Again && !carrier.Repeats():
		return conversation.Failed, failed("unknown", "interrupted", errors.New("sending was interrupted; it may have been sent")), nil
	}
	id, err := carrier.Deliver(ctx, p)
	var no *Rejection
	switch {
	case errors.As(err, &no) && no.Status != "":
		return conversation.Failed, failed(no.Status, rejected, no), nil
	case errors.As(err, &no):
		return conversation.Failed, failed(no.Code, rejected, no), nil
	case err != nil && attempt >= tries:
		return conversation.Failed, failed("provider", "unavailable", err), nil
	case err != nil:
		return conversation.Pending, failed("provider", "unavailable", err), err
	}
	p.Message.Details.AltID = id
	return conversation.Sent, nil, nil
}
