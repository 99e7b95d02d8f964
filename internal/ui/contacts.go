package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

func contactsArea() area {
	return area{
		way:   way{name: "Contacts", icon: "users", path: "/contacts", key: "c", needs: seeContacts},
		pages: []string{"contacts"},
		screens: []screen{
			{get, "/contacts", seeContacts, false, contactsList},
			{post, "/contacts", seeContacts, false, addContact},
			{post, "/contacts/bulk", inBulk, false, bulkContacts},
			{post, "/contacts/view", seeContacts, false, changeViews},
			{post, "/contacts/export", seeContacts, false, exportContacts},
			{get, "/contacts/{contact}/cell/{field}", seeContacts, false, editCell},
			{post, "/contacts/{contact}/cell/{field}", seeContacts, false, changeCell},
		},
		said: map[string]string{
			"created":      "Contact added",
			"known":        "Somebody with this e-mail or phone is here already",
			"tagged":       "{contacts} tagged",
			"untagged":     "Tag removed from {contacts}",
			"assigned":     "{contacts} assigned",
			"enrolled":     "{contacts} enrolled",
			"leaving":      "{contacts} will be deleted in a minute",
			"stayed":       "{contacts} kept",
			"view-saved":   "View saved",
			"view-deleted": "View deleted",
		},
	}
}

// Of a list of contacts: how many a page has, and how many are looked at for them.
// Those that a search found lie all over the table, and each costs more.
const (
	contactsOnPage = 50
	contactsLooked = 4000
	foundLooked    = 1000
)

// looked is how many contacts are looked at for a page.
func (d *contactsData) looked() int {
	if d.Filter.Text != "" {
		return foundLooked
	}
	return contactsLooked
}

// contactsData is what the list of contacts shows.
type contactsData struct {
	*frame
	people
	Filter  contactFilter
	Chips   []chip
	Rows    []crm.Contact
	Next    string // address of the next page, "" for none
	Columns []column
	All     []column // that there are
	Views   []viewLink
	Tags    []string
	Stages  []string // of the contacts that are shown
	Sources []string // the same
	Fields  []crm.CustomField
	Flows   []workflow.Workflow
	Going   map[string]bool // who is about to be deleted
	Tickets []string        // that take it back
	Empty   bool            // there is nobody at all
	New     bool            // the form for somebody new is open
}

// people are the users of a location by their names.
type people struct{ Users []crm.User }

// UserName gives the name of a user, "" for who is none of the location.
func (p people) UserName(userID string) string {
	for i := range p.Users {
		if p.Users[i].ID == userID {
			return nameOf(&p.Users[i])
		}
	}
	return ""
}

func nameOf(u *crm.User) string {
	if name := u.FullName(); name != "" {
		return name
	}
	return u.Email
}

// Types are those that a contact can have.
func (contactsData) Types() []string { return contactTypes() }

// Doors are those that contacts come by.
func (contactsData) Doors() []string { return contactDoors() }

// Shows reports whether a column is shown.
func (d contactsData) Shows(name string) bool {
	return slices.ContainsFunc(d.Columns, func(c column) bool { return c.Name == name })
}

// cellData is one cell of the list.
type cellData struct {
	*contactsData
	C   *crm.Contact
	Col column
}

// Cell is what a cell of the list shows.
func (d *contactsData) Cell(c crm.Contact, col column) cellData { return cellData{d, &c, col} }

// Door is the door that the contact came by.
func (d cellData) Door() string {
	if by := d.C.Details.CreatedBy; by != nil {
		return by.Origin
	}
	return ""
}

// Custom is the value of the custom field of the column.
func (d cellData) Custom() string {
	return valueText(d.C.CustomFields[strings.TrimPrefix(d.Col.Name, customColumn)])
}

// contactsList shows the contacts that a filter selects: as a page, or as the rows
// behind those that are there.
func contactsList(v *visit) error {
	d := &contactsData{frame: v.frame, Filter: readContactFilter(v.r.URL.Query()), Going: map[string]bool{}}
	q, err := d.Filter.query(v.clockOf)
	if err == nil {
		err = v.restrict(&q)
	}
	if err != nil {
		return errs.New(errs.Invalid, "This filter cannot be understood: remove a part of it")
	}
	more := v.r.Header.Get("Hx-Request") != "" && d.Filter.After != ""
	err = v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if err := d.load(ctx, tx, v, !more); err != nil {
			return err
		}
		var next string
		d.Rows, next, err = crm.ContactsPage(ctx, tx, v.at(), q, crm.Page{Oldest: d.Filter.Oldest, After: d.Filter.After, Limit: contactsOnPage, Look: d.looked()})
		if next != "" {
			values := d.Filter.Values()
			values.Set("after", next)
			d.Next = v.Base + "/contacts?" + values.Encode()
		}
		return err
	})
	if errs.Is(err, errs.Invalid) {
		return errs.New(errs.Invalid, "The list cannot go on from there: begin at its top")
	}
	if err != nil {
		return err
	}
	d.suggest()
	d.Chips = d.Filter.chips(v.Base, d)
	d.Views, d.New = viewLinks(v, d.Filter), v.r.URL.Query().Has("new")
	d.Empty = len(d.Rows) == 0 && d.Next == "" && !d.Filter.Any() && d.Filter.Text == ""
	if more {
		return v.part("rows", d)
	}
	return v.show("contacts", "Contacts", d)
}

// load reads what stands around the rows.
func (d *contactsData) load(ctx context.Context, tx *db.Tx, v *visit, whole bool) (err error) {
	if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
		return err
	}
	if d.Fields, err = crm.CustomFields(ctx, tx, v.at()); err != nil {
		return err
	}
	d.Fields = slices.DeleteFunc(d.Fields, func(f crm.CustomField) bool { return f.Model != "" && f.Model != crm.ContactModel })
	d.All = columns(d.Fields)
	d.Columns = shown(d.All, v.User.Profile.Columns)
	going, err := crm.Leaving(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for ticket, ids := range going {
		d.Tickets = append(d.Tickets, ticket)
		for _, id := range ids {
			d.Going[id] = true
		}
	}
	if !whole {
		return nil
	}
	tags, err := crm.LocationTags(ctx, tx, v.at())
	if err != nil {
		return err
	}
	const most = 500 // more are typed, not chosen
	for i := range tags[:min(len(tags), most)] {
		d.Tags = append(d.Tags, tags[i].Name)
	}
	if v.User.Has("workflowsEnabled") {
		for _, kind := range []string{workflow.Flow, workflow.Campaign} {
			flows, err := workflow.All(ctx, tx, v.at(), kind, workflow.Published)
			if err != nil {
				return err
			}
			d.Flows = append(d.Flows, flows...)
		}
	}
	return nil
}

// suggest collects what the filter can be filled with, from the contacts that are
// shown.
func (d *contactsData) suggest() {
	add := func(to *[]string, text string) {
		if text != "" && !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	for i := range d.Rows {
		add(&d.Sources, d.Rows[i].Source)
		add(&d.Stages, d.Rows[i].Stage)
	}
	slices.Sort(d.Sources)
	slices.Sort(d.Stages)
}

// addContact adds somebody, or leads to who is there already.
func addContact(v *visit) error {
	in := crm.Input{Contact: crm.Contact{FirstName: v.form("first"), LastName: v.form("last"), Type: v.form("type"), Source: v.form("source"), AssignedTo: v.User.ID}}
	if text := v.form("email"); text != "" {
		e, ok := crm.NewEmail(text, "")
		if !ok {
			return errs.New(errs.Invalid, "“%s” is no e-mail address", text)
		}
		in.Emails = []crm.Email{e}
	}
	if text := v.form("phone"); text != "" {
		in.Phones = []crm.Phone{crm.NewPhone(text, "")}
	}
	if in.FirstName == "" && in.LastName == "" && len(in.Emails) == 0 && len(in.Phones) == 0 {
		return errs.New(errs.Invalid, "Give at least a name, an e-mail address or a phone number")
	}
	var saved *crm.Saved
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		saved, err = crm.SaveContact(ctx, tx, v.Actor, crm.Save{Input: in, Match: v.Location().Settings.MatchOrder(), OnMatch: crm.Refuse})
		return err
	})
	if e := errs.As(err); err != nil && e.Code == "duplicate" && v.only == "" {
		return v.done("/contacts/"+url.PathEscape(e.Meta["contactId"]), "known", 0, "")
	}
	if err != nil {
		return err
	}
	return v.done("/contacts/"+saved.Contact.ID, "created", 0, "")
}

// found is what the search of the palette shows.
type found struct {
	*frame
	Text string
	Rows []crm.Contact
}

// findPeople answers the search above every page while somebody types.
func findPeople(v *visit) error {
	const most = 8
	d := &found{frame: v.frame, Text: readContactFilter(v.r.URL.Query()).Text}
	if d.Text == "" {
		return v.part("found", d)
	}
	q := words(d.Text)
	if err := v.restrict(&q); err != nil {
		return err
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Rows, _, err = crm.ContactsPage(ctx, tx, v.at(), q, crm.Page{Limit: most, Look: foundLooked})
		return err
	})
	if err != nil {
		return err
	}
	v.w.Header().Set("Cache-Control", "no-store")
	return v.part("found", d)
}

// part shows a named part of the page of contacts.
func (v *visit) part(name string, data any) error {
	var b strings.Builder
	if err := v.p.templates["contacts"].ExecuteTemplate(&b, name, data); err != nil {
		return errs.Wrap(err, errs.Internal, "showing a part of a page")
	}
	text := []byte(b.String())
	if !v.May["write"] {
		var err error
		if text, err = withoutForms(text, v.Base); err != nil {
			return errs.Wrap(err, errs.Internal, "showing a part of a page")
		}
	}
	v.p.secure(v.w.Header(), v.r)
	send(v.w, v.r, http.StatusOK, text)
	return nil
}
