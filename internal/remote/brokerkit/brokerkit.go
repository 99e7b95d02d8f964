// Package brokerkit is the client of Brokerkit's leads API v2: recruits and agents
// go there, and come from where the API can be read.
package brokerkit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorURL is Brokerkit's own address.
const vendorURL = "https://api.getbrokerkit.com"

type system struct {
	remote.Unable
	client *remote.Client
}

// New makes the client of a team. Settings want Token.
func New(s remote.Settings) (remote.System, error) {
	token := strings.TrimSpace(s.Token)
	if token == "" {
		return nil, errors.New("the token of Brokerkit is missing")
	}
	client, err := remote.NewClient(s, remote.Vendor{BaseURL: vendorURL, Authorize: func(_ context.Context, h http.Header) error {
		h.Set("Authorization", "Token token="+token)
		return nil
	}})
	return &system{remote.Unable{Name: "Brokerkit"}, client}, err
}

// Can says what is offered: leads, which match by e-mail address or agent id.
// Nothing is deleted, and nothing is erased: a blank says nothing.
func (s *system) Can(kind remote.Kind) remote.Can {
	if kind != remote.Contact {
		return remote.Can{}
	}
	return remote.Can{List: true, Find: true, Fetch: true, Create: true, Update: true, Upsert: true}
}

// fields are those of a lead, and those that only come back (intake.md §2.2, §2.3).
func fields() (sent, shown []string) {
	return []string{
			"first_name", "last_name", "email", "phone", "other_phone", "office_phone", "birthday", "agent_id", "product", "bucket", "status", "note", "source", "currently_at",
			"alt_address", "alt_city", "alt_state", "alt_zip", "office_address", "office_city", "office_state", "office_zip", "kpa_taken", "active_listings_count", "production_ytd",
			"production_label", "rating", "owner_email", "referrer_email",
		}, []string{
			"name", "photo_url", "referred_at", "anniversary_month", "joined_at", "last_activity_at", "first_appointment_at", "last_appointment_at", "created_at", "recruiting", "retention",
			"archived", "backlogged",
		}
}

// Fields gives the fields of a lead.
func (s *system) Fields(_ context.Context, kind remote.Kind) (list []remote.Field, err error) {
	if kind != remote.Contact {
		return nil, &remote.Error{Cause: remote.Refused, Text: "Brokerkit has leads alone"}
	}
	sent, shown := fields()
	for _, name := range sent {
		list = append(list, remote.Field{Name: name})
	}
	for _, name := range shown {
		list = append(list, remote.Field{Name: name, ReadOnly: true})
	}
	return list, nil
}

type object = map[string]any

// record reads a lead.
func record(o object) (remote.Record, error) {
	id := remote.Text(o["id"])
	if n, err := strconv.ParseInt(id, 10, 64); err != nil || n <= 0 {
		return remote.Record{}, &remote.Error{Cause: remote.Broken, Text: "a lead without an id"}
	}
	r := remote.Record{ID: id, Fields: object{}}
	sent, shown := fields()
	for _, name := range append(sent, shown...) {
		if v, ok := o[name]; ok {
			r.Fields[name] = v
		}
	}
	r.Fields["product"] = nil
	if retention, _ := o["retention"].(bool); retention {
		r.Fields["product"] = "retention"
	}
	for name, of := range map[string]string{"owner_email": "owner", "referrer_email": "referrer"} {
		person, _ := o[of].(object)
		r.Fields[name] = person["email"]
	}
	if at, err := time.Parse(time.RFC3339Nano, remote.Text(o["updated_at"])); err == nil {
		r.UpdatedAt = at.UTC()
	}
	return r, nil
}

// Check asks whether the token opens the team.
func (s *system) Check(ctx context.Context) (string, error) {
	var list []object
	if err := s.get(ctx, "v2/leads", url.Values{"per_page": {"1"}}, &list); err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "a team of Brokerkit", nil
	}
	return "team " + remote.Text(list[0]["team_id"]) + " of Brokerkit", nil
}

func (s *system) get(ctx context.Context, path string, query url.Values, into any) error {
	return s.client.Do(ctx, remote.Request{Method: http.MethodGet, Path: path, Query: query, Repeat: true}, into)
}

// Find gives the leads with an e-mail address; Brokerkit does not look for phones.
func (s *system) Find(ctx context.Context, email, _ string) (list []remote.Record, err error) {
	if email == "" {
		return nil, nil
	}
	var found []object
	if err := s.get(ctx, "v2/leads", url.Values{"email": {email}}, &found); err != nil {
		return nil, err
	}
	return records(found)
}

func records(found []object) (list []remote.Record, err error) {
	for _, o := range found {
		r, err := record(o)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// Fetch gives a lead.
func (s *system) Fetch(ctx context.Context, kind remote.Kind, contactID, id string) (*remote.Record, error) {
	if kind != remote.Contact {
		return s.Unable.Fetch(ctx, kind, contactID, id)
	}
	var o object
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return nil, nil
	}
	if err := s.get(ctx, "v2/leads/"+id, nil, &o); remote.Is(err, remote.Missing) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	r, err := record(o)
	return &r, err
}

// Create sends a lead; one with its e-mail address or agent id is changed.
func (s *system) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if kind != remote.Contact {
		return s.Unable.Create(ctx, kind, r, key)
	}
	var o object
	known := remote.Text(r.Fields["email"])+remote.Text(r.Fields["agent_id"]) != ""
	if err := s.client.Do(ctx, remote.Request{Method: http.MethodPost, Path: "v2/leads", Body: body(r.Fields), Key: key, Repeat: known}, &o); err != nil {
		return nil, err
	}
	made, err := record(o)
	return &made, err
}

// Update changes a lead.
func (s *system) Update(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if kind != remote.Contact {
		return s.Unable.Update(ctx, kind, r, key)
	}
	if _, err := strconv.ParseInt(r.ID, 10, 64); err != nil {
		return nil, &remote.Error{Cause: remote.Missing, Text: "there is no lead " + r.ID}
	}
	if what := body(r.Fields); len(what) > 0 {
		if err := s.client.Do(ctx, remote.Request{Method: http.MethodPut, Path: "v2/leads/" + r.ID, Body: what, Key: key, Repeat: true}, nil); err != nil {
			return nil, err
		}
	}
	now, err := s.Fetch(ctx, kind, "", r.ID)
	if err == nil && now == nil {
		err = &remote.Error{Cause: remote.Missing, Text: "the lead is not there any more"}
	}
	return now, err
}

// body writes what is sent of a lead. A blank says nothing; test is never sent,
// whatever a mapping says: with it nothing is stored.
func body(of map[string]any) object {
	o := object{}
	sent, _ := fields()
	for _, name := range sent {
		if v := of[name]; remote.Text(v) != "" {
			o[name] = v
		}
	}
	return o
}

// place is where to go on: which page is next, when this round over all leads
// began, and since when changes are looked for. That is the beginning of the round
// before the last, since a lead that is deleted moves another one off a page that
// was not read yet.
type place struct {
	Page   int   `json:"page,omitempty"`
	Began  int64 `json:"began,omitempty"`
	Before int64 `json:"before,omitempty"`
	Since  int64 `json:"since,omitempty"`
}

// settles is how far the clocks of both sides may be apart.
const settles = time.Minute

// Changes goes over all leads, the newest first, and gives those that changed:
// Brokerkit cannot be asked for them.
func (s *system) Changes(ctx context.Context, kind remote.Kind, since string) (*remote.Page, error) {
	if kind != remote.Contact {
		return s.Unable.Changes(ctx, kind, since)
	}
	p := place{}
	if since != "" {
		if err := json.Unmarshal([]byte(since), &p); err != nil {
			return nil, &remote.Error{Cause: remote.Refused, Text: "the place to go on from is damaged"}
		}
	}
	const size = 100
	if p.Page < 1 {
		p.Page, p.Began = 1, time.Now().Add(-settles).UnixMilli()
	}
	var found []object
	query := url.Values{"page": {strconv.Itoa(p.Page)}, "per_page": {strconv.Itoa(size)}}
	header, err := s.client.Ask(ctx, remote.Request{Method: http.MethodGet, Path: "v2/leads", Query: query, Repeat: true}, &found)
	if err != nil {
		return nil, err
	}
	list, err := records(found)
	if err != nil {
		return nil, err
	}
	page := &remote.Page{More: len(found) >= size, Records: slices.DeleteFunc(list, func(r remote.Record) bool {
		return !r.UpdatedAt.IsZero() && r.UpdatedAt.UnixMilli() < p.Since
	})}
	page.Total, _ = strconv.ParseInt(header.Get("X-Total-Count"), 10, 64) // 0 where it is not said
	if p.Page++; !page.More {
		p = place{Before: p.Began, Since: p.Before}
	}
	next, err := json.Marshal(p)
	page.Next = string(next)
	return page, err
}
