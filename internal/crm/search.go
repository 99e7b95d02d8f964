package crm

import (
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// The search index holds the words of a contact, each with its location in
// front: a tenant has its own posting lists, and another tenant's size costs it
// nothing. Both databases get the same words; only the statement differs.
const (
	insertSearch = `INSERT INTO contact_search (/*sqlite rowid, words*/ /*postgres number, words, location_id*/)
		/*sqlite SELECT $1, $2 WHERE $3 <> ''*/ /*postgres VALUES ($1, $2::tsvector, $3)*/`
	deleteSearch = `DELETE FROM contact_search WHERE /*sqlite rowid = $1 AND $2 <> ''*/ /*postgres number = $1 AND location_id = $2*/`
)

// tenantWord is what stands in front of a location's words: letters and digits
// only, the same in both cases.
func tenantWord(locationID string) string {
	return strconv.FormatInt(id.Number(locationID), 36) + "x"
}

// searchWords gives the words a contact is found by.
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
	for _, t := range texts {
		for _, w := range norm.Words(t) {
			if seen[w] {
				continue
			}
			seen[w] = true
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(prefix)
			b.WriteString(w)
		}
	}
	return b.String()
}

// reindex brings the search index in line with a changed contact.
func reindex(tx *db.Tx, old, next *Contact) {
	was, is := searchWords(old), searchWords(next)
	if was == is {
		return
	}
	if was != "" {
		tx.Last(deleteSearch, old.Number, old.LocationID)
	}
	if is != "" {
		tx.Last(insertSearch, next.Number, is, next.LocationID)
	}
}

// searchQuery turns what a person typed into the full-text query: every word
// must be there, the last one may be the beginning of a word. "" for no words.
func searchQuery(kind db.Kind, locationID, text string) string {
	words := norm.Words(text)
	prefix := tenantWord(locationID)
	for i, w := range words {
		words[i] = prefix + w
	}
	if len(words) == 0 {
		return ""
	}
	if kind == db.Postgres {
		return strings.Join(words, " & ") + ":*"
	}
	return strings.Join(words, " ") + "*"
}
