package wire

import (
	"fmt"
	"strings"
)

const (
	maxWarnings     = 100 // of one body; one more says how many were left out
	objectMaxName   = 100 // characters of a name that a warning repeats
	objectMaxLinear = 24  // members up to which looking at each is faster than a map

	objectMended   = "characters that are not valid text were replaced by U+FFFD"
	objectRepeated = "sent more than once, the last one was used"
	objectUnknown  = "unknown field, kept in the import log only"
)

// Warning says what Foyer did with a field that it could not take exactly as sent.
type Warning struct {
	Field   string `json:"field"`   // its path as the sender wrote it: "client.phones", "phones[0].number"
	Message string `json:"message"` // in plain English
}

// Kind is the JSON type of a value.
type Kind int8

// The kinds of a value. Absent is that of a member that was not sent.
const (
	Absent Kind = iota
	Null
	String
	Num
	Boolean
	Array
	Obj
)

// String names k for a person: "a number", "an array".
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case String:
		return "a text"
	case Num:
		return "a number"
	case Boolean:
		return "true or false"
	case Array:
		return "an array"
	case Obj:
		return "an object"
	}
	return "absent"
}

// Object is a JSON object of a request. A door takes from it the fields it knows; what could not be taken exactly
// as sent becomes a Warning, and Ignore makes one of every member that nobody took, so that nothing is dropped
// silently. Names are case-sensitive unless Fold says otherwise. A nil or zero Object has no members. An Object and
// everything opened from it belong to one goroutine.
type Object struct {
	doc     *objectDoc
	parent  *Object
	name    string // its name in parent, as sent
	index   int    // its place in parent's array of that name, -1 outside one
	members []Member
	lookup  map[string]int // place in members, beyond objectMaxLinear of them
	fold    func(string) string
}

// Member is a member of an Object that nobody took, as Rest returns it.
type Member struct {
	Key string // as sent

	look  string // what it is found by: Key, or Key folded
	owner *Object
	node  int32
	taken bool
}

// add appends m, which must not be in o yet.
func (o *Object) add(m Member) {
	o.members = append(o.members, m)
	switch n := len(o.members); {
	case o.lookup != nil:
		o.lookup[m.look] = n - 1
	case n > objectMaxLinear:
		o.lookup = make(map[string]int, 2*n)
		for i := range o.members {
			o.lookup[o.members[i].look] = i
		}
	}
}

// find returns the place of the member that was sent or folded as key, or -1.
func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.lookup != nil {
		if i, ok := o.lookup[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].look == key {
			return i
		}
	}
	return -1
}

// member returns the member key, or nil. In a folded object any spelling finds it.
func (o *Object) member(key string) *Member {
	i := o.find(key)
	if i < 0 && o != nil && o.fold != nil {
		i = o.find(o.fold(key))
	}
	if i < 0 {
		return nil
	}
	return &o.members[i]
}

// take is member for reading: it marks the member as taken and warns of text that had to be mended.
func (o *Object) take(key string) *Member {
	m := o.member(key)
	if m != nil {
		m.taken = true
		m.warnMended()
	}
	return m
}

func (m *Member) warnMended() {
	if m.owner.doc.nodes[m.node].mended {
		m.owner.Warn(m.Key, objectMended)
	}
}

// Kind returns the JSON type of the member, Absent if it was not sent. It does not take it.
func (o *Object) Kind(key string) Kind {
	if m := o.member(key); m != nil {
		return m.Kind()
	}
	return Absent
}

// Sent reports whether the member was sent, if only as null. It does not take it.
func (o *Object) Sent(key string) bool { return o.Kind(key) != Absent }

// Has reports whether the member was sent and is not null. It does not take it.
func (o *Object) Has(key string) bool { return o.Kind(key) > Null }

// IsNull reports whether the member was sent as null. It does not take it.
func (o *Object) IsNull(key string) bool { return o.Kind(key) == Null }

// Len returns the number of members.
func (o *Object) Len() int { return len(o.all()) }

// Keys returns the names of the members as sent, in the order they were sent in.
func (o *Object) Keys() []string {
	keys := make([]string, 0, o.Len())
	for i := range o.all() {
		keys = append(keys, o.members[i].Key)
	}
	return keys
}

func (o *Object) all() []Member {
	if o == nil {
		return nil
	}
	return o.members
}

// Fold makes every spelling of a name that f turns into the same word find the same member of this object; objects
// inside it are not touched. Of two members that f makes one, the last that is neither null nor blank counts, and
// the others become a Warning. Warnings show names as sent.
func (o *Object) Fold(f func(string) string) {
	if o == nil {
		return
	}
	members := o.members
	o.fold, o.lookup, o.members = f, nil, members[:0]
	for _, m := range members {
		m.look = f(m.Key)
		i := o.find(m.look)
		if i < 0 {
			o.add(m)
			continue
		}
		used, lost := m, o.members[i]
		if m.blank() {
			used, lost = lost, used
		}
		o.members[i] = used
		o.Warn(lost.Key, fmt.Sprintf("the same field as %q, which was used instead", objectShort(used.Key)))
	}
}

// blank reports whether m carries nothing: null, or a text of white space.
func (m *Member) blank() bool {
	kind := m.Kind()
	return kind == Null || kind == String && strings.TrimSpace(m.owner.doc.text(m.node)) == ""
}

// Take marks members as taken without reading them.
func (o *Object) Take(keys ...string) {
	for _, key := range keys {
		if m := o.member(key); m != nil {
			m.taken = true
		}
	}
}

// Rest returns the members that nobody took, in the order they were sent in. It does not take them.
func (o *Object) Rest() []Member {
	var rest []Member
	for _, m := range o.all() {
		if !m.taken {
			rest = append(rest, m)
		}
	}
	return rest
}

// Kind returns the JSON type of the member's value.
func (m Member) Kind() Kind {
	if m.owner == nil {
		return Absent
	}
	return m.owner.doc.nodes[m.node].kind
}

// Text returns what Object.Text would; ok is false for null, arrays and objects.
func (m Member) Text() (text string, ok bool) {
	switch m.Kind() {
	case String, Num, Boolean:
		m.warnMended()
		return strings.TrimSpace(m.owner.doc.text(m.node)), true
	}
	return "", false
}

// Value returns what Object.Value would.
func (m Member) Value() any {
	if m.owner == nil {
		return nil
	}
	return m.owner.value(m.node, m.Key, -1)
}

// JSON returns what Object.JSON would.
func (m Member) JSON() []byte {
	if m.owner == nil {
		return nil
	}
	return m.owner.appendJSON(nil, m.node, m.Key, -1)
}

// Ignore ends the reading of o: every member that nobody took, in o and in the objects opened inside it, becomes a
// Warning.
func (o *Object) Ignore() {
	if o == nil || o.doc == nil {
		return
	}
	for _, opened := range o.doc.opened {
		if !opened.within(o) {
			continue
		}
		for _, m := range opened.members {
			if !m.taken {
				opened.Warn(m.Key, objectUnknown)
			}
		}
	}
}

// within reports whether o is outer or inside it.
func (o *Object) within(outer *Object) bool {
	for ; o != nil; o = o.parent {
		if o == outer {
			return true
		}
	}
	return false
}
