package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/foyer-crm/foyer/internal/bench"
)

// benchCommand measures. It never touches the data of a Foyer in use: what it
// measures in is its own, and gone afterwards.
type benchCommand struct {
	All       benchAll       `cmd:"" help:"Intake, latency, reads, pages, HighLevel, webhooks, workflows, sync and start, one after the other."`
	Intake    benchIntake    `cmd:"" help:"Requests a second that bring contacts in, beside two ceilings."`
	Latency   benchLatency   `cmd:"" help:"One request at a time, beside the disk and a bare server."`
	Reads     benchReads     `cmd:"" help:"Reads by id, e-mail, phone and name."`
	Pages     benchPages     `cmd:"" help:"The pages of the web UI: time and weight."`
	HighLevel benchHighLevel `cmd:"" name:"highlevel" help:"The requests of HighLevel's SDK beside the same ceilings, and free slots."`
	Webhooks  benchWebhooks  `cmd:"" help:"How soon others are told of an event, and what telling them costs."`
	Workflows benchWorkflows `cmd:"" help:"What enrolments cost that wait, and how fast those go on that are due."`
	Sync      benchSync      `cmd:"" help:"Two servers in step: how soon an edit is seen, and the rate of a first sync."`
	Start     benchStart     `cmd:"" help:"Time to start, and memory when idle."`
	Peers     benchPeers     `cmd:"" help:"Foyer beside PocketBase under the same load."`
	Import    benchImport    `cmd:"" help:"Rows a second of foyer import, beside the sqlite3 shell."`
	Dedupe    benchDedupe    `cmd:"" help:"Suggested duplicates of a labelled file: precision and recall."`
	Bare      benchBare      `cmd:"" hidden:"" help:"The bare server that the intake is compared with."`
	Receiver  benchReceiver  `cmd:"" hidden:"" help:"The receiver of the webhooks that are measured."`
}

// measuring is what the measurements have in common. No setting of a Foyer in
// use is read: a database named in the environment is not for measuring.
type measuring struct {
	DatabaseURL string   `help:"Measure on this PostgreSQL, in databases that are made and dropped again; the role must be allowed to. Without it SQLite is measured." placeholder:"URL"`
	Sizes       []int    `help:"How many contacts there are already, each." default:"0,100000,1000000" placeholder:"N,N"`
	Seconds     float64  `help:"Length of each measurement of a rate." default:"8" placeholder:"N"`
	Connections int      `help:"Connections of the intake." default:"64" placeholder:"N"`
	Doors       []string `help:"Doors of the intake." default:"highlevel,radius,brokerkit,liondesk" placeholder:"DOOR,DOOR"`
	Dir         string   `help:"Where the temporary data is put; the system's place for it by default." type:"existingdir" placeholder:"DIR"`
	Contacts    int      `help:"Contacts of a first sync." default:"100000" placeholder:"N"`
	Out         string   `help:"Report to write the tables into, such as BENCHMARKS.md." type:"path" placeholder:"FILE"`
	JSON        bool     `help:"Print the figures as JSON." name:"json"`
}

type (
	benchAll       struct{ measuring }
	benchIntake    struct{ measuring }
	benchLatency   struct{ measuring }
	benchReads     struct{ measuring }
	benchPages     struct{ measuring }
	benchHighLevel struct{ measuring }
	benchWebhooks  struct{ measuring }
	benchStart     struct{ measuring }
	benchPeers     struct {
		measuring
		Peer string `help:"Binary of bench/peers." required:"" type:"existingfile" placeholder:"FILE"`
	}
)

// Run measures all but the peers.
func (c *benchAll) Run(o *out) error {
	return c.measure(o, "", "intake", "latency", "reads", "pages", "highlevel", "webhooks", "workflows", "sync", "start")
}

// Run measures the intake.
func (c *benchIntake) Run(o *out) error { return c.measure(o, "", "intake") }

// Run measures the latency.
func (c *benchLatency) Run(o *out) error { return c.measure(o, "", "latency") }

// Run measures the reads.
func (c *benchReads) Run(o *out) error { return c.measure(o, "", "reads") }

// Run measures the pages.
func (c *benchPages) Run(o *out) error { return c.measure(o, "", "pages") }

// Run measures the requests of HighLevel's clients.
func (c *benchHighLevel) Run(o *out) error { return c.measure(o, "", "highlevel") }

// Run measures the webhooks.
func (c *benchWebhooks) Run(o *out) error { return c.measure(o, "", "webhooks") }

type benchWorkflows struct{ measuring }

// Run measures the workflows.
func (c *benchWorkflows) Run(o *out) error { return c.measure(o, "", "workflows") }

type benchSync struct{ measuring }

// Run measures two servers in step.
func (c *benchSync) Run(o *out) error { return c.measure(o, "", "sync") }

// Run measures the start.
func (c *benchStart) Run(o *out) error { return c.measure(o, "", "start") }

// Run measures Foyer beside another system.
func (c *benchPeers) Run(o *out) error { return c.measure(o, c.Peer, "peers") }

// measure makes measurements, shows them, and writes them into the report. It
// returns an error if something could not be measured; a bar that is missed is
// a finding.
func (m *measuring) measure(o *out, peer string, which ...string) error {
	if m.Seconds <= 0 || m.Connections <= 0 || len(m.Doors) == 0 || m.Contacts <= 0 {
		return errors.New("--seconds, --connections, --contacts and --doors cannot be empty or negative")
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	sections, err := bench.Run(o, bench.Options{Binary: binary, Version: version, Dir: m.Dir, DatabaseURL: m.DatabaseURL, Sizes: m.Sizes, Time: time.Duration(m.Seconds * float64(time.Second)),
		Conns: m.Connections, SyncContacts: m.Contacts, Doors: m.Doors, Peer: peer, Progress: o.stderr}, which...)
	if err != nil {
		return err
	}
	if m.JSON {
		e := json.NewEncoder(o.stdout)
		e.SetIndent("", "  ")
		err = e.Encode(sections)
	} else {
		for _, s := range sections {
			_, err = fmt.Fprintf(o.stdout, "\n%s\n\n%s", s.Title, s.Markdown())
		}
	}
	if err == nil && m.Out != "" {
		err = bench.Write(m.Out, sections)
	}
	return err
}

// benchBare serves as little as a server can.
type benchBare struct {
	Listen  string `help:"Address to serve on." default:"127.0.0.1:0"`
	Decoder string `help:"How to read the bodies." default:"encoding/json" enum:"encoding/json,wire.ReadObject"`
}

// Run serves until it is told to stop.
func (c *benchBare) Run(o *out) error { return bench.Bare(o, c.Listen, c.Decoder) }

// benchReceiver takes webhooks.
type benchReceiver struct {
	Listen      string `help:"Address to tell at what was received." default:"127.0.0.1:0"`
	Subscribers int    `help:"How many there are, each at a port of its own." default:"1" placeholder:"N"`
}

// Run receives until it is told to stop.
func (c *benchReceiver) Run(o *out) error { return bench.Receiver(o, c.Listen, c.Subscribers) }
