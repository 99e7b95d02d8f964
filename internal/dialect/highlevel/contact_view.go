package highlevel

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
)

// timeFormat is how HighLevel writes moments (contract.md §1).
const timeFormat = "2006-01-02T15:04:05.000Z"

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}

// contactView is a contact as every operation shows it: the names of all five
// shapes that HighLevel has for it (contract.md §8.2), where Foyer knows what
// belongs there.
type contactView struct {
	ID                 string                 `json:"id"`
	LocationID         string                 `json:"locationId"`
	ContactName        string                 `json:"contactName,omitempty"`
	Name               string                 `json:"name,omitempty"`
	FullNameLowerCase  string                 `json:"fullNameLowerCase,omitempty"`
	FirstName          string                 `json:"firstName,omitempty"`
	FirstNameLowerCase string                 `json:"firstNameLowerCase,omitempty"`
	LastName           string                 `json:"lastName,omitempty"`
	LastNameLowerCase  string                 `json:"lastNameLowerCase,omitempty"`
	Gender             string                 `json:"gender,omitempty"`
	CompanyName        string                 `json:"companyName,omitempty"`
	Email              string                 `json:"email,omitempty"`
	EmailLowerCase     string                 `json:"emailLowerCase,omitempty"`
	AdditionalEmails   []emailView            `json:"additionalEmails,omitempty"`
	Phone              string                 `json:"phone,omitempty"`
	PhoneLabel         string                 `json:"phoneLabel,omitempty"`
	AdditionalPhones   []phoneView            `json:"additionalPhones,omitempty"`
	Address1           string                 `json:"address1,omitempty"`
	Address            string                 `json:"address,omitempty"`
	City               string                 `json:"city,omitempty"`
	State              string                 `json:"state,omitempty"`
	PostalCode         string                 `json:"postalCode,omitempty"`
	Country            string                 `json:"country,omitempty"`
	Website            string                 `json:"website,omitempty"`
	Timezone           string                 `json:"timezone,omitempty"`
	Source             string                 `json:"source,omitempty"`
	Type               string                 `json:"type,omitempty"`
	AssignedTo         string                 `json:"assignedTo,omitempty"`
	BusinessID         string                 `json:"businessId,omitempty"`
	Followers          []string               `json:"followers"`
	Tags               []string               `json:"tags"`
	DND                bool                   `json:"dnd"`
	DNDSettings        map[string]crm.DNDRule `json:"dndSettings,omitempty"`
	InboundDNDSettings map[string]crm.DNDRule `json:"inboundDndSettings,omitempty"`
	DateOfBirth        string                 `json:"dateOfBirth,omitempty"`
	BirthMonth         int                    `json:"birthMonth,omitempty"`
	BirthDay           int                    `json:"birthDay,omitempty"`
	CustomFields       []customFieldView      `json:"customFields"`
	AttributionSource  map[string]any         `json:"attributionSource,omitempty"`
	LastAttribution    map[string]any         `json:"lastAttributionSource,omitempty"`
	Attributions       []map[string]any       `json:"attributions,omitempty"`
	CreatedBy          *createdByView         `json:"createdBy,omitempty"`
	DateAdded          string                 `json:"dateAdded"`
	DateUpdated        string                 `json:"dateUpdated"`
	LastActivity       string                 `json:"lastActivity,omitempty"`
	SearchAfter        []any                  `json:"searchAfter,omitempty"`
}

type emailView struct {
	Email string `json:"email"`
}

type phoneView struct {
	Phone string `json:"phone"`
	Label string `json:"phoneLabel,omitempty"`
}

type customFieldView struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type createdByView struct {
	Source    string `json:"source"`
	SourceID  string `json:"sourceId,omitempty"`
	Timestamp string `json:"timestamp"`
}

// view shows a contact to the caller.
func (c *call) view(p *crm.Contact) contactView {
	v := viewContact(p)
	v.DNDSettings = c.byChannel(p.Details.DNDSettings)
	return v
}

func viewContact(p *crm.Contact) contactView {
	country, _ := alpha2(p.Address.Country)
	v := contactView{
		ID: p.ID, LocationID: p.LocationID, ContactName: p.FullName(), Name: p.FullName(), FullNameLowerCase: strings.ToLower(p.FullName()),
		FirstName: p.FirstName, FirstNameLowerCase: strings.ToLower(p.FirstName), LastName: p.LastName, LastNameLowerCase: strings.ToLower(p.LastName),
		Gender: p.Details.Gender, CompanyName: p.CompanyName, Email: p.Email, EmailLowerCase: strings.ToLower(p.Email), Phone: p.Phone,
		Address1: p.Address.Line1, Address: p.Address.Line1, City: p.Address.City, State: p.Address.State, PostalCode: p.Address.PostalCode, Country: country,
		Website: p.Website, Timezone: p.Timezone, Source: p.Source, Type: p.Type, AssignedTo: p.AssignedTo, BusinessID: p.BusinessID,
		Followers: append([]string{}, p.Followers...), Tags: append([]string{}, p.Tags...), DND: p.DND, DNDSettings: p.Details.DNDSettings, InboundDNDSettings: p.Details.InboundDND,
		CustomFields: []customFieldView{}, AttributionSource: attribution(p), LastAttribution: attribution(p),
		DateAdded: moment(p.CreatedAt), DateUpdated: moment(p.UpdatedAt), LastActivity: moment(p.LastActivityAt),
	}
	for i, e := range p.Emails {
		if i > 0 {
			v.AdditionalEmails = append(v.AdditionalEmails, emailView{e.Address})
		}
	}
	for i, phone := range p.Phones {
		if i == 0 {
			v.PhoneLabel = phone.Kind
		} else {
			v.AdditionalPhones = append(v.AdditionalPhones, phoneView{phone.String(), phone.Kind})
		}
	}
	if day, err := time.Parse(time.DateOnly, p.DateOfBirth); err == nil {
		v.DateOfBirth, v.BirthMonth, v.BirthDay = p.DateOfBirth, int(day.Month()), day.Day()
	}
	for id, value := range p.CustomFields {
		v.CustomFields = append(v.CustomFields, customFieldView{id, value})
	}
	slices.SortFunc(v.CustomFields, func(a, b customFieldView) int { return strings.Compare(a.ID, b.ID) })
	if from := attribution(p); from != nil {
		v.Attributions = []map[string]any{from}
	}
	if by := p.Details.CreatedBy; by != nil {
		v.CreatedBy = &createdByView{Source: by.Origin, SourceID: by.CredentialID, Timestamp: v.DateAdded}
	}
	return v
}

// attribution says where a contact came from. The address is always among it: it
// is the one part that HighLevel's document requires.
func attribution(p *crm.Contact) map[string]any {
	if len(p.Details.Attribution) == 0 {
		return nil
	}
	from := map[string]any{"url": ""}
	maps.Copy(from, p.Details.Attribution)
	return from
}

// byChannel names the channels as the caller's version does (contract.md §2).
func (c *call) byChannel(rules map[string]crm.DNDRule) map[string]crm.DNDRule {
	if !c.v3() || rules == nil {
		return rules
	}
	renamed := map[string]crm.DNDRule{}
	for name, rule := range rules {
		if newer := channelsV3[name]; newer != "" {
			name = newer
		}
		renamed[name] = rule
	}
	return renamed
}

// channelsV3 are the names of channels in version 3.
var channelsV3 = map[string]string{"Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb"}

// createdView shows a contact in the answer to its creation, whose date of birth
// is a moment in HighLevel's documents.
func (c *call) createdView(p *crm.Contact) contactView {
	v := c.view(p)
	if v.DateOfBirth != "" {
		v.DateOfBirth += "T00:00:00.000Z"
	}
	return v
}

// views shows contacts.
func (c *call) views(list []crm.Contact) []contactView {
	out := make([]contactView, len(list))
	for i := range list {
		out[i] = c.view(&list[i])
	}
	return out
}
