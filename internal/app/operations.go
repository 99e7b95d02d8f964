package app

import (
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/ui"
)

// operations are what the HighLevel API takes here, for the pages' reference.
func operations() (list []ui.Operation) {
	for _, o := range highlevel.AllOperations() {
		if o.Status() == "done" {
			list = append(list, ui.Operation{Name: o.Name, Category: o.Category, Method: o.Method, Path: o.Path, Scope: o.Scope, Token: o.Token, Version: o.Version})
		}
	}
	return list
}
