package exporter

import (
	"reflect"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
)

// A field that a contact gets is in the export, or this fails.
func TestEveryFieldOfAContactHasItsColumn(t *testing.T) {
	names := map[string]bool{}
	for _, c := range columns(nil) {
		if names[c.name] {
			t.Errorf("there are two columns %s", c.name)
		}
		names[c.name] = true
	}
	var look func(typ reflect.Type)
	look = func(typ reflect.Type) {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			switch name {
			case "locationId": // the file is of one location
			case "address", "details":
				look(typ.Field(i).Type)
			default:
				if !names[name] {
					t.Errorf("%s.%s has no column %s", typ.Name(), typ.Field(i).Name, name)
				}
			}
		}
	}
	look(reflect.TypeFor[crm.Contact]())
	for i := range reflect.TypeFor[record]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[record]().Field(i).Tag.Get("json"), ",")
		if name != "contact" && !names[name] {
			t.Errorf("there is no column %s", name)
		}
	}
}

// What JSON lines say of a thing is all that there is to say, so that a new
// field of a note is not forgotten.
func TestARecordKeepsEveryFieldOfWhatBelongsToAContact(t *testing.T) {
	for _, p := range []struct{ ours, theirs reflect.Type }{
		{reflect.TypeFor[note](), reflect.TypeFor[crm.Note]()}, {reflect.TypeFor[task](), reflect.TypeFor[crm.Task]()},
		{reflect.TypeFor[activity](), reflect.TypeFor[crm.Activity]()}, {reflect.TypeFor[property](), reflect.TypeFor[crm.Property]()},
		{reflect.TypeFor[link](), reflect.TypeFor[crm.Link]()}, {reflect.TypeFor[event](), reflect.TypeFor[crm.Happened]()},
		{reflect.TypeFor[alias](), reflect.TypeFor[crm.FormerID]()}, {reflect.TypeFor[customField](), reflect.TypeFor[crm.CustomField]()},
		{reflect.TypeFor[record](), reflect.TypeFor[crm.Whole]()},
	} {
		for i := range p.theirs.NumField() {
			name := p.theirs.Field(i).Name
			if name == "FormerIDs" {
				name = "Aliases"
			}
			if _, has := p.ours.FieldByName(name); !has && name != "LocationID" && name != "ContactID" {
				t.Errorf("%s does not keep %s of %s", p.ours.Name(), name, p.theirs.Name())
			}
		}
	}
}
