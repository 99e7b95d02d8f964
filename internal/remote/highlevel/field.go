package highlevel

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// Custom begins the names of custom fields: behind it stands the name that people
// gave the field.
const Custom = "customFields."

// use says what may be done with a field.
type use uint8

const (
	both    use = iota
	read        // no request takes it
	blank       // both; a null is refused, an empty text clears it
	virtual     // a name in the place of an id; both
)

// field is one of HighLevel's.
type field struct {
	name string
	use  use
	// shown says that every answer has it, if there is something: where it is not, it
	// is empty.
	shown bool
}

// fieldsOf gives the fields of a kind (contract.md §8 to §10), without those of
// people's own.
func fieldsOf(kind remote.Kind) []field {
	switch kind {
	case remote.Contact:
		return []field{
			{"firstName", both, true}, {"lastName", both, true}, {"email", both, true}, {"phone", both, true}, {"address1", both, true}, {"city", both, true},
			{"state", both, true}, {"postalCode", blank, true}, {"country", blank, true}, {"companyName", both, true}, {"website", both, true}, {"timezone", both, true},
			{"source", blank, true}, {"assignedTo", blank, true}, {ownerEmail, virtual, true}, {"dateOfBirth", both, true}, {"tags", both, true}, {"dnd", both, true}, {"dndSettings", both, true},
			{"gender", blank, false}, {"type", read, true}, {"businessId", read, true}, {"additionalEmails", read, false}, {"additionalPhones", read, false}, {"dateAdded", read, true},
		}
	case remote.Task:
		return []field{{"title", both, true}, {"body", blank, true}, {"dueDate", both, true}, {"completed", both, true}, {"assignedTo", blank, true}, {ownerEmail, virtual, true}, {"dateAdded", read, false}}
	case remote.Note:
		return []field{{"body", both, true}, {"title", blank, false}, {"userId", blank, true}, {"color", blank, false}, {"pinned", both, false}, {"dateAdded", read, true}}
	case remote.Appointment:
		return []field{{"title", blank, true}, {"calendar", virtual, true}, {"calendarId", both, true}, {"startTime", both, true}, {"endTime", both, true}, {"appointmentStatus", both, true},
			{"assignedUserId", blank, true}, {ownerEmail, virtual, true}, {"address", blank, true}, {"description", blank, false}, {"notes", read, false}, {"rrule", read, false}, {"dateAdded", read, false}}
	case remote.Opportunity:
		return []field{{"name", both, true}, {"pipeline", virtual, true}, {"pipelineId", both, true}, {"stage", virtual, true}, {"pipelineStageId", both, true}, {"status", both, true},
			{"monetaryValue", both, true}, {"assignedTo", blank, true}, {ownerEmail, virtual, true}, {"source", read, false}, {"lostReasonId", read, false}, {"createdAt", read, false}}
	}
	return nil
}

// Fields gives the fields of a kind, those of people's own at the end.
func (h *system) Fields(ctx context.Context, kind remote.Kind) ([]remote.Field, error) {
	all := fieldsOf(kind)
	if all == nil {
		return nil, unknown(kind)
	}
	list := make([]remote.Field, 0, len(all))
	for _, f := range all {
		list = append(list, remote.Field{Name: f.name, ReadOnly: f.use == read, CreateOnly: kind == remote.Contact && h.drops.has(f.name)})
	}
	own, err := h.customFields(ctx, kind)
	if err != nil {
		return nil, err
	}
	for _, f := range own {
		list = append(list, remote.Field{Name: Custom + f.Name, Custom: true, ReadOnly: f.Type == "FILE_UPLOAD"})
	}
	return list, nil
}

// object is a JSON object of HighLevel's.
type object = map[string]any

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// momentOf reads a moment: a text of ISO 8601 with its zone, or milliseconds.
func momentOf(v any) time.Time {
	switch v := v.(type) {
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999Z0700"} {
			if t, err := time.Parse(layout, v); err == nil && t.Year() > 0 && t.Year() < 10000 {
				return t.UTC()
			}
		}
	case json.Number:
		if ms, err := v.Int64(); err == nil && ms > 0 && ms < 1<<47 {
			return time.UnixMilli(ms).UTC()
		}
	}
	return time.Time{}
}

// moments are the fields that are moments: of one moment there is one text.
var moments = map[string]bool{"dateAdded": true, "createdAt": true, "dueDate": true, "startTime": true, "endTime": true}

// record reads one of HighLevel's objects, with names in the place of ids. complete
// says that what is not shown in it is empty; otherwise nothing is known of it.
func (h *system) record(ctx context.Context, kind remote.Kind, o object, complete bool) (remote.Record, error) {
	r, err := plainRecord(kind, o)
	if err != nil {
		return r, err
	}
	for _, f := range fieldsOf(kind) {
		if _, there := r.Fields[f.name]; !there && complete && f.shown && f.use != virtual {
			r.Fields[f.name] = shaped(f.name, nil)
		}
	}
	return r, h.named(ctx, kind, o, r.Fields, complete)
}

// plainRecord reads what an object says by itself.
func plainRecord(kind remote.Kind, o object) (remote.Record, error) {
	id := text(o, "id")
	if id == "" {
		return remote.Record{}, &remote.Error{Cause: remote.Broken, Text: "a " + string(kind) + " without an id"}
	}
	r := remote.Record{ID: id, Fields: map[string]any{}, UpdatedAt: momentOf(o["dateUpdated"])}
	if kind != remote.Contact {
		r.ContactID = text(o, "contactId")
	}
	if r.UpdatedAt.IsZero() {
		r.UpdatedAt = momentOf(o["updatedAt"])
	}
	r.Deleted, _ = o["deleted"].(bool)
	for _, f := range fieldsOf(kind) {
		v, there := o[f.name]
		if !there && f.name == "address1" {
			v, there = o["address"] // as a search has it
		}
		if there && f.use != virtual {
			r.Fields[f.name] = shaped(f.name, v)
		}
	}
	return r, nil
}

// shaped gives a value in its one form.
func shaped(name string, v any) any {
	switch {
	case name == "tags":
		list, _ := v.([]any)
		return append([]any{}, list...)
	case name == "dnd" || name == "completed":
		b, _ := v.(bool)
		return b
	case v == "":
		return nil
	case moments[name]:
		if at := momentOf(v); !at.IsZero() {
			return at.Format("2006-01-02T15:04:05.000Z")
		}
	case name == "dateOfBirth":
		if s, ok := v.(string); ok && len(s) > len(time.DateOnly) && s[len(time.DateOnly)] == 'T' {
			return s[:len(time.DateOnly)]
		}
	}
	return v
}

// body writes what a record says for a request. isNew lets in what only a new one
// takes.
func (h *system) body(ctx context.Context, kind remote.Kind, r remote.Record, isNew bool) (object, error) {
	o := object{}
	for _, f := range fieldsOf(kind) {
		v, said := r.Fields[f.name]
		if !said || f.use == read || f.use == virtual || !isNew && kind == remote.Contact && h.drops.has(f.name) {
			continue
		}
		if v == nil {
			if isNew {
				continue
			}
			if f.use == blank {
				v = ""
			}
		}
		o[f.name] = v
	}
	if list, ok := r.Fields["tags"]; ok && list == nil {
		o["tags"] = []any{}
	}
	return o, h.identified(ctx, kind, r.Fields, o)
}

// isCustom gives the name that people gave a field.
func isCustom(name string) (string, bool) { return strings.CutPrefix(name, Custom) }
