package db

import (
	"context"
	"errors"
)

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

// SameTables says how the tables of two databases differ.
func SameTables(ctx context.Context, a, b *DB) error {
	x, err := a.tables(ctx, a.pool)
	if err != nil {
		return err
	}
	y, err := b.tables(ctx, b.pool)
	if err != nil {
		return err
	}
	return same(x, y)
}

// OpenAt opens a database with the schema of an earlier program.
func OpenAt(ctx context.Context, o Options, version int) error {
	d, err := connect(ctx, o)
	if err != nil {
		return err
	}
	all, err := steps()
	if err == nil {
		err = d.migrate(ctx, all[:version])
	}
	return errors.Join(err, d.pool.Close())
}

// Compare compares all rows of two databases.
func Compare(ctx context.Context, a, b Options) error {
	x, err := connectExisting(ctx, a)
	if err != nil {
		return err
	}
	y, err := connectExisting(ctx, b)
	if err != nil {
		return errors.Join(err, x.pool.Close())
	}
	err = func() error {
		conn, err := x.pool.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		end, err := x.reading(ctx, conn)
		if err != nil {
			return err
		}
		list, err := x.tables(ctx, conn)
		for i := range list {
			if err == nil {
				_, err = compare(ctx, x, conn, y, &list[i])
			}
		}
		return errors.Join(err, end())
	}()
	return errors.Join(err, x.pool.Close(), y.pool.Close())
}
