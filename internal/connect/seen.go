package connect

import "maps"

func (s Seen) clone() Seen {
	out := Seen{Local: map[string]any{}, Remote: map[string]any{}, Sent: s.Sent}
	maps.Copy(out.Local, s.Local)
	maps.Copy(out.Remote, s.Remote)
	return out
}

// base is what a field was last seen with on both sides, if it ever was.
type base struct {
	local, remote any
	known         bool
}

// base gives what a field was last seen with. What was sent and is there now has
// arrived, whether or not anybody heard so: without this, taking an edit back here
// would look like an edit there.
func (s Seen) base(name string, there any) base {
	v, known := s.Remote[name]
	b := base{plain(s.Local[name]), plain(v), known}
	sent, ok := s.Sent[name]
	if !ok {
		return b
	}
	if sent = plain(sent); isList(sent) {
		return b.arrived(texts(sent), texts(there))
	}
	if same(sent, there) {
		return base{sent, sent, true}
	}
	return b
}

// arrived is for a list, of which each element arrives by itself.
func (b base) arrived(sent, there []string) base {
	was := texts(b.remote)
	added := minus(sent, was)
	added = minus(added, minus(added, there)) // those that are there
	gone := minus(minus(was, sent), there)
	if len(added)+len(gone) == 0 {
		return b
	}
	return base{minus(united(texts(b.local), added), gone), minus(united(was, added), gone), true}
}
