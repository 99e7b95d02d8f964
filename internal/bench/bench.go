// Package bench measures a build of Foyer on the machine it runs on, over real
// HTTP on loopback and with the durable settings of the product, which are its
// only ones. What can be compared is measured in the same run: a rate against
// ceilings, a latency against the disk's, Foyer beside another system.
//
// The server under test is a process of its own: the same program, started as
// it is in operation. The load comes from the measuring process.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Options say what to measure.
type Options struct {
	Binary       string        // this program
	Version      string        // of this build
	Dir          string        // where the temporary data is put; "" is the system's place
	DatabaseURL  string        // PostgreSQL, of a role that may make databases; "" measures SQLite
	Sizes        []int         // how many contacts there are already
	Time         time.Duration // of each measurement of a rate
	Conns        int           // connections of the intake
	Doors        []string      // of the intake; see Doors
	SyncContacts int           // of the first sync
	Peer         string        // binary of the system to compare with
	Progress     io.Writer
}

// Measurements are all of them, in the order they are made and reported.
var Measurements = []string{"intake", "latency", "reads", "pages", "highlevel", "webhooks", "workflows", "sync", "start", "peers"}

// Run makes the measurements asked for and gives a section for each. Its data is
// in a temporary folder and databases of its own, which are gone when it returns.
func Run(ctx context.Context, o Options, which ...string) (sections []Section, err error) {
	if len(o.Sizes) == 0 || slices.Min(o.Sizes) < 0 {
		return nil, errors.New("no sizes to measure at")
	}
	for _, d := range o.Doors {
		if !slices.Contains(Doors, d) {
			return nil, fmt.Errorf("there is no door %q: it is one of %v", d, Doors)
		}
	}
	dir, err := os.MkdirTemp(o.Dir, "foyer-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder to measure in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(o.Progress, format, args...) }
	f, err := newFixture(ctx, dir, o.DatabaseURL, say)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }() //nolint:contextcheck // clears up also after the end
	r := &runner{Options: o, fixture: f, machine: machine(dir, o.Version)}
	return r.run(ctx, which)
}

// runner makes measurements one after the other.
type runner struct {
	Options
	fixture *fixture
	machine Machine
}

func (r *runner) run(ctx context.Context, which []string) ([]Section, error) {
	sizes := slices.Clone(r.Sizes)
	slices.Sort(sizes)
	wants := func(name string) bool { return slices.Contains(which, name) }
	var intakes []intakeAt
	var latencies []latencyAt
	for _, size := range sizes {
		if wants("intake") || wants("latency") || size == sizes[len(sizes)-1] && (wants("reads") || wants("pages") || wants("highlevel") || wants("webhooks") || wants("workflows") || wants("start")) {
			r.fixture.say("%s, %s contacts\n", r.database(), count(size))
			if err := r.fixture.grow(ctx, size); err != nil {
				return nil, err
			}
		}
		if wants("latency") {
			at, err := r.latency(ctx, size)
			if err != nil {
				return nil, fmt.Errorf("measuring the latency: %w", err)
			}
			latencies = append(latencies, *at)
		}
		if wants("intake") {
			at, err := r.intake(ctx, size)
			if err != nil {
				return nil, fmt.Errorf("measuring the intake: %w", err)
			}
			intakes = append(intakes, *at)
		}
	}
	var sections []Section
	if wants("intake") {
		sections = append(sections, r.section("intake", intakeTable(intakes)))
	}
	if wants("latency") {
		sections = append(sections, r.section("latency", latencyTable(latencies)))
	}
	for _, m := range []struct {
		name string
		f    func(ctx context.Context) (Section, error)
	}{{"reads", r.reads}, {"pages", r.pages}, {"highlevel", r.highLevel}, {"webhooks", r.webhooks}, {"workflows", r.workflows}, {"sync", r.sync}, {"start", r.start}, {"peers", r.peers}} {
		if !wants(m.name) {
			continue
		}
		s, err := m.f(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", m.name, err)
		}
		sections = append(sections, r.section(m.name, s))
	}
	return sections, nil
}

func (r *runner) database() string {
	if r.DatabaseURL != "" {
		return "PostgreSQL"
	}
	return "SQLite"
}

func (r *runner) section(name string, s Section) Section {
	s.Name, s.Database, s.System, s.Machine, s.At = name, r.database(), r.fixture.system, r.machine, time.Now().UTC().Truncate(time.Second)
	return s
}
