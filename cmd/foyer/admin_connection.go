package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

type connectionsCommand struct {
	Create connectionCreate `cmd:"" help:"Connect a location with a system outside."`
	List   connectionList   `cmd:"" help:"List the connections of a location."`
	Set    connectionSet    `cmd:"" help:"Change a connection: what it is called, its credential, interval or mapping."`
	Show   connectionShow   `cmd:"" name:"mapping" help:"Print the mapping of a connection, or that of a kind of systems, as a document."`
	Pause  connectionPause  `cmd:"" help:"Stop a connection; what changes meanwhile waits."`
	Resume connectionResume `cmd:"" help:"Let a connection go on, also one that is broken."`
	Delete connectionDelete `cmd:"" help:"Remove a connection with its links and its log; the records stay on both sides."`
}

// connectionFlags are what a connection is made of.
type connectionFlags struct {
	Name           string        `help:"What people call it; the kind if left out." placeholder:"NAME"`
	BaseURL        string        `help:"Address of the system; the vendor's own if left out." name:"base-url" placeholder:"URL"`
	RemoteLocation string        `help:"The other side's id of the account." placeholder:"ID"`
	Interval       time.Duration `help:"Between two looks at what changed there; 1m at first." placeholder:"DURATION"`
	Sweep          time.Duration `help:"Between two looks at everything there; 24h at first." placeholder:"DURATION"`
	NoLimit        *bool         `help:"Ask as fast as the system answers, whatever its vendor's limits are: for a Foyer of your own." negatable:""`
	Direction      string        `help:"Which way all objects cross: both, in or out." enum:"both,in,out," default:""`
	Objects        []string      `help:"Which objects cross, as contact,task; those of the mapping if left out." placeholder:"OBJECT"`
	Mapping        string        `help:"File with the mapping, YAML or JSON; the kind's own at first." type:"existingfile" placeholder:"FILE"`

	Token        string `help:"What opens the system: a private token, a secure-id, an APIKEY, the secret of a webhook." env:"FOYER_CONNECTION_TOKEN" placeholder:"TOKEN"`
	UserKey      string `help:"LionDesk's USERKEY." env:"FOYER_CONNECTION_USER_KEY" placeholder:"KEY"`
	ClientID     string `help:"OAuth 2.0: client id of the app over there." name:"client-id" placeholder:"ID"`
	ClientSecret string `help:"OAuth 2.0: secret of that app." env:"FOYER_CONNECTION_CLIENT_SECRET" placeholder:"SECRET"`
	PublicKey    string `help:"Key that checks the webhooks that come in; the vendor's own if left out." placeholder:"KEY"`
}

// secret gives the credential that was said, nil if none was.
func (c *connectionFlags) secret() connect.Credential {
	said := connect.Credential{}
	for name, v := range map[string]string{"token": c.Token, "userKey": c.UserKey, "clientId": c.ClientID, "clientSecret": c.ClientSecret, "publicKey": c.PublicKey} {
		if v != "" {
			said[name] = v
		}
	}
	if len(said) == 0 {
		return nil
	}
	return said
}

// apply puts what was said into a connection.
func (c *connectionFlags) apply(to *connect.Connection) error {
	to.Name, to.BaseURL, to.Settings.Location = cmp.Or(c.Name, to.Name), cmp.Or(c.BaseURL, to.BaseURL), cmp.Or(c.RemoteLocation, to.Settings.Location)
	if c.Interval != 0 {
		to.Settings.Interval = c.Interval
	}
	if c.Sweep != 0 {
		to.Settings.Sweep = c.Sweep
	}
	if c.NoLimit != nil {
		to.Settings.NoLimit = *c.NoLimit
	}
	if c.Mapping != "" {
		m, err := readMapping(c.Mapping)
		if err != nil {
			return err
		}
		to.Mapping = *m
	}
	if c.Direction != "" {
		to.Mapping.Turn(c.Direction)
	}
	if len(c.Objects) > 0 {
		return to.Mapping.Only(c.Objects...)
	}
	return nil
}

// readMapping reads a mapping from a file. Its faults come with the file's name in
// front.
func readMapping(file string) (*connect.Mapping, error) {
	text, err := os.ReadFile(file) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("reading the mapping: %w", err)
	}
	m, err := connect.ParseMapping(text)
	if errs.Is(err, errs.Invalid) {
		var lines []error
		for line := range strings.SplitSeq(errs.As(err).Text, "\n") {
			lines = append(lines, fmt.Errorf("%s: %s", file, line))
		}
		return nil, errors.Join(lines...)
	}
	return m, err
}

type connectionLine struct {
	ID        string        `json:"id"`
	Kind      string        `json:"kind"`
	Name      string        `json:"name"`
	BaseURL   string        `json:"baseUrl,omitempty"`
	Status    string        `json:"status"`
	Interval  time.Duration `json:"-"`
	Seconds   float64       `json:"intervalSeconds"`
	Hook      string        `json:"hook"` // the path at which webhooks come in
	LastError string        `json:"lastError,omitempty"`
}

const connectionHead = "ID\tKIND\tNAME\tSTATUS\tINTERVAL\tHOOK\tLAST ERROR"

func lineOfConnection(c *connect.Connection, v *auth.Vault) connectionLine {
	return connectionLine{ID: c.ID, Kind: c.Kind, Name: c.Name, BaseURL: c.BaseURL, Status: c.Status, Interval: c.Settings.Interval, Seconds: c.Settings.Interval.Seconds(), Hook: c.HookPath(v), LastError: c.LastError}
}

func (l connectionLine) row() []string {
	return []string{l.ID, l.Kind, l.Name, l.Status, l.Interval.String(), l.Hook, l.LastError}
}

// connection shows the connection that f gives.
func (l *located) connection(o *out, f func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*connect.Connection, error)) error {
	var line connectionLine
	if err := l.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		c, err := f(ctx, tx, v, by)
		if err == nil {
			line = lineOfConnection(c, v)
		}
		return err
	}); err != nil {
		return err
	}
	return l.show(o, line, connectionHead, line.row())
}

type connectionCreate struct {
	located
	Kind string `help:"Kind of system: highlevel, radius, brokerkit, liondesk or webhook." required:"" placeholder:"KIND"`
	connectionFlags
}

// Run makes a connection.
func (c *connectionCreate) Run(o *out) error {
	return c.connection(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*connect.Connection, error) {
		m, err := connect.DefaultMapping(c.Kind)
		if err != nil {
			return nil, err
		}
		n := connect.Connection{Kind: c.Kind, Mapping: *m}
		if err := c.apply(&n); err != nil {
			return nil, err
		}
		return connect.Add(ctx, tx, v, by, n, c.secret())
	})
}

type connectionList struct{ located }

// Run lists connections.
func (c *connectionList) Run(o *out) error {
	lines, rows := []connectionLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := connect.List(ctx, tx, by.LocationID)
		for i := range all {
			l := lineOfConnection(&all[i], v)
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, connectionHead, rows...)
}

type connectionSet struct {
	located
	ID string `arg:"" help:"Which connection, by id."`
	connectionFlags
}

// Run changes a connection.
func (c *connectionSet) Run(o *out) error {
	return c.connection(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*connect.Connection, error) {
		var broken error
		n, err := connect.Change(ctx, tx, v, by, c.ID, c.secret(), func(n *connect.Connection) { broken = c.apply(n) })
		return n, errors.Join(broken, err)
	})
}

type connectionShow struct {
	located
	ID   string `arg:"" optional:"" help:"Which connection, by id."`
	Kind string `help:"Of a kind of systems, as it is at first." placeholder:"KIND"`
}

// Run prints a mapping.
func (c *connectionShow) Run(o *out) error {
	var m *connect.Mapping
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) (err error) {
		if c.ID == "" {
			m, err = connect.DefaultMapping(c.Kind)
			return err
		}
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		n, err := connect.ByID(ctx, tx, by.LocationID, c.ID)
		if err == nil {
			m = &n.Mapping
		}
		return err
	}); err != nil {
		return err
	}
	text, err := connect.FormatMapping(m, c.JSON)
	if err == nil {
		_, err = o.stdout.Write(text)
	}
	return err
}

type connectionPause struct {
	located
	ID string `arg:"" help:"Which connection, by id."`
}

// Run stops a connection.
func (c *connectionPause) Run(o *out) error {
	return c.connection(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*connect.Connection, error) {
		return connect.Pause(ctx, tx, by, c.ID, true)
	})
}

type connectionResume struct {
	located
	ID string `arg:"" help:"Which connection, by id."`
}

// Run lets a connection go on.
func (c *connectionResume) Run(o *out) error {
	return c.connection(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*connect.Connection, error) {
		return connect.Pause(ctx, tx, by, c.ID, false)
	})
}

type connectionDelete struct {
	located
	ID string `arg:"" help:"Which connection, by id."`
}

// Run removes a connection.
func (c *connectionDelete) Run(o *out) error {
	return c.connection(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*connect.Connection, error) {
		n, err := connect.ByID(ctx, tx, by.LocationID, c.ID)
		if err != nil {
			return nil, err
		}
		return n, connect.Remove(ctx, tx, by, c.ID)
	})
}
