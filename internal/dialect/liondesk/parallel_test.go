package liondesk_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// atOnce calls f from n goroutines that start together.
func atOnce(n int, f func(i int)) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

// TestParallelSubmissionsMakeOneContact: L41, and promise B4 with 64 at once.
func TestParallelSubmissionsMakeOneContact(t *testing.T) {
	for _, n := range []int{20, 64} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
				ids := make([]int64, n)
				atOnce(n, func(i int) {
					a := own(t, f, `{"action": "NewSubmission", "firstname": "Ana", "email": "ana@x.example", "phone": "415-555-0133", "contactid": "7", "comments": "hello"}`)
					if a.Error != 0 {
						t.Errorf("error %d %s", a.Error, a.ErrorText)
					}
					ids[i] = a.ID
				})
				for _, got := range ids {
					if got != ids[0] {
						t.Fatalf("ids %v", ids)
					}
				}
				f.Read(t, func(ctx context.Context, tx *db.Tx) error {
					_, total, err := crm.Contacts(ctx, tx, f.Credentials.LocationID, crm.Query{Limit: 1}, true)
					if total != 1 {
						t.Errorf("%d contacts, want 1", total)
					}
					return err
				})
				c := contact(t, f, ids[0])
				if got := len(notes(t, f, c.ID)); got != n || c.Version != 1 {
					t.Errorf("%d comments and version %d, want %d and 1", got, c.Version, n)
				}
				created := 0
				for _, e := range log(t, f) {
					if e.Result == "created" {
						created++
					} else if e.Result != "noted" {
						t.Errorf("a line in the log says %s", e.Result)
					}
				}
				if got := len(log(t, f)); created != 1 || got != n {
					t.Errorf("%d of %d lines in the log say created, want 1 of %d", created, got, n)
				}
			})
		})
	}
}

// TestDuplicatesChangeOnlyComments: promise B9. Of 1,000 duplicates with other
// values in all fields, not one byte of the contact's row changes.
func TestDuplicatesChangeOnlyComments(t *testing.T) {
	const n, workers = 1000, 10
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		a := taken(t, f, `{"action": "NewSubmission", "firstname": "Ana", "lastname": "Alba", "email": "Ana@x.example", "phone": "415-555-0133", "city": "Reno", "tag": "Buyer", "contactid": "7", "siteid": "s1"}`)
		c := contact(t, f, a.ID)
		before := row(t, f, c.ID)
		atOnce(workers, func(w int) {
			for i := w; i < n; i += workers {
				person := `"email": "ana@X.example", "phone": "2025550199"`
				if i%2 == 1 {
					person = fmt.Sprintf(`"phone": "+1 (415) 555 0133", "email": "other%d@x.example"`, i)
				}
				body := fmt.Sprintf(`{"action": "NewSubmission", %s, "firstname": "F%d", "lastname": "L%[2]d", "street_address": "%[2]d Main St", "city": "C%[2]d", "state": "NV", "zip": "%[2]d",
					"assigned user email": "tess@team.example", "siteid": "s%[2]d", "tag": "t%[2]d", "contactid": "c%[2]d", "comments": "comment %[2]d"}`, person, i)
				if got := own(t, f, body); got.ID != a.ID {
					t.Errorf("%d: id %d, want %d (%s)", i, got.ID, a.ID, got.ErrorText)
				}
			}
		})
		if d := cmp.Diff(before, row(t, f, c.ID)); d != "" {
			t.Errorf("the row changed: %s", d)
		}
		if got := len(notes(t, f, c.ID)); got != n {
			t.Errorf("%d comments, want %d", got, n)
		}
	})
}

// row gives every column of a contact's row as it is stored.
func row(t testing.TB, f *foyertest.F, contactID string) map[string]string {
	t.Helper()
	out := map[string]string{}
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT * FROM contacts WHERE location_id = $1 AND id = $2", f.Credentials.LocationID, contactID)
		if err != nil {
			return err
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		values, at := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			at[i] = &values[i]
		}
		if !rows.Next() {
			t.Fatal("the contact is gone")
		}
		if err := rows.Scan(at...); err != nil {
			return err
		}
		for i, name := range names {
			out[name] = fmt.Sprintf("%s %v", values[i], values[i])
		}
		return rows.Err()
	})
	return out
}

// TestOnlyTheOwnersSpeakAboutAContact: promise G5. Of 10 users and 100 contacts,
// each is addressed by each: a user reaches those that are assigned to them or to
// nobody, that they brought in, and that they submitted; nobody else's.
func TestOnlyTheOwnersSpeakAboutAContact(t *testing.T) {
	const users, contacts = 10, 100
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		apiKey := f.Vars["liondesk.apiKey"]
		people, keys := make([]*crm.User, users), make([]string, users)
		for u := range people {
			people[u] = f.AddUser(t, fmt.Sprint("u", u), fmt.Sprintf("u%d@team.example", u), "User", fmt.Sprint("Number ", u))
			f.AddKey(t, "key", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: people[u].ID, PartnerID: partner(t, f).ID, Scopes: []string{auth.ScopeCreate}})
			keys[u] = f.Vars["key"]
		}
		numbers := make([]int64, contacts)
		atOnce(users, func(u int) { // contact i is brought in by user i%10 for user i/10
			for i := u; i < contacts; i += users {
				if i%13 == 0 {
					numbers[i] = unassigned(t, f, i)
					continue
				}
				a := call(t, f, apiKey, keys[u], fmt.Sprintf(`{"action": "NewSubmission", "email": "c%d@x.example", "assigned user email": "u%d@team.example"}`, i, i/10))
				numbers[i] = a.ID
				if i%7 == 0 { // and submitted by the next user as well
					call(t, f, apiKey, keys[(u+1)%users], fmt.Sprintf(`{"action": "NewSubmission", "email": "c%d@x.example"}`, i))
				}
			}
		})
		atOnce(users, func(u int) {
			for i, number := range numbers {
				mine := i%13 == 0 || i%users == u || i/10 == u || i%7 == 0 && (i+1)%users == u
				want := 30
				if mine {
					want = 0
				}
				a := call(t, f, apiKey, keys[u], fmt.Sprintf(`{"action": "NewComment", "liondeskcontactid": %d, "type": 1, "description": "by %d"}`, number, u))
				if a.Error != want {
					t.Errorf("user %d on contact %d: error %d, want %d", u, i, a.Error, want)
				}
			}
		})
	})
}

// unassigned makes a contact that belongs to nobody.
func unassigned(t *testing.T, f *foyertest.F, i int) (number int64) {
	t.Helper()
	err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		email, _ := crm.NewEmail(fmt.Sprintf("c%d@x.example", i), "")
		saved, err := crm.SaveContact(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "ui"}, crm.Save{Input: crm.Input{Contact: crm.Contact{Emails: []crm.Email{email}}}})
		if err == nil {
			number = saved.Contact.Number
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return number
}
