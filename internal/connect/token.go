package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// Tokens is where the token of a connection's grant is stored: beside the rest of
// its credential.
func (o *Opening) Tokens() remote.Tokens { return &tokens{o: *o} }

type tokens struct {
	mu sync.Mutex // within this process nobody waits for the database in vain
	o  Opening
}

// Load gives the token as it is stored.
func (t *tokens) Load(ctx context.Context) (remote.Token, error) {
	secret, err := t.o.Load(ctx)
	if err != nil {
		return remote.Token{}, err
	}
	return tokenOf(secret)
}

// Swap stores a token in the place of another, if that is still the one stored.
func (t *tokens) Swap(ctx context.Context, from, to remote.Token) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var broken error
	did, err := t.o.Swap(ctx, func(secret Credential) (Credential, time.Time, bool) {
		var now remote.Token
		if now, broken = tokenOf(secret); broken != nil || now.Version != from.Version {
			return nil, time.Time{}, false
		}
		broken = secret.keepToken(to, from.Version+1)
		return secret, to.Expires, broken == nil
	})
	if err == nil {
		err = broken
	}
	return did, err
}

// tokenOf gives the token of a credential, the zero one if it has none.
func tokenOf(secret Credential) (t remote.Token, err error) {
	if text := secret[grantPart]; text != "" {
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return t, fmt.Errorf("reading the token of a connection: %w", err)
		}
	}
	return t, nil
}

// keepToken puts a token into a credential.
func (s Credential) keepToken(t remote.Token, version int64) error {
	t.Version = version
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("keeping the token of a connection: %w", err)
	}
	s[grantPart] = string(text)
	return nil
}
