package importer

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// Undone is what the undoing of an import did, or would do.
type Undone struct {
	ImportID string           `json:"importId"`
	Deleted  int64            `json:"deleted"`  // contacts that came with it
	Restored int64            `json:"restored"` // changes of others that were taken back
	Kept     []crm.ImportKept `json:"kept"`     // what somebody changed since
	DryRun   bool             `json:"dryRun,omitempty"`
}

// undoStep is how many events are undone in one transaction.
const undoStep = 500

// Undo takes an import back, the last row first. What somebody else changed since
// is kept and listed. One that was interrupted goes on; undoing an import twice
// does nothing the second time, and lists the same.
func Undo(ctx context.Context, d *db.DB, by crm.Actor, importID string) (*Undone, error) {
	u := &Undone{ImportID: importID, Kept: []crm.ImportKept{}}
	for done := false; !done; {
		var i *crm.Import
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			i, done, err = crm.UndoImportStep(ctx, tx, by, importID, undoStep)
			return err
		}); err != nil {
			return nil, err
		}
		if s := i.Settings.Undo; s != nil {
			u.Deleted, u.Restored = s.Deleted, s.Restored
		}
	}
	return u, u.list(ctx, d, by.LocationID)
}

// list reads what was kept.
func (u *Undone) list(ctx context.Context, d *db.DB, locationID string) error {
	const page = 500
	for after := ""; ; {
		var some []crm.ImportKept
		var next string
		if err := d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) (err error) {
			some, next, err = crm.KeptImports(ctx, tx, locationID, u.ImportID, after, page)
			return err
		}); err != nil {
			return err
		}
		u.Kept = append(u.Kept, some...)
		if after = next; next == "" {
			return nil
		}
	}
}

// PreviewUndo says what Undo would do, and stores nothing.
func PreviewUndo(ctx context.Context, d *db.DB, by crm.Actor, importID string) (*Undone, error) {
	u := &Undone{ImportID: importID, Kept: []crm.ImportKept{}, DryRun: true}
	for before := ""; ; {
		var would crm.ImportUndo
		var kept []crm.ImportKept
		var next string
		if err := d.Read(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			would, kept, next, err = crm.WouldUndoImport(ctx, tx, by.LocationID, importID, before, undoStep)
			return err
		}); err != nil {
			return nil, err
		}
		u.Deleted += would.Deleted
		u.Restored += would.Restored
		u.Kept = append(u.Kept, kept...)
		if before = next; next == "" {
			return u, nil
		}
	}
}
