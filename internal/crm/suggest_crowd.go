package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/match"
)

// Crowd is the contacts of a location among whom duplicates are looked for: the
// more there are, and the more have a name, the more agree by chance. It counts
// a name once; a Crowd serves for some hundred contacts and not for ever.
type Crowd struct {
	locationID string
	size       int
	named      map[string]int
	err        error
}

// CrowdOf counts the contacts of a location.
func CrowdOf(ctx context.Context, tx *db.Tx, locationID string) (*Crowd, error) {
	const most = 1_000_000 // beyond, counting costs and changes little
	var n int64
	_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM (SELECT 1 FROM contacts WHERE location_id = $1 LIMIT $2) AS counted", locationID, most)
	return &Crowd{locationID: locationID, size: int(n), named: map[string]int{}}, err
}

// in gives the crowd as package match wants it, counting names in a transaction.
func (c *Crowd) in(ctx context.Context, tx *db.Tx) match.Crowd {
	return match.Crowd{Size: c.size, Named: func(name string) int {
		n, known := c.named[name]
		if !known && c.err == nil {
			n, c.err = c.count(ctx, tx, name)
			c.named[name] = n
		}
		return n
	}}
}

// count gives how many contacts have a word in the search index, up to what
// makes it so common that more would change nothing.
func (c *Crowd) count(ctx context.Context, tx *db.Tx, word string) (int, error) {
	var n int64
	_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM ("+foundBy("$2")+" LIMIT $3) AS found WHERE $1 <> ''", c.locationID, tenantWord(c.locationID)+word, min(c.size/16+1, 20_000))
	return int(n), err
}
