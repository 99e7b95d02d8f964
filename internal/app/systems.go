package app

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/brokerkit"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
	"github.com/foyer-crm/foyer/internal/remote/hook"
	"github.com/foyer-crm/foyer/internal/remote/liondesk"
	"github.com/foyer-crm/foyer/internal/remote/radius"
)

// Systems gives the systems outside that a location can be connected with, by
// kind. allowPrivate lets them be on this machine and in private networks.
func Systems(allowPrivate bool) map[string]connect.Open {
	kinds := map[string]connect.Open{}
	for kind, make := range map[string]func(remote.Settings) (remote.System, error){
		"highlevel": highlevel.New, "radius": radius.New, "brokerkit": brokerkit.New, "liondesk": liondesk.New, "webhook": hook.New,
	} {
		kinds[kind] = func(_ context.Context, o connect.Opening) (remote.System, error) {
			c, secret := o.Connection, o.Credential
			s := remote.Settings{BaseURL: c.BaseURL, Location: c.Settings.Location, Token: secret["token"], UserKey: secret["userKey"], PublicKey: secret["publicKey"], Private: allowPrivate, NoLimit: c.Settings.NoLimit}
			s.App = remote.App{ClientID: secret["clientId"], ClientSecret: secret["clientSecret"]}
			if s.App.ClientID != "" {
				s.App.Tokens = &tokens{o: o}
			}
			system, err := make(s)
			if err != nil {
				return nil, errs.New(errs.Invalid, "%v", err)
			}
			return system, nil
		}
	}
	return kinds
}

// tokens keeps the token of a grant beside the rest of a connection's credential.
type tokens struct {
	mu sync.Mutex // within this process nobody waits for the database in vain
	o  connect.Opening
}

// grant is the name of the token in a credential.
const grant = "grant"

// Load gives the token as it is stored.
func (t *tokens) Load(ctx context.Context) (remote.Token, error) {
	secret, err := t.o.Load(ctx)
	if err != nil {
		return remote.Token{}, err
	}
	return tokenOf(secret)
}

func tokenOf(secret connect.Credential) (t remote.Token, err error) {
	if text := secret[grant]; text != "" {
		err = json.Unmarshal([]byte(text), &t)
	}
	return t, err
}

// Swap stores a token in the place of another, if that is still the one stored.
func (t *tokens) Swap(ctx context.Context, from, to remote.Token) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to.Version = from.Version + 1
	text, err := json.Marshal(to)
	if err != nil {
		return false, err
	}
	return t.o.Swap(ctx, func(secret connect.Credential) (connect.Credential, time.Time, bool) {
		now, err := tokenOf(secret)
		if err != nil || now.Version != from.Version {
			return nil, time.Time{}, false
		}
		secret[grant] = string(text)
		return secret, to.Expires, true
	})
}
