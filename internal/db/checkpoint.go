package db

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// walState is shared by the writer and the checkpointer of a SQLite database.
type walState struct {
	tail atomic.Bool // the bulk is checkpointed; the writer is to finish the rest
}

const (
	walStep  = 16 << 20        // bytes of log after which a checkpoint is worth it
	walCheck = time.Second / 4 // how often the log's size is looked at
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
		info, err := os.Stat(filepath.Join(d.dir, "foyer.db-wal"))
		if err != nil || info.Size() < walStep || d.wal.tail.Load() {
			continue
		}
		if d.checkpoint() {
			d.wal.tail.Store(true)
		}
	}
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
