package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What ReadObject accepts at most. The caller caps the bytes of the body itself.
const (
	objectMaxDepth  = 64        // objects and arrays inside one another, the outermost included
	objectMaxKeys   = 1000      // keys of all objects together
	objectMaxText   = 64 << 10  // bytes of one string, its escapes resolved, or of one number
	objectMaxValues = 100_000   // keys, values and array elements together: "[{},{},…" has no keys to count
	objectMaxShift  = 40        // places by which an exponent may move the point in a text: "1e999999999" stays as it is
	objectKeptNodes = 4 << 10   // nodes a pooled reader keeps; a larger body must not hold memory for the next one
	objectBOM       = "\uFEFF"  // some Windows programs put one before UTF-8
	objectBlank     = " \t\r\n" // JSON's white space, and no other
)

// The errors of ReadObject, for errors.Is. Their texts, positions included, repeat nothing of the body
// and are safe to show to the sender.
var (
	// ErrEmpty: the body has no bytes, or nothing but white space.
	ErrEmpty = errors.New("the body is empty")
	// ErrSyntax: the body is not JSON as RFC 8259 defines it.
	ErrSyntax = errors.New("the body is not valid JSON")
	// ErrNotObject: the body is JSON, but an array, a string, a number, a boolean or null.
	ErrNotObject = errors.New("the body is not a JSON object")
	// ErrNull: the body is the word null. It is an ErrNotObject too.
	ErrNull = fmt.Errorf("%w: it is null", ErrNotObject)
	// ErrLimit: the body is too deep, has too many keys or values, or too long a string.
	ErrLimit = errors.New("the body is too large to be read")
)

// ReadObject parses a UTF-8 JSON object, with or without a byte order mark (intake.md §0). It is strict but for
// what would cost a lead over nothing: bytes that are not UTF-8, lone surrogates and NUL, which PostgreSQL cannot
// store, become U+FFFD, and of members with the same name the last one counts; reading such a field warns.
//
// It needs body to be capped in size by the caller and keeps nothing of it, so the caller may use it again.
// Every text taken from the Object keeps the whole body's text in memory; it is meant to live for one request.
// Errors are ErrEmpty, ErrSyntax, ErrNotObject, ErrNull and ErrLimit, most of them wrapped with the place.
func ReadObject(body []byte) (*Object, error) {
	body = bytes.TrimPrefix(body, []byte(objectBOM))
	if len(bytes.TrimLeft(body, objectBlank)) == 0 {
		return nil, ErrEmpty
	}
	if len(body) > math.MaxInt32 {
		return nil, fmt.Errorf("%w: %d bytes", ErrLimit, len(body))
	}
	r := objectReaders.Get().(*objectReader)
	defer r.release()
	if err := r.read(body); err != nil {
		return nil, err
	}
	switch r.nodes[0].kind {
	case Obj:
		return r.object(), nil
	case Null:
		return nil, ErrNull
	}
	return nil, ErrNotObject
}

// object makes the Object of the body that was read.
func (r *objectReader) object() *Object {
	d := &objectDoc{src: string(r.body), texts: r.texts, members: make([]Member, 0, r.keys)}
	if len(r.nodes) > objectKeptNodes {
		d.nodes, r.nodes = r.nodes, nil
	} else {
		d.nodes = append([]objectNode(nil), r.nodes...)
	}
	return d.open(0, nil, "", -1)
}

// objectReader turns a body into nodes. Readers are pooled for the buffers of their decoder and their nodes.
type objectReader struct {
	dec   *jsontext.Decoder
	buf   bytes.Buffer
	body  []byte
	utf8  bool // the whole body is: no string needs to be looked at for it
	nodes []objectNode
	open  []objectLevel
	texts []string
	keys  int
	text  []byte // a string being decoded
}

// objectLevel is a container whose end was not read yet.
type objectLevel struct {
	node int32
	name bool // the next string is the name of a member
}

var objectReaders = sync.Pool{New: func() any {
	return &objectReader{dec: new(jsontext.Decoder), open: make([]objectLevel, 0, objectMaxDepth)}
}}

// release gives r back to the pool without the body and without the memory of an unusually large one.
func (r *objectReader) release() {
	kept := objectReader{dec: r.dec, open: r.open[:0]}
	if cap(r.nodes) <= objectKeptNodes {
		kept.nodes = r.nodes[:0]
	}
	if cap(r.text) <= objectMaxText {
		kept.text = r.text[:0]
	}
	*r = kept
	r.dec.Reset(&r.buf) // the decoder holds on to the bytes it read until it is reset
	objectReaders.Put(r)
}

// read fills r.nodes from body.
func (r *objectReader) read(body []byte) error {
	r.body, r.utf8 = body, utf8.Valid(body)
	r.buf = *bytes.NewBuffer(body) // the decoder reads a bytes.Buffer in place, without a copy
	r.dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		if err := r.step(); err != nil {
			return err
		}
		if len(r.open) == 0 {
			break
		}
	}
	_, err := r.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return r.syntax(err) // nil is an error too: there is something behind the object
}

// step reads one token.
func (r *objectReader) step() error {
	at := int32(len(r.nodes))
	if at >= objectMaxValues {
		return fmt.Errorf("%w: more than %d values", ErrLimit, objectMaxValues)
	}
	kind := r.dec.PeekKind()
	switch kind {
	case '{', '[':
		if len(r.open) == objectMaxDepth {
			return fmt.Errorf("%w: more than %d objects and arrays inside one another", ErrLimit, objectMaxDepth)
		}
		if _, err := r.dec.ReadToken(); err != nil {
			return r.syntax(err)
		}
		node := objectNode{kind: Array}
		if kind == '{' {
			node.kind = Obj
		}
		r.nodes = append(r.nodes, node)
		r.open = append(r.open, objectLevel{node: at, name: kind == '{'})
		return nil
	case '}', ']':
		if _, err := r.dec.ReadToken(); err != nil {
			return r.syntax(err)
		}
		last := len(r.open) - 1
		r.nodes[r.open[last].node].next = at
		r.open = r.open[:last]
		r.valueRead()
		return nil
	}
	value, err := r.dec.ReadValue()
	if err != nil {
		return r.syntax(err)
	}
	node, err := r.scalar(value)
	if err != nil {
		return err
	}
	node.next = at + 1
	r.nodes = append(r.nodes, node)
	if last := len(r.open) - 1; last >= 0 && r.open[last].name {
		r.open[last].name = false
		if r.keys++; r.keys > objectMaxKeys {
			return fmt.Errorf("%w: more than %d keys", ErrLimit, objectMaxKeys)
		}
		return nil
	}
	r.valueRead()
	return nil
}

// valueRead notes that a value is complete: in an object a name comes next.
func (r *objectReader) valueRead() {
	if last := len(r.open) - 1; last >= 0 {
		r.open[last].name = r.nodes[r.open[last].node].kind == Obj
	}
}

// scalar makes the node of the string, number or literal that was just read.
func (r *objectReader) scalar(value jsontext.Value) (objectNode, error) {
	end := int32(r.dec.InputOffset())
	node := objectNode{start: end - int32(len(value)), end: end, kind: Num}
	size := len(value)
	switch value[0] {
	case 'n':
		node.kind = Null
	case 't', 'f':
		node.kind = Boolean
	case '"':
		node.kind = String
		size -= len(`""`)
		if bytes.IndexByte(value, '\\') >= 0 || !r.utf8 && !utf8.Valid(value) {
			size = r.decode(value, &node)
		}
	}
	if size > objectMaxText {
		return node, fmt.Errorf("%w: a text of more than %d bytes", ErrLimit, objectMaxText)
	}
	return node, nil
}

// decode keeps the text of a string whose JSON is not the text itself, and returns its size in bytes.
func (r *objectReader) decode(value jsontext.Value, node *objectNode) int {
	text, err := jsontext.AppendUnquote(r.text[:0], value)
	// The decoder has accepted the string: the only errors left are bad UTF-8 and lone surrogates, already replaced.
	node.mended = err != nil
	if bytes.IndexByte(text, 0) >= 0 {
		text = bytes.ReplaceAll(text, []byte{0}, []byte("\uFFFD"))
		node.mended = true
	}
	r.text = text
	if len(text) <= objectMaxText {
		r.texts = append(r.texts, string(text))
		node.extra = int32(len(r.texts))
	}
	return len(text)
}

// syntax says where the body stops being JSON, in lines and characters. The decoder's own text is not passed on:
// it quotes the body.
func (r *objectReader) syntax(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrSyntax)
	}
	offset := r.dec.InputOffset()
	var at *jsontext.SyntacticError
	if errors.As(err, &at) {
		offset = at.ByteOffset
	}
	before := r.body[:min(max(offset, 0), int64(len(r.body)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("%w: line %d, character %d", ErrSyntax, line, column)
}
