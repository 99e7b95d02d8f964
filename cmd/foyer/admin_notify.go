package main

import (
	"context"
	"errors"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

type notifyCommand struct {
	List notifyList `cmd:"" help:"Show what a user is told of, and how."`
	Set  notifySet  `cmd:"" help:"Say how a user is told of a kind of thing."`
}

// notifyLine is how a user is told of what.
type notifyLine struct {
	UserID      string           `json:"userId"`
	LocationID  string           `json:"locationId"`
	DigestHour  int              `json:"digestHour"`
	Timezone    string           `json:"timezone"`
	Preferences []crm.Preference `json:"preferences"`
}

const notifyHead = "EVENT\tBY\tUSUALLY\tWHAT"

// userCalled gives a user by id or e-mail address. NotFound if there is none.
func userCalled(ctx context.Context, tx *db.Tx, who string) (*crm.User, error) {
	if strings.Contains(who, "@") {
		u, err := crm.UserByEmail(ctx, tx, who)
		if u != nil || err != nil {
			return u, err
		}
	}
	return crm.UserByID(ctx, tx, who)
}

func (l *located) showNotify(o *out, run func(*admin, *out, step) error, who string, do func(ctx context.Context, tx *db.Tx, by crm.Actor, u *crm.User) error) error {
	var line notifyLine
	var rows [][]string
	if err := run(&l.admin, o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		by, err := l.by(ctx, tx)
		if err != nil {
			return err
		}
		u, err := userCalled(ctx, tx, who)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, by, u); err != nil {
			return err
		}
		hour, zone, err := crm.DigestHour(ctx, tx, by.LocationID, u.ID)
		if err != nil {
			return err
		}
		list, err := crm.Preferences(ctx, tx, by.LocationID, u.ID)
		line = notifyLine{u.ID, by.LocationID, hour, zone.String(), list}
		rows = nil
		for _, p := range list {
			rows = append(rows, []string{p.Kind, p.Way, p.Usual, p.Title})
		}
		return err
	}); err != nil {
		return err
	}
	return l.show(o, line, notifyHead, rows...)
}

type notifyList struct {
	located
	User string `arg:"" help:"Which user, by id or e-mail address."`
}

// Run shows what a user is told of.
func (c *notifyList) Run(o *out) error {
	return c.showNotify(o, (*admin).read, c.User, func(context.Context, *db.Tx, crm.Actor, *crm.User) error { return nil })
}

type notifySet struct {
	located
	User       string `arg:"" help:"Which user, by id or e-mail address."`
	Event      string `help:"Of what, as new_lead; foyer admin notify list names all." placeholder:"KIND"`
	By         string `help:"How: none, in_app, email or digest." placeholder:"WAY"`
	DigestHour *int   `help:"Hour of the day, 0 to 23, at which the digest comes." placeholder:"HOUR"`
}

// Run says how a user is told of something.
func (c *notifySet) Run(o *out) error {
	if (c.Event == "") != (c.By == "") || c.Event == "" && c.DigestHour == nil {
		return errors.New("say of which --event and --by which way, or the --digest-hour")
	}
	return c.showNotify(o, (*admin).write, c.User, func(ctx context.Context, tx *db.Tx, by crm.Actor, u *crm.User) error {
		if c.Event != "" {
			if err := crm.SetPreference(ctx, tx, by, u.ID, c.Event, c.By); err != nil {
				return err
			}
		}
		if c.DigestHour == nil {
			return nil
		}
		return crm.SetDigestHour(ctx, tx, by, u.ID, *c.DigestHour)
	})
}
