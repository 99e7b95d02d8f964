// Package connect keeps records in step with systems outside, both ways: what
// changed here is written there, and what changed there is written here, each
// edit once, whatever fails in between.
package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Connection is a system outside that a location keeps in step with.
type Connection struct {
	LocationID   string           `json:"locationId"`
	ID           string           `json:"id"`
	Kind         string           `json:"kind"` // of system
	Name         string           `json:"name"`
	BaseURL      string           `json:"baseUrl,omitempty"`
	ExpiresAt    time.Time        `json:"expiresAt,omitzero"` // when the credential ends, zero if it does not or nobody knows
	Settings     Settings         `json:"settings"`
	Mapping      Mapping          `json:"mapping"`
	Status       string           `json:"status"`
	Failures     int64            `json:"failures"` // in a row
	FailingSince time.Time        `json:"failingSince,omitzero"`
	OpenUntil    time.Time        `json:"openUntil,omitzero"` // the system is left alone
	Requests     map[string]int64 `json:"requests"`           // that were sent, by what came of them
	LastError    string           `json:"lastError,omitempty"`
	LastErrorAt  time.Time        `json:"lastErrorAt,omitzero"`
	LastDoneAt   time.Time        `json:"lastDoneAt,omitzero"` // when the system last did as it was asked
	CreatedAt    time.Time        `json:"createdAt"`
	UpdatedAt    time.Time        `json:"updatedAt"`

	credential string // sealed
	lease      string
	leaseUntil time.Time
}

// Settings are what a connection is set to, beside its mapping.
type Settings struct {
	Location string        `json:"location,omitempty"` // the other side's id of the account
	Interval time.Duration `json:"interval"`           // between two looks at what changed there
	Sweep    time.Duration `json:"sweep,omitempty"`    // between two looks at everything there
	NoLimit  bool          `json:"noLimit,omitempty"`  // as fast as the system answers: it is a Foyer of one's own
	// BeginsPaused has a new connection wait for somebody to look at what it would
	// do, also once its app is let in.
	BeginsPaused bool `json:"beginsPaused,omitempty"`
}

// Credential is what opens a system, by names that its kind knows.
type Credential map[string]string

// The states of a connection.
const (
	Active   = "active"
	Paused   = "paused"
	Broken   = "broken"  // its credential does not open the system any more
	Awaiting = "waiting" // for a person to let its app in
)

const (
	defaultInterval = time.Minute
	defaultSweep    = 24 * time.Hour
	shortest        = time.Second // interval
	mostOfLocation  = 50          // connections
)

var connections = db.NewTable("connections", []string{"location_id", "id"}, func(c *Connection) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "kind", At: &c.Kind, Fixed: true}, {Name: "name", At: &c.Name}, {Name: "base_url", At: &c.BaseURL},
		{Name: "credential", At: &c.credential}, {Name: "expires_at", At: db.Millis(&c.ExpiresAt)}, {Name: "settings", At: db.JSON(&c.Settings, "{}")}, {Name: "mapping", At: db.JSON(&c.Mapping, "{}")},
		{Name: "status", At: &c.Status}, {Name: "failures", At: &c.Failures}, {Name: "open_until", At: db.Millis(&c.OpenUntil)},
		{Name: "failing_since", At: db.Millis(&c.FailingSince)}, {Name: "requests", At: db.JSON(&c.Requests, "{}")},
		{Name: "last_error", At: &c.LastError}, {Name: "last_error_at", At: db.Millis(&c.LastErrorAt)}, {Name: "last_done_at", At: db.Millis(&c.LastDoneAt)},
		{Name: "lease", At: &c.lease}, {Name: "lease_until", At: db.Millis(&c.leaseUntil)},
		{Name: "created_at", At: db.Millis(&c.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&c.UpdatedAt)},
	}
})

// vault seals credentials: auth.Vault.
type vault interface {
	Seal(secret, of string) (string, error)
	Open(sealed, of string) (string, error)
	Derive(use string) []byte
	Hash(use, secret string) string
}

var _ vault = (*auth.Vault)(nil)

// sealedFor names the row that a credential is sealed for.
func (c *Connection) sealedFor() string { return "connection " + c.LocationID + " " + c.ID }

// seal puts a credential under seal.
func (c *Connection) seal(v vault, secret Credential) error {
	text, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("sealing a credential: %w", err)
	}
	c.credential, err = v.Seal(string(text), c.sealedFor())
	return err
}

// open gives the credential.
func (c *Connection) open(v vault) (secret Credential, err error) {
	text, err := v.Open(c.credential, c.sealedFor())
	if err == nil {
		err = json.Unmarshal([]byte(text), &secret)
	}
	return secret, err
}

// HasApp reports whether the connection is opened by an app that people let in at
// the other side.
func (c *Connection) HasApp(v *auth.Vault) bool {
	secret, err := c.open(v)
	return err == nil && secret["clientId"] != ""
}

// Add makes a connection. c says Kind, and as needed Name, BaseURL, Settings and
// Mapping; without one it has the kind's own. Invalid for what cannot be.
func Add(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor, c Connection, secret Credential) (*Connection, error) {
	if len(c.Mapping.Objects) == 0 {
		m, err := DefaultMapping(c.Kind)
		if err != nil {
			return nil, err
		}
		c.Mapping = *m
	}
	if err := c.Settings.check(); err != nil {
		return nil, err
	}
	all, err := List(ctx, tx, by.LocationID)
	if err != nil {
		return nil, err
	}
	if len(all) >= mostOfLocation {
		return nil, errs.New(errs.Invalid, "A location can have at most %d connections", mostOfLocation)
	}
	c.LocationID, c.ID, c.Status, c.CreatedAt, c.UpdatedAt = by.LocationID, tx.NewID(), Active, tx.Now(), tx.Now()
	c.Name = or(c.Name, c.Kind)
	switch {
	case secret.waits():
		c.Status = Awaiting
	case c.Settings.BeginsPaused:
		c.Status, c.Settings.BeginsPaused = Paused, false
	}
	if err := c.seal(v, secret); err != nil {
		return nil, err
	}
	if err := connections.Insert(ctx, tx, &c); err != nil {
		return nil, err
	}
	if err := ensureFlows(ctx, tx, &c); err != nil {
		return nil, err
	}
	return &c, c.tell(ctx, tx, by, "connection.created")
}

func (s *Settings) check() error {
	if s.Interval == 0 {
		s.Interval = defaultInterval
	}
	if s.Sweep == 0 {
		s.Sweep = defaultSweep
	}
	if s.Interval < shortest {
		return errs.New(errs.Invalid, "The interval must be at least %s", shortest)
	}
	if s.Sweep < s.Interval {
		return errs.New(errs.Invalid, "Everything cannot be looked through more often than what changed")
	}
	return nil
}

func (c *Connection) tell(ctx context.Context, tx *db.Tx, by crm.Actor, typ string) error {
	return crm.Emit(ctx, tx, by, typ, "", c.ID, crm.EventData{Text: crm.Excerpt(c.Name), Kind: c.Kind})
}

// Change changes a connection by f: its name, address, settings and mapping. What
// of a secret is said takes the place of what there was, and mends what is broken;
// another app waits to be let in. NotFound if it is not there.
func Change(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor, connectionID string, secret Credential, f func(*Connection)) (*Connection, error) {
	c, err := locked(ctx, tx, by.LocationID, connectionID)
	if err != nil {
		return nil, err
	}
	f(c)
	if err := c.Settings.check(); err != nil {
		return nil, err
	}
	if secret != nil {
		if err := c.change(v, secret); err != nil {
			return nil, err
		}
	}
	c.UpdatedAt = tx.Now()
	if err := connections.Update(ctx, tx, c); err != nil {
		return nil, err
	}
	if err := ensureFlows(ctx, tx, c); err != nil {
		return nil, err
	}
	return c, c.tell(ctx, tx, by, "connection.updated")
}

// change puts what was said into the credential.
func (c *Connection) change(v vault, said Credential) error {
	old, err := c.open(v)
	if err != nil {
		old = Credential{} // the master key is another one: all is to be said anew
	}
	next := old.with(said)
	switch {
	case next.waits():
		c.heal(Awaiting)
	case c.Status == Broken || c.Status == Awaiting:
		c.heal(Active)
	}
	return c.seal(v, next)
}

// heal forgets what went wrong.
func (c *Connection) heal(status string) {
	c.Status, c.Failures, c.FailingSince, c.OpenUntil, c.LastError, c.LastErrorAt = status, 0, time.Time{}, time.Time{}, "", time.Time{}
}

// Pause stops a connection, or lets it go on. What changes meanwhile waits.
// NotFound if it is not there.
func Pause(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID string, paused bool) (*Connection, error) {
	c, err := locked(ctx, tx, by.LocationID, connectionID)
	if err != nil {
		return nil, err
	}
	if c.Status == Awaiting {
		return nil, errs.New(errs.Conflict, "The connection waits for its app to be let in: foyer connect authorize %s", c.ID)
	}
	typ := "connection.resumed"
	c.heal(Active)
	if paused {
		typ, c.Status = "connection.paused", Paused
	}
	c.UpdatedAt = tx.Now()
	if err := connections.Update(ctx, tx, c); err != nil {
		return nil, err
	}
	return c, c.tell(ctx, tx, by, typ)
}

// Remove removes a connection with its links and its log. The records stay on
// both sides. NotFound if it is not there.
func Remove(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID string) error {
	c, err := locked(ctx, tx, by.LocationID, connectionID)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM connection_log WHERE location_id = $1 AND connection_id = $2",
		"DELETE FROM connection_records WHERE location_id = $1 AND connection_id = $2",
		"DELETE FROM connection_flows WHERE location_id = $1 AND connection_id = $2",
		"DELETE FROM connections WHERE location_id = $1 AND id = $2",
	} {
		if err := tx.Do(ctx, statement, by.LocationID, c.ID); err != nil {
			return err
		}
	}
	return c.tell(ctx, tx, by, "connection.deleted")
}

// ByID gives a connection. NotFound if it is not there.
func ByID(ctx context.Context, tx *db.Tx, locationID, connectionID string) (*Connection, error) {
	return one(ctx, tx, locationID, connectionID, "")
}

func locked(ctx context.Context, tx *db.Tx, locationID, connectionID string) (*Connection, error) {
	return one(ctx, tx, locationID, connectionID, forUpdate)
}

const forUpdate = " /*postgres FOR UPDATE*/"

func one(ctx context.Context, tx *db.Tx, locationID, connectionID, lock string) (*Connection, error) {
	c, err := connections.One(ctx, tx, "WHERE location_id = $1 AND id = $2"+lock, locationID, connectionID)
	if err == nil && c == nil {
		err = errs.New(errs.NotFound, "there is no connection %s", connectionID)
	}
	return c, err
}

// List gives the connections of a location, the oldest first.
func List(ctx context.Context, tx *db.Tx, locationID string) ([]Connection, error) {
	return connections.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}

// actor is who a connection is when it changes something here.
func (c *Connection) actor() crm.Actor {
	return crm.Actor{LocationID: c.LocationID, Origin: Origin, CredentialID: c.ID}
}

// Origin is the door that what a connection brings comes by. The credential of its
// events is the connection.
const Origin = "connect"

// Whose gives the location of a connection. It reads in all of them. NotFound if it
// is not there.
func Whose(ctx context.Context, tx *db.Tx, connectionID string) (locationID string, err error) {
	found, err := tx.Get(ctx, []any{&locationID}, "SELECT location_id FROM connections WHERE location_id IN (SELECT id FROM locations) AND id = $1", connectionID)
	if err == nil && !found {
		err = errs.New(errs.NotFound, "there is no connection %s", connectionID)
	}
	return locationID, err
}
