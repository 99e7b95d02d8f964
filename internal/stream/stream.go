// Package stream tells of what happens in a location as it happens: as lines of
// JSON that go on where they ended, and as server-sent events. It is a door: the
// events are those of crm, written as webhooks are.
package stream

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/wire"
)

const (
	look      = 500 * time.Millisecond // how often it is looked what other processes stored
	heartbeat = 15 * time.Second
	// patience is how long a reader may take for what it is sent.
	patience = 2 * heartbeat
	perKey   = 20 // streams and waiting requests of one key, or of one user
)

// Streams tell of events. Use New, mount the Door and let it Run.
type Streams struct {
	db      *db.DB
	desk    *auth.Desk
	base    wire.Base
	log     *slog.Logger
	changes *follow.Changes
	come    chan struct{} // somebody began to listen
	closed  chan struct{}
	close   sync.Once

	mu     sync.Mutex
	places map[string]*place
	busy   map[string]int // streams by key or user
}

// New makes Streams, which the follower tells of what is stored.
func New(d *db.DB, desk *auth.Desk, f *follow.Follower, base wire.Base, log *slog.Logger) *Streams {
	return &Streams{db: d, desk: desk, base: base, log: log, changes: f.Changes(), come: make(chan struct{}, 1), closed: make(chan struct{}),
		places: map[string]*place{}, busy: map[string]int{}}
}

// Close ends all streams, before the server that they hang on is shut down.
func (s *Streams) Close() { s.close.Do(func() { close(s.closed) }) }

// Run reads what happens where somebody listens, until ctx ends.
func (s *Streams) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	defer s.Close()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		everywhere := true
		var in map[string]bool
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.come:
		case <-s.changes.Ready():
			in = s.changes.Take()
			everywhere = in[db.System]
		}
		for _, p := range s.listenedTo() {
			if (everywhere || in[p.location]) && p.begin() {
				work.Go(func() {
					for again := true; again; again = p.end() {
						if in != nil && follow.Settle(ctx, s.db) != nil {
							return
						}
						if err := s.follow(ctx, p); err != nil && ctx.Err() == nil {
							s.log.Warn("reading new events for streams failed; it will be tried again", "location", p.location, "err", err)
						}
					}
				})
			}
		}
	}
}

// Door is the door of the streams.
func (s *Streams) Door() *wire.Door {
	return &wire.Door{Name: "events", Prefix: []string{"/events"}, Authenticate: s.authenticate, Presented: presented, Fail: wire.Failure,
		Routes: []wire.Route{{Name: "events", Method: http.MethodGet, Path: "/events", Handle: s.handle}}}
}

// authenticate names the caller by a HighLevel token or, where there is no
// Authorization header, by the cookie of a sign-in.
func (s *Streams) authenticate(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	switch list := r.Header.Values("Authorization"); len(list) {
	case 0:
		return wire.SessionCaller(s.base, r, desk)
	case 1:
		scheme, secret, _ := strings.Cut(list[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			secret = ""
		}
		return desk.Caller(r.Context(), auth.HighLevel, secret)
	}
	return nil, errs.New(errs.Invalid, "The Authorization header was sent more than once")
}

// presented gives the secrets of a request.
func presented(r *http.Request) (secrets []string) {
	for _, h := range r.Header.Values("Authorization") {
		if _, secret, ok := strings.Cut(h, " "); ok {
			h = secret
		}
		if h != "" {
			secrets = append(secrets, h)
		}
	}
	return secrets
}

// handle answers a request: with a stream whoever asks for one, with lines
// everybody else.
func (s *Streams) handle(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	live := strings.Contains(c.Request.Header.Get("Accept"), "text/event-stream")
	a, err := s.read(ctx, c, live)
	if err != nil {
		return wire.Answer{}, err
	}
	if !live {
		return s.lines(ctx, a)
	}
	leave, err := s.enter(a)
	if err != nil {
		return wire.Answer{}, err
	}
	return wire.Answer{Status: http.StatusOK, Stream: func(w http.ResponseWriter) {
		defer leave()
		s.send(ctx, a, w)
	}}.With("Content-Type", "text/event-stream").With("X-Accel-Buffering", "no"), nil
}

// enter counts a stream of a key or user, until leave is called. Limited for
// whoever has too many.
func (s *Streams) enter(a *ask) (leave func(), err error) {
	who := a.call.Actor().UserID + " " + a.call.Actor().CredentialID
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[who] >= perKey {
		return nil, errs.New(errs.Limited, "At most %d streams at a time", perKey)
	}
	s.busy[who]++
	p := s.places[a.location]
	if p == nil {
		p = newPlace(a.location)
		s.places[a.location] = p
	}
	p.come(a)
	a.place = p
	select {
	case s.come <- struct{}{}:
	default:
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy[who]--; s.busy[who] == 0 {
			delete(s.busy, who)
		}
		if p.leave(a) == 0 && s.places[a.location] == p {
			delete(s.places, a.location)
		}
	}, nil
}

// listenedTo gives the locations that somebody listens to.
func (s *Streams) listenedTo() []*place {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*place, 0, len(s.places))
	for _, p := range s.places {
		list = append(list, p)
	}
	return list
}
