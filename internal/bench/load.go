package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load sends prepared requests over connections that stay open, each sending
// its next one when it has the answer to the last, or at a rate. It does little
// more than move bytes, because it shares the machine with the server it measures.
type load struct {
	address  string
	conns    int
	requests [][]byte
	again    bool    // start over when all are sent; else end
	rate     float64 // requests a second; 0 for as many as are answered
	at       atomic.Int64
	began    time.Time
}

// result is what a load saw.
type result struct {
	Done    int           `json:"done"`
	Elapsed time.Duration `json:"elapsedNs"`
	P50     time.Duration `json:"p50Ns"`
	P99     time.Duration `json:"p99Ns"`
	Max     time.Duration `json:"maxNs"`
}

// rate is requests a second.
func (r *result) rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Done) / r.Elapsed.Seconds()
}

func measured(took []time.Duration, elapsed time.Duration) *result {
	r := &result{Done: len(took), Elapsed: elapsed}
	if len(took) > 0 {
		slices.Sort(took)
		r.P50, r.P99, r.Max = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	}
	return r
}

// run sends for a while. Every answer must be a success.
func (l *load) run(ctx context.Context, d time.Duration) (*result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var all []time.Duration
	var work sync.WaitGroup
	start := time.Now()
	l.began = start
	end := start.Add(d)
	for range l.conns {
		work.Go(func() {
			took, err := l.one(ctx, end)
			if err != nil {
				cancel(err)
			}
			mu.Lock()
			all = append(all, took...)
			mu.Unlock()
		})
	}
	work.Wait()
	elapsed := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return measured(all, elapsed), nil
}

// one is the life of a connection.
func (l *load) one(ctx context.Context, end time.Time) ([]time.Duration, error) {
	c, err := dial(ctx, l.address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	took := make([]time.Duration, 0, 4096)
	for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
		i := int(l.at.Add(1)) - 1
		if i >= len(l.requests) && !l.again {
			break
		}
		request := l.requests[i%len(l.requests)]
		if l.rate > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(time.Until(l.began.Add(time.Duration(float64(i) / l.rate * float64(time.Second))))):
			}
			now = time.Now()
		}
		status, body, err := c.do(request)
		if err == nil && (status < 200 || status > 299) {
			err = fmt.Errorf("answer %d: %s", status, short(body))
		}
		if err != nil {
			return nil, fmt.Errorf("%w to %s", err, firstLine(request))
		}
		after := time.Now()
		took = append(took, after.Sub(now))
		now = after
	}
	return took, nil
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	return line
}

func short(b []byte) []byte { return b[:min(len(b), 300)] }

// client is one connection that is kept open, and reads just enough of HTTP/1.1.
type client struct {
	conn net.Conn
	buf  []byte
	have int // bytes in buf
}

// patience is how long an answer may take before something is wrong.
const patience = 30 * time.Second

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return &client{conn: conn, buf: make([]byte, 16<<10)}, conn.SetDeadline(time.Now().Add(10 * time.Minute))
}

func (c *client) close() { _ = c.conn.Close() }

// do sends a request and gives status and body of its answer. The body is good
// until the next call.
func (c *client) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, fmt.Errorf("sending: %w", err)
	}
	c.have = 0
	head := -1
	for head < 0 {
		if err := c.more(); err != nil {
			return 0, nil, err
		}
		head = bytes.Index(c.buf[:c.have], []byte("\r\n\r\n"))
	}
	top := c.buf[:head]
	if len(top) < 12 {
		return 0, nil, fmt.Errorf("no HTTP: %q", short(top))
	}
	if status, err = strconv.Atoi(string(top[9:12])); err != nil {
		return 0, nil, fmt.Errorf("no HTTP: %q", short(top))
	}
	head += 4
	if length, ok := field(top, "content-length: "); ok {
		n, err := strconv.Atoi(string(length))
		if err != nil {
			return 0, nil, fmt.Errorf("an answer of length %q", length)
		}
		for c.have < head+n {
			if err := c.more(); err != nil {
				return 0, nil, err
			}
		}
		return status, c.buf[head : head+n], nil
	}
	if status == 204 {
		return status, nil, nil
	}
	body, err = c.chunks(head)
	return status, body, err
}

// more reads what has come.
func (c *client) more() error {
	if c.have == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.conn.Read(c.buf[c.have:])
	c.have += n
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

// field finds a header, whose name is given in lower case.
func field(top []byte, name string) ([]byte, bool) {
	for line := range bytes.SplitSeq(top, []byte("\r\n")) {
		if len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return line[len(name):], true
		}
	}
	return nil, false
}

// chunks reads a body of unsaid length.
func (c *client) chunks(at int) ([]byte, error) {
	var body []byte
	for {
		line := -1
		for line < 0 {
			if line = bytes.Index(c.buf[at:c.have], []byte("\r\n")); line < 0 {
				if err := c.more(); err != nil {
					return nil, err
				}
			}
		}
		size, err := strconv.ParseUint(string(c.buf[at:at+line]), 16, 31)
		if err != nil {
			return nil, errors.New("a body of unknown length")
		}
		at += line + 2
		for c.have < at+int(size)+2 {
			if err := c.more(); err != nil {
				return nil, err
			}
		}
		if size == 0 {
			return body, nil
		}
		body = append(body, c.buf[at:at+int(size)]...)
		at += int(size) + 2
	}
}
