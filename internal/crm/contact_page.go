package crm

import (
	"context"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
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
	beyond, order := " < ", " DESC"
	if p.Oldest {
		beyond, order = " > ", " ASC"
	}
	values := append([]any{locationID}, q.Args...)
	mark := func(v any) string {
		values = append(values, v)
		return marks(len(values), 1)
	}
	where, end := "WHERE location_id = $1", ""
	if q.Text != "" {
		words, err := searchQuery(ctx, tx, locationID, q.Text, q.Whole)
		if err != nil || words == "" {
			return nil, "", err
		}
		if end, err = lastFound(ctx, tx, locationID, words, p, beyond, order); err != nil {
			return nil, "", err
		}
		where = "WHERE " + byNumber + " AND number IN (SELECT * FROM (" + foundBehind(mark, words, p.After, beyond, order) + " LIMIT " + mark(p.Look+1) + ") AS found)"
	}
	if p.After != "" {
		where += " AND id" + beyond + mark(p.After)
	}
	if q.Where != "" {
		where += " AND (" + q.Where + ")"
		if q.Text == "" {
			if end, err = lastLooked(ctx, tx, locationID, p, beyond, order); err != nil {
				return nil, "", err
			}
		}
		if end != "" {
			where += " AND id " + map[bool]string{false: ">=", true: "<="}[p.Oldest] + " " + mark(end)
		}
	}
	list, err = contacts.All(ctx, tx, where+" ORDER BY id"+order+" LIMIT "+mark(p.Limit+1), values...)
	if len(list) > p.Limit {
		list = list[:p.Limit]
		end = list[p.Limit-1].ID
	}
	return list, end, err
}

// lastLooked gives the last contact that a page looks at, "" if it reaches the end.
func lastLooked(ctx context.Context, tx *db.Tx, locationID string, p Page, beyond, order string) (end string, err error) {
	after := p.After
	if after == "" && !p.Oldest {
		after = "~" // sorts behind every id
	}
	_, err = tx.Get(ctx, []any{&end}, "SELECT id FROM contacts WHERE location_id = $1 AND id"+beyond+"$2 ORDER BY id"+order+" LIMIT 1 OFFSET $3", locationID, after, p.Look)
	return end, err
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

// lastFound gives the last contact of those with some words that a page looks at,
// "" if it reaches the end.
func lastFound(ctx context.Context, tx *db.Tx, locationID, words string, p Page, beyond, order string) (end string, err error) {
	values := []any{locationID}
	mark := func(v any) string {
		values = append(values, v)
		return marks(len(values), 1)
	}
	list, err := numbers(ctx, tx, "SELECT * FROM ("+foundBehind(mark, words, p.After, beyond, order)+" LIMIT 1 OFFSET "+mark(p.Look)+") AS found WHERE $1 <> ''", values...)
	if err != nil || len(list) == 0 {
		return "", err
	}
	_, err = tx.Get(ctx, []any{&end}, "SELECT id FROM contacts WHERE location_id = $1 AND number = $2", locationID, list[0])
	return end, err
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
