package remote_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// stored is where tokens are kept, as a database keeps them.
type stored struct {
	mu    sync.Mutex
	token remote.Token
	dead  bool // the process is gone: nothing is stored any more
}

func (s *stored) Load(context.Context) (remote.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token, nil
}

func (s *stored) Swap(_ context.Context, from, to remote.Token) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return false, errors.New("the database is away")
	}
	if s.token.Version != from.Version || to.Version != from.Version+1 {
		return false, nil
	}
	s.token = to
	return true, nil
}

// issuer is a provider that rotates its refresh tokens and kills the grant where an
// old one is used again.
type issuer struct {
	mu      sync.Mutex
	n       int
	current string
	killed  bool
	calls   int
	takes   time.Duration
	fate    func(call int) error // before or after it is done, nil is well
	lost    func(call int) error // after it is done: the answer is lost
}

func (p *issuer) renew(_ context.Context, t remote.Token) (remote.Token, error) {
	time.Sleep(p.takes)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.fate != nil {
		if err := p.fate(p.calls); err != nil {
			return remote.Token{}, err
		}
	}
	if p.killed || t.Refresh != p.current {
		p.killed = true
		return remote.Token{}, &remote.Error{Cause: remote.Refused, Status: 400, Text: "invalid_grant"}
	}
	p.n++
	p.current = fmt.Sprintf("refresh%d", p.n)
	if p.lost != nil {
		if err := p.lost(p.calls); err != nil {
			return remote.Token{}, err
		}
	}
	return remote.Token{Access: fmt.Sprintf("access%d", p.n), Refresh: p.current, Expires: time.Now().Add(time.Hour)}, nil
}

// D7: fifty workers on two nodes meet an expired token; one asks for another, a
// thousand times.
func TestOneRefreshAtATime(t *testing.T) {
	for round := range 1000 {
		synctest.Test(t, func(t *testing.T) {
			p := &issuer{current: "refresh0", takes: time.Second}
			s := &stored{token: remote.Token{Access: "access0", Refresh: "refresh0", Expires: time.Now().Add(-time.Minute)}}
			if round%3 == 0 { // it looks good, and is not taken
				s.token.Expires = time.Now().Add(time.Hour)
			}
			nodes := []*remote.Keeper{remote.NewKeeper(s, p.renew), remote.NewKeeper(s, p.renew)}
			time.Sleep(2 * time.Minute)
			var all sync.WaitGroup
			for i := range 50 {
				all.Go(func() {
					k := nodes[i%2]
					if round%3 == 0 {
						if err := k.Refused(t.Context(), "access0"); err != nil {
							t.Error(err)
						}
					}
					if got, err := k.Access(t.Context()); err != nil || got != "access1" {
						t.Errorf("%q %v", got, err)
					}
				})
			}
			all.Wait()
			if p.calls != 1 || p.killed {
				t.Errorf("%d calls, killed %v", p.calls, p.killed)
			}
		})
	}
}

// A token that is gone for good is said once to be, and is never asked for again.
func TestALostTokenIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "another"}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		k := remote.NewKeeper(s, p.renew)
		for range 100 {
			_, err := k.Access(t.Context())
			if !remote.Is(err, remote.Unauthorized) || !strings.Contains(err.Error(), "connect it anew") {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		if p.calls != 1 {
			t.Errorf("%d calls", p.calls)
		}
	})
}

// D7: the process is killed between the answer and its storing. The next one tries
// once what is left, and then asks a person.
func TestACrashBetweenAnswerAndStoring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "refresh0"}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		p.lost = func(int) error { s.dead = true; return nil }
		if _, err := remote.NewKeeper(s, p.renew).Access(t.Context()); err == nil {
			t.Fatal("a token that was not stored was used")
		}
		s.dead, p.lost = false, nil
		if s.token.Unknown != 1 || s.token.Renewing.IsZero() {
			t.Fatalf("nothing says that it was sent: %+v", s.token)
		}
		k := remote.NewKeeper(s, p.renew)
		began := time.Now()
		for range 10 {
			if _, err := k.Access(t.Context()); !remote.Is(err, remote.Unauthorized) {
				t.Error(err)
			}
		}
		if p.calls != 2 || time.Since(began) < 15*time.Second {
			t.Errorf("%d calls after %v", p.calls, time.Since(began))
		}
	})
}

// A provider that gives the same successor for half a minute, as HighLevel does, is
// asked again within that time: nobody has to connect anew.
func TestACrashWithinTheGraceLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		var used time.Time
		renew := func(_ context.Context, t remote.Token) (remote.Token, error) {
			if used.IsZero() {
				used, s.dead = time.Now(), true // and it is killed
			}
			if t.Refresh != "refresh0" || time.Since(used) > 30*time.Second {
				return remote.Token{}, &remote.Error{Cause: remote.Refused, Status: 400, Text: "invalid_grant"}
			}
			return remote.Token{Access: "access1", Refresh: "refresh1", Expires: time.Now().Add(time.Hour)}, nil
		}
		if _, err := remote.NewKeeper(s, renew).Access(t.Context()); err == nil {
			t.Fatal("a token that was not stored was used")
		}
		s.dead = false
		if got, err := remote.NewKeeper(s, renew).Access(t.Context()); err != nil || got != "access1" {
			t.Errorf("%q %v", got, err)
		}
	})
}

// A crash before the request was sent costs nothing: the token is good still.
func TestACrashBeforeTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "refresh0"}
		now := time.Now()
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: now, Renewing: now.Add(time.Minute), Unknown: 1, Version: 7}}
		if got, err := remote.NewKeeper(s, p.renew).Access(t.Context()); err != nil || got != "access1" {
			t.Errorf("%q %v", got, err)
		}
	})
}

// While a provider does not answer, it is asked more and more seldom, and in the
// end a person is.
func TestUnknownOutcomesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "refresh0", fate: func(int) error { return &remote.Error{Cause: remote.Unavailable, Text: "it did not answer in time"} }}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		k := remote.NewKeeper(s, p.renew)
		for range 7 * 24 * 60 {
			_, _ = k.Access(t.Context())
			time.Sleep(time.Minute)
		}
		if p.calls > 20 || s.token.Lost == "" {
			t.Errorf("%d calls in a week, lost %q", p.calls, s.token.Lost)
		}
	})
	synctest.Test(t, func(t *testing.T) { // and recovers, if it comes back in time
		p := &issuer{current: "refresh0", fate: func(call int) error {
			if call < 8 {
				return &remote.Error{Cause: remote.Unavailable, Status: 502, Text: "bad gateway"}
			}
			return nil
		}}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		k := remote.NewKeeper(s, p.renew)
		for range 24 * 60 {
			_, _ = k.Access(t.Context())
			time.Sleep(time.Minute)
		}
		if s.token.Lost != "" || s.token.Unknown != 0 || p.killed {
			t.Errorf("%+v", s.token)
		}
	})
}

// Nobody who gives up waiting takes the answer with them.
func TestWhoAskedMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "refresh0", takes: 10 * time.Second}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now()}}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, _ = remote.NewKeeper(s, p.renew).Access(ctx)
		if s.token.Refresh != "refresh1" {
			t.Errorf("%+v", s.token)
		}
	})
}

// A token that was given just now and is not taken is not renewed over and over.
func TestATokenThatIsNeverTakenDoesNotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &issuer{current: "refresh0"}
		s := &stored{token: remote.Token{Access: "a", Refresh: "refresh0", Expires: time.Now().Add(time.Hour)}}
		k := remote.NewKeeper(s, p.renew)
		for range 100 {
			access, err := k.Access(t.Context())
			if err == nil {
				_ = k.Refused(t.Context(), access)
			}
			time.Sleep(time.Second)
		}
		if p.calls > 3 {
			t.Errorf("%d calls", p.calls)
		}
	})
}

var _ remote.Tokens = (*stored)(nil)
