package crm

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/norm"
)

// Page says which part of a list of contacts is wanted: the newest first, or the
// oldest.
type Page struct {
	Oldest bool
	After  string // what the page before gave as next, "" for the first
	Limit  int
	// Look is how many contacts are looked at for those that a filter selects. A
	// page costs the same however rare they are; it may come back short, or empty,
	// and go on behind those it looked at.
	Look int
}

// searchSkip begins the cursor of a plain word search, which goes on by count: its
// index gives the numbers in order, and they are few.
const searchSkip = "s"

// ownLooked is how many of an owner's contacts are looked at for one of all: an
// index alone says whose they are. On PostgreSQL each is looked up among the words.
func ownLooked(tx *db.Tx) int {
	if tx.Kind() == db.Postgres {
		return 2
	}
	return 20
}

// ContactsPage gives a page of the contacts that a query selects, and where the
// next one begins, "" for none. The query's own order and limits do not count.
// Invalid with the field searchAfter for a cursor that is none.
func ContactsPage(ctx context.Context, tx *db.Tx, locationID string, q Query, p Page) (list []Contact, next string, err error) {
	if q.Text != "" && q.Where == "" && !p.Oldest {
		return searchPage(ctx, tx, locationID, q, p)
	}
	if strings.HasPrefix(p.After, searchSkip) && len(p.After) < 12 {
		p.After = "" // the filter came later than the cursor
	}
	l := &look{Page: p, text: q.Text, whole: q.Whole, owner: q.owner, beyond: " < ", order: " DESC", within: " >= "}
	if p.Oldest {
		l.beyond, l.order, l.within = " > ", " ASC", " <= "
	}
	values := append([]any{locationID}, q.Args...)
	mark := func(v any) string {
		values = append(values, v)
		return marks(len(values), 1)
	}
	where, end := "WHERE location_id = $1", ""
	switch {
	case q.Text != "":
		found, err := l.found(ctx, tx, locationID, &end)
		if err != nil || len(found) == 0 {
			return nil, end, err
		}
		where = "WHERE " + byNumber + " AND " + numberIn(tx, mark, found)
	case q.Where != "":
		if end, err = l.last(ctx, tx, locationID); err != nil {
			return nil, "", err
		}
	}
	if p.After != "" {
		where += " AND id" + l.beyond + mark(p.After)
	}
	if end != "" {
		where += " AND id" + l.within + mark(end)
	}
	if q.Where != "" {
		where += " AND (" + q.Where + ")"
	}
	list, err = contacts.All(ctx, tx, where+" ORDER BY id"+l.order+" LIMIT "+mark(p.Limit+1), values...)
	if len(list) > p.Limit {
		list = list[:p.Limit]
		end = list[p.Limit-1].ID
	}
	return list, end, err
}

// look is what is looked at for a page: the contacts of a location in order, or
// those of an owner.
type look struct {
	Page
	text                  string
	whole                 bool
	owner                 string
	beyond, order, within string
}

// from writes which contacts are looked at, without an end.
func (l *look) from(mark func(any) string) string {
	from := "FROM contacts WHERE location_id = $1"
	if l.owner != "" {
		from += " AND assigned_to = " + mark(l.owner) + " AND assigned_to <> ''"
	}
	if l.After != "" {
		from += " AND id" + l.beyond + mark(l.After)
	}
	return from + " ORDER BY id" + l.order
}

// most is how many contacts are looked at.
func (l *look) most(tx *db.Tx) int {
	if l.owner != "" {
		return ownLooked(tx) * l.Look
	}
	if l.looksBack(tx) {
		return lateLooked
	}
	return l.Look
}

// looksBack reports whether contacts are looked through for words, instead of the
// words for contacts.
func (l *look) looksBack(tx *db.Tx) bool { return tx.Kind() == db.Postgres && common(l.text, l.whole) }

// lateLooked is how many contacts are looked through for common words.
const lateLooked = 4000

// common reports whether very many contacts may have some words: three letters
// begin thousands. PostgreSQL would gather them all before it gives the first.
func common(text string, whole bool) bool {
	const few = 3
	words := norm.Words(text)
	return len(words) > 0 && !whole && utf8.RuneCountInString(words[len(words)-1]) <= few
}

// foundLately is the statement for the numbers of the contacts that have some words
// on PostgreSQL, of a number of contacts in order.
func foundLately(mark func(any) string, words, after, beyond, order string, looked int) string {
	from := "SELECT number, words FROM contact_search WHERE location_id = $1"
	if id.Valid(after) {
		from += " AND number" + beyond + mark(id.Number(after))
	}
	from += " ORDER BY number" + order + " LIMIT " + mark(looked)
	return "SELECT number FROM (" + from + ") AS late WHERE words @@ " + mark(words) + "::tsquery ORDER BY number" + order
}

// last gives the last contact that a page looks at, "" if it reaches the end.
func (l *look) last(ctx context.Context, tx *db.Tx, locationID string) (end string, err error) {
	values := []any{locationID}
	mark := func(v any) string {
		values = append(values, v)
		return marks(len(values), 1)
	}
	_, err = tx.Get(ctx, []any{&end}, "SELECT id "+l.from(mark)+" LIMIT 1 OFFSET "+mark(l.most(tx)), values...)
	return end, err
}

// found gives the numbers of the contacts that have the words, of those that the
// page looks at, and in end the last of these, "" if they reach the end.
func (l *look) found(ctx context.Context, tx *db.Tx, locationID string, end *string) (found []any, err error) {
	words, err := searchQuery(ctx, tx, locationID, l.text, l.whole)
	if err != nil || words == "" {
		return nil, err
	}
	values := []any{locationID}
	mark := func(v any) string {
		values = append(values, v)
		return marks(len(values), 1)
	}
	if l.owner != "" {
		if *end, err = l.last(ctx, tx, locationID); err != nil {
			return nil, err
		}
		own := "SELECT number " + l.from(mark) + " LIMIT " + mark(l.most(tx)+1)
		return numbers(ctx, tx, "SELECT number FROM ("+own+") AS own WHERE number IN ("+foundBy(mark(words))+")", values...)
	}
	if l.looksBack(tx) {
		if *end, err = l.last(ctx, tx, locationID); err != nil {
			return nil, err
		}
		return numbers(ctx, tx, foundLately(mark, words, l.After, l.beyond, l.order, l.most(tx)+1), values...)
	}
	found, err = numbers(ctx, tx, "SELECT * FROM ("+foundBehind(mark, words, l.After, l.beyond, l.order)+" LIMIT "+mark(l.Look+1)+") AS found WHERE $1 <> ''", values...)
	if err == nil && len(found) > l.Look {
		_, err = tx.Get(ctx, []any{end}, "SELECT id FROM contacts WHERE location_id = $1 AND number = $2", locationID, found[l.Look])
	}
	return found, err
}

// numberIn is the condition that a number is one of a list, in one text however
// long the list is.
func numberIn(tx *db.Tx, mark func(any) string, list []any) string {
	const format = "number /*sqlite IN (SELECT value FROM json_each($X))*/ /*postgres = ANY(CAST($X::text AS bigint[]))*/"
	first, last := "[", "]"
	if tx.Kind() == db.Postgres {
		first, last = "{", "}"
	}
	var b strings.Builder
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, n)
	}
	return strings.ReplaceAll(format, "$X", mark(first+b.String()+last))
}

// foundBehind is the subquery for the numbers of the contacts that have some words
// and come behind another: numbers grow as ids do.
func foundBehind(mark func(any) string, words, after, beyond, order string) string {
	found := foundBy(mark(words))
	if id.Valid(after) {
		found += " AND /*sqlite rowid*/ /*postgres number*/" + beyond + mark(id.Number(after))
	}
	return found + " ORDER BY /*sqlite rowid*/ /*postgres number*/" + order
}

func searchPage(ctx context.Context, tx *db.Tx, locationID string, q Query, p Page) (list []Contact, next string, err error) {
	const most = 100_000 // nobody looks further; the index would
	if p.After != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(p.After, searchSkip))
		if err != nil || n < 0 || n > most {
			return nil, "", errs.InvalidFields(errs.Field{Name: "searchAfter", Rule: "format"})
		}
		q.Skip = n
	}
	q.Limit = p.Limit + 1
	list, _, err = Contacts(ctx, tx, locationID, Query{Text: q.Text, Whole: q.Whole, Limit: q.Limit, Skip: q.Skip}, false)
	if len(list) > p.Limit {
		list = list[:p.Limit]
		next = searchSkip + strconv.Itoa(q.Skip+p.Limit)
	}
	return list, next, err
}
