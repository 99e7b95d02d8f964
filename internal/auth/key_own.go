package auth

import (
	"context"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// The commands here are what an admin of a location does with its keys. Each
// leaves an event without the secret, and knows no key of another location.

// longestKeyName is how long the name of a key can be, in characters.
const longestKeyName = 100

// KeyOf gives a key of a location. NotFound for any other's.
func KeyOf(ctx context.Context, tx *db.Tx, locationID, keyID string) (*Key, error) {
	k, err := keys.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, keyID)
	if err == nil && k == nil {
		err = errs.New(errs.NotFound, "there is no key %s", keyID)
	}
	return k, err
}

// AddOwnKey is AddKey for the location of the actor.
func (v *Vault) AddOwnKey(ctx context.Context, tx *db.Tx, by crm.Actor, k Key) (*Key, string, error) {
	k.LocationID, k.CompanyID = by.LocationID, ""
	if err := k.named(); err != nil {
		return nil, "", err
	}
	made, secret, err := v.AddKey(ctx, tx, k)
	if err != nil {
		return nil, "", err
	}
	return made, secret, made.tell(ctx, tx, by, "key.created")
}

// RotateOwnKey is RotateKey for a key of the actor's location.
func (v *Vault) RotateOwnKey(ctx context.Context, tx *db.Tx, by crm.Actor, keyID string, overlap time.Duration) (*Key, string, error) {
	if _, err := KeyOf(ctx, tx, by.LocationID, keyID); err != nil {
		return nil, "", err
	}
	k, secret, err := v.RotateKey(ctx, tx, keyID, overlap)
	if err != nil {
		return nil, "", err
	}
	return k, secret, k.tell(ctx, tx, by, "key.rotated")
}

// DisableOwnKey is DisableKey for a key of the actor's location.
func DisableOwnKey(ctx context.Context, tx *db.Tx, by crm.Actor, keyID string, disabled bool) error {
	k, err := KeyOf(ctx, tx, by.LocationID, keyID)
	if err != nil || k.DisabledAt.IsZero() != disabled {
		return err
	}
	if err := DisableKey(ctx, tx, keyID, disabled); err != nil {
		return err
	}
	if disabled {
		return k.tell(ctx, tx, by, "key.disabled")
	}
	return k.tell(ctx, tx, by, "key.enabled")
}

// NameOwnKey gives a key of the actor's location a name. Invalid for one that is
// too long.
func NameOwnKey(ctx context.Context, tx *db.Tx, by crm.Actor, keyID, name string) error {
	k, err := KeyOf(ctx, tx, by.LocationID, keyID)
	if err != nil || k.Name == name {
		return err
	}
	if k.Name = name; k.named() != nil {
		return k.named()
	}
	if err := keys.Update(ctx, tx, k); err != nil {
		return err
	}
	return k.tell(ctx, tx, by, "key.updated")
}

// RevealOwnKey is RevealKey for a key of the actor's location, and leaves an
// event: that somebody looked is worth knowing.
func (v *Vault) RevealOwnKey(ctx context.Context, tx *db.Tx, by crm.Actor, keyID string) (k *Key, secret string, err error) {
	if k, err = KeyOf(ctx, tx, by.LocationID, keyID); err != nil {
		return nil, "", err
	}
	secret, ok, err := v.RevealKey(k)
	if err == nil && !ok {
		err = errs.New(errs.Invalid, "This key is shown once, when it is made: rotate it for a new one")
	}
	if err != nil {
		return nil, "", err
	}
	return k, secret, k.tell(ctx, tx, by, "key.shown")
}

func (k *Key) named() error {
	if len([]rune(k.Name)) > longestKeyName {
		return errs.InvalidFields(errs.Field{Name: "name", Rule: "length", Limit: longestKeyName})
	}
	return nil
}

func (k *Key) tell(ctx context.Context, tx *db.Tx, by crm.Actor, typ string) error {
	return crm.Emit(ctx, tx, by, typ, "", k.ID, crm.EventData{Text: crm.Excerpt(k.Name), Kind: k.API})
}
