package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// wakeJob is the kind of job that brings a conversation back.
const wakeJob = "conversation.wake"

// waking is what a wakeJob says.
type waking struct {
	ConversationID string `json:"conversationId"`
}

// Snooze puts a conversation aside until a moment, or brings it back at once for
// zero. At that moment it is unread again; a message that comes in brings it back
// before. Invalid for a moment that is past, NotFound if it is not there.
func Snooze(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string, until time.Time) (*Conversation, error) {
	if !until.IsZero() && !until.After(tx.Now()) {
		return nil, errs.New(errs.Invalid, "Choose a moment that is to come")
	}
	c, err := locked(ctx, tx, by.LocationID, conversationID)
	if err != nil || c.SnoozedUntil.Equal(until) {
		return c, err
	}
	change := crm.Change{Field: "snoozedUntil", From: stamp(c.SnoozedUntil), To: stamp(until)}
	c.SnoozedUntil = until
	if err := c.save(ctx, tx); err != nil {
		return nil, err
	}
	if err := crm.Emit(ctx, tx, by, "conversation.updated", c.ContactID, c.ID, crm.EventData{Changes: []crm.Change{change}}); err != nil || until.IsZero() {
		return c, err
	}
	return c, jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: wakeJob, Args: waking{c.ID}, RunAt: until})
}

// stamp is a moment as events tell it, nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// Wakes takes over the jobs that bring back what was put aside.
func Wakes(d *db.DB, r *jobs.Runner) {
	r.Handle(wakeJob, func(ctx context.Context, run jobs.Run) error {
		var what waking
		if err := json.Unmarshal(run.Args, &what); err != nil {
			return fmt.Errorf("reading what is to come back: %w", err)
		}
		by := crm.Actor{LocationID: run.LocationID, Origin: "snooze"}
		return d.Write(ctx, run.LocationID, func(ctx context.Context, tx *db.Tx) error { return wake(ctx, tx, by, what.ConversationID) })
	})
}

// wake brings a conversation back whose time has come. One that was put aside
// again meanwhile, or is back already, stays as it is.
func wake(ctx context.Context, tx *db.Tx, by crm.Actor, conversationID string) error {
	c, err := locked(ctx, tx, by.LocationID, conversationID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || c.SnoozedUntil.IsZero() || c.SnoozedUntil.After(tx.Now()) {
		return err
	}
	changes := []crm.Change{{Field: "snoozedUntil", From: stamp(c.SnoozedUntil)}}
	c.SnoozedUntil = time.Time{}
	if c.UnreadCount == 0 {
		c.UnreadCount = 1
		changes = append(changes, crm.Change{Field: "unreadCount", From: int64(0), To: c.UnreadCount})
	}
	if err := c.save(ctx, tx); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, "conversation.unread", c.ContactID, c.ID, crm.EventData{Changes: changes})
}
