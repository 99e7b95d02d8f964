package stream

import (
	"bufio"
	"context"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// send writes server-sent events until the reader leaves, may no longer be told,
// or does not keep up; whoever comes back says how far they were.
func (s *Streams) send(ctx context.Context, a *ask, w http.ResponseWriter) {
	out := &events{Writer: bufio.NewWriterSize(w, 16<<10), ask: a}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	at := a.since
	out.say("retry: 1000\n:\n\n")
	if out.flush() != nil {
		return
	}
	for {
		lines, to, changed, err := s.next(ctx, a, at)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn("a stream ends, to be taken up again", "location", a.location, "err", err)
			}
			return
		}
		if len(lines) > 0 && !s.stillMay(ctx, a) {
			return
		}
		for i := range lines {
			out.event(&lines[i])
		}
		if len(lines) > 0 && out.flush() != nil {
			return
		}
		if to != at {
			at = to
			continue
		}
		select {
		case <-changed:
		case <-beat.C:
			// it also says how far the reader is, where nothing was for them
			out.say("id: " + at + "\n:\n\n")
			if !s.stillMay(ctx, a) || out.flush() != nil {
				return
			}
		case <-s.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// next gives the lines behind an id that a stream is to send, and how far they
// reach; changed is closed when there are more.
func (s *Streams) next(ctx context.Context, a *ask, at string) (lines []line, to string, changed <-chan struct{}, err error) {
	all, to, ok, changed := a.place.behind(at)
	if !ok {
		lines, to, _, err = s.page(ctx, a, at, page)
		return lines, to, changed, err
	}
	if len(all) == 0 {
		return nil, to, changed, nil
	}
	if a.ready(all) {
		lines, err = a.choose(ctx, nil, all, len(all))
		return lines, to, changed, err
	}
	err = s.db.Read(ctx, a.location, func(ctx context.Context, tx *db.Tx) (err error) {
		lines, err = a.choose(ctx, tx, all, len(all))
		return err
	})
	return lines, to, changed, err
}

// ready reports whether the database need not be asked about some lines.
func (a *ask) ready(all []line) bool {
	if a.sight.Load().only() != "" {
		return false
	}
	for i := range all {
		if all[i].body == nil && a.wants(&all[i]) {
			return false
		}
	}
	return true
}

// stillMay asks again who the caller is and what they may be told of.
func (s *Streams) stillMay(ctx context.Context, a *ask) bool {
	c, err := s.authenticate(a.call.Request.WithContext(ctx), s.desk)
	if err != nil {
		return false
	}
	now := *a.call
	now.Caller = c
	if l, err := s.locationOf(ctx, &now); err != nil || l.ID != a.location {
		return false
	}
	sees := sightOf(c)
	a.sight.Store(&sees)
	return sees.check(a.types) == nil
}

// events writes server-sent events.
type events struct {
	*bufio.Writer
	ask *ask
	err error
}

func (e *events) say(text string) {
	if e.err == nil {
		_, e.err = e.WriteString(text)
	}
}

func (e *events) event(l *line) {
	if e.Buffered() > 0 && e.Available() < len(l.body)+128 {
		e.hurry() // it goes out while this is written
	}
	e.say("id: " + l.id + "\nevent: " + l.typ + "\ndata: ")
	if e.err == nil {
		_, e.err = e.Write(l.body)
	}
	e.say("\n\n")
}

// hurry gives the reader some time for what is sent next.
func (e *events) hurry() {
	if e.err == nil {
		e.err = e.ask.call.Linger(patience)
	}
}

func (e *events) flush() error {
	e.hurry()
	if e.err == nil {
		e.err = e.Flush()
	}
	if e.err == nil {
		e.err = e.ask.call.Flush()
	}
	return e.err
}
