package importer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// own takes a row of our own export: docs/EXPORT.md says what its columns hold.
func (r *rows) own(p *person) {
	said := make(map[string]string, len(r.columns))
	for i, cell := range p.cells {
		if i >= len(r.columns) {
			p.refused = "the row has more cells than the first line has columns"
			return
		}
		if cell != "" && r.columns[i].To != (Target{}) {
			said[r.columns[i].Name] = norm.Undefuse(cell)
		}
	}
	p.own(said)
}

// own takes what our own export says of a person, by column.
func (p *person) own(said map[string]string) {
	var exact map[string]string
	whole := &crm.Whole{}
	c := &p.in.Contact
	read := func(column string, at any) {
		text := said[column]
		if text == "" || p.refused != "" {
			return
		}
		if err := json.Unmarshal([]byte(text), at); err != nil {
			p.refused = fmt.Sprintf("%s is not as it was exported: %v", column, err)
		}
	}
	read("exact", &exact)
	for column, text := range exact {
		said[column] = text
	}
	for column, at := range ownTexts(c) {
		if text := said[column]; text != "" {
			*at = text
		}
	}
	p.ownLists(said, read)
	var values map[string]any
	for column, text := range said {
		if name, custom := strings.CutPrefix(column, "custom:"); custom && text != "" {
			p.custom = append(p.custom, customValue{name, text})
		}
	}
	read("customFields", &values)
	for name, v := range values {
		p.exactly(name, v)
	}
	for _, list := range []struct {
		column string
		at     any
	}{
		{"sources", &c.Details.Sources}, {"office", &c.Details.Office}, {"homeAt", &c.Details.HomeAt}, {"officeAt", &c.Details.OfficeAt}, {"dndSettings", &c.Details.DNDSettings},
		{"inboundDndSettings", &c.Details.InboundDND}, {"attributionSource", &c.Details.Attribution}, {"createdBy", &c.Details.CreatedBy}, {"followers", &c.Followers}, {"otherAgentIds", &c.Details.OtherAgentIDs},
		{"properties", &whole.Properties}, {"requirements", &whole.Requirements}, {"links", &whole.Links}, {"notes", &whole.Notes}, {"tasks", &whole.Tasks}, {"activities", &whole.Activities},
		{"history", &whole.History}, {"aliases", &whole.FormerIDs}, {"behind", &whole.Behind},
	} {
		read(list.column, list.at)
	}
	c.CreatedAt, _ = norm.Time(said["createdAt"])
	c.UpdatedAt, _ = norm.Time(said["updatedAt"])
	c.LastActivityAt, _ = norm.Time(said["lastActivityAt"])
	for i := range whole.Links {
		whole.Links[i].ContactID = ""
	}
	whole.Contact.ID = said["id"]
	whole.Contact.Version, _ = strconv.ParseInt(said["version"], 10, 64)
	p.whole = whole
}

// exactly replaces a custom value by the one that is no text.
func (p *person) exactly(name string, v any) {
	for i := range p.custom {
		if p.custom[i].name == name {
			p.custom[i].value = v
			return
		}
	}
	p.custom = append(p.custom, customValue{name, v})
}

// ownTexts gives the places of the columns that are plain text.
func ownTexts(c *crm.Contact) map[string]*string {
	d := &c.Details
	return map[string]*string{
		"firstName": &c.FirstName, "lastName": &c.LastName, "name": &c.Name, "type": &c.Type, "stage": &c.Stage, "product": &c.Product, "companyName": &c.CompanyName,
		"address1": &c.Address.Line1, "city": &c.Address.City, "state": &c.Address.State, "postalCode": &c.Address.PostalCode, "country": &c.Address.Country,
		"website": &c.Website, "timezone": &c.Timezone, "source": &c.Source, "assignedTo": &c.AssignedTo, "businessId": &c.BusinessID, "dateOfBirth": &c.DateOfBirth,
		"gender": &d.Gender, "language": &d.Language, "spouseDateOfBirth": &d.SpouseDateOfBirth, "homeAnniversary": &d.HomeAnniversary, "attorneyName": &d.AttorneyName,
		"commission": &d.Commission, "priority": &d.Priority, "locationText": &d.LocationText, "referrer": &d.Referrer, "referrerNote": &d.ReferrerNote, "agentId": &d.AgentID,
		"recruitingStage": &d.RecruitingStage, "bucket": &d.Bucket, "productionLabel": &d.ProductionLabel, "activeListings": &d.ActiveListings, "referredAt": &d.ReferredAt,
	}
}

// ownLists takes e-mails, phones, tags, numbers and yes or no.
func (p *person) ownLists(said map[string]string, read func(column string, at any)) {
	c := &p.in.Contact
	read("emails", &c.Emails)
	if e := said["email"]; e != "" && len(c.Emails) == 0 {
		c.Emails = []crm.Email{{Address: e}}
	}
	read("phones", &c.Phones)
	if t := said["phone"]; t != "" && len(c.Phones) == 0 {
		c.Phones = []crm.Phone{crm.NewPhone(t, "")}
	}
	if tags := said["tags"]; strings.HasPrefix(tags, "[") {
		read("tags", &c.Tags)
	} else if tags != "" {
		c.Tags = strings.Split(tags, ";")
	}
	if yes, ok := norm.Bool(said["dnd"]); ok {
		c.DND, p.in.SetDND = yes, &yes
	}
	if yes, ok := norm.Bool(said["assessmentTaken"]); ok {
		c.Details.AssessmentTaken = &yes
	}
	for column, at := range map[string]**int64{"productionLtm": &c.Details.ProductionLTM, "rating": &c.Details.Rating} {
		if n, err := strconv.ParseInt(said[column], 10, 64); err == nil {
			*at = &n
		}
	}
}
