package follow

import "sync"

// Changes are the locations in which this process has stored something. What
// other processes store is not among them: look there now and again.
type Changes struct {
	lock  sync.Mutex
	in    map[string]bool
	ready chan struct{}
}

// Changes gives those from now on.
func (f *Follower) Changes() *Changes { return f.changed.add() }

// Ready has something to read when there are changes to Take.
func (c *Changes) Ready() <-chan struct{} { return c.ready }

// Take gives the locations in which something was stored since it was last asked;
// db.System among them is for what is of no single location.
func (c *Changes) Take() map[string]bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	in := c.in
	c.in = map[string]bool{}
	return in
}

func (c *Changes) note(location string) {
	c.lock.Lock()
	c.in[location] = true
	c.lock.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// watchers are all who are told of what is stored.
type watchers struct {
	mu  sync.Mutex
	all []*Changes
}

func (w *watchers) add() *Changes {
	c := &Changes{in: map[string]bool{}, ready: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, c)
	return c
}

// note is called for everything that is stored.
func (w *watchers) note(location string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.note(location)
	}
}
