package db

import (
	"context"
	"time"
)

// How often PostgreSQL's tables are looked at, and how many rows of a table
// must have changed, in all and for each row there is, to count it anew.
const (
	statisticsCheck = 2 * time.Second
	statisticsRows  = 500
	statisticsShare = 0.5
)

// statistics keeps the planner's idea of the tables from lagging behind a fill.
// PostgreSQL's own housekeeping comes by once a minute; until then it would
// plan for the empty tables of a new database, and read a growing one from end
// to end for each request.
func (d *DB) statistics() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(statisticsCheck)
	defer tick.Stop()
	for {
		select {
		case <-d.closing:
			return
		case <-tick.C:
		}
		if err := d.countAnew(ctx); err != nil {
			d.log.Debug("the planner's statistics are not up to date; they will be tried again", "err", err)
		}
	}
}

func (d *DB) countAnew(ctx context.Context) error {
	rows, err := d.pool.QueryContext(ctx, `SELECT quote_ident(relname) FROM pg_stat_user_tables
		WHERE schemaname = current_schema() AND n_mod_since_analyze > $1 + $2 * n_live_tup`, statisticsRows, statisticsShare)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var tables []string
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return err
		}
		tables = append(tables, t)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := d.pool.ExecContext(ctx, "ANALYZE "+t); err != nil {
			return err
		}
	}
	return nil
}
