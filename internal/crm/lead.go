package crm

import (
	"context"
	"fmt"

	"github.com/foyer-crm/foyer/internal/db"
)

// LeadFilter selects leads: the contacts that are recruited or retained. Empty
// fields select all. Texts must be valid UTF-8 without NUL.
type LeadFilter struct {
	Email   string // any address of the lead, in any case
	AgentID string
	Product string // recruiting, retention
	Stage   string // Details.RecruitingStage
	Bucket  string
	Limit   int
	Skip    int
}

// Leads gives the leads of a location that a filter selects, the newest first,
// and how many there are in all.
func Leads(ctx context.Context, tx *db.Tx, locationID string, f LeadFilter) (list []Contact, total int64, err error) {
	q := Query{Where: "product <> ''", Order: "id DESC", Limit: f.Limit, Skip: f.Skip}
	add := func(condition, value string) {
		q.Args = append(q.Args, value)
		q.Where += fmt.Sprintf(" AND "+condition, len(q.Args)+1)
	}
	const named = "id IN (SELECT contact_id FROM identities WHERE location_id = $1 AND key = $%d)"
	if f.Email != "" {
		key := emailKey(f.Email)
		if key == "" {
			return nil, 0, nil // no address: nobody has it
		}
		add(named, key)
	}
	if f.AgentID != "" {
		add(named, agentKey(f.AgentID))
	}
	for _, eq := range []struct{ condition, value string }{
		{"product = $%d", f.Product}, {"details ->> 'recruitingStage' = $%d", f.Stage}, {"details ->> 'bucket' = $%d", f.Bucket},
	} {
		if eq.value != "" {
			add(eq.condition, eq.value)
		}
	}
	return Contacts(ctx, tx, locationID, q, true)
}
