package workflow

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// Engine runs workflows: it lets contacts begin when a trigger says so, and takes
// the steps that are due. Use New, let its Prompt follow the events, and Run it.
type Engine struct {
	db   *db.DB
	out  *outbound.Client
	log  *slog.Logger
	no   func(locationID, contactID, about string) string
	wake chan struct{}

	mu       sync.Mutex
	compiled map[compiledKey]*compiled
}

// Options are what an Engine needs to know.
type Options struct {
	DB   *db.DB
	Jobs *jobs.Runner
	Out  *outbound.Client // for the steps that call a webhook
	Log  *slog.Logger
	// Unsubscribe gives the address at which a contact can say no to more
	// messages; about is the enrolment. nil, or "", puts none into messages.
	Unsubscribe func(locationID, contactID, about string) string
}

// New makes an Engine.
func New(o Options) *Engine {
	g := &Engine{db: o.DB, out: o.Out, log: o.Log, no: o.Unsubscribe, wake: make(chan struct{}, 1), compiled: map[compiledKey]*compiled{}}
	if g.no == nil {
		g.no = func(string, string, string) string { return "" }
	}
	o.Jobs.Handle(callJob, g.call)
	o.Jobs.Handle(leaveJob, g.leave)
	return g
}

// Origin is the door that what a workflow does comes by. The credential of its
// events is the enrolment.
const Origin = "workflow"

// Prompt is the reader that lets contacts begin.
func (g *Engine) Prompt() follow.Prompt {
	return follow.Prompt{Name: "workflows", Listening: listening, Read: g.read, Stored: g.Wake}
}

const (
	workers = 8                      // steps at a time
	batch   = 64                     // enrolments that are looked up at a time
	look    = 500 * time.Millisecond // how often it is looked what is due
)

// Run takes the steps that are due until ctx ends.
func (g *Engine) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { g.runClocks(ctx) })
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		more, err := g.Once(ctx)
		if err != nil && ctx.Err() == nil {
			g.log.Warn("looking for workflow steps that are due failed; it will be tried again", "err", err)
			more = false
		}
		if more {
			if ctx.Err() != nil {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-g.wake:
		}
	}
}

// Wake has the engine look for what is due.
func (g *Engine) Wake() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Once takes the steps that are due now, some of them if there are many, and
// reports whether there were any.
func (g *Engine) Once(ctx context.Context) (any bool, err error) {
	var due []Enrolment
	err = g.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		due, err = enrolments.All(ctx, tx, "WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2", tx.Now().UnixMilli(), batch)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	var work sync.WaitGroup
	room := make(chan struct{}, workers)
	for i := range due {
		e := &due[i]
		room <- struct{}{}
		work.Go(func() {
			defer func() { <-room }()
			if err := g.take(ctx, e.LocationID, e.ID); err != nil && ctx.Err() == nil {
				g.log.Warn("a workflow step could not be taken; it will be tried again", "enrolment", e.ID, "err", err)
				err = g.later(context.WithoutCancel(ctx), e.LocationID, e.ID, err)
				if err != nil {
					g.log.Warn("a workflow step that failed could not be put off", "enrolment", e.ID, "err", err)
				}
			}
		})
	}
	work.Wait()
	return true, ctx.Err()
}

// compiled is a version that is ready to run.
type compiled struct {
	name    string // of the workflow
	kind    string
	version *Version
	*program
}

type compiledKey struct {
	location, workflow string
	version            int64
}

// program gives a version of a workflow. A version never changes, so it is read
// once; the name may.
func (g *Engine) program(ctx context.Context, tx *db.Tx, e *Enrolment) (*compiled, error) {
	key := compiledKey{e.LocationID, e.WorkflowID, e.Version}
	g.mu.Lock()
	c := g.compiled[key]
	g.mu.Unlock()
	if c != nil {
		return c, nil
	}
	v, err := VersionOf(ctx, tx, e.LocationID, e.WorkflowID, e.Version)
	if err != nil {
		return nil, err
	}
	w, err := ByID(ctx, tx, e.LocationID, e.Kind, e.WorkflowID)
	if err != nil {
		return nil, err
	}
	c = &compiled{name: w.Name, kind: w.Kind, version: v, program: compile(v.Definition.Steps)}
	g.mu.Lock()
	defer g.mu.Unlock()
	const most = 1000 // versions that are kept
	if len(g.compiled) >= most {
		clear(g.compiled)
	}
	g.compiled[key] = c
	return c, nil
}

// later puts off a step that could not be taken for a reason that may pass: the
// database was away. It is taken again soon, then less and less soon.
func (g *Engine) later(ctx context.Context, locationID, enrolmentID string, why error) error {
	return g.db.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		e, err := enrolment(ctx, tx, locationID, enrolmentID, forUpdate)
		if err != nil || e.DueAt.IsZero() {
			return err
		}
		e.Attempts++
		e.Error, e.UpdatedAt = cut(why.Error()), tx.Now()
		e.DueAt = tx.Now().Add(min(time.Second<<min(e.Attempts, 12), time.Hour))
		return enrolments.Update(ctx, tx, e)
	})
}

// stopped is what a step that cannot be done says.
type stopped struct{ why error }

func (s *stopped) Error() string { return s.why.Error() }

// take takes one step of an enrolment, whole or not at all: what it does and that
// it is done are stored in one transaction.
func (g *Engine) take(ctx context.Context, locationID, enrolmentID string) error {
	var gaveUp *stopped
	err := g.db.Write(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		return g.step(ctx, tx, locationID, enrolmentID)
	})
	if !errors.As(err, &gaveUp) {
		return err
	}
	return g.db.Write(context.WithoutCancel(ctx), locationID, func(ctx context.Context, tx *db.Tx) error {
		return g.fail(ctx, tx, locationID, enrolmentID, gaveUp.why)
	})
}

// actor is who a workflow is when it does something.
func (e *Enrolment) actor() crm.Actor {
	return crm.Actor{LocationID: e.LocationID, Origin: Origin, CredentialID: e.ID}
}
