package app

import (
	"context"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// Credentials are what a newcomer needs to sign in and to call each API.
type Credentials = auth.Credentials

// Names are what Bootstrap calls the things it makes.
type Names = auth.Names

// Bootstrap is auth.Bootstrap with the scopes that this Foyer has.
func Bootstrap(ctx context.Context, d *db.DB, v *auth.Vault, n Names, rotate bool) (*Credentials, error) {
	return auth.Bootstrap(ctx, d, v, highlevel.Scopes(), n, rotate)
}
