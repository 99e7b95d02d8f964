package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Text takes a text without the white space around it. A number becomes its digits (4155550133 stays "4155550133",
// 1e3 is "1000"), a boolean "true" or "false". Absent and null are "", and so are arrays and objects, with a Warning.
func (o *Object) Text(key string) string { return strings.TrimSpace(o.Raw(key)) }

// Raw is Text with the white space around it, for notes and comments, which keep their bytes.
func (o *Object) Raw(key string) string {
	m := o.take(key)
	if m == nil {
		return ""
	}
	if kind := m.Kind(); kind == Array || kind == Obj {
		o.Warn(m.Key, kind.String()+" instead of a text, left out")
		return ""
	}
	return o.doc.text(m.node)
}

// TextMax is Text cut to max characters (code points), with a Warning if there were more.
func (o *Object) TextMax(key string, max int) string {
	return strings.TrimSpace(o.cut(key, o.Text(key), max)) // the cut can leave a blank at the end
}

// RawMax is Raw cut to max characters (code points), with a Warning if there were more.
func (o *Object) RawMax(key string, max int) string { return o.cut(key, o.Raw(key), max) }

func (o *Object) cut(key, text string, max int) string {
	short := objectCut(text, max)
	if len(short) < len(text) {
		o.Warn(o.member(key).Key, fmt.Sprintf("cut to %d characters", max))
	}
	return short
}

// List takes an array of scalars, or a text whose items any of the characters of seps separate. Items lose the white
// space around them, empty ones are dropped; those that are null, arrays or objects too, with a Warning.
func (o *Object) List(key, seps string) []string {
	if o.Kind(key) != Array {
		var items []string
		for item := range strings.FieldsFuncSeq(o.Raw(key), func(r rune) bool { return strings.ContainsRune(seps, r) }) {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		return items
	}
	m := o.take(key)
	var items []string
	sent, skipped := 0, 0
	for at := range o.doc.elements(m.node) {
		sent++
		switch o.doc.nodes[at].kind {
		case Null, Array, Obj:
			skipped++
			continue
		}
		if o.doc.nodes[at].mended {
			o.Warn(m.Key, objectMended)
		}
		if item := strings.TrimSpace(o.doc.text(at)); item != "" {
			items = append(items, item)
		}
	}
	if skipped > 0 {
		o.Warn(m.Key, fmt.Sprintf("%d of %d items are not texts, left out", skipped, sent))
	}
	return items
}

// Int takes a whole number: 3, "3", 3.0, "1,200". Absent, null and blank are false; anything else is false with a
// Warning.
func (o *Object) Int(key string) (int64, bool) {
	text := o.Text(key)
	if text == "" {
		return 0, false
	}
	if plain, ok := objectNumber(text); ok {
		if v, err := strconv.ParseInt(plain, 10, 64); err == nil {
			return v, true
		}
	}
	o.Warn(o.member(key).Key, "not a whole number, left out")
	return 0, false
}

// Number takes a number: 2.5, "2.5", "850000", "1,200.50". Absent, null and blank are false; anything else is false
// with a Warning.
func (o *Object) Number(key string) (float64, bool) {
	text := o.Text(key)
	if text == "" {
		return 0, false
	}
	if plain, ok := objectNumber(text); ok {
		if v, err := strconv.ParseFloat(plain, 64); err == nil {
			return v, true
		}
	}
	o.Warn(o.member(key).Key, "not a number, left out")
	return 0, false
}

// Bool takes true, 1, "true", "yes", "y", "on" and their opposites, in any case. Absent, null and blank are false,
// false; so is anything else, with a Warning.
func (o *Object) Bool(key string) (v, ok bool) {
	switch strings.ToLower(o.Text(key)) {
	case "":
		return false, false
	case "true", "1", "yes", "y", "on":
		return true, true
	case "false", "0", "no", "n", "off":
		return false, true
	}
	o.Warn(o.member(key).Key, "not yes or no, left out")
	return false, false
}

// Object opens an object inside this one; its fields are then taken from it, and its warnings carry its name.
// Absent, null and blank are nil, false; anything else is nil, false with a Warning.
func (o *Object) Object(key string) (*Object, bool) {
	m := o.take(key)
	if m == nil || m.blank() {
		return nil, false
	}
	if kind := m.Kind(); kind != Obj {
		o.Warn(m.Key, kind.String()+" instead of an object, left out")
		return nil, false
	}
	return o.doc.open(m.node, o, m.Key, -1), true
}

// Objects opens the objects of an array; a single object counts as an array of one. Other items are skipped with a
// Warning. Absent, null and blank are none; anything else is none with a Warning.
func (o *Object) Objects(key string) []*Object {
	if o.Kind(key) != Array {
		if one, ok := o.Object(key); ok {
			return []*Object{one}
		}
		return nil
	}
	m := o.take(key)
	var objects []*Object
	sent := 0
	for at := range o.doc.elements(m.node) {
		if o.doc.nodes[at].kind == Obj {
			objects = append(objects, o.doc.open(at, o, m.Key, sent))
		}
		sent++
	}
	if skipped := sent - len(objects); skipped > 0 {
		o.Warn(m.Key, fmt.Sprintf("%d of %d items are not objects, left out", skipped, sent))
	}
	return objects
}

// Value takes the plain Go value: string, json.Number, bool, nil, []any or map[string]any; nil if absent.
func (o *Object) Value(key string) any {
	if m := o.take(key); m != nil {
		return m.Value()
	}
	return nil
}

// JSON takes the value as compact JSON that PostgreSQL can store: as sent but for mended texts and repeated names;
// nil if absent.
func (o *Object) JSON(key string) []byte {
	if m := o.take(key); m != nil {
		return m.JSON()
	}
	return nil
}

// objectNumber returns the plain digits of a number as a person or a program writes it, with a sign, commas between
// thousands, a fraction or an exponent; false if text is something else.
func objectNumber(text string) (string, bool) {
	if strings.Contains(text, ",") && objectThousands.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return "", false // ParseFloat would take "inf", "nan" and hexadecimal
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return "", false
	}
	return objectPlain(strings.TrimPrefix(text, "+")), true
}
