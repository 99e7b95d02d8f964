package highlevel

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/remote"
)

// where gives the path of a kind's records, the word that one is wrapped in, and
// whether it is known there only with its contact.
func where(kind remote.Kind, contactID, id string) (at, word string) {
	switch kind {
	case remote.Contact:
		return path("contacts", id), "contact"
	case remote.Task:
		return path("contacts", contactID, "tasks", id), "task"
	case remote.Note:
		return path("contacts", contactID, "notes", id), "note"
	case remote.Appointment:
		return path("calendars", "events", "appointments", id), "event"
	case remote.Opportunity:
		return path("opportunities", id), "opportunity"
	}
	return "", ""
}

// usable refuses kinds that are not offered, and ids that would lead elsewhere.
func usable(kind remote.Kind, ids ...string) error {
	if fieldsOf(kind) == nil {
		return unknown(kind)
	}
	for _, id := range ids {
		if id == "" || id == "." || id == ".." {
			return &remote.Error{Cause: remote.Missing, Text: "there is no record without an id"}
		}
	}
	return nil
}

// idsOf gives the ids that a record is found by.
func idsOf(kind remote.Kind, contactID, id string) []string {
	if kind == remote.Task || kind == remote.Note {
		return []string{contactID, id}
	}
	return []string{id}
}

// opened takes an object out of the word that it is wrapped in; appointments come
// without one where they were made or changed.
func opened(answer object, word string) (object, error) {
	if o, ok := answer[word].(object); ok {
		return o, nil
	}
	if _, flat := answer["id"].(string); flat && word == "event" {
		return answer, nil
	}
	return nil, &remote.Error{Cause: remote.Broken, Text: "its answer has no " + word}
}

// Fetch gives a record, nil if it is not there.
func (h *system) Fetch(ctx context.Context, kind remote.Kind, contactID, id string) (*remote.Record, error) {
	if err := usable(kind, idsOf(kind, contactID, id)...); err != nil {
		return nil, absent(err)
	}
	at, word := where(kind, contactID, id)
	var answer object
	if err := h.get(ctx, at, nil, &answer); err != nil {
		return nil, absent(err)
	}
	o, err := opened(answer, word)
	if err != nil {
		return nil, err
	}
	r, err := h.record(ctx, kind, o, true)
	if err != nil || r.Deleted {
		return nil, err
	}
	if r.ID != id && kind != remote.Contact { // a contact that was merged into another one answers as that one
		return nil, &remote.Error{Cause: remote.Broken, Text: "it answered with another " + string(kind)}
	}
	if r.ContactID == "" && kind != remote.Contact {
		r.ContactID = contactID
	}
	return &r, nil
}

// Create makes a record. The key is one of Foyer's; HighLevel does not heed it, so
// that what was sent once is not sent again by itself.
func (h *system) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if err := usable(kind); err != nil {
		return nil, err
	}
	body, err := h.body(ctx, kind, r, true)
	if err != nil {
		return nil, err
	}
	if err := h.complete(ctx, kind, r, body); err != nil {
		return nil, err
	}
	at, word := where(kind, r.ContactID, "")
	switch kind { // as its documents have them: some end with a slash
	case remote.Appointment:
		at = "calendars/events/appointments"
	case remote.Task, remote.Note:
		at = strings.TrimSuffix(at, "/")
	}
	var answer object
	if _, err := h.call(ctx, remote.Request{Method: http.MethodPost, Path: at, Body: body, Key: key}, &answer); err != nil {
		return nil, err
	}
	return h.written(ctx, kind, r, answer, word, true)
}

// complete adds what HighLevel wants of a new record, whatever it says.
func (h *system) complete(ctx context.Context, kind remote.Kind, r remote.Record, body object) error {
	place, err := h.location(ctx)
	if err != nil {
		return err
	}
	unless := func(name string, v any) {
		if body[name] == nil {
			body[name] = v
		}
	}
	switch kind {
	case remote.Contact:
		body["locationId"] = place
		return nil
	case remote.Task:
		unless("completed", false)
	case remote.Appointment:
		// It was agreed on the other side: neither slots nor automations of this one
		// have a say in it.
		body["locationId"], body["contactId"] = place, r.ContactID
		body["ignoreDateRange"], body["ignoreFreeSlotValidation"], body["toNotify"] = true, true, false
	case remote.Opportunity:
		body["locationId"], body["contactId"] = place, r.ContactID
		unless("status", "open")
	}
	return usable(kind, r.ContactID)
}

// Update changes the fields of a record that are said.
func (h *system) Update(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if err := usable(kind, idsOf(kind, r.ContactID, r.ID)...); err != nil {
		return nil, err
	}
	body, err := h.body(ctx, kind, r, false)
	if err != nil {
		return nil, err
	}
	if kind == remote.Appointment {
		body["ignoreDateRange"], body["ignoreFreeSlotValidation"], body["toNotify"] = true, true, false
	}
	if tags := body["tags"]; kind == remote.Contact && tags != nil && len(body) == 1 && r.Was != nil {
		return h.retag(ctx, r, tags)
	}
	at, word := where(kind, r.ContactID, r.ID)
	var answer object
	if err := h.put(ctx, at, body, key, &answer); err != nil {
		return nil, err
	}
	return h.written(ctx, kind, r, answer, word, false)
}

// written reads the answer to a write. What it does not show is as it was sent;
// HighLevel's answers are of several shapes, and none shows everything.
func (h *system) written(ctx context.Context, kind remote.Kind, sent remote.Record, answer object, word string, isNew bool) (*remote.Record, error) {
	o, err := opened(answer, word)
	if err != nil {
		return nil, err
	}
	r, err := h.record(ctx, kind, o, false)
	if err != nil {
		return nil, err
	}
	for _, f := range fieldsOf(kind) {
		v, said := sent.Fields[f.name]
		if _, shown := r.Fields[f.name]; shown || f.use == read || !isNew && h.drops.has(f.name) {
			continue
		}
		if said || isNew && f.shown && f.use != virtual {
			r.Fields[f.name] = shaped(f.name, v)
		}
	}
	for name, v := range sent.Fields {
		if _, own := isCustom(name); own {
			if _, shown := r.Fields[name]; !shown {
				r.Fields[name] = v
			}
		}
	}
	if r.ContactID == "" && kind != remote.Contact {
		r.ContactID = sent.ContactID
	}
	return &r, nil
}

// Delete removes a record.
func (h *system) Delete(ctx context.Context, kind remote.Kind, contactID, id string) error {
	if err := usable(kind, idsOf(kind, contactID, id)...); err != nil {
		return absent(err)
	}
	at, _ := where(kind, contactID, id)
	r := remote.Request{Method: http.MethodDelete, Path: at}
	if kind == remote.Appointment {
		r.Path, r.Body = path("calendars", "events", id), object{}
	}
	_, err := h.call(ctx, r, nil)
	return absent(err)
}

// Find gives the contacts with an e-mail address or phone: each is asked for by
// itself, since the two may be those of two contacts.
func (h *system) Find(ctx context.Context, email, phone string) ([]remote.Record, error) {
	place, err := h.location(ctx)
	if err != nil {
		return nil, err
	}
	var list []remote.Record
	for name, value := range map[string]string{"email": email, "number": phone} {
		if value == "" {
			continue
		}
		var answer struct {
			Contact object `json:"contact"`
		}
		err := h.get(ctx, "contacts/search/duplicate", url.Values{"locationId": {place}, name: {value}}, &answer)
		if remote.Is(err, remote.Missing) || err == nil && answer.Contact == nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		r, err := h.record(ctx, remote.Contact, answer.Contact, true)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(list, func(have remote.Record) bool { return have.ID == r.ID }) {
			list = append(list, r)
		}
	}
	return list, nil
}

// Of gives all records of a kind that belong to a contact.
func (h *system) Of(ctx context.Context, kind remote.Kind, contactID string) ([]remote.Record, error) {
	if err := usable(kind, contactID); err != nil {
		return nil, absent(err)
	}
	at, query, word := "", url.Values(nil), ""
	switch kind {
	case remote.Task:
		at, word = path("contacts", contactID, "tasks"), "tasks"
	case remote.Note:
		at, word = path("contacts", contactID, "notes"), "notes"
	case remote.Appointment:
		at, word = path("contacts", contactID, "appointments"), "events"
	case remote.Opportunity:
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		at, word, query = "opportunities/search", "opportunities", url.Values{"location_id": {place}, "contact_id": {contactID}, "limit": {"100"}}
	default:
		return nil, unknown(kind)
	}
	var answer object
	if err := h.get(ctx, at, query, &answer); err != nil {
		return nil, absent(err)
	}
	return h.records(ctx, kind, answer[word], contactID)
}

// records reads a list of HighLevel's.
func (h *system) records(ctx context.Context, kind remote.Kind, v any, contactID string) ([]remote.Record, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, &remote.Error{Cause: remote.Broken, Text: "its answer has no list of records"}
	}
	all := make([]remote.Record, 0, len(list))
	for _, one := range list {
		o, _ := one.(object)
		r, err := h.record(ctx, kind, o, true)
		if err != nil {
			return nil, err
		}
		if r.ContactID == "" && kind != remote.Contact {
			r.ContactID = contactID
		}
		all = append(all, r)
	}
	return all, nil
}

// existing gives the id of the record that stands in the way of a new one.
func existing(body []byte) string {
	var a struct {
		Meta struct {
			ContactID  string `json:"contactId"`
			ExistingID string `json:"existingId"`
		} `json:"meta"`
	}
	if json.Unmarshal(body, &a) != nil {
		return ""
	}
	return a.Meta.ContactID + a.Meta.ExistingID
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
