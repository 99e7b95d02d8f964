package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/demo"
	"github.com/foyer-crm/foyer/internal/errs"
)

type demoCommand struct {
	Data        string `help:"Folder of the demo's data; ${default} if left out. A folder that holds anything else is not touched." default:"./foyer-demo" env:"FOYER_DEMO_DATA" type:"path" placeholder:"DIR"`
	DatabaseURL string `help:"PostgreSQL to use in place of SQLite. A database that holds anything else is not touched." env:"FOYER_DEMO_DATABASE_URL" placeholder:"URL"`
	Reset       bool   `help:"Forget the demo that is there, and make it anew (SQLite)."`
	serving
}

// marker is the file that makes a folder a demo's: it holds the demo's
// credentials, which open invented data only.
const marker = "foyer-demo.json"

// Run makes the demo and serves it.
func (c *demoCommand) Run(o *out) error {
	if c.Reset && c.DatabaseURL != "" {
		return errors.New("--reset forgets a demo in SQLite: give a new one in PostgreSQL an empty database")
	}
	known, err := c.look()
	if err != nil {
		return err
	}
	if c.SMTPURL == "" {
		c.SMTPURL = "keep:" // nobody of the demo's people is real: what is written to them is kept
	}
	if c.SMSURL == "" {
		c.SMSURL = "keep:"
	}
	where := app.Store{Data: c.Data, DatabaseURL: c.DatabaseURL}
	return c.serve(o, where, func() error { return c.clear(known) }, func(ctx context.Context, a *app.App, base string) error {
		if known != nil {
			if err := c.recognise(ctx, a, known); err != nil {
				return err
			}
			return c.tell(o.stdout, base, known, nil)
		}
		creds, report, err := c.fill(ctx, a, base)
		if err != nil {
			return err
		}
		return c.tell(o.stdout, base, creds, report)
	})
}

// look makes sure that the folder is the demo's own, without touching it, and
// gives the credentials if it is filled already.
func (c *demoCommand) look() (*app.Credentials, error) {
	file := filepath.Join(c.Data, marker)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		inside, err := os.ReadDir(c.Data)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the demo's folder: %w", err)
		}
		for _, f := range inside {
			if f.Name() != lockName {
				return nil, fmt.Errorf("%s is not a demo's folder, so the demo leaves it alone: give another with --data", c.Data)
			}
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the demo's folder: %w", err)
	}
	var k app.Credentials
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("the demo's file %s is damaged: delete the folder", file)
	}
	if k.LocationID == "" || c.Reset {
		return nil, nil // filled half, or to be made anew
	}
	return &k, nil
}

// clear makes the folder the demo's, and empty where it is to be filled. The
// folder is locked by then, so no other demo is using what goes.
func (c *demoCommand) clear(known *app.Credentials) error {
	if known != nil {
		return nil
	}
	if c.DatabaseURL == "" {
		for _, name := range []string{"foyer.db", "foyer.db-wal", "foyer.db-shm", "foyer.key"} {
			if err := os.Remove(filepath.Join(c.Data, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("clearing the demo's folder: %w", err)
			}
		}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	return os.WriteFile(filepath.Join(c.Data, marker), []byte("{}\n"), 0o600)
}

// recognise makes sure that the database is the one that the folder's demo was
// made in, and not another that --database-url names.
func (c *demoCommand) recognise(ctx context.Context, a *app.App, known *app.Credentials) error {
	err := a.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.LocationByID(ctx, tx, known.LocationID)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = fmt.Errorf("the demo of %s was not made in this database, so the demo leaves it alone: give another folder with --data", c.Data)
	}
	return err
}

func (c *demoCommand) fill(ctx context.Context, a *app.App, base string) (*app.Credentials, *demo.Report, error) {
	var there []crm.Company
	if err := a.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		there, err = crm.Companies(ctx, tx)
		return err
	}); err != nil {
		return nil, nil, err
	}
	if len(there) > 0 {
		return nil, nil, errors.New("this database is not a demo's, so the demo leaves it alone: use an empty one")
	}
	creds, err := app.Bootstrap(ctx, a.DB, a.Vault, app.Names{Company: "Saguaro Realty Group", Location: "Phoenix Team", Timezone: "America/Phoenix",
		Email: "dana@saguaro.example", FirstName: "Dana", LastName: "Whitfield"}, false)
	if err != nil {
		return nil, nil, err
	}
	hash, err := auth.NewPasswords().Hash(ctx, *creds.User.Password)
	if err != nil {
		return nil, nil, err
	}
	agents := []crm.User{{Email: "marco@saguaro.example", FirstName: "Marco", LastName: "Bianchi"}, {Email: "priya@saguaro.example", FirstName: "Priya", LastName: "Nair"}}
	ids := []string{creds.User.ID}
	if err := a.DB.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		ids = ids[:1]
		for _, u := range agents {
			u.CompanyID, u.PasswordHash, u.Timezone = creds.CompanyID, hash, "America/Phoenix"
			added, err := crm.AddUser(ctx, tx, u, creds.LocationID)
			if err != nil {
				return err
			}
			ids = append(ids, added.ID)
		}
		return nil
	}); err != nil {
		return nil, nil, err
	}
	if err := demo.Past(ctx, a, creds.LocationID, ids); err != nil {
		return nil, nil, err
	}
	if err := demo.Automate(ctx, a, creds.LocationID); err != nil {
		return nil, nil, err
	}
	report, err := demo.Fill(ctx, base, creds, agents[1].Email)
	if err != nil {
		return nil, nil, err
	}
	if err := demo.Book(ctx, a, creds.LocationID); err != nil {
		return nil, nil, err
	}
	if err := demo.Week(ctx, a, creds.LocationID, ids); err != nil {
		return nil, nil, err
	}
	if report.Workflows, err = demo.Ran(ctx, a, creds.LocationID); err != nil {
		return nil, nil, err
	}
	text, err := json.MarshalIndent(creds, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	return creds, report, os.WriteFile(filepath.Join(c.Data, marker), append(text, '\n'), 0o600)
}

// tell prints what a newcomer needs, ready to paste.
func (c *demoCommand) tell(w io.Writer, base string, k *app.Credentials, r *demo.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nFoyer is open at %s\n\n", base)
	if r != nil {
		fmt.Fprintf(&b, "  %d people of the month before are there, and %d came in by %d requests (Radius %d, LionDesk %d, Brokerkit %d, HighLevel %d);\n  who came more than once is there once.\n\n",
			demo.PastSize, r.People, r.Requests, r.ByDoor["radius"], r.ByDoor["liondesk"], r.ByDoor["brokerkit"], r.ByDoor["highlevel"])
		fmt.Fprintf(&b, "  %d workflows answered them (what they write is kept, not sent):\n    %s\n\n", len(r.Workflows), strings.Join(r.Workflows, "\n    "))
	} else {
		fmt.Fprintf(&b, "  The demo of %s, as it was left. --reset makes it anew.\n\n", c.Data)
	}
	fmt.Fprintf(&b, "  Sign-in    %s   password  %s\n", k.User.Email, *k.User.Password)
	fmt.Fprintf(&b, "  Location   %s\n\n", k.LocationID)
	fmt.Fprintf(&b, "Radius     secure-id %s\n  curl %s/v3.0/clients/import -H 'secure-id: %s' \\\n    -d '{\"client\":{\"name\":\"Rita Radius\",\"emails\":\"rita@example.com\",\"phones\":\"6025550901\",\"type\":\"buyer\"}}'\n\n", *k.Radius.SecureID, base, *k.Radius.SecureID)
	fmt.Fprintf(&b, "LionDesk   APIKEY %s   USERKEY %s   personal USERKEY %s\n  curl %s/ -u '%s:' -H 'X-LionDesk-Id: %s' \\\n    -d '{\"action\":\"NewSubmission\",\"firstname\":\"Leo\",\"lastname\":\"Desk\",\"email\":\"leo@example.com\",\"comments\":\"Called twice\"}'\n\n",
		*k.LionDesk.APIKey, *k.LionDesk.UserKey, *k.LionDesk.PersonalUserKey, base, *k.LionDesk.APIKey, *k.LionDesk.UserKey)
	fmt.Fprintf(&b, "Brokerkit  token %s\n  curl %s/v2/leads -H 'Authorization: Token token=%s' \\\n    -d '{\"first_name\":\"Bea\",\"last_name\":\"Kit\",\"email\":\"bea@example.com\",\"phone\":\"+16025550902\"}'\n\n", *k.Brokerkit.Token, base, *k.Brokerkit.Token)
	fmt.Fprintf(&b, "HighLevel  private token %s\n  curl %s/contacts/ -H 'Authorization: Bearer %s' -H 'Version: 2021-07-28' \\\n    -d '{\"locationId\":\"%s\",\"firstName\":\"Hal\",\"lastName\":\"Level\",\"email\":\"hal@example.com\"}'\n\n",
		*k.HighLevel.PrivateToken, base, *k.HighLevel.PrivateToken, k.LocationID)
	fmt.Fprintf(&b, "Look inside, in another terminal:\n  foyer contact list --data %s        foyer log --data %s\n  foyer contact show rita@example.com --data %s\n  foyer admin workflow statistics 'New buyer lead' --data %s\n\nCtrl-C ends it.\n", c.Data, c.Data, c.Data, c.Data)
	_, err := io.WriteString(w, b.String())
	return err
}
