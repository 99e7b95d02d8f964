// Package app puts Foyer together: configuration, one readable wiring, start
// and stop.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/brokerkit"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/dialect/liondesk"
	"github.com/foyer-crm/foyer/internal/dialect/radius"
	"github.com/foyer-crm/foyer/internal/exporter"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/importer"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/notice"
	"github.com/foyer-crm/foyer/internal/report"
	"github.com/foyer-crm/foyer/internal/stream"
	"github.com/foyer-crm/foyer/internal/ui"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Store says where the data lives. The zero value is ./foyer-data.
type Store struct {
	Data        string // folder of the SQLite database and the master key
	DatabaseURL string // postgres://…; set, the contacts live there
	Schema      string // PostgreSQL schema, for tests
	Strict      bool   // check every statement for its tenant, for tests
}

// Config is what an App needs to know.
type Config struct {
	Store
	Log      *slog.Logger
	Registry *prometheus.Registry
	Trusted  []*net.IPNet // proxies whose X-Forwarded-For is believed
	Origins  []string     // pages that may call the APIs from a browser
	SMTP     string       // smtp://user:password@host:port; "" sends nothing
	MailFrom string
	SMS      string // https://ACCOUNT:TOKEN@host?from=NUMBER, in Twilio's shape; "" sends nothing
	IMAP     string // imaps://user:password@host/INBOX, the mailbox that answers come to; "" reads none
	// IMAPLocation is the location of mail that answers nothing; "" is the first one.
	IMAPLocation string
	// HighLevelVersion makes a HighLevel request without a Version header an
	// error, as the original does.
	HighLevelVersion bool
	HighLevelStrict  bool        // refuse properties it does not know, as the original does
	HighLevelLimit   bool        // hold a token to HighLevel's rate limits
	HighLevelLimits  auth.Limits // other ones than HighLevel's own
	// AllowPrivate lets webhooks go to this machine and to private networks too.
	AllowPrivate bool
	// UploadMost is how large a file can be that is imported by a browser, in
	// bytes; 0 for a gigabyte.
	UploadMost int64
	PublicURL  string // the address that people and apps outside know; "" is the one a request was sent to
}

// App is a whole Foyer without its listeners. Use Open.
type App struct {
	DB     *db.DB
	Vault  *auth.Vault
	Desk   *auth.Desk
	House  *wire.House
	Jobs   *jobs.Runner
	Follow *follow.Follower
	Carry  message.Providers
	Hooks  *webhook.Engine
	Flows  *workflow.Engine
	Bridge *connect.Engine
	Files  *importer.Worker // of people, that are brought in by a browser
	Links  *message.Links   // at which people say no to more mail
	Mail   *message.Mailbox // that is read; nil for none
	Stream *stream.Streams
	Pages  *ui.Pages
	keys   *webhook.Keys
	log    *slog.Logger
}

// OpenStore opens the database and the master key that belongs to it.
func OpenStore(ctx context.Context, s Store, log *slog.Logger) (*db.DB, *auth.Vault, error) {
	if s.Data == "" {
		return nil, nil, errors.New("no data folder given")
	}
	d, err := db.Open(ctx, db.Options{Dir: s.Data, URL: s.DatabaseURL, Schema: s.Schema, Strict: s.Strict, Log: log})
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(s.Data, "foyer.key")
	vault, fresh, err := auth.OpenVault(file)
	if err == nil {
		err = auth.CheckMasterKey(ctx, d, vault, fresh)
		if fresh && errors.Is(err, auth.ErrMasterKey) {
			// the next start must not take it for the right one
			err = errors.Join(err, os.Remove(file))
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, vault, nil
}

// Open puts an App together. Close it when done.
func Open(ctx context.Context, c Config) (*App, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	carry, sender, err := message.NewProviders(c.SMTP, c.MailFrom, c.SMS)
	if err != nil {
		return nil, err
	}
	d, vault, err := OpenStore(ctx, c.Store, c.Log)
	if err != nil {
		return nil, err
	}
	a := &App{DB: d, Vault: vault, Desk: auth.NewDesk(d, vault), Jobs: jobs.New(d, c.Log), Carry: carry, Links: message.NewLinks(vault, c.PublicURL), log: c.Log}
	base := wire.Base(c.PublicURL)
	a.Follow = follow.New(d, a.Jobs, c.Log)
	a.Stream = stream.New(d, a.Desk, a.Follow, base, c.Log)
	like := highlevel.Options{RequireVersion: c.HighLevelVersion, Strict: c.HighLevelStrict, RateLimit: c.HighLevelLimit, Limits: c.HighLevelLimits, Base: base}
	me, err := ui.Me(base)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	a.House, err = wire.NewHouse(wire.Options{DB: d, Desk: a.Desk, Log: c.Log, Registry: c.Registry, Trusted: c.Trusted, Origins: c.Origins},
		// The doors, in one list. All live on one address at their original paths.
		radius.Door(),
		liondesk.Door(),
		brokerkit.Door(),
		highlevel.Door(like),
		highlevel.TriggersDoor(like),
		highlevel.OAuthDoor(base),
		a.Stream.Door(),
		me,
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mounting the doors: %w", err), d.Close())
	}
	message.Deliver(d, carry, a.Jobs, vault, c.PublicURL)
	message.Notify(d, sender, a.Jobs)
	crm.Sweeps(d, a.Jobs)
	crm.Leaves(d, a.Jobs)
	crm.Erasures(d, a.Jobs)
	conversation.Wakes(d, a.Jobs)
	a.Follow.Handle(DuplicatesReader, a.suggestDuplicates)
	a.Follow.Handle(report.ReaderName, report.Reader(d))
	a.keys = webhook.NewKeys(d, vault)
	a.Hooks = webhook.New(webhook.Options{DB: d, Vault: vault, Out: webhook.Client(c.AllowPrivate), Vendor: highlevel.NewWebhooks(a.keys), Log: c.Log, Tell: a.logDisabled})
	a.Follow.HandlePrompt(a.Hooks.Prompt())
	a.Flows = workflow.New(workflow.Options{DB: d, Jobs: a.Jobs, Out: webhook.Client(c.AllowPrivate), Log: c.Log, Unsubscribe: a.Links.Link})
	a.Follow.HandlePrompt(a.Flows.Prompt())
	a.Bridge = connect.New(connect.Options{DB: d, Vault: vault, Kinds: Systems(c.AllowPrivate), Grants: Grants(c.AllowPrivate), Log: c.Log})
	a.Follow.HandlePrompt(a.Bridge.Prompt())
	c.Registry.MustRegister(newBridgeMetrics(a.Bridge))
	a.Follow.HandlePrompt(notice.New(d, a.Jobs).Prompt())
	a.Files = importer.NewWorker(importer.WorkerOptions{DB: d, Jobs: a.Jobs, Dir: filepath.Join(c.Data, "imports"), Most: c.UploadMost, Lines: importer.Lines{Recognise: exporter.Recognise, Read: readLines}})
	pages, err := ui.NewPages(ui.Options{DB: d, Desk: a.Desk, Vault: vault, Base: base, Scopes: highlevel.Scopes(), Links: a.Links, Sender: sender, Hooks: a.Hooks, Flows: a.Flows, Bridge: a.Bridge, Jobs: a.Jobs, House: a.House, Files: a.Files, Operations: operations()})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the pages: %w", err), d.Close())
	}
	a.Pages = pages
	pages.Mount(a.House)
	if err := a.mountInbox(c, base, sender); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := a.mountPublic(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

// Close closes the database after the writes under way.
func (a *App) Close() error { return a.DB.Close() }
