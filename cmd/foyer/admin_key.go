package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

type keysCommand struct {
	Create  keyCreate  `cmd:"" help:"Make a key; prints it once."`
	List    keyList    `cmd:"" help:"List the keys, without the secrets."`
	Show    keyShow    `cmd:"" help:"Show a key again, where its vendor's contract does (Radius, LionDesk USERKEY)."`
	Disable keyDisable `cmd:"" help:"Shut a key out (revoke); --enable lets it in again."`
	Rotate  keyRotate  `cmd:"" help:"Give a key a new secret; prints it once."`
}

type keyLine struct {
	ID         string    `json:"id"`
	LocationID string    `json:"locationId"`
	CompanyID  string    `json:"companyId,omitempty"`
	API        string    `json:"api"`
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	UserID     string    `json:"userId,omitempty"`
	PartnerID  string    `json:"partnerId,omitempty"`
	Scopes     []string  `json:"scopes"`
	Hint       string    `json:"hint"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	Disabled   bool      `json:"disabled"`
	Secret     *string   `json:"secret,omitempty"`
}

func lineOfKey(k *auth.Key) keyLine {
	return keyLine{ID: k.ID, LocationID: k.LocationID, CompanyID: k.CompanyID, API: k.API, Kind: k.Kind, Name: k.Name, UserID: k.UserID, PartnerID: k.PartnerID, Scopes: k.Scopes,
		Hint: k.Hint, CreatedAt: k.CreatedAt, LastUsedAt: k.LastUsedAt, ExpiresAt: k.ExpiresAt, Disabled: !k.DisabledAt.IsZero()}
}

const keyHead = "ID\tAPI\tKIND\tNAME\tENDS IN\tUSED\tSTATE\tSECRET"

func (l keyLine) row() []string {
	used, secret := "never", ""
	if !l.LastUsedAt.IsZero() {
		used = l.LastUsedAt.Format(time.DateTime)
	}
	if l.Secret != nil {
		secret = *l.Secret
	}
	return []string{l.ID, l.API, l.Kind, l.Name, "…" + l.Hint, used, inForce(l.Disabled), secret}
}

type keyCreate struct {
	admin
	API      string   `arg:"" help:"For which API: radius, liondesk, brokerkit or highlevel." enum:"radius,liondesk,brokerkit,highlevel"`
	Name     string   `help:"What people call it." placeholder:"NAME"`
	Location string   `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Company  string   `help:"HighLevel: a private token of a whole company, by id, in place of a location." placeholder:"ID"`
	Kind     string   `help:"LionDesk: partner (an APIKEY), user (the USERKEY by which --user authorises --partner), personal (a USERKEY for the APIKEY user)." enum:"access,partner,user,personal" default:"access"`
	User     string   `help:"The user it acts for, by id." placeholder:"ID"`
	Partner  string   `help:"LionDesk: the partner key that a user authorises, by id." placeholder:"ID"`
	ReadOnly bool     `help:"May read and not create."`
	Scopes   []string `help:"HighLevel: its scopes; all if left out." placeholder:"SCOPE"`
}

// Run makes a key.
func (c *keyCreate) Run(o *out) error {
	k := auth.Key{API: c.API, Kind: c.Kind, Name: c.Name, UserID: c.User, PartnerID: c.Partner, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}, CompanyID: c.Company}
	switch {
	case c.Company != "" && c.Location != "":
		return errors.New("a key is for a --location or for a --company")
	case c.API != auth.LionDesk && c.Kind != auth.KindAccess:
		return fmt.Errorf("a key for %s has no kind", c.API)
	case c.API == auth.LionDesk && c.Kind == auth.KindAccess:
		return errors.New("a LionDesk key is of --kind partner, user or personal")
	case c.Kind == auth.KindUser && (c.User == "" || c.Partner == ""):
		return errors.New("a USERKEY says which --user authorises which --partner")
	case c.Kind == auth.KindPersonal && c.User == "":
		return errors.New("a personal USERKEY says for which --user")
	case c.API != auth.HighLevel && len(c.Scopes) > 0:
		return fmt.Errorf("--scopes are HighLevel's: a key for %s is limited with --read-only", c.API)
	case c.API == auth.HighLevel && c.ReadOnly:
		return errors.New("--read-only is not for HighLevel: a key for it is limited with --scopes")
	case c.API == auth.HighLevel:
		k.Scopes = highlevel.Scopes()
		for _, scope := range c.Scopes {
			if !slices.Contains(k.Scopes, scope) {
				return fmt.Errorf("there is no scope %q: foyer operations lists them", scope)
			}
		}
		if len(c.Scopes) > 0 {
			k.Scopes = c.Scopes
		}
	case c.ReadOnly:
		k.Scopes = []string{auth.ScopeRead}
	}
	var l keyLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) (err error) {
		if k.CompanyID == "" {
			if k.LocationID, err = locationOr(ctx, tx, c.Location); err != nil {
				return err
			}
		}
		made, secret, err := v.AddKey(ctx, tx, k)
		if err != nil {
			return err
		}
		l = lineOfKey(made)
		l.Secret = &secret
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, l, keyHead, l.row())
}

type keyList struct {
	admin
	Location string `help:"Only those of a location, by id." placeholder:"ID"`
	API      string `help:"Only those of an API: radius, liondesk, brokerkit or highlevel." enum:",radius,liondesk,brokerkit,highlevel" default:"" placeholder:"API"`
}

// Run lists the keys.
func (c *keyList) Run(o *out) error {
	lines, rows := []keyLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		all, err := auth.Keys(ctx, tx, c.Location, c.API)
		for i := range all {
			l := lineOfKey(&all[i])
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, keyHead, rows...)
}

type keyShow struct {
	admin
	ID string `arg:"" help:"Which one, by id."`
}

// Run shows a key again where its contract does.
func (c *keyShow) Run(o *out) error {
	var l keyLine
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		k, err := auth.KeyByID(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		l = lineOfKey(k)
		secret, ok, err := v.RevealKey(k)
		if ok {
			l.Secret = &secret
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, l, keyHead, l.row())
}

type keyDisable struct{ disabling }

// Run disables a key.
func (c *keyDisable) Run(o *out) error { return c.run(o, auth.DisableKey) }

type keyRotate struct {
	admin
	ID      string        `arg:"" help:"Which one, by id."`
	Overlap time.Duration `help:"How long the old secret goes on working, as 168h for the week that HighLevel gives." default:"0s"`
}

// Run gives a key a new secret.
func (c *keyRotate) Run(o *out) error {
	if c.Overlap < 0 {
		return errors.New("--overlap cannot be negative")
	}
	var l keyLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		k, secret, err := v.RotateKey(ctx, tx, c.ID, c.Overlap)
		if err != nil {
			return err
		}
		l = lineOfKey(k)
		l.Secret = &secret
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, l, keyHead, l.row())
}
