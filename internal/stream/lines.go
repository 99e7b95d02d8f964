package stream

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
	"github.com/foyer-crm/foyer/internal/wire"
)

const (
	mostBytes = 8 << 20 // of an answer: then it ends, and says that there is more
	mostLook  = 20000   // events that one request looks through
)

// text is an answer in lines.
type text struct {
	bytes.Buffer
	n    int
	at   string // how far it reaches
	more bool   // there is more to be had at once
}

// lines answers with lines of JSON; while there is nothing it waits as long as
// it was told to.
func (s *Streams) lines(ctx context.Context, a *ask) (wire.Answer, error) {
	t := &text{at: a.since}
	if err := s.fill(ctx, a, t); err != nil {
		return wire.Answer{}, err
	}
	if a.wait > 0 && t.n == 0 && !t.more {
		if err := s.await(ctx, a, t); err != nil {
			return wire.Answer{}, err
		}
	}
	q := url.Values{}
	for name, v := range a.call.Query() {
		q[name] = v
	}
	q.Set("since", t.at)
	return wire.Answer{Status: http.StatusOK, Body: t.Bytes()}.With("Content-Type", "application/x-ndjson").
		With("X-Foyer-Since", t.at).With("X-Foyer-More", strconv.FormatBool(t.more)).With("Link", "</events?"+q.Encode()+`>; rel="next"`), nil
}

// fill writes what there is behind t.at.
func (s *Streams) fill(ctx context.Context, a *ask, t *text) error {
	for looked := 0; ; looked += page {
		if looked >= mostLook || t.n >= a.limit || t.Len() >= mostBytes {
			t.more = true
			return nil
		}
		lines, at, more, err := s.page(ctx, a, t.at, a.limit-t.n)
		if err != nil {
			return err
		}
		for i := range lines {
			t.Write(lines[i].body)
			t.WriteByte('\n')
		}
		t.n, t.at, t.more = t.n+len(lines), at, false
		if !more {
			return nil
		}
	}
}

// page reads some of the lines that are asked for behind an id, from the
// database: how far they reach, and whether there may be more.
func (s *Streams) page(ctx context.Context, a *ask, after string, limit int) (out []line, at string, more bool, err error) {
	below, err := follow.Settled(ctx, s.db)
	if err != nil {
		return nil, "", false, err
	}
	err = s.db.Read(ctx, a.location, func(ctx context.Context, tx *db.Tx) error {
		var all []line
		if all, at, more, err = lookUp(ctx, tx, a.location, after, below, page); err != nil {
			return err
		}
		if out, err = a.choose(ctx, tx, all, limit); err == nil && len(out) == limit && len(all) > 0 && out[limit-1].id < at {
			at, more = out[limit-1].id, true
		}
		return err
	})
	return out, at, more, err
}

// choose gives at most limit of some lines, those that are asked for and may be
// told of, ready to be sent.
func (a *ask) choose(ctx context.Context, tx *db.Tx, all []line, limit int) (out []line, err error) {
	for i := range all {
		l := &all[i]
		if !a.wants(l) {
			continue
		}
		if ok, err := a.sight.Load().shows(ctx, tx, a.location, l); err != nil || !ok {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := l.write(ctx, tx); err != nil {
			return nil, err
		}
		if out = append(out, *l); len(out) == limit {
			break
		}
	}
	return out, nil
}

// await waits until there is something.
func (s *Streams) await(ctx context.Context, a *ask, t *text) error {
	leave, err := s.enter(a)
	if err != nil {
		return err
	}
	defer leave()
	if err := a.call.Linger(a.wait + patience); err != nil {
		return err
	}
	over := time.NewTimer(a.wait)
	defer over.Stop()
	for t.n == 0 {
		_, at, ok, changed := a.place.behind(t.at)
		now := make(chan struct{})
		if !ok || at > t.at { // there is something already
			close(now)
		}
		select {
		case <-over.C:
			return nil
		case <-s.closed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-now:
		}
		if err := s.fill(ctx, a, t); err != nil {
			return err
		}
	}
	return nil
}
