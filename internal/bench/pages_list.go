package bench

import "net/url"

// shownPage is a page with the addresses that it is measured at.
type shownPage struct {
	name  string
	paths []string
}

// addresses gives the pages that are measured, for an admin or for somebody who
// sees the samples and others that are theirs.
func (w *agencyWork) addresses(samples []sampled, admin bool) []shownPage {
	contact, found, talk, fits := shownPage{name: "a contact"}, shownPage{name: "contacts, found by name"}, shownPage{name: "a conversation"}, shownPage{name: "matches of a contact"}
	const some = 50
	for _, p := range samples[:min(len(samples), some)] {
		contact.paths = append(contact.paths, "/contacts/"+p.id)
		found.paths = append(found.paths, "/contacts?"+url.Values{"q": {p.first + " " + p.last}}.Encode())
		talk.paths = append(talk.paths, "/inbox/"+p.id)
		fits.paths = append(fits.paths, "/contacts/"+p.id+"/matches")
	}
	list := []shownPage{contact, found, talk, fits,
		{"contacts behind the 100,000th", []string{"/contacts?sort=oldest&after=" + samples[0].id}},
		{"contacts, three letters and a filter", []string{"/contacts?q=mar&type=lead", "/contacts?q=bel&type=buyer", "/contacts?q=602&since=7"}},
		{"matches, tried", []string{"/matches?city=Phoenix&min=300000&max=600000&beds=3", "/matches?side=home&city=Denver&price=450000&beds=3", "/matches?state=TX&max=800000"}},
		{"calendar, user and calendar", []string{"/calendar?view=week&calendar=" + w.calendars[0] + "&user=" + w.agentID}},
		{"pipeline of an owner", []string{"/pipelines?owner=" + w.agentID, "/pipelines?status=won"}},
	}
	plain := []string{
		"/today", "/contacts", "/contacts?type=buyer&since=7", "/contacts?owner=none", "/find?q=mar", "/tasks?of=all", "/tasks", "/duplicates",
		"/inbox", "/inbox?show=unread", "/inbox?show=mine", "/inbox?show=unassigned", "/inbox?show=starred", "/inbox?show=snoozed", "/inbox?show=all", "/inbox?q=mar", "/templates",
		"/calendar?view=month", "/calendar?view=week", "/calendar?view=day", "/calendar?view=agenda",
		"/pipelines", "/automation", "/reports?days=30", "/reports?days=365", "/settings/tags", "/pick?contact=mar",
	}
	if admin {
		plain = append(plain,
			"/integrations", "/integrations/log", "/integrations/log?result=refused", "/integrations/log?door=radius&q=mar", "/integrations/log?warned=1",
			"/integrations/imports", "/integrations/webhooks", "/integrations/connections", "/integrations/apps", "/integrations/api",
			"/settings/location", "/settings/fields", "/settings/users", "/settings/audit", "/settings/audit?thing=pipeline", "/settings/audit?user="+w.agentID,
			"/settings/pipelines", "/settings/calendars", "/settings/resources", "/settings/businesses", "/settings/sources", "/settings/blog", "/settings/data",
		)
	}
	for _, path := range plain {
		list = append(list, shownPage{path, []string{path}})
	}
	return list
}
