package crm

import (
	"context"

	"github.com/foyer-crm/foyer/internal/db"
)

// AppInstalled notes that an app was let into a location.
func AppInstalled(ctx context.Context, tx *db.Tx, by Actor, appID string) error {
	err := emit(ctx, tx, by, "app.installed", "", appID, EventData{})
	return err
}

// AppUninstalled notes that an app was shown out of a location.
func AppUninstalled(ctx context.Context, tx *db.Tx, by Actor, appID string) error {
	err := emit(ctx, tx, by, "app.uninstalled", "", appID, EventData{})
	return err
}
