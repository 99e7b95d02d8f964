package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// schedule is how long after which attempt a delivery is tried again, each spread
// by a tenth: ten attempts over 75 h 35 min 5 s.
var schedule = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

const longest = 24 * time.Hour // that a Retry-After can ask for

// Client is the outbound client that webhooks are sent with; private allows
// addresses of this machine and of private networks.
func Client(private bool) *outbound.Client {
	return outbound.New(outbound.Options{Private: private, Timeout: 15 * time.Second, Connect: 5 * time.Second, MaxBody: 64 << 10, Cut: true, Idle: perEndpoint})
}

// attempt sends a delivery once.
func (d *dispatcher) attempt(ctx context.Context, one *Delivery) (o outcome) {
	began := time.Now()
	o = outcome{Try: Try{At: began.UTC().Truncate(time.Millisecond)}, of: one}
	e, header, err := d.mayGo(ctx, one, began, &o)
	if o.stopped != "" || !o.postponed.IsZero() {
		return o
	}
	var a *outbound.Answer
	if err == nil {
		var r *http.Request
		if r, err = http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader([]byte(one.Body))); err == nil {
			r.Header = header
			a, err = d.out.Do(r)
		}
	}
	o.Took = time.Since(began).Milliseconds()
	if err != nil {
		o.Error = reason(err)
		if ctx.Err() != nil {
			o.postponed = time.Now() // the program is being stopped: whoever comes next sends it
		}
		return o
	}
	o.judge(a, began)
	return o
}

// judge says what an answer means: 2xx is taken, 410 is never again, anything else
// is to be tried again, a redirect too. Two may say when.
func (o *outcome) judge(a *outbound.Answer, now time.Time) {
	o.Status, o.Answer = a.Status, readable(a.Body)
	o.taken, o.gone = a.Status >= 200 && a.Status <= 299, a.Status == http.StatusGone
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		o.after = retryAfter(a.Header.Get("Retry-After"), now)
	}
}

// mayGo gives the endpoint of a delivery as it is now, with the headers. It sets in
// the outcome why the delivery is not sent any more: whoever is no longer let in is
// not told of anything; or until when it waits with the others of an endpoint that
// is left in peace.
func (d *dispatcher) mayGo(ctx context.Context, one *Delivery, at time.Time, o *outcome) (e *Endpoint, header http.Header, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		o.stopped, o.postponed = "", time.Time{}
		if e, err = endpoints.One(ctx, tx, "WHERE location_id = $1 AND id = $2", one.LocationID, one.EndpointID); err != nil {
			return err
		}
		if e == nil || !e.DisabledAt.IsZero() {
			o.stopped = "the webhook is disabled"
			return nil
		}
		open, err := crm.LocationOpen(ctx, tx, e.LocationID)
		if err != nil {
			return err
		}
		if !open {
			o.stopped = "the location is disabled"
			return nil
		}
		if e.OpenUntil.After(at) {
			o.postponed = e.OpenUntil
		}
		o.failing = e.Failures > 0
		if e.AppID == "" {
			return nil
		}
		list, err := auth.Listeners(ctx, tx, e.LocationID)
		if err != nil {
			return err
		}
		o.stopped = "the app is no longer in"
		for _, in := range list {
			if in.App.ID == e.AppID && (in.Live || d.vendor.Last(one.Type)) {
				o.stopped, e.URL = "", in.App.WebhookURL
			}
		}
		return nil
	})
	if err != nil || o.stopped != "" || !o.postponed.IsZero() {
		return nil, nil, err
	}
	if e.AppID == "" {
		header, err = e.sign(d.vault, one.Message, at, []byte(one.Body))
	} else {
		header, err = d.vendor.Sign(ctx, []byte(one.Body))
	}
	if err != nil {
		return nil, nil, err
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "Foyer-Webhooks")
	return e, header, nil
}

// pause is how long to wait behind an attempt: as the schedule has it, or longer
// if the receiver asks for it.
func pause(attempt int, asked time.Duration) time.Duration {
	d := schedule[min(max(attempt, 1), len(schedule))-1]
	d += rand.N(d/10 + 1) // #nosec G404 -- spreads retries, keeps no secret
	if asked > d {
		return min(asked, longest)
	}
	return d
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
		return min(time.Duration(min(n, int(longest/time.Second)))*time.Second, longest)
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), longest)
	}
	return 0
}

// reason says why nothing came back, and nothing about what is behind the firewall:
// a name that is not found and one that leads inside are the same, and no address
// of this machine or of its name server is named.
func reason(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var network *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, outbound.ErrForbidden) || errors.As(err, &name):
		return "the address is not in the public internet"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &certificate):
		return fmt.Sprintf("its certificate is not valid: %.200s", certificate.Err)
	case errors.As(err, &network):
		var no syscall.Errno
		if errors.As(network, &no) {
			return "the connection failed: " + no.Error()
		}
		return "the connection failed"
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return fmt.Sprintf("%.200s", err)
}

// readable is the beginning of an answer as text.
func readable(b []byte) string {
	b = b[:min(len(b), longestAnswer)]
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	for len(s) > longestAnswer {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
