package db

import "context"

// Watch has f called with the location of everything that this process has
// stored, as soon as it is: System for what is of no single location. f runs on
// the way of the writers, so it only takes note. What other processes store it is
// not told of. Call it before there is anything to see.
func (d *DB) Watch(f func(location string)) {
	var all []func(string)
	if old := d.watchers.Load(); old != nil {
		all = *old
	}
	all = append(all[:len(all):len(all)], f)
	d.watchers.Store(&all)
}

// quiet marks the context of what no watcher is told of.
type quiet struct{}

// Quietly gives a context for a Write that the watchers are not told of: of what is
// no news, and often stored.
func Quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quiet{}, true) }

// tell tells the watchers of a group of commands that has been run.
func (d *DB) tell(group []*command) {
	watchers := d.watchers.Load()
	if watchers == nil {
		return
	}
	for _, c := range group {
		if c.err != nil || c.ctx.Value(quiet{}) != nil {
			continue
		}
		for _, f := range *watchers {
			f(c.location)
		}
	}
}
