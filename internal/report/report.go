// Package report counts what happened in a location by day, so that a question
// about a year costs the same as one about a week: a reader of events keeps the
// tallies, and the reports add them up.
package report

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// All is the owner of the tallies of everybody together.
const All = "*"

// What is counted.
const (
	Leads    = "lead"    // who came, by source
	Won      = "won"     // of those, who has a deal that was won, by source
	Answers  = "answer"  // of those, how long until the first message to them: see Answer
	Work     = "work"    // what users did, by kind
	Messages = "message" // by channel and what became of them: see MessageName
)

// Query says which tallies: those of days from one to another, both included,
// written as 2006-01-02, of one owner or of All.
type Query struct {
	From, To string
	Owner    string
}

// Count is how often something happened on a day.
type Count struct {
	Day, Name string
	N         int64
}

// most is how many tallies a report reads: a year of fifty sources.
const most = 20_000

// Days gives the tallies of each day, the oldest first. full reports that there
// are more than are read.
func Days(ctx context.Context, tx *db.Tx, locationID, what string, q Query) (list []Count, full bool, err error) {
	list, err = counts(ctx, tx, `SELECT day, name, n FROM tallies WHERE location_id = $1 AND what = $2 AND owner = $3 AND day >= $4 AND day <= $5 AND n <> 0 ORDER BY day, name LIMIT $6`,
		locationID, what, q.Owner, q.From, q.To, most+1)
	if len(list) > most {
		list, full = list[:most], true
	}
	return list, full, err
}

// Sums adds the tallies up over all days, by name.
func Sums(ctx context.Context, tx *db.Tx, locationID, what string, q Query) (map[string]int64, error) {
	list, err := counts(ctx, tx, `SELECT '', name, SUM(n) FROM tallies WHERE location_id = $1 AND what = $2 AND owner = $3 AND day >= $4 AND day <= $5 GROUP BY name ORDER BY name LIMIT $6`,
		locationID, what, q.Owner, q.From, q.To, most)
	sums := map[string]int64{}
	for _, c := range list {
		if c.N != 0 {
			sums[c.Name] = c.N
		}
	}
	return sums, err
}

func counts(ctx context.Context, tx *db.Tx, query string, args ...any) (list []Count, err error) {
	var c Count
	err = tx.Each(ctx, []any{&c.Day, &c.Name, &c.N}, func() error {
		list = append(list, c)
		return nil
	}, query, args...)
	return list, err
}
