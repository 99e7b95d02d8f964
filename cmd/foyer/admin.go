package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
)

type adminCommand struct {
	Bootstrap   bootstrapCommand   `cmd:"" help:"Make, or show, a company, a location, an admin and one key for each API."`
	Companies   companiesCommand   `cmd:"" aliases:"company" help:"Companies: agencies and brokerages."`
	Locations   locationsCommand   `cmd:"" aliases:"location" help:"Locations: teams, each with its own contacts."`
	Users       usersCommand       `cmd:"" aliases:"user" help:"Users: the people of a company."`
	Notify      notifyCommand      `cmd:"" aliases:"notifications" help:"Notifications: what users are told of, and how."`
	Keys        keysCommand        `cmd:"" aliases:"key" help:"Keys: the credentials of the APIs."`
	Apps        appsCommand        `cmd:"" aliases:"app" help:"Apps: the OAuth 2.0 clients that people can let in."`
	Workflows   workflowsCommand   `cmd:"" aliases:"workflow" help:"Workflows: what a location does by itself."`
	Campaigns   campaignsCommand   `cmd:"" aliases:"campaign" help:"Campaigns: messages one after the other."`
	Snapshots   snapshotsCommand   `cmd:"" aliases:"snapshot" help:"Snapshots: what a location is set up with, for another one."`
	Webhooks    webhooksCommand    `cmd:"" aliases:"webhook" help:"Webhooks: who is told of what happens in a location."`
	Connections connectionsCommand `cmd:"" aliases:"connection" help:"Connections: systems outside that a location keeps in step with."`
	Hooks       hooksCommand       `cmd:"" aliases:"hook" help:"Hooks: addresses that providers send messages to which came in."`
	Blog        blogCommand        `cmd:"" help:"Blogs: sites, authors, categories."`
	LostReasons lostReasonsCommand `cmd:"" aliases:"lost-reason" help:"Lost reasons: why a location loses opportunities, in its own words."`
}

// admin is on every admin command.
type admin struct {
	store
	JSON bool `help:"Print JSON." name:"json"`
}

// step is what a command does in a transaction over all locations.
type step func(ctx context.Context, tx *db.Tx, v *auth.Vault) error

// write runs f in a transaction that is stored.
func (a *admin) write(o *out, f step) error { return a.transact(o, (*db.DB).Write, f) }

// read runs f in a transaction that only reads.
func (a *admin) read(o *out, f step) error { return a.transact(o, (*db.DB).Read, f) }

func (a *admin) transact(o *out, run func(*db.DB, context.Context, string, func(context.Context, *db.Tx) error) error, f step) (err error) {
	d, vault, err := app.OpenStore(o, a.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return run(d, o, db.System, func(ctx context.Context, tx *db.Tx) error { return f(ctx, tx, vault) })
}

// show prints v as JSON, or the rows as a table.
func (a *admin) show(o *out, v any, head string, rows ...[]string) error {
	if a.JSON {
		e := json.NewEncoder(o.stdout)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	w := tabwriter.NewWriter(o.stdout, 0, 4, 2, ' ', 0)
	if head != "" {
		_, _ = fmt.Fprintln(w, head)
	}
	for _, r := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	return w.Flush()
}

type bootstrapCommand struct {
	admin
	Rotate   bool   `help:"Give the admin a new password and each key a new secret; the old ones end at once."`
	Company  string `help:"Name of the company, if one is made." placeholder:"NAME"`
	Location string `help:"Name of the location, if one is made." placeholder:"NAME"`
	Timezone string `help:"Time zone of the location, as America/Phoenix, if one is made." placeholder:"ZONE"`
	Email    string `help:"E-mail address of the admin, if one is made." placeholder:"ADDRESS"`
}

// Run makes or shows the first credentials.
func (c *bootstrapCommand) Run(o *out) (err error) {
	d, vault, err := app.OpenStore(o, c.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	k, err := app.Bootstrap(o, d, vault, app.Names{Company: c.Company, Location: c.Location, Timezone: c.Timezone, Email: c.Email}, c.Rotate)
	if err != nil {
		return err
	}
	return c.show(o, k, "", credentialRows(k)...)
}

func credentialRows(k *app.Credentials) [][]string {
	or := func(s *string) string {
		if s == nil {
			return "(cannot be shown again; --rotate makes a new one)"
		}
		return *s
	}
	return [][]string{
		{"company", k.CompanyID}, {"location", k.LocationID}, {"sign-in", k.User.Email}, {"password", or(k.User.Password)},
		{"Radius secure-id", or(k.Radius.SecureID)}, {"Brokerkit token", or(k.Brokerkit.Token)},
		{"LionDesk APIKEY", or(k.LionDesk.APIKey)}, {"LionDesk USERKEY", or(k.LionDesk.UserKey)}, {"LionDesk personal USERKEY", or(k.LionDesk.PersonalUserKey)},
		{"HighLevel token", or(k.HighLevel.PrivateToken)}, {"HighLevel company token", or(k.HighLevel.CompanyToken)},
		{"OAuth client id", k.HighLevel.ClientID}, {"OAuth client secret", or(k.HighLevel.ClientSecret)}, {"OAuth redirect URI", k.HighLevel.RedirectURI},
	}
}

func inForce(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "in force"
}

// disabling is on every disable command.
type disabling struct {
	admin
	ID     string `arg:"" help:"Which one, by id."`
	Enable bool   `help:"Let it in again."`
}

func (c *disabling) run(o *out, f func(ctx context.Context, tx *db.Tx, id string, disabled bool) error) error {
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error { return f(ctx, tx, c.ID, !c.Enable) }); err != nil {
		return err
	}
	return c.show(o, map[string]any{"id": c.ID, "disabled": !c.Enable}, "", []string{c.ID, inForce(!c.Enable)})
}
