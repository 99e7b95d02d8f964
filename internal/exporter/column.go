package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// column is one column of an export: its canonical name, and the text of its
// cell. An empty text is an empty cell.
type column struct {
	name string
	cell func(w *crm.Whole, r *record) (string, error)
}

// columns gives the columns of a location's export in their order.
func columns(fields []crm.CustomField) []column {
	all := []column{
		text("firstName", func(c *crm.Contact) string { return c.FirstName }),
		text("lastName", func(c *crm.Contact) string { return c.LastName }),
		text("name", func(c *crm.Contact) string { return c.Name }),
		text("email", func(c *crm.Contact) string { return c.Email }),
		text("phone", func(c *crm.Contact) string { return c.Phone }),
		text("type", func(c *crm.Contact) string { return c.Type }),
		text("stage", func(c *crm.Contact) string { return c.Stage }),
		text("product", func(c *crm.Contact) string { return c.Product }),
		text("companyName", func(c *crm.Contact) string { return c.CompanyName }),
		text("address1", func(c *crm.Contact) string { return c.Address.Line1 }),
		text("city", func(c *crm.Contact) string { return c.Address.City }),
		text("state", func(c *crm.Contact) string { return c.Address.State }),
		text("postalCode", func(c *crm.Contact) string { return c.Address.PostalCode }),
		text("country", func(c *crm.Contact) string { return c.Address.Country }),
		text("website", func(c *crm.Contact) string { return c.Website }),
		text("timezone", func(c *crm.Contact) string { return c.Timezone }),
		text("source", func(c *crm.Contact) string { return c.Source }),
		text("assignedTo", func(c *crm.Contact) string { return c.AssignedTo }),
		text("businessId", func(c *crm.Contact) string { return c.BusinessID }),
		text("dateOfBirth", func(c *crm.Contact) string { return c.DateOfBirth }),
		text("dnd", func(c *crm.Contact) string { return yes(c.DND) }),
		{"tags", func(w *crm.Whole, _ *record) (string, error) { return tagCell(w.Contact.Tags) }},
		text("gender", func(c *crm.Contact) string { return c.Details.Gender }),
		text("language", func(c *crm.Contact) string { return c.Details.Language }),
		text("spouseDateOfBirth", func(c *crm.Contact) string { return c.Details.SpouseDateOfBirth }),
		text("homeAnniversary", func(c *crm.Contact) string { return c.Details.HomeAnniversary }),
		text("attorneyName", func(c *crm.Contact) string { return c.Details.AttorneyName }),
		text("commission", func(c *crm.Contact) string { return c.Details.Commission }),
		text("priority", func(c *crm.Contact) string { return c.Details.Priority }),
		text("locationText", func(c *crm.Contact) string { return c.Details.LocationText }),
		text("referrer", func(c *crm.Contact) string { return c.Details.Referrer }),
		text("referrerNote", func(c *crm.Contact) string { return c.Details.ReferrerNote }),
		text("agentId", func(c *crm.Contact) string { return c.Details.AgentID }),
		text("recruitingStage", func(c *crm.Contact) string { return c.Details.RecruitingStage }),
		text("bucket", func(c *crm.Contact) string { return c.Details.Bucket }),
		text("productionLabel", func(c *crm.Contact) string { return c.Details.ProductionLabel }),
		text("productionLtm", func(c *crm.Contact) string { return whole(c.Details.ProductionLTM) }),
		text("rating", func(c *crm.Contact) string { return whole(c.Details.Rating) }),
		text("activeListings", func(c *crm.Contact) string { return c.Details.ActiveListings }),
		text("assessmentTaken", func(c *crm.Contact) string { return choice(c.Details.AssessmentTaken) }),
		text("referredAt", func(c *crm.Contact) string { return c.Details.ReferredAt }),
		text("createdAt", func(c *crm.Contact) string { return moment(c.CreatedAt) }),
		text("updatedAt", func(c *crm.Contact) string { return moment(c.UpdatedAt) }),
		text("lastActivityAt", func(c *crm.Contact) string { return moment(c.LastActivityAt) }),
		text("id", func(c *crm.Contact) string { return c.ID }),
		text("number", func(c *crm.Contact) string { return strconv.FormatInt(c.Number, 10) }),
		text("version", func(c *crm.Contact) string { return strconv.FormatInt(c.Version, 10) }),
	}
	all = append(all, customColumns(fields)...)
	return append(all,
		object("emails", func(w *crm.Whole, _ *record) any { return emailsCell(&w.Contact) }),
		object("phones", func(w *crm.Whole, _ *record) any { return phonesCell(&w.Contact) }),
		object("followers", func(w *crm.Whole, _ *record) any { return list(w.Contact.Followers) }),
		object("otherAgentIds", func(w *crm.Whole, _ *record) any { return list(w.Contact.Details.OtherAgentIDs) }),
		object("sources", func(w *crm.Whole, _ *record) any { return list(w.Contact.Details.Sources) }),
		object("office", func(w *crm.Whole, _ *record) any { return present(w.Contact.Details.Office) }),
		object("homeAt", func(w *crm.Whole, _ *record) any { return present(w.Contact.Details.HomeAt) }),
		object("officeAt", func(w *crm.Whole, _ *record) any { return present(w.Contact.Details.OfficeAt) }),
		object("dndSettings", func(w *crm.Whole, _ *record) any { return members(w.Contact.Details.DNDSettings) }),
		object("inboundDndSettings", func(w *crm.Whole, _ *record) any { return members(w.Contact.Details.InboundDND) }),
		object("attributionSource", func(w *crm.Whole, _ *record) any { return members(w.Contact.Details.Attribution) }),
		object("createdBy", func(w *crm.Whole, _ *record) any { return present(w.Contact.Details.CreatedBy) }),
		object("properties", func(_ *crm.Whole, r *record) any { return list(r.Properties) }),
		object("requirements", func(_ *crm.Whole, r *record) any { return list(r.Requirements) }),
		object("links", func(_ *crm.Whole, r *record) any { return list(r.Links) }),
		object("notes", func(_ *crm.Whole, r *record) any { return list(r.Notes) }),
		object("tasks", func(_ *crm.Whole, r *record) any { return list(r.Tasks) }),
		object("activities", func(_ *crm.Whole, r *record) any { return list(r.Activities) }),
		object("history", func(_ *crm.Whole, r *record) any { return list(r.History) }),
		object("aliases", func(_ *crm.Whole, r *record) any { return list(r.Aliases) }),
		object("behind", func(_ *crm.Whole, r *record) any { return list(r.Behind) }),
	)
}

func text(name string, of func(*crm.Contact) string) column {
	return column{name, func(w *crm.Whole, _ *record) (string, error) { return of(&w.Contact), nil }}
}

// object is a column of JSON; nil is an empty cell.
func object(name string, of func(*crm.Whole, *record) any) column {
	return column{name, func(w *crm.Whole, r *record) (string, error) {
		v := of(w, r)
		if v == nil {
			return "", nil
		}
		return jsonCell(v)
	}}
}

// customColumns are the columns custom:NAME, and customFields for the values
// that are no text.
func customColumns(fields []crm.CustomField) []column {
	var all []column
	names := namesOf(fields)
	for _, f := range fields {
		all = append(all, column{"custom:" + names[f.ID], func(w *crm.Whole, _ *record) (string, error) { return customCell(w.Contact.CustomFields[f.ID]) }})
	}
	return append(all, object("customFields", func(w *crm.Whole, _ *record) any {
		return members(customValues(w.Contact.CustomFields, names, false))
	}))
}

// namesOf gives the names of custom fields by their ids. Of two fields with one
// name the second is called by its key.
func namesOf(fields []crm.CustomField) map[string]string {
	names, used := make(map[string]string, len(fields)), map[string]bool{}
	for _, f := range fields {
		name := f.Name
		if name == "" || used[name] {
			name = f.Key
		}
		used[name], names[f.ID] = true, name
	}
	return names
}

// customValues gives the custom fields of a contact by name: all, or those whose
// value is no text or whose field has no column.
func customValues(values map[string]any, names map[string]string, all bool) map[string]any {
	out := map[string]any{}
	for id, v := range values {
		name, known := names[id]
		if !known {
			name = id
		}
		if _, isText := v.(string); all || !isText || !known {
			out[name] = v
		}
	}
	return out
}

func customCell(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	return jsonCell(v)
}

// jsonCell gives JSON in which nothing looks like the beginning of a formula,
// wherever a program splits the line.
func jsonCell(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("writing JSON: %w", err)
	}
	return harmless(strings.TrimSuffix(b.String(), "\n")), nil
}

// harmless writes the characters that norm.Defuse would mark as \u escapes.
// Outside of strings only a minus can stand there, which gets a blank. DEL is the
// one control character that JSON does not write so by itself.
func harmless(text string) string {
	var b strings.Builder
	done := 0 // bytes of text that are in b
	inside, escaped := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == 0x7F || i > 0 && norm.Risky(text, i) {
			r, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[done:i])
			if inside {
				fmt.Fprintf(&b, `\u%04x`, r)
				done = i + size
			} else {
				b.WriteByte(' ')
				done = i
			}
		}
		if c == '"' && !escaped {
			inside = !inside
		}
		escaped = inside && c == '\\' && !escaped
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// tagCell gives tags as text, or as JSON where text would not come apart again.
func tagCell(tags []string) (string, error) {
	plain := !slices.ContainsFunc(tags, func(t string) bool {
		return t == "" || strings.ContainsAny(t, ";,") || t[0] == '[' || strings.TrimSpace(t) != t
	})
	if plain {
		return strings.Join(tags, ";"), nil
	}
	return jsonCell(tags)
}

// emailsCell is nil where the column email says it all.
func emailsCell(c *crm.Contact) any {
	if len(c.Emails) == 0 || len(c.Emails) == 1 && c.Emails[0] == (crm.Email{Address: c.Email}) {
		return nil
	}
	return c.Emails
}

// phonesCell is nil where the column phone says it all.
func phonesCell(c *crm.Contact) any {
	if len(c.Phones) == 0 || len(c.Phones) == 1 && c.Phones[0].Raw == c.Phone && c.Phones[0] == crm.NewPhone(c.Phone, "") {
		return nil
	}
	return c.Phones
}

func list[T any](l []T) any {
	if len(l) == 0 {
		return nil
	}
	return l
}

func members[V any](m map[string]V) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func present[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func whole(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func choice(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
