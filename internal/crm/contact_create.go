package crm

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// newcomer is somebody who is to be made a contact, with all that can be made
// ready without asking the database.
type newcomer struct {
	contact Contact
	changes []Change
	words   string // of the search index
	row     db.Ready
	event   db.Ready
	eventID string
}

// introduce says what contact a Save makes, and what that changes. It is pure.
func introduce(by Actor, s *Save, now time.Time) (Contact, []Change) {
	in := s.Input
	in.Details.CreatedBy = &CreatedBy{Origin: by.Origin, CredentialID: by.CredentialID, UserID: by.UserID}
	c, changes := blend(&Contact{LocationID: by.LocationID}, &in, Overwrite, false, by.Origin, now)
	changes = fillUp(&c, &s.Default, changes)
	if c.Type == "" {
		c.Type = "lead"
		changes = append(changes, Change{Field: "type", To: c.Type})
	}
	c.CreatedAt, c.UpdatedAt, c.LastActivityAt, c.Version = now, now, now, 1
	return c, changes
}

// welcome makes somebody ready to be stored. newID makes ids.
func welcome(by Actor, s *Save, now time.Time, newID func() string) (*newcomer, error) {
	n := &newcomer{}
	n.contact, n.changes = introduce(by, s, now)
	c := &n.contact
	c.ID = newID()
	c.Number = id.Number(c.ID)
	n.words = searchWords(c)
	var err error
	if n.row, err = contacts.Ready(c); err != nil {
		return nil, err
	}
	n.eventID = newID()
	e := eventOf(by, n.eventID, "contact.created", c.ID, "", EventData{Changes: n.changes, Kind: map[bool]string{true: "quiet"}[s.Quiet]})
	n.event, err = events.Ready(&e)
	return n, err
}

func create(ctx context.Context, tx *db.Tx, by Actor, s *Save, m *finding) (*Saved, error) {
	if s.DryRun {
		c, changes := introduce(by, s, tx.Now())
		return &Saved{Contact: &c, Outcome: DryRun, Changes: changes}, nil
	}
	if err := by.mayWrite(); err != nil {
		return nil, err
	}
	n := s.newcomer
	if n == nil {
		var err error
		if n, err = welcome(by, s, tx.Now(), tx.NewID); err != nil {
			return nil, err
		}
	}
	c := &n.contact
	saved := &Saved{Contact: c, Outcome: Created, Changes: n.changes}
	if err := contacts.InsertReady(ctx, tx, n.row); err != nil {
		return nil, err
	}
	if err := attach(ctx, tx, s, m, saved); err != nil {
		return nil, err
	}
	carry(tx, c.LocationID, c.Tags)
	if n.words != "" {
		tx.Last(searchIndex, c.Number, false, []any{c.Number, n.words, c.LocationID})
	}
	if err := events.InsertReady(ctx, tx, n.event); err != nil {
		return nil, err
	}
	if !s.Quiet {
		if err := announce(ctx, tx, by, c, n.eventID); err != nil {
			return nil, err
		}
	}
	return saved, attachMore(ctx, tx, by, s, saved)
}
