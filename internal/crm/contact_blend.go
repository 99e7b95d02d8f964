package crm

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/geo"
	"github.com/foyer-crm/foyer/internal/norm"
)

// textField is one plain text field of a contact: its canonical name, and where
// it is.
type textField struct {
	name string
	at   func(*Contact) *string
}

// textFields lists the plain text fields once, for blending, clearing, history
// and checks alike.
var textFields = []textField{
	{"firstName", func(c *Contact) *string { return &c.FirstName }},
	{"lastName", func(c *Contact) *string { return &c.LastName }},
	{"name", func(c *Contact) *string { return &c.Name }},
	{"type", func(c *Contact) *string { return &c.Type }},
	{"stage", func(c *Contact) *string { return &c.Stage }},
	{"product", func(c *Contact) *string { return &c.Product }},
	{"companyName", func(c *Contact) *string { return &c.CompanyName }},
	{"address1", func(c *Contact) *string { return &c.Address.Line1 }},
	{"city", func(c *Contact) *string { return &c.Address.City }},
	{"state", func(c *Contact) *string { return &c.Address.State }},
	{"postalCode", func(c *Contact) *string { return &c.Address.PostalCode }},
	{"country", func(c *Contact) *string { return &c.Address.Country }},
	{"website", func(c *Contact) *string { return &c.Website }},
	{"timezone", func(c *Contact) *string { return &c.Timezone }},
	{"assignedTo", func(c *Contact) *string { return &c.AssignedTo }},
	{"businessId", func(c *Contact) *string { return &c.BusinessID }},
	{"dateOfBirth", func(c *Contact) *string { return &c.DateOfBirth }},
	{"gender", func(c *Contact) *string { return &c.Details.Gender }},
	{"language", func(c *Contact) *string { return &c.Details.Language }},
	{"spouseDateOfBirth", func(c *Contact) *string { return &c.Details.SpouseDateOfBirth }},
	{"homeAnniversary", func(c *Contact) *string { return &c.Details.HomeAnniversary }},
	{"attorneyName", func(c *Contact) *string { return &c.Details.AttorneyName }},
	{"commission", func(c *Contact) *string { return &c.Details.Commission }},
	{"priority", func(c *Contact) *string { return &c.Details.Priority }},
	{"locationText", func(c *Contact) *string { return &c.Details.LocationText }},
	{"referrer", func(c *Contact) *string { return &c.Details.Referrer }},
	{"referrerNote", func(c *Contact) *string { return &c.Details.ReferrerNote }},
	{"agentId", func(c *Contact) *string { return &c.Details.AgentID }},
	{"recruitingStage", func(c *Contact) *string { return &c.Details.RecruitingStage }},
	{"bucket", func(c *Contact) *string { return &c.Details.Bucket }},
	{"productionLabel", func(c *Contact) *string { return &c.Details.ProductionLabel }},
	{"activeListings", func(c *Contact) *string { return &c.Details.ActiveListings }},
	{"referredAt", func(c *Contact) *string { return &c.Details.ReferredAt }},
}

// Text gives the place of a plain text field by its canonical name, nil if there
// is none of that name.
func (c *Contact) Text(name string) *string {
	for _, f := range textFields {
		if f.name == name {
			return f.at(c)
		}
	}
	return nil
}

// blend says what a contact becomes when in is said about it, and what changed.
// It is pure: old is not touched. byID tells a change of a known contact from a
// match: only the first lets a source replace the first one.
func blend(old *Contact, in *Input, how OnMatch, byID bool, origin string, now time.Time) (Contact, []Change) {
	b := blender{next: *old, fill: how == FillEmpty}
	b.clear(in.Clear)
	if in.Name == "" && (in.FirstName != "" || in.LastName != "") && b.next.Name != "" {
		// the full name as given was for the old parts
		joined := b.next
		b.set(&joined.FirstName, in.FirstName)
		b.set(&joined.LastName, in.LastName)
		b.text("name", &b.next.Name, strings.TrimSpace(joined.FirstName+" "+joined.LastName))
	}
	for _, f := range textFields {
		b.text(f.name, f.at(&b.next), *f.at(&in.Contact))
	}
	b.source(in, byID, origin, now)
	b.emails(in)
	b.phones(in)
	b.lists(in)
	b.details(in)
	b.agents(old)
	locate(&b.next)
	return b.next, b.changes
}

// agents keeps an agent id that gave way to another one of the same person:
// whoever knows the contact by it goes on finding it.
func (b *blender) agents(old *Contact) {
	d := &b.next.Details
	if i := slices.Index(d.OtherAgentIDs, d.AgentID); i >= 0 && old.Details.AgentID != "" {
		d.OtherAgentIDs = slices.Clone(d.OtherAgentIDs)
		d.OtherAgentIDs[i] = old.Details.AgentID
	}
}

// locate puts the addresses on the map by their ZIP codes, whoever said them.
func locate(c *Contact) {
	c.Details.HomeAt, c.Details.OfficeAt = place(c.Address.PostalCode), nil
	if o := c.Details.Office; o != nil {
		c.Details.OfficeAt = place(o.PostalCode)
	}
}

// place is where a US ZIP code is, nil if it is none, or has no place.
func place(zip string) *Point {
	p, ok := geo.ZIP(zip)
	if !ok || p.Lat == 0 && p.Lng == 0 {
		return nil
	}
	return &Point{Lat: p.Lat, Lng: p.Lng}
}

// fillUp gives a contact the defaults for its text fields that are still empty.
func fillUp(c, defaults *Contact, changes []Change) []Change {
	for _, f := range textFields {
		if at, to := f.at(c), *f.at(defaults); *at == "" && to != "" {
			*at = to
			changes = append(changes, Change{Field: f.name, To: to})
		}
	}
	return changes
}

// blender collects the changes while it makes the next state.
type blender struct {
	next    Contact
	fill    bool
	changes []Change
}

func (b *blender) changed(field string, from, to any) {
	b.changes = append(b.changes, Change{Field: field, From: present(from), To: present(to)})
}

// present gives nil for what is nothing, so that a history line says so.
func present(v any) any {
	r := reflect.ValueOf(v)
	if !r.IsValid() || r.IsZero() || (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0 {
		return nil
	}
	return v
}

// set replaces at by said where the rules allow, and reports whether it did.
func (b *blender) set(at *string, said string) bool {
	if said == "" || said == *at || b.fill && *at != "" {
		return false
	}
	*at = said
	return true
}

func (b *blender) text(field string, at *string, said string) {
	if from := *at; b.set(at, said) {
		b.changes = append(b.changes, Change{Field: field, From: orNil(from), To: said})
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (b *blender) clear(fields []string) {
	for _, name := range fields {
		for _, f := range textFields {
			if at := f.at(&b.next); f.name == name && *at != "" {
				b.changed(name, *at, nil)
				*at = ""
			}
		}
		switch n := &b.next; name {
		case "email":
			if len(n.Emails) > 0 {
				b.changed("emails", n.Emails, n.Emails[1:])
				n.Emails = slices.Clone(n.Emails[1:])
				n.Email = first(n.Emails, Email.address)
			}
		case "phone":
			if len(n.Phones) > 0 {
				b.changed("phones", n.Phones, n.Phones[1:])
				n.Phones = slices.Clone(n.Phones[1:])
				n.Phone = first(n.Phones, Phone.String)
			}
		case "tags":
			if len(n.Tags) > 0 {
				b.changed("tags", n.Tags, nil)
				n.Tags = nil
			}
		case "source":
			if n.Source != "" {
				b.changed("source", n.Source, nil)
				n.Source = ""
			}
		default:
			if id, ok := strings.CutPrefix(name, "customFields."); ok && n.CustomFields[id] != nil {
				b.changed(name, n.CustomFields[id], nil)
				n.CustomFields = cloneWithout(n.CustomFields, id)
			}
		}
	}
}

func cloneWithout(m map[string]any, key string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func first[T any](list []T, text func(T) string) string {
	if len(list) == 0 {
		return ""
	}
	return text(list[0])
}

func (e Email) address() string { return e.Address }

// source keeps the first source for good and every later one beside it.
func (b *blender) source(in *Input, byID bool, origin string, now time.Time) {
	if in.Source == "" {
		return
	}
	d := &b.next.Details
	named := func(s Source) bool { return s.Origin == origin && norm.Fold(s.Name) == norm.Fold(in.Source) }
	last := -1
	for i, s := range d.Sources {
		if s.Origin == origin {
			last = i
		}
	}
	if last < 0 || !named(d.Sources[last]) { // the one a door named last is its last
		b.changed("sources", nil, in.Source)
		d.Sources = slices.DeleteFunc(slices.Clone(d.Sources), named)
		const most = 50 // a contact that a loop of integrations keeps sending must not grow for ever
		if len(d.Sources) < most {
			d.Sources = append(d.Sources, Source{Name: in.Source, Origin: origin, At: now})
		}
	}
	if b.next.Source == "" || byID {
		b.text("source", &b.next.Source, in.Source)
	}
}

func (b *blender) emails(in *Input) {
	before := b.next.Emails
	if in.Blend == BlendWhole && !slices.Equal(before, in.Emails) {
		b.changed("emails", before, in.Emails)
		b.next.Emails = in.Emails
		b.next.Email = first(in.Emails, Email.address)
	}
	if in.Blend == BlendWhole || len(in.Emails) == 0 {
		return
	}
	same := func(e Email) func(Email) bool {
		key, _ := norm.Email(e.Address)
		return func(o Email) bool { k, _ := norm.Email(o.Address); return k == key }
	}
	list := slices.Clone(before)
	for i, e := range in.Emails {
		at := slices.IndexFunc(list, same(e))
		switch {
		case i == 0 && in.Blend != BlendAdd && !b.fill:
			if at >= 0 {
				if e.Kind == "" {
					e.Kind = list[at].Kind
				}
				list = slices.Delete(list, at, at+1)
				if in.Blend == BlendReplace && at > 0 {
					list = list[1:]
				}
			} else if in.Blend == BlendReplace && len(list) > 0 {
				list = list[1:]
			}
			list = slices.Insert(list, 0, e)
		case at < 0:
			list = append(list, e)
		}
	}
	if !slices.Equal(before, list) {
		b.changed("emails", before, list)
		b.next.Emails = list
		b.next.Email = first(list, Email.address)
	}
}

func (b *blender) phones(in *Input) {
	before := b.next.Phones
	if in.Blend == BlendWhole && !slices.Equal(before, in.Phones) {
		b.changed("phones", before, in.Phones)
		b.next.Phones = in.Phones
		b.next.Phone = first(in.Phones, Phone.String)
	}
	if in.Blend == BlendWhole || len(in.Phones) == 0 {
		return
	}
	// One number may be the cell and the office phone: it is there once a kind.
	same := func(p Phone) func(Phone) bool {
		return func(o Phone) bool {
			return o.String() == p.String() && o.Ext == p.Ext && (o.Kind == p.Kind || o.Kind == "" || p.Kind == "")
		}
	}
	list := slices.Clone(before)
	for i, p := range in.Phones {
		at := slices.IndexFunc(list, same(p))
		if in.Blend == BlendAdd || b.fill {
			if at < 0 {
				list = append(list, p)
			}
			continue
		}
		if at >= 0 {
			if p.Kind == "" {
				p.Kind = list[at].Kind
			}
			p.Raw = list[at].Raw // as first written: the same number said twice changes nothing
			list = slices.Delete(list, at, at+1)
		}
		if in.Blend == BlendReplace && i == 0 && len(list) > 0 && at != 0 {
			list = list[1:]
		}
		if j := slices.IndexFunc(list, func(o Phone) bool { return p.Kind != "" && o.Kind == p.Kind }); j >= 0 {
			was := list[j]
			was.Kind = ""
			if list = slices.Delete(list, j, j+1); !slices.ContainsFunc(list, same(was)) {
				list = slices.Insert(list, j, was)
			}
		}
		place := i
		if in.Blend == BlendFront && (i > 0 || p.Kind == "office" || p.Kind == "other") {
			// not the person's main number: it pushes nobody from the front
			if place = at; at < 0 {
				place = max(i, 1)
			}
		}
		list = slices.Insert(list, min(place, len(list)), p)
	}
	if !slices.Equal(before, list) {
		b.changed("phones", before, list)
		b.next.Phones = list
		b.next.Phone = first(list, Phone.String)
	}
}

// union adds to a list what it has not got, compared by same.
func union(list, more []string, same func(string) string) []string {
	out := slices.Clip(list)
	for _, m := range more {
		if m != "" && !slices.ContainsFunc(out, func(o string) bool { return same(o) == same(m) }) {
			out = append(out, m)
		}
	}
	return out
}

func itself(s string) string { return s }

func (b *blender) lists(in *Input) {
	n := &b.next
	tags := n.Tags
	if in.ReplaceTags {
		tags = nil
	}
	if tags = union(tags, in.Tags, norm.Fold); !slices.Equal(tags, n.Tags) && (in.ReplaceTags || len(in.Tags) > 0) {
		b.changed("tags", n.Tags, tags)
		n.Tags = tags
	}
	followers := n.Followers
	if in.ReplaceFollowers {
		followers = nil
	}
	if followers = union(followers, in.Followers, itself); !slices.Equal(followers, n.Followers) {
		b.changed("followers", n.Followers, followers)
		n.Followers = followers
	}
	cloned := false
	for _, id := range slices.Sorted(maps.Keys(in.CustomFields)) { // the oldest field first, every time
		v := in.CustomFields[id]
		if v == nil || reflect.DeepEqual(n.CustomFields[id], v) || b.fill && n.CustomFields[id] != nil {
			continue
		}
		if !cloned {
			n.CustomFields, cloned = cloneWithout(n.CustomFields, ""), true
		}
		b.changed("customFields."+id, n.CustomFields[id], v)
		n.CustomFields[id] = v
	}
	if in.SetDND != nil && *in.SetDND != n.DND {
		b.changed("dnd", n.DND, *in.SetDND)
		n.DND = *in.SetDND
	}
}

// said replaces *at by v if v was said and differs.
func said[T any](b *blender, field string, at **T, v *T) {
	if v == nil || *at != nil && (b.fill || reflect.DeepEqual(**at, *v)) {
		return
	}
	b.changed(field, *at, v)
	*at = v
}

func (b *blender) details(in *Input) {
	n, d := &b.next.Details, &in.Details
	said(b, "productionLtm", &n.ProductionLTM, d.ProductionLTM)
	said(b, "rating", &n.Rating, d.Rating)
	said(b, "assessmentTaken", &n.AssessmentTaken, d.AssessmentTaken)
	said(b, "createdBy", &n.CreatedBy, d.CreatedBy)
	if d.Office != nil {
		office := Address{}
		if n.Office != nil {
			office = *n.Office
		}
		b.text("officeAddress", &office.Line1, d.Office.Line1)
		b.text("officeCity", &office.City, d.Office.City)
		b.text("officeState", &office.State, d.Office.State)
		b.text("officePostalCode", &office.PostalCode, d.Office.PostalCode)
		b.text("officeCountry", &office.Country, d.Office.Country)
		n.Office = &office
	}
	n.DNDSettings = b.rules("dndSettings", n.DNDSettings, d.DNDSettings)
	n.InboundDND = b.rules("inboundDndSettings", n.InboundDND, d.InboundDND)
	if len(d.Attribution) > 0 && !reflect.DeepEqual(n.Attribution, d.Attribution) && (!b.fill || n.Attribution == nil) {
		b.changed("attributionSource", n.Attribution, d.Attribution)
		n.Attribution = d.Attribution
	}
}

func (b *blender) rules(field string, have, said map[string]DNDRule) map[string]DNDRule {
	out, cloned := have, false
	for channel, rule := range said {
		was, known := have[channel]
		if known && (was == rule || b.fill) {
			continue
		}
		if !cloned { // leave the old map alone
			out, cloned = make(map[string]DNDRule, len(have)+len(said)), true
			maps.Copy(out, have)
		}
		b.changed(field+"."+channel, was, rule)
		out[channel] = rule
	}
	return out
}
