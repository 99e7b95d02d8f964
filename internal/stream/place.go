package stream

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/follow"
)

const (
	page       = 50      // events that are read at a time
	keep       = 1000    // lines that a place remembers
	keepBytes  = 2 << 20 // of them all
	overweight = 256     // bytes that a line weighs besides its body
)

// place is a location that somebody listens to. It is read once for all of them,
// and remembers the last lines; who is further behind reads for itself.
type place struct {
	location string

	mu      sync.Mutex
	known   bool   // at and floor are set
	at      string // how far it has been read
	floor   string // recent has all that came behind
	recent  []line
	weight  int
	changed chan struct{} // is closed when at moves
	asks    map[*ask]bool
	busy    bool
	again   bool
}

func newPlace(location string) *place {
	return &place{location: location, changed: make(chan struct{}), asks: map[*ask]bool{}}
}

func (p *place) come(a *ask) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks[a] = true
}

// leave says how many are left.
func (p *place) leave(a *ask) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asks, a)
	return len(p.asks)
}

// begin reports whether to begin to read; where it is read already it is looked
// once more at the end.
func (p *place) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy {
		p.again = true
		return false
	}
	p.busy = true
	return true
}

// end reports whether to look once more.
func (p *place) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.again {
		p.again = false
		return true
	}
	p.busy = false
	return false
}

// follow reads what a place does not know yet.
func (s *Streams) follow(ctx context.Context, p *place) error {
	for more := true; more; {
		after, known := p.position()
		below, err := follow.Settled(ctx, s.db)
		if err != nil {
			return err
		}
		err = s.db.Read(ctx, p.location, func(ctx context.Context, tx *db.Tx) error {
			if !known { // whoever listens from now on is told of what comes behind
				event, err := crm.LastEvent(ctx, tx, p.location, below)
				if err != nil {
					return err
				}
				note, err := crm.LastNotification(ctx, tx, p.location, below)
				if err == nil {
					p.add(nil, max(event, note))
				}
				more = true
				return err
			}
			var lines []line
			var at string
			if lines, at, more, err = lookUp(ctx, tx, p.location, after, below, page); err != nil || at == after {
				return err
			}
			for i := range lines {
				if !p.wanted(&lines[i]) {
					continue
				}
				if err := lines[i].write(ctx, tx); err != nil {
					return err
				}
			}
			p.add(lines, at)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lookUp gives the lines behind an id and below another, of events and of
// notifications in one order: how far they reach, and whether there are more.
func lookUp(ctx context.Context, tx *db.Tx, location, after, below string, n int) (lines []line, at string, more bool, err error) {
	events, err := crm.EventsBetween(ctx, tx, location, after, below, n)
	if err != nil {
		return nil, "", false, err
	}
	notes, err := crm.NotificationsBetween(ctx, tx, location, after, below, n)
	if err != nil {
		return nil, "", false, err
	}
	for i := range events {
		lines = append(lines, line{id: events[i].ID, typ: events[i].Type, event: &events[i]})
	}
	for i := range notes {
		lines = append(lines, line{id: notes[i].ID, typ: noticeType, note: &notes[i]})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return strings.Compare(a.id, b.id) })
	// of a list that was cut it is not known what comes behind
	if more = len(events) == n || len(notes) == n; more {
		last := below
		if len(events) == n {
			last = min(last, events[n-1].ID)
		}
		if len(notes) == n {
			last = min(last, notes[n-1].ID)
		}
		lines = slices.DeleteFunc(lines, func(l line) bool { return l.id > last })
	}
	if at = after; len(lines) > 0 {
		at = lines[len(lines)-1].id
	}
	return lines, at, more, nil
}

func (p *place) position() (at string, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, p.known
}

// wanted reports whether anybody wants a line.
func (p *place) wanted(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for a := range p.asks {
		if a.wants(l) {
			return true
		}
	}
	return false
}

// add remembers lines, forgets those that are too many, and wakes who waits.
func (p *place) add(lines []line, at string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.known {
		p.known, p.floor = true, at
	}
	for _, l := range lines {
		p.recent = append(p.recent, l)
		p.weight += len(l.body) + overweight
	}
	forget := 0
	for ; forget < len(p.recent) && (p.weight > keepBytes || len(p.recent)-forget > keep); forget++ {
		p.weight -= len(p.recent[forget].body) + overweight
		p.floor = p.recent[forget].id
	}
	p.recent = slices.Clone(p.recent[forget:]) // the old ones are let go of
	p.at = at
	close(p.changed)
	p.changed = make(chan struct{})
}

// behind gives what is remembered behind an id and how far that is; ok is false
// for who is too far behind. changed is closed when there is more. "" is now.
func (p *place) behind(after string) (lines []line, at string, ok bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.known:
		return nil, after, true, p.changed
	case after == "" || after >= p.at:
		return nil, max(after, p.at), true, p.changed
	case after < p.floor:
		return nil, after, false, p.changed
	}
	i, _ := slices.BinarySearchFunc(p.recent, after, func(l line, id string) int {
		if l.id <= id {
			return -1
		}
		return 1
	})
	return slices.Clone(p.recent[i:]), p.at, true, p.changed
}
