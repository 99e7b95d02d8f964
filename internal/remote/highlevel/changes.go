package highlevel

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// Changes gives a page of what changed of a kind. HighLevel can be asked for the
// contacts that changed since; the others are gone over again and again: of tasks
// and notes a part of the contacts each time, of appointments the time around now,
// of opportunities all.
func (h *system) Changes(ctx context.Context, kind remote.Kind, since string) (*remote.Page, error) {
	p := &place{}
	if since != "" {
		if err := json.Unmarshal([]byte(since), p); err != nil {
			return nil, &remote.Error{Cause: remote.Refused, Text: "the place to go on from is damaged"}
		}
	}
	var page *remote.Page
	var err error
	switch kind {
	case remote.Contact:
		page, err = h.changedContacts(ctx, p)
	case remote.Task, remote.Note:
		page, err = h.round(ctx, kind, p)
	case remote.Appointment:
		page, err = h.agenda(ctx, p)
	case remote.Opportunity:
		page, err = h.deals(ctx, p)
	default:
		return nil, unknown(kind)
	}
	if err != nil {
		return nil, err
	}
	next, err := json.Marshal(p)
	page.Next = string(next)
	return page, err
}

// place is where to go on.
type place struct {
	From  int64 `json:"from,omitempty"`  // milliseconds: what changed then or later
	After []any `json:"after,omitempty"` // behind this one
	Began int64 `json:"began,omitempty"` // when the walk that is under way began, by the other side's clock
	Seen  int64 `json:"seen,omitempty"`  // the latest change that this walk came upon
	Left  int   `json:"left,omitempty"`  // pages until the round has a rest
	At    int   `json:"at,omitempty"`    // which calendar is next
}

const (
	pageSize = 100
	// settles is how long a change may take until a search shows it: HighLevel
	// documents some seconds (contract.md §8.3).
	settles = 30 * time.Second
)

// changedContacts walks over the contacts in the order of their last change. Of
// those that share a millisecond none is missed, since the id counts too; a contact
// that changes while the walk goes on moves to its end. What changed shortly before
// the walk began is read again the next time: a search may not have shown it yet.
func (h *system) changedContacts(ctx context.Context, p *place) (*remote.Page, error) {
	loc, err := h.location(ctx)
	if err != nil {
		return nil, err
	}
	body := object{"locationId": loc, "pageLimit": pageSize, "sort": []object{{"field": "dateUpdated", "direction": "asc"}}}
	if p.From > 0 {
		body["filters"] = []object{{"field": "dateUpdated", "operator": "range", "value": object{"gte": moment(p.From)}}}
	}
	if len(p.After) > 0 {
		body["searchAfter"] = p.After
	}
	var answer struct {
		Contacts []object    `json:"contacts"`
		Total    json.Number `json:"total"`
	}
	header, err := h.call(ctx, remote.Request{Method: http.MethodPost, Path: "contacts/search", Body: body, Repeat: true}, &answer)
	if err != nil {
		return nil, err
	}
	if p.Began == 0 {
		p.Began = clock(header).UnixMilli()
	}
	page := &remote.Page{More: len(answer.Contacts) >= pageSize}
	if p.From == 0 {
		page.Total, _ = answer.Total.Int64()
	}
	for _, o := range answer.Contacts {
		r, err := h.hit(ctx, o)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		page.Records = append(page.Records, *r)
		if at := momentOf(o["dateUpdated"]); !at.IsZero() {
			p.Seen = at.UnixMilli()
		}
		p.After, _ = o["searchAfter"].([]any)
	}
	if page.More && len(p.After) == 0 {
		return nil, &remote.Error{Cause: remote.Broken, Text: "its answer does not say where the next page begins"}
	}
	if !page.More {
		p.rest()
	}
	return page, nil
}

// rest ends a walk: the next one begins behind what this one saw, but not later
// than what may not have been shown yet.
func (p *place) rest() {
	safe := p.Began - settles.Milliseconds()
	switch {
	case p.Seen == 0: // nothing new
	case p.Seen < safe:
		p.From = p.Seen
	default:
		p.From, p.After = max(safe, 0), nil
	}
	p.Began, p.Seen = 0, 0
}

// hit reads a contact of a search. A search may show names in lower case alone:
// then the contact itself is asked for; nil if it went since.
func (h *system) hit(ctx context.Context, o object) (*remote.Record, error) {
	lower := text(o, "firstNameLowerCase") + text(o, "lastNameLowerCase")
	if lower != "" && text(o, "firstName")+text(o, "lastName") == "" {
		return h.Fetch(ctx, remote.Contact, "", text(o, "id"))
	}
	r, err := h.record(ctx, remote.Contact, o, true)
	return &r, err
}

// clock gives the other side's time, to the second before.
func clock(h http.Header) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}

func moment(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// The size of a round over what belongs to contacts.
const (
	roundPage  = 50 // contacts
	roundTasks = 40 // pages until it has a rest
	roundNotes = 4  // each contact is a request
)

// round goes over the contacts, in the order in which they were made, and gives
// what they have. It goes on where it stopped the last time, and at the end from
// the beginning.
func (h *system) round(ctx context.Context, kind remote.Kind, p *place) (*remote.Page, error) {
	if p.Left <= 0 {
		p.Left = roundNotes
		if kind == remote.Task {
			p.Left = roundTasks
		}
	}
	loc, err := h.location(ctx)
	if err != nil {
		return nil, err
	}
	body := object{"locationId": loc, "pageLimit": roundPage, "sort": []object{{"field": "dateAdded", "direction": "asc"}}}
	if len(p.After) > 0 {
		body["searchAfter"] = p.After
	}
	var answer struct {
		Contacts []struct {
			ID    string `json:"id"`
			After []any  `json:"searchAfter"`
		} `json:"contacts"`
	}
	if _, err := h.call(ctx, remote.Request{Method: http.MethodPost, Path: "contacts/search", Body: body, Repeat: true}, &answer); err != nil {
		return nil, err
	}
	page := &remote.Page{}
	for _, c := range answer.Contacts {
		if c.ID == "" {
			return nil, &remote.Error{Cause: remote.Broken, Text: "a contact without an id"}
		}
		page.Whole = append(page.Whole, c.ID)
		p.After = c.After
	}
	if p.Left--; len(answer.Contacts) < roundPage {
		p.After, p.Left = nil, 0
	}
	page.More = p.Left > 0
	if kind == remote.Task {
		page.Records, err = h.tasksOf(ctx, loc, page.Whole)
		return page, err
	}
	for _, id := range page.Whole {
		list, err := h.Of(ctx, kind, id)
		if err != nil {
			return nil, err
		}
		page.Records = append(page.Records, list...)
	}
	return page, nil
}

// tasksOf gives all tasks of several contacts.
func (h *system) tasksOf(ctx context.Context, loc string, contacts []string) (all []remote.Record, err error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	for skip := 0; ; skip += pageSize {
		var answer object
		body := object{"contactId": contacts, "limit": pageSize, "skip": skip}
		if _, err := h.call(ctx, remote.Request{Method: http.MethodPost, Path: path("locations", loc, "tasks", "search"), Body: body, Repeat: true}, &answer); err != nil {
			return nil, err
		}
		list, err := h.records(ctx, remote.Task, answer["tasks"], "")
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
		if len(list) < pageSize {
			return all, nil
		}
	}
}

// The time around now in which appointments are looked for.
const (
	agendaPast  = 14 * 24 * time.Hour
	agendaAhead = 366 * 24 * time.Hour
	agendaFirst = 10 * 366 * 24 * time.Hour // the first time, so that all come
)

// agenda goes over the calendars: those of one on each page.
func (h *system) agenda(ctx context.Context, p *place) (*remote.Page, error) {
	loc, err := h.location(ctx)
	if err != nil {
		return nil, err
	}
	all, err := h.allCalendars(ctx, namesOld)
	if err != nil || p.At >= len(all) {
		p.At = 0
		return &remote.Page{}, err
	}
	past := agendaPast
	if p.From == 0 {
		past = agendaFirst
	}
	now := time.Now()
	query := url.Values{"locationId": {loc}, "calendarId": {all[p.At].ID}, "startTime": {millis(now.Add(-past))}, "endTime": {millis(now.Add(agendaAhead))}}
	var answer object
	if err := h.get(ctx, "calendars/events", query, &answer); err != nil {
		return nil, err
	}
	page := &remote.Page{}
	if page.Records, err = h.records(ctx, remote.Appointment, answer["events"], ""); err != nil {
		return nil, err
	}
	if p.At++; p.At >= len(all) {
		p.At, p.From = 0, now.UnixMilli()
	}
	page.More = p.At > 0
	return page, nil
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// deals goes over the opportunities in the order in which they were made, and gives
// those that changed since the last time.
func (h *system) deals(ctx context.Context, p *place) (*remote.Page, error) {
	loc, err := h.location(ctx)
	if err != nil {
		return nil, err
	}
	query := url.Values{"location_id": {loc}, "limit": {strconv.Itoa(pageSize)}, "order": {"added_asc"}, "status": {"all"}}
	if len(p.After) == 2 {
		at, _ := p.After[0].(string)
		id, _ := p.After[1].(string)
		query.Set("startAfter", at)
		query.Set("startAfterId", id)
	}
	var answer struct {
		Opportunities []any `json:"opportunities"`
		Meta          struct {
			After json.Number `json:"startAfter"`
			ID    string      `json:"startAfterId"`
			Total json.Number `json:"total"`
		} `json:"meta"`
	}
	header, err := h.call(ctx, remote.Request{Method: http.MethodGet, Path: "opportunities/search", Query: query}, &answer)
	if err != nil {
		return nil, err
	}
	if p.Began == 0 {
		p.Began = clock(header).UnixMilli()
	}
	all, err := h.records(ctx, remote.Opportunity, answer.Opportunities, "")
	if err != nil {
		return nil, err
	}
	page := &remote.Page{More: len(all) >= pageSize}
	page.Total, _ = answer.Meta.Total.Int64()
	for _, r := range all {
		if r.UpdatedAt.IsZero() || r.UpdatedAt.UnixMilli() >= p.From {
			page.Records = append(page.Records, r)
		}
	}
	if !page.More {
		p.From, p.After, p.Began = max(p.Began-settles.Milliseconds(), 0), nil, 0
		return page, nil
	}
	if answer.Meta.ID == "" {
		return nil, &remote.Error{Cause: remote.Broken, Text: "its answer does not say where the next page begins"}
	}
	p.After = []any{answer.Meta.After.String(), answer.Meta.ID}
	return page, nil
}
