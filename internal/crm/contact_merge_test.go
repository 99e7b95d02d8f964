package crm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// do runs a command in the location of a test.
func do(t testing.TB, f *foyertest.F, command func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Write(context.Background(), f.Credentials.LocationID, command); err != nil {
		t.Fatal(err)
	}
}

func merge(t testing.TB, f *foyertest.F, keep, other string, take ...string) (m *crm.Merge) {
	t.Helper()
	do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = crm.MergeContacts(ctx, tx, actor(f), keep, other, take...)
		return err
	})
	return m
}

func unmerge(t testing.TB, f *foyertest.F, id string) (u *crm.Undone) {
	t.Helper()
	do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = crm.UndoMerge(ctx, tx, actor(f), id)
		return err
	})
	return u
}

// fieldsOf gives the fields of changes.
func fieldsOf(list []crm.Change) (fields []string) {
	for _, c := range list {
		fields = append(fields, c.Field)
	}
	slices.Sort(fields)
	return fields
}

// The kept contact's values win, empty ones are filled, lists are united, the
// stricter of two opt-outs counts, and nothing is lost unseen.
func TestAMergeKeepsEverythingOfBoth(t *testing.T) {
	email := func(address string) crm.Email { return crm.Email{Address: address} }
	rules := func(status string) map[string]crm.DNDRule { return map[string]crm.DNDRule{"SMS": {Status: status}} }
	yes := true
	cases := []struct {
		name        string
		keep, other crm.Input
		take        []string
		want        func(c *crm.Contact) any
		is          any
		lost        []string
	}{
		{"the kept value wins", crm.Input{Contact: crm.Contact{CompanyName: "Acme"}}, crm.Input{Contact: crm.Contact{CompanyName: "Harbor"}}, nil,
			func(c *crm.Contact) any { return c.CompanyName }, "Acme", []string{"companyName"}},
		{"an empty one is filled", crm.Input{}, crm.Input{Contact: crm.Contact{CompanyName: "Harbor"}}, nil,
			func(c *crm.Contact) any { return c.CompanyName }, "Harbor", nil},
		{"unless the other is to be taken", crm.Input{Contact: crm.Contact{CompanyName: "Acme"}}, crm.Input{Contact: crm.Contact{CompanyName: "Harbor"}}, []string{"companyName"},
			func(c *crm.Contact) any { return c.CompanyName }, "Harbor", []string{"companyName"}},
		{"an address is one thing", crm.Input{Contact: crm.Contact{Address: crm.Address{City: "Mesa"}}}, crm.Input{Contact: crm.Contact{Address: crm.Address{Line1: "2 Oak Ave", City: "Tempe"}}}, nil,
			func(c *crm.Contact) any { return c.Address }, crm.Address{City: "Mesa"}, []string{"address1", "city"}},
		{"and is completed where it is the same", crm.Input{Contact: crm.Contact{Address: crm.Address{City: "Mesa"}}}, crm.Input{Contact: crm.Contact{Address: crm.Address{Line1: "2 Oak Ave", City: "MESA"}}}, nil,
			func(c *crm.Contact) any { return c.Address }, crm.Address{Line1: "2 Oak Ave", City: "Mesa"}, []string{"city"}},
		{"e-mails are united", crm.Input{Contact: crm.Contact{Emails: []crm.Email{email("a@x.example")}}}, crm.Input{Contact: crm.Contact{Emails: []crm.Email{email("b@x.example"), email("a@x.example")}}}, nil,
			func(c *crm.Contact) any { return fmt.Sprint(c.Email, c.Emails) }, "a@x.example[{a@x.example } {b@x.example }]", nil},
		{"tags are united without regard to case", crm.Input{Contact: crm.Contact{Tags: []string{"Buyer"}}}, crm.Input{Contact: crm.Contact{Tags: []string{"buyer", "VIP"}}}, nil,
			func(c *crm.Contact) any { return strings.Join(c.Tags, " ") }, "Buyer VIP", []string{"tags"}},
		{"custom fields are filled", crm.Input{Contact: crm.Contact{CustomFields: map[string]any{"f1": "x"}}}, crm.Input{Contact: crm.Contact{CustomFields: map[string]any{"f1": "y", "f2": "z"}}}, nil,
			func(c *crm.Contact) any { return fmt.Sprint(c.CustomFields) }, "map[f1:x f2:z]", []string{"customFields.f1"}},
		{"or taken", crm.Input{Contact: crm.Contact{CustomFields: map[string]any{"f1": "x"}}}, crm.Input{Contact: crm.Contact{CustomFields: map[string]any{"f1": "y"}}}, []string{"customFields.f1"},
			func(c *crm.Contact) any { return fmt.Sprint(c.CustomFields) }, "map[f1:y]", []string{"customFields.f1"}},
		{"who looked after the other goes on seeing them", crm.Input{Contact: crm.Contact{AssignedTo: "u1"}}, crm.Input{Contact: crm.Contact{AssignedTo: "u2", Followers: []string{"u3"}}}, nil,
			func(c *crm.Contact) any { return fmt.Sprint(c.AssignedTo, c.Followers) }, "u1[u3 u2]", []string{"assignedTo"}},
		{"the other's opt-out counts", crm.Input{}, crm.Input{SetDND: &yes}, nil, func(c *crm.Contact) any { return c.DND }, true, nil},
		{"the kept one's opt-out counts", crm.Input{SetDND: &yes}, crm.Input{}, nil, func(c *crm.Contact) any { return c.DND }, true, nil},
		{"for each channel the stricter", crm.Input{Contact: crm.Contact{Details: crm.Details{DNDSettings: rules("inactive")}}}, crm.Input{Contact: crm.Contact{Details: crm.Details{DNDSettings: rules("permanent")}}}, nil,
			func(c *crm.Contact) any { return c.Details.DNDSettings["SMS"].Status }, "permanent", []string{"dndSettings.SMS.status"}},
		{"also where it is the kept one's", crm.Input{Contact: crm.Contact{Details: crm.Details{DNDSettings: rules("active")}}}, crm.Input{Contact: crm.Contact{Details: crm.Details{DNDSettings: rules("inactive")}}}, nil,
			func(c *crm.Contact) any { return c.Details.DNDSettings["SMS"].Status }, "active", []string{"dndSettings.SMS.status"}},
		{"both agent ids find the contact", crm.Input{Contact: crm.Contact{Details: crm.Details{AgentID: "a1"}}}, crm.Input{Contact: crm.Contact{Details: crm.Details{AgentID: "a2"}}}, nil,
			func(c *crm.Contact) any { return fmt.Sprint(c.Details.AgentID, c.Details.OtherAgentIDs) }, "a1[a2]", []string{"agentId"}},
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				keep := mustSave(t, f, crm.Save{Input: c.keep, AllowDuplicate: true}).Contact
				other := mustSave(t, f, crm.Save{Input: c.other, AllowDuplicate: true}).Contact
				m := merge(t, f, keep.ID, other.ID, c.take...)
				if got := c.want(read(t, f, keep.ID)); got != c.is {
					t.Errorf("got %v, want %v", got, c.is)
				}
				if diff := cmp.Diff(c.lost, fieldsOf(m.Data.Lost)); diff != "" {
					t.Errorf("lost: %s", diff)
				}
				unmerge(t, f, m.ID)
				do(t, f, func(ctx context.Context, tx *db.Tx) error {
					return errors.Join(crm.DeleteContact(ctx, tx, actor(f), keep.ID), crm.DeleteContact(ctx, tx, actor(f), other.ID))
				})
			})
		}
	})
}

// What is done to a merged contact survives the undoing where it can, and is
// listed where it cannot. Everything else is as before.
func TestEditsBetweenMergeAndUndo(t *testing.T) {
	yes, no := true, false
	type edit func(ctx context.Context, tx *db.Tx, by crm.Actor, keep, other *estate) error
	change := func(in crm.Input) edit {
		return func(ctx context.Context, tx *db.Tx, by crm.Actor, keep, _ *estate) error {
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: keep.contact.ID, Input: in})
			return err
		}
	}
	emailOf := func(address string) crm.Input { return person("", "", address, "") }
	first := func(in crm.Input) crm.Input { in.Blend = crm.BlendFront; return in }
	cases := []struct {
		name       string
		edit       edit
		kept       func(k, o *crm.Contact) any
		is         any
		stay, lost []string
	}{
		{"a changed field of its own stays", change(crm.Input{Contact: crm.Contact{Stage: "won"}}),
			func(k, o *crm.Contact) any { return k.Stage + "," + o.Stage }, "won,", []string{"stage"}, nil},
		{"a changed value that was taken over stays, and the other has its own", change(crm.Input{Contact: crm.Contact{Website: "https://new.example"}}),
			func(k, o *crm.Contact) any { return k.Website + "," + o.Website }, "https://new.example,https://b.example", []string{"website"}, nil},
		{"a value that was taken over and erased is the other's again", change(crm.Input{Clear: []string{"website"}}),
			func(k, o *crm.Contact) any { return k.Website + "," + o.Website }, ",https://b.example", []string{"website"}, []string{"website"}},
		{"an added tag stays", change(crm.Input{Contact: crm.Contact{Tags: []string{"new"}}}),
			func(k, o *crm.Contact) any { return fmt.Sprintf("%v %v", k.Tags, o.Tags) }, "[of Alpha new] [of Beta]", []string{"tags"}, nil},
		{"a removed tag of its own stays away", func(ctx context.Context, tx *db.Tx, by crm.Actor, keep, _ *estate) error {
			_, err := crm.RemoveTags(ctx, tx, by, keep.contact.ID, []string{"of Alpha"})
			return err
		}, func(k, o *crm.Contact) any { return fmt.Sprintf("%v %v", k.Tags, o.Tags) }, "[] [of Beta]", []string{"tags"}, nil},
		{"a removed tag of the other's is there again", func(ctx context.Context, tx *db.Tx, by crm.Actor, keep, _ *estate) error {
			_, err := crm.RemoveTags(ctx, tx, by, keep.contact.ID, []string{"of Beta"})
			return err
		}, func(k, o *crm.Contact) any { return fmt.Sprintf("%v %v", k.Tags, o.Tags) }, "[of Alpha] [of Beta]", nil, []string{"tags"}},
		{"an added e-mail address stays", change(emailOf("new@x.example")),
			func(k, o *crm.Contact) any { return fmt.Sprintf("%v %v", k.Emails, o.Emails) }, "[{alpha@x.example } {new@x.example }] [{beta@x.example }]", []string{"emails"}, nil},
		{"one made the first that came with the other goes with it", change(first(emailOf("beta@x.example"))),
			func(k, o *crm.Contact) any { return k.Email + "," + o.Email }, "alpha@x.example,beta@x.example", nil, []string{"emails"}},
		{"a custom field that was set stays", change(crm.Input{Contact: crm.Contact{CustomFields: map[string]any{"new": "x"}}}),
			func(k, o *crm.Contact) any { return fmt.Sprintf("%v %v", k.CustomFields["new"], o.CustomFields["new"]) }, "x <nil>", []string{"customFields.new"}, nil},
		{"an opt-out counts for both", change(crm.Input{SetDND: &yes, Contact: crm.Contact{Details: crm.Details{DNDSettings: map[string]crm.DNDRule{"SMS": {Status: "active"}}}}}),
			func(k, o *crm.Contact) any {
				return fmt.Sprintf("%v %v %v %v", k.DND, o.DND, k.Details.DNDSettings["SMS"].Status, o.Details.DNDSettings["SMS"].Status)
			}, "true true active active", []string{"dnd", "dndSettings.SMS"}, nil},
		{"nothing that was not touched changes", change(crm.Input{SetDND: &no}),
			func(k, o *crm.Contact) any { return k.FirstName + o.FirstName }, "AlphaBeta", nil, nil},
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				keep, other := settle(t, f, by, f.Credentials.User.ID, "Alpha"), settle(t, f, by, f.Credentials.User.ID, "Beta")
				mustSave(t, f, crm.Save{ID: other.contact.ID, Input: crm.Input{Contact: crm.Contact{Website: "https://b.example"}}})
				m := merge(t, f, keep.contact.ID, other.contact.ID)
				do(t, f, func(ctx context.Context, tx *db.Tx) error { return c.edit(ctx, tx, by, keep, other) })
				u := unmerge(t, f, m.ID)
				k, o := read(t, f, keep.contact.ID), read(t, f, other.contact.ID)
				if got := c.kept(k, o); got != c.is {
					t.Errorf("got %v, want %v", got, c.is)
				}
				if diff := cmp.Diff(c.stay, fieldsOf(u.Stay)); diff != "" {
					t.Errorf("stay: %s", diff)
				}
				if diff := cmp.Diff(c.lost, fieldsOf(u.Lost)); diff != "" {
					t.Errorf("lost: %s", diff)
				}
				if diff := cmp.Diff(k, u.Kept); diff != "" {
					t.Errorf("the kept contact is not as the answer says: %s", diff)
				}
				if diff := cmp.Diff(o, u.Restored); diff != "" {
					t.Errorf("the restored contact is not as the answer says: %s", diff)
				}
				f.Read(t, func(ctx context.Context, tx *db.Tx) error {
					for address, want := range map[string]string{"alpha@x.example": k.ID, "beta@x.example": o.ID} {
						if c, err := crm.ContactByEmail(ctx, tx, by.LocationID, address); err != nil || c == nil || c.ID != want {
							t.Errorf("%s finds %v, %v", address, c, err)
						}
					}
					return nil
				})
				do(t, f, func(ctx context.Context, tx *db.Tx) error {
					return errors.Join(crm.DeleteContact(ctx, tx, by, k.ID), crm.DeleteContact(ctx, tx, by, o.ID))
				})
			})
		}
	})
}

// What belongs to the two follows: all of it is on the kept contact while they
// are one; afterwards each has its own, and what was added stays where it was
// added.
func TestWhatBelongsToTheTwoFollows(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		keep, other := settle(t, f, by, f.Credentials.User.ID, "Alpha"), settle(t, f, by, f.Credentials.User.ID, "Beta")
		count := func(id string, notes, tasks, activities, properties, requirements, links int) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				n, err1 := crm.Notes(ctx, tx, by.LocationID, id)
				k, err2 := crm.Tasks(ctx, tx, by.LocationID, id)
				a, err3 := crm.Activities(ctx, tx, by.LocationID, id)
				p, err4 := crm.Properties(ctx, tx, by.LocationID, id)
				r, err5 := crm.Requirements(ctx, tx, by.LocationID, id)
				l, err6 := crm.Links(ctx, tx, by.LocationID, id)
				got, want := []int{len(n), len(k), len(a), len(p), len(r), len(l)}, []int{notes, tasks, activities, properties, requirements, links}
				if !slices.Equal(got, want) {
					t.Errorf("%v of everything, want %v", got, want)
				}
				return errors.Join(err1, err2, err3, err4, err5, err6)
			})
		}
		var task *crm.Task
		do(t, f, func(ctx context.Context, tx *db.Tx) (err error) {
			task, err = crm.AddTask(ctx, tx, by, crm.Task{ContactID: other.contact.ID, Title: "Call"})
			return err
		})
		m := merge(t, f, keep.contact.ID, other.contact.ID)
		// neither says of which address its property is: they are two
		count(keep.contact.ID, 2, 1, 2, 2, 2, 2)
		count(other.contact.ID, 2, 1, 2, 2, 2, 2)
		hello, done := "hello", true
		do(t, f, func(ctx context.Context, tx *db.Tx) error {
			if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: other.contact.ID, Body: "since"}); err != nil {
				return err
			}
			if err := crm.DeleteNote(ctx, tx, by, other.contact.ID, keep.note.ID); err != nil {
				return err
			}
			if _, err := crm.ChangeNote(ctx, tx, by, other.contact.ID, other.note.ID, crm.NoteChange{Body: &hello}); err != nil {
				return err
			}
			changed, err := crm.ChangeTask(ctx, tx, by, other.contact.ID, task.ID, crm.TaskChange{Completed: &done})
			if err == nil && changed.ContactID != keep.contact.ID {
				t.Errorf("the task is %s's", changed.ContactID)
			}
			return err
		})
		timeline := func(id string) string {
			var kinds []string
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				list, err := crm.Timeline(ctx, tx, by.LocationID, id, 100)
				for _, e := range list {
					kinds = append(kinds, e.Type)
				}
				return err
			})
			slices.Sort(kinds)
			return strings.Join(slices.Compact(kinds), " ")
		}
		const both = "activity.created contact.created contact.merged note.created note.deleted note.updated property.created requirement.created task.completed task.created"
		if got := timeline(keep.contact.ID); got != both {
			t.Errorf("history of the merged contact: %s", got)
		}
		unmerge(t, f, m.ID)
		count(keep.contact.ID, 1, 0, 1, 1, 1, 1) // the note since; its own was deleted
		count(other.contact.ID, 1, 1, 1, 1, 1, 1)
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			n, err := crm.NoteByID(ctx, tx, by.LocationID, other.contact.ID, other.note.ID)
			if err == nil && n.Body != hello {
				t.Errorf("the change of the note is gone: %+v", n)
			}
			k, err2 := crm.TaskByID(ctx, tx, by.LocationID, other.contact.ID, task.ID)
			if err2 == nil && !k.Completed {
				t.Errorf("the task is open again: %+v", k)
			}
			return errors.Join(err, err2)
		})
		if got := timeline(other.contact.ID); !strings.Contains(got, "contact.restored") || strings.Contains(got, "contact.merged") {
			t.Errorf("history of the restored contact: %s", got)
		}
		if got := timeline(keep.contact.ID); !strings.Contains(got, "contact.merged contact.unmerged") {
			t.Errorf("history of the kept contact: %s", got)
		}
	})
}

// Where a value comes from is told of as if a merge that was undone had never been.
func TestWhereAValueComesFromAfterAMerge(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a := mustSave(t, f, crm.Save{Input: person("Ana", "", "a@x.example", "")}).Contact
		b := mustSave(t, f, crm.Save{Input: person("Bea", "Ruiz", "b@x.example", "")}).Contact
		origins := func() (out map[string]crm.Provenance) {
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				out, err = crm.FieldOrigins(ctx, tx, f.Credentials.LocationID, a.ID)
				return err
			})
			return out
		}
		before := origins()
		m := merge(t, f, a.ID, b.ID)
		if got := origins(); got["lastName"].Value != "Ruiz" || got["firstName"].Value != "Ana" {
			t.Errorf("%+v", got)
		}
		unmerge(t, f, m.ID)
		if diff := cmp.Diff(before, origins()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMergesThatAreRefused(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var ids []string
		for i := range 4 {
			ids = append(ids, mustSave(t, f, crm.Save{Input: person("P", fmt.Sprint(i), fmt.Sprintf("p%d@x.example", i), "")}).Contact.ID)
		}
		refuse := func(title string, kind errs.Kind, command func(ctx context.Context, tx *db.Tx) error) *errs.Error {
			t.Helper()
			err := f.DB.Write(context.Background(), f.Credentials.LocationID, command)
			if !errs.Is(err, kind) {
				t.Errorf("%s: %v", title, err)
			}
			return errs.As(err)
		}
		tryMerge := func(a, b string, take ...string) func(ctx context.Context, tx *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.MergeContacts(ctx, tx, actor(f), a, b, take...)
				return err
			}
		}
		tryUndo := func(id string) func(ctx context.Context, tx *db.Tx) error {
			return func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.UndoMerge(ctx, tx, actor(f), id)
				return err
			}
		}
		refuse("with itself", errs.Conflict, tryMerge(ids[0], ids[0]))
		refuse("with nobody", errs.NotFound, tryMerge(ids[0], "nobody"))
		refuse("nobody with one", errs.NotFound, tryMerge("nobody", ids[0]))
		refuse("an unknown field", errs.Invalid, tryMerge(ids[0], ids[1], "shoe size"))
		refuse("undo of nothing", errs.NotFound, tryUndo("nothing"))
		one := merge(t, f, ids[1], ids[0])
		refuse("once more", errs.Conflict, tryMerge(ids[0], ids[1]))
		two := merge(t, f, ids[2], ids[0]) // the chain: 0 into 1 into 2
		if two.OtherContactID != ids[1] {
			t.Errorf("%+v", two)
		}
		if got := refuse("an older one under a newer one", errs.Conflict, tryUndo(one.ID)); got.Meta["mergeId"] != two.ID || !strings.Contains(got.Text, two.ID) {
			t.Errorf("%+v does not name %s", got, two.ID)
		}
		unmerge(t, f, two.ID)
		refuse("twice", errs.Conflict, tryUndo(two.ID))
		unmerge(t, f, one.ID)
		last := merge(t, f, ids[3], ids[0])
		do(t, f, func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, actor(f), ids[0]) })
		refuse("of a contact that was deleted", errs.Conflict, tryUndo(last.ID))
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			for _, id := range []string{ids[0], ids[3]} {
				if _, err := crm.ContactByID(ctx, tx, f.Credentials.LocationID, id); !errs.Is(err, errs.NotFound) {
					t.Errorf("%s after the deletion: %v", id, err)
				}
			}
			m, err := crm.MergeByID(ctx, tx, f.Credentials.LocationID, last.ID)
			if err == nil && (m.Data.Other != nil || m.Data.Name != "") {
				t.Errorf("the merge still knows %+v", m.Data)
			}
			return err
		})
	})
}

// A new lead with either's e-mail, phone, agent id or id at a partner finds the
// merged contact, also 64 at once.
func TestEitherIsFoundAfterAMerge(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		keep, other := settle(t, f, by, f.Credentials.User.ID, "Alpha"), settle(t, f, by, f.Credentials.User.ID, "Beta")
		m := merge(t, f, keep.contact.ID, other.contact.ID)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				in := []crm.Input{person("X", "", "ALPHA@x.example", ""), person("X", "", "Beta@X.example", ""), person("X", "", "", "(602) 555-0147"), person("X", "", "", "+1 602 555 0148"), {}}[i%5]
				if i%5 == 4 {
					in.Details.AgentID = []string{"lic-Alpha", "lic-Beta"}[i%2]
				}
				s, err := save(t, f, crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail, crm.KeyPhone, crm.KeyAgent}, OnMatch: crm.FillEmpty})
				if err != nil || s.Contact.ID != keep.contact.ID {
					t.Errorf("%d found %+v, %v", i, s, err)
				}
			})
		}
		wg.Wait()
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			for _, l := range []crm.Link{keep.link, other.link} {
				if id, err := crm.LinkedContact(ctx, tx, by.LocationID, l.Origin, l.Scope, l.ExternalID); err != nil || id != keep.contact.ID {
					t.Errorf("%s means %s, %v", l.ExternalID, id, err)
				}
			}
			return nil
		})
		// the other's licence, said again, does not cost the contact its first one
		in := crm.Input{Contact: crm.Contact{Details: crm.Details{AgentID: "lic-Beta"}}}
		mustSave(t, f, crm.Save{Input: in, Match: []crm.Key{crm.KeyAgent}})
		in.Details.AgentID = "lic-Alpha"
		if got := mustSave(t, f, crm.Save{Input: in, Match: []crm.Key{crm.KeyAgent}}); got.Contact.ID != keep.contact.ID {
			t.Errorf("lic-Alpha is %+v", got)
		}
		unmerge(t, f, m.ID)
		for address, want := range map[string]string{"alpha@x.example": keep.contact.ID, "beta@x.example": other.contact.ID} {
			if got := mustSave(t, f, crm.Save{Input: person("", "", address, "")}); got.Contact.ID != want {
				t.Errorf("%s is %s after the undoing", address, got.Contact.ID)
			}
		}
	})
}

// In a household several carry one phone number: whoever came first owns it,
// and merging two of them changes nothing of that for the third.
func TestAHouseholdSharesAPhone(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var home []*crm.Contact
		for _, name := range []string{"Ana", "Bob", "Cy", "Di"} {
			home = append(home, mustSave(t, f, crm.Save{Input: person(name, "Ruiz", strings.ToLower(name)+"@x.example", "6025550147"), AllowDuplicate: true}).Contact)
		}
		ana, bob, cy, di := home[0].ID, home[1].ID, home[2].ID, home[3].ID
		owner := func(want string) {
			t.Helper()
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				c, err := crm.ContactByPhone(ctx, tx, f.Credentials.LocationID, "6025550147")
				if err == nil && (c == nil || c.ID != want) {
					t.Errorf("the phone is %+v's, want %s's", c, want)
				}
				return err
			})
		}
		m := merge(t, f, cy, bob)
		owner(ana)
		do(t, f, func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, actor(f), ana) })
		owner(cy)
		unmerge(t, f, m.ID)
		owner(bob) // he stood before Cy
		m = merge(t, f, di, bob)
		owner(di)
		if got := mustSave(t, f, crm.Save{ID: di, Input: crm.Input{Clear: []string{"phone"}}}); got.Contact.Phone != "" {
			t.Fatalf("%+v", got)
		}
		owner(cy)
		if u := unmerge(t, f, m.ID); !slices.Equal(u.Taken, []string{"phone:6025550147"}) || !slices.Contains(fieldsOf(u.Lost), "phones") && !slices.Contains(fieldsOf(u.Stay), "phones") {
			t.Errorf("%+v", u)
		}
		owner(cy)
	})
}

// A pair that somebody decided does not come up again under another id.
func TestPairsFollowAMerge(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by := actor(f)
		a := mustSave(t, f, crm.Save{Input: person("A", "", "a@x.example", "")}).Contact
		b := mustSave(t, f, crm.Save{Input: person("B", "", "", "6025550102")}).Contact
		c := mustSave(t, f, crm.Save{Input: person("C", "", "c@x.example", "")}).Contact
		mustSave(t, f, crm.Save{Input: person("A", "", "a@x.example", "6025550102")})
		mustSave(t, f, crm.Save{Input: person("C", "", "c@x.example", "6025550102")})
		states := func() map[string]string {
			out := map[string]string{}
			names := map[string]string{a.ID: "a", b.ID: "b", c.ID: "c"}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				rows, err := tx.Query(ctx, "SELECT contact_id, other_contact_id, state FROM duplicate_pairs WHERE location_id = $1", by.LocationID)
				if err != nil {
					return err
				}
				defer func() { _ = rows.Close() }()
				for rows.Next() {
					var one, two, state string
					if err := rows.Scan(&one, &two, &state); err != nil {
						return err
					}
					out[names[one]+names[two]] = state
				}
				return rows.Err()
			})
			return out
		}
		do(t, f, func(ctx context.Context, tx *db.Tx) error {
			return tx.Do(ctx, "UPDATE duplicate_pairs SET state = 'dismissed' WHERE location_id = $1 AND contact_id = $2", by.LocationID, b.ID)
		})
		before := states() // a and b open, b and c dismissed
		m := merge(t, f, a.ID, b.ID)
		if got := states(); got["ab"] != "merged" || got["ac"] != "dismissed" {
			t.Errorf("%v", got)
		}
		unmerge(t, f, m.ID)
		if diff := cmp.Diff(before, states()); diff != "" {
			t.Error(diff)
		}
	})
}

// Another tenant can neither merge, nor undo, nor use what a merge left behind.
func TestMergesDoNotReachAnotherTenant(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		a, b := two(t, f)
		old := mustSave(t, f, crm.Save{Input: person("Old", "", "old@x.example", "")}).Contact
		m := merge(t, f, a.contact.ID, old.ID)
		for name, command := range map[string]func(ctx context.Context, tx *db.Tx) error{
			"merge theirs into one's own": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.MergeContacts(ctx, tx, b.by, b.contact.ID, a.contact.ID)
				return err
			},
			"merge one's own into theirs": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.MergeContacts(ctx, tx, b.by, a.contact.ID, b.contact.ID)
				return err
			},
			"by an old id": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.MergeContacts(ctx, tx, b.by, b.contact.ID, old.ID)
				return err
			},
			"undo": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.UndoMerge(ctx, tx, b.by, m.ID)
				return err
			},
			"delete by an old id": func(ctx context.Context, tx *db.Tx) error { return crm.DeleteContact(ctx, tx, b.by, old.ID) },
			"change by an old id": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.SaveContact(ctx, tx, b.by, crm.Save{ID: old.ID, Input: person("Mallory", "", "", "")})
				return err
			},
			"note by an old id": func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddNote(ctx, tx, b.by, crm.Note{ContactID: old.ID, Body: "x"})
				return err
			},
		} {
			if err := f.DB.Write(context.Background(), b.by.LocationID, command); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := f.DB.Read(context.Background(), b.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, byID := crm.ContactByID(ctx, tx, b.by.LocationID, old.ID)
			_, byNumber := crm.ContactByNumber(ctx, tx, b.by.LocationID, old.Number)
			_, byMerge := crm.MergeByID(ctx, tx, b.by.LocationID, m.ID)
			for _, err := range []error{byID, byNumber, byMerge} {
				if !errs.Is(err, errs.NotFound) {
					t.Errorf("%v", err)
				}
			}
			all, err := crm.Merges(ctx, tx, b.by.LocationID, "", 10)
			its, err2 := crm.Merges(ctx, tx, b.by.LocationID, a.contact.ID, 10)
			notes, err3 := crm.Notes(ctx, tx, b.by.LocationID, old.ID)
			story, err4 := crm.Timeline(ctx, tx, b.by.LocationID, old.ID, 10)
			if len(all)+len(its)+len(notes)+len(story) > 0 {
				t.Errorf("another tenant's: %v %v %v %v", all, its, notes, story)
			}
			return errors.Join(err, err2, err3, err4)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// While two contacts are merged, from here and from another node, others write
// to both: nothing they were told is stored is lost, and exactly one merge wins.
func TestMergesRaceWithEverything(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		nodes := []*db.DB{f.DB}
		if f.DB.Kind() == db.Postgres {
			next, err := app.Open(context.Background(), f.Config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = next.Close() })
			nodes = append(nodes, next.DB)
		}
		by := actor(f)
		for round := range 10 {
			a := mustSave(t, f, crm.Save{Input: person("A", "", fmt.Sprintf("a%d@x.example", round), "")}).Contact
			b := mustSave(t, f, crm.Save{Input: person("B", "", fmt.Sprintf("b%d@x.example", round), "")}).Contact
			pair := [][2]string{{a.ID, b.ID}, {b.ID, a.ID}}
			var won sync.Map
			var wg sync.WaitGroup
			for i := range 32 {
				node, p := nodes[i%len(nodes)], pair[i/2%2]
				wg.Go(func() {
					err := node.Write(context.Background(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
						if i < 4 {
							m, err := crm.MergeContacts(ctx, tx, by, p[0], p[1])
							if err == nil {
								won.Store(i, m.ID)
							}
							return err
						}
						if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: p[0], Body: fmt.Sprint("note ", i)}); err != nil {
							return err
						}
						_, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: p[1], Input: crm.Input{Contact: crm.Contact{Tags: []string{fmt.Sprint("tag ", i)}}}})
						return err
					})
					if err != nil {
						won.Delete(i)
					}
					if err != nil && (i >= 4 || !errs.Is(err, errs.Conflict)) {
						t.Errorf("%d: %v", i, err)
					}
				})
			}
			wg.Wait()
			var merges []string
			won.Range(func(_, id any) bool { merges = append(merges, id.(string)); return true })
			if len(merges) != 1 {
				t.Fatalf("round %d: %d merges won", round, len(merges))
			}
			f.Read(t, func(ctx context.Context, tx *db.Tx) error {
				one, err1 := crm.ContactByID(ctx, tx, by.LocationID, a.ID)
				two, err2 := crm.ContactByID(ctx, tx, by.LocationID, b.ID)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				notes, err := crm.Notes(ctx, tx, by.LocationID, a.ID)
				if one.ID != two.ID || len(notes) != 28 || len(one.Tags) != 28 {
					t.Errorf("round %d: %s and %s, %d notes, %d tags", round, one.ID, two.ID, len(notes), len(one.Tags))
				}
				return err
			})
			unmerge(t, f, merges[0])
		}
	})
}
