package ui

import (
	"net/http"

	"github.com/foyer-crm/foyer/internal/errs"
)

// screen is a page of a location, or what a form of it does.
type screen struct {
	method, path string // below placePath
	needs        string // permission, "" for none
	admin        bool   // for admins only
	do           func(v *visit) error
}

// refuses gives the error for somebody who may not.
func (s screen) refuses(v *visit) error {
	if s.needs != "" && !v.User.Has(s.needs) || s.admin && !v.May["admin"] {
		return errs.New(errs.Forbidden, "You may not")
	}
	return nil
}

// screens are all pages of a location, and who may see them.
func (p *Pages) screens() []screen {
	const get, post = http.MethodGet, http.MethodPost
	const contacts, bulk = "contactsEnabled", "bulkRequestsEnabled"
	return []screen{
		{get, "/today", "", false, today},
		{get, "/find", contacts, false, findPeople},
		{post, "/undo", contacts, false, undo},

		{get, "/contacts", contacts, false, contactsList},
		{post, "/contacts", contacts, false, addContact},
		{post, "/contacts/bulk", bulk, false, bulkContacts},
		{post, "/contacts/view", contacts, false, changeViews},
		{post, "/contacts/export", contacts, false, exportContacts},
		{get, "/contacts/{contact}/cell/{field}", contacts, false, editCell},
		{post, "/contacts/{contact}/cell/{field}", contacts, false, changeCell},

		{get, "/contacts/{contact}", contacts, false, showContact},
		{post, "/contacts/{contact}", contacts, false, changeContact},
		{post, "/contacts/{contact}/notes", contacts, false, changeNotes},
		{post, "/contacts/{contact}/tasks", contacts, false, changeTasks},
		{post, "/contacts/{contact}/more", contacts, false, changeMore},

		{get, "/tasks", contacts, false, tasksList},
		{post, "/tasks", contacts, false, changeListedTask},

		{get, "/duplicates", contacts, false, duplicatesList},
		{post, "/duplicates", contacts, false, decideDuplicate},
	}
}
