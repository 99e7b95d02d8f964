package message

import (
	"context"
	"regexp"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// Hook is an address that a provider sends messages to which came in. Whoever
// knows it may bring some to its location.
type Hook struct {
	LocationID string
	ID         string
	Kind       string // sms, email
	CreatedAt  time.Time
	hash       string
	sealed     string
}

// The kinds of hooks.
const (
	HookSMS   = "sms"
	HookEmail = "email"
)

// HookPath is where hooks are; their kind and token stand behind it.
const HookPath = "/hooks/"

var hooks = db.NewTable("hooks", []string{"location_id", "id"}, func(h *Hook) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &h.LocationID}, {Name: "id", At: &h.ID}, {Name: "kind", At: &h.Kind}, {Name: "hash", At: &h.hash},
		{Name: "sealed", At: &h.sealed}, {Name: "created_at", At: db.Millis(&h.CreatedAt)},
	}
})

// AddHook makes a hook of a location. Invalid for a kind that there is not.
func AddHook(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor, kind string) (*Hook, error) {
	if kind != HookSMS && kind != HookEmail {
		return nil, errs.New(errs.Invalid, "there are no hooks for %q: it is sms or email", kind)
	}
	token := by.LocationID + "." + id.Secret(32)
	h := &Hook{LocationID: by.LocationID, ID: tx.NewID(), Kind: kind, CreatedAt: tx.Now(), hash: v.Hash("hook "+kind, token)}
	var err error
	if h.sealed, err = v.Seal(token, "hook "+h.ID); err != nil {
		return nil, err
	}
	if err := hooks.Insert(ctx, tx, h); err != nil {
		return nil, err
	}
	return h, crm.Emit(ctx, tx, by, "hook.created", "", h.ID, crm.EventData{Kind: kind})
}

// Path gives the path of a hook, which is its secret.
func (h *Hook) Path(v *auth.Vault) (string, error) {
	token, err := v.Open(h.sealed, "hook "+h.ID)
	return HookPath + h.Kind + "/" + token, err
}

// Hooks gives the hooks of a location, the oldest first.
func Hooks(ctx context.Context, tx *db.Tx, locationID string) ([]Hook, error) {
	return hooks.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}

// RemoveHook ends a hook. NotFound if it is not there.
func RemoveHook(ctx context.Context, tx *db.Tx, by crm.Actor, hookID string) (*Hook, error) {
	h, err := hooks.One(ctx, tx, "WHERE location_id = $1 AND id = $2", by.LocationID, hookID)
	if err == nil && h == nil {
		err = errs.New(errs.NotFound, "there is no hook %s", hookID)
	}
	if err != nil {
		return nil, err
	}
	if err := hooks.Delete(ctx, tx, h); err != nil {
		return nil, err
	}
	return h, crm.Emit(ctx, tx, by, "hook.deleted", "", h.ID, crm.EventData{Kind: h.Kind})
}

// hookToken is the form of tokens: a location, and a secret of it.
var hookToken = regexp.MustCompile(`^([0-9A-Za-z]{20})\.[0-9A-Za-z]{32,64}$`)

// HookByToken gives the hook of a token. NotFound if there is none of the kind.
func HookByToken(ctx context.Context, d *db.DB, v *auth.Vault, kind, token string) (h *Hook, err error) {
	missing := errs.New(errs.NotFound, "Not Found")
	m := hookToken.FindStringSubmatch(token)
	if m == nil {
		return nil, missing
	}
	err = d.Read(ctx, m[1], func(ctx context.Context, tx *db.Tx) (err error) {
		h, err = hooks.One(ctx, tx, "WHERE location_id = $1 AND hash = $2 AND kind = $3", m[1], v.Hash("hook "+kind, token), kind)
		return err
	})
	if err == nil && h == nil {
		err = missing
	}
	return h, err
}

// newestHook gives the hook of a kind that a location made last, nil if it has none.
func newestHook(ctx context.Context, tx *db.Tx, locationID, kind string) (*Hook, error) {
	return hooks.One(ctx, tx, "WHERE location_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1", locationID, kind)
}
