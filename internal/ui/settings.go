package ui

import (
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

// settingsArea is where a location is set up.
func settingsArea() area {
	a := area{
		way: way{name: "Settings", icon: "settings", path: "/settings", key: "s", group: "Set-up"},
		screens: []screen{
			{get, "/settings", "", false, settingsFirst},
		},
		said: map[string]string{},
	}
	for _, s := range sections() {
		a.pages = append(a.pages, s.page)
		for _, sc := range s.screens {
			sc.needs, sc.admin = s.needs, s.admin
			if sc.method == post && s.item != "" {
				sc.do = s.keeping(sc.do)
			}
			sc.do = forAll(sc.do)
			a.screens = append(a.screens, sc)
		}
		for what, text := range s.said {
			a.said[what] = text
		}
	}
	return a
}

// forAll lets those who see only some contacts read what is set up for all of them,
// and change nothing of it.
func forAll(do func(v *visit) error) func(v *visit) error {
	return func(v *visit) error {
		if v.only != "" {
			if v.r.Method == post {
				return errs.New(errs.Forbidden, "You may not")
			}
			v.May["write"] = false
		}
		return do(v)
	}
}

// section is a part of the settings: its template, its screens and what they say
// was done. Who may see it is said once, for all of it.
type section struct {
	name, icon, path string
	page             string
	item             string // the parameter of its address that opens one thing; "" where forms are not kept
	needs            string
	admin            bool
	screens          []screen
	said             map[string]string
}

// sections are those of the settings, in their order.
func sections() []section {
	return []section{
		locationSection(),
		usersSection(),
		sourcesSection(),
		fieldsSection(),
		tagsSection(),
		pipelineSection(),
		calendarsSection(),
		resourcesSection(),
		businessesSection(),
		blogSection(),
		auditSection(),
		dataSection(),
	}
}

// Sections are the ways to the parts of the settings that somebody may see.
func (f *frame) Sections() (ways []navItem) {
	for _, s := range sections() {
		if (s.needs == "" || f.Who.Has(s.needs)) && (!s.admin || f.May["admin"]) {
			path := f.Base + s.path
			here, _, _ := strings.Cut(f.Path, "?")
			ways = append(ways, navItem{Name: s.name, Icon: s.icon, Path: path, Here: here == path || strings.HasPrefix(here, path+"/")})
		}
	}
	return ways
}

// settingsFirst leads to the first part that somebody may see.
func settingsFirst(v *visit) error {
	ways := v.Sections()
	if len(ways) == 0 {
		return v.show("nosettings", "Settings", v.frame)
	}
	return v.done(strings.TrimPrefix(ways[0].Path, v.Base), "", 0, "")
}

// pick gives one of several values that a form may say.
func (v *visit) pick(name string, among ...string) string {
	if value := v.form(name); slices.Contains(among, value) {
		return value
	}
	return ""
}
