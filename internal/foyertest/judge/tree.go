package judge

import (
	"maps"
	"slices"
	"strings"
)

// tree finds operations by method and path. "{}" is the branch of a part that
// may be anything; a part that is named comes before it, as in the router.
type tree map[string]*branch

type branch struct {
	below   tree
	methods map[string]*operation
}

// split gives the parts of a path, as the house reads it.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func (t tree) add(method, path string, o *operation) {
	at := &branch{below: t}
	for _, part := range split(nameless(path)) {
		next := at.below[part]
		if next == nil {
			next = &branch{below: tree{}, methods: map[string]*operation{}}
			at.below[part] = next
		}
		at = next
	}
	if at.methods[method] == nil {
		at.methods[method] = o
	}
}

func (t tree) find(method string, parts []string) *operation {
	if len(parts) == 0 {
		return nil
	}
	for _, key := range []string{parts[0], "{}"} {
		b := t[key]
		if b == nil {
			continue
		}
		if len(parts) == 1 && b.methods[method] != nil {
			return b.methods[method]
		}
		if o := b.below.find(method, parts[1:]); o != nil {
			return o
		}
	}
	return nil
}

// all gives every operation, in the order of the paths.
func (t tree) all() (list []*operation) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		b := t[key]
		for _, method := range slices.Sorted(maps.Keys(b.methods)) {
			list = append(list, b.methods[method])
		}
		list = append(list, b.below.all()...)
	}
	return list
}
