package wire

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Warn adds a Warning about a field of this object, or about the object itself if field is "".
func (o *Object) Warn(field, message string) {
	if o == nil {
		return
	}
	if o.doc == nil {
		o.doc = new(objectDoc)
	}
	d, w := o.doc, Warning{Field: o.path(field), Message: message}
	switch {
	case slices.Contains(d.warnings, w):
	case len(d.warnings) == maxWarnings:
		d.unlisted++
	default:
		d.warnings = append(d.warnings, w)
	}
}

// path returns the path of a field of o as its sender would write it.
func (o *Object) path(field string) string {
	path := objectShort(field)
	for ; o.parent != nil; o = o.parent {
		name := objectShort(o.name)
		if o.index >= 0 {
			name += "[" + strconv.Itoa(o.index) + "]"
		}
		if path != "" {
			name += "."
		}
		path = name + path
	}
	return path
}

// Warnings returns the warnings of the whole body in the order they arose in, each once, at most 100; then one more
// without a field says how many were left out. It is nil if there are none.
func (o *Object) Warnings() []Warning {
	if o == nil || o.doc == nil {
		return nil
	}
	list := slices.Clone(o.doc.warnings)
	if o.doc.unlisted > 0 {
		list = append(list, Warning{Message: fmt.Sprintf("and %d more warnings", o.doc.unlisted)})
	}
	return list
}

// objectShort cuts a name for a warning: a body may hold a thousand of 64 KiB.
func objectShort(name string) string {
	if short := objectCut(name, objectMaxName); len(short) < len(name) {
		return short + "…"
	}
	return name
}

// objectCut returns the first max code points of text.
func objectCut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	n := 0
	for i := range text {
		if n == max {
			return text[:i]
		}
		n++
	}
	return text
}

// objectThousands is a number with commas between its thousands. "12,5" and "1.200,50" are none: nobody can say what
// they mean.
var objectThousands = regexp.MustCompile(`^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$`)
