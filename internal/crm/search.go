package crm

import (
	"context"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/match"
	"github.com/foyer-crm/foyer/internal/norm"
)

// The search index holds the words of a contact, each with its location in
// front: a tenant has its own posting lists, and another tenant's size costs it
// nothing. Both databases get the same words; only the statement differs.
var searchIndex = &db.Late{
	Delete: `DELETE FROM contact_search WHERE /*sqlite rowid IN (SELECT value->>0 FROM json_each($1))*/
		/*postgres (location_id, number) IN (SELECT value->>1, (value->>0)::bigint FROM jsonb_array_elements($1::jsonb))*/`,
	Insert: `INSERT INTO contact_search (/*sqlite rowid, words*/ /*postgres number, words, location_id*/)
		SELECT /*sqlite value->>0, value->>1 FROM json_each($1)*/
		/*postgres (value->>0)::bigint, (value->>1)::tsvector, value->>2 FROM jsonb_array_elements($1::jsonb)*/`,
}

// index brings the search index in line with a contact; old is nil for a new
// one, next for one that is deleted.
func index(tx *db.Tx, old, next *Contact) {
	var was, is string
	c := old
	if old != nil {
		was = searchWords(old)
	}
	if next != nil {
		is, c = searchWords(next), next
	}
	if was == is {
		return
	}
	var row []any
	if is != "" {
		row = []any{c.Number, is, c.LocationID}
	}
	tx.Last(searchIndex, c.Number, was != "", row)
}

// searched reports whether the field of a change is one that searchWords reads:
// making the words costs more than all else of a small change.
func (c Change) searched() bool { return c.TellsWho() || c.Field == "companyName" }

// tenantWord is what stands in front of a location's words: letters and digits
// only, the same in both cases.
func tenantWord(locationID string) string {
	return strconv.FormatInt(id.Number(locationID), 36) + "x"
}

// searchWords gives the words a contact is found by, and those under which it
// meets its duplicates: no person's search has such a word.
func searchWords(c *Contact) string {
	texts := []string{c.FirstName, c.LastName, c.Name, c.CompanyName, c.Address.City}
	for _, e := range c.Emails {
		texts = append(texts, e.Address)
	}
	for _, p := range c.Phones {
		if key := phoneKey(p); key != "" {
			texts = append(texts, strings.TrimPrefix(key, "phone:"))
		}
	}
	prefix := tenantWord(c.LocationID)
	var b strings.Builder
	seen := map[string]bool{}
	add := func(w string) {
		if seen[w] {
			return
		}
		seen[w] = true
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	for _, t := range texts {
		for _, w := range norm.Words(t) {
			add(prefix + w)
		}
	}
	for _, w := range matchWords(c.LocationID, match.Read(personOf(c))) {
		add(w)
	}
	return b.String()
}

// searchQuery turns what a person typed into the full-text query: every word
// must be there, and the last one may be the beginning of a word unless whole. "" for no
// words. A last word that very many contacts carry is taken as it stands: all
// the words that begin with a common one would have to be gathered first, and
// whoever gets thousands types on anyway.
func searchQuery(ctx context.Context, tx *db.Tx, locationID, text string, whole bool) (string, error) {
	words := norm.Words(text)
	prefix := tenantWord(locationID)
	for i, w := range words {
		words[i] = prefix + w
	}
	if len(words) == 0 {
		return "", nil
	}
	and, start := " ", "*"
	if tx.Kind() == db.Postgres {
		and, start = " & ", ":*"
	}
	if whole {
		return strings.Join(words, and), nil
	}
	const many = 1000
	var carry int
	_, err := tx.Get(ctx, []any{&carry}, "SELECT COUNT(*) FROM ("+foundBy("$2")+" LIMIT $3) AS found WHERE $1 <> ''", locationID, words[len(words)-1], many)
	if err != nil {
		return "", err
	}
	if carry == many {
		start = ""
	}
	return strings.Join(words, and) + start, nil
}
