package highlevel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// search is the body of POST /contacts/search (contract.md §8.3).
type search struct {
	c      *call
	query  crm.Query
	by     []crm.Sort
	after  []any
	broken []errs.Field
	leaves int
}

// The limits of a search.
const (
	mostFound    = 500    // contacts on a page
	deepest      = 10_000 // contacts that can be paged over without a cursor
	mostQuery    = 75     // characters of the words to look for
	mostSortKeys = 2
)

// searchContacts is POST /contacts/search.
func searchContacts(ctx context.Context, c *call) (a wire.Answer, err error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	s := search{c: c}
	s.read(o)
	if err := c.finish(o, s.broken); err != nil {
		return wire.Answer{}, err
	}
	if err := c.restrict(&s.query); err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		page, total := s.query, int64(0)
		if s.after != nil {
			if total, err = count(ctx, tx, c.Location().ID, page); err != nil {
				return err
			}
		}
		if err := page.Sort(s.by, s.after); err != nil {
			return err
		}
		list, all, err := crm.Contacts(ctx, tx, c.Location().ID, page, s.after == nil)
		if err != nil {
			return err
		}
		if s.after == nil {
			total = all
		}
		hits := c.views(list)
		for i := range hits {
			hits[i].SearchAfter = crm.SortValues(&list[i], s.by)
		}
		a = c.answer(fields{"contacts": hits, "total": total})
		return nil
	})
	return a, err
}

func (s *search) refuse(field, rule string, limit int) {
	s.broken = append(s.broken, errs.Field{Name: field, Rule: rule, Limit: limit})
}

func (s *search) read(o *wire.Object) {
	s.query.Text = o.Text("query")
	if len([]rune(s.query.Text)) > mostQuery {
		s.refuse("query", "length", mostQuery)
	}
	limit := s.number(o, "pageLimit", 20, mostFound)
	page := s.number(o, "page", 1, deepest)
	if len(s.broken) == 0 && page*limit > deepest {
		s.refuse("page * pageLimit", "max", deepest)
	}
	s.query.Limit, s.query.Skip = int(limit), int((page-1)*limit)
	s.sort(o)
	if s.cursor(o); s.after != nil && s.query.Skip > 0 {
		o.Warn("page", "left out: searchAfter says where to go on")
		s.query.Skip = 0
	}
	if o.Has("filters") && o.Kind("filters") != wire.Array {
		s.refuse("filters", "array", 0)
		return
	}
	filter := s.group(o.Objects("filters"), "filters", false)
	if len(filter.Of) == 0 {
		return // words alone are found in another, faster way
	}
	if err := s.query.Filter(filter); err != nil && len(s.broken) == 0 {
		s.refuse("filters", "items", errs.As(err).Fields[0].Limit)
	}
}

func (s *search) number(o *wire.Object, name string, otherwise, most int64) int64 {
	if !o.Has(name) || o.Text(name) == "" {
		return otherwise
	}
	n, ok := o.Int(name)
	s.broken = append(s.broken, bounded(name, n, ok, 1, most)...)
	return n
}

// sortNames are the fields that contacts can be sorted by, and Foyer's names of
// them; "" is one that Foyer does not keep.
var sortNames = map[string]string{
	"firstNameLowerCase": "firstName", "lastNameLowerCase": "lastName", "dateAdded": "createdAt", "dateUpdated": "updatedAt",
	"email": "email", "dnd": "dnd", "source": "source", "businessName": "",
}

func (s *search) sort(o *wire.Object) {
	for i, key := range o.Objects("sort") {
		path := fmt.Sprintf("sort.%d", i)
		if i == mostSortKeys {
			s.refuse("sort", "items", mostSortKeys)
			return
		}
		name, known := sortNames[key.Text("field")]
		if !known {
			s.refuse(path+".field", "choice", 0)
		}
		direction := strings.ToLower(key.Text("direction"))
		if direction != "asc" && direction != "desc" && direction != "" {
			s.refuse(path+".direction", "choice", 0)
		}
		if known && name == "" {
			key.Warn("field", "not kept by Foyer, left out")
			continue
		}
		s.by = append(s.by, crm.Sort{Field: name, Desc: direction == "desc"})
	}
}

// cursor reads the searchAfter of the last hit of the page before.
func (s *search) cursor(o *wire.Object) {
	list, ok := o.Value("searchAfter").([]any)
	if !ok && o.Has("searchAfter") {
		s.refuse("searchAfter", "array", 0)
	}
	if len(list) == 0 {
		return
	}
	s.after = make([]any, len(list))
	for i, v := range list {
		s.after[i] = v
		if n, ok := v.(json.Number); ok {
			if s.after[i], _ = n.Float64(); !strings.ContainsAny(n.String(), ".eE") {
				s.after[i], _ = n.Int64()
			}
		}
	}
	if s.c.op.Category == opportunities {
		return // has orders of its own
	}
	var try crm.Query // a cursor of another order is the sender's mistake, and told at once
	if err := try.Sort(s.by, s.after); err != nil && len(s.broken) == 0 {
		s.refuse("searchAfter", "format", 0)
	}
}
