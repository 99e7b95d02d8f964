package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// Emit stores an event of what another package of the core did, in the
// transaction that makes it true. contactID and objectID may be "".
func Emit(ctx context.Context, tx *db.Tx, by Actor, typ, contactID, objectID string, data EventData) error {
	err := emit(ctx, tx, by, typ, contactID, objectID, data)
	return err
}

// Excerpt is what a time line shows of a text.
func Excerpt(s string) string { return excerpt(s) }
