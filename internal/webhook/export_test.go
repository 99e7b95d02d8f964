package webhook

import "time"

// Signature and its form are what the tests of other people's libraries check.
var Signature = signature

// Look changes how often an engine looks what is due.
func (g *Engine) Look(every time.Duration) { g.look = every }

// The limits that tests hold an engine to.
const (
	PerEndpoint = perEndpoint
	InAll       = inAll
	GiveUp      = giveUp
)
