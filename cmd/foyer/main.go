// Command foyer is a CRM and lead hub for real-estate teams in one binary: it
// serves the APIs, fills a demo, administers keys and people, reads the import
// log, and measures itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/errs"
)

// version is set when a release is built.
var version = "dev"

// store is on every command.
type store struct {
	Data        string `help:"Folder of the data: the SQLite database and the master key of the API keys; ${default} if left out." default:"./foyer-data" env:"FOYER_DATA" type:"path" placeholder:"DIR"`
	DatabaseURL string `help:"PostgreSQL to use in place of SQLite, as postgres://user:password@host:5432/name. The master key stays in the data folder." env:"FOYER_DATABASE_URL" placeholder:"URL"`
}

func (s store) open() app.Store { return app.Store{Data: s.Data, DatabaseURL: s.DatabaseURL} }

// commands is the whole command line.
type commands struct {
	Serve      serveCommand      `cmd:"" help:"Serve all APIs on one address."`
	Demo       demoCommand       `cmd:"" help:"Make a demo agency, fill it through its own APIs, and serve it."`
	Admin      adminCommand      `cmd:"" help:"Make, list, disable and rotate companies, locations, users and keys."`
	Log        logCommand        `cmd:"" help:"Read the import log; replay what was refused."`
	Contact    contactCommand    `cmd:"" help:"Show a contact with its history and where each value came from."`
	Duplicates duplicatesCommand `cmd:"" help:"Contacts that may be one person: list, dismiss, scan."`
	Connect    connectCommand    `cmd:"" help:"Keep in step with systems outside: test, preview, run, status, log, rejects."`
	Import     importCommand     `cmd:"" help:"Import a file of people: CSV or vCard of any program; list imports and undo them."`
	Export     exportCommand     `cmd:"" help:"Write the contacts of a location, with everything that belongs to them, as CSV, vCard or JSON lines."`
	Backup     backupCommand     `cmd:"" help:"Write everything into one file, beside a working server."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup back, into a data folder or an empty PostgreSQL."`
	Copy       copyCommand       `cmd:"" help:"Copy a database into an empty one, SQLite or PostgreSQL, and compare every row."`
	Operations operationsCommand `cmd:"" help:"List the operations of the HighLevel API and which of them are served."`
	Bench      benchCommand      `cmd:"" help:"Measure this build on this machine."`

	Version kong.VersionFlag `help:"Show the version."`
}

// out is where a command writes, and what its caller may end.
type out struct {
	context.Context
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with everything it touches as an argument. It gives the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("foyer"),
		kong.Description("One front door for every contact of a real-estate team. Every setting is a flag and an environment variable."),
		kong.Writers(stdout, stderr),
		kong.Vars{"version": version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(c int) { exited = c; panic(errExit) }),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "foyer:", err)
		return 1
	}
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.Is(e, errExit) {
				panic(p)
			}
			code = exited // --help or --version has said all there is
		}
	}()
	parsed, err := parser.Parse(args)
	if err == nil {
		err = parsed.Run(&out{Context: ctx, stdout: stdout, stderr: stderr})
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "foyer:", sentence(err))
		return 1
	}
	return 0
}

var errExit = errors.New("exit")

// sentence says an error to a person: on one line, the broken fields with it.
func sentence(err error) string {
	e := errs.As(err)
	text := err.Error()
	if e.Kind != errs.Internal && e.Err == nil {
		text = e.Text
		for _, f := range e.Fields {
			text += fmt.Sprintf("; %s: %s", f.Name, f.Rule)
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
