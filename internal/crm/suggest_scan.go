package crm

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/match"
)

// who are the columns of a contact that say who it is.
var who = db.NewTable("contacts", []string{"location_id", "id"}, func(c *Contact) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &c.LocationID}, {Name: "id", At: &c.ID}, {Name: "number", At: &c.Number},
		{Name: "first_name", At: &c.FirstName}, {Name: "last_name", At: &c.LastName}, {Name: "name", At: &c.Name}, {Name: "date_of_birth", At: &c.DateOfBirth},
		{Name: "address1", At: &c.Address.Line1}, {Name: "city", At: &c.Address.City}, {Name: "state", At: &c.Address.State}, {Name: "postal_code", At: &c.Address.PostalCode},
		{Name: "emails", At: db.JSON(&c.Emails, "[]")}, {Name: "phones", At: db.JSON(&c.Phones, "[]")},
	}
})

// Scanned says what a scan of a location found.
type Scanned struct {
	Contacts int           `json:"contacts"`
	Pairs    int           `json:"pairs"`   // worth a look, decided ones among them
	Removed  int           `json:"removed"` // open pairs that were suggested once and are not any more
	Elapsed  time.Duration `json:"elapsedNs"`
}

// ScanDuplicates compares all contacts of a location with each other in one pass
// and brings its suggested pairs in line. It holds what says who they are in
// memory, some 300 bytes a contact. What is decided stays, and so do pairs that
// are suggested while it runs; ended early, it has stored what it had found.
func ScanDuplicates(ctx context.Context, d *db.DB, by Actor) (*Scanned, error) {
	s := &scan{db: d, by: by, began: time.Now(), found: map[uint64]struct{}{}}
	if err := s.read(ctx); err != nil {
		return nil, err
	}
	var failed error
	inner, stop := context.WithCancel(ctx)
	defer stop()
	err := s.book.Pairs(inner, func(i, j int, v match.Verdict) {
		if failed == nil {
			if failed = s.keep(ctx, s.ids[i], s.ids[j], v); failed != nil {
				stop()
			}
		}
	})
	if failed == nil {
		failed = err
	}
	if failed == nil {
		failed = s.flush(ctx)
	}
	if failed == nil {
		failed = s.removeOld(ctx)
	}
	if failed != nil {
		return nil, failed
	}
	return &Scanned{Contacts: s.book.Len(), Pairs: len(s.found), Removed: s.removed, Elapsed: time.Since(s.began)}, nil
}

// scan is a scan under way.
type scan struct {
	db      *db.DB
	by      Actor
	began   time.Time
	book    match.Book
	ids     []string            // of the contacts, as they are numbered in the book
	found   map[uint64]struct{} // pairs, by hash
	waiting []Suggestion        // found and not stored yet
	removed int
}

// read puts all contacts into the book.
func (s *scan) read(ctx context.Context) error {
	const page = 2000
	for after := ""; ; {
		var list []Contact
		err := s.db.Read(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = who.All(ctx, tx, "WHERE location_id = $1 AND id > $2 ORDER BY id LIMIT $3", s.by.LocationID, after, page)
			return err
		})
		if err != nil {
			return err
		}
		for i := range list {
			s.book.Add(personOf(&list[i]))
			s.ids = append(s.ids, list[i].ID)
		}
		if len(list) < page {
			return nil
		}
		after = list[len(list)-1].ID
	}
}

// keep takes a pair that was found, once.
func (s *scan) keep(ctx context.Context, a, b string, v match.Verdict) error {
	h := pairHash(a, b)
	if _, again := s.found[h]; again {
		return nil
	}
	s.found[h] = struct{}{}
	s.waiting = append(s.waiting, Suggestion{ContactID: a, OtherContactID: b, Score: belowOne(v.Score), Reason: v.Reason()})
	const most = 200 // pairs that are stored at a time
	if len(s.waiting) < most {
		return nil
	}
	return s.flush(ctx)
}

// flush stores the pairs that wait.
func (s *scan) flush(ctx context.Context) error {
	if len(s.waiting) == 0 {
		return nil
	}
	err := s.db.Write(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for _, p := range s.waiting {
			if err := keepIfThere(ctx, tx, s.by, p); err != nil {
				return err
			}
		}
		return nil
	})
	s.waiting = s.waiting[:0]
	return err
}

// removeOld removes the open pairs that were suggested before the scan and were
// not found by it.
func (s *scan) removeOld(ctx context.Context) error {
	const page = 1000
	for afterA, afterB := "", ""; ; {
		var list []DuplicatePair
		err := s.db.Read(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = duplicatePairs.All(ctx, tx, `WHERE location_id = $1 AND (contact_id, other_contact_id) > ($2, $3) AND state = 'open' AND score < 1 AND created_at < $4
				ORDER BY contact_id, other_contact_id LIMIT $5`, s.by.LocationID, afterA, afterB, s.began.UnixMilli(), page)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.db.Write(ctx, s.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for _, p := range list {
				if _, still := s.found[pairHash(p.ContactID, p.OtherContactID)]; still {
					continue
				}
				if err := dropPair(ctx, tx, s.by.LocationID, p.ContactID, p.OtherContactID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, p := range list {
			if _, still := s.found[pairHash(p.ContactID, p.OtherContactID)]; !still {
				s.removed++
			}
		}
		last := list[len(list)-1]
		afterA, afterB = last.ContactID, last.OtherContactID
	}
}

// pairHash stands for two contacts, in either order.
func pairHash(a, b string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(min(a, b) + " " + max(a, b))) // never fails
	return h.Sum64()
}
