// Package brokerkit is the door for Brokerkit's leads API v2: recruits and
// agents come in, match by e-mail or agent id, and are shown again.
//
// README.md holds the contract in our words, with every deviation.
package brokerkit

import (
	"net/http"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/wire"
)

// Door gives the door. Its paths are the vendor's own (intake.md §2.1); each
// answers with ".json" behind it too, as every Rails route does.
func Door() *wire.Door {
	return &wire.Door{
		Name:   auth.Brokerkit,
		Prefix: []string{"/v2"},
		Routes: []wire.Route{
			{Name: "create lead", Method: http.MethodPost, Path: "/v2/leads", Aliases: []string{"/v2/leads.json"}, Scope: auth.ScopeCreate, Intake: true, Handle: create},
			{Name: "list leads", Method: http.MethodGet, Path: "/v2/leads", Aliases: []string{"/v2/leads.json"}, Scope: auth.ScopeRead, Handle: list},
			{Name: "show lead", Method: http.MethodGet, Path: "/v2/leads/{id}", Aliases: []string{"/v2/leads/{id}.json"}, Scope: auth.ScopeRead, Handle: show},
			{Name: "replace lead", Method: http.MethodPut, Path: "/v2/leads/{id}", Aliases: []string{"/v2/leads/{id}.json"}, Scope: auth.ScopeCreate, Intake: true, Handle: update},
			{Name: "update lead", Method: http.MethodPatch, Path: "/v2/leads/{id}", Aliases: []string{"/v2/leads/{id}.json"}, Scope: auth.ScopeCreate, Intake: true, Handle: update},
		},
		Authenticate: authenticate,
		Presented:    presented,
		Fail:         fail,
	}
}
