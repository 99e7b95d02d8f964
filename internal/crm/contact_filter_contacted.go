package crm

import (
	"slices"
	"time"
)

// contacted is the condition that somebody of the team, or what they automated,
// turned to a contact in some time: a message went out, or a person noted down
// something.
func (b *filterText) contacted(f *Filter) (string, error) {
	if f.Op != FieldWithin {
		return "", badFilter(f, "operator")
	}
	during := ""
	for _, bound := range f.Bounds {
		at, ok := bound.Value.(time.Time)
		if !ok || !slices.Contains(boundOps, bound.Op) {
			return "", badFilter(f, "format")
		}
		during += " AND x.created_at " + bound.Op + " " + b.mark(at.UnixMilli())
	}
	if during == "" {
		return "", badFilter(f, "format")
	}
	const of = " WHERE x.location_id = $1 AND x.contact_id = contacts.id AND "
	return "EXISTS (SELECT 1 FROM messages x /*sqlite INDEXED BY messages_contact*/" + of + "x.direction = 'outbound'" + during + ") OR EXISTS (SELECT 1 FROM notes x" + of + "x.user_id <> ''" + during + ")", nil
}
