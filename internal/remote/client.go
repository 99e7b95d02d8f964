package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/outbound"
)

// Vendor is what a system says of how it is spoken to.
type Vendor struct {
	BaseURL string        // its own address
	Rate    Rate          // its limit, zero for none that is known
	Wait    time.Duration // for an answer; 0 is 30 seconds
	// Authorize puts the credential into the headers of a request.
	Authorize func(ctx context.Context, h http.Header) error
	// Renew is called once for a request whose credential was not taken, with the
	// headers that it was sent with; true if there is another one now. Nil: there
	// never is.
	Renew func(ctx context.Context, h http.Header, e *Error) (bool, error)
	// Judge looks at an answer for what its status does not say, or says otherwise;
	// nil leaves it at that.
	Judge func(status int, body []byte, e *Error) *Error
}

// Client sends the requests of one connection. Its methods may be called at the
// same time.
type Client struct {
	http   *outbound.Client
	base   *url.URL
	gate   *Gate
	vendor Vendor
	first  time.Duration // the bound of the first pause
}

// Request is a request to a system outside.
type Request struct {
	Method  string
	Path    string // escaped, behind the base URL
	Query   url.Values
	Header  http.Header
	Secrets []string // in the body, never to be repeated
	Body    any      // as JSON; url.Values as a form, []byte as it is
	Key     string   // of idempotency, "" for none
	// Repeat says that the system may be asked again when nobody knows what came of
	// the first time: it only reads, or does the same once more.
	Repeat bool
	// Lax takes a success whatever its body is; what is not JSON is not read.
	Lax bool
}

// The patience of one call.
const (
	mostTries = 4
	mostWait  = 30 * time.Second // of all its pauses; beyond that the caller decides
	firstWait = 250 * time.Millisecond
)

// NewClient makes the Client of a connection.
func NewClient(s Settings, v Vendor) (*Client, error) {
	base, err := baseURL(s.BaseURL, v.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, gate: s.Gate, vendor: v, first: firstWait}
	if c.gate == nil {
		c.gate = NewGate(Rate{})
	}
	if s.Hasty {
		c.first, c.gate.cools = time.Millisecond, time.Millisecond
	}
	c.gate.limit(v.Rate, s.NoLimit)
	if v.Wait == 0 {
		v.Wait = 30 * time.Second
	}
	c.http = outbound.New(outbound.Options{Private: s.Private, Timeout: v.Wait, MaxBody: mostBody, Idle: 192})
	return c, nil
}

// limit sets the vendor's limit on a Gate that has none yet.
func (g *Gate) limit(r Rate, off bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.heeds = !off; off {
		g.rate = Rate{}
	} else if g.rate == (Rate{}) {
		g.rate = r
	}
}

// Do sends a request until it is answered, as far as that is safe and does not take
// too long, and reads the JSON of the answer.
func (c *Client) Do(ctx context.Context, r Request, into any) error {
	_, err := c.Ask(ctx, r, into)
	return err
}

// Ask is Do, and gives the headers of the answer.
func (c *Client) Ask(ctx context.Context, r Request, into any) (http.Header, error) {
	patience, renewed := mostWait, false
	for try := 1; ; try++ {
		h, sent, err := c.once(ctx, &r, into, &patience)
		var e *Error
		if err == nil || !errors.As(err, &e) {
			return h, err
		}
		if e.Cause == Unauthorized && !renewed && c.vendor.Renew != nil && sent != nil {
			renewed = true
			again, err := c.vendor.Renew(ctx, sent, e)
			if err != nil {
				return h, err
			}
			if again {
				continue
			}
		}
		pause, again := r.again(e, try, c.first)
		if !again || pause > patience {
			return h, err
		}
		patience -= pause
		if err := sleep(ctx, pause); err != nil {
			return h, err
		}
	}
}

// errUnsent marks what never reached the system.
var errUnsent = errors.New("it was never sent")

// again says whether a request may be sent once more, and how long to wait before.
// What was refused for its time alone was not done: it may always be. The pause is
// drawn from all up to its bound, so that many who failed at once do not come back
// at once.
func (r *Request) again(e *Error, try int, first time.Duration) (time.Duration, bool) {
	if try >= mostTries || e.Status == 0 && errors.Is(e, errClosed) {
		return 0, false
	}
	undone := e.Cause == Limited || errors.Is(e, errUnsent)
	if e.Cause != Unavailable && e.Cause != Limited || !undone && !r.Repeat {
		return 0, false
	}
	return e.After + rand.N(min(first<<(2*(try-1)), mostWait/3)), true // #nosec G404 -- not a secret
}

// errClosed marks what was not sent because the gate was closed for long.
var errClosed = errors.New("the connection rests")

// once sends a request once. sent are its headers, nil if it was not sent.
func (c *Client) once(ctx context.Context, r *Request, into any, patience *time.Duration) (answered, sent http.Header, err error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	if err := c.enter(ctx, patience); err != nil {
		return nil, nil, err
	}
	fate, came := unknown, ""
	defer func() { c.gate.leave(answered, fate, came) }()
	a, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, req.Header, ctx.Err()
		}
		e := unreached(err)
		came = e.Cause.String()
		if e.Cause != Forbidden {
			fate = unwell
		}
		return nil, req.Header, e
	}
	e := c.judge(a, into, r.Lax)
	if fate, came = well, "done"; e != nil {
		came = e.Cause.String()
		e.Text = safe(e.Text, append(secretsOf(req.Header), r.Secrets...))
		if e.Cause == Unavailable || e.Cause == Broken {
			fate = unwell
		}
		if e.After > 0 && (e.Cause == Limited || e.Cause == Unavailable) {
			c.gate.Hold(time.Now().Add(e.After))
		}
		return a.Header, req.Header, e
	}
	return a.Header, req.Header, nil
}

// enter waits until a request may be sent, as long as there is patience.
func (c *Client) enter(ctx context.Context, patience *time.Duration) error {
	for {
		wait, broken := c.gate.enter()
		switch {
		case wait <= 0:
			return nil
		case broken:
			return &Error{Cause: Unavailable, After: wait, Text: "it failed several times in a row and is left alone for a while", Err: errClosed}
		case wait > *patience:
			return &Error{Cause: Limited, After: wait, Text: "its limit of requests is reached", Err: errClosed}
		}
		*patience -= wait
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// judge says what is wrong with an answer, nil if nothing is, and reads it.
func (c *Client) judge(a *outbound.Answer, into any, lax bool) *Error {
	cause, ok := causeOf(a.Status)
	var e *Error
	if !ok {
		e = &Error{Cause: cause, Status: a.Status, Text: words(a.Status, a.Header, a.Body)}
		if e.Cause == Limited || e.Status == http.StatusServiceUnavailable {
			e.After = retryAfter(a.Header, time.Now())
		}
		if e.Cause == Limited && e.After == 0 {
			e.After = time.Second
		}
	}
	if c.vendor.Judge != nil {
		e = c.vendor.Judge(a.Status, a.Body, e)
	}
	if e != nil {
		return e
	}
	if e = decode(a.Status, a.Body, into); lax {
		return nil
	}
	return e
}

// request writes a request.
func (c *Client) request(ctx context.Context, r *Request) (*http.Request, error) {
	var body []byte
	form := false
	switch b := r.Body.(type) {
	case nil:
	case []byte:
		body = b
	case url.Values:
		body, form = []byte(b.Encode()), true
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			return nil, fmt.Errorf("writing a request: %w", err)
		}
	}
	address := c.base.String() + "/" + strings.TrimPrefix(r.Path, "/")
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("writing a request: %w", err)
	}
	if body == nil {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	if form {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Foyer")
	if r.Key != "" {
		// The same words under the same key are one; other words are not what was
		// asked before.
		sum := sha256.Sum256(body)
		req.Header.Set("Idempotency-Key", r.Key+"-"+hex.EncodeToString(sum[:8]))
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if c.vendor.Authorize != nil {
		if err := c.vendor.Authorize(ctx, req.Header); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// unreached says why there is no answer, without the address, which may tell of
// persons.
func unreached(err error) *Error {
	e := &Error{Cause: Unavailable, Text: "it cannot be reached"}
	var dial *net.OpError
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, outbound.ErrForbidden):
		e.Cause, e.Text, e.Err = Forbidden, "its address is not in the public internet", outbound.ErrForbidden
	case errors.Is(err, outbound.ErrTooLong):
		e.Cause, e.Text, e.Err = Broken, fmt.Sprintf("its answer is longer than %d MiB", mostBody>>20), outbound.ErrTooLong
	case errors.As(err, &name):
		e.Text, e.Err = "its name cannot be looked up", errUnsent
	case errors.As(err, &dial) && dial.Op == "dial":
		e.Err = errUnsent
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Text = "it did not answer in time"
	case strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tls:"):
		e.Text, e.Err = "it cannot prove who it is: its certificate is not good", errUnsent
	case strings.Contains(err.Error(), "malformed HTTP"):
		e.Cause, e.Text = Broken, "what it answered is not HTTP"
	default:
		e.Text = "the connection broke off"
	}
	return e
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
