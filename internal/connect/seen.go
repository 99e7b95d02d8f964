package connect

import "maps"

func (s Seen) clone() Seen {
	out := Seen{Local: map[string]any{}, Remote: map[string]any{}, Sent: s.Sent}
	maps.Copy(out.Local, s.Local)
	maps.Copy(out.Remote, s.Remote)
	return out
}

// words gives what was sent last as values: as it was stored, a list has another
// type.
func (s Seen) words() map[string]any {
	out := map[string]any{}
	for name, v := range s.Sent {
		out[name] = plain(v)
	}
	return out
}

// base is what a field was last seen with on both sides, if it ever was.
type base struct {
	local, remote any
	known         bool
}

// base gives what a field was last seen with. arrived says that what was sent did
// arrive, whether or not anybody heard so: without this, taking an edit back here
// would look like an edit there.
func (s Seen) base(name string, arrived bool) base {
	if sent, ok := s.Sent[name]; ok && arrived {
		return base{plain(sent), plain(sent), true}
	}
	v, known := s.Remote[name]
	return base{plain(s.Local[name]), plain(v), known}
}

// arrived reports whether what was sent last is there: a write arrives whole, so
// one value that was not there before tells. An e-mail address or phone alone does
// not, where the record was found by it.
func (s Seen) arrived(there map[string]any) bool {
	for name, sent := range s.Sent {
		was, known := s.Remote[name]
		sent, was, now := plain(sent), plain(was), plain(there[name])
		switch {
		case !known && (name == "email" || name == "phone"):
		case isList(sent):
			added, gone := minus(texts(sent), texts(was)), minus(texts(was), texts(sent))
			if len(minus(added, texts(now))) < len(added) || len(minus(gone, texts(now))) > 0 {
				return true
			}
		case same(sent, now) && !same(sent, was):
			return true
		}
	}
	return false
}
