package highlevel

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// deal is what a request says about an opportunity (contract.md §10).
type deal struct {
	id        string // of upsert
	change    crm.OpportunityChange
	custom    []customField
	followers crm.FollowersChange
}

// status reads a status. "all" is in HighLevel's list of them and only good to
// search by.
func status(o *wire.Object) (*string, []errs.Field) {
	text := said(o, "status", 64)
	if text == nil || *text == "" {
		return nil, nil
	}
	*text = strings.ToLower(*text)
	for _, s := range crm.OpportunityStatuses {
		if *text == s {
			return text, nil
		}
	}
	return nil, []errs.Field{{Name: "status", Rule: "choice"}}
}

// deal reads an opportunity. must names what there has to be.
func (c *call) deal(must ...string) (*deal, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	var broken []errs.Field
	for _, name := range must {
		if name == "locationId" {
			broken = append(broken, needLocation(o)...)
		} else {
			broken = append(broken, need(o, name)...)
		}
	}
	d := &deal{id: o.TextMax("id", 64)}
	ch := &d.change
	// what an opportunity cannot be without is not emptied by ""
	full := func(name string, max int) *string {
		if v := said(o, name, max); v != nil && *v != "" {
			return v
		}
		return nil
	}
	ch.ContactID, ch.PipelineID, ch.StageID, ch.Name = full("contactId", 64), full("pipelineId", 64), full("pipelineStageId", 64), full("name", 500)
	ch.AssignedTo, ch.Source, ch.LostReasonID = said(o, "assignedTo", 64), said(o, "source", 255), said(o, "lostReasonId", 64)
	var bad []errs.Field
	ch.Status, bad = status(o)
	broken = append(broken, bad...)
	if o.Has("monetaryValue") && o.Text("monetaryValue") != "" {
		if n, ok := o.Number("monetaryValue"); ok {
			ch.MonetaryValue = &n
		} else {
			broken = append(broken, errs.Field{Name: "monetaryValue", Rule: "number"})
		}
	}
	d.custom = readCustomFields(o)
	broken = append(broken, d.follow(o)...)
	return d, c.finish(o, broken)
}

// follow reads who is to follow, of an upsert.
func (d *deal) follow(o *wire.Object) []errs.Field {
	list := o.List("followers", ",")
	if len(list) > most {
		return []errs.Field{{Name: "followers", Rule: "items", Limit: most}}
	}
	if all := saidBool(o, "isRemoveAllFollowers"); all != nil {
		d.followers.RemoveAll = *all
	}
	switch action := o.TextMax("followersActionType", 20); action {
	case "", "add":
		d.followers.Add = list
	case "remove":
		d.followers.Remove = list
	default:
		return []errs.Field{{Name: "followersActionType", Rule: "choice"}}
	}
	return nil
}

// prepare completes what was said with what only the database knows.
func (d *deal) prepare(ctx context.Context, tx *db.Tx, c *call) (crm.OpportunityChange, error) {
	ch := d.change // a copy: the transaction may run again
	values, cleared, err := resolveCustomFields(ctx, tx, c, d.custom, crm.OpportunityModel)
	if err != nil {
		return ch, err
	}
	ch.CustomFields = map[string]any{}
	maps.Copy(ch.CustomFields, values)
	for _, id := range cleared {
		ch.CustomFields[id] = nil
	}
	if ch.AssignedTo != nil && *ch.AssignedTo != "" {
		who, err := c.teammate(ctx, tx, "assignedTo", *ch.AssignedTo)
		if err != nil {
			return ch, err
		}
		if ch.AssignedTo = &who; who == "" {
			ch.AssignedTo = nil
		}
	}
	return ch, nil
}

// createOpportunity is POST /opportunities/. A contact has one opportunity in a
// pipeline, unless the location allows more.
func createOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	d, err := c.deal("locationId", "pipelineId", "name", "status", "contactId")
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		ch, err := d.prepare(ctx, tx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		o, err := crm.AddOpportunity(ctx, tx, c.Actor(), ch, c.Location().Settings.AllowDuplicateOpportunity)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.opportunity(ctx, tx, o, nil)
	})
}

// upsertOpportunity is POST /opportunities/upsert: by id, or else the one that
// the contact has in the pipeline (contract.md §10).
func upsertOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	d, err := c.deal("locationId", "pipelineId")
	if err != nil {
		return wire.Answer{}, err
	}
	if d.id == "" && d.change.ContactID == nil {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "contactId", Rule: "string"})
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		ch, err := d.prepare(ctx, tx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		o, isNew, err := d.upsert(ctx, tx, c, ch)
		if err != nil {
			return wire.Answer{}, err
		}
		if f := d.followers; f.RemoveAll || len(f.Add)+len(f.Remove) > 0 {
			if _, err := crm.FollowOpportunity(ctx, tx, c.Actor(), o.ID, f); err != nil {
				return wire.Answer{}, err
			}
			if o, err = crm.OpportunityByID(ctx, tx, c.Location().ID, o.ID); err != nil {
				return wire.Answer{}, err
			}
		}
		return c.opportunity(ctx, tx, o, fields{"new": isNew})
	})
}

func (d *deal) upsert(ctx context.Context, tx *db.Tx, c *call, ch crm.OpportunityChange) (o *crm.Opportunity, isNew bool, err error) {
	id := d.id
	if id == "" {
		found, err := crm.OpportunityOf(ctx, tx, c.Location().ID, *ch.ContactID, *ch.PipelineID)
		if err != nil {
			return nil, false, err
		}
		if found == nil {
			if ch.Name == nil {
				// clients leave it out: it is the contact's
				contact, err := crm.ContactByID(ctx, tx, c.Location().ID, *ch.ContactID)
				if err != nil {
					return nil, false, err
				}
				name := contact.FullName()
				ch.Name = &name
			}
			o, err = crm.AddOpportunity(ctx, tx, c.Actor(), ch, false)
			return o, true, err
		}
		id = found.ID
	}
	o, err = crm.ChangeOpportunity(ctx, tx, c.Actor(), id, ch)
	return o, false, err
}

func (c *call) opportunityID() string { return clean(c.Param("id")) }

// updateOpportunity is PUT /opportunities/{id}.
func updateOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	d, err := c.deal()
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		ch, err := d.prepare(ctx, tx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		o, err := crm.ChangeOpportunity(ctx, tx, c.Actor(), c.opportunityID(), ch)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.opportunity(ctx, tx, o, nil)
	})
}

// updateOpportunityStatus is PUT /opportunities/{id}/status.
func updateOpportunityStatus(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	to, broken := status(o)
	if to == nil && broken == nil {
		broken = []errs.Field{{Name: "status", Rule: "choice"}}
	}
	ch := crm.OpportunityChange{Status: to, LostReasonID: said(o, "lostReasonId", 64)}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		if _, err := crm.ChangeOpportunity(ctx, tx, c.Actor(), c.opportunityID(), ch); err != nil {
			return wire.Answer{}, err
		}
		return c.done(), nil
	})
}

// done is the answer of an operation on opportunities that has nothing else to
// say: version 3 adds the second name (contract.md §2).
func (c *call) done() wire.Answer {
	return c.answer(fields{"succeded": true, "success": true}) //nolint:misspell // the vendor's spelling, which clients read
}

// deleteOpportunity is DELETE /opportunities/{id}.
func deleteOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		return c.done(), crm.DeleteOpportunity(ctx, tx, c.Actor(), c.opportunityID())
	})
}

// getOpportunity is GET /opportunities/{id}.
func getOpportunity(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := crm.OpportunityByID(ctx, tx, c.Location().ID, c.opportunityID())
		if err == nil {
			a, err = c.opportunity(ctx, tx, o, nil)
		}
		return err
	})
	return a, err
}

// opportunity answers with one opportunity, and more beside it.
func (c *call) opportunity(ctx context.Context, tx *db.Tx, o *crm.Opportunity, more fields) (wire.Answer, error) {
	shown, err := c.opportunities(ctx, tx, []crm.Opportunity{*o})
	if err != nil {
		return wire.Answer{}, err
	}
	f := fields{"opportunity": shown[0]}
	maps.Copy(f, more)
	return c.answer(f), nil
}

// opportunityView is an opportunity as every operation shows it.
type opportunityView struct {
	ID                 string                 `json:"id"`
	Name               string                 `json:"name"`
	MonetaryValue      *float64               `json:"monetaryValue,omitempty"`
	PipelineID         string                 `json:"pipelineId"`
	PipelineStageID    string                 `json:"pipelineStageId"`
	PipelineStageUID   string                 `json:"pipelineStageUId"`
	AssignedTo         string                 `json:"assignedTo,omitempty"`
	Status             string                 `json:"status"`
	Source             string                 `json:"source,omitempty"`
	LostReasonID       string                 `json:"lostReasonId,omitempty"`
	LastStatusChangeAt string                 `json:"lastStatusChangeAt"`
	LastStageChangeAt  string                 `json:"lastStageChangeAt"`
	LastActionDate     string                 `json:"lastActionDate"`
	IndexVersion       string                 `json:"indexVersion"`
	CreatedAt          string                 `json:"createdAt"`
	UpdatedAt          string                 `json:"updatedAt"`
	ContactID          string                 `json:"contactId"`
	LocationID         string                 `json:"locationId"`
	Contact            *opportunityContact    `json:"contact,omitempty"`
	CustomFields       []opportunityFieldView `json:"customFields"`
	Followers          []string               `json:"followers"`
	Notes              []noteView             `json:"notes,omitempty"`
	Tasks              []taskView             `json:"tasks,omitempty"`
	Events             []eventView            `json:"calendarEvents,omitempty"`
	Sort               []any                  `json:"sort,omitempty"`
}

type opportunityContact struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"`
	CompanyName string   `json:"companyName,omitempty"`
	Email       string   `json:"email,omitempty"`
	Phone       string   `json:"phone,omitempty"`
	Tags        []string `json:"tags"`
	Followers   []string `json:"followers"`
}

// opportunityFieldView is a custom field of an opportunity: as documented, and
// with the key that says its type, as live (contract.md §10).
type opportunityFieldView struct {
	ID     string   `json:"id"`
	Type   string   `json:"type,omitempty"`
	Value  any      `json:"fieldValue"`
	String *string  `json:"fieldValueString,omitempty"`
	Number *float64 `json:"fieldValueNumber,omitempty"`
	Array  []any    `json:"fieldValueArray,omitempty"`
}

// opportunities shows opportunities, each with its contact.
func (c *call) opportunities(ctx context.Context, tx *db.Tx, list []crm.Opportunity) ([]opportunityView, error) {
	defs, err := crm.CustomFieldsOf(ctx, tx, c.Location().ID, crm.OpportunityModel)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ContactID
	}
	people, err := crm.ContactsByID(ctx, tx, c.Location().ID, ids)
	if err != nil {
		return nil, err
	}
	views := make([]opportunityView, len(list))
	for i := range list {
		views[i] = viewOpportunity(&list[i], people[list[i].ContactID], defs)
		if !c.maySee(crm.LeadValue) {
			views[i].MonetaryValue = nil
		}
	}
	return views, nil
}

func viewOpportunity(o *crm.Opportunity, p *crm.Contact, defs []crm.CustomField) opportunityView {
	value := o.MonetaryValue
	v := opportunityView{ID: o.ID, Name: o.Name, MonetaryValue: &value, PipelineID: o.PipelineID, PipelineStageID: o.StageID, PipelineStageUID: o.StageID, AssignedTo: o.AssignedTo,
		Status: o.Status, Source: o.Source, LostReasonID: o.LostReasonID, LastStatusChangeAt: moment(o.StatusChangedAt), LastStageChangeAt: moment(o.StageChangedAt),
		LastActionDate: moment(o.UpdatedAt), IndexVersion: strconv.FormatInt(o.Version, 10), CreatedAt: moment(o.CreatedAt), UpdatedAt: moment(o.UpdatedAt),
		ContactID: o.ContactID, LocationID: o.LocationID, CustomFields: []opportunityFieldView{}, Followers: filled(o.Followers)}
	if p != nil {
		v.Contact = &opportunityContact{ID: p.ID, Name: p.FullName(), CompanyName: p.CompanyName, Email: p.Email, Phone: p.Phone, Tags: filled(p.Tags), Followers: filled(p.Followers)}
	}
	for _, def := range defs {
		said, ok := o.CustomFields[def.ID]
		if !ok {
			continue
		}
		f := opportunityFieldView{ID: def.ID, Value: said}
		switch x := said.(type) {
		case string:
			f.Type, f.String = "string", &x
		case float64:
			// the documented value is never a number
			f.Type, f.Number, f.Value = "number", &x, strconv.FormatFloat(x, 'f', -1, 64)
		case []any:
			f.Type, f.Array = "array", x
		}
		v.CustomFields = append(v.CustomFields, f)
	}
	return v
}

// contains reports whether a text has another in it, in any case.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
