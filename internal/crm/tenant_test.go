package crm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// estate is a contact with one of everything that belongs to it.
type estate struct {
	by      crm.Actor
	user    *crm.User
	contact *crm.Contact
	note    *crm.Note
	field   *crm.CustomField
	link    crm.Link
}

// settle makes an estate. Names and addresses are of the tenant's own.
func settle(t *testing.T, f *foyertest.F, by crm.Actor, userID, name string) *estate {
	t.Helper()
	e := &estate{by: by, link: crm.Link{Origin: "liondesk", Scope: "p/u", ExternalID: "idx-" + name}}
	err := f.DB.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		if e.user, err = crm.UserByID(ctx, tx, userID); err != nil {
			return err
		}
		if e.field, err = crm.CustomFieldNamed(ctx, tx, by, "budget of "+name, "TEXT"); err != nil {
			return err
		}
		in := person(name, "Person", strings.ToLower(name)+"@x.example", map[string]string{"Alpha": "6025550147", "Beta": "6025550148"}[name])
		in.Product, in.AssignedTo, in.Details.AgentID, in.Tags = "recruiting", userID, "lic-"+name, []string{"of " + name}
		in.CustomFields, in.Links = map[string]any{e.field.ID: name}, []crm.Link{e.link}
		in.Properties = []crm.Property{{Data: map[string]any{"address": name + " St"}}}
		in.Requirements = []crm.Requirement{{Data: map[string]any{"city": name}}}
		saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in})
		if err != nil {
			return err
		}
		e.contact = saved.Contact
		if e.note, err = crm.AddNote(ctx, tx, by, crm.Note{ContactID: e.contact.ID, Body: "of " + name}); err != nil {
			return err
		}
		_, err = crm.AddActivity(ctx, tx, by, crm.Activity{ContactID: e.contact.ID, Type: "visit", Description: "of " + name})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// two are two tenants, each with an estate.
func two(t *testing.T, f *foyertest.F) (a, b *estate) {
	t.Helper()
	theirs := f.Neighbour(t)
	a = settle(t, f, actor(f), f.Credentials.User.ID, "Alpha")
	b = settle(t, f, crm.Actor{LocationID: theirs["locationId"], CompanyID: theirs["companyId"], Origin: "test"}, theirs["user.id"], "Beta")
	return a, b
}

// reads are all the ways to read something of a location, with the ids, the
// addresses and the words of an estate. What is not found is nothing.
func reads(e *estate) map[string]func(ctx context.Context, tx *db.Tx, location string) (any, error) {
	c := e.contact
	return map[string]func(ctx context.Context, tx *db.Tx, location string) (any, error){
		"ContactByID": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.ContactByID(ctx, tx, l, c.ID))
		},
		"ContactByNumber": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.ContactByNumber(ctx, tx, l, c.Number))
		},
		"ContactByEmail": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.ContactByEmail(ctx, tx, l, c.Email))
		},
		"ContactByPhone": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.ContactByPhone(ctx, tx, l, c.Phone))
		},
		"Contacts by words": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			list, total, err := crm.Contacts(ctx, tx, l, crm.Query{Text: c.FirstName + " person", Limit: 10}, true)
			return several(list, total > 0), err
		},
		"Contacts by the beginning of a word": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			list, total, err := crm.Contacts(ctx, tx, l, crm.Query{Text: c.FirstName[:3], Limit: 10, Order: "id"}, true)
			return several(list, total > 0), err
		},
		"Contacts by phone": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			list, total, err := crm.Contacts(ctx, tx, l, crm.Query{Text: strings.TrimPrefix(c.Phone, "+1"), Limit: 10}, true)
			return several(list, total > 0), err
		},
		"Contacts by a condition": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			list, total, err := crm.Contacts(ctx, tx, l, crm.Query{Where: "id = $2 OR email = $3 OR assigned_to = $4", Args: []any{c.ID, c.Email, c.AssignedTo}, Limit: 10}, true)
			return several(list, total > 0), err
		},
		"Leads": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			list, total, err := crm.Leads(ctx, tx, l, crm.LeadFilter{Email: c.Email, AgentID: c.Details.AgentID, Limit: 10})
			return several(list, total > 0), err
		},
		"Notes": func(ctx context.Context, tx *db.Tx, l string) (any, error) { return list(crm.Notes(ctx, tx, l, c.ID)) },
		"NoteByID": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.NoteByID(ctx, tx, l, c.ID, e.note.ID))
		},
		"Activities": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return list(crm.Activities(ctx, tx, l, c.ID))
		},
		"Properties": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return list(crm.Properties(ctx, tx, l, c.ID))
		},
		"Requirements": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return list(crm.Requirements(ctx, tx, l, c.ID))
		},
		"Links": func(ctx context.Context, tx *db.Tx, l string) (any, error) { return list(crm.Links(ctx, tx, l, c.ID)) },
		"Timeline": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return list(crm.Timeline(ctx, tx, l, c.ID, 100))
		},
		"Events": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return list(crm.Events(ctx, tx, l, c.ID, "", 100))
		},
		"LinkedContact": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			id, err := crm.LinkedContact(ctx, tx, l, e.link.Origin, e.link.Scope, e.link.ExternalID)
			return several([]string{id}, id != ""), err
		},
		"FieldOrigins": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			m, err := crm.FieldOrigins(ctx, tx, l, c.ID)
			return several(m, len(m) > 0), err
		},
		"CustomFieldByKey by id": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.CustomFieldByKey(ctx, tx, l, e.field.ID))
		},
		"CustomFieldByKey by key": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.CustomFieldByKey(ctx, tx, l, e.field.Key))
		},
		"UserNamed by address": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.UserNamed(ctx, tx, l, e.user.Email, ""))
		},
		"UserNamed by name": func(ctx context.Context, tx *db.Tx, l string) (any, error) {
			return found(crm.UserNamed(ctx, tx, l, "", e.user.FullName()))
		},
	}
}

// found gives nil for what is not there.
func found[T any](v *T, err error) (any, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if v == nil {
		return nil, err
	}
	return v, err
}

func list[T any](all []T, err error) (any, error) { return several(all, len(all) > 0), err }

func several(v any, any bool) any {
	if !any {
		return nil
	}
	return v
}

// Every read of a location finds its own, and nothing of another's, whatever
// id, address or word it is given.
func TestReadsFindNothingOfAnotherTenant(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a, b := two(t, f)
		for name, read := range reads(a) {
			for who, e := range map[string]*estate{"its owner": a, "another tenant": b} {
				err := f.DB.Read(context.Background(), e.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
					got, err := read(ctx, tx, e.by.LocationID)
					if (got != nil) != (e == a) {
						t.Errorf("%s for %s: %v", name, who, got)
					}
					return err
				})
				if err != nil {
					t.Errorf("%s for %s: %v", name, who, err)
				}
			}
		}
		// and lists of a whole location
		err := f.DB.Read(context.Background(), b.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			fields, err1 := crm.CustomFields(ctx, tx, b.by.LocationID)
			people, err2 := crm.Users(ctx, tx, b.by.LocationID)
			happened, err3 := crm.EventsSince(ctx, tx, b.by.LocationID, "", "", 1000)
			all, total, err4 := crm.Contacts(ctx, tx, b.by.LocationID, crm.Query{Limit: 100}, true)
			for _, err := range []error{err1, err2, err3, err4} {
				if err != nil {
					return err
				}
			}
			if text := fmt.Sprintf("%+v %+v %+v %+v", fields, people, happened, all); strings.Contains(text, "Alpha") || strings.Contains(text, a.by.LocationID) || total != 1 {
				t.Errorf("a list has another tenant's: %d contacts, %s", total, text)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A handler that asks for the wrong location inside the right transaction gets
// nothing on PostgreSQL: row-level security is the second wall.
func TestTheSecondWallStopsAWrongLocation(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		if f.DB.Kind() != db.Postgres {
			t.Skip("skipped: SQLite has no row-level security")
		}
		a, b := two(t, f)
		for name, read := range reads(a) {
			err := f.DB.Read(context.Background(), b.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
				got, err := read(ctx, tx, a.by.LocationID)
				// the search index has no wall, so it counts; the rows behind it have one
				if list, ok := got.([]crm.Contact); got != nil && (!ok || len(list) > 0) {
					t.Errorf("%s: %v", name, got)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Every command on another tenant's id ends in NotFound and changes nothing.
func TestCommandsDoNotReachAnotherTenant(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a, b := two(t, f)
		everything := func() map[string]any {
			out := map[string]any{}
			err := f.DB.Read(context.Background(), a.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
				for name, read := range reads(a) {
					v, err := read(ctx, tx, a.by.LocationID)
					if err != nil {
						return err
					}
					out[name] = v
				}
				v, err := crm.EventsSince(ctx, tx, a.by.LocationID, "", "", 1000)
				out["everything that happened"] = v
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := everything()
		hello, yes := "hello", true
		for name, do := range map[string]func(ctx context.Context, tx *db.Tx) error{
			"change by id": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.SaveContact(ctx, tx, b.by, crm.Save{ID: a.contact.ID, Input: person("Mallory", "", "", "")})
				return err
			},
			"note by id, of links": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.SaveContact(ctx, tx, b.by, crm.Save{ID: a.contact.ID, OnMatch: crm.NoteOnly, Input: crm.Input{Links: []crm.Link{{Origin: "x", ExternalID: "y"}}}})
				return err
			},
			"delete": func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, b.by, a.contact.ID) },
			"add tags": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddTags(ctx, tx, b.by, a.contact.ID, []string{"x"})
				return err
			},
			"remove tags": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.RemoveTags(ctx, tx, b.by, a.contact.ID, []string{"of Alpha"})
				return err
			},
			"add note": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddNote(ctx, tx, b.by, crm.Note{ContactID: a.contact.ID, Body: "x"})
				return err
			},
			"change note": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.ChangeNote(ctx, tx, b.by, a.contact.ID, a.note.ID, crm.NoteChange{Body: &hello, Pinned: &yes})
				return err
			},
			"change another's note of one's own contact": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.ChangeNote(ctx, tx, b.by, b.contact.ID, a.note.ID, crm.NoteChange{Body: &hello})
				return err
			},
			"delete note": func(ctx context.Context, tx *db.Tx) error {
				return crm.DeleteNote(ctx, tx, b.by, a.contact.ID, a.note.ID)
			},
			"delete another's note of one's own contact": func(ctx context.Context, tx *db.Tx) error {
				return crm.DeleteNote(ctx, tx, b.by, b.contact.ID, a.note.ID)
			},
			"add activity": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddActivity(ctx, tx, b.by, crm.Activity{ContactID: a.contact.ID, Type: "visit"})
				return err
			},
			"put another company's user into one's location": func(ctx context.Context, tx *db.Tx) error {
				return crm.Join(ctx, tx, b.by.LocationID, a.user.ID, true)
			},
		} {
			err := f.DB.Write(context.Background(), b.by.LocationID, do)
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// what is matched by makes a contact of one's own
		err := f.DB.Write(context.Background(), b.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			in := person("Mallory", "", a.contact.Email, a.contact.Phone)
			in.Details.AgentID, in.Links = a.contact.Details.AgentID, []crm.Link{a.link}
			saved, err := crm.SaveContact(ctx, tx, b.by, crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone, crm.KeyAgent}, OnMatch: crm.Overwrite})
			if err == nil && (saved.Outcome != crm.Created || saved.Contact.LocationID != b.by.LocationID || len(saved.Others)+len(saved.Taken) > 0) {
				t.Errorf("the same person at another tenant: %+v", saved)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, everything()); diff != "" {
			t.Errorf("another tenant's things changed:\n%s", diff)
		}
	})
}
