package crm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/match"
)

// Suggestion is another contact that may be the same person.
type Suggestion struct {
	ContactID      string
	OtherContactID string
	Score          float64 // from match.Bar to below 1
	Reason         string  // in words
}

const (
	tooCommon  = 100 // contacts under one word; such a word is looked for together with another
	candidates = 200 // contacts that one is compared with at most
)

// SuggestDuplicates compares a contact with those that share something with it,
// and stores the pairs that are worth a look. Pairs that somebody decided stay
// as they are; open ones that were suggested and are not any more go away. It
// returns NotFound if the contact is not there.
func SuggestDuplicates(ctx context.Context, tx *db.Tx, by Actor, contactID string) error {
	among, err := CrowdOf(ctx, tx, by.LocationID)
	if err != nil {
		return err
	}
	found, err := Suggestions(ctx, tx, by.LocationID, contactID, among)
	if err != nil {
		return err
	}
	return KeepSuggestions(ctx, tx, by, found)
}

// Suggested is what a look for the duplicates of a contact found.
type Suggested struct {
	ContactID string
	Pairs     []Suggestion
	Were      int // pairs that were suggested before
	// Unknown says that the contact is not in the index by its match words: it
	// was stored before there were any.
	Unknown bool
}

// Nothing says that there is nothing to store and nothing to remove.
func (s *Suggested) Nothing() bool { return len(s.Pairs) == 0 && s.Were == 0 && !s.Unknown }

// Suggestions looks for contacts that may be the same person as one of a crowd.
// It only reads. NotFound if the contact is not there.
func Suggestions(ctx context.Context, tx *db.Tx, locationID, contactID string, among *Crowd) (*Suggested, error) {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, contactID)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errs.New(errs.NotFound, "Contact not found")
	}
	me := match.Read(personOf(c))
	s := &Suggested{ContactID: c.ID}
	among.err = nil
	near, err := meet(ctx, tx, locationID, matchWords(locationID, me))
	if err != nil {
		return nil, err
	}
	if s.Unknown, err = unknown(ctx, tx, c, me); err != nil {
		return nil, err
	}
	was, err := suggestedOf(ctx, tx, locationID, c.ID)
	if err != nil {
		return nil, err
	}
	s.Were = len(was)
	delete(near, c.Number)
	others, err := numbered(ctx, tx, locationID, near)
	if err != nil {
		return nil, err
	}
	crowd := among.in(ctx, tx)
	for i := range others {
		o := &others[i]
		if v := me.Compare(match.Read(personOf(o)), crowd); v.Score >= match.Bar {
			s.Pairs = append(s.Pairs, Suggestion{ContactID: c.ID, OtherContactID: o.ID, Score: belowOne(v.Score), Reason: v.Reason()})
		}
	}
	return s, among.err
}

// belowOne keeps a score apart from that of two contacts that a request named.
func belowOne(score float64) float64 { return min(score, 0.9999) }

// meet gives the numbers of the contacts that share a word. A word that too many
// share counts only together with the first such.
func meet(ctx context.Context, tx *db.Tx, locationID string, words []string) (map[int64]bool, error) {
	near := map[int64]bool{}
	var common []string
	for _, w := range words {
		n, err := under(ctx, tx, locationID, w, near)
		if err != nil {
			return nil, err
		}
		if n > tooCommon {
			common = append(common, w)
		}
	}
	if len(common) == 0 {
		return near, nil
	}
	and := " "
	if tx.Kind() == db.Postgres {
		and = " & "
	}
	// The words come with the names first: fewest share those.
	const most = 4
	for _, w := range common[1:min(len(common), 1+most)] {
		if _, err := under(ctx, tx, locationID, common[0]+and+w, near); err != nil {
			return nil, err
		}
	}
	return near, nil
}

// under adds the contacts that have words, unless they are too many, and says
// how many they are, up to one more than too many.
func under(ctx context.Context, tx *db.Tx, locationID, words string, near map[int64]bool) (int, error) {
	if len(near) >= candidates {
		return 0, nil
	}
	list, err := numbers(ctx, tx, "SELECT * FROM ("+foundBy("$2")+" LIMIT $3) AS found WHERE $1 <> ''", locationID, words, tooCommon+1)
	if err != nil || len(list) > tooCommon {
		return len(list), err
	}
	for _, v := range list {
		if n, ok := v.(int64); ok {
			near[n] = true
		}
	}
	return len(list), nil
}

// unknown reports whether a contact is not found by its own match words.
func unknown(ctx context.Context, tx *db.Tx, c *Contact, r *match.Record) (bool, error) {
	for _, w := range matchWords(c.LocationID, r) {
		if !strings.Contains(w, matchMark) {
			continue
		}
		var n int64
		found, err := tx.Get(ctx, []any{&n}, foundBy("$2")+" AND /*sqlite rowid*/ /*postgres number*/ = $3 AND $1 <> ''", c.LocationID, w, c.Number)
		return !found, err
	}
	return false, nil
}

// numbered gives contacts by their numbers.
func numbered(ctx context.Context, tx *db.Tx, locationID string, near map[int64]bool) ([]Contact, error) {
	if len(near) == 0 {
		return nil, nil
	}
	list := make([]int64, 0, len(near))
	for n := range near {
		list = append(list, n)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("listing contacts to compare: %w", err)
	}
	return who.All(ctx, tx, "WHERE "+byNumber+` AND number IN (SELECT /*sqlite value FROM json_each($2)*/ /*postgres value::bigint FROM jsonb_array_elements_text($2::jsonb)*/)`, locationID, string(text))
}

// KeepSuggestions stores what Suggestions found for a contact: new pairs with
// their event, new scores; and it removes open pairs of the contact that were
// suggested once and are not any more. Who was deleted meanwhile is left out.
func KeepSuggestions(ctx context.Context, tx *db.Tx, by Actor, found *Suggested) error {
	c, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, found.ContactID)
	if err != nil || c == nil {
		return err
	}
	if found.Unknown {
		tx.Last(searchIndex, c.Number, true, []any{c.Number, searchWords(c), c.LocationID})
	}
	is := map[string]bool{}
	for _, s := range found.Pairs {
		is[s.OtherContactID] = true
		if err := keepIfThere(ctx, tx, by, s); err != nil {
			return err
		}
	}
	was, err := suggestedOf(ctx, tx, by.LocationID, c.ID)
	if err != nil {
		return err
	}
	for _, p := range was {
		if is[p.ContactID] || is[p.OtherContactID] {
			continue
		}
		if err := dropPair(ctx, tx, by.LocationID, p.ContactID, p.OtherContactID); err != nil {
			return err
		}
	}
	return nil
}

// keepIfThere keeps a pair unless one of the two was deleted since it was found.
func keepIfThere(ctx context.Context, tx *db.Tx, by Actor, s Suggestion) error {
	var n int64
	_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM contacts WHERE location_id = $1 AND id IN ($2, $3)", by.LocationID, s.ContactID, s.OtherContactID)
	if err != nil || n < 2 {
		return err
	}
	return keepPair(ctx, tx, by, s)
}

// dropPair removes an open pair that was suggested.
func dropPair(ctx context.Context, tx *db.Tx, locationID, a, b string) error {
	return tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3 AND state = 'open' AND score < 1", locationID, a, b)
}

// suggestedOf gives the open pairs of a contact that were suggested, not named
// by a request.
func suggestedOf(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]DuplicatePair, error) {
	// two statements: each has an index of its own
	list, err := duplicatePairs.All(ctx, tx, "WHERE location_id = $1 AND contact_id = $2 AND state = 'open' AND score < 1", locationID, contactID)
	if err != nil {
		return nil, err
	}
	more, err := duplicatePairs.All(ctx, tx, "WHERE location_id = $1 AND other_contact_id = $2 AND state = 'open' AND score < 1", locationID, contactID)
	return append(list, more...), err
}
