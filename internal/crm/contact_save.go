package crm

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// SaveContact creates or changes a contact. The steps are always these: check,
// find, blend, put, claim identities, emit. It returns an Invalid error for
// broken input, NotFound if s.ID is no contact of the location, Conflict with
// code "duplicate" (Meta: contactId, matchingField) where the rules refuse a
// match, and db.ErrLostRace when it has to run again.
func SaveContact(ctx context.Context, tx *db.Tx, by Actor, s Save) (*Saved, error) {
	if err := check(&s); err != nil {
		return nil, err
	}
	if s.all == nil {
		s.all = keysOf(&s.Input.Contact, everyKey...)
	}
	found, err := find(ctx, tx, by, &s)
	if err != nil {
		return nil, err
	}
	if found.contact == nil {
		return create(ctx, tx, by, &s, found)
	}
	if s.OnMatch == Refuse && s.ID == "" {
		return nil, &errs.Error{Kind: errs.Conflict, Code: "duplicate", Text: "This location does not allow duplicated contacts.",
			Meta: map[string]string{"contactId": found.contact.ID, "contactName": found.contact.FullName(), "matchingField": found.field}}
	}
	return change(ctx, tx, by, &s, found)
}

// finding is what find found.
type finding struct {
	contact *Contact          // nil: nobody
	field   string            // the canonical field that matched
	others  []string          // contacts that other keys pointed at
	owner   map[string]string // key → the contact that owns it
}

// find looks for the contact: by id, or by the identities of Match in their
// order. It is locked from here on.
func find(ctx context.Context, tx *db.Tx, by Actor, s *Save) (*finding, error) {
	m := &finding{}
	keys := slices.Clip(s.all)
	for _, l := range s.Input.Links {
		if k := linkKey(l.Origin, l.Scope, l.ExternalID); k != "" {
			keys = append(keys, k)
		}
	}
	var err error
	if s.together != nil {
		m.owner, err = s.together.owners(ctx, keys)
	} else {
		m.owner, err = owners(ctx, tx, by.LocationID, keys)
	}
	if err != nil {
		return nil, err
	}
	contactID := s.ID
	if contactID == "" && !s.AllowDuplicate {
		contactID = m.pick(s)
	}
	if contactID == "" {
		return m, nil
	}
	m.contact, err = locked(ctx, tx, by.LocationID, contactID)
	if errs.Is(err, errs.NotFound) && s.ID == "" {
		return nil, db.ErrLostRace // deleted since its identity was read
	}
	if err != nil {
		return nil, err
	}
	if s.ID != "" && s.OnMatch == Refuse {
		// changing a contact into somebody else who is there already
		for _, k := range s.keys(s.Match...) {
			if o := m.owner[k]; o != "" && o != m.contact.ID {
				return nil, &errs.Error{Kind: errs.Conflict, Code: "duplicate", Text: "This location does not allow duplicated contacts.",
					Meta: map[string]string{"contactId": o, "matchingField": fieldOf(k)}}
			}
		}
	}
	return m, nil
}

// pick chooses the contact by the first key in Match order that has an owner,
// and collects whom the other keys point at.
func (m *finding) pick(s *Save) string {
	chosen := ""
	for _, k := range s.keys(s.Match...) {
		switch o := m.owner[k]; {
		case o == "" || slices.Contains(s.Behind, k):
		case chosen == "":
			chosen, m.field = o, fieldOf(k)
		case o != chosen && !slices.Contains(m.others, o):
			m.others = append(m.others, o)
		}
	}
	return chosen
}

// fieldOf gives the canonical field of an identity key.
func fieldOf(key string) string {
	switch key[:5] {
	case "email":
		return "email"
	case "phone":
		return "phone"
	case "agent":
		return "agentId"
	}
	return "contactId"
}

func change(ctx context.Context, tx *db.Tx, by Actor, s *Save, m *finding) (*Saved, error) {
	old := m.contact
	saved := &Saved{Contact: old, Outcome: Matched, Others: m.others}
	if s.LeaveOthers && len(m.others) > 0 {
		saved.Left = m.leave(&s.Input)
	}
	kept := m.keepAgent(&s.Input.Contact)
	if s.OnMatch != NoteOnly {
		next, changes := blend(old, &s.Input, s.OnMatch, s.ID != "", by.Origin, tx.Now())
		saved.Contact, saved.Changes = &next, fillUp(&next, &s.Default, changes)
	}
	if s.DryRun {
		saved.Outcome = DryRun
		return saved, nil
	}
	if len(saved.Changes) > 0 {
		saved.Outcome = Updated
		if s.together != nil && len(givenUp(old, saved.Contact)) > 0 {
			if err := s.together.release(ctx); err != nil {
				return nil, err
			}
		}
		if err := put(ctx, tx, by, old, saved.Contact, saved.Changes); err != nil {
			return nil, err
		}
	} else if s.Touch {
		saved.Contact.UpdatedAt, saved.Contact.LastActivityAt = later(tx.Now(), old.UpdatedAt), tx.Now()
		if err := contacts.Update(ctx, tx, saved.Contact); err != nil {
			return nil, err
		}
	}
	if err := attach(ctx, tx, s, m, saved); err != nil {
		return nil, err
	}
	saved.Taken = append(saved.Taken, kept...)
	for _, other := range m.others {
		if err := addPair(ctx, tx, by, old.ID, other, "one request named both"); err != nil {
			return nil, err
		}
	}
	return saved, attachMore(ctx, tx, by, s, saved)
}

// leave takes out of an Input the e-mails and phones that are another's, and
// gives the fields it took them from.
func (m *finding) leave(in *Input) (fields []string) {
	another := func(key string) bool { return m.owner[key] != "" && m.owner[key] != m.contact.ID }
	emails, phones := len(in.Emails), len(in.Phones)
	in.Emails = slices.DeleteFunc(slices.Clone(in.Emails), func(e Email) bool { return another(emailKey(e.Address)) })
	in.Phones = slices.DeleteFunc(slices.Clone(in.Phones), func(p Phone) bool { return another(phoneKey(p)) })
	if len(in.Emails) < emails {
		fields = append(fields, "email")
	}
	if len(in.Phones) < phones {
		fields = append(fields, "phone")
	}
	return fields
}

// keepAgent leaves an agent id with the contact that has it: a contact has one
// only, so taking over another's would lose its own. It gives the key if so.
func (m *finding) keepAgent(said *Contact) []string {
	key := agentKey(said.Details.AgentID)
	if o := m.owner[key]; o == "" || o == m.contact.ID {
		return nil
	}
	said.Details.AgentID = ""
	return []string{key}
}

// put stores the next state of a contact with everything that follows from it:
// identities given up, the search index, the event. changes are all that is
// different.
func put(ctx context.Context, tx *db.Tx, by Actor, old, next *Contact, changes []Change) error {
	next.UpdatedAt, next.LastActivityAt, next.Version = later(tx.Now(), old.UpdatedAt), tx.Now(), old.Version+1
	if err := contacts.Update(ctx, tx, next); err != nil {
		return err
	}
	if err := release(ctx, tx, next.LocationID, next.ID, givenUp(old, next)); err != nil {
		return err
	}
	if slices.ContainsFunc(changes, Change.searched) {
		index(tx, old, next)
	}
	carry(tx, next.LocationID, without(next.Tags, old.Tags))
	return emit(ctx, tx, by, "contact.updated", next.ID, "", EventData{Changes: changes})
}

// givenUp lists the keys that a contact has no more.
func givenUp(old, next *Contact) (gone []string) {
	kept := keysOf(next, everyKey...)
	for _, k := range keysOf(old, everyKey...) {
		if !slices.Contains(kept, k) {
			gone = append(gone, k)
		}
	}
	return gone
}

// later gives now, or a moment after before where the clock has not moved: a
// reader that asks for what changed since must see the change.
func later(now, before time.Time) time.Time {
	if now.After(before) {
		return now
	}
	return before.Add(time.Millisecond)
}

// attach claims the identities of a saved contact and keeps its links.
func attach(ctx context.Context, tx *db.Tx, s *Save, m *finding, saved *Saved) error {
	c := saved.Contact
	strict := map[string]bool{}
	for _, k := range s.keys(s.Match...) {
		if !s.AllowDuplicate {
			strict[k] = true
		}
	}
	var keys []string
	switch {
	case saved.Outcome == Created:
		keys = slices.Clip(s.all)
	case s.OnMatch != NoteOnly:
		keys = keysOf(&s.Input.Contact, everyKey...) // some were left to others
		held := keysOf(c, everyKey...)
		keys = slices.DeleteFunc(keys, func(k string) bool { return !slices.Contains(held, k) })
	}
	for _, l := range s.Input.Links {
		l.LocationID, l.ContactID, l.CreatedAt = c.LocationID, c.ID, tx.Now()
		if err := links.Ensure(ctx, tx, &l); err != nil {
			return err
		}
		if k := linkKey(l.Origin, l.Scope, l.ExternalID); k != "" && m.owner[k] != c.ID {
			if m.owner[k] != "" {
				// the partner now means another contact by its id: the newest word counts
				if err := release(ctx, tx, c.LocationID, m.owner[k], []string{k}); err != nil {
					return err
				}
				delete(m.owner, k)
			}
			keys = append(keys, k)
		}
	}
	var err error
	if s.together != nil {
		saved.Taken, err = s.together.claim(ctx, c, keys, m.owner)
	} else {
		saved.Taken, err = claim(ctx, tx, c, keys, strict, m.owner)
	}
	return err
}

// attachMore keeps what comes with a contact in the same request. What was new
// makes a match an update.
func attachMore(ctx context.Context, tx *db.Tx, by Actor, s *Save, saved *Saved) error {
	changed := false
	for _, p := range s.Input.Properties {
		did, err := putProperty(ctx, tx, by, saved.Contact, p)
		if err != nil {
			return err
		}
		changed = changed || did
	}
	for _, r := range s.Input.Requirements {
		did, err := putRequirement(ctx, tx, by, saved.Contact, r)
		if err != nil {
			return err
		}
		changed = changed || did
	}
	if changed && saved.Outcome == Matched {
		saved.Outcome = Updated
	}
	return nil
}

// check refuses input that no door may store, all broken fields at once.
func check(s *Save) error {
	const most = 64 << 10 // bytes; the doors cut to their vendors' limits before
	var broken []errs.Field
	for _, f := range textFields {
		if len(*f.at(&s.Input.Contact)) > most {
			broken = append(broken, errs.Field{Name: f.name, Rule: "length", Limit: most})
		}
	}
	for _, e := range s.Input.Emails {
		if e.Address == "" || len(e.Address) > most {
			broken = append(broken, errs.Field{Name: "email", Rule: "format"})
		}
	}
	for _, p := range s.Input.Phones {
		if p.Raw == "" || len(p.Raw) > most {
			broken = append(broken, errs.Field{Name: "phone", Rule: "format"})
		}
	}
	const lists = 500 // e-mails, phones and tags of one person
	if len(s.Input.Emails) > lists || len(s.Input.Phones) > lists || len(s.Input.Tags) > lists {
		broken = append(broken, errs.Field{Name: "contact", Rule: "length", Limit: lists})
	}
	return errs.InvalidFields(broken...)
}
