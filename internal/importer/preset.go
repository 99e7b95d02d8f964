package importer

import (
	"slices"
	"strings"
)

// preset is the export of one program: how it is known by its columns, and what
// those mean that their names do not say.
type preset struct {
	name  string
	needs []string // all of them are there
	means map[string]string
}

// presets are tried in this order. What a column's name says by itself is in
// meanings.
var presets = []preset{
	{name: "Foyer", needs: []string{"firstName", "lastName", "customFields", "exact"}},
	{name: "Google Contacts", needs: []string{"Given Name", "Family Name", "Group Membership"}, means: googleMeans},
	{name: "Google Contacts", needs: []string{"First Name", "Last Name", "Labels", "File As"}, means: googleMeans},
	{name: "Outlook", needs: []string{"First Name", "Last Name", "E-mail Address", "Business Street"}, means: map[string]string{
		"Title": "namePrefix", "Primary Phone": "phone", "Business Phone 2": "phone:office", "Home Phone 2": "phone:home", "Car Phone": "phone:other",
		"Home Street 2": "address2", "Home Street 3": "address2", "Business Street 2": "officeAddress", "Business Street 3": "officeAddress",
		"E-mail Type": "", "E-mail 2 Type": "", "E-mail 3 Type": "", "Keywords": "tags", "Location": "locationText",
	}},
	{name: "HubSpot", needs: []string{"Record ID", "Lifecycle Stage"}, means: map[string]string{
		"Record ID": "custom:HubSpot Record ID", "Lead Status": "custom:Lead Status", "Contact Owner": "assignedTo",
	}},
	{name: "Follow Up Boss", needs: []string{"Date Added", "Stage", "Lead Source"}, means: map[string]string{
		"ID": "custom:Follow Up Boss ID", "Sphere Source": "custom:Sphere Source",
		"Property Address": "custom:Property Address", "Property City": "custom:Property City", "Property State": "custom:Property State", "Property Postal Code": "custom:Property Postal Code",
	}},
	{name: "HighLevel", needs: []string{"Contact Id", "First Name", "Last Name", "Phone", "Email"}, means: map[string]string{
		"Contact Id": "custom:HighLevel Contact Id",
	}},
	{name: "Sierra Interactive", needs: []string{"Secondary Email", "Secondary Phone", "Short Summary"}},
}

// googleMeans are Google's columns; what "Type" and "Label" columns say goes
// with the value beside them.
var googleMeans = map[string]string{
	"Location": "locationText", "Language": "language", "File As": "", "Organization 1 - Name": "companyName", "Address 1 - Formatted": "address",
	"Address 1 - PO Box": "address2", "Website 1 - Value": "website",
}

// recognise gives the program whose export has these columns, nil for none.
func recognise(header []string) *preset {
	has := func(name string) bool {
		return slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	for i, p := range presets {
		if !slices.ContainsFunc(p.needs, func(n string) bool { return !has(n) }) {
			return &presets[i]
		}
	}
	return nil
}

// meaning gives what the program means by a column.
func (p *preset) meaning(name string) (Target, bool) {
	for column, text := range p.means {
		if strings.EqualFold(column, name) {
			t, err := ParseTarget(text)
			return t, err == nil
		}
	}
	return Target{}, false
}

// Programs are those whose exports are known by name.
func Programs() (names []string) {
	for _, p := range presets {
		if !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	return names
}

// as takes columns to mean what a program means by them, where it says so.
func as(columns []Column, program string) {
	for i := range presets {
		if presets[i].name != program {
			continue
		}
		for k := range columns {
			if t, ok := presets[i].meaning(columns[k].Name); ok {
				columns[k].To, columns[k].Known = t, true
			}
		}
	}
}
