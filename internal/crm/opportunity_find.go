package crm

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// OpportunityQuery selects opportunities of a location.
type OpportunityQuery struct {
	Text   string // words of the contact, or a part of the opportunity's name
	Filter Filter // on the fields of opportunityFields; the zero value holds for all
	By     string // one of OpportunityOrders; "" is createdAt
	Asc    bool   // the smallest first; otherwise the newest or largest
	// After is the cursor of the opportunity to start behind: OpportunityCursor.
	After []any
	Limit int
	Skip  int
}

// opportunityFields lists what a Filter of opportunities can look at.
var opportunityFields = map[string]struct {
	kind fieldKind
	sql  string
}{
	"id": {ofID, "id"}, "contactId": {ofID, "contact_id"}, "pipelineId": {ofID, "pipeline_id"}, "pipelineStageId": {ofID, "stage_id"}, "status": {ofID, "status"},
	"assignedTo": {ofID, "assigned_to"}, "lostReasonId": {ofID, "lost_reason_id"}, "name": {ofText, "name"}, "source": {ofText, "source"}, "followers": {ofIDs, "followers"},
	"createdAt": {ofTime, "created_at"}, "updatedAt": {ofTime, "updated_at"}, "lastStatusChangeAt": {ofTime, "status_changed_at"}, "lastStageChangeAt": {ofTime, "stage_changed_at"},
	"monetaryValue": {ofNumber, "monetary_value"},
	"country":       {ofText, "(SELECT country FROM contacts WHERE location_id = $1 AND contacts.id = contact_id)"},
}

// OpportunityOrders are what opportunities can be ordered by.
var OpportunityOrders = []string{"createdAt", "updatedAt", "lastStatusChangeAt", "lastStageChangeAt", "monetaryValue", "name"}

// opportunityCondition writes the comparison of a field of an opportunity.
func opportunityCondition(b *filterText, f *Filter) (string, error) {
	if id, ok := strings.CutPrefix(f.Field, "customFields."); ok {
		return b.custom(f, id)
	}
	field, ok := opportunityFields[f.Field]
	if !ok {
		return "", badFilter(f, "choice")
	}
	switch {
	case field.kind == ofIDs:
		return b.list(f, field.kind, field.sql)
	case f.Op == FieldWithin && (field.kind == ofTime || field.kind == ofNumber):
		return b.within(f, field.kind, field.sql)
	case field.kind == ofNumber && f.Op == FieldEquals:
		n, ok := decimal(f.Value)
		if !ok {
			return "", badFilter(f, "format")
		}
		return field.sql + " = " + b.number(n), nil
	case (field.kind == ofTime || field.kind == ofNumber) && f.Op == FieldExists:
		return "TRUE", nil
	case f.Op == FieldWithin || field.kind == ofTime || field.kind == ofNumber:
		return "", badFilter(f, "operator")
	case f.Op == FieldExists:
		return "COALESCE(" + field.sql + ", '') <> ''", nil
	}
	return b.text(f, field.kind == ofID, field.sql), nil
}

// ofContact reports whether only opportunities of one contact can be selected.
func ofContact(f *Filter) bool {
	if f.Not || f.Any {
		return false
	}
	return f.Field == "contactId" && f.Op == FieldEquals || f.Field == "" && slices.ContainsFunc(f.Of, func(f Filter) bool { return ofContact(&f) })
}

// Opportunities gives the opportunities that a query selects, and how many
// there are in all, whatever the cursor. Invalid for a filter, an order or a
// cursor that cannot be meant, as Query.Filter and Query.Sort.
func Opportunities(ctx context.Context, tx *db.Tx, locationID string, q OpportunityQuery) (list []Opportunity, total int64, err error) {
	b := filterText{compare: opportunityCondition}
	where, err := b.condition(&q.Filter, 0)
	if err != nil {
		return nil, 0, err
	}
	where = "WHERE location_id = $1 AND (" + where + ")"
	if ofContact(&q.Filter) {
		where = "/*sqlite INDEXED BY opportunities_contact*/ " + where // their order leads through all
	}
	if q.Text != "" {
		words, err := searchQuery(ctx, tx, locationID, q.Text, false)
		if err != nil {
			return nil, 0, err
		}
		named := b.text(&Filter{Op: FieldContains, Value: q.Text}, false, "name")
		if words != "" {
			named += " OR contact_id IN (SELECT id FROM contacts WHERE " + byNumber + " AND number IN (" + foundBy(b.mark(words)) + "))"
		}
		where += " AND (" + named + ")"
	}
	all := append([]any{locationID}, b.args...)
	if _, err := tx.Get(ctx, []any{&total}, "SELECT COUNT(*) FROM opportunities "+where, all...); err != nil {
		return nil, 0, err
	}
	order, behind, err := q.order(&b)
	if err != nil {
		return nil, 0, err
	}
	page := " LIMIT " + b.mark(q.Limit) + " OFFSET " + b.mark(q.Skip)
	list, err = opportunities.All(ctx, tx, where+behind+" ORDER BY "+order+page, append([]any{locationID}, b.args...)...)
	return list, total, err
}

// order gives the order in SQL, and the condition of being behind the cursor.
func (q *OpportunityQuery) order(b *filterText) (order, behind string, err error) {
	by := q.By
	if by == "" {
		by = "createdAt"
	}
	if !slices.Contains(OpportunityOrders, by) {
		return "", "", errs.InvalidFields(errs.Field{Name: "sort", Rule: "choice"})
	}
	sql := opportunityFields[by].sql
	if by == "name" {
		sql = lowered(sql)
	}
	order = sql + direction(!q.Asc) + ", id" + direction(!q.Asc)
	if by == "createdAt" {
		order = "id" + direction(!q.Asc) // the same, and in an index
	}
	if q.After == nil {
		return order, "", nil
	}
	value, ok := q.cursor(by)
	if !ok {
		return "", "", badCursor()
	}
	id := b.mark(q.After[len(q.After)-1])
	if by == "createdAt" && q.After[len(q.After)-1] != "" {
		return order, " AND id" + beyond(!q.Asc) + id, nil
	}
	at := b.mark(value)
	return order, " AND (" + sql + beyond(!q.Asc) + at + " OR " + sql + " = " + at + " AND id" + beyond(!q.Asc) + id + " AND " + id + " <> '')", nil
}

// cursor reads the value of After, as text or number, in the type of the order.
func (q *OpportunityQuery) cursor(by string) (any, bool) {
	if len(q.After) != 2 {
		return nil, false
	}
	if _, ok := q.After[1].(string); !ok {
		return nil, false
	}
	switch v := q.After[0].(type) {
	case int64:
		if by == "monetaryValue" {
			return float64(v), true
		}
		return v, by != "name"
	case float64:
		return v, by == "monetaryValue"
	case string:
		if by == "name" {
			return asciiLower(v), true
		}
		if by == "monetaryValue" {
			n, err := strconv.ParseFloat(v, 64)
			return n, err == nil
		}
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return nil, false
}

// OpportunityCursor gives the cursor of an opportunity in an order.
func OpportunityCursor(o *Opportunity, by string) []any {
	moment := func(t time.Time) any { return t.UnixMilli() }
	value := moment(o.CreatedAt)
	switch by {
	case "updatedAt":
		value = moment(o.UpdatedAt)
	case "lastStatusChangeAt":
		value = moment(o.StatusChangedAt)
	case "lastStageChangeAt":
		value = moment(o.StageChangedAt)
	case "monetaryValue":
		value = o.MonetaryValue
	case "name":
		value = asciiLower(o.Name)
	}
	return []any{value, o.ID}
}

// CheckOpportunityFilter gives the error that Opportunities would for a filter.
func CheckOpportunityFilter(f Filter) error {
	b := filterText{compare: opportunityCondition}
	_, err := b.condition(&f, 0)
	return err
}
