package highlevel

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// opportunityQuery are the texts behind the question mark that select
// opportunities: Foyer's name, and the spellings of version 2 and 3
// (contract.md §2).
var opportunityQuery = []struct {
	field string
	names []string
}{
	{"pipelineId", []string{"pipeline_id", "pipelineId"}},
	{"pipelineStageId", []string{"pipeline_stage_id", "pipelineStageId"}},
	{"contactId", []string{"contact_id", "contactId"}},
	{"assignedTo", []string{"assigned_to", "assignedTo"}},
	{"id", []string{"id"}},
	{"country", []string{"country"}},
}

// opportunityOrders are what opportunities are ordered by, in all spellings.
var opportunityOrders = map[string]string{
	"added": "createdAt", "date_added": "createdAt", "dateAdded": "createdAt", "createdAt": "createdAt", "created_at": "createdAt",
	"updated": "updatedAt", "date_updated": "updatedAt", "dateUpdated": "updatedAt", "updatedAt": "updatedAt", "updated_at": "updatedAt",
	"last_status_change": "lastStatusChangeAt", "lastStatusChangeAt": "lastStatusChangeAt", "last_status_change_date": "lastStatusChangeAt",
	"last_stage_change": "lastStageChangeAt", "lastStageChangeAt": "lastStageChangeAt", "last_stage_change_date": "lastStageChangeAt",
	"monetary_value": "monetaryValue", "monetaryValue": "monetaryValue", "name": "name",
}

// findOpportunities is GET /opportunities/search. Both generations' spellings of
// the query are good, and the second page of a client that names nothing but the
// cursor is of the token's location (contract.md §7, §10).
func findOpportunities(ctx context.Context, c *call) (a wire.Answer, err error) {
	limit, broken := c.queryInt("limit", 20, 1, 100)
	page, bad := c.queryInt("page", 1, 1, 1_000_000)
	broken = append(broken, bad...)
	q := crm.OpportunityQuery{Text: c.queryAny("q", "query"), Limit: int(limit), Skip: int((page - 1) * limit)}
	q.Filter, bad = c.opportunityFilter()
	broken = append(broken, bad...)
	broken = append(broken, c.opportunityOrder(&q)...)
	if err := errs.InvalidFields(broken...); err != nil {
		return wire.Answer{}, err
	}
	if q.After != nil {
		q.Skip = 0
	}
	q.Filter = c.restricted(q.Filter)
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, total, err := crm.Opportunities(ctx, tx, c.Location().ID, q)
		if err != nil {
			return err
		}
		views, err := c.opportunities(ctx, tx, list)
		if err != nil {
			return err
		}
		with := details{notes: c.query("getNotes") == "true", tasks: c.query("getTasks") == "true", events: c.query("getCalendarEvents") == "true"}
		if err := with.add(ctx, tx, c, views); err != nil {
			return err
		}
		a = c.answer(fields{"opportunities": views, "meta": c.opportunityMeta(list, &q, total, page), "aggregations": fields{}})
		return nil
	})
	return a, err
}

// opportunityFilter reads what the query selects by. There are no campaigns of
// opportunities in Foyer: nothing is found by one.
func (c *call) opportunityFilter() (f crm.Filter, broken []errs.Field) {
	for _, p := range opportunityQuery {
		if v := c.queryAny(p.names...); v != "" {
			f.Of = append(f.Of, crm.Filter{Field: p.field, Value: v})
		}
	}
	switch s := strings.ToLower(c.query("status")); {
	case s == "" || s == "all":
	case slices.Contains(crm.OpportunityStatuses, s):
		f.Of = append(f.Of, crm.Filter{Field: "status", Value: s})
	default:
		broken = append(broken, errs.Field{Name: "status", Rule: "choice"})
	}
	if c.query("campaignId") != "" {
		c.Warn("campaignId", "opportunities have no campaigns, none is found")
		f.Of = append(f.Of, crm.Filter{Any: true})
	}
	for _, end := range []struct{ name, op string }{{"date", ">="}, {"endDate", "<="}} {
		text := c.query(end.name)
		if text == "" {
			continue
		}
		b, ok := bound("createdAt", end.op, text)
		if !ok {
			broken = append(broken, errs.Field{Name: end.name, Rule: "date"})
			continue
		}
		f.Of = append(f.Of, crm.Filter{Field: "createdAt", Op: crm.FieldWithin, Bounds: []crm.Bound{b}})
	}
	return f, broken
}

// opportunityOrder reads an order such as added_asc, and behind which
// opportunity to start: its moment and id, or the moment alone.
func (c *call) opportunityOrder(q *crm.OpportunityQuery) (broken []errs.Field) {
	if text := c.query("order"); text != "" {
		field, direction := text, "desc"
		if at := strings.LastIndexByte(text, '_'); at >= 0 && (text[at+1:] == "asc" || text[at+1:] == "desc") {
			field, direction = text[:at], text[at+1:]
		}
		by, ok := opportunityOrders[field]
		if !ok {
			broken = append(broken, errs.Field{Name: "order", Rule: "choice"})
		}
		q.By, q.Asc = by, direction == "asc"
	}
	after, since, bad := c.listCursor()
	if since != nil {
		after = []any{*since, ""}
	}
	if q.After = after; q.After != nil && (q.By == "name" || q.By == "monetaryValue") {
		broken = append(broken, errs.Field{Name: "startAfter", Rule: "format"}) // is a moment
	}
	return append(broken, bad...)
}

// dealMeta is listMeta as it is documented for opportunities: what is not there
// is left out.
type dealMeta struct {
	Total        int64  `json:"total"`
	NextPageURL  string `json:"nextPageUrl,omitempty"`
	StartAfterID string `json:"startAfterId,omitempty"`
	StartAfter   int64  `json:"startAfter,omitempty"`
	CurrentPage  int64  `json:"currentPage"`
	NextPage     int64  `json:"nextPage,omitempty"`
	PrevPage     int64  `json:"prevPage,omitempty"`
}

// opportunityMeta says where a page stands and how to get the next one.
func (c *call) opportunityMeta(list []crm.Opportunity, q *crm.OpportunityQuery, total, page int64) dealMeta {
	m := dealMeta{Total: total, CurrentPage: page, PrevPage: page - 1}
	if len(list) == 0 {
		return m
	}
	last := crm.OpportunityCursor(&list[len(list)-1], q.By)
	m.StartAfter, _ = last[0].(int64)
	m.StartAfterID, _ = last[1].(string)
	if len(list) < q.Limit || q.After == nil && int64(q.Skip+len(list)) >= total {
		return m
	}
	m.NextPage = page + 1
	values := c.Query()
	for name := range values {
		if clean(name) != name {
			values.Del(name)
		}
	}
	values.Del("locationId")
	values.Set("location_id", c.Location().ID)
	values.Set("page", strconv.FormatInt(m.NextPage, 10))
	values.Set("startAfter", strconv.FormatInt(m.StartAfter, 10))
	values.Set("startAfterId", m.StartAfterID)
	to := url.URL{Scheme: "http", Host: c.Request.Host, Path: "/opportunities/search", RawQuery: values.Encode()}
	if c.Request.TLS != nil || c.Request.Header.Get("X-Forwarded-Proto") == "https" {
		to.Scheme = "https"
	}
	m.NextPageURL = to.String()
	return m
}

// details are what a search can show beside each opportunity.
type details struct{ notes, tasks, events bool }

func (d details) add(ctx context.Context, tx *db.Tx, c *call, views []opportunityView) error {
	for i := range views {
		v := &views[i]
		if d.notes {
			list, err := crm.Notes(ctx, tx, c.Location().ID, v.ContactID)
			if err != nil {
				return err
			}
			for j := range list {
				v.Notes = append(v.Notes, viewNote(&list[j]))
			}
		}
		if d.tasks {
			list, err := crm.Tasks(ctx, tx, c.Location().ID, v.ContactID)
			if err != nil {
				return err
			}
			v.Tasks = viewTasks(list)
		}
		if d.events && v.Contact != nil {
			list, err := calendar.OfContact(ctx, tx, c.Location().ID, v.ContactID)
			if err != nil {
				return err
			}
			if v.Events, err = c.viewEvents(ctx, tx, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// searchOpportunities is POST /opportunities/search: pages by number or by
// searchAfter, with filters in the grammar of contacts (contract.md §7, §8.3).
func searchOpportunities(ctx context.Context, c *call) (a wire.Answer, err error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	s := search{c: c}
	q := crm.OpportunityQuery{Text: o.Text("query")}
	if len([]rune(q.Text)) > mostValue {
		s.refuse("query", "length", mostValue)
	}
	limit, page := s.number(o, "limit", 20, mostFound), s.number(o, "page", 1, 1_000_000)
	q.Limit, q.Skip = int(limit), int((page-1)*limit)
	q.Filter = c.restricted(s.opportunityFilters(o))
	s.opportunitySort(o, &q)
	s.cursor(o)
	if len(s.after) > 0 {
		q.After, q.Skip = s.after, 0
	}
	with := details{}
	if more, ok := o.Object("additionalDetails"); ok {
		with.notes, with.tasks, with.events = more.Text("notes") == "true", more.Text("tasks") == "true", more.Text("calendarEvents") == "true"
		more.Take("unReadConversations")
	}
	if err := c.finish(o, append(needLocation(o), s.broken...)); err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, total, err := crm.Opportunities(ctx, tx, c.Location().ID, q)
		if err != nil {
			return err
		}
		views, err := c.opportunities(ctx, tx, list)
		if err != nil {
			return err
		}
		for i := range views {
			views[i].Sort = crm.OpportunityCursor(&list[i], q.By)
		}
		if err := with.add(ctx, tx, c, views); err != nil {
			return err
		}
		a = c.answer(fields{"opportunities": views, "total": total, "aggregations": fields{}})
		return nil
	})
	return a, err
}

// opportunityNames are other spellings of the fields of a filter.
var opportunityNames = map[string]string{
	"pipeline_id": "pipelineId", "pipeline_stage_id": "pipelineStageId", "contact_id": "contactId", "assigned_to": "assignedTo", "lost_reason_id": "lostReasonId",
	"monetary_value": "monetaryValue", "date_added": "createdAt", "dateAdded": "createdAt", "created_at": "createdAt", "date_updated": "updatedAt", "dateUpdated": "updatedAt",
	"updated_at": "updatedAt", "last_status_change_date": "lastStatusChangeAt", "last_stage_change_date": "lastStageChangeAt",
}

// opportunityFilters reads filters: groups and comparisons.
func (s *search) opportunityFilters(o *wire.Object) crm.Filter {
	if o.Has("filters") && o.Kind("filters") != wire.Array {
		s.refuse("filters", "array", 0)
		return crm.Filter{}
	}
	f := crm.Filter{}
	for i, item := range o.Objects("filters") {
		f.Of = append(f.Of, s.opportunityComparison(item, fmt.Sprintf("filters.%d", i), 0))
	}
	if err := crm.CheckOpportunityFilter(f); err != nil && len(s.broken) == 0 {
		s.refuse("filters", "items", errs.As(err).Fields[0].Limit)
	}
	return f
}

func (s *search) opportunityComparison(o *wire.Object, path string, depth int) crm.Filter {
	const deepest = 10
	if o.Sent("group") || o.Sent("filters") {
		join := strings.ToUpper(o.Text("group"))
		if join != "AND" && join != "OR" && join != "" || depth > deepest {
			s.refuse(path+".group", "choice", 0)
			return crm.Filter{}
		}
		f := crm.Filter{Any: join == "OR"}
		for i, item := range o.Objects("filters") {
			f.Of = append(f.Of, s.opportunityComparison(item, fmt.Sprintf("%s.filters.%d", path, i), depth+1))
		}
		return f
	}
	operator, not := strings.CutPrefix(o.Text("operator"), "not_")
	f := crm.Filter{Not: not, Field: o.Text("field")}
	if name, ok := opportunityNames[f.Field]; ok {
		f.Field = name
	}
	list := []string{o.Text("value")}
	switch operator {
	case "eq", "":
	case "contains":
		f.Op = crm.FieldContains
	case "exists":
		o.Take("value")
		f.Op, list = crm.FieldExists, []string{""}
	case "range":
		f.Op, list = crm.FieldWithin, []string{""}
		f.Bounds = s.opportunityBounds(o, f.Field, path+".value")
	default:
		s.refuse(path+".operator", "choice", 0)
		return crm.Filter{}
	}
	if o.Kind("value") == wire.Array && f.Op <= crm.FieldContains {
		list = o.List("value", "")
	}
	group := crm.Filter{Not: not, Any: true}
	for _, v := range list {
		one := f
		one.Not, one.Value = false, v
		if len([]rune(v)) > mostValue {
			s.refuse(path+".value", "length", mostValue)
			continue
		}
		s.checkOpportunity(one, path)
		group.Of = append(group.Of, one)
	}
	return group
}

// checkOpportunity says where a comparison stands that cannot be meant.
func (s *search) checkOpportunity(f crm.Filter, path string) {
	err := crm.CheckOpportunityFilter(f)
	if err == nil || len(s.broken) > 0 {
		return
	}
	switch errs.As(err).Fields[0].Rule {
	case "choice":
		s.refuse(path+".field", "choice", 0)
	case "operator":
		s.refuse(path+".operator", "choice", 0)
	default:
		s.refuse(path+".value", "format", 0)
	}
}

// opportunityBounds reads the ends of a range: of numbers for monetaryValue and
// custom fields, of moments for the others.
func (s *search) opportunityBounds(o *wire.Object, field, path string) (list []crm.Bound) {
	value, _ := o.Object("value")
	for _, end := range []struct{ name, op string }{{"gte", ">="}, {"gt", ">"}, {"lte", "<="}, {"lt", "<"}} {
		if !value.Has(end.name) {
			continue
		}
		text := value.Text(end.name)
		if number, ok := decimal(text); ok && (field == "monetaryValue" || strings.HasPrefix(field, "customFields.")) {
			list = append(list, crm.Bound{Op: end.op, Value: number})
			continue
		}
		b, ok := bound("createdAt", end.op, text)
		if !ok {
			s.refuse(path+"."+end.name, "date", 0)
		}
		if at, isTime := b.Value.(time.Time); isTime && strings.HasPrefix(field, "customFields.") {
			b.Value = at.Format(time.DateOnly)
		}
		list = append(list, b)
	}
	return list
}

// opportunitySort reads what to order by: one key, the others would be of no
// consequence but for equals.
func (s *search) opportunitySort(o *wire.Object, q *crm.OpportunityQuery) {
	for i, key := range o.Objects("sort") {
		by, ok := opportunityOrders[key.Text("field")]
		direction := strings.ToLower(key.Text("direction"))
		switch {
		case !ok:
			s.refuse(fmt.Sprintf("sort.%d.field", i), "choice", 0)
		case direction != "asc" && direction != "desc" && direction != "":
			s.refuse(fmt.Sprintf("sort.%d.direction", i), "choice", 0)
		case i > 0:
			o.Warn("sort", "only the first key orders opportunities")
			return
		default:
			q.By, q.Asc = by, direction == "asc"
		}
	}
}
