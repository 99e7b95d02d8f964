// Package radius is the client of Radius' Client Import v3: contacts go there, with
// a property that they own or what they look for. Nothing is read.
package radius

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorURL is Radius' own address.
const vendorURL = "https://api1.agentdesks.com"

type system struct {
	remote.Unable
	client *remote.Client
}

// New makes the client of an account. Settings want Token, a secure-id.
func New(s remote.Settings) (remote.System, error) {
	key := strings.TrimSpace(s.Token)
	if key == "" {
		return nil, errors.New("the secure-id of Radius is missing")
	}
	client, err := remote.NewClient(s, remote.Vendor{BaseURL: vendorURL, Judge: judge, Authorize: func(_ context.Context, h http.Header) error {
		h.Set("Secure-Id", key)
		return nil
	}})
	return &system{remote.Unable{Name: "Radius"}, client}, err
}

// Can says what is offered: contacts, whose import changes who is there already.
func (s *system) Can(kind remote.Kind) remote.Can {
	if kind != remote.Contact {
		return remote.Can{}
	}
	return remote.Can{Create: true, Update: true, Upsert: true, Whole: true}
}

// The parts of an import, and their members (intake.md §3.2). What stands in
// neither list of members is a custom field of the client.
const (
	owned  = "prop."
	wanted = "req."
)

func members() (client, prop, req []string) {
	return []string{
			"name", "emails", "phones", "type", "status", "address", "city", "zipcode", "state", "location", "tags", "source", "gender", "date_of_birth",
			"spouse_date_of_birth", "home_anniversary", "company_name", "attorney_name", "website", "commission", "priority_status", "note",
		}, []string{
			"address", "property_name", "prop_city", "prop_state", "prop_zipcode", "no_of_bed_room", "no_of_bath_room", "property_age", "covered_area", "area_coverage",
			"resale_price", "property_type", "country",
		}, []string{"city", "state", "min_budget", "max_budget", "bedroom", "bathroom", "area_unit", "zipcode", "c_locality_name", "country"}
}

// Fields gives the fields of a contact. Others are taken too: they become custom
// fields over there.
func (s *system) Fields(_ context.Context, kind remote.Kind) (list []remote.Field, err error) {
	if kind != remote.Contact {
		return nil, &remote.Error{Cause: remote.Refused, Text: "Radius takes contacts alone"}
	}
	client, prop, req := members()
	for prefix, names := range map[string][]string{"": client, owned: prop, wanted: req} {
		for _, name := range names {
			list = append(list, remote.Field{Name: prefix + name})
		}
	}
	slices.SortFunc(list, func(a, b remote.Field) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Check asks whether the secure-id is good: with an import of nothing, which is
// refused as empty if it is.
func (s *system) Check(ctx context.Context) (string, error) {
	err := s.client.Do(ctx, remote.Request{Method: http.MethodPost, Path: "v3.0/clients/import", Body: []byte("{}"), Repeat: true}, nil)
	if err == nil || remote.Is(err, remote.Refused) {
		return "an account of Radius", nil
	}
	return "", err
}

// Create imports a contact: who has one of its e-mail addresses or phone numbers
// is changed.
func (s *system) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if kind != remote.Contact {
		return s.Unable.Create(ctx, kind, r, key)
	}
	body, err := write(r.Fields)
	if err != nil {
		return nil, err
	}
	_, noted := body["client"].(map[string]any)["note"]
	var answer struct {
		Response struct {
			Client struct {
				ID json.Number `json:"id"`
			} `json:"client"`
		} `json:"response"`
	}
	// A note is added each time; all else is the same however often it is imported.
	err = s.client.Do(ctx, remote.Request{Method: http.MethodPost, Path: "v3.0/clients/import", Body: body, Key: key, Repeat: !noted}, &answer)
	if err != nil {
		return nil, err
	}
	made := &remote.Record{ID: answer.Response.Client.ID.String(), Fields: r.Fields}
	if made.ID == "" { // what a success says is documented nowhere
		made.ID = strings.ToLower(remote.Texts(r.Fields["emails"])[0])
	}
	return made, nil
}

// Update imports the contact again: Radius knows it by its e-mail addresses and
// phone numbers, which must be among the fields.
func (s *system) Update(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	now, err := s.Create(ctx, kind, r, key)
	if err != nil {
		return nil, err
	}
	if r.ID != "" && now.ID != r.ID {
		return nil, &remote.Error{Cause: remote.Duplicate, ID: now.ID, Text: "its e-mail addresses and phone numbers are those of another client"}
	}
	return now, nil
}

// write makes an import of fields.
func write(fields map[string]any) (map[string]any, error) {
	client, prop, req := map[string]any{}, map[string]any{}, map[string]any{}
	for name, v := range fields {
		to := client
		if rest, ok := strings.CutPrefix(name, owned); ok {
			to, name = prop, rest
		} else if rest, ok := strings.CutPrefix(name, wanted); ok {
			to, name = req, rest
		}
		if text := remote.Text(v); strings.TrimSpace(text) != "" {
			to[name] = v
		}
	}
	if _, ok := client["tags"]; ok {
		client["tags"] = remote.Texts(client["tags"])
	}
	// Radius knows four types of clients, and refuses who has another, such as a lead.
	switch kind := strings.ToLower(strings.TrimSpace(remote.Text(client["type"]))); kind {
	case "seller", "buyer", "tenant", "landlord":
		client["type"] = kind
	default:
		delete(client, "type")
	}
	client["emails"] = strings.Join(remote.Texts(client["emails"]), ",")
	var phones []string
	for _, text := range remote.Texts(client["phones"]) {
		if ten := tenDigits(text); ten != "" {
			phones = append(phones, ten)
		}
	}
	client["phones"] = strings.Join(phones, ",")
	for name, what := range map[string]string{"name": "name", "emails": "e-mail address", "phones": "US phone number"} {
		if remote.Text(client[name]) == "" {
			return nil, &remote.Error{Cause: remote.Refused, Text: "Radius takes nobody without a " + what}
		}
	}
	body := map[string]any{"client": client}
	if len(prop) > 0 {
		body["prop"] = prop
	}
	if len(req) > 0 {
		body["req"] = req
	}
	return body, nil
}

// tenDigits writes a number as Radius wants it, "" for one of another country.
func tenDigits(text string) string {
	p := norm.ParsePhone(text, "US")
	ten, ok := strings.CutPrefix(p.E164, "+1")
	if !ok || len(ten) != 10 {
		return ""
	}
	return ten
}

// judge reads the error of a body, whatever its status: clients of Radius go by it
// alone (intake.md §3.3).
func judge(status int, body []byte, e *remote.Error) *remote.Error {
	var a struct {
		Error *struct {
			Message string      `json:"message"`
			Code    json.Number `json:"code"`
		} `json:"error"`
	}
	if e != nil || remote.Decode(body, &a) != nil || a.Error == nil {
		return e
	}
	e = &remote.Error{Cause: remote.Refused, Status: status, Text: a.Error.Message}
	if a.Error.Code == "401" {
		e.Cause = remote.Unauthorized
	}
	return e
}
