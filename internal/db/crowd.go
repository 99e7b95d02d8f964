package db

import "sync/atomic"

// crowd is how many commands have lately shared a commit at most: it takes some
// commits to forget many.
type crowd struct{ times8 atomic.Int64 }

// note counts a group. Of two writers that count at once one may be missed, which
// does not matter.
func (c *crowd) note(n int) {
	old := c.times8.Load()
	c.times8.Store(max(int64(n)*8, old-old/8))
}

// Crowded reports whether so many write that each waits for the others: then
// whatever can be done a little later makes room.
func (d *DB) Crowded() bool {
	const many = 24 // commands to a commit: more than come by chance
	return d.crowd.times8.Load() >= many*8
}
