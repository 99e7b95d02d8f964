package brokerkit

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/id"
)

// answer is a lead as the vendor shows it: these keys in this order, all of
// them always, null where nothing is known (intake.md §2.3).
type answer struct {
	ID                 *int64    `json:"id"`
	TeamID             int64     `json:"team_id"`
	Status             string    `json:"status"`
	Bucket             string    `json:"bucket"`
	PhotoURL           *string   `json:"photo_url"`
	FirstName          *string   `json:"first_name"`
	LastName           *string   `json:"last_name"`
	Name               string    `json:"name"`
	Birthday           *string   `json:"birthday"`
	Email              *string   `json:"email"`
	Phone              *string   `json:"phone"`
	ProductionLabel    *string   `json:"production_label"`
	ProductionYTD      *int64    `json:"production_ytd"`
	CurrentlyAt        *string   `json:"currently_at"`
	Source             *string   `json:"source"`
	Rating             *int64    `json:"rating"`
	KPATaken           *bool     `json:"kpa_taken"`
	ActiveListings     *string   `json:"active_listings_count"`
	ReferredAt         *string   `json:"referred_at"`
	AnniversaryMonth   *int64    `json:"anniversary_month"`
	JoinedAt           *string   `json:"joined_at"`
	LastActivityAt     *string   `json:"last_activity_at"`
	FirstAppointmentAt *string   `json:"first_appointment_at"`
	LastAppointmentAt  *string   `json:"last_appointment_at"`
	UpdatedAt          *string   `json:"updated_at"`
	CreatedAt          *string   `json:"created_at"`
	Note               *string   `json:"note"`
	Links              struct{}  `json:"links"`
	AltAddress         *string   `json:"alt_address"`
	AltCity            *string   `json:"alt_city"`
	AltState           *string   `json:"alt_state"`
	AltZip             *string   `json:"alt_zip"`
	AltLat             *float64  `json:"alt_lat"`
	AltLng             *float64  `json:"alt_lng"`
	OfficeAddress      *string   `json:"office_address"`
	OfficeCity         *string   `json:"office_city"`
	OfficeState        *string   `json:"office_state"`
	OfficeZip          *string   `json:"office_zip"`
	OfficeLat          *float64  `json:"office_lat"`
	OfficeLng          *float64  `json:"office_lng"`
	OfficePhone        *string   `json:"office_phone"`
	OtherPhone         *string   `json:"other_phone"`
	AgentID            *string   `json:"agent_id"`
	Recruiting         bool      `json:"recruiting"`
	Retention          bool      `json:"retention"`
	Archived           bool      `json:"archived"`
	Backlogged         bool      `json:"backlogged"`
	Owner              *person   `json:"owner"`
	Referrer           *person   `json:"referrer"`
	TeamMember         *teammate `json:"team_member,omitempty"` // of an agent in retention only
}

// person is a user, or the agent as one.
type person struct {
	ID           *int64  `json:"id"`
	Email        *string `json:"email"`
	Title        string  `json:"title"`
	FirstName    string  `json:"first_name"`
	LastName     string  `json:"last_name"`
	Name         string  `json:"name"`
	AvatarURL    *string `json:"avatar_url"`
	Admin        bool    `json:"admin"`
	Signature    *string `json:"signature"`
	Timezone     *string `json:"timezone"`
	Phone        string  `json:"phone"`
	LastSignInAt *string `json:"last_sign_in_at"`
	UpdatedAt    *string `json:"updated_at"`
	CreatedAt    *string `json:"created_at"`
	Avatar       avatar  `json:"avatar"`
}

// avatar is always empty: Foyer keeps no pictures.
type avatar struct {
	Medium *string `json:"medium"`
	Small  *string `json:"small"`
	Tiny   *string `json:"tiny"`
}

type teammate struct {
	person
	Role role `json:"role"`
}

type role struct {
	Name      string  `json:"name"`
	InvitedAt *string `json:"invited_at"`
	JoinedAt  *string `json:"joined_at"`
}

// team is what a lead is shown against: where it is, and who works there.
type team struct {
	location *crm.Location
	people   []crm.User
}

// shown is a stored lead.
func (t team) shown(c *crm.Contact) *answer {
	a := &answer{
		ID: &c.Number, TeamID: id.Number(t.location.ID), Status: c.Details.RecruitingStage, Bucket: c.Details.Bucket,
		FirstName: text(c.FirstName), LastName: text(c.LastName), Name: strings.TrimSpace(c.FirstName + " " + c.LastName),
		Birthday: text(c.DateOfBirth), Email: text(c.Email),
		ProductionLabel: text(c.Details.ProductionLabel), ProductionYTD: c.Details.ProductionLTM, CurrentlyAt: text(c.CompanyName), Source: text(source(c)),
		Rating: c.Details.Rating, KPATaken: c.Details.AssessmentTaken, ActiveListings: text(c.Details.ActiveListings), ReferredAt: text(c.Details.ReferredAt),
		LastActivityAt: moment(c.LastActivityAt), UpdatedAt: moment(c.UpdatedAt), CreatedAt: moment(c.CreatedAt), Note: text(c.Details.ReferrerNote),
		AltAddress: text(c.Address.Line1), AltCity: text(c.Address.City), AltState: text(c.Address.State), AltZip: text(c.Address.PostalCode),
		AgentID: text(c.Details.AgentID), Recruiting: c.Product == recruiting, Retention: c.Product == retention,
		Archived: c.Details.Bucket == archived, Backlogged: c.Details.Bucket == backlog,
		Owner: t.user(c.AssignedTo), Referrer: t.user(c.Details.Referrer),
	}
	if a.Name == "" {
		a.Name = c.Name
	}
	a.AltLat, a.AltLng = degrees(c.Details.HomeAt)
	if o := c.Details.Office; o != nil {
		a.OfficeAddress, a.OfficeCity, a.OfficeState, a.OfficeZip = text(o.Line1), text(o.City), text(o.State), text(o.PostalCode)
		a.OfficeLat, a.OfficeLng = degrees(c.Details.OfficeAt)
	}
	a.phones(c.Phones)
	if a.Retention {
		a.TeamMember = &teammate{person: person{ID: a.ID, Email: a.Email, FirstName: c.FirstName, LastName: c.LastName, Name: a.Name,
			UpdatedAt: a.UpdatedAt, CreatedAt: a.CreatedAt}, Role: role{Name: "agent"}}
	}
	return a
}

// tested is a lead as it would be, of which nothing was stored: what only a
// stored one has is null, and so is the e-mail address (intake.md §2.5).
func (t team) tested(c *crm.Contact) *answer {
	a := t.shown(c)
	a.ID, a.Email, a.LastActivityAt, a.UpdatedAt, a.CreatedAt = nil, nil, nil, nil, nil
	if m := a.TeamMember; m != nil {
		m.ID, m.Email, m.UpdatedAt, m.CreatedAt = nil, nil, nil, nil
	}
	return a
}

// phones shows the first number of each kind. One without a kind came in by
// another door, and is the main one.
func (a *answer) phones(list []crm.Phone) {
	var main, unnamed *string
	for _, p := range list {
		at := &unnamed
		switch p.Kind {
		case "cell":
			at = &main
		case "office":
			at = &a.OfficePhone
		case "other":
			at = &a.OtherPhone
		}
		if *at == nil {
			*at = text(phone(p))
		}
	}
	if a.Phone = main; main == nil {
		a.Phone = unnamed
	}
}

// phone writes a number as phony_rails does: "+12025550166 x123" (intake.md §2.7).
func phone(p crm.Phone) string {
	if p.E164 != "" && p.Ext != "" {
		return p.E164 + " x" + p.Ext
	}
	return p.String()
}

// source is what this vendor's clients said last; the contact's own is the
// first that anybody said.
func source(c *crm.Contact) string {
	for i := len(c.Details.Sources) - 1; i >= 0; i-- {
		if s := c.Details.Sources[i]; s.Origin == auth.Brokerkit {
			return s.Name
		}
	}
	return c.Source
}

// user shows a user of the team; null for one who does not work there (any more).
func (t team) user(userID string) *person {
	for i := range t.people {
		u := &t.people[i]
		if u.ID != userID {
			continue
		}
		number, signature := u.Number(), ""
		zone := text(u.Timezone)
		if zone == nil {
			zone = text(t.location.Timezone)
		}
		return &person{ID: &number, Email: text(u.Email), Title: u.Title, FirstName: u.FirstName, LastName: u.LastName, Name: u.FullName(), Admin: u.Admin,
			Signature: &signature, Timezone: zone, Phone: u.Phone, LastSignInAt: moment(u.LastSignInAt), UpdatedAt: moment(u.UpdatedAt), CreatedAt: moment(u.CreatedAt)}
	}
	return nil
}

// text is null where nothing is known.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// moment writes a time in UTC with three decimals; null for none.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &s
}

func degrees(p *crm.Point) (lat, lng *float64) {
	if p == nil {
		return nil, nil
	}
	return &p.Lat, &p.Lng
}
