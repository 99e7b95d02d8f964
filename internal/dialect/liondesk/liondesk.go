package liondesk

import "github.com/foyer-crm/foyer/internal/wire"

// Door gives the door.
func Door() *wire.Door {
	return &wire.Door{Name: "liondesk"}
}
