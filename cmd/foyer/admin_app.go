package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/webhook"
)

type appsCommand struct {
	Create  appCreate  `cmd:"" help:"Register an app; prints its secret once."`
	List    appList    `cmd:"" help:"List the apps, without the secrets."`
	Show    appShow    `cmd:"" help:"Show an app, without its secret."`
	Rotate  appRotate  `cmd:"" help:"Give an app a new secret; prints it once."`
	Webhook appWebhook `cmd:"" help:"Change where an app is told of what happens."`
	Disable appDisable `cmd:"" help:"Shut an app and all its tokens out; --enable lets it in again."`

	Uninstall appUninstall `cmd:"" help:"Show an app out of a location, or of a whole company: its tokens end."`
}

type appLine struct {
	ClientID          string    `json:"clientId"`
	AppID             string    `json:"appId"`
	ClientSecret      *string   `json:"clientSecret,omitempty"`
	Name              string    `json:"name"`
	CompanyID         string    `json:"companyId,omitempty"`
	Public            bool      `json:"public"`
	ClientCredentials bool      `json:"clientCredentials"`
	RedirectURIs      []string  `json:"redirectUris"`
	Scopes            []string  `json:"scopes"`
	WebhookURL        string    `json:"webhookUrl,omitempty"`
	WebhookEvents     []string  `json:"webhookEvents,omitempty"`
	Hint              string    `json:"hint"`
	CreatedAt         time.Time `json:"createdAt"`
	Disabled          bool      `json:"disabled"`
}

func lineOfApp(a *auth.App, secret string) appLine {
	l := appLine{ClientID: a.ID, AppID: a.AppID(), Name: a.Name, CompanyID: a.CompanyID, Public: a.Public, ClientCredentials: a.Credentials,
		RedirectURIs: a.RedirectURIs, Scopes: a.Scopes, WebhookURL: a.WebhookURL, WebhookEvents: a.WebhookEvents, Hint: a.Hint, CreatedAt: a.CreatedAt, Disabled: !a.DisabledAt.IsZero()}
	if secret != "" {
		l.ClientSecret = &secret
	}
	return l
}

const appHead = "CLIENT ID\tNAME\tREDIRECT URIS\tENDS IN\tSTATE\tSECRET"

func (l appLine) row() []string {
	ends, secret := "…"+l.Hint, ""
	if l.Public {
		ends = "(none)"
	}
	if l.ClientSecret != nil {
		secret = *l.ClientSecret
	}
	return []string{l.ClientID, l.Name, strings.Join(l.RedirectURIs, " "), ends, inForce(l.Disabled), secret}
}

type appCreate struct {
	admin
	Name              string   `arg:"" help:"What people are told that asks to be let in."`
	RedirectURI       []string `help:"Where it takes its code; https, or http on 127.0.0.1. Counts character for character; may be given several times." name:"redirect-uri" placeholder:"URI" sep:"none" required:""`
	Scopes            []string `help:"What it may ask for; all if left out." placeholder:"SCOPE"`
	Company           string   `help:"The company it is for, by id; people of every company can let it in if left out." placeholder:"ID"`
	Public            bool     `help:"It cannot keep a secret and gets none: it must use PKCE."`
	WebhookURL        string   `help:"Where it is told of what happens where it is in." name:"webhook-url" placeholder:"URL"`
	WebhookEvents     []string `help:"What it is told of, as ContactCreate; all if left out." name:"webhook-events" placeholder:"TYPE"`
	ClientCredentials bool     `help:"It may ask for a token of its company without a person."`
}

// Run registers an app.
func (c *appCreate) Run(o *out) error {
	scopes := highlevel.Scopes()
	for _, s := range c.Scopes {
		if !slices.Contains(scopes, s) {
			return fmt.Errorf("there is no scope %q: foyer operations lists them", s)
		}
	}
	if len(c.Scopes) > 0 {
		scopes = c.Scopes
	}
	if err := checkWebhook(c.WebhookURL, c.WebhookEvents); err != nil {
		return err
	}
	return c.one(o, (*admin).write, func(ctx context.Context, tx *db.Tx, v *auth.Vault) (*auth.App, string, error) {
		return v.AddApp(ctx, tx, auth.App{Name: c.Name, CompanyID: c.Company, Public: c.Public, Credentials: c.ClientCredentials, RedirectURIs: c.RedirectURI, Scopes: scopes, WebhookURL: c.WebhookURL, WebhookEvents: c.WebhookEvents})
	})
}

// one shows the app that f gives.
func (a *admin) one(o *out, run func(*admin, *out, step) error, f func(context.Context, *db.Tx, *auth.Vault) (*auth.App, string, error)) error {
	var l appLine
	if err := run(a, o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		made, secret, err := f(ctx, tx, v)
		if err == nil {
			l = lineOfApp(made, secret)
		}
		return err
	}); err != nil {
		return err
	}
	return a.show(o, l, appHead, l.row())
}

type appList struct {
	admin
	Company string `help:"Only those of a company, by id." placeholder:"ID"`
}

// Run lists the apps.
func (c *appList) Run(o *out) error {
	lines, rows := []appLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		all, err := auth.Apps(ctx, tx, c.Company)
		for i := range all {
			l := lineOfApp(&all[i], "")
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, appHead, rows...)
}

type appShow struct {
	admin
	ID string `arg:"" help:"Which one, by client id."`
}

// Run shows an app.
func (c *appShow) Run(o *out) error {
	return c.one(o, (*admin).read, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (*auth.App, string, error) {
		a, err := auth.AppByID(ctx, tx, c.ID)
		return a, "", err
	})
}

type appRotate struct {
	admin
	ID      string        `arg:"" help:"Which one, by client id."`
	Overlap time.Duration `help:"How long the old secret goes on working, as 168h." default:"0s"`
}

// Run gives an app a new secret.
func (c *appRotate) Run(o *out) error {
	if c.Overlap < 0 {
		return errors.New("--overlap cannot be negative")
	}
	return c.one(o, (*admin).write, func(ctx context.Context, tx *db.Tx, v *auth.Vault) (*auth.App, string, error) {
		return v.RotateApp(ctx, tx, c.ID, c.Overlap)
	})
}

type appDisable struct{ disabling }

// Run disables an app.
func (c *appDisable) Run(o *out) error { return c.run(o, auth.DisableApp) }

type appUninstall struct {
	admin
	ID       string `arg:"" help:"Which one, by client id."`
	Location string `help:"Out of this location only, by id." placeholder:"ID"`
	Company  string `help:"Out of this company with all its locations, by id." placeholder:"ID"`
}

// Run shows an app out.
func (c *appUninstall) Run(o *out) error {
	if (c.Location == "") == (c.Company == "") {
		return errors.New("say out of which --location or which --company")
	}
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		company := c.Company
		if c.Location != "" {
			l, err := crm.LocationByID(ctx, tx, c.Location)
			if err != nil {
				return err
			}
			company = l.CompanyID
		}
		return auth.Uninstall(ctx, tx, c.ID, company, c.Location)
	}); err != nil {
		return err
	}
	return c.show(o, map[string]any{"clientId": c.ID, "uninstalled": true}, "", []string{c.ID, "uninstalled"})
}

// checkWebhook refuses an address that no webhook can go to, and types that are
// never told.
func checkWebhook(address string, types []string) error {
	if address != "" {
		if err := webhook.CheckURL(address); err != nil {
			return err
		}
	}
	for _, t := range types {
		if !slices.Contains(highlevel.WebhookTypes(), t) {
			return fmt.Errorf("nothing is told as %q; what is: %s", t, strings.Join(highlevel.WebhookTypes(), " "))
		}
	}
	return nil
}

type appWebhook struct {
	admin
	Client string   `arg:"" help:"Client id of the app."`
	URL    string   `arg:"" optional:"" help:"Where it is told; nowhere any more if left out."`
	Events []string `help:"What it is told of, as ContactCreate; all if left out." placeholder:"TYPE"`
}

// Run changes the webhook of an app.
func (c *appWebhook) Run(o *out) error {
	if err := checkWebhook(c.URL, c.Events); err != nil {
		return err
	}
	return c.one(o, (*admin).write, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (*auth.App, string, error) {
		a, err := auth.SetAppWebhook(ctx, tx, c.Client, c.URL, c.Events)
		return a, "", err
	})
}
