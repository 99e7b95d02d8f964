package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/snapshot"
	"github.com/foyer-crm/foyer/internal/wire"
)

// companyQuery names the company; the token's, if it does not.
type companyQuery struct {
	CompanyID string `json:"companyId"`
}

type snapshotView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

type snapshotsView struct {
	Snapshots []snapshotView `json:"snapshots"`
}

// listSnapshots is GET /snapshots/ (contract.md §14).
func listSnapshots(ctx context.Context, c *call) (wire.Answer, error) {
	said, err := readQuery[companyQuery](c)
	if err != nil {
		return wire.Answer{}, err
	}
	if err := c.checkCompany(said.CompanyID); err != nil {
		return wire.Answer{}, err
	}
	return show(ctx, c, func(ctx context.Context, tx *db.Tx) (v snapshotsView, err error) {
		list, err := snapshot.All(ctx, tx, c.Actor().CompanyID)
		v.Snapshots = make([]snapshotView, len(list))
		for i, s := range list {
			v.Snapshots[i] = snapshotView{s.ID, s.Name, s.Type}
		}
		return v, err
	})
}
