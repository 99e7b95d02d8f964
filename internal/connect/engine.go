package connect

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/remote"
)

// Opening is what a system is opened with.
type Opening struct {
	Connection *Connection
	Credential Credential
	// Gate is what all that use the connection in this process go through.
	Gate *remote.Gate
	// Load reads the credential as it is stored now.
	Load func(ctx context.Context) (Credential, error)
	// Swap stores the credential that next makes of the stored one, and reports
	// whether next wanted that. It is held meanwhile, also from other processes.
	Swap func(ctx context.Context, next func(Credential) (secret Credential, expires time.Time, ok bool)) (bool, error)
}

// Open opens a system of a kind.
type Open func(ctx context.Context, o Opening) (remote.System, error)

// Engine keeps connections in step. Use New, let its Prompt follow the events, and
// Run it.
type Engine struct {
	db     *db.DB
	vault  vault
	kinds  map[string]Open
	grants map[string]Grant
	log    *slog.Logger
	self   string // names this process in leases
	wake   chan struct{}
	pause  time.Duration // behind the first failure; twice as long behind each more

	mu      sync.Mutex
	systems map[string]opened           // by connection
	stored  map[string]map[string]int64 // what of a gate's counts is in the database
	gates   map[string]*remote.Gate     // by connection
	busy    map[string]bool
}

// opened is a system that is open, and the state of its connection that it was
// opened with.
type opened struct {
	system remote.System
	since  time.Time
}

// Options are what an Engine needs to know.
type Options struct {
	DB     *db.DB
	Vault  *auth.Vault
	Kinds  map[string]Open  // by kind of system
	Grants map[string]Grant // of those that let apps in
	Log    *slog.Logger
	Pause  time.Duration // behind the first failure; 0 is a second
}

// New makes an Engine.
func New(o Options) *Engine {
	return &Engine{db: o.DB, vault: o.Vault, kinds: o.Kinds, grants: o.Grants, gates: map[string]*remote.Gate{}, stored: map[string]map[string]int64{}, log: o.Log, self: id.UUID(), wake: make(chan struct{}, 1), pause: cmp.Or(o.Pause, time.Second), systems: map[string]opened{}, busy: map[string]bool{}}
}

const (
	look  = 500 * time.Millisecond // how often it is looked what is to be done
	lease = 20 * time.Second       // after which another process takes a connection over
)

// Run keeps all connections in step until ctx ends.
func (g *Engine) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	if err := g.inherit(ctx); err != nil && ctx.Err() == nil {
		g.log.Warn("the leases of a process that ended could not be taken over at once", "err", err)
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		list, err := g.due(ctx)
		if err != nil && ctx.Err() == nil {
			g.log.Warn("looking for connections that have something to do failed; it will be tried again", "err", err)
		}
		for i := range list {
			c := &list[i]
			if g.begin(c.ID) {
				work.Go(func() {
					defer g.end(c.ID)
					if err := g.Work(ctx, c.LocationID, c.ID); err != nil && ctx.Err() == nil {
						g.log.Warn("keeping a connection in step failed; it will be tried again", "connection", c.ID, "err", err)
					}
				})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.wake:
		}
	}
}

// inherit ends the leases of a process that was killed: one that serves from SQLite
// is alone. On PostgreSQL they end by themselves.
func (g *Engine) inherit(ctx context.Context) error {
	return g.db.Write(db.Quietly(ctx), db.System, func(ctx context.Context, tx *db.Tx) error {
		return tx.Do(ctx, "UPDATE connections SET lease = '', lease_until = 0 WHERE location_id IN (SELECT id FROM locations) AND lease <> '' /*postgres AND 1 = 0 */")
	})
}

// Wake has the engine look for what is to be done.
func (g *Engine) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *Engine) begin(connectionID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy[connectionID] {
		return false
	}
	g.busy[connectionID] = true
	return true
}

func (g *Engine) end(connectionID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.busy, connectionID)
}

// due gives the connections that something is to be done for.
func (g *Engine) due(ctx context.Context) (list []Connection, err error) {
	err = g.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = connections.All(ctx, tx, `WHERE status = 'active' AND open_until <= $1 AND (lease = '' OR lease_until <= $1) AND (
			EXISTS (SELECT 1 FROM connection_flows f WHERE f.location_id = connections.location_id AND f.connection_id = connections.id AND f.next_at <= $1)
			OR EXISTS (SELECT 1 FROM connection_records r WHERE r.location_id = connections.location_id AND r.connection_id = connections.id AND r.due_at > 0 AND r.due_at <= $1))`, tx.Now().UnixMilli())
		return err
	})
	return list, err
}

// Work does all there is to do for a connection now. It does nothing while another
// process works on it.
func (g *Engine) Work(ctx context.Context, locationID, connectionID string) error {
	w, err := g.take(ctx, locationID, connectionID)
	if w == nil || err != nil {
		return err
	}
	stop := w.hold(ctx)
	err = w.run(ctx)
	stop()
	if errors.Is(err, errStop) {
		err = nil
	}
	return errors.Join(err, w.release(context.WithoutCancel(ctx)))
}

// take leases a connection, nil if it is not to be worked on.
func (g *Engine) take(ctx context.Context, locationID, connectionID string) (*worker, error) {
	var c *Connection
	sign := g.self + " " + id.UUID()
	err := g.db.Write(db.Quietly(ctx), locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = locked(ctx, tx, locationID, connectionID); err != nil {
			return err
		}
		if c.Status != Active || c.OpenUntil.After(tx.Now()) || c.lease != "" && c.leaseUntil.After(tx.Now()) {
			c = nil
			return nil
		}
		c.lease, c.leaseUntil = sign, tx.Now().Add(lease)
		return connections.Update(ctx, tx, c)
	})
	if err != nil || c == nil {
		return nil, err
	}
	w := &worker{g: g, c: c, sign: sign, limits: map[remote.Kind]map[string]remote.Field{}}
	if w.system, err = g.open(ctx, c); err != nil {
		if err = w.failed(ctx, err); errors.Is(err, errStop) {
			err = nil
		}
		return nil, errors.Join(err, w.release(ctx))
	}
	return w, nil
}

// open gives the system of a connection.
func (g *Engine) open(ctx context.Context, c *Connection) (remote.System, error) {
	g.mu.Lock()
	known, ok := g.systems[c.ID]
	g.mu.Unlock()
	if ok && known.since.Equal(c.UpdatedAt) {
		return known.system, nil
	}
	open := g.kinds[c.Kind]
	if open == nil {
		return nil, errs.New(errs.Invalid, "%q is not a kind of systems", c.Kind)
	}
	o, err := g.opening(c)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.systems[c.ID] = opened{s, c.UpdatedAt}
	return s, nil
}

// opening gives what a system is opened with.
func (g *Engine) opening(c *Connection) (Opening, error) {
	secret, err := c.open(g.vault)
	if err != nil {
		return Opening{}, &remote.Error{Cause: remote.Unauthorized, Text: "its credential cannot be read", Err: err}
	}
	return Opening{Connection: c, Credential: secret, Gate: g.gate(c.ID), Load: g.loader(c), Swap: g.swapper(c)}, nil
}

// gate gives the gate of a connection.
func (g *Engine) gate(connectionID string) *remote.Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gates[connectionID] == nil {
		g.gates[connectionID] = remote.NewGate(remote.Rate{})
	}
	return g.gates[connectionID]
}

// loader gives what reads a credential as it is stored.
func (g *Engine) loader(of *Connection) func(context.Context) (Credential, error) {
	return func(ctx context.Context) (secret Credential, err error) {
		err = g.db.Read(ctx, of.LocationID, func(ctx context.Context, tx *db.Tx) error {
			c, err := ByID(ctx, tx, of.LocationID, of.ID)
			if err == nil {
				secret, err = c.open(g.vault)
			}
			return err
		})
		return secret, err
	}
}

// swapper gives what stores a credential in place of the one that is stored.
func (g *Engine) swapper(of *Connection) func(context.Context, func(Credential) (Credential, time.Time, bool)) (bool, error) {
	return func(ctx context.Context, next func(Credential) (Credential, time.Time, bool)) (did bool, err error) {
		err = g.db.Write(db.Quietly(ctx), of.LocationID, func(ctx context.Context, tx *db.Tx) error {
			did = false
			c, err := locked(ctx, tx, of.LocationID, of.ID)
			if err != nil {
				return err
			}
			secret, err := c.open(g.vault)
			if err != nil {
				return err
			}
			secret, expires, ok := next(secret)
			if !ok {
				return nil
			}
			if err := c.seal(g.vault, secret); err != nil {
				return err
			}
			c.ExpiresAt, did = expires, true
			return connections.Update(ctx, tx, c)
		})
		return did, err
	}
}

// System opens the system of a connection, to ask it something.
func (g *Engine) System(ctx context.Context, locationID, connectionID string) (*Connection, remote.System, error) {
	var c *Connection
	err := g.db.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = ByID(ctx, tx, locationID, connectionID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	s, err := g.open(ctx, c)
	return c, s, err
}
