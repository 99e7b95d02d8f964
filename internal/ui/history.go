package ui

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// historyDay are the entries of a contact's history of one day.
type historyDay struct {
	Day     string
	Entries []historyEntry
}

// historyEntry is one line of a contact's history, in words.
type historyEntry struct {
	crm.Entry
	Icon    string
	Head    string
	Who     string
	Lines   []changeLine
	Estate  *estate
	Request *wire.LogEntry // the raw request that it came with
	Undo    string         // what takes it back
}

// changeLine is one field that changed.
type changeLine struct{ Name, From, To string }

// loadHistory reads the history, and the raw requests that it came with.
func (d *contactData) loadHistory(ctx context.Context, tx *db.Tx, v *visit, length int) error {
	list, err := crm.Timeline(ctx, tx, v.at(), d.C.ID, length+1)
	if err != nil {
		return err
	}
	if len(list) > length {
		list, d.More = list[:length], length
	}
	requests, err := requestsOf(ctx, tx, v.at(), d.C.ID, list)
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		if e.Type == "message.status" || e.Type == "conversation.created" {
			continue // the message says it
		}
		line := historyEntry{Entry: *e, Who: d.actor(e)}
		line.Icon, line.Head = headOf(e)
		if p, ok := e.Property.(map[string]any); ok {
			line.Estate = &estate{Data: p}
		}
		for _, ch := range e.Changes {
			to := changeLine{d.fieldName(ch.Field), d.valueOf(ch.Field, ch.From), d.valueOf(ch.Field, ch.To)}
			if !slices.Contains(untold(), ch.Field) && to.From != to.To {
				line.Lines = append(line.Lines, to)
			}
		}
		line.Request = nearest(requests, e)
		day := d.Day(e.At)
		if n := len(d.History); n == 0 || d.History[n-1].Day != day {
			d.History = append(d.History, historyDay{Day: day})
		}
		last := &d.History[len(d.History)-1]
		last.Entries = append(last.Entries, line)
	}
	return nil
}

// untold are the fields that say nothing to people: ids, and what follows from
// others.
func untold() []string {
	return []string{"homeAt", "officeAt", "sources", "createdBy", "contactId", "pipelineId", "pipelineStageId", "credentialId", "attributionSource"}
}

// Many reports whether there are more lines than are shown at once.
func (e historyEntry) Many() bool {
	const few = 4
	return len(e.Lines) > few
}

// doors are those whose requests are kept in the import log.
func doors() []string { return []string{"radius", "liondesk", "brokerkit", "highlevel"} }

// requestsOf gives the requests about a contact around the moments at which its
// history says that something came by a door. The log has no index by contact;
// moments it has.
func requestsOf(ctx context.Context, tx *db.Tx, locationID, contactID string, list []crm.Entry) (all []wire.LogEntry, err error) {
	const around, most = 2 * time.Second, 30
	var seen time.Time
	looked := 0
	for i := range list {
		e := &list[i]
		if looked == most || !slices.Contains(doors(), e.Origin) || !seen.IsZero() && seen.Sub(e.At) < around {
			continue
		}
		some, err := wire.Log(ctx, tx, locationID, wire.LogFilter{ContactID: contactID, Since: e.At.Add(-around), Until: e.At.Add(around), Limit: 10})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		seen = e.At
		looked++
	}
	return all, nil
}

// nearest gives the request of the entry's door that was nearest to it.
func nearest(all []wire.LogEntry, e *crm.Entry) (best *wire.LogEntry) {
	for i := range all {
		r := &all[i]
		if r.Door != e.Origin || r.At().Sub(e.At).Abs() > 2*time.Second {
			continue
		}
		if best == nil || r.At().Sub(e.At).Abs() < best.At().Sub(e.At).Abs() {
			best = r
		}
	}
	return best
}

// actor says who did something.
func (d *contactData) actor(e *crm.Entry) string {
	if name := d.UserName(e.UserID); name != "" && (e.Origin == "ui" || e.Origin == "") {
		return name
	}
	return doorName(e.Origin)
}

// headOf gives the icon of an entry and says what happened.
func headOf(e *crm.Entry) (icon, head string) {
	kind := strings.ToLower(strings.ReplaceAll(e.Kind, "_", " "))
	switch e.Type {
	case "contact.created":
		return "user-plus", "Added"
	case "contact.updated":
		return "pencil", "Changed"
	case "contact.merged":
		return "git-merge", "Merged with " + e.Text
	case "contact.unmerged":
		return "undo-2", "Merge undone"
	case "contact.unsubscribed":
		return "ban", "Unsubscribed"
	case "contact.subscribed":
		return "check", "Subscribed again"
	case "note.created":
		if e.Kind != "" && e.Kind != "note" {
			return "sticky-note", "Note (" + kind + ")"
		}
		return "sticky-note", "Note"
	case "task.created":
		return "list-checks", "Task"
	case "task.completed":
		return "circle-check", "Task done"
	case "activity.created":
		return "activity", sentenceCase(kind)
	case "message.outbound":
		return "send", channel(e.Kind) + " sent"
	case "message.inbound":
		return "message-square", channel(e.Kind) + " received"
	case "message.bounced":
		return "triangle-alert", "Mail came back"
	case "duplicate.found":
		return "copy", "May be a duplicate"
	case "duplicate.dismissed":
		return "check", "Not a duplicate"
	case "property.created", "property.updated", "property.deleted":
		return "house", sentenceCase(strings.ReplaceAll(e.Type, ".", " "))
	case "requirement.created", "requirement.updated", "requirement.deleted":
		return "search", sentenceCase(strings.ReplaceAll(e.Type, ".", " "))
	}
	thing, _, _ := strings.Cut(e.Type, ".")
	icons := map[string]string{"note": "sticky-note", "task": "list-checks", "message": "message-square", "opportunity": "briefcase", "appointment": "calendar", "workflow": "workflow", "campaign": "workflow"}
	if icon = icons[thing]; icon == "" {
		icon = "circle"
	}
	return icon, sentenceCase(strings.NewReplacer(".", " ", "_", " ").Replace(e.Type))
}

// channel is the way that a message went.
func channel(kind string) string {
	switch {
	case strings.Contains(kind, "EMAIL"):
		return "E-mail"
	case strings.Contains(kind, "SMS"):
		return "Text message"
	case strings.Contains(kind, "CALL"):
		return "Call"
	}
	return "Message"
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	r := []rune(s)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// spaced writes a canonical name as words: postalCode is "Postal code".
func spaced(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return sentenceCase(strings.ReplaceAll(b.String(), "_", " "))
}

// fieldName is a field as people call it.
func (d *contactData) fieldName(field string) string {
	if id, ok := strings.CutPrefix(field, "customFields."); ok {
		for _, f := range d.Fields {
			if f.ID == id {
				return f.Name
			}
		}
	}
	switch field {
	case "stage":
		return "Status"
	case "assignedTo":
		return "Owner"
	case "emails":
		return "E-mails"
	case "dnd":
		return "Do not disturb"
	}
	return spaced(strings.TrimPrefix(field, "details."))
}

// valueOf shows a value of a field in a history.
func (d *contactData) valueOf(field string, v any) string {
	if field == "assignedTo" {
		if name := d.UserName(valueText(v)); name != "" {
			return name
		}
	}
	list, ok := v.([]any)
	if !ok {
		return valueText(v)
	}
	var parts []string
	for _, x := range list {
		m, ok := x.(map[string]any)
		switch {
		case !ok:
			parts = append(parts, valueText(x))
		case m["email"] != nil:
			parts = append(parts, valueText(m["email"]))
		case m["raw"] != nil:
			parts = append(parts, valueText(m["raw"]))
		default:
			parts = append(parts, valueText(x))
		}
	}
	return strings.Join(parts, ", ")
}
