package highlevel

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// person reads the body as a person.
func (c *call) person(why purpose) (*person, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	p, broken := readPerson(o, why)
	if why != toUpdate {
		broken = append(needLocation(o), broken...)
	}
	return p, c.finish(o, broken)
}

// prepare completes what was said with what only the database knows: which
// custom fields and users there are.
func (p *person) prepare(ctx context.Context, tx *db.Tx, c *call, erase bool) (crm.Input, error) {
	in := p.input // a copy: the transaction may run again
	in.Clear = slices.Clone(in.Clear)
	if err := setCustomFields(ctx, tx, c, p.custom, &in, erase); err != nil {
		return in, err
	}
	if in.AssignedTo == "" {
		return in, nil
	}
	team, err := crm.Users(ctx, tx, c.Location().ID)
	if !slices.ContainsFunc(team, func(u crm.User) bool { return u.ID == in.AssignedTo }) {
		c.Warn("assignedTo", "nobody of this location, left out")
		in.AssignedTo = ""
	}
	return in, err
}

// save runs a Save, and then puts beside it what is not to take the place of a
// primary e-mail or phone.
func (p *person) save(ctx context.Context, tx *db.Tx, c *call, s crm.Save) (*crm.Saved, error) {
	saved, err := crm.SaveContact(ctx, tx, c.Actor(), s)
	if err != nil || len(p.beside.Emails)+len(p.beside.Phones) == 0 {
		return saved, err
	}
	s.ID, s.Input, s.LeaveOthers = saved.Contact.ID, p.beside, false
	more, err := crm.SaveContact(ctx, tx, c.Actor(), s)
	if err != nil {
		return nil, err
	}
	if more.Left = saved.Left; saved.Outcome != crm.Matched {
		more.Outcome = saved.Outcome
	}
	return more, nil
}

// createContact is POST /contacts/. Somebody who is there already is refused,
// unless the location allows duplicates.
func createContact(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := c.person(toCreate)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		in, err := p.prepare(ctx, tx, c, false)
		if err != nil {
			return wire.Answer{}, err
		}
		settings := c.Location().Settings
		saved, err := p.save(ctx, tx, c, crm.Save{Input: in, Match: settings.MatchOrder(), OnMatch: crm.Refuse, AllowDuplicate: settings.AllowDuplicateContact})
		if err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"contact": c.createdView(saved.Contact)}).About(saved.Outcome, saved.Contact.ID), nil
	})
}

// upsertContact is POST /contacts/upsert.
func upsertContact(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := c.person(toUpsert)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		in, err := p.prepare(ctx, tx, c, false)
		if err != nil {
			return wire.Answer{}, err
		}
		settings := c.Location().Settings
		// Where the e-mail is one contact's and the phone another's, the second is
		// ignored (contract.md §8.1), and the two are put up for review.
		s := crm.Save{Input: in, Match: settings.MatchOrder(), OnMatch: crm.Overwrite, AllowDuplicate: p.createNew && settings.AllowDuplicateContact, LeaveOthers: true}
		saved, err := p.save(ctx, tx, c, s)
		if err != nil {
			return wire.Answer{}, err
		}
		for _, field := range saved.Left {
			c.Warn(field, "another contact's, left out; the two are up for review")
		}
		return c.answer(fields{"new": saved.Outcome == crm.Created, "contact": c.view(saved.Contact)}).About(saved.Outcome, saved.Contact.ID), nil
	})
}

// updateContact is PUT /contacts/{contactId}.
func updateContact(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := c.person(toUpdate)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		in, err := p.prepare(ctx, tx, c, true)
		if err != nil {
			return wire.Answer{}, err
		}
		settings := c.Location().Settings
		s := crm.Save{ID: c.contactID(), Input: in, Match: settings.MatchOrder(), OnMatch: crm.Refuse}
		if settings.AllowDuplicateContact {
			s.OnMatch, s.AllowDuplicate = crm.Overwrite, true
		}
		saved, err := p.save(ctx, tx, c, s)
		if err != nil {
			return wire.Answer{}, err
		}
		a := c.succeeded()
		a.Body.(fields)["contact"] = c.view(saved.Contact)
		return a.About(saved.Outcome, saved.Contact.ID), nil
	})
}

// getContact is GET /contacts/{contactId}.
func getContact(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, err := crm.ContactByID(ctx, tx, c.Location().ID, c.contactID())
		if err == nil {
			a = c.answer(fields{"contact": c.view(found)})
		}
		return err
	})
	return a, err
}

// deleteContact is DELETE /contacts/{contactId}.
func deleteContact(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.succeeded(), crm.DeleteContact(ctx, tx, c.Actor(), c.contactID())
	})
}

// getDuplicate is GET /contacts/search/duplicate: who has an e-mail or a phone,
// by the location's order of them, or null.
func getDuplicate(ctx context.Context, c *call) (a wire.Answer, err error) {
	number := c.Query().Get("number")
	if strings.HasPrefix(number, " ") {
		number = "+" + number[1:] // a plus sign that nobody escaped is a space by now
	}
	number = clean(number)
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		a = c.answer(fields{"contact": nil})
		for _, key := range c.Location().Settings.MatchOrder() {
			find, value := crm.ContactByEmail, c.query("email")
			if key == crm.KeyPhone {
				find, value = crm.ContactByPhone, number
			}
			found, err := find(ctx, tx, c.Location().ID, value)
			if err != nil {
				return err
			}
			if found != nil && !c.hides(found) {
				a.Body.(fields)["contact"] = c.view(found)
				return nil
			}
		}
		return nil
	})
	return a, err
}
