package ui

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

func contactArea() area {
	return area{
		pages: []string{"contact"},
		screens: []screen{
			{get, "/contacts/{contact}", seeContacts, false, showContact},
			{post, "/contacts/{contact}", seeContacts, false, changeContact},
			{post, "/contacts/{contact}/notes", seeContacts, false, changeNotes},
			{post, "/contacts/{contact}/tasks", seeContacts, false, changeTasks},
			{post, "/contacts/{contact}/more", seeContacts, false, changeMore},
		},
		said: map[string]string{
			"noted":        "Note added",
			"note-deleted": "Note deleted",
			"followed":     "You follow this contact",
			"unfollowed":   "You no longer follow this contact",
		},
	}
}

// contactData is what the page of a contact shows.
type contactData struct {
	*frame
	people
	C             *crm.Contact
	Edit          string // the part that is being edited, "" for none
	Typed         *typed // what somebody typed while the contact changed
	Fields        []fieldLine
	Tasks         []crm.Task
	Appointments  []calendar.Appointment
	Opportunities []deal
	Enrolments    []enrolmentLine
	Links         []crm.Link
	Origins       map[string]crm.Provenance
	History       []historyDay
	More          int // how many entries the longer history shows, 0 if this is all
	Requests      map[string]*wire.LogEntry
	Merges        []crm.Merge
	Pairs         int // duplicates that are open
	Last          string
	Business      string
	Flows         []workflow.Workflow
	Going         string       // the ticket of their deletion
	Fits          *matchesData // what they look for and have, and the first of what fits
}

// fieldLine is a custom field of a contact.
type fieldLine struct{ ID, Name, Value string }

// deal is an opportunity with the names of where it stands.
type deal struct {
	crm.Opportunity
	Pipeline, Stage string
}

// enrolmentLine is an enrolment with the name of what it is in.
type enrolmentLine struct {
	workflow.Enrolment
	Name string
}

// By says who wrote the value that a field has, and when.
func (d *contactData) By(field string) string {
	o, ok := d.Origins[field]
	if !ok {
		return ""
	}
	who := doorName(o.Origin)
	if name := d.UserName(o.UserID); name != "" && o.Origin == "ui" {
		who = name
	}
	return "by " + who + ", " + d.Full(o.At)
}

// Silent lists the channels on which the contact is not to be disturbed.
func (d *contactData) Silent() (list []string) {
	if d.C.DND {
		return []string{"all channels"}
	}
	for _, rules := range []map[string]crm.DNDRule{d.C.Details.DNDSettings, d.C.Details.InboundDND} {
		for _, name := range slices.Sorted(maps.Keys(rules)) {
			if rules[name].Status != "inactive" && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// Following reports whether the visitor follows the contact.
func (d *contactData) Following() bool { return slices.Contains(d.C.Followers, d.Who.ID) }

// FollowerNames are those who follow the contact.
func (d *contactData) FollowerNames() (names []string) {
	for _, f := range d.C.Followers {
		if name := d.UserName(f); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Types are those that a contact can have.
func (*contactData) Types() []string { return contactTypes() }

// Facts are the fields that no other part of the page shows, where they are known.
func (d *contactData) Facts() []fact {
	x := d.C.Details
	all := []fact{
		{"Birthday", "dateOfBirth", d.C.DateOfBirth}, {"Spouse’s birthday", "spouseDateOfBirth", x.SpouseDateOfBirth}, {"Home anniversary", "homeAnniversary", x.HomeAnniversary},
		{"Language", "language", x.Language}, {"Gender", "gender", x.Gender}, {"Time zone", "timezone", d.C.Timezone}, {"Priority", "priority", x.Priority},
		{"Where they are or want to be", "locationText", x.LocationText}, {"Attorney", "attorneyName", x.AttorneyName}, {"Commission", "commission", x.Commission},
		{"Referred by", "referrer", cmp.Or(d.UserName(x.Referrer), x.Referrer)}, {"Referral", "referrerNote", x.ReferrerNote}, {"Referred on", "referredAt", x.ReferredAt},
		{"Agent id", "agentId", x.AgentID}, {"Product", "product", d.C.Product}, {"Recruiting stage", "recruitingStage", x.RecruitingStage}, {"Bucket", "bucket", x.Bucket},
		{"Production", "productionLabel", x.ProductionLabel}, {"Active listings", "activeListings", x.ActiveListings},
	}
	if x.Rating != nil {
		all = append(all, fact{"Rating", "rating", numberText(*x.Rating)})
	}
	if x.ProductionLTM != nil {
		all = append(all, fact{"Production, twelve months", "productionLtm", "$" + numberText(*x.ProductionLTM)})
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// fact is a field of a contact as the page lists it.
type fact struct{ Name, Field, Value string }

const historyPage = 60

// showContact shows everything about a contact on one page.
func showContact(v *visit) error {
	q := v.r.URL.Query()
	return contactPage(v, &contactData{frame: v.frame, Edit: q.Get("edit")}, 200)
}

// contactPage fills the page of a contact and shows it.
func contactPage(v *visit, d *contactData, status int) error {
	length := historyPage
	if v.r.URL.Query().Get("all") != "" {
		length = 1000
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.load(ctx, tx, v, length) })
	if err != nil {
		return err
	}
	name := cmp.Or(d.C.FullName(), d.C.Email, d.C.Phone, "No name")
	return v.showAs(status, "contact", name, d)
}

func (d *contactData) load(ctx context.Context, tx *db.Tx, v *visit, length int) (err error) {
	if d.C, err = v.mine(ctx, tx, v.r.PathValue("contact")); err != nil {
		return err
	}
	at, contactID := v.at(), d.C.ID
	if d.Users, err = crm.Users(ctx, tx, at); err != nil {
		return err
	}
	for _, step := range []func(ctx context.Context, tx *db.Tx, v *visit) error{d.loadFields, d.loadEstates, d.loadWork, d.loadFlows} {
		if err := step(ctx, tx, v); err != nil {
			return err
		}
	}
	if d.Links, err = crm.Links(ctx, tx, at, contactID); err != nil {
		return err
	}
	if d.Origins, err = crm.FieldOrigins(ctx, tx, at, contactID); err != nil {
		return err
	}
	if d.Merges, err = crm.Merges(ctx, tx, at, contactID, 20); err != nil {
		return err
	}
	pairs, err := crm.DuplicatePairs(ctx, tx, at, crm.PairFilter{State: crm.PairOpen, ContactID: contactID, Limit: 20})
	if err != nil {
		return err
	}
	d.Pairs = len(pairs)
	if d.Last, err = crm.LastChange(ctx, tx, at, contactID); err != nil {
		return err
	}
	going, err := crm.Leaving(ctx, tx, at)
	if err != nil {
		return err
	}
	for ticket, ids := range going {
		if slices.Contains(ids, contactID) {
			d.Going = ticket
		}
	}
	return d.loadHistory(ctx, tx, v, length)
}

func (d *contactData) loadFields(ctx context.Context, tx *db.Tx, v *visit) error {
	fields, err := crm.CustomFields(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for _, f := range fields {
		if f.Model == "" || f.Model == crm.ContactModel {
			d.Fields = append(d.Fields, fieldLine{f.ID, f.Name, valueText(d.C.CustomFields[f.ID])})
		}
	}
	if d.C.BusinessID != "" {
		if b, err := crm.BusinessByID(ctx, tx, v.at(), d.C.BusinessID); err == nil {
			d.Business = b.Name
		}
	}
	return nil
}

func (d *contactData) loadEstates(ctx context.Context, tx *db.Tx, v *visit) error {
	const few = 3
	if d.Fits == nil {
		d.Fits = &matchesData{Form: asked(v)}
	}
	d.Fits.frame, d.Fits.C, d.Fits.Here = v.frame, d.C, v.Base+"/contacts/"+d.C.ID
	return d.Fits.load(ctx, tx, v, few)
}

func (d *contactData) loadWork(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	if d.Tasks, err = crm.Tasks(ctx, tx, v.at(), d.C.ID); err != nil {
		return err
	}
	slices.SortStableFunc(d.Tasks, func(a, b crm.Task) int {
		switch {
		case a.Completed != b.Completed && a.Completed:
			return 1
		case a.Completed != b.Completed:
			return -1
		}
		return a.DueAt.Compare(b.DueAt)
	})
	if v.User.Has("appointmentsEnabled") {
		if d.Appointments, err = calendar.OfContact(ctx, tx, v.at(), d.C.ID); err != nil {
			return err
		}
	}
	if !v.User.Has("opportunitiesEnabled") {
		return nil
	}
	const most = 50
	filter := []crm.Filter{{Field: "contactId", Value: d.C.ID}}
	if v.only != "" {
		filter = append(filter, crm.Filter{Field: "assignedTo", Value: v.only})
	}
	list, _, err := crm.Opportunities(ctx, tx, v.at(), crm.OpportunityQuery{Filter: crm.Filter{Of: filter}, Limit: most})
	if err != nil {
		return err
	}
	pipelines, err := crm.Pipelines(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for i := range list {
		o := deal{Opportunity: list[i]}
		for j := range pipelines {
			if p := &pipelines[j]; p.ID == o.PipelineID {
				o.Pipeline = p.Name
				if s := p.Stage(o.StageID); s != nil {
					o.Stage = s.Name
				}
			}
		}
		d.Opportunities = append(d.Opportunities, o)
	}
	return nil
}

func (d *contactData) loadFlows(ctx context.Context, tx *db.Tx, v *visit) error {
	if !v.User.Has("workflowsEnabled") {
		return nil
	}
	for _, kind := range []string{workflow.Flow, workflow.Campaign} {
		all, err := workflow.All(ctx, tx, v.at(), kind, "")
		if err != nil {
			return err
		}
		in, err := workflow.Enrolments(ctx, tx, v.at(), kind, d.C.ID)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Status == workflow.Published {
				d.Flows = append(d.Flows, all[i])
			}
		}
		for _, e := range in {
			line := enrolmentLine{Enrolment: e}
			for i := range all {
				if all[i].ID == e.WorkflowID {
					line.Name = all[i].Name
				}
			}
			d.Enrolments = append(d.Enrolments, line)
		}
	}
	return nil
}

// Named is the contact's name, or what else there is to call them by.
func (d *contactData) Named() string { return cmp.Or(d.C.FullName(), d.C.Email, d.C.Phone, "No name") }

// Place is an address in one line.
func (d *contactData) Place(a crm.Address) string {
	var parts []string
	for _, s := range []string{a.Line1, a.City, strings.TrimSpace(a.State + " " + a.PostalCode), a.Country} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
