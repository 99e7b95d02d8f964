package auth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// An admin of a location makes, names, rotates and revokes its keys and no
// other's, and what was done is an event without the secret.
func TestALocationKeepsItsOwnKeys(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		next := f.Neighbour(t)
		by := crm.Actor{LocationID: f.Credentials.LocationID, UserID: f.Vars["user.id"], Origin: "ui"}
		write := func(do func(ctx context.Context, tx *db.Tx) error) error {
			return f.DB.Write(t.Context(), by.LocationID, do)
		}
		var k *auth.Key
		var secret, again string
		if err := write(func(ctx context.Context, tx *db.Tx) (err error) {
			k, secret, err = f.Vault.AddOwnKey(ctx, tx, by, auth.Key{API: auth.Radius, Name: "Website", LocationID: next["locationId"], Scopes: []string{auth.ScopeRead, auth.ScopeCreate}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if k.LocationID != by.LocationID {
			t.Errorf("the key is of %s", k.LocationID)
		}
		if err := write(func(ctx context.Context, tx *db.Tx) (err error) {
			if err := auth.NameOwnKey(ctx, tx, by, k.ID, "Portal"); err != nil {
				return err
			}
			_, again, err = f.Vault.RevealOwnKey(ctx, tx, by, k.ID)
			return err
		}); err != nil || again != secret {
			t.Errorf("shown again: %v, equal %v", err, again == secret)
		}
		if err := write(func(ctx context.Context, tx *db.Tx) error {
			return auth.NameOwnKey(ctx, tx, by, k.ID, strings.Repeat("x", 101))
		}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a long name: %v", err)
		}
		stranger := crm.Actor{LocationID: next["locationId"], Origin: "ui"}
		for name, do := range map[string]func(ctx context.Context, tx *db.Tx) error{
			"rotated": func(ctx context.Context, tx *db.Tx) error {
				_, _, err := f.Vault.RotateOwnKey(ctx, tx, stranger, k.ID, 0)
				return err
			},
			"disabled": func(ctx context.Context, tx *db.Tx) error {
				return auth.DisableOwnKey(ctx, tx, stranger, k.ID, true)
			},
			"named": func(ctx context.Context, tx *db.Tx) error {
				return auth.NameOwnKey(ctx, tx, stranger, k.ID, "taken")
			},
			"shown": func(ctx context.Context, tx *db.Tx) error {
				_, _, err := f.Vault.RevealOwnKey(ctx, tx, stranger, k.ID)
				return err
			},
		} {
			if err := f.DB.Write(t.Context(), stranger.LocationID, do); !errs.Is(err, errs.NotFound) {
				t.Errorf("another location's key was %s: %v", name, err)
			}
		}
		if err := write(func(ctx context.Context, tx *db.Tx) error {
			if _, _, err := f.Vault.RotateOwnKey(ctx, tx, by, k.ID, auth.SecretOverlap); err != nil {
				return err
			}
			if err := auth.DisableOwnKey(ctx, tx, by, k.ID, true); err != nil {
				return err
			}
			return auth.DisableOwnKey(ctx, tx, by, k.ID, false)
		}); err != nil {
			t.Fatal(err)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.EventsBetween(ctx, tx, by.LocationID, "", "~", 1000)
			var types []string
			for _, e := range list {
				if e.ObjectID == k.ID {
					types = append(types, e.Type)
				}
				if strings.Contains(e.Data.Text, secret) {
					t.Error("an event has the secret")
				}
			}
			if got := strings.Join(types, " "); got != "key.created key.updated key.shown key.rotated key.disabled key.enabled" {
				t.Errorf("events: %s", got)
			}
			return err
		})
	})
}
