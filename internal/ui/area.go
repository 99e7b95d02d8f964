package ui

import (
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

// area is a part of what people work with in a location: what leads there, its
// templates, its screens, and the words for what they do. Each stands in a file of
// its own.
type area struct {
	way     way
	pages   []string // templates that stand in the frame
	screens []screen
	said    map[string]string // by what was done; {contacts} counts them
}

// way is what leads to an area in the navigation; without a name, nothing does.
type way struct {
	name, icon, path, key string // key goes there, behind a g
	group                 string // what it stands among; "" for the daily work
	needs                 string // permission, "" for none
	admin                 bool   // for admins only
}

// areas are all of them, in the order of the navigation.
func areas() []area {
	return []area{
		everywhere(),
		todayArea(),
		inboxArea(),
		contactsArea(),
		contactArea(),
		tasksArea(),
		calendarArea(),
		pipelinesArea(),
		matchesArea(),
		duplicatesArea(),
		automationArea(),
		reportsArea(),
		doorsArea(),
		settingsArea(),
	}
}

// everywhere is what belongs to no area.
func everywhere() area {
	return area{
		pages: []string{"problem", "apps", "app", "notifications", "account", "nosettings"},
		screens: []screen{
			{get, "/find", seeContacts, false, findPeople},
			{post, "/undo", seeContacts, false, undo},
		},
		said: map[string]string{
			"saved":      "Saved",
			"undone":     "Undone",
			"nothing":    "Select contacts first",
			"read":       "Marked as read",
			"password":   "Password changed. Everywhere else you are signed out",
			"second-off": "The second factor is off",
			"session":    "Signed out there",
			"sessions":   "Signed out everywhere else",
		},
	}
}

// The methods of screens, and the permissions that most need.
const (
	get, post   = http.MethodGet, http.MethodPost
	seeContacts = "contactsEnabled"
	inBulk      = "bulkRequestsEnabled"
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
	if s.needs != "" && !v.User.Has(s.needs) || s.admin && !v.May["admin"] || s.method == post && !v.May["write"] {
		return errs.New(errs.Forbidden, "You may not")
	}
	return nil
}

// screens are the pages of a location.
func screens() (all []screen) {
	for _, a := range areas() {
		all = append(all, a.screens...)
	}
	return all
}

// framed are the templates that stand in the frame: with the navigation beside
// them and the search above.
func framed() (all []string) {
	for _, a := range areas() {
		all = append(all, a.pages...)
	}
	return all
}

func framesIt(name string) bool { return slices.Contains(framed(), name) }

// said are the words for what was just done. The address names one of them: no
// text of an address is ever shown.
func said(what string, n int) string {
	for _, a := range areas() {
		if text := a.said[what]; text != "" {
			return strings.ReplaceAll(text, "{contacts}", plural(n, "contact", "contacts"))
		}
	}
	return ""
}
