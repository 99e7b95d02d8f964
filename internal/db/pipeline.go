package db

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// On PostgreSQL every statement is a journey to another process. Those whose
// answer nobody waits for are kept, and travel together with the next one that
// somebody does wait for. Their errors come to light there, perhaps in the
// middle of another command of the group; the group then runs again with each
// command in a savepoint, where a command's statements are sent before the next
// one begins.

// Rows are the rows of a query.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Columns() ([]string, error)
	Err() error
	Close() error
}

// statement is one that waits to be sent.
type statement struct {
	text string
	args []any
}

// later executes a statement whose answer nobody waits for: at once on SQLite,
// together with the next one on PostgreSQL.
func (s *session) later(ctx context.Context, text string, args ...any) error {
	if s.pg == nil {
		return s.run(ctx, text, args...)
	}
	args, err := values(args) // now: the caller may change what they point at
	if err != nil {
		return err
	}
	s.pending = append(s.pending, statement{text, args})
	return nil
}

// flush sends the statements that wait, and gives the number of rows that the
// last one changed.
func (s *session) flush(ctx context.Context) (n int64, err error) {
	waiting := s.pending
	s.pending = nil
	if len(waiting) == 0 {
		return 0, nil
	}
	defer func() { s.lost = s.lost || err != nil }()
	if len(waiting) == 1 {
		tag, err := s.pg.Exec(ctx, waiting[0].text, waiting[0].args...)
		if err != nil {
			return 0, fmt.Errorf("%w in %s", err, short(waiting[0].text))
		}
		return tag.RowsAffected(), nil
	}
	results := s.pg.SendBatch(ctx, batchOf(waiting))
	n, err = executed(results, waiting)
	if e := results.Close(); err == nil && e != nil {
		err = e
	}
	return n, err
}

// queryPipeline sends a query behind the statements that wait.
func (s *session) queryPipeline(ctx context.Context, text string, args []any) (_ Rows, err error) {
	if err := s.later(ctx, text, args...); err != nil {
		return nil, err
	}
	waiting := s.pending
	s.pending = nil
	defer func() { s.lost = s.lost || err != nil }()
	results := s.pg.SendBatch(ctx, batchOf(waiting))
	if _, err := executed(results, waiting[:len(waiting)-1]); err != nil {
		_ = results.Close() // it repeats the error
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, fmt.Errorf("%w in %s", err, short(text))
	}
	return &pipelineRows{rows, results}, nil
}

// executed reads the answers of statements, up to the first that failed.
func executed(results pgx.BatchResults, sent []statement) (n int64, err error) {
	for _, st := range sent {
		tag, err := results.Exec()
		if err != nil {
			return 0, fmt.Errorf("%w in %s", err, short(st.text))
		}
		n = tag.RowsAffected()
	}
	return n, nil
}

func batchOf(all []statement) *pgx.Batch {
	b := &pgx.Batch{}
	for _, st := range all {
		b.Queue(st.text, st.args...)
	}
	return b
}

// values gives the arguments as the driver wants them.
func values(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, a := range args {
		if v, ok := a.(driver.Valuer); ok {
			var err error
			if a, err = v.Value(); err != nil {
				return nil, err
			}
		}
		out[i] = a
	}
	return out, nil
}

// pipelineRows ends the journey together with its rows.
type pipelineRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Columns names the columns.
func (r *pipelineRows) Columns() ([]string, error) {
	var names []string
	for _, f := range r.FieldDescriptions() {
		names = append(names, f.Name)
	}
	return names, nil
}

// Close ends the rows and gives the error that ended them early.
func (r *pipelineRows) Close() error {
	r.Rows.Close()
	err := r.Err()
	if e := r.results.Close(); err == nil {
		err = e
	}
	return err
}
