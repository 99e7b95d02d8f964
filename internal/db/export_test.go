package db

import "context"

// Queued is how many commands of a location wait for its writer.
func Queued(d *DB, location string) int { return len(d.groups[d.writerOf(location)]) }

// SameWriter reports whether commands of two locations can share a group.
func SameWriter(d *DB, a, b string) bool { return d.writerOf(a) == d.writerOf(b) }

// Readers is how many reads there are at once.
const Readers = readSessions

// GroupMost is how many commands share one commit.
const GroupMost = groupMost

// Connections is how many connections are open.
func Connections(d *DB) int { return d.pool.Stats().OpenConnections }

// Upgrade brings the schema up to date as a program would that has further
// migrations, given as texts.
func Upgrade(ctx context.Context, d *DB, further ...string) error {
	all, err := steps()
	if err != nil {
		return err
	}
	for _, text := range further {
		all = append(all, migration{version: all[len(all)-1].version + 1, name: "test", text: text})
	}
	return d.migrate(ctx, all)
}

// DiscardReader gives up the connection of the reader whose turn it is.
func DiscardReader(d *DB) {
	s := <-d.readers
	if s != nil {
		s.discard()
	}
	d.readers <- nil
}
