package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/id"
)

// receiver takes webhooks, each subscriber's at an address of its own, and
// notes how long after its event each came.
type receiver struct {
	addresses []string

	mu   sync.Mutex
	seen map[arrival]bool
	took []time.Duration
	more int // that came again
}

// arrival is a message at a subscriber.
type arrival struct {
	subscriber int
	message    string
}

// received is what a receiver says of itself.
type received struct {
	Addresses []string `json:"addresses"` // of the subscribers
	Messages  int      `json:"messages"`  // at each subscriber counted once
	Again     int      `json:"again"`     // that had come before
	Took      result   `json:"took"`      // from the moment of the event; to the millisecond
}

// Receiver takes webhooks for some subscribers, each at a port of its own, until
// ctx ends. It answers at address: GET /readyz, GET / with what it received, and
// POST / to forget that.
func Receiver(ctx context.Context, address string, subscribers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &receiver{seen: map[arrival]bool{}}
	var servers sync.WaitGroup
	defer servers.Wait()
	listen := func(address string) (net.Listener, error) {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listening for webhooks: %w", err)
		}
		return l, nil
	}
	serve := func(l net.Listener, h http.Handler) {
		s := &http.Server{Handler: h, ReadHeaderTimeout: patience}
		stop := context.AfterFunc(ctx, func() { _ = s.Close() })
		servers.Go(func() {
			defer stop()
			if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
				cancel(err)
			}
		})
	}
	own, err := listen(address) // before a subscriber gets its port
	if err != nil {
		return err
	}
	for i := range subscribers {
		l, err := listen("127.0.0.1:0")
		if err != nil {
			return err
		}
		serve(l, r.subscriber(i))
		r.addresses = append(r.addresses, l.Addr().String())
	}
	serve(own, r)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// subscriber takes what is sent to one. Its event's id says when that happened.
func (r *receiver) subscriber(i int) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, err := io.Copy(io.Discard, q.Body)
		message := q.Header.Get("Webhook-Id")
		took := time.Since(id.Time(strings.TrimPrefix(message, "msg_")))
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if at := (arrival{i, message}); r.seen[at] {
			r.more++
		} else {
			r.seen[at] = true
			r.took = append(r.took, took)
		}
	})
}

// ServeHTTP tells what was received.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Method == http.MethodPost {
		r.seen, r.took, r.more = map[arrival]bool{}, nil, 0
	}
	w.Header().Set("Content-Type", "application/json")
	text, _ := json.Marshal(received{Addresses: r.addresses, Messages: len(r.seen), Again: r.more, Took: *measured(slices.Clone(r.took), 0)}) // numbers and texts: it cannot fail
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	_, _ = w.Write(text)
}

// subscribers are a receiver in a process of its own.
type subscribers struct {
	*process
	addresses []string
}

// receive starts a receiver.
func (f *fixture) receive(ctx context.Context, binary string, n int) (*subscribers, error) {
	p, err := launch(ctx, f.dir, binary, func(address string) []string {
		return []string{"bench", "receiver", "--listen", address, "--subscribers", fmt.Sprint(n)}
	})
	if err != nil {
		return nil, err
	}
	if err := p.ready(ctx, "/readyz"); err != nil {
		return nil, err
	}
	s := &subscribers{process: p}
	got, err := s.ask(ctx, "GET")
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	s.addresses = got.Addresses
	return s, nil
}

// ask asks a receiver what it received, and with POST has it forget that.
func (s *subscribers) ask(ctx context.Context, method string) (*received, error) {
	c, err := dial(ctx, s.address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	e := envelope{method: method, path: "/"}
	_, body, err := c.do(e.bytes(nil))
	if err != nil {
		return nil, fmt.Errorf("asking the receiver: %w", err)
	}
	out := new(received)
	return out, json.Unmarshal(body, out)
}

// quiet waits until nothing has come for a while, or as many as expected have.
func (s *subscribers) quiet(ctx context.Context, expected int) (*received, error) {
	const calm = 8 * time.Second // longer than the first retry waits
	last, since := -1, time.Now()
	for {
		got, err := s.ask(ctx, "GET")
		if err != nil {
			return nil, err
		}
		if got.Messages != last {
			last, since = got.Messages, time.Now()
		}
		if expected > 0 && got.Messages >= expected || time.Since(since) > calm {
			return got, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
