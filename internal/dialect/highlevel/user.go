package highlevel

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// colleague is what a request says about a user (contract.md §11).
type colleague struct {
	firstName, lastName, email, phone, kind, role, photo, language *string
	password                                                       string
	locationIDs, scopes, assigned                                  []string // nil where they were not said
	permissions                                                    map[string]bool
	phones                                                         map[string]string
}

// languages are those that HighLevel shows itself in.
var languages = []string{"en_US", "es", "fr_CA", "fr_FR", "nl", "de", "pt_PT", "pt_BR", "it", "sv", "da", "fi", "no"}

// The bounds of a password, in characters. The longest keeps a request from
// costing more than any other.
const (
	shortestPassword = 8
	longestPassword  = 1000
)

// colleague reads a user.
func (c *call) colleague(isNew bool) (*colleague, error) {
	o, err := c.body()
	if err != nil {
		return nil, err
	}
	var broken []errs.Field
	if isNew {
		broken = need(o, "companyId", "firstName", "lastName", "email", "password", "type", "role")
		if !o.Has("locationIds") {
			broken = append(broken, errs.Field{Name: "locationIds", Rule: "array"})
		}
	}
	u := &colleague{firstName: said(o, "firstName", 255), lastName: said(o, "lastName", 255), email: said(o, "email", 1000), phone: said(o, "phone", 100),
		kind: said(o, "type", 40), role: said(o, "role", 40), photo: said(o, "profilePhoto", 2048), language: said(o, "platformLanguage", 10)}
	refuse := func(name, rule string, limit int) {
		broken = append(broken, errs.Field{Name: name, Rule: rule, Limit: limit})
	}
	if u.email != nil {
		if _, ok := norm.Email(*u.email); !ok && (*u.email != "" || !isNew) {
			refuse("email", "format", 0)
		}
	}
	choice := func(name string, v *string, of ...string) {
		if v != nil && *v != "" && !slices.Contains(of, *v) {
			refuse(name, "choice", 0)
		}
	}
	choice("type", u.kind, crm.AgencyUser, crm.AccountUser)
	choice("role", u.role, crm.AdminRole, crm.UserRole)
	choice("platformLanguage", u.language, languages...)
	if u.password = o.Raw("password"); u.password != "" && len(u.password) < shortestPassword {
		refuse("password", "shortest", shortestPassword)
	} else if len(u.password) > longestPassword {
		refuse("password", "length", longestPassword)
	}
	u.rights(o, refuse)
	o.Take("emailChangeOTP")
	if err := c.checkCompany(o.Text("companyId")); err != nil {
		return nil, err
	}
	return u, c.finish(o, broken)
}

// rights reads where a user works and what they may do there.
func (u *colleague) rights(o *wire.Object, refuse func(name, rule string, limit int)) {
	for _, l := range []struct {
		name string
		at   *[]string
	}{{"locationIds", &u.locationIDs}, {"scopes", &u.scopes}, {"scopesAssignedToOnly", &u.assigned}} {
		if !o.Has(l.name) {
			o.Take(l.name)
			continue
		}
		if *l.at = filled(o.List(l.name, ",")); len(*l.at) > mostFound {
			refuse(l.name, "items", mostFound)
		}
	}
	if list, ok := o.Object("permissions"); ok {
		u.permissions = map[string]bool{}
		for _, name := range list.Keys() {
			v, ok := list.Bool(name)
			switch {
			case !crm.IsPermission(name):
				list.Warn(name, "there is no such permission, left out")
			case ok:
				u.permissions[name] = v
			}
		}
	}
	if list, ok := o.Object("twilioPhone"); ok {
		u.phones = map[string]string{}
		for _, l := range list.Keys() {
			if phone := list.TextMax(l, 100); phone != "" && len(u.phones) < mostFound {
				u.phones[l] = phone
			}
		}
	}
}

// apply sets what was said.
func (u *colleague) apply(hash string) func(*crm.User) {
	return func(x *crm.User) {
		x.FirstName, x.LastName, x.Email, x.Phone = or(u.firstName, x.FirstName), or(u.lastName, x.LastName), or(u.email, x.Email), or(u.phone, x.Phone)
		if v := or(u.kind, ""); v != "" {
			x.Type = v
		}
		if v := or(u.role, ""); v != "" {
			x.Role = v
		}
		if hash != "" {
			x.PasswordHash = hash
		}
		p := &x.Profile
		p.Photo, p.Language = or(u.photo, p.Photo), or(u.language, p.Language)
		if u.scopes != nil {
			p.Scopes = u.scopes
		}
		if u.assigned != nil {
			p.AssignedScopes = u.assigned
		}
		if u.phones != nil {
			p.Phones = u.phones
		}
		if u.permissions == nil {
			return
		}
		all := x.Permissions()
		for name, v := range u.permissions {
			all[name] = v
		}
		p.Permissions = all
	}
}

// hash gives what to keep of the password, "" for none. It takes a while, so it
// is done before the transaction.
func (u *colleague) hash(ctx context.Context, c *call) (string, error) {
	if u.password == "" {
		return "", nil
	}
	return c.door.passwords.Hash(ctx, u.password)
}

// createUser is POST /users/.
func createUser(ctx context.Context, c *call) (wire.Answer, error) {
	u, err := c.colleague(true)
	if err != nil {
		return wire.Answer{}, err
	}
	hash, err := u.hash(ctx, c)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.WriteCompany(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		var x crm.User
		u.apply(hash)(&x)
		made, err := crm.CreateUser(ctx, tx, c.Actor(), x, u.locationIDs)
		if err != nil {
			return wire.Answer{}, c.userError(err)
		}
		return c.user(ctx, tx, made)
	})
}

// userError puts a taken e-mail address into HighLevel's words.
func (c *call) userError(err error) error {
	if e := errs.As(err); e.Code == "taken" {
		return errs.New(errs.Conflict, "A user with the same email address already exists.").WithCode("taken")
	}
	return err
}

func (c *call) userID() string { return clean(c.Param("userId")) }

// updateUser is PUT /users/{userId}: what was not said stays.
func updateUser(ctx context.Context, c *call) (wire.Answer, error) {
	u, err := c.colleague(false)
	if err != nil {
		return wire.Answer{}, err
	}
	hash, err := u.hash(ctx, c)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.writeBehind(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		changed, err := crm.AmendUser(ctx, tx, c.Actor(), c.userID(), u.apply(hash), u.locationIDs)
		if err != nil {
			return wire.Answer{}, c.userError(err)
		}
		return c.user(ctx, tx, changed)
	})
}

// deleteUser is DELETE /users/{userId}. HighLevel says that it takes some
// minutes; here it is done.
func deleteUser(ctx context.Context, c *call) (wire.Answer, error) {
	return c.writeBehind(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		u, err := crm.RemoveUser(ctx, tx, c.Actor(), c.userID())
		if err != nil {
			return wire.Answer{}, err
		}
		a := c.succeeded()
		a.Body.(fields)["message"] = "Queued deleting user with e-mail " + u.Email + " and name " + u.FullName() + ". Will take effect in a few minutes."
		return a, nil
	})
}

// getUser is GET /users/{userId}.
func getUser(ctx context.Context, c *call) (a wire.Answer, err error) {
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		u, err := crm.UserFor(ctx, tx, c.Actor(), c.userID())
		if err == nil {
			a, err = c.user(ctx, tx, u)
		}
		return err
	})
	return a, err
}

// listUsers is GET /users/, which HighLevel calls deprecated.
func listUsers(ctx context.Context, c *call) (wire.Answer, error) {
	return c.users(ctx, crm.UserQuery{Limit: 10_000}, false)
}

// searchUsers is GET /users/search.
func searchUsers(ctx context.Context, c *call) (wire.Answer, error) {
	if c.query("companyId") == "" {
		return wire.Answer{}, errs.InvalidFields(errs.Field{Name: "companyId", Rule: "defined"})
	}
	if err := c.checkCompany(c.query("companyId")); err != nil {
		return wire.Answer{}, err
	}
	limit, broken := c.queryInt("limit", 25, 1, mostFound)
	skip, bad := c.queryInt("skip", 0, 0, 1_000_000)
	broken = append(broken, bad...)
	q := crm.UserQuery{Text: c.query("query"), LocationID: c.query("locationId"), Type: c.query("type"), Role: c.query("role"), IDs: c.queryList("ids"), Limit: int(limit), Skip: int(skip)}
	if len(q.IDs) > mostFound {
		broken = append(broken, errs.Field{Name: "ids", Rule: "items", Limit: mostFound})
	}
	by, ok := map[string]string{"": "", "dateAdded": "createdAt", "createdAt": "createdAt", "dateUpdated": "updatedAt", "updatedAt": "updatedAt", "name": "name", "firstName": "name", "email": "email"}[c.query("sort")]
	if !ok {
		broken = append(broken, errs.Field{Name: "sort", Rule: "choice"})
	}
	q.By, q.Desc = by, c.query("sortDirection") == "desc"
	if c.query("enabled2waySync") != "" {
		c.Warn("enabled2waySync", "not kept by Foyer, left out")
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	return c.users(ctx, q, true)
}

// filterUsers is POST /users/search/filter-by-email: exact addresses, as one
// text with commas.
func filterUsers(ctx context.Context, c *call) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	s := search{c: c}
	q := crm.UserQuery{Emails: o.List("emails", ","), Limit: int(s.number(o, "limit", 25, mostFound)), Skip: int(s.from(o, "skip"))}
	broken := append(need(o, "companyId"), s.broken...)
	switch {
	case len(q.Emails) == 0:
		broken = append(broken, errs.Field{Name: "emails", Rule: "string"})
	case len(q.Emails) > mostFound:
		broken = append(broken, errs.Field{Name: "emails", Rule: "items", Limit: mostFound})
	}
	if deleted := saidBool(o, "deleted"); deleted != nil {
		q.Deleted = *deleted
	}
	whole := o.TextMax("projection", 1000) == "all"
	if err := c.checkCompany(o.Text("companyId")); err != nil {
		return wire.Answer{}, err
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	if whole {
		return c.users(ctx, q, true)
	}
	var a wire.Answer
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, total, err := crm.FindUsers(ctx, tx, c.Actor(), q)
		short := make([]fields, len(list))
		for i := range list {
			short[i] = fields{"id": list[i].ID, "email": list[i].Email}
		}
		a = c.answer(fields{"users": short, "count": total})
		return err
	})
	return a, err
}

// users answers with the users that a query selects, and how many there are.
func (c *call) users(ctx context.Context, q crm.UserQuery, count bool) (a wire.Answer, err error) {
	err = c.ReadCompany(ctx, func(ctx context.Context, tx *db.Tx) error {
		if q.LocationID != "" {
			if _, err := crm.LocationFor(ctx, tx, c.Actor(), q.LocationID); err != nil {
				return err
			}
		}
		list, total, err := crm.FindUsers(ctx, tx, c.Actor(), q)
		if err != nil {
			return err
		}
		views, err := c.viewUsers(ctx, tx, list)
		f := fields{"users": views}
		if count {
			f["count"] = total
		}
		a = c.answer(f)
		return err
	})
	return a, err
}

// user answers with one user, flat.
func (c *call) user(ctx context.Context, tx *db.Tx, u *crm.User) (wire.Answer, error) {
	views, err := c.viewUsers(ctx, tx, []crm.User{*u})
	if err != nil {
		return wire.Answer{}, err
	}
	v := views[0]
	v.TraceID = c.ID
	return wire.Answer{Status: c.op.Success, Body: v}, nil
}

// userView is a user as HighLevel shows them.
type userView struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	FirstName        string            `json:"firstName"`
	LastName         string            `json:"lastName"`
	Email            string            `json:"email"`
	Phone            string            `json:"phone,omitempty"`
	Extension        string            `json:"extension"`
	Permissions      map[string]bool   `json:"permissions"`
	Scopes           []string          `json:"scopes,omitempty"`
	AssignedScopes   []string          `json:"scopesAssignedToOnly,omitempty"`
	Roles            roles             `json:"roles"`
	ProfilePhoto     string            `json:"profilePhoto,omitempty"`
	Phones           map[string]string `json:"lcPhone,omitempty"`
	PlatformLanguage string            `json:"platformLanguage,omitempty"`
	Deleted          bool              `json:"deleted"`
	DateAdded        string            `json:"dateAdded"`
	DateUpdated      string            `json:"dateUpdated"`
	TraceID          string            `json:"traceId,omitempty"`
}

type roles struct {
	Type        string   `json:"type"`
	Role        string   `json:"role"`
	LocationIDs []string `json:"locationIds"`
}

// viewUsers shows users, each with the locations that the token reaches too.
func (c *call) viewUsers(ctx context.Context, tx *db.Tx, list []crm.User) ([]userView, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	places, err := crm.UserPlaces(ctx, tx, c.Actor(), ids)
	if err != nil {
		return nil, err
	}
	views := make([]userView, len(list))
	for i := range list {
		u := &list[i]
		views[i] = userView{ID: u.ID, Name: u.FullName(), FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Phone: u.Phone, Extension: u.Profile.Extension,
			Permissions: u.Permissions(), Scopes: u.Profile.Scopes, AssignedScopes: u.Profile.AssignedScopes, Roles: roles{u.Type, u.Role, filled(places[u.ID])},
			ProfilePhoto: u.Profile.Photo, Phones: u.Profile.Phones, PlatformLanguage: u.Profile.Language, Deleted: !u.DeletedAt.IsZero(),
			DateAdded: moment(u.CreatedAt), DateUpdated: moment(u.UpdatedAt)}
	}
	return views, nil
}
