package highlevel

import "github.com/foyer-crm/foyer/internal/wire"

// Options are the switches of the door.
type Options struct{ RequireVersion bool }

// Door gives the door.
func Door(o Options) *wire.Door { return &wire.Door{Name: "highlevel"} }

// Scopes lists all scopes.
func Scopes() []string { return nil }
