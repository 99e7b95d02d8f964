package ui

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// editField is a field of a contact that its page can change.
type editField struct {
	Name, Title, Kind string // kind of the input: text, date, url
	at                func(*crm.Contact) *string
}

// editParts are the fields that the page of a contact changes together.
func editParts() map[string][]editField {
	return map[string][]editField{
		"profile": {
			{"firstName", "First name", "text", func(c *crm.Contact) *string { return &c.FirstName }},
			{"lastName", "Last name", "text", func(c *crm.Contact) *string { return &c.LastName }},
			{"companyName", "Company", "text", func(c *crm.Contact) *string { return &c.CompanyName }},
			{"type", "Type", "type", func(c *crm.Contact) *string { return &c.Type }},
			{"stage", "Status", "text", func(c *crm.Contact) *string { return &c.Stage }},
			{"assignedTo", "Owner", "user", func(c *crm.Contact) *string { return &c.AssignedTo }},
			{"source", "Source", "text", func(c *crm.Contact) *string { return &c.Source }},
		},
		"address": {
			{"address1", "Street", "text", func(c *crm.Contact) *string { return &c.Address.Line1 }},
			{"city", "City", "text", func(c *crm.Contact) *string { return &c.Address.City }},
			{"state", "State", "text", func(c *crm.Contact) *string { return &c.Address.State }},
			{"postalCode", "ZIP code", "text", func(c *crm.Contact) *string { return &c.Address.PostalCode }},
			{"country", "Country", "text", func(c *crm.Contact) *string { return &c.Address.Country }},
		},
		"about": {
			{"dateOfBirth", "Birthday", "date", func(c *crm.Contact) *string { return &c.DateOfBirth }},
			{"homeAnniversary", "Home anniversary", "date", func(c *crm.Contact) *string { return &c.Details.HomeAnniversary }},
			{"website", "Website", "text", func(c *crm.Contact) *string { return &c.Website }},
			{"timezone", "Time zone", "text", func(c *crm.Contact) *string { return &c.Timezone }},
			{"language", "Language", "text", func(c *crm.Contact) *string { return &c.Details.Language }},
			{"priority", "Priority", "text", func(c *crm.Contact) *string { return &c.Details.Priority }},
			{"locationText", "Where they are or want to be", "text", func(c *crm.Contact) *string { return &c.Details.LocationText }},
		},
	}
}

// inputLine is a field with what stands in it and, where somebody else changed
// the contact meanwhile, with what is stored now.
type inputLine struct {
	editField
	Value, Now string
	Differs    bool
}

// typed is what somebody typed into a part of a contact that changed meanwhile.
type typed struct {
	part   string
	values map[string]string
}

// Inputs are the fields of a part as its form shows them.
func (d *contactData) Inputs(part string) (lines []inputLine) {
	for _, f := range editParts()[part] {
		now := *f.at(d.C)
		l := inputLine{editField: f, Value: now, Now: now}
		if d.Typed != nil && d.Typed.part == part {
			l.Value = d.Typed.values[f.Name]
			l.Differs = l.Value != now
			l.Now = cmp.Or(d.UserName(now), now, "nothing")
		}
		lines = append(lines, l)
	}
	return lines
}

// EmailLines are the e-mail addresses with room for another.
func (d *contactData) EmailLines() []crm.Email {
	return append(d.C.Emails[:len(d.C.Emails):len(d.C.Emails)], crm.Email{})
}

// PhoneLines are the phone numbers with room for another.
func (d *contactData) PhoneLines() []crm.Phone {
	return append(d.C.Phones[:len(d.C.Phones):len(d.C.Phones)], crm.Phone{})
}

// Kinds are those that an e-mail address or a phone number can be of.
func (*contactData) Kinds() []string { return []string{"cell", "home", "work", "office", "other"} }

// errStale says that the contact changed since its form was shown.
func errStale() error {
	return errs.New(errs.Conflict, "Somebody changed this contact meanwhile").WithCode("stale")
}

// changeContact changes a part of a contact, unless somebody changed the contact
// since the form was shown: then both are shown.
func changeContact(v *visit) error {
	part := v.form("part")
	if part == "estate" {
		return changeEstate(v)
	}
	in, err := partInput(v, part)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(v.form("version"), 10, 64)
	if err != nil {
		return errs.New(errs.Invalid, "This form cannot be read: load the page again")
	}
	var undo string
	err = v.write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := v.mine(ctx, tx, v.r.PathValue("contact")); err != nil {
			return err
		}
		c, err := crm.LockContact(ctx, tx, v.at(), v.r.PathValue("contact"))
		if err != nil {
			return err
		}
		if c.Version != version {
			return errStale()
		}
		saved, err := crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: c.ID, Input: in})
		if undo = ""; err == nil && len(saved.Changes) > 0 {
			undo, err = crm.LastChange(ctx, tx, v.at(), c.ID)
			undo = "event:" + c.ID + ":" + undo
		}
		return err
	})
	if err != nil && errs.As(err).Code == "stale" {
		d := &contactData{frame: v.frame, Edit: part, Typed: &typed{part: part, values: map[string]string{}}}
		for _, f := range editParts()[part] {
			d.Typed.values[f.Name] = v.form(f.Name)
		}
		return contactPage(v, d, http.StatusConflict)
	}
	return v.doneIf(err, "/contacts/"+v.r.PathValue("contact"), "saved", undo)
}

// partInput is what the form of a part says.
func partInput(v *visit, part string) (in crm.Input, err error) {
	if part == "reach" {
		return reachInput(v)
	}
	fields := editParts()[part]
	if fields == nil {
		return in, noButton()
	}
	for _, f := range fields {
		if value := v.form(f.Name); value == "" {
			in.Clear = append(in.Clear, f.Name)
		} else {
			*f.at(&in.Contact) = value
		}
	}
	if in.AssignedTo != "" && !works(v, in.AssignedTo) {
		return in, errs.New(errs.Invalid, "The owner works in another location")
	}
	if part != "about" {
		return in, nil
	}
	in.CustomFields = map[string]any{}
	for name := range v.r.PostForm {
		id, ok := cutField(name)
		switch value := v.form(name); {
		case !ok || value == v.form("was:"+id):
		case value == "":
			in.Clear = append(in.Clear, "customFields."+id)
		default:
			in.CustomFields[id] = value
		}
	}
	return in, nil
}

func cutField(name string) (string, bool) {
	if len(name) <= len(customColumn) || name[:len(customColumn)] != customColumn {
		return "", false
	}
	return name[len(customColumn):], true
}

// reachInput reads the lists of e-mail addresses and phone numbers.
func reachInput(v *visit) (in crm.Input, err error) {
	in.Blend = crm.BlendWhole
	kinds := v.r.PostForm["emailKind"]
	for i, text := range v.r.PostForm["email"] {
		e, ok := crm.NewEmail(text, at(kinds, i))
		switch {
		case e.Address == "":
		case !ok:
			return in, errs.New(errs.Invalid, "“%s” is no e-mail address", e.Address)
		default:
			in.Emails = append(in.Emails, e)
		}
	}
	kinds = v.r.PostForm["phoneKind"]
	for i, text := range v.r.PostForm["phone"] {
		if p := crm.NewPhone(text, at(kinds, i)); p.Raw != "" {
			in.Phones = append(in.Phones, p)
		}
	}
	return in, nil
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
