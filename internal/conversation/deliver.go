package conversation

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// Parcel is a message that is due, with all that its provider needs to know.
type Parcel struct {
	Message Message
	Email   *Email // of an e-mail
	Again   bool   // it was given to the provider before, and nobody knows what became of it
	Files   []File // attachments that are stored here
	// Refers are the Message-IDs of the mails before it in its thread, the oldest first.
	Refers []string
	// Callback is where its provider can say what becomes of it, "" for nowhere.
	Callback string
}

// Actor is who delivers.
func (p *Parcel) Actor() crm.Actor {
	return crm.Actor{LocationID: p.Message.LocationID, Origin: "message"}
}

// Take gives a message that is due to whoever delivers it, and notes that it was
// given. nil means that there is nothing to deliver: it is gone, sent or
// cancelled, or its contact is not to be disturbed any more, which fails it. The
// error is jobs.Later while the window in which it may go out is closed.
func Take(ctx context.Context, tx *db.Tx, locationID, messageID string) (*Parcel, error) {
	m, err := messages.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", locationID, messageID)
	if err != nil || m == nil || m.Status != Pending && m.Status != Scheduled {
		return nil, err
	}
	p := &Parcel{Message: *m, Again: m.Details.Taken != 0}
	contact, err := crm.ContactByID(ctx, tx, locationID, m.ContactID)
	if err == nil {
		err = mayDisturb(contact, channelOf(m.Type), m.Details.To)
	}
	if errs.Is(err, errs.Conflict) {
		return nil, Settle(ctx, tx, p, Failed, &Failure{Code: errs.As(err).Code, Type: "refused", Message: errs.As(err).Text})
	}
	if err != nil {
		return nil, err
	}
	if opens := m.opens(tx.Now()); opens.After(tx.Now()) {
		return nil, jobs.Later(opens.Sub(tx.Now()))
	}
	if m.EmailID != "" {
		if p.Email, err = EmailByID(ctx, tx, locationID, m.EmailID); err != nil {
			return nil, err
		}
		if p.Refers, err = p.Email.chain(ctx, tx); err != nil {
			return nil, err
		}
	}
	if p.Files, err = FilesOf(ctx, tx, locationID, m.ID); err != nil {
		return nil, err
	}
	m.Details.Taken, m.UpdatedAt = tx.Now().UnixMilli(), tx.Now()
	p.Message = *m
	return p, messages.Update(ctx, tx, m)
}

// opens gives from when on the message may go out: at, or when its window opens.
func (m *Message) opens(at time.Time) time.Time {
	if m.Details.Window == nil {
		return at
	}
	zone, err := time.LoadLocation(m.Details.Zone)
	if err != nil {
		zone = time.UTC
	}
	return m.Details.Window.Next(at, zone)
}

// Settle records what became of a message that was taken. Pending puts it back,
// to be tried again; why says what was wrong, nil for nothing.
func Settle(ctx context.Context, tx *db.Tx, p *Parcel, status string, why *Failure) error {
	m, err := messages.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", p.Message.LocationID, p.Message.ID)
	if err != nil || m == nil {
		return err // deleted meanwhile
	}
	m.Details.Taken = 0
	if p.Message.Details.AltID != "" {
		m.Details.AltID = p.Message.Details.AltID
	}
	switch {
	case m.Status == Delivered || m.Status == Read || m.Status == Failed && status != Failed:
		status = m.Status // its provider was quicker to say what became of it
	default:
		m.Details.Failure = why
	}
	if status == m.Status {
		m.UpdatedAt = tx.Now()
		return messages.Update(ctx, tx, m)
	}
	return m.become(ctx, tx, p.Actor(), status)
}

// become gives a message another status.
func (m *Message) become(ctx context.Context, tx *db.Tx, by crm.Actor, status string) error {
	changes := []crm.Change{{Field: "status", From: m.Status, To: status}}
	m.Status = status
	if m.UpdatedAt = m.UpdatedAt.Add(time.Millisecond); m.UpdatedAt.Before(tx.Now()) {
		m.UpdatedAt = tx.Now()
	}
	if err := messages.Update(ctx, tx, m); err != nil {
		return err
	}
	data := crm.EventData{Kind: m.Type, Changes: changes}
	if m.Details.Failure != nil {
		data.Text = crm.Excerpt(m.Details.Failure.Message)
	}
	return crm.Emit(ctx, tx, by, "message.status", m.ContactID, m.ID, data)
}

// StatusChange says what became of a message.
type StatusChange struct {
	Status     string // delivered, failed, pending, read
	Failure    *Failure
	Recipients []string
}

// ChangeStatus records what a provider says became of a message. A message that
// came in and is read counts no longer as unread. NotFound if it is not there.
func ChangeStatus(ctx context.Context, tx *db.Tx, by crm.Actor, messageID string, to StatusChange) (*Message, error) {
	m, err := MessageByID(ctx, tx, by.LocationID, messageID)
	if err != nil {
		return nil, err
	}
	// The conversation first, as everywhere, so that two never wait for each other.
	c, err := locked(ctx, tx, by.LocationID, m.ConversationID)
	if err != nil {
		return nil, err
	}
	if m, err = message(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, messageID); err != nil {
		return nil, err
	}
	if m.Status == to.Status && to.Failure == nil {
		return m, nil
	}
	wasRead := m.Status == Read
	m.Details.Failure = to.Failure
	if err := m.become(ctx, tx, by, to.Status); err != nil {
		return nil, err
	}
	if m.Direction == Inbound && to.Status == Read && !wasRead && c.UnreadCount > 0 {
		less := c.UnreadCount - 1
		_, err = ChangeConversation(ctx, tx, by, c.ID, Change{UnreadCount: &less})
	}
	return m, err
}
