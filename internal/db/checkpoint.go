package db

import (
	"context"
	"sync/atomic"
	"time"
)

// walState is shared by the writer and the checkpointer of a SQLite database.
type walState struct {
	tail atomic.Bool // the bulk is checkpointed; the writer is to finish the rest
}

const (
	pageSize = 4096            // bytes, SQLite's default
	walStep  = 16 << 20        // bytes of log after which a checkpoint is worth it
	walCheck = time.Second / 4 // how often the log is looked at
)

// checkpoints moves the write-ahead log into the database in large steps, in
// the background: a page that many commits touched is written once. While
// commands keep coming the log can never be found finished, so the last bit is
// left to the writer, between two groups (settle).
func (d *DB) checkpoints() {
	tick := time.NewTicker(walCheck)
	defer tick.Stop()
	for {
		select {
		case <-d.closing:
			return
		case <-tick.C:
		}
		if d.wal.tail.Load() || !d.overdue() {
			continue
		}
		if d.checkpoint() {
			d.wal.tail.Store(true)
		}
	}
}

// overdue reports whether the log holds so much that is not in the database yet
// that a checkpoint is worth it. The size of the file does not tell: the log
// starts over in the same file.
func (d *DB) overdue() bool {
	var busy, log, moved int // in pages
	if err := d.pool.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &log, &moved); err != nil {
		return false
	}
	return (log-moved)*pageSize >= walStep
}

// checkpoint runs one passive checkpoint on a connection of its own and reports
// whether there was anything to move.
func (d *DB) checkpoint() bool {
	var busy, log, moved int
	err := d.pool.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
	if err != nil {
		d.log.Warn("checkpoint failed; it will be tried again", "err", err)
		return false
	}
	return moved > 0
}

// settle lets the writer finish a checkpoint whose bulk is done, so that the
// log starts over instead of growing.
func (d *DB) settle(s *session) {
	if !d.wal.tail.Swap(false) {
		return
	}
	if err := s.run(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		d.log.Warn("checkpoint failed; it will be tried again", "err", err)
	}
}
