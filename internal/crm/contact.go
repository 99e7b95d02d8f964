// Package crm holds the contact and what lives and dies with it: identities,
// notes, activities, properties, requirements, custom fields, and the events
// that tell their history; and the users and locations they belong to.
//
// Everything that changes something is a command: a function that takes the
// context, the transaction and the Actor. Everything else only reads.
package crm

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Contact is one person, whatever doors they came in by. Canonical names are
// HighLevel's, the widest vendor's. The zero value of a field means that
// nothing is known.
type Contact struct {
	LocationID string `json:"locationId,omitempty"`
	ID         string `json:"id"`
	Number     int64  `json:"number"`  // for vendors with integer ids; below 2^53, unique in the location
	Version    int64  `json:"version"` // grows by one with each change

	FirstName   string   `json:"firstName,omitempty"`
	LastName    string   `json:"lastName,omitempty"`
	Name        string   `json:"name,omitempty"`    // the full name as somebody gave it
	Email       string   `json:"email,omitempty"`   // the primary one, as written
	Phone       string   `json:"phone,omitempty"`   // the primary one, E.164 where it can be made
	Type        string   `json:"type,omitempty"`    // seller, buyer, tenant, landlord, lead, recruit, agent, customer
	Stage       string   `json:"stage,omitempty"`   // where the person stands in the team's own words
	Product     string   `json:"product,omitempty"` // recruiting or retention; "" for who is not recruited
	CompanyName string   `json:"companyName,omitempty"`
	Address     Address  `json:"address,omitzero"` // home
	Website     string   `json:"website,omitempty"`
	Timezone    string   `json:"timezone,omitempty"`
	Source      string   `json:"source,omitempty"`     // the first one that named one; later ones are in Sources
	AssignedTo  string   `json:"assignedTo,omitempty"` // user
	BusinessID  string   `json:"businessId,omitempty"`
	DateOfBirth string   `json:"dateOfBirth,omitempty"` // YYYY-MM-DD
	DND         bool     `json:"dnd,omitempty"`         // on all channels
	Tags        []string `json:"tags,omitempty"`        // unique without regard to case, in order of arrival
	Followers   []string `json:"followers,omitempty"`   // users

	Emails       []Email        `json:"emails,omitempty"`
	Phones       []Phone        `json:"phones,omitempty"`
	CustomFields map[string]any `json:"customFields,omitempty"` // by id of the CustomField
	Details      Details        `json:"details,omitzero"`

	CreatedAt      time.Time `json:"createdAt,omitzero"`
	UpdatedAt      time.Time `json:"updatedAt,omitzero"`
	LastActivityAt time.Time `json:"lastActivityAt,omitzero"`
}

// Details are the fields of a contact that no list sorts or filters by often.
// They share one column.
type Details struct {
	Gender            string             `json:"gender,omitempty"`
	Language          string             `json:"language,omitempty"`
	SpouseDateOfBirth string             `json:"spouseDateOfBirth,omitempty"` // YYYY-MM-DD
	HomeAnniversary   string             `json:"homeAnniversary,omitempty"`   // YYYY-MM-DD
	AttorneyName      string             `json:"attorneyName,omitempty"`
	Commission        string             `json:"commission,omitempty"` // per cent, as written
	Priority          string             `json:"priority,omitempty"`
	LocationText      string             `json:"locationText,omitempty"` // where they are or want to be, as written
	Referrer          string             `json:"referrer,omitempty"`     // user
	ReferrerNote      string             `json:"referrerNote,omitempty"`
	Sources           []Source           `json:"sources,omitempty"` // every source that named itself, first to last
	Office            *Address           `json:"office,omitempty"`
	HomeAt            *Point             `json:"homeAt,omitempty"` // where its ZIP code is, as OfficeAt
	OfficeAt          *Point             `json:"officeAt,omitempty"`
	DNDSettings       map[string]DNDRule `json:"dndSettings,omitempty"` // by channel: Call, Email, SMS, WhatsApp, GMB, FB
	InboundDND        map[string]DNDRule `json:"inboundDndSettings,omitempty"`
	AgentID           string             `json:"agentId,omitempty"`
	OtherAgentIDs     []string           `json:"otherAgentIds,omitempty"` // of contacts merged into this one; they find it too
	RecruitingStage   string             `json:"recruitingStage,omitempty"`
	Bucket            string             `json:"bucket,omitempty"` // default, backlog, archived
	ProductionLabel   string             `json:"productionLabel,omitempty"`
	ProductionLTM     *int64             `json:"productionLtm,omitempty"` // whole US dollars in the last twelve months
	Rating            *int64             `json:"rating,omitempty"`
	ActiveListings    string             `json:"activeListings,omitempty"`
	AssessmentTaken   *bool              `json:"assessmentTaken,omitempty"`
	ReferredAt        string             `json:"referredAt,omitempty"` // YYYY-MM-DD in the location's zone
	Attribution       map[string]any     `json:"attributionSource,omitempty"`
	CreatedBy         *CreatedBy         `json:"createdBy,omitempty"`
}

// CreatedBy says through which door and credential a contact first came.
type CreatedBy struct {
	Origin       string `json:"origin"`
	CredentialID string `json:"credentialId,omitempty"`
	UserID       string `json:"userId,omitempty"`
}

// Email is one address of a contact. The first in the list is the primary one.
type Email struct {
	Address string `json:"email"`
	Kind    string `json:"kind,omitempty"`
}

// Phone is one number of a contact. The first in the list is the primary one.
type Phone struct {
	Raw  string `json:"raw"`            // as written
	E164 string `json:"e164,omitempty"` // "" where it cannot be made
	Ext  string `json:"ext,omitempty"`
	Kind string `json:"kind,omitempty"` // cell, office, other, home
}

// String gives the number to show: E.164 where it is known, else as written.
func (p Phone) String() string {
	if p.E164 != "" {
		return p.E164
	}
	return p.Raw
}

// Address is a postal address, each part as written.
type Address struct {
	Line1      string `json:"address1,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Country    string `json:"country,omitempty"`
}

// Point is a place on the map in degrees, WGS 84.
type Point struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

// Source is one source that named itself for a contact.
type Source struct {
	Name   string    `json:"name"`
	Origin string    `json:"origin"` // the door
	At     time.Time `json:"at"`     // UTC
}

// DNDRule is "do not disturb" for one channel.
type DNDRule struct {
	Status  string `json:"status"` // active (do not disturb), inactive, permanent
	Message string `json:"message,omitempty"`
	Code    string `json:"code,omitempty"`
}

// FullName is the name as given, or first and last name.
func (c *Contact) FullName() string {
	if c.Name != "" {
		return c.Name
	}
	return strings.TrimSpace(c.FirstName + " " + c.LastName)
}

// NewEmail makes an Email as an Input wants it, and reports whether it can be used.
func NewEmail(address, kind string) (Email, bool) {
	address = strings.TrimSpace(address)
	_, ok := norm.Email(address)
	return Email{Address: address, Kind: kind}, ok
}

// NewPhone makes a Phone as an Input wants it.
func NewPhone(raw, kind string) Phone {
	p := norm.ParsePhone(raw, "US")
	return Phone{Raw: strings.TrimSpace(raw), E164: p.E164, Ext: p.Ext, Kind: kind}
}

func contactColumns(c *Contact) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "number", At: &c.Number, Fixed: true}, {Name: "version", At: &c.Version},
		{Name: "first_name", At: &c.FirstName}, {Name: "last_name", At: &c.LastName}, {Name: "name", At: &c.Name},
		{Name: "email", At: &c.Email}, {Name: "phone", At: &c.Phone}, {Name: "type", At: &c.Type}, {Name: "stage", At: &c.Stage}, {Name: "product", At: &c.Product},
		{Name: "company_name", At: &c.CompanyName}, {Name: "address1", At: &c.Address.Line1}, {Name: "city", At: &c.Address.City},
		{Name: "state", At: &c.Address.State}, {Name: "postal_code", At: &c.Address.PostalCode}, {Name: "country", At: &c.Address.Country},
		{Name: "website", At: &c.Website}, {Name: "timezone", At: &c.Timezone}, {Name: "source", At: &c.Source},
		{Name: "assigned_to", At: &c.AssignedTo}, {Name: "business_id", At: &c.BusinessID}, {Name: "date_of_birth", At: &c.DateOfBirth}, {Name: "dnd", At: &c.DND},
		{Name: "tags", At: db.JSON(&c.Tags, "[]")}, {Name: "followers", At: db.JSON(&c.Followers, "[]")},
		{Name: "emails", At: db.JSON(&c.Emails, "[]")}, {Name: "phones", At: db.JSON(&c.Phones, "[]")},
		{Name: "custom_fields", At: db.JSON(&c.CustomFields, "{}")}, {Name: "details", At: db.JSON(&c.Details, "{}")},
		{Name: "created_at", At: db.Millis(&c.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&c.UpdatedAt)}, {Name: "last_activity_at", At: db.Millis(&c.LastActivityAt)},
	}
}

var contacts = db.NewTable("contacts", []string{"location_id", "id"}, contactColumns)
