package auth

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// The app that Bootstrap makes: what it is called and found again by, and where
// a program on this machine takes its code.
const (
	bootstrapApp = "Foyer bootstrap"
	redirectURI  = "http://127.0.0.1:8090/oauth/callback"
)

// firstApp finds or makes an OAuth app with its company's token.
func firstApp(ctx context.Context, tx *db.Tx, v *Vault, c *Credentials, scopes []string, rotate bool) error {
	a, err := appNamed(ctx, tx, c.CompanyID)
	if err != nil {
		return err
	}
	secret := ""
	switch {
	case a == nil:
		a, secret, err = v.AddApp(ctx, tx, App{CompanyID: c.CompanyID, Name: bootstrapApp, RedirectURIs: []string{redirectURI}, Scopes: scopes, Credentials: true})
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
	has, err := HasCompanyToken(ctx, tx, a)
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

func appNamed(ctx context.Context, tx *db.Tx, companyID string) (*App, error) {
	all, err := Apps(ctx, tx, companyID)
	for i := range all {
		if all[i].Name == bootstrapApp && all[i].DisabledAt.IsZero() {
			return &all[i], nil
		}
	}
	return nil, err
}
