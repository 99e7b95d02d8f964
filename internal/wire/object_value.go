package wire

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// objectNode is one value, or the name of one member, of a body. All nodes of a body are one slice in the order of
// the text: a container is followed by what it holds, a name by its value. That costs one allocation for a whole
// body, holds no pointers for the garbage collector to follow, and leaves a field that nobody reads undecoded.
type objectNode struct {
	start, end int32 // a scalar's JSON text in objectDoc.src
	next       int32 // the node that follows this value and everything in it
	extra      int32 // 1 + index in texts of a string that src does not hold as it is, or in opened of an object
	kind       Kind
	mended     bool // a string in which something was replaced by U+FFFD
}

// objectDoc is what all Objects of one body share.
type objectDoc struct {
	src      string
	nodes    []objectNode
	texts    []string
	members  []Member  // room for every member of the body; opened objects take theirs from it
	opened   []*Object // in the order of opening
	warnings []Warning
	unlisted int // warnings beyond maxWarnings
}

// text returns the text of the scalar n: a string's content, a number in plain digits, true or false, "" for null.
func (d *objectDoc) text(n int32) string {
	switch node := &d.nodes[n]; node.kind {
	case String:
		if node.extra > 0 {
			return d.texts[node.extra-1]
		}
		return d.src[node.start+1 : node.end-1]
	case Num:
		return objectPlain(d.src[node.start:node.end])
	case Boolean:
		return d.src[node.start:node.end]
	}
	return ""
}

// objectPlain writes a decimal number without exponent and without a fraction of zeros, digit by digit: a phone
// number that some program sent as 5551234567.0 or 5.551234567e9 must not pass through a float. Any other number,
// and one whose exponent would make it absurdly long, stays as it is.
func objectPlain(number string) string {
	if !strings.ContainsAny(number, ".eE") {
		return number
	}
	mantissa, shift := number, 0
	if e := strings.IndexAny(number, "eE"); e >= 0 {
		var err error
		if shift, err = strconv.Atoi(number[e+1:]); err != nil || shift < -objectMaxShift || shift > objectMaxShift {
			return number
		}
		mantissa = number[:e]
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if shift != 0 {
		zeros := strings.Repeat("0", objectMaxShift)
		digits := zeros + whole + fraction + zeros
		point := len(zeros) + len(whole) + shift
		whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
		if whole == "" {
			whole = "0"
		}
	}
	if strings.Trim(fraction, "0") == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// elements yields the nodes of the elements of the array n.
func (d *objectDoc) elements(n int32) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		for at := n + 1; at < d.nodes[n].next; at = d.nodes[at].next {
			if !yield(at) {
				return
			}
		}
	}
}

// open returns the Object of node n, the same one each time.
func (d *objectDoc) open(n int32, parent *Object, name string, index int) *Object {
	if seen := d.nodes[n].extra; seen > 0 {
		return d.opened[seen-1]
	}
	o := &Object{doc: d, parent: parent, name: name, index: index}
	d.opened = append(d.opened, o)
	d.nodes[n].extra = int32(len(d.opened))
	o.members = d.members[len(d.members):]
	for at := n + 1; at < d.nodes[n].next; at = d.nodes[at+1].next {
		key := d.text(at)
		if d.nodes[at].mended {
			o.Warn(key, objectMended)
		}
		if i := o.find(key); i >= 0 {
			o.members[i].node = at + 1
			o.Warn(key, objectRepeated)
			continue
		}
		o.add(Member{Key: key, look: key, owner: o, node: at + 1})
	}
	d.members = d.members[:len(d.members)+len(o.members)]
	o.members = slices.Clip(o.members)
	return o
}

// value returns the Go value of node n, which is the member name of o, or in its array at index. Objects are opened
// for it, so that the rules for names hold all the way down.
func (o *Object) value(n int32, name string, index int) any {
	d := o.doc
	switch node := &d.nodes[n]; node.kind {
	case String:
		if node.mended {
			o.Warn(name, objectMended)
		}
		return d.text(n)
	case Num:
		return json.Number(d.src[node.start:node.end])
	case Boolean:
		return d.text(n) == "true"
	case Array:
		list, i := []any{}, 0
		for at := range d.elements(n) {
			list = append(list, o.value(at, name, i))
			i++
		}
		return list
	case Obj:
		inner := d.open(n, o, name, index)
		fields := make(map[string]any, len(inner.members))
		for i := range inner.members {
			m := &inner.members[i]
			m.taken = true
			fields[m.Key] = inner.value(m.node, m.Key, -1)
		}
		return fields
	}
	return nil
}

// appendJSON appends the compact JSON of node n, as value returns its Go value.
func (o *Object) appendJSON(b []byte, n int32, name string, index int) []byte {
	d := o.doc
	switch node := &d.nodes[n]; node.kind {
	case Array:
		b = append(b, '[')
		i := 0
		for at := range d.elements(n) {
			if i > 0 {
				b = append(b, ',')
			}
			b = o.appendJSON(b, at, name, i)
			i++
		}
		return append(b, ']')
	case Obj:
		inner := d.open(n, o, name, index)
		b = append(b, '{')
		for i := range inner.members {
			if i > 0 {
				b = append(b, ',')
			}
			m := &inner.members[i]
			m.taken = true
			b = append(objectQuote(b, m.Key), ':')
			b = inner.appendJSON(b, m.node, m.Key, -1)
		}
		return append(b, '}')
	default:
		if node.mended {
			o.Warn(name, objectMended)
			return objectQuote(b, d.text(n))
		}
		return append(b, d.src[node.start:node.end]...)
	}
}

func objectQuote(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // its one error is bad UTF-8, which the texts of a document do not have
	return b
}
