package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type connectCommand struct {
	Authorize connectAuthorize `cmd:"" help:"Let the app of a connection in at the other side: print the address to open, or take the code that came back."`
	Test      connectTest      `cmd:"" help:"Ask a system whether the credential opens it."`
	Preview   connectPreview   `cmd:"" help:"Say what a sync would do, and do nothing."`
	Run       connectRun       `cmd:"" help:"Do all there is to do now."`
	Status    connectStatus    `cmd:"" help:"Show how a connection fares: progress, queue, errors."`
	Log       connectLog       `cmd:"" help:"Show what crossed, which way, and by what rule."`
	Rejects   connectRejects   `cmd:"" help:"List what cannot cross, and why."`
	Retry     connectRetry     `cmd:"" help:"Try rejects again: one, or all."`
	Skip      connectSkip      `cmd:"" help:"Leave rejects alone: one, or all."`
}

// connected is on every command about a connection.
type connected struct {
	located
	ID string `arg:"" help:"Which connection, by id."`
}

// within runs f with an engine, and the location of the connection.
func (c *connected) within(o *out, allowPrivate bool, f func(g *connect.Engine, d *db.DB, by crm.Actor) error) (err error) {
	d, vault, err := app.OpenStore(o, c.open(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var by crm.Actor
	if err := d.Read(o, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		by, err = c.by(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	return f(connect.New(connect.Options{DB: d, Vault: vault, Kinds: app.Systems(allowPrivate), Grants: app.Grants(allowPrivate), Log: slog.New(slog.NewTextHandler(o.stderr, nil))}), d, by)
}

// private is on every command that calls a system.
type private struct {
	AllowPrivate bool `help:"Let the connection lead to this machine and to private networks: whoever is at the command line knows them. A server does so with the flag of the same name only." name:"allow-private-targets" aliases:"allow-private" default:"true" negatable:"" env:"FOYER_ALLOW_PRIVATE_TARGETS"`
}

type connectTest struct {
	connected
	private
}

// Run asks the system.
func (c *connectTest) Run(o *out) error {
	return c.within(o, c.AllowPrivate, func(g *connect.Engine, _ *db.DB, by crm.Actor) error {
		said, err := g.Test(o, by.LocationID, c.ID)
		line := struct {
			ID    string `json:"id"`
			Works bool   `json:"works"`
			Says  string `json:"says"`
		}{c.ID, err == nil, said}
		if err != nil {
			line.Says = err.Error()
		}
		return errors.Join(c.show(o, line, "", []string{map[bool]string{true: "it works", false: "it does not work"}[line.Works], line.Says}), err)
	})
}

type connectPreview struct {
	connected
	private
	Most int64 `help:"How many contacts of each side to look at, 0 for all; ${default} if left out." default:"0"`
}

// Run says what a sync would do.
func (c *connectPreview) Run(o *out) error {
	return c.within(o, c.AllowPrivate, func(g *connect.Engine, _ *db.DB, by crm.Actor) error {
		p, err := g.Preview(o, by.LocationID, c.ID, c.Most)
		if err != nil {
			return err
		}
		n := p.Counts
		rows := [][]string{{"contacts there", num(p.There)}, {"contacts here", num(p.Here)}, {"match", num(n.Matches)}, {"would be made here", num(n.CreateHere)}, {"would be made there", num(n.CreateThere)},
			{"would change here", num(n.UpdateHere)}, {"would change there", num(n.UpdateThere)}, {"fields that differ", num(n.Conflicts)}, {"cannot cross", num(n.Rejects)}, {"left out", num(n.Outside)}}
		for kind, n := range p.Owned {
			rows = append(rows, []string{string(kind) + "s", fmt.Sprintf("%d match, %d would be made here and %d there, %d would change here and %d there, %d cannot cross, %d left out",
				n.Matches, n.CreateHere, n.CreateThere, n.UpdateHere, n.UpdateThere, n.Rejects, n.Outside)})
		}
		for _, s := range p.Samples {
			rows = append(rows, []string{s.Does, s.LocalID + " " + s.RemoteID})
			for _, f := range s.Fields {
				rows = append(rows, []string{"", fmt.Sprintf("%s: %v here, %v there → %s (%s)", f.Field, f.Here, f.There, f.Way, f.Rule)})
			}
		}
		if p.Error != "" {
			rows = append(rows, []string{"it ended early", p.Error})
		}
		return c.show(o, p, "", rows...)
	})
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

type connectRun struct {
	connected
	private
	Again bool `help:"Look at everything again, not only at what changed."`
}

// Run does what is to be done.
func (c *connectRun) Run(o *out) error {
	return c.within(o, c.AllowPrivate, func(g *connect.Engine, d *db.DB, by crm.Actor) error {
		if err := d.Write(o, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			n, err := connect.ByID(ctx, tx, by.LocationID, c.ID)
			if err != nil {
				return err
			}
			return connect.Hurry(ctx, tx, n, c.Again)
		}); err != nil {
			return err
		}
		if err := g.Work(o, by.LocationID, c.ID); err != nil {
			return err
		}
		return showStatus(o, &c.admin, d, by.LocationID, c.ID)
	})
}

type connectStatus struct{ connected }

// Run shows how a connection fares.
func (c *connectStatus) Run(o *out) error {
	return c.within(o, false, func(_ *connect.Engine, d *db.DB, by crm.Actor) error {
		return showStatus(o, &c.admin, d, by.LocationID, c.ID)
	})
}

func showStatus(o *out, a *admin, d *db.DB, locationID, connectionID string) error {
	var s *connect.Status
	if err := d.Read(o, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = connect.StatusOf(ctx, tx, locationID, connectionID)
		return err
	}); err != nil {
		return err
	}
	waiting := num(s.Queue)
	if s.Left > 0 {
		waiting += fmt.Sprintf(", %.0f/s, %s left", s.PerSecond, time.Duration(s.Left*float64(time.Second)).Round(time.Second))
	}
	rows := [][]string{{"status", s.Connection.Status}, {"linked", num(s.Linked)}, {"queue", waiting}, {"lag", fmt.Sprintf("%.1f s", s.Lag)}, {"rejected", num(s.Rejected)}, {"skipped", num(s.Skipped)}, {"gone", num(s.Gone)}}
	for i := range s.Flows {
		f := &s.Flows[i]
		said := fmt.Sprintf("%s: %d read, %d looked at, %d made, %d matched, %.0f/s", f.Phase, f.Counts.Read, f.Counts.Looked, f.Counts.Created, f.Counts.Matched, f.PerSecond)
		if f.Left > 0 {
			said += fmt.Sprintf(", %s left", time.Duration(f.Left*float64(time.Second)).Round(time.Second))
		}
		rows = append(rows, []string{string(f.Object), said})
	}
	rows = append(rows, []string{"breaker", s.Breaker})
	for _, came := range slices.Sorted(maps.Keys(s.Connection.Requests)) {
		rows = append(rows, []string{"requests " + came, num(s.Connection.Requests[came])})
	}
	if !s.Connection.ExpiresAt.IsZero() {
		rows = append(rows, []string{"token until", s.Connection.ExpiresAt.Format(time.RFC3339)})
	}
	if s.Connection.LastError != "" {
		rows = append(rows, []string{"last error", s.Connection.LastErrorAt.Format(time.RFC3339) + " " + s.Connection.LastError})
	}
	return a.show(o, s, "", rows...)
}

type connectLog struct {
	connected
	Before string `help:"Only what is older than a line, by id." placeholder:"ID"`
	Limit  int    `help:"How many; ${default} if left out." default:"100"`
}

// Run shows the log.
func (c *connectLog) Run(o *out) error {
	list, rows := []connect.Crossing{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		list, rows = list[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := connect.Log(ctx, tx, by.LocationID, c.ID, c.Before, c.Limit)
		for i := range all {
			l := &all[i]
			var fields []string
			for _, f := range l.Fields {
				fields = append(fields, f.Field+" ("+f.Rule+")")
			}
			rows = append(rows, []string{l.When().Format(time.RFC3339), l.Way, string(l.Object), l.Action, l.LocalID, l.RemoteID, strings.Join(fields, ", ") + l.Note})
		}
		list = append(list, all...)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, list, "WHEN\tWAY\tOBJECT\tACTION\tHERE\tTHERE\tFIELDS", rows...)
}

type connectRejects struct {
	connected
	After string `help:"Only those behind one, by id." placeholder:"ID"`
	Limit int    `help:"How many; ${default} if left out." default:"100"`
}

// Run lists rejects.
func (c *connectRejects) Run(o *out) error {
	list, rows := []connect.Link{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		list, rows = list[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := connect.Rejects(ctx, tx, by.LocationID, c.ID, c.After, c.Limit)
		for i := range all {
			rows = append(rows, []string{all[i].ID, string(all[i].Object), all[i].LocalID, all[i].RemoteID, all[i].Error})
		}
		list = append(list, all...)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, list, "ID\tOBJECT\tHERE\tTHERE\tWHY", rows...)
}

type connectRetry struct {
	connected
	Reject string `arg:"" optional:"" help:"Which reject, by id; all if left out."`
}

// Run tries again.
func (c *connectRetry) Run(o *out) error { return c.count(o, c.Reject, connect.Retry, "retried") }

type connectSkip struct {
	connected
	Reject string `arg:"" optional:"" help:"Which reject, by id; all if left out."`
}

// Run leaves alone.
func (c *connectSkip) Run(o *out) error { return c.count(o, c.Reject, connect.Skip, "skipped") }

func (c *connected) count(o *out, reject string, f func(ctx context.Context, tx *db.Tx, by crm.Actor, connectionID, linkID string) (int64, error), did string) error {
	var n int64
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := connect.ByID(ctx, tx, by.LocationID, c.ID); err != nil {
			return err
		}
		n, err = f(ctx, tx, by, c.ID, reject)
		return err
	}); err != nil {
		return err
	}
	return c.show(o, map[string]int64{did: n}, strings.ToUpper(did), []string{num(n)})
}
