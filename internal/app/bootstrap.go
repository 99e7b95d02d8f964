package app

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/id"
)

// Credentials are what a newcomer needs to sign in and to call each API. A
// secret that cannot be shown any more is nil.
type Credentials struct {
	CompanyID  string `json:"companyId"`
	LocationID string `json:"locationId"`
	User       struct {
		ID       string  `json:"id"`
		Email    string  `json:"email"`
		Password *string `json:"password"`
	} `json:"user"`
	Radius struct {
		SecureID *string `json:"secureId"`
	} `json:"radius"`
	Brokerkit struct {
		Token *string `json:"token"`
	} `json:"brokerkit"`
	LionDesk struct {
		APIKey          *string `json:"apiKey"`
		UserKey         *string `json:"userKey"`
		PersonalUserKey *string `json:"personalUserKey"`
	} `json:"liondesk"`
	HighLevel struct {
		PrivateToken *string `json:"privateToken"`
		CompanyToken *string `json:"companyToken"` // of the app, for the whole company; it does not expire
		ClientID     string  `json:"clientId"`
		ClientSecret *string `json:"clientSecret"`
		RedirectURI  string  `json:"redirectUri"`
	} `json:"highlevel"`
}

// Names are what Bootstrap calls the things it makes. Empty ones have defaults.
type Names struct {
	Company, Location, Timezone, Email, FirstName, LastName string
}

// bootstrapNames are what the keys that Bootstrap makes are called, and found
// again by. A LionDesk partner's name is also the source of its leads.
var bootstrapNames = map[string]string{auth.Radius: "Radius", auth.Brokerkit: "Brokerkit", auth.LionDesk: "LionDesk", auth.HighLevel: "HighLevel"}

// Bootstrap makes a company, a location, an admin user and a credential for
// each API where there is none, and shows what it can of those that are there.
// rotate gives all of them new secrets. It is one transaction: whole or not.
func Bootstrap(ctx context.Context, d *db.DB, v *auth.Vault, n Names, rotate bool) (*Credentials, error) {
	password := id.Secret(20)
	hash, err := auth.NewPasswords().Hash(ctx, password) // before the transaction: it takes a while
	if err != nil {
		return nil, err
	}
	var out *Credentials
	err = d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		c := &Credentials{}
		user, err := firstUser(ctx, tx, c, n, hash)
		if err != nil {
			return err
		}
		if user.PasswordHash == hash {
			c.User.Password = &password
		} else if rotate {
			if _, err := crm.ChangeUser(ctx, tx, user.ID, func(u *crm.User) { u.PasswordHash = hash }); err != nil {
				return err
			}
			c.User.Password = &password
		}
		out = c
		if err := firstKeys(ctx, tx, v, c, rotate); err != nil {
			return err
		}
		return firstApp(ctx, tx, v, c, rotate)
	})
	return out, err
}

// firstUser finds or makes the company, the location and the admin.
func firstUser(ctx context.Context, tx *db.Tx, c *Credentials, n Names, hash string) (*crm.User, error) {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	all, err := crm.Companies(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		company, err := crm.AddCompany(ctx, tx, or(n.Company, "My Agency"))
		if err != nil {
			return nil, err
		}
		all = append(all, *company)
	}
	c.CompanyID = all[0].ID
	places, err := crm.Locations(ctx, tx, c.CompanyID)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 {
		l, err := crm.AddLocation(ctx, tx, c.CompanyID, or(n.Location, "Main Office"), n.Timezone)
		if err != nil {
			return nil, err
		}
		places = append(places, *l)
	}
	c.LocationID = places[0].ID
	people, err := crm.Users(ctx, tx, c.LocationID)
	if err != nil {
		return nil, err
	}
	for i := range people {
		if people[i].Admin {
			c.User.ID, c.User.Email = people[i].ID, people[i].Email
			return &people[i], nil
		}
	}
	u, err := crm.AddUser(ctx, tx, crm.User{CompanyID: c.CompanyID, Email: or(n.Email, "admin@foyer.example"), PasswordHash: hash,
		FirstName: or(n.FirstName, "Foyer"), LastName: or(n.LastName, "Admin"), Timezone: n.Timezone, Admin: true})
	if err != nil {
		return nil, err
	}
	c.User.ID, c.User.Email = u.ID, u.Email
	return u, crm.Join(ctx, tx, c.LocationID, u.ID, true)
}

// firstKeys finds or makes a key for each API.
func firstKeys(ctx context.Context, tx *db.Tx, v *auth.Vault, c *Credentials, rotate bool) error {
	have, err := auth.Keys(ctx, tx, c.LocationID, "")
	if err != nil {
		return err
	}
	both := []string{auth.ScopeRead, auth.ScopeCreate}
	partner := ""
	for _, want := range []struct {
		key  auth.Key
		show **string
	}{
		{auth.Key{API: auth.Radius, Scopes: both}, &c.Radius.SecureID},
		{auth.Key{API: auth.Brokerkit, Scopes: both}, &c.Brokerkit.Token},
		{auth.Key{API: auth.LionDesk, Kind: auth.KindPartner, Scopes: both}, &c.LionDesk.APIKey},
		{auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: c.User.ID, Scopes: both}, &c.LionDesk.UserKey},
		{auth.Key{API: auth.LionDesk, Kind: auth.KindPersonal, UserID: c.User.ID, Scopes: both}, &c.LionDesk.PersonalUserKey},
		{auth.Key{API: auth.HighLevel, Scopes: highlevel.Scopes()}, &c.HighLevel.PrivateToken},
	} {
		want.key.LocationID, want.key.Name = c.LocationID, bootstrapNames[want.key.API]
		if want.key.Kind == "" {
			want.key.Kind = auth.KindAccess
		}
		if want.key.Kind == auth.KindUser {
			want.key.PartnerID = partner
		}
		k, secret, err := findOrMake(ctx, tx, v, have, want.key, rotate)
		if err != nil {
			return err
		}
		if k.Kind == auth.KindPartner {
			partner = k.ID
		}
		if secret != "" {
			*want.show = &secret
		}
	}
	return nil
}

func findOrMake(ctx context.Context, tx *db.Tx, v *auth.Vault, have []auth.Key, want auth.Key, rotate bool) (*auth.Key, string, error) {
	for i := range have {
		k := &have[i]
		// one of a user or a partner who is shut out would open nothing
		if k.API != want.API || k.Kind != want.Kind || k.Name != want.Name || k.UserID != want.UserID || k.PartnerID != want.PartnerID || !k.DisabledAt.IsZero() {
			continue
		}
		if rotate {
			return v.RotateKey(ctx, tx, k.ID, 0)
		}
		secret, _, err := v.RevealKey(k)
		return k, secret, err
	}
	return v.AddKey(ctx, tx, want)
}
