package webhook

import (
	"context"
	"sync"
	"time"
)

const (
	perEndpoint = 8                // deliveries to one endpoint at a time
	inAll       = 128              // deliveries at a time
	kept        = inAll / 4        // of these, for endpoints that none is on its way to
	ahead       = 64               // deliveries to one endpoint that are leased at a time
	inMemory    = 1024             // deliveries that are leased at a time
	lease       = 45 * time.Second // after which another process takes a delivery over
	tooLate     = 20 * time.Second // before the end of its lease a delivery is not begun any more
	slow        = time.Second      // from which on an endpoint gets no deliveries leased ahead
	look        = time.Second      // how often it is looked what is due

	// While so many write that requests would wait, few deliveries are leased at a
	// time, and there is a rest behind them.
	whenCrowded = 64
	rest        = 200 * time.Millisecond
)

// Run sends what is due until ctx ends, then waits for what is under way.
func (g *Engine) Run(ctx context.Context) {
	d := &dispatcher{Engine: g, lanes: map[place]*lane{}, busy: map[string]int{}, ended: make(chan ending, inAll), leased: make(chan []batch, 1), outcomes: make(chan outcome, inAll)}
	var recording sync.WaitGroup
	recording.Go(func() { d.recordAll(ctx) })
	d.run(ctx)
	d.work.Wait()
	d.release()
	close(d.outcomes)
	recording.Wait()
}

// dispatcher is the sending half of an Engine. Its loop leases what is due in
// batches, has it sent, for each endpoint in turn as much as it has room for, and
// hands on what came of it, which is stored in batches too. Only the loop touches
// lanes, busy, looking and again.
type dispatcher struct {
	*Engine
	lanes    map[place]*lane
	busy     map[string]int // deliveries under way, by location
	under    int            // and in all
	looking  bool
	again    bool // something may have come due since the look began
	work     sync.WaitGroup
	ended    chan ending
	leased   chan []batch
	outcomes chan outcome
}

// place names an endpoint.
type place struct{ location, endpoint string }

// lane is an endpoint that deliveries are leased for.
type lane struct {
	at     place
	queue  []job
	busy   int
	most   int  // under way at a time
	more   bool // there was more due than was leased
	slowly bool // the last answer took its time
}

// job is a leased delivery.
type job struct {
	Delivery
	until time.Time // its lease ends
}

func (d *dispatcher) run(ctx context.Context) {
	tick := time.NewTicker(d.look)
	defer tick.Stop()
	d.find(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.find(ctx)
		case <-d.wake:
			d.find(ctx)
		case e := <-d.ended:
			d.end(e)
		case all := <-d.leased:
			d.take(ctx, all)
		}
		d.send(ctx)
	}
}

// ending is that a delivery is no longer under way.
type ending struct {
	lane *lane
	took time.Duration
}

func (d *dispatcher) end(e ending) {
	l := e.lane
	l.slowly = e.took > slow
	l.busy--
	d.under--
	if d.busy[l.at.location]--; d.busy[l.at.location] == 0 {
		delete(d.busy, l.at.location)
	}
	if l.busy == 0 && len(l.queue) == 0 && !l.more {
		delete(d.lanes, l.at)
	}
}

// find looks beside the loop for what is due.
func (d *dispatcher) find(ctx context.Context) {
	if d.looking {
		d.again = true
		return
	}
	d.looking, d.again = true, false
	have := map[place]holding{}
	for at, l := range d.lanes {
		have[at] = holding{queued: len(l.queue), busy: l.busy, slowly: l.slowly}
		if len(l.queue) < ahead/2 {
			l.more = false // this look will tell
		}
	}
	d.work.Go(func() {
		all, err := d.lease(ctx, have)
		if err != nil && ctx.Err() == nil {
			d.log.Warn("looking for webhooks that are due failed; it will be tried again", "err", err)
		}
		if d.db.Crowded() {
			select {
			case <-ctx.Done():
			case <-time.After(rest):
			}
		}
		d.leased <- all
	})
}

// take puts what was leased into its lanes.
func (d *dispatcher) take(ctx context.Context, all []batch) {
	d.looking = false
	for i := range all {
		b := &all[i]
		l := d.lanes[b.at]
		if l == nil {
			l = &lane{at: b.at}
			d.lanes[b.at] = l
		}
		l.queue, l.most, l.more = append(l.queue, b.jobs...), b.most, b.more
	}
	for at, l := range d.lanes {
		if l.busy == 0 && len(l.queue) == 0 && !l.more {
			delete(d.lanes, at)
		}
	}
	if d.again {
		d.find(ctx)
	}
}

// send begins what there is room for.
func (d *dispatcher) send(ctx context.Context) {
	for ctx.Err() == nil {
		l := d.next()
		if l == nil {
			return
		}
		one := l.queue[0]
		if l.queue = l.queue[1:]; len(l.queue) < ahead/2 && l.more {
			d.find(ctx)
		}
		if time.Until(one.until) < tooLate {
			continue // whoever looks when its lease has ended sends it
		}
		l.busy++
		d.under++
		d.busy[l.at.location]++
		d.work.Go(func() {
			began := time.Now()
			d.outcomes <- d.attempt(ctx, &one.Delivery)
			d.ended <- ending{l, time.Since(began)}
		})
	}
}

// next gives the endpoint whose turn it is: one of the location with the fewest
// deliveries under way, so that nobody starves another. The last places are for
// endpoints that nothing is on its way to, so that slow ones never have them all.
func (d *dispatcher) next() (best *lane) {
	if d.under >= inAll {
		return nil
	}
	locations := map[string]bool{}
	for at := range d.lanes {
		locations[at.location] = true
	}
	share := max(perEndpoint, inAll/max(len(locations), 1)) // of a location, however many endpoints it has
	for _, l := range d.lanes {                             // in no order: nobody is always the last
		if len(l.queue) == 0 || l.busy >= l.most || d.busy[l.at.location] >= share || l.busy > 0 && d.under >= inAll-kept {
			continue
		}
		if best == nil || d.busy[l.at.location] < d.busy[best.at.location] || d.busy[l.at.location] == d.busy[best.at.location] && l.busy < best.busy {
			best = l
		}
	}
	return best
}

// release gives back what was leased and not begun.
func (d *dispatcher) release() {
	select {
	case all := <-d.leased:
		for i := range all {
			d.giveBack(all[i].jobs)
		}
	default:
	}
	for _, l := range d.lanes {
		d.giveBack(l.queue)
	}
}

func (d *dispatcher) giveBack(all []job) {
	for i := range all {
		d.outcomes <- outcome{of: &all[i].Delivery, postponed: time.Now()}
	}
}
