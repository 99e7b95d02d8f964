package highlevel

import (
	"context"
	"net/url"
	"strconv"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// listMeta says where a page of contacts stands and how to get the next one
// (contract.md §7).
type listMeta struct {
	Total        int64  `json:"total"`
	NextPageURL  string `json:"nextPageUrl,omitempty"`
	StartAfterID string `json:"startAfterId,omitempty"`
	StartAfter   int64  `json:"startAfter,omitempty"`
	CurrentPage  int64  `json:"currentPage"`
	NextPage     *int64 `json:"nextPage"`
	PrevPage     *int64 `json:"prevPage"`
}

// listContacts is GET /contacts/, which HighLevel calls deprecated and every
// client uses. The second page of one of them names nothing but the cursor, so
// the location is the token's wherever it is not said (contract.md §7).
func listContacts(ctx context.Context, c *call) (a wire.Answer, err error) {
	limit, broken := c.queryInt("limit", 20, 1, 100)
	by, bad := c.listOrder()
	broken = append(broken, bad...)
	after, since, bad := c.listCursor()
	broken = append(broken, bad...)
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	q := crm.Query{Text: c.query("query"), Limit: int(limit)}
	if err := c.restrict(&q); err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		behind := q
		if since != nil {
			if err := behind.Filter(beyond(by[0], *since)); err != nil {
				return err
			}
		}
		if err := behind.Sort(by, after); err != nil {
			return err
		}
		list, left, err := crm.Contacts(ctx, tx, c.Location().ID, behind, true)
		if err != nil {
			return err
		}
		total := left
		if after != nil || since != nil {
			if total, err = count(ctx, tx, c.Location().ID, q); err != nil {
				return err
			}
		}
		a = c.answer(fields{"contacts": c.views(list), "count": total, "meta": c.listMeta(list, by, total, left, limit)})
		return nil
	})
	return a, err
}

// count counts what a query selects.
func count(ctx context.Context, tx *db.Tx, locationID string, q crm.Query) (total int64, err error) {
	q.Limit, q.Skip = 0, 0
	_, total, err = crm.Contacts(ctx, tx, locationID, q, true)
	return total, err
}

// listOrder reads in what order: the newest first, if nothing else is said.
func (c *call) listOrder() ([]crm.Sort, []errs.Field) {
	s, broken := crm.Sort{Field: "createdAt", Desc: true}, []errs.Field(nil)
	switch c.query("sortBy") {
	case "", "date_added":
	case "date_updated":
		s.Field = "updatedAt"
	default:
		broken = append(broken, errs.Field{Name: "sortBy", Rule: "choice"})
	}
	switch c.query("order") {
	case "", "desc":
	case "asc":
		s.Desc = false
	default:
		broken = append(broken, errs.Field{Name: "order", Rule: "choice"})
	}
	return []crm.Sort{s}, broken
}

// listCursor reads behind which contact to start: its moment and id, or the
// moment alone.
func (c *call) listCursor() (after []any, since *int64, broken []errs.Field) {
	id, text := c.query("startAfterId"), c.query("startAfter")
	if id == "" && text == "" {
		return nil, nil, nil
	}
	at, err := int64(0), error(nil)
	if text != "" {
		if at, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, nil, []errs.Field{{Name: "startAfter", Rule: "number"}}
		}
	}
	if id == "" {
		return nil, &at, nil
	}
	return []any{at, id}, nil, nil
}

// listMeta describes a page: of total contacts, left are on it and behind it.
// Its number follows from that, since a cursor does not say.
func (c *call) listMeta(list []crm.Contact, by []crm.Sort, total, left, limit int64) listMeta {
	m := listMeta{Total: total, CurrentPage: (total-left)/limit + 1}
	if m.CurrentPage > 1 {
		before := m.CurrentPage - 1
		m.PrevPage = &before
	}
	if len(list) == 0 {
		return m
	}
	last := crm.SortValues(&list[len(list)-1], by)
	m.StartAfter, _ = last[0].(int64)
	m.StartAfterID, _ = last[1].(string)
	if left > int64(len(list)) {
		next := m.CurrentPage + 1
		m.NextPage = &next
		m.NextPageURL = c.nextPage(m)
	}
	return m
}

// nextPage gives the absolute address of the next page.
func (c *call) nextPage(m listMeta) string {
	to := url.URL{Scheme: "http", Host: c.Request.Host, Path: "/contacts/"}
	if c.Request.TLS != nil || c.Request.Header.Get("X-Forwarded-Proto") == "https" {
		to.Scheme = "https"
	}
	values := url.Values{}
	for _, name := range []string{"limit", "query", "sortBy", "order"} {
		if v := c.query(name); v != "" {
			values.Set(name, v)
		}
	}
	values.Set("locationId", c.Location().ID)
	values.Set("startAfter", strconv.FormatInt(m.StartAfter, 10))
	values.Set("startAfterId", m.StartAfterID)
	to.RawQuery = values.Encode()
	return to.String()
}
