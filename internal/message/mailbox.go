package message

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/letter"
)

// Mailbox reads the mail of an IMAP mailbox into conversations. Mail stays there
// as it is: nothing is deleted, nothing is marked as read. Make one with NewMailbox.
type Mailbox struct {
	MailboxOptions
	server *mailServer
}

// MailboxOptions are what a Mailbox needs beside its address.
type MailboxOptions struct {
	DB       *db.DB
	Inbox    *Inbox
	Location string // of mail that answers nothing; "" is the first one
	Log      *slog.Logger
}

// NewMailbox reads the address of a mailbox, as imaps://user:password@host/INBOX;
// imap:// is with STARTTLS, with ?tls=never without. "" gives nil.
func NewMailbox(address string, o MailboxOptions) (*Mailbox, error) {
	if address == "" {
		return nil, nil
	}
	server, err := readMailURL(address)
	if err != nil {
		return nil, err
	}
	return &Mailbox{MailboxOptions: o, server: server}, nil
}

// Run reads what comes until ctx ends. While the server cannot be reached it
// tries again, less and less often.
func (m *Mailbox) Run(ctx context.Context) {
	const shortest, longest = 5 * time.Second, 5 * time.Minute
	for rest := shortest; ctx.Err() == nil; rest = min(2*rest, longest) {
		began := time.Now()
		err := m.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longest {
			rest = shortest
		}
		m.Log.Warn("the mailbox cannot be read; it will be tried again", "mailbox", m.server.place(), "err", err, "in", rest.String())
		_ = pause(ctx, rest) // the loop asks ctx
	}
}

// follow reads what is there and then what comes, until something fails.
func (m *Mailbox) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := m.server.open(ctx)
	if err != nil {
		return err
	}
	m.Log.Info("reading mail", "mailbox", m.server.place(), "idle", s.idle)
	for {
		select {
		case <-s.news:
		default:
		}
		if _, err := m.read(ctx, s); err != nil {
			return err
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// Once reads what is there, and gives how many mails that were.
func (m *Mailbox) Once(ctx context.Context) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := m.server.open(ctx)
	if err != nil {
		return 0, err
	}
	return m.read(ctx, s)
}

// place is how far a mailbox was read. UIDs of another validity mean other mails.
type place struct {
	ID          string
	UIDValidity int64
	UID         int64
	UpdatedAt   time.Time
}

var places = db.NewTable("mail_places", []string{"id"}, func(p *place) []db.Column {
	return []db.Column{{Name: "id", At: &p.ID}, {Name: "uid_validity", At: &p.UIDValidity}, {Name: "uid", At: &p.UID}, {Name: "updated_at", At: db.Millis(&p.UpdatedAt)}}
})

// fresh is how old mail is read at most that was there before the mailbox was
// read for the first time.
const fresh = 24 * time.Hour

// read files what is behind the place.
func (m *Mailbox) read(ctx context.Context, s *mailSession) (n int, err error) {
	at, err := m.begin(ctx, s)
	if err != nil {
		return 0, err
	}
	uids, err := s.behind(imap.UID(at.UID)) // #nosec G115 -- it was one
	if err != nil {
		return 0, err
	}
	for _, uid := range uids {
		raw, err := s.fetch(uid)
		if err != nil {
			return n, err
		}
		if err := m.take(ctx, *at, int64(uid), raw); err != nil {
			return n, fmt.Errorf("storing mail: %w", err)
		}
		n++
	}
	return n, nil
}

// begin gives the place. The first time it is before the mail of the last day;
// and where the server counts anew, before what came since it was read last, of
// which those that are known are known by their Message-ID.
func (m *Mailbox) begin(ctx context.Context, s *mailSession) (*place, error) {
	var at *place
	if err := m.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		at, err = places.One(ctx, tx, "WHERE id = $1", m.server.place())
		return err
	}); err != nil {
		return nil, err
	}
	if at != nil && at.UIDValidity == int64(s.have.UIDValidity) {
		return at, nil
	}
	since := time.Now()
	if at != nil {
		since = at.UpdatedAt
	}
	uids, err := s.since(since.Add(-fresh))
	if err != nil {
		return nil, err
	}
	next := &place{ID: m.server.place(), UIDValidity: int64(s.have.UIDValidity), UID: int64(s.have.UIDNext) - 1}
	if len(uids) > 0 {
		next.UID = int64(uids[0]) - 1
	}
	next.UID = max(0, next.UID)
	err = m.DB.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		next.UpdatedAt = tx.Now()
		return places.Put(ctx, tx, next)
	})
	return next, err
}

// take files a mail and moves the place behind it, in one transaction: whatever
// is cut off in between is taken up where it ended.
func (m *Mailbox) take(ctx context.Context, at place, uid int64, raw []byte) error {
	l, err := letter.Parse(raw, conversation.MaxFile)
	if err != nil {
		m.Log.Warn("a mail was left out", "mailbox", at.ID, "uid", uid, "why", err)
		l = nil
	}
	locationID, err := m.locationOf(ctx, l)
	if err != nil {
		return err
	}
	err = m.put(ctx, locationID, at, uid, l)
	if errs.Is(err, errs.Invalid) { // it will never be another
		m.Log.Warn("a mail was left out", "mailbox", at.ID, "uid", uid, "why", err)
		err = m.put(ctx, locationID, at, uid, nil)
	}
	return err
}

// put is take in a location; nil is a mail that is left out.
func (m *Mailbox) put(ctx context.Context, locationID string, at place, uid int64, l *letter.Letter) error {
	return m.DB.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		now, err := places.One(ctx, tx, "WHERE id = $1 /*postgres FOR UPDATE*/", at.ID)
		if err != nil {
			return err
		}
		if now == nil || now.UIDValidity != at.UIDValidity || now.UID >= uid {
			return nil // another process was quicker
		}
		if l != nil {
			if _, err := m.Inbox.File(ctx, tx, crm.Actor{LocationID: locationID, Origin: HookEmail}, l); err != nil {
				return err
			}
		}
		now.UID, now.UpdatedAt = uid, tx.Now()
		return places.Update(ctx, tx, now)
	})
}

// locationOf gives the location that a mail belongs to.
func (m *Mailbox) locationOf(ctx context.Context, l *letter.Letter) (locationID string, err error) {
	err = m.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		if l != nil {
			if locationID, err = Location(ctx, tx, l); err != nil || locationID != "" {
				return err
			}
		}
		if m.Location != "" {
			found, err := crm.LocationByID(ctx, tx, m.Location)
			if err == nil {
				locationID = found.ID
			}
			return err
		}
		all, err := crm.Locations(ctx, tx, "")
		if err == nil && len(all) == 0 {
			err = errors.New("there is no location yet")
		}
		if err == nil {
			locationID = all[0].ID
		}
		return err
	})
	return locationID, err
}
