package app

import "github.com/foyer-crm/foyer/internal/connect"

// Systems gives the systems outside that a location can be connected with, by
// kind. allowPrivate lets them be on this machine and in private networks.
func Systems(allowPrivate bool) map[string]connect.Open {
	return map[string]connect.Open{}
}
