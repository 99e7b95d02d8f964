package crm

import (
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// unite says what a contact becomes when another is merged into it: its own
// values win, empty ones are filled, lists are united, and of two opt-outs the
// stricter counts. take names text fields and custom fields whose value is the
// other's. It is pure: both contacts stay as they are.
func unite(keep, other *Contact, take []string, now time.Time) (Contact, error) {
	base, err := giveWay(keep, other, take)
	if err != nil {
		return Contact{}, err
	}
	in := Input{Contact: *other}
	in.Source, in.Details.CreatedBy = "", nil // how the kept contact came stays true
	if contradict(base.Address, other.Address) {
		in.Address = Address{} // a street of one and a town of the other is nobody's address
	}
	if base.Details.Office != nil && other.Details.Office != nil && contradict(*base.Details.Office, *other.Details.Office) {
		in.Details.Office = nil
	}
	next, _ := blend(&base, &in, FillEmpty, true, "", now)
	if next.Source == "" {
		next.Source = other.Source
	}
	next.Details.Sources = uniteSources(keep.Details.Sources, other.Details.Sources)
	next.Details.OtherAgentIDs = uniteAgents(&next, keep, other)
	if other.AssignedTo != next.AssignedTo {
		next.Followers = union(next.Followers, []string{other.AssignedTo}, itself) // who looked after them goes on seeing them
	}
	next.DND = keep.DND || other.DND
	next.Details.DNDSettings = stricter(keep.Details.DNDSettings, other.Details.DNDSettings)
	next.Details.InboundDND = stricter(keep.Details.InboundDND, other.Details.InboundDND)
	if other.LastActivityAt.After(next.LastActivityAt) {
		next.LastActivityAt = other.LastActivityAt
	}
	return next, nil
}

// giveWay empties the fields of a contact that are to be taken from another.
// Invalid for a name that is no text field and no custom field of that one.
func giveWay(keep, other *Contact, take []string) (Contact, error) {
	c := *keep
	var broken []errs.Field
	for _, name := range take {
		if id, ok := strings.CutPrefix(name, "customFields."); ok && other.CustomFields[id] != nil {
			c.CustomFields = cloneWithout(c.CustomFields, id)
			continue
		}
		i := slices.IndexFunc(textFields, func(f textField) bool { return f.name == name })
		if i < 0 {
			broken = append(broken, errs.Field{Name: name, Rule: "choice"})
		} else if *textFields[i].at(other) != "" {
			*textFields[i].at(&c) = ""
		}
	}
	if slices.Contains(take, "firstName") || slices.Contains(take, "lastName") {
		c.Name = "" // the full name as given was for the other parts
	}
	return c, errs.InvalidFields(broken...)
}

// contradict reports whether two addresses cannot be one.
func contradict(a, b Address) bool {
	differ := func(x, y string) bool { return x != "" && y != "" && norm.Fold(x) != norm.Fold(y) }
	return differ(a.Line1, b.Line1) || differ(a.City, b.City) || differ(a.State, b.State) || differ(a.PostalCode, b.PostalCode) || differ(a.Country, b.Country)
}

func uniteSources(a, b []Source) []Source {
	out := slices.Clip(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > len(a) {
		slices.SortStableFunc(out, func(x, y Source) int { return x.At.Compare(y.At) })
	}
	return out
}

// uniteAgents gives the agent ids that find the contact beside its own.
func uniteAgents(next, keep, other *Contact) []string {
	all := union(keep.Details.OtherAgentIDs, append([]string{keep.Details.AgentID, other.Details.AgentID}, other.Details.OtherAgentIDs...), itself)
	if !slices.Contains(all, next.Details.AgentID) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == next.Details.AgentID })
}

// stricter unites two sets of opt-outs: for each channel the one that forbids more.
func stricter(a, b map[string]DNDRule) map[string]DNDRule {
	if len(b) == 0 {
		return a
	}
	out := make(map[string]DNDRule, len(a)+len(b))
	for channel, rule := range b {
		out[channel] = rule
	}
	for channel, rule := range a {
		if rule.strictness() >= out[channel].strictness() {
			out[channel] = rule
		}
	}
	return out
}

// strictness orders rules by how much they forbid; 0 is no rule.
func (r DNDRule) strictness() int {
	switch r.Status {
	case "permanent":
		return 3
	case "active":
		return 2
	case "":
		return 0
	}
	return 1
}
