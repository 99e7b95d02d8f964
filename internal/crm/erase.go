package crm

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// EraseJob goes through everything that may name somebody who was erased.
const EraseJob = "contact.erase"

// KindErased is the kind of the event by which a person is known to have been
// erased: all that is left of them.
const KindErased = "erased"

// traces is what somebody is known again by in what others wrote.
type traces struct {
	IDs    []string `json:"ids"` // of the contact and those merged into it
	Emails []string `json:"emails,omitempty"`
	Phones []string `json:"phones,omitempty"` // digits
	Names  []string `json:"names,omitempty"`
}

// Erase removes a person for good. The contact goes with all that belongs to it,
// as by DeleteContact, and what its events said; what is left is one event, which
// holds its id and nothing else. A job then goes through the logs and what was
// written about others, and takes out of it what names the person: see comb.
// It cannot be undone. NotFound if there is no such contact.
func Erase(ctx context.Context, tx *db.Tx, by Actor, contactID string) error {
	c, err := locked(ctx, tx, by.LocationID, contactID)
	if err != nil {
		return err
	}
	t, err := tracesOf(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, id := range t.IDs {
		for _, statement := range []string{
			"UPDATE events SET data = '{}' WHERE location_id = $1 AND contact_id = $2",
			"DELETE FROM merges WHERE location_id = $1 AND contact_id = $2",
			"DELETE FROM merges WHERE location_id = $1 AND other_contact_id = $2",
		} {
			if err := tx.Do(ctx, statement, by.LocationID, id); err != nil {
				return err
			}
		}
	}
	skeleton := &Contact{LocationID: c.LocationID, ID: c.ID, Number: c.Number} // so that systems outside are told
	if err := remove(ctx, tx, by, c, EventData{Kind: KindErased, Was: Was(skeleton)}); err != nil {
		return err
	}
	if err := t.keepOwn(ctx, tx, by.LocationID); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, jobs.Job{LocationID: by.LocationID, Kind: EraseJob, Unique: c.ID, Args: t})
}

// tracesOf gathers what a contact is known by, now and in its past.
func tracesOf(ctx context.Context, tx *db.Tx, c *Contact) (t traces, err error) {
	if t.IDs, err = lives(ctx, tx, c.LocationID, c.ID); err != nil {
		return t, err
	}
	email := func(s string) {
		if s = strings.ToLower(strings.TrimSpace(s)); strings.Contains(s, "@") && !slices.Contains(t.Emails, s) {
			t.Emails = append(t.Emails, s)
		}
	}
	const shortest, american = 7, 10 // digits
	phone := func(s string) {
		s = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
		if len(s) == american+1 && s[0] == '1' {
			s = s[1:] // it is found with the code of the country and without
		}
		if len(s) >= shortest && !slices.Contains(t.Phones, s) {
			t.Phones = append(t.Phones, s)
		}
	}
	for _, e := range c.Emails {
		email(e.Address)
	}
	for _, p := range c.Phones {
		phone(p.E164)
		phone(p.Raw)
	}
	if name := c.FullName(); strings.Contains(name, " ") {
		t.Names = append(t.Names, name)
	}
	const page = 200
	for _, id := range t.IDs {
		for before := ""; ; {
			list, err := events.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4", c.LocationID, id, before, page)
			if err != nil {
				return t, err
			}
			for _, e := range list {
				for _, ch := range e.Data.Changes {
					for _, value := range []any{ch.From, ch.To} {
						for _, s := range texts(value) {
							switch field := strings.ToLower(ch.Field); {
							case strings.Contains(field, "email"):
								email(s)
							case strings.Contains(field, "phone"):
								phone(s)
							}
						}
					}
				}
			}
			if len(list) < page {
				break
			}
			before = list[len(list)-1].ID
		}
	}
	return t, nil
}

// texts gives the texts in a value that came out of JSON.
func texts(value any) (all []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, inner := range v {
			all = append(all, texts(inner)...)
		}
	case map[string]any:
		for _, inner := range v {
			all = append(all, texts(inner)...)
		}
	}
	return all
}

// keepOwn leaves out of the traces what another contact is known by as well: the
// phone of a household is still that of the others.
func (t *traces) keepOwn(ctx context.Context, tx *db.Tx, locationID string) error {
	var failed error
	shared := func(what string, args ...any) bool {
		var one int64
		found, err := tx.Get(ctx, []any{&one}, "SELECT 1 FROM "+what+" LIMIT 1", append([]any{locationID}, args...)...)
		if err != nil {
			failed = err
		}
		return found
	}
	held := func(c Contact) bool {
		for _, key := range keysOf(&c, KeyEmail, KeyPhone) {
			if shared("identities WHERE location_id = $1 AND key = $2", key) {
				return true
			}
		}
		return false
	}
	t.Emails = slices.DeleteFunc(t.Emails, func(s string) bool {
		e, ok := NewEmail(s, "")
		return ok && held(Contact{LocationID: locationID, Emails: []Email{e}})
	})
	t.Phones = slices.DeleteFunc(t.Phones, func(s string) bool {
		return held(Contact{LocationID: locationID, Phones: []Phone{NewPhone(s, "")}})
	})
	t.Names = slices.DeleteFunc(t.Names, func(s string) bool {
		subquery, words, err := Found(ctx, tx, locationID, s, "$2")
		if err != nil {
			failed = err
		}
		return err != nil || words != "" && shared("contacts WHERE location_id = $1 AND number IN ("+subquery+")", words)
	})
	return failed
}

// Belonging is how much of something belongs to a contact.
type Belonging struct {
	What  string // the table
	Count int64  // at most mostCounted and one
}

// mostCounted is as far as Belongings counts.
const mostCounted = 1000

// Belongings says what goes with a contact: what belongs to it, and the events that
// will say nothing any more. The logs, which take long to go through, are not
// counted.
func Belongings(ctx context.Context, tx *db.Tx, locationID, contactID string) (list []Belonging, err error) {
	names := []string{"events"}
	for _, t := range contactTables() {
		names = append(names, t.name)
	}
	for _, name := range names {
		b := Belonging{What: name}
		if _, err := tx.Get(ctx, []any{&b.Count}, "SELECT COUNT(*) FROM (SELECT 1 FROM "+name+" WHERE location_id = $1 AND contact_id = $2 LIMIT $3) AS some", locationID, contactID, mostCounted+1); err != nil {
			return nil, err
		}
		if b.Count > 0 {
			list = append(list, b)
		}
	}
	return list, nil
}
