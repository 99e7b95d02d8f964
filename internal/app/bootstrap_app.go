package app

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// The app that Bootstrap makes: what it is called and found again by, and where
// a program on this machine takes its code.
const (
	bootstrapApp = "Foyer bootstrap"
	redirectURI  = "http://127.0.0.1:8090/oauth/callback"
)

// firstApp finds or makes an OAuth app with its company's token.
func firstApp(ctx context.Context, tx *db.Tx, v *auth.Vault, c *Credentials, rotate bool) error {
	a, err := appNamed(ctx, tx, c.CompanyID)
	if err != nil {
		return err
	}
	secret := ""
	switch {
	case a == nil:
		a, secret, err = v.AddApp(ctx, tx, auth.App{CompanyID: c.CompanyID, Name: bootstrapApp, RedirectURIs: []string{redirectURI}, Scopes: highlevel.Scopes(), Credentials: true})
	case rotate:
		a, secret, err = v.RotateApp(ctx, tx, a.ID, 0)
	}
	if err != nil {
		return err
	}
	c.HighLevel.ClientID, c.HighLevel.RedirectURI = a.ID, redirectURI
	if secret != "" {
		c.HighLevel.ClientSecret = &secret
	}
	has, err := auth.HasCompanyToken(ctx, tx, a)
	if err != nil || has && !rotate {
		return err
	}
	token, err := v.CompanyToken(ctx, tx, a, c.User.ID)
	if err != nil {
		return err
	}
	c.HighLevel.CompanyToken = &token
	return nil
}

func appNamed(ctx context.Context, tx *db.Tx, companyID string) (*auth.App, error) {
	all, err := auth.Apps(ctx, tx, companyID)
	for i := range all {
		if all[i].Name == bootstrapApp && all[i].DisabledAt.IsZero() {
			return &all[i], nil
		}
	}
	return nil, err
}
