package db

import "sync/atomic"

// crowd is how many commands have lately shared a commit, as a command sees it: a
// commit of sixty between ten of one counts as one of many.
type crowd struct{ sum, squares atomic.Int64 }

// note counts a group. Of two writers that count at once one may be missed, which
// does not matter.
func (c *crowd) note(n int) {
	const memory = 32 // groups
	sum, squares := c.sum.Load(), c.squares.Load()
	c.sum.Store(sum + int64(n)*memory - sum/memory)
	c.squares.Store(squares + int64(n*n)*memory - squares/memory)
}

// Crowded reports whether so many write that each waits for the others: then
// whatever can be done a little later makes room.
func (d *DB) Crowded() bool {
	const many = 24 // commands to a commit: more than come by chance
	return d.crowd.squares.Load() >= many*d.crowd.sum.Load() && d.crowd.sum.Load() > 0
}
