package highlevel

import (
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

// view shows a contact.
func view(c *crm.Contact) contactView {
	country, _ := alpha2(c.Address.Country)
	v := contactView{
		ID: c.ID, LocationID: c.LocationID, ContactName: c.FullName(), Name: c.FullName(), FullNameLowerCase: strings.ToLower(c.FullName()),
		FirstName: c.FirstName, FirstNameLowerCase: strings.ToLower(c.FirstName), LastName: c.LastName, LastNameLowerCase: strings.ToLower(c.LastName),
		Gender: c.Details.Gender, CompanyName: c.CompanyName, Email: c.Email, EmailLowerCase: strings.ToLower(c.Email), Phone: c.Phone,
		Address1: c.Address.Line1, Address: c.Address.Line1, City: c.Address.City, State: c.Address.State, PostalCode: c.Address.PostalCode, Country: country,
		Website: c.Website, Timezone: c.Timezone, Source: c.Source, Type: c.Type, AssignedTo: c.AssignedTo, BusinessID: c.BusinessID,
		Followers: append([]string{}, c.Followers...), Tags: append([]string{}, c.Tags...), DND: c.DND, DNDSettings: c.Details.DNDSettings, InboundDNDSettings: c.Details.InboundDND,
		CustomFields: []customFieldView{}, AttributionSource: c.Details.Attribution, LastAttribution: c.Details.Attribution,
		DateAdded: moment(c.CreatedAt), DateUpdated: moment(c.UpdatedAt), LastActivity: moment(c.LastActivityAt),
	}
	for i, e := range c.Emails {
		if i > 0 {
			v.AdditionalEmails = append(v.AdditionalEmails, emailView{e.Address})
		}
	}
	for i, p := range c.Phones {
		if i == 0 {
			v.PhoneLabel = p.Kind
		} else {
			v.AdditionalPhones = append(v.AdditionalPhones, phoneView{p.String(), p.Kind})
		}
	}
	if day, err := time.Parse(time.DateOnly, c.DateOfBirth); err == nil {
		v.DateOfBirth, v.BirthMonth, v.BirthDay = c.DateOfBirth, int(day.Month()), day.Day()
	}
	for id, value := range c.CustomFields {
		v.CustomFields = append(v.CustomFields, customFieldView{id, value})
	}
	slices.SortFunc(v.CustomFields, func(a, b customFieldView) int { return strings.Compare(a.ID, b.ID) })
	if len(c.Details.Attribution) > 0 {
		v.Attributions = []map[string]any{c.Details.Attribution}
	}
	if by := c.Details.CreatedBy; by != nil {
		v.CreatedBy = &createdByView{Source: by.Origin, SourceID: by.CredentialID, Timestamp: v.DateAdded}
	}
	return v
}

// createdView shows a contact in the answer to its creation, whose date of birth
// is a moment in HighLevel's documents.
func createdView(c *crm.Contact) contactView {
	v := view(c)
	if v.DateOfBirth != "" {
		v.DateOfBirth += "T00:00:00.000Z"
	}
	return v
}

// views shows contacts.
func views(list []crm.Contact) []contactView {
	out := make([]contactView, len(list))
	for i := range list {
		out[i] = view(&list[i])
	}
	return out
}
