package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
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

	// Password is the first user's, PasswordHash what Passwords made of it; one is
	// made up where none is given.
	Password, PasswordHash string
}

// bootstrapNames are what the keys that Bootstrap makes are called, and found
// again by. A LionDesk partner's name is also the source of its leads.
var bootstrapNames = map[string]string{Radius: "Radius", Brokerkit: "Brokerkit", LionDesk: "LionDesk", HighLevel: "HighLevel"}

// Bootstrap makes a company, a location, an admin user and a credential for
// each API where there is none, and shows what it can of those that are there.
// rotate gives all of them new secrets. It is one transaction: whole or not.
// scopes are those of HighLevel's keys.
func Bootstrap(ctx context.Context, d *db.DB, v *Vault, scopes []string, n Names, rotate bool) (*Credentials, error) {
	password, hash := n.Password, n.PasswordHash
	if hash == "" {
		var err error
		password = id.Secret(20)
		if hash, err = NewPasswords().Hash(ctx, password); err != nil { // before the transaction: it takes a while
			return nil, err
		}
	}
	var out *Credentials
	err := d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
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
		if err := FirstKeys(ctx, tx, v, c, scopes, rotate); err != nil {
			return err
		}
		return firstApp(ctx, tx, v, c, scopes, rotate)
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

// SetupCode is what lets somebody in at a server without users: whoever runs the
// server sees it, and nobody else on its network. It is the same on every node and
// after every start, until there is a user.
func (v *Vault) SetupCode() string {
	const size = 10 // bytes
	s := base32.StdEncoding.EncodeToString(v.Derive("set-up code")[:size])
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, "-")
}

// Found makes the company, the location and the admin of a server that has no
// users, for who knows its set-up code. Unauthorized for a wrong code, Limited
// after too many, Conflict where somebody is already.
func (d *Desk) Found(ctx context.Context, p *Passwords, n Names, code, password string, from Browser) (c *Credentials, cookie string, err error) {
	if err := d.try(ctx, []tryLimit{{d.vault.Hash("tries set-up", from.Address), 20}, {d.vault.Hash("tries set-up", ""), 200}}); err != nil {
		return nil, "", err
	}
	plain := func(s string) string {
		return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s))
	}
	if subtle.ConstantTimeCompare([]byte(plain(code)), []byte(plain(d.vault.SetupCode()))) != 1 {
		return nil, "", unauthorized()
	}
	if err := CheckPassword(password, n.Email); err != nil {
		return nil, "", err
	}
	hash, err := p.Hash(ctx, password)
	if err != nil {
		return nil, "", err
	}
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		there, err := crm.AnyUser(ctx, tx)
		if err == nil && there {
			err = errs.New(errs.Conflict, "This server has users already")
		}
		if err != nil {
			return err
		}
		// of two at once, one writes this
		first, err := tx.Exec(ctx, "INSERT INTO server_keys (id, sealed, created_at) VALUES ('founded', '', $1) ON CONFLICT DO NOTHING", tx.Now().UnixMilli())
		if err == nil && first == 0 {
			err = errs.New(errs.Conflict, "This server has users already")
		}
		if err != nil {
			return err
		}
		c = &Credentials{}
		u, err := firstUser(ctx, tx, c, n, hash)
		if err != nil {
			return err
		}
		cookie, err = d.newSession(ctx, tx, u, from)
		return err
	})
	return c, cookie, err
}

// FirstKeys finds or makes the keys of the location and user of c: of some APIs,
// or of each.
func FirstKeys(ctx context.Context, tx *db.Tx, v *Vault, c *Credentials, scopes []string, rotate bool, apis ...string) error {
	have, err := Keys(ctx, tx, c.LocationID, "")
	if err != nil {
		return err
	}
	both := []string{ScopeRead, ScopeCreate}
	partner := ""
	for _, want := range []struct {
		key  Key
		show **string
	}{
		{Key{API: Radius, Scopes: both}, &c.Radius.SecureID},
		{Key{API: Brokerkit, Scopes: both}, &c.Brokerkit.Token},
		{Key{API: LionDesk, Kind: KindPartner, Scopes: both}, &c.LionDesk.APIKey},
		{Key{API: LionDesk, Kind: KindUser, UserID: c.User.ID, Scopes: both}, &c.LionDesk.UserKey},
		{Key{API: LionDesk, Kind: KindPersonal, UserID: c.User.ID, Scopes: both}, &c.LionDesk.PersonalUserKey},
		{Key{API: HighLevel, Scopes: scopes}, &c.HighLevel.PrivateToken},
	} {
		if len(apis) > 0 && !slices.Contains(apis, want.key.API) {
			continue
		}
		want.key.LocationID, want.key.Name = c.LocationID, bootstrapNames[want.key.API]
		if want.key.Kind == "" {
			want.key.Kind = KindAccess
		}
		if want.key.Kind == KindUser {
			want.key.PartnerID = partner
		}
		k, secret, err := findOrMake(ctx, tx, v, have, want.key, rotate)
		if err != nil {
			return err
		}
		if k.Kind == KindPartner {
			partner = k.ID
		}
		if secret != "" {
			*want.show = &secret
		}
	}
	return nil
}

func findOrMake(ctx context.Context, tx *db.Tx, v *Vault, have []Key, want Key, rotate bool) (*Key, string, error) {
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
