package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Call is one request on its way through a door.
type Call struct {
	ID      string // of the request, in every log line and answer about it
	Door    *Door
	Route   *Route
	Request *http.Request
	Caller  *auth.Caller
	Body    []byte
	Address string // of the client

	house    *House
	control  *http.ResponseController
	params   map[string]string
	object   *Object
	warnings []Warning
	replayOf string // the log row that is being replayed
	once     string // what keeps a replay from being done twice; "" for nothing
}

// Actor says who is doing it.
func (c *Call) Actor() crm.Actor { return c.Caller.Actor }

// Location is the tenant with its settings; nil where the caller acts for a
// whole company. Such a caller's transactions reach the rows of no location.
func (c *Call) Location() *crm.Location { return c.Caller.Location }

// Desk looks keys up, for doors whose contract speaks of keys.
func (c *Call) Desk() *auth.Desk { return c.house.desk }

// secret gives the key that matters most of those that the request came with.
func (c *Call) secret() string {
	if list := c.Door.Presented(c.Request); len(list) > 0 {
		return list[0]
	}
	return ""
}

// WrongKey counts the request as a guess at a key. The house does so where
// Authenticate refuses; a door whose contract asks for a second key only for
// some of what a body can say does it itself.
func (c *Call) WrongKey() {
	c.house.guard.Wrong(c.Address, c.Door.Name, c.secret(), time.Now())
}

// Param gives a part of the path by its name in the route.
func (c *Call) Param(name string) string { return c.params[name] }

// Linger gives the answer d from now on to be written, whatever the server's own
// limits for a request are; one that goes on for long calls it again and again.
func (c *Call) Linger(d time.Duration) error {
	if c.control == nil {
		return nil
	}
	err := c.control.SetReadDeadline(time.Time{}) // while nobody reads, only the end of the connection is to be seen
	if err == nil {
		err = c.control.SetWriteDeadline(time.Now().Add(d))
	}
	if errors.Is(err, http.ErrNotSupported) {
		return nil // nothing hurries
	}
	return err
}

// Flush sends what was written of a stream so far.
func (c *Call) Flush() error {
	if c.control == nil {
		return nil
	}
	return c.control.Flush()
}

// Query gives the values behind the question mark.
func (c *Call) Query() url.Values { return c.Request.URL.Query() }

// Object reads the body as a JSON object, once. The errors are ReadObject's.
func (c *Call) Object() (*Object, error) {
	if c.object == nil {
		o, err := ReadObject(c.Body)
		if err != nil {
			return nil, err
		}
		c.object = o
	}
	return c.object, nil
}

// Warn tells the caller, and the import log, what was ignored, cut or changed.
func (c *Call) Warn(field, message string) {
	c.warnings = append(c.warnings, Warning{Field: field, Message: message})
}

// Warnings gives all warnings so far: those of the body and those of Warn.
func (c *Call) Warnings() []Warning {
	var all []Warning
	if c.object != nil {
		all = append(all, c.object.Warnings()...)
	}
	return append(all, c.warnings...)
}

// Read runs f in a read-only transaction of the caller's location.
func (c *Call) Read(ctx context.Context, f func(ctx context.Context, tx *db.Tx) error) error {
	return c.house.db.Read(ctx, c.Caller.Actor.LocationID, f)
}

// ReadCompany is Read over all locations: f names the company.
func (c *Call) ReadCompany(ctx context.Context, f func(ctx context.Context, tx *db.Tx) error) error {
	return c.house.db.Read(ctx, db.System, f)
}

// Write runs f in a transaction of the caller's location. What it answers is
// stored with its effects: the row of the import log, and the answer itself
// where the request carries an Idempotency-Key. If f fails nothing is stored.
// It may run more than once, so it reads the body before, not inside.
func (c *Call) Write(ctx context.Context, f func(ctx context.Context, tx *db.Tx) (Answer, error)) (Answer, error) {
	return c.write(ctx, c.Caller.Actor.LocationID, f)
}

// WriteCompany is Write over all locations: f names the company.
func (c *Call) WriteCompany(ctx context.Context, f func(ctx context.Context, tx *db.Tx) (Answer, error)) (Answer, error) {
	return c.write(ctx, db.System, f)
}

// owner is whose the request's rows are: the location's or, for a caller who has
// none, the company's.
func (c *Call) owner() string {
	if l := c.Caller.Actor.LocationID; l != "" {
		return l
	}
	return c.Caller.Actor.CompanyID
}

func (c *Call) write(ctx context.Context, location string, f func(ctx context.Context, tx *db.Tx) (Answer, error)) (Answer, error) {
	var a Answer
	before := len(c.warnings)
	err := c.house.db.Write(ctx, location, func(ctx context.Context, tx *db.Tx) error {
		c.warnings = c.warnings[:before]
		known, err := c.replayed(ctx, tx)
		if err != nil {
			return err
		}
		if known != nil {
			a = *known
			return c.record(ctx, tx, a)
		}
		if a, err = f(ctx, tx); err != nil {
			return err
		}
		if err := c.remember(ctx, tx, &a); err != nil {
			return err
		}
		return c.record(ctx, tx, a)
	})
	if err != nil {
		return Answer{}, err
	}
	return a, nil
}
