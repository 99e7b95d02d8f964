package main

import (
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/message"
)

type hooksCommand struct {
	Create hookCreate `cmd:"" help:"Make an address that a provider sends SMS or e-mail to which came in."`
	List   hookList   `cmd:"" help:"List the hooks of a location."`
	Delete hookDelete `cmd:"" help:"End a hook; what comes to its address is refused."`
}

// hooked is on every command about hooks.
type hooked struct {
	located
	PublicURL string `help:"Address that the providers reach this server by, as https://crm.example; without it only the path is shown." name:"public-url" env:"FOYER_PUBLIC_URL" placeholder:"URL"`
}

type hookLine struct {
	ID         string `json:"id"`
	LocationID string `json:"locationId"`
	Kind       string `json:"kind"`
	URL        string `json:"url"`
}

func (h *hooked) line(v *auth.Vault, k *message.Hook) (hookLine, error) {
	path, err := k.Path(v)
	return hookLine{ID: k.ID, LocationID: k.LocationID, Kind: k.Kind, URL: strings.TrimRight(h.PublicURL, "/") + path}, err
}

const hookHead = "ID\tKIND\tURL"

func (l hookLine) row() []string { return []string{l.ID, l.Kind, l.URL} }

// one shows the hook that f gives.
func (h *hooked) one(o *out, f func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*message.Hook, error)) error {
	var line hookLine
	if err := h.write(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		by, err := h.by(ctx, tx)
		if err != nil {
			return err
		}
		k, err := f(ctx, tx, v, by)
		if err != nil {
			return err
		}
		line, err = h.line(v, k)
		return err
	}); err != nil {
		return err
	}
	return h.show(o, line, hookHead, line.row())
}

type hookCreate struct {
	hooked
	Kind string `help:"What it brings: sms or email." enum:"sms,email" required:""`
}

// Run makes a hook.
func (c *hookCreate) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor) (*message.Hook, error) {
		return message.AddHook(ctx, tx, v, by, c.Kind)
	})
}

type hookList struct{ hooked }

// Run lists hooks.
func (c *hookList) Run(o *out) error {
	lines, rows := []hookLine{}, [][]string{}
	if err := c.read(o, func(ctx context.Context, tx *db.Tx, v *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		by, err := c.by(ctx, tx)
		if err != nil {
			return err
		}
		all, err := message.Hooks(ctx, tx, by.LocationID)
		if err != nil {
			return err
		}
		for i := range all {
			l, err := c.line(v, &all[i])
			if err != nil {
				return err
			}
			lines, rows = append(lines, l), append(rows, l.row())
		}
		return nil
	}); err != nil {
		return err
	}
	return c.show(o, lines, hookHead, rows...)
}

type hookDelete struct {
	hooked
	ID string `arg:"" help:"Which hook, by id."`
}

// Run ends a hook.
func (c *hookDelete) Run(o *out) error {
	return c.one(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault, by crm.Actor) (*message.Hook, error) {
		return message.RemoveHook(ctx, tx, by, c.ID)
	})
}
