// Package outbound is the one way in which HTTP requests leave the house: with
// time-outs, a cap on what comes back, no redirects, and a guard that keeps
// addresses that somebody else chose away from the machines behind the firewall.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// ErrForbidden is the error of an address that is not in the public internet, or
// of a port there that webhooks have no business with.
var ErrForbidden = errors.New("the address is not in the public internet")

// ErrTooLong is the error of an answer that is longer than allowed.
var ErrTooLong = errors.New("the answer is too long")

// Options are the choices of a Client. The zero value is the careful one.
type Options struct {
	// Private allows addresses of this machine and of private networks: for
	// those that the operator of this Foyer set, never for those of a user.
	Private bool
	Timeout time.Duration // of a whole request; 0 is 20 seconds
	Connect time.Duration // of connecting; 0 is 10 seconds
	MaxBody int64         // bytes read of an answer; 0 is 1 MiB
	Idle    int           // connections kept open to a host; 0 is 4
	Cut     bool          // an answer that is longer, or breaks off, is cut and no error

	ports    []uint16                   // allowed beside the usual ones; for tests
	resolver *net.Resolver              // for tests
	dialing  func(address string) error // called before what is allowed is connected to; for tests
}

// Client sends HTTP requests. Make one with New; it may be shared.
type Client struct {
	http    http.Client
	most    int64
	cut     bool
	private bool
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// New makes a Client.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Connect == 0 {
		o.Connect = 10 * time.Second
	}
	if o.Idle == 0 {
		o.Idle = 4
	}
	dialer := &net.Dialer{Timeout: o.Connect, Resolver: o.resolver}
	// After the name was looked up, so that no name can point inside.
	dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if !o.Private {
			if err := public(address, o.ports); err != nil {
				return err
			}
		}
		if o.dialing != nil {
			return o.dialing(address)
		}
		return nil
	}
	return &Client{most: o.MaxBody, cut: o.Cut, private: o.Private, http: http.Client{
		Timeout:       o.Timeout,
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: o.Timeout, MaxIdleConnsPerHost: o.Idle, MaxIdleConns: 256, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends a request and reads the answer. An answer with any status is no
// error; one that is longer than allowed is.
func (c *Client) Do(r *http.Request) (*Answer, error) {
	if r.URL.User != nil && !c.private {
		return nil, fmt.Errorf("%w: it names a user", ErrForbidden)
	}
	res, err := c.http.Do(r) // #nosec G704 -- the dialer refuses what is not public
	if err != nil {
		return nil, fmt.Errorf("sending a request: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.most+1))
	if c.cut {
		body, err = body[:min(int64(len(body)), c.most)], nil // its status is what counts
	}
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > c.most {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, c.most)
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}
