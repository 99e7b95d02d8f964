// Command peers is PocketBase made comparable: a collection of contacts with the
// fields and indexes that foyer's have, and every commit on the disk before it
// is answered. `foyer bench peers` fills it, starts it and drives it; see
// BENCHMARKS.md.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{DBConnect: connect, HideStartBanner: true})
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // which would open a browser
		return e.Next()
	})
	app.RootCmd.AddCommand(&cobra.Command{
		Use:   "fill",
		Short: "Store contacts, one JSON object a line, from the standard input",
		RunE:  func(*cobra.Command, []string) error { return fill(app, os.Stdin) },
	})
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

// connect opens a database with PocketBase's own settings, but that the contacts
// are on the disk with each commit. Its request log stays as it is.
func connect(path string) (*dbx.DB, error) {
	if filepath.Base(path) != "data.db" {
		return core.DefaultDBConnect(path)
	}
	// The settings of core.DefaultDBConnect of v0.36.8, with FULL for NORMAL.
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)"
	return dbx.Open("sqlite", path+pragmas)
}

// texts are the plain fields of a contact.
var texts = []string{"firstName", "lastName", "phone", "address1", "city", "state", "postalCode", "country", "source"}

// collection makes the collection of contacts. It is open to everybody, so that
// no key is checked.
func collection(app core.App) (*core.Collection, error) {
	if c, err := app.FindCollectionByNameOrId("contacts"); err == nil {
		return c, nil
	}
	c := core.NewBaseCollection("contacts")
	for _, name := range texts {
		c.Fields.Add(&core.TextField{Name: name})
	}
	c.Fields.Add(&core.EmailField{Name: "email", Required: true}, &core.JSONField{Name: "tags"},
		&core.AutodateField{Name: "created", OnCreate: true}, &core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true})
	c.AddIndex("contacts_email", true, "email", "")
	c.AddIndex("contacts_phone", false, "phone", "")
	open := ""
	c.ListRule, c.ViewRule, c.CreateRule, c.UpdateRule = &open, &open, &open, &open
	return c, app.Save(c)
}

// fill stores contacts, many to a transaction.
func fill(app *pocketbase.PocketBase, in io.Reader) error {
	if err := app.Bootstrap(); err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	if err := app.RunAllMigrations(); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	c, err := collection(app)
	if err != nil {
		return fmt.Errorf("making the collection: %w", err)
	}
	const together = 1000
	lines := json.NewDecoder(bufio.NewReader(in))
	for more := true; more; {
		err := app.RunInTransaction(func(tx core.App) error {
			for range together {
				var contact map[string]any
				if err := lines.Decode(&contact); errors.Is(err, io.EOF) {
					more = false
					return nil
				} else if err != nil {
					return fmt.Errorf("reading: %w", err)
				}
				r := core.NewRecord(c)
				r.Load(contact)
				if err := tx.SaveNoValidate(r); err != nil {
					return fmt.Errorf("storing: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return app.ResetBootstrapState()
}
