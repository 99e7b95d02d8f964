package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// NewLeadsJob is the kind of job that tells subscribers of new contacts.
const NewLeadsJob = "notify.new_leads"

// NewLeads are the arguments of a NewLeadsJob: the first event it is to look at.
type NewLeads struct {
	From string `json:"from"`
}

// announce leaves word that there is a new contact, where somebody wants to
// know. One job covers all that come until it starts.
func announce(ctx context.Context, tx *db.Tx, by Actor, eventID string) error {
	if by.Origin == "import" {
		return nil // whoever imports a file knows what is in it
	}
	var one int64
	wanted, err := tx.Get(ctx, []any{&one}, "SELECT 1 FROM memberships WHERE location_id = $1 AND notify_new_leads LIMIT 1", by.LocationID)
	if err != nil || !wanted {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: NewLeadsJob, Unique: "new", Args: NewLeads{From: eventID}})
}
