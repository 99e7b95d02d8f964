package highlevel

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/snapshot"
	"github.com/foyer-crm/foyer/internal/wire"
)

// locationView is a location as HighLevel shows it (contract.md §15).
type locationView struct {
	ID         string            `json:"id"`
	CompanyID  string            `json:"companyId"`
	Name       string            `json:"name"`
	Phone      string            `json:"phone,omitempty"`
	Email      string            `json:"email,omitempty"`
	Address    string            `json:"address,omitempty"`
	City       string            `json:"city,omitempty"`
	State      string            `json:"state,omitempty"`
	Country    string            `json:"country,omitempty"`
	PostalCode string            `json:"postalCode,omitempty"`
	Website    string            `json:"website,omitempty"`
	Domain     string            `json:"domain,omitempty"`
	LogoURL    string            `json:"logoUrl,omitempty"`
	FirstName  string            `json:"firstName,omitempty"`
	LastName   string            `json:"lastName,omitempty"`
	Timezone   string            `json:"timezone,omitempty"`
	Business   *locationBusiness `json:"business,omitempty"`
	Settings   locationSettings  `json:"settings"`
	Social     map[string]string `json:"social"`
	DateAdded  string            `json:"dateAdded"`
	TraceID    string            `json:"traceId,omitempty"`
}

type locationSettings struct {
	AllowDuplicateContact     bool `json:"allowDuplicateContact"`
	AllowDuplicateOpportunity bool `json:"allowDuplicateOpportunity"`
	AllowFacebookNameMerge    bool `json:"allowFacebookNameMerge"`
	DisableContactTimezone    bool `json:"disableContactTimezone"`
}

type locationBusiness struct {
	Name       string `json:"name"`
	Address    string `json:"address,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	Country    string `json:"country,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	Website    string `json:"website,omitempty"`
	Timezone   string `json:"timezone,omitempty"`
	LogoURL    string `json:"logoUrl,omitempty"`
}

func viewLocation(l *crm.Location) locationView {
	p := l.Profile
	v := locationView{ID: l.ID, CompanyID: l.CompanyID, Name: l.Name, Phone: p.Phone, Email: p.Email, Address: p.Address.Line1, City: p.Address.City, State: p.Address.State,
		Country: p.Address.Country, PostalCode: p.Address.PostalCode, Website: p.Website, Domain: p.Domain, LogoURL: p.LogoURL, FirstName: p.FirstName, LastName: p.LastName,
		Timezone: l.Timezone, Social: map[string]string{}, DateAdded: moment(l.CreatedAt),
		Settings: locationSettings{l.Settings.AllowDuplicateContact, l.Settings.AllowDuplicateOpportunity, l.Settings.AllowFacebookNameMerge, l.Settings.DisableContactTimezone}}
	for name, value := range p.Social {
		v.Social[name] = value
	}
	return v
}

// wholeLocation is a location with the business that it is, as only
// GET /locations/{locationId} shows it.
func wholeLocation(l *crm.Location) locationView {
	v := viewLocation(l)
	v.Business = &locationBusiness{v.Name, v.Address, v.City, v.State, v.Country, v.PostalCode, v.Website, v.Timezone, v.LogoURL}
	return v
}

// place is what a request says about a location.
type place struct {
	texts    map[string]string
	social   map[string]string // nil where it was not said
	settings map[string]bool
	snapshot string // to set it up with
}

// placeFields are the texts of a location, with the characters each is cut to.
var placeFields = []struct {
	name string
	max  int
	at   func(*crm.Location) *string
}{
	{"name", 255, func(l *crm.Location) *string { return &l.Name }},
	{"timezone", 100, func(l *crm.Location) *string { return &l.Timezone }},
	{"phone", 100, func(l *crm.Location) *string { return &l.Profile.Phone }},
	{"email", 1000, func(l *crm.Location) *string { return &l.Profile.Email }},
	{"website", 2048, func(l *crm.Location) *string { return &l.Profile.Website }},
	{"domain", 255, func(l *crm.Location) *string { return &l.Profile.Domain }},
	{"logoUrl", 2048, func(l *crm.Location) *string { return &l.Profile.LogoURL }},
	{"address", 500, func(l *crm.Location) *string { return &l.Profile.Address.Line1 }},
	{"city", 255, func(l *crm.Location) *string { return &l.Profile.Address.City }},
	{"state", 255, func(l *crm.Location) *string { return &l.Profile.Address.State }},
	{"postalCode", 50, func(l *crm.Location) *string { return &l.Profile.Address.PostalCode }},
	{"country", 100, func(l *crm.Location) *string { return &l.Profile.Address.Country }},
	{"prospectInfo.firstName", 255, func(l *crm.Location) *string { return &l.Profile.FirstName }},
	{"prospectInfo.lastName", 255, func(l *crm.Location) *string { return &l.Profile.LastName }},
}

// socialNames are the pages of a location elsewhere.
var socialNames = []string{"facebookUrl", "googlePlus", "linkedIn", "foursquare", "twitter", "yelp", "instagram", "youtube", "pinterest", "blogRss", "googlePlacesId"}

// settingNames are the settings of a location that a request can change.
var settingNames = map[string]func(*crm.Settings) *bool{
	"allowDuplicateContact":     func(s *crm.Settings) *bool { return &s.AllowDuplicateContact },
	"allowDuplicateOpportunity": func(s *crm.Settings) *bool { return &s.AllowDuplicateOpportunity },
	"allowFacebookNameMerge":    func(s *crm.Settings) *bool { return &s.AllowFacebookNameMerge },
	"disableContactTimezone":    func(s *crm.Settings) *bool { return &s.DisableContactTimezone },
}

// place reads a location.
func (c *call) place(isNew bool) (*place, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	broken := need(o, "companyId")
	if isNew {
		broken = append(need(o, "name"), broken...)
	}
	p := &place{texts: map[string]string{}}
	who, _ := o.Object("prospectInfo")
	for _, f := range placeFields {
		from, name := o, f.name
		if len(name) > len("prospectInfo.") && name[:len("prospectInfo.")] == "prospectInfo." {
			from, name = who, name[len("prospectInfo."):]
		}
		if v := said(from, name, f.max); v != nil {
			p.texts[f.name] = *v
		}
	}
	if v := said(who, "email", 1000); v != nil && p.texts["email"] == "" {
		p.texts["email"] = *v
	}
	if _, ok := norm.Email(p.texts["email"]); !ok && p.texts["email"] != "" {
		broken = append(broken, errs.Field{Name: "email", Rule: "format"})
	}
	if code, ok := alpha2(p.texts["country"]); ok {
		p.texts["country"] = code
	} else if p.texts["country"] != "" {
		broken = append(broken, errs.Field{Name: "country", Rule: "choice"})
	}
	if _, err := time.LoadLocation(p.texts["timezone"]); err != nil {
		broken = append(broken, errs.Field{Name: "timezone", Rule: "choice"})
	}
	if name, ok := p.texts["name"]; ok && name == "" && !isNew {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	p.read(o)
	if err := c.checkCompany(o.Text("companyId")); err != nil {
		return nil, err
	}
	return p, c.finish(o, broken)
}

func (p *place) read(o *wire.Object) {
	if list, ok := o.Object("social"); ok {
		p.social = map[string]string{}
		for _, name := range socialNames {
			if v := list.TextMax(name, 2048); v != "" {
				p.social[name] = v
			}
		}
	}
	if list, ok := o.Object("settings"); ok {
		p.settings = map[string]bool{}
		for name := range settingNames {
			if v, ok := list.Bool(name); ok {
				p.settings[name] = v
			}
		}
	}
	for _, name := range []string{"twilio", "mailgun"} {
		if o.Has(name) {
			o.Take(name)
			o.Warn(name, "Foyer has its own settings for sending, left out")
		}
	}
	p.snapshot = o.TextMax("snapshotId", 64)
	if which, ok := o.Object("snapshot"); ok {
		p.snapshot = which.TextMax("id", 64)
		if override, _ := which.Bool("override"); override {
			which.Warn("override", "a snapshot changes nothing that is there")
		}
	}
}

// apply sets what was said.
func (p *place) apply(l *crm.Location) {
	for _, f := range placeFields {
		if v, ok := p.texts[f.name]; ok {
			*f.at(l) = v
		}
	}
	if p.social != nil {
		l.Profile.Social = p.social
	}
	for name, v := range p.settings {
		*settingNames[name](&l.Settings) = v
	}
}

// setUp makes in a location what it has not yet of the snapshot that was named.
func (p *place) setUp(ctx context.Context, tx *db.Tx, c *call, l *crm.Location) error {
	if p.snapshot == "" {
		return nil
	}
	s, err := snapshot.OfCompany(ctx, tx, l.CompanyID, p.snapshot)
	if err != nil {
		return err
	}
	by := c.Actor()
	by.LocationID = l.ID
	_, err = snapshot.Apply(ctx, tx, by, s)
	return err
}

// flat answers with a location that is not wrapped.
func (c *call) flat(l *crm.Location) wire.Answer {
	v := viewLocation(l)
	v.TraceID = c.ID
	return wire.Answer{Status: c.op.Success, Body: v}
}

// createLocation is POST /locations/.
func createLocation(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := c.place(true)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.WriteCompany(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		var l crm.Location
		p.apply(&l)
		made, err := crm.CreateLocation(ctx, tx, c.Actor(), l)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.flat(made), p.setUp(ctx, tx, c, made)
	})
}

func (c *call) locationID() string { return clean(c.Param("locationId")) }

// updateLocation is PUT /locations/{locationId}.
func updateLocation(ctx context.Context, c *call) (wire.Answer, error) {
	p, err := c.place(false)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.writeBehind(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		l, err := crm.AmendLocation(ctx, tx, c.Actor(), c.locationID(), p.apply)
		if err != nil {
			return wire.Answer{}, err
		}
		return c.flat(l), p.setUp(ctx, tx, c, l)
	})
}

// deleteLocation is DELETE /locations/{locationId}. There is no Twilio account
// to go with it, so what is asked about that must only be there.
func deleteLocation(ctx context.Context, c *call) (wire.Answer, error) {
	if v := c.query("deleteTwilioAccount"); v != "true" && v != "false" {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "deleteTwilioAccount", Rule: "boolean"})
	}
	return c.writeBehind(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		if err := crm.RemoveLocation(ctx, tx, c.Actor(), c.locationID()); err != nil {
			return wire.Answer{}, err
		}
		return c.answer(fields{"success": true, "message": "Location deleted successfully"}), nil
	})
}

// getLocation is GET /locations/{locationId}.
func getLocation(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		l, err := crm.LocationFor(ctx, tx, c.Actor(), c.locationID())
		if err == nil {
			a = c.answer(fields{"location": wholeLocation(l)})
		}
		return err
	})
	return a, err
}

// searchLocations is GET /locations/search.
func searchLocations(ctx context.Context, c *call) (a wire.Answer, err error) {
	if err := c.checkCompany(c.query("companyId")); err != nil {
		return wire.Answer{}, err
	}
	limit, broken := c.queryInt("limit", 10, 1, 1000)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	broken = append(broken, bad...)
	order := c.query("order")
	if order != "" && order != "asc" && order != "desc" {
		broken = append(broken, errs.Field{Name: "order", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, err := crm.FindLocations(ctx, tx, c.Actor(), c.query("email"), order == "desc", int(limit), int(skip))
		views := make([]locationView, len(list))
		for i := range list {
			views[i] = viewLocation(&list[i])
		}
		a = c.answer(fields{"locations": views})
		return err
	})
	return a, err
}

// listTimezones is GET /locations/{locationId}/timezones.
func listTimezones(_ context.Context, c *call) (wire.Answer, error) {
	return c.answer(fields{"timeZones": crm.Timezones()}), nil
}

// getCompany is GET /companies/{companyId}.
func getCompany(ctx context.Context, c *call) (a wire.Answer, err error) {
	if err := c.checkCompany(clean(c.Param("companyId"))); err != nil {
		return wire.Answer{}, err
	}
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		company, err := crm.CompanyByID(ctx, tx, c.Actor().CompanyID)
		if err != nil {
			return err
		}
		n, err := crm.CountLocations(ctx, tx, company.ID)
		a = c.answer(fields{"company": companyView{company.ID, company.Name, n, moment(company.CreatedAt), moment(company.UpdatedAt)}})
		return err
	})
	return a, err
}

// companyView is a company as HighLevel shows it (contract.md §15), of what Foyer
// knows of one.
type companyView struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	LocationCount int64  `json:"locationCount"`
	DateAdded     string `json:"dateAdded"`
	DateUpdated   string `json:"dateUpdated"`
}
