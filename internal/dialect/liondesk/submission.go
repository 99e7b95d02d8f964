package liondesk

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// The longest texts, in characters (Unicode code points; intake.md §1.3 to 1.5).
const (
	maxName        = 255
	maxShort       = 50  // phone, street, state, zip, contactid, siteid of a submission, assigned user
	maxEmail       = 254 // documented as 50; no real address is refused
	maxCity        = 100
	maxTag         = 255
	maxTags        = 100 // our own: an array has no documented end
	maxComments    = 5000
	maxDescription = 2000
	maxSite        = 255 // siteid and sitedomain of an activity
)

// submission is what a NewSubmission says.
type submission struct {
	input     crm.Input
	contactID string
	siteID    string
	comments  string
	// who it is for, as the sender names them; somebody if anything was said
	assignedEmail, assignedName string
	assigned                    bool
}

// readSubmission reads a NewSubmission (intake.md §1.3). It returns an Invalid
// error for all broken fields at once.
func readSubmission(o *wire.Object) (*submission, error) {
	s := &submission{
		comments:      o.RawMax("comments", maxComments),
		siteID:        o.TextMax("siteid", maxShort),
		assignedName:  o.TextMax("assigned user name", maxShort),
		assignedEmail: o.TextMax("assigned user email", maxEmail),
	}
	s.assigned = o.Text("assigned user phone") != "" || s.assignedName != "" || s.assignedEmail != ""
	in := &s.input
	in.FirstName = o.TextMax("firstname", maxName)
	in.LastName = o.TextMax("lastname", maxName)
	in.Address = crm.Address{
		Line1:      o.TextMax("street_address", maxShort),
		City:       o.TextMax("city", maxCity),
		State:      o.TextMax("state", maxShort),
		PostalCode: o.TextMax("zip", maxShort),
	}
	in.Tags = readTags(o)
	var broken []errs.Field
	s.contactID, broken = readContactID(o)
	broken = append(broken, s.readReach(o)...)
	if err := errs.InvalidFields(broken...); err != nil {
		return nil, err
	}
	o.Ignore()
	return s, nil
}

// readContactID reads the sender's own id of a contact. One that is too long is
// refused: cut, it could stand for another person too.
func readContactID(o *wire.Object) (string, []errs.Field) {
	contactID := o.Text("contactid")
	if utf8.RuneCountInString(contactID) > maxShort {
		return "", []errs.Field{{Name: "contactid", Rule: "length", Limit: maxShort}}
	}
	return contactID, nil
}

// readReach reads e-mail address and phone number. One of them must be usable;
// the other one is then kept as text, whatever it is.
func (s *submission) readReach(o *wire.Object) []errs.Field {
	address, number := o.Text("email"), o.Text("phone")
	if address == "" && number == "" {
		return []errs.Field{{Name: "email", Rule: "required"}, {Name: "phone", Rule: "required"}}
	}
	email, isEmail := crm.NewEmail(address, "")
	parsed := norm.ParsePhone(number, "US")
	tooLong := utf8.RuneCountInString(number) > maxShort
	isPhone := parsed.Digits > 0 && !tooLong
	if !isEmail && !isPhone {
		var broken []errs.Field
		if address != "" {
			broken = append(broken, errs.Field{Name: "email", Rule: "format"})
		}
		if tooLong {
			broken = append(broken, errs.Field{Name: "phone", Rule: "length", Limit: maxShort})
		} else if number != "" {
			broken = append(broken, errs.Field{Name: "phone", Rule: "format"})
		}
		return broken
	}
	if address != "" {
		if !isEmail {
			email.Address = o.TextMax("email", maxEmail)
			o.Warn("email", "not an e-mail address, kept as text; it matches nobody")
		}
		s.input.Emails = []crm.Email{email}
	}
	switch {
	case number == "":
	case tooLong:
		// cut, it could be somebody else's number
		o.Warn("phone", fmt.Sprintf("longer than %d characters, left out", maxShort))
	default:
		if parsed.Key == "" {
			o.Warn("phone", "no number that can be told from others, kept as text; it matches nobody")
		}
		s.input.Phones = []crm.Phone{crm.NewPhone(number, "")}
	}
	return nil
}

// readTags reads tag, and tags, which forms send too: a list with commas, or an
// array.
func readTags(o *wire.Object) []string {
	var list []string
	for _, key := range []string{"tag", "tags"} {
		if o.Kind(key) != wire.Array {
			list = append(list, norm.List(o.TextMax(key, maxTag), false)...)
			continue
		}
		for _, item := range o.List(key, "") {
			short, cut := norm.Cut(item, maxTag)
			if cut {
				o.Warn(key, fmt.Sprintf("cut to %d characters", maxTag))
			}
			list = append(list, norm.List(short, false)...)
		}
		if len(list) > maxTags {
			o.Warn(key, fmt.Sprintf("more than %d tags, the rest was left out", maxTags))
			list = list[:maxTags]
		}
	}
	return list
}

// newSubmission takes a contact in. Of one who is there already, by e-mail
// address or phone number, nothing changes: the comments are added, and who
// sent them under which id is kept aside (intake.md §1.3).
func newSubmission(ctx context.Context, c *wire.Call, o *wire.Object) (wire.Answer, error) {
	s, err := readSubmission(o)
	if err != nil {
		return wire.Answer{}, err
	}
	s.input.Source = s.siteID
	if p := partnerOf(c.Caller); p != nil {
		s.input.Source = cmp.Or(s.siteID, p.Name)
	}
	link := crm.Link{Origin: auth.LionDesk, Scope: scope(c.Caller), ExternalID: s.contactID, SiteID: s.siteID}
	if s.contactID != "" {
		s.input.Links = []crm.Link{link}
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		save := crm.Save{Input: s.input, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone}, OnMatch: crm.NoteOnly}
		agent, err := crm.UserNamed(ctx, tx, c.Actor().LocationID, s.assignedEmail, s.assignedName)
		if err != nil {
			return wire.Answer{}, err
		}
		save.Input.AssignedTo = c.Actor().UserID
		if agent != nil {
			save.Input.AssignedTo = agent.ID
		}
		saved, err := crm.SaveContact(ctx, tx, c.Actor(), save)
		if err != nil {
			return wire.Answer{}, err
		}
		isNew := saved.Outcome == crm.Created
		if isNew && s.assigned && agent == nil {
			c.Warn("assigned user", "nobody here has this e-mail address or name; assigned to the user of the USERKEY")
		}
		if len(saved.Others) > 0 {
			c.Warn("phone", "belongs to another contact than the e-mail address, which decided; the two were put up for review")
		}
		if !isNew && s.contactID == "" && !owns(saved.Contact, c.Actor().UserID) {
			// The sender will want to go on speaking about whom they sent.
			mark := crm.Save{ID: saved.Contact.ID, OnMatch: crm.NoteOnly, Input: crm.Input{Links: []crm.Link{link}}}
			if _, err := crm.SaveContact(ctx, tx, c.Actor(), mark); err != nil {
				return wire.Answer{}, err
			}
		}
		outcome := saved.Outcome
		if strings.TrimSpace(s.comments) != "" {
			if _, err := crm.AddNote(ctx, tx, c.Actor(), crm.Note{ContactID: saved.Contact.ID, Kind: "comment", Body: s.comments}); err != nil {
				return wire.Answer{}, err
			}
			if !isNew {
				outcome = crm.Noted
			}
		}
		return success(envelope{ID: saved.Contact.Number}, o).About(outcome, saved.Contact.ID), nil
	})
}
