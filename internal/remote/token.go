package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// App is an app at a system outside that people let in by OAuth 2.0.
type App struct {
	ClientID     string
	ClientSecret string // #nosec G117 -- the field of it
	RedirectURI  string
	Scopes       []string
	AuthorizeURL string // where people let it in; "" is the vendor's
	Tokens       Tokens // nil where a private token opens the system
}

// Token is what a grant of OAuth stands at.
type Token struct {
	Version  int64 // of what is stored; every Swap counts it up
	Access   string
	Refresh  string
	Expires  time.Time
	Issued   time.Time
	UserType string // Company or Location, with HighLevel
	Location string // the other side's ids of whose it is
	Company  string
	Scope    string

	// Renewing is until when somebody is renewing it, zero if nobody is.
	Renewing time.Time
	// Unknown is how often it was sent to be renewed and nobody knows what came of it.
	Unknown int
	// Rest is when it may be sent to be renewed next, after such a time.
	Rest time.Time
	// Lost says why only a person can make it good again, by connecting anew.
	Lost string
}

// String says nothing of what is secret, and so does GoString.
func (t Token) String() string {
	return fmt.Sprintf("a token until %s, version %d", t.Expires.UTC().Format(time.RFC3339), t.Version)
}

// GoString is String.
func (t Token) GoString() string { return t.String() }

// Tokens is where the token of a connection is stored, for all nodes. Load and Swap
// are all that one refresh at a time needs: whoever swaps the mark of renewing in is
// the one that renews, and what was promised away is known after a crash, since the
// mark is stored before the request goes out.
type Tokens interface {
	// Load gives the token as it is stored.
	Load(ctx context.Context) (Token, error)
	// Swap stores a token in the place of another, if that is still the one stored
	// (by its Version); false if it is not.
	Swap(ctx context.Context, from, to Token) (bool, error)
}

// The times of renewal.
const (
	renewsBefore = 2 * time.Minute // its expiry
	// Whoever began to renew it and has not ended by then is gone. That is less than
	// the half minute within which HighLevel, and a Foyer, give the same successor
	// once more: who was killed between the answer and its storing lost nothing.
	renewsWithin = 25 * time.Second
	asksWithin   = 12 * time.Second // for the answer
	tooYoung     = time.Minute      // a token that was issued just now and is not taken will not become better by another
	mostUnknown  = 20
	mostRest     = time.Hour
)

// Keeper gives the access token of a connection, and renews it in time: once,
// however many ask, here and on other nodes.
type Keeper struct {
	tokens Tokens
	renew  func(ctx context.Context, t Token) (Token, error)

	turn chan struct{} // whose turn it is to look after it
	mu   sync.Mutex
	have Token
}

// NewKeeper makes a Keeper. renew asks the system for the token that follows one;
// its errors are *Error.
func NewKeeper(tokens Tokens, renew func(ctx context.Context, t Token) (Token, error)) *Keeper {
	return &Keeper{tokens: tokens, renew: renew, turn: make(chan struct{}, 1)}
}

// Access gives an access token that is good for a while.
func (k *Keeper) Access(ctx context.Context) (string, error) {
	have := k.known()
	if have.fresh() {
		return have.Access, nil
	}
	t, err := k.next(ctx, "")
	if err != nil && t.Access != "" && time.Now().Before(t.Expires) {
		return t.Access, nil // it is good still, and there is time to try again
	}
	return t.Access, err
}

// Refused gives the token that follows one that was not taken.
func (k *Keeper) Refused(ctx context.Context, stale string) error {
	_, err := k.next(ctx, stale)
	return err
}

func (k *Keeper) known() Token {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.have
}

func (k *Keeper) keep(t Token) Token {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.have = t
	return t
}

func (t Token) fresh() bool {
	return t.Access != "" && t.Lost == "" && time.Until(t.Expires) > renewsBefore
}

// next gives a token that is fresh and another than the stale one.
func (k *Keeper) next(ctx context.Context, stale string) (Token, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	for {
		t, err := k.tokens.Load(ctx)
		if err != nil {
			return Token{}, fmt.Errorf("reading the token of a connection: %w", err)
		}
		if t.fresh() && t.Access != stale {
			return k.keep(t), nil
		}
		if err := t.hopeless(stale); err != nil {
			return t, err
		}
		if wait := time.Until(t.Renewing); wait > 0 {
			if err := sleep(ctx, min(wait, 50*time.Millisecond+rand.N(100*time.Millisecond))); err != nil { // #nosec G404 -- not a secret
				return t, err
			}
			continue
		}
		mark := t
		mark.Version, mark.Renewing, mark.Unknown = t.Version+1, time.Now().Add(renewsWithin), t.Unknown+1
		mine, err := k.tokens.Swap(ctx, t, mark)
		if err != nil {
			return t, fmt.Errorf("marking the token of a connection: %w", err)
		}
		if mine {
			return k.promised(ctx, mark)
		}
	}
}

// hopeless gives the error of a token that cannot be renewed, or not now.
func (t Token) hopeless(stale string) error {
	switch now := time.Now(); {
	case t.Lost != "":
		return &Error{Cause: Unauthorized, Text: "connect it anew: " + t.Lost}
	case t.Refresh == "":
		return &Error{Cause: Unauthorized, Text: "connect it anew: there is no refresh token"}
	case stale != "" && t.Access == stale && now.Sub(t.Issued) < tooYoung && t.fresh():
		return &Error{Cause: Unauthorized, Text: "it does not take a token that it gave just now"}
	case t.Rest.After(now):
		return &Error{Cause: Unavailable, After: t.Rest.Sub(now), Text: "its token could not be renewed, it is tried again later"}
	}
	return nil
}

// promised renews a token that is marked. Whoever asked for it may leave: the
// answer is worth too much to be lost with them.
func (k *Keeper) promised(ctx context.Context, mark Token) (Token, error) {
	asking, stop := context.WithTimeout(context.WithoutCancel(ctx), asksWithin)
	defer stop()
	next, err := k.renew(asking, mark)
	after, err := mark.after(next, err)
	if saveErr := k.save(context.WithoutCancel(ctx), mark, after); saveErr != nil {
		return mark, errors.Join(saveErr, err)
	}
	if err != nil {
		return after, err
	}
	return k.keep(after), nil
}

// after gives what is stored of a token that was renewed, or was not.
func (t Token) after(next Token, err error) (Token, error) {
	now := time.Now()
	to := t
	to.Version, to.Renewing, to.Rest = t.Version+1, time.Time{}, time.Time{}
	if err == nil && next.Access == "" {
		err = &Error{Cause: Broken, Text: "its answer has no access token"}
	}
	if err == nil {
		next.Version, next.Issued = to.Version, now
		if next.Refresh == "" {
			next.Refresh = t.Refresh // it does not rotate
		}
		return next, nil
	}
	var e *Error
	switch {
	case errors.As(err, &e) && (errors.Is(e, errUnsent) || errors.Is(e, errClosed) || e.Cause == Limited || e.Cause == Forbidden):
		to.Unknown-- // it was never used
		to.Rest = now.Add(max(e.After, 5*time.Second))
	case errors.As(err, &e) && strings.Contains(e.Text, "invalid_client"):
		to.Unknown--
		to.Rest = now.Add(5 * time.Minute) // the app's secret is wrong, not the token
	case errors.As(err, &e) && (e.Cause == Refused || e.Cause == Unauthorized):
		to.Lost = e.Text
		err = &Error{Cause: Unauthorized, Status: e.Status, Text: "connect it anew: " + e.Text}
	case t.Unknown >= mostUnknown:
		to.Lost = "its token was sent to be renewed, and nobody knows what came of it"
		err = &Error{Cause: Unauthorized, Text: "connect it anew: " + to.Lost}
	default:
		to.Rest = now.Add(min(5*time.Second<<min(t.Unknown, 16), mostRest))
	}
	return to, err
}

// save stores what came of a renewal, and does not give up soon: a token that
// rotated is nowhere else.
func (k *Keeper) save(ctx context.Context, from, to Token) error {
	var err error
	for try := range 6 {
		var mine bool
		if mine, err = k.tokens.Swap(ctx, from, to); err == nil {
			if !mine { // it took too long, and another began
				return &Error{Cause: Unavailable, Text: "its token is being renewed by another"}
			}
			return nil
		}
		if err := sleep(ctx, 100*time.Millisecond<<try); err != nil {
			return err
		}
	}
	return fmt.Errorf("storing the token of a connection: %w", err)
}
