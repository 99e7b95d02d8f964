package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Ask is a question to a system outside that a person is to answer: may this
// connection come in? It is answered once, and within a while.
type Ask struct {
	State    string    `json:"state"`             // comes back with the answer
	By       string    `json:"by,omitempty"`      // whose browser asked; "" is the command line
	Redirect string    `json:"redirect"`          // where the answer comes
	Verifier string    `json:"verifier,omitzero"` // of PKCE
	Until    time.Time `json:"until"`
}

const (
	askLife  = 30 * time.Minute
	mostAsks = 8 // of one connection that wait for an answer; the oldest are forgotten
)

// The parts of a credential that people do not type.
const (
	grantPart    = "grant"       // the token
	asksPart     = "asks"        // what waits for an answer
	redirectPart = "redirectUri" // that the grant was given with
)

// waits reports whether a credential is an app that nobody has let in yet.
func (s Credential) waits() bool { return s["clientId"] != "" && s[grantPart] == "" }

// with gives a credential with what was said in the place of what there was. An
// app and a token exclude each other, and another app is to be let in first.
func (s Credential) with(said Credential) Credential {
	out := maps.Clone(s)
	if id := said["clientId"]; id != "" && id != s["clientId"] {
		delete(out, grantPart)
		delete(out, asksPart)
		delete(out, "token")
	}
	if said["token"] != "" {
		for _, name := range []string{"clientId", "clientSecret", redirectPart, grantPart, asksPart} {
			delete(out, name)
		}
	}
	maps.Copy(out, said)
	return out
}

// asks gives what waits for an answer.
func (s Credential) asks(now time.Time) (list []Ask, err error) {
	if text := s[asksPart]; text != "" {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, fmt.Errorf("reading what a connection asked: %w", err)
		}
	}
	return slices.DeleteFunc(list, func(a Ask) bool { return !now.Before(a.Until) }), nil
}

func (s Credential) keepAsks(list []Ask) error {
	text, err := json.Marshal(list[max(len(list)-mostAsks, 0):])
	if err != nil {
		return fmt.Errorf("keeping what a connection asked: %w", err)
	}
	s[asksPart] = string(text)
	return nil
}

// take takes an ask away, so that it is answered once; nil if none fits.
func take(ctx context.Context, o Opening, fits func(*Ask) bool) (found *Ask, err error) {
	var broken error
	_, err = o.Swap(ctx, func(secret Credential) (Credential, time.Time, bool) {
		found, broken = nil, nil
		list, err := secret.asks(time.Now())
		if err != nil {
			broken = err
			return nil, time.Time{}, false
		}
		for i := len(list) - 1; i >= 0 && found == nil; i-- {
			if fits(&list[i]) {
				a := list[i]
				found = &a
				list = slices.Delete(list, i, i+1)
			}
		}
		if found != nil {
			broken = secret.keepAsks(list)
		}
		return secret, o.Connection.ExpiresAt, found != nil && broken == nil
	})
	if err == nil {
		err = broken
	}
	return found, err
}
