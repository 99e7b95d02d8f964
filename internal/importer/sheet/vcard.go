package sheet

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// Card is one vCard, of any version.
type Card struct {
	Line       int // where it begins, from 1
	Properties []Property
	Text       string // as it was, long values cut
	Broken     string // why it cannot be used; "" if it can
}

// Property is one line of a card: TEL;TYPE=home:…
type Property struct {
	Group string // item1 of item1.TEL
	Name  string // in capitals
	Types []string
	Value string // decoded, with the escapes of its text
	Size  int    // of the value as it was, in bytes; more than Value where it was cut
	// Binary says that the value is no text: a picture, a sound, a key.
	Binary bool
}

// Has reports whether the property is of a type, as "home", in whatever case.
func (p *Property) Has(typ string) bool {
	for _, t := range p.Types {
		if strings.EqualFold(t, typ) {
			return true
		}
	}
	return false
}

// Parts splits a structured value (N, ADR, ORG) and takes the escapes out.
func (p *Property) Parts(at byte) []string {
	var parts []string
	from := 0
	for i := 0; i < len(p.Value); i++ {
		switch p.Value[i] {
		case '\\':
			i++
		case at:
			parts = append(parts, unescape(p.Value[from:i]))
			from = i + 1
		}
	}
	return append(parts, unescape(p.Value[from:]))
}

// String is the value as text.
func (p *Property) String() string { return unescape(p.Value) }

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch i++; s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case ',', ';', ':', '\\':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String())
}

// VCard reads cards. Use NewVCard.
type VCard struct {
	r    *bufio.Reader
	line int
	next []byte // a line that was read ahead
	more bool   // there is one
	long int    // its length, if it was cut
}

// The longest value that is kept, and the longest card. Our own exports have one
// value that holds all that no other property can, and is of no use if it is cut.
const (
	maxValue = 64 << 10
	maxCard  = MaxRow
	ownValue = "X-FOYER:"
)

// NewVCard reads UTF-8 text, see Decode.
func NewVCard(r io.Reader) *VCard {
	return &VCard{r: bufio.NewReaderSize(r, sample)}
}

// IsVCard reports whether a file that begins so holds vCards.
func IsVCard(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	const begin = "BEGIN:VCARD"
	return len(head) >= len(begin) && strings.EqualFold(string(head[:len(begin)]), begin)
}

// Read gives the next card, io.EOF behind the last one. What stands between
// cards is passed over.
func (v *VCard) Read() (Card, error) {
	for {
		line, _, err := v.physical()
		if err != nil {
			return Card{}, err
		}
		if strings.EqualFold(string(bytes.TrimSpace(line)), "BEGIN:VCARD") {
			return v.card()
		}
	}
}

// card reads on behind BEGIN:VCARD.
func (v *VCard) card() (Card, error) {
	c := Card{Line: v.line}
	var text strings.Builder
	text.WriteString("BEGIN:VCARD\r\n")
	depth := 1 // a card may hold another, of its agent
	for depth > 0 {
		line, size, err := v.logical()
		if errors.Is(err, io.EOF) {
			c.Broken = "the file ends in the middle of the card"
			break
		}
		if err != nil {
			return c, err
		}
		if text.Len() < maxCard {
			text.Write(line)
			text.WriteString("\r\n")
		} else {
			c.Broken = "the card is longer than 1 MiB"
		}
		switch p, ok := property(line, size); {
		case !ok:
			if len(bytes.TrimSpace(line)) > 0 && c.Broken == "" {
				c.Properties = append(c.Properties, Property{Name: "X-LINE", Value: escape(string(line)), Size: size})
			}
		case p.Name == "BEGIN" && strings.EqualFold(p.String(), "VCARD"):
			depth++
		case p.Name == "END" && strings.EqualFold(p.String(), "VCARD"):
			depth--
		case c.Broken == "":
			if depth > 1 {
				p = Property{Name: "AGENT", Value: escape(string(line)), Size: size}
			}
			c.Properties = append(c.Properties, p)
		}
	}
	c.Text = text.String()
	return c, nil
}

// escape makes text a value.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`).Replace(s)
}

// logical gives a line with those that continue it: folded ones, which begin
// with white space, and quoted-printable ones behind an equals sign. size is its
// length before a long one was cut.
func (v *VCard) logical() (line []byte, size int, err error) {
	line, size, err = v.physical()
	if err != nil {
		return nil, 0, err
	}
	most := maxValue
	if bytes.HasPrefix(line, []byte(ownValue)) {
		most = maxCard
	}
	line = bytes.Clone(line[:min(len(line), most)])
	add := func(more []byte, n int) {
		size += n
		if room := most - len(line); room > 0 {
			line = append(line, more[:min(len(more), room)]...)
		}
	}
	head, _, _ := bytes.Cut(bytes.ToUpper(line[:min(len(line), 1000)]), []byte(":"))
	printable := bytes.Contains(head, []byte("QUOTED-PRINTABLE"))
	binary := bytes.Contains(head, []byte("BASE64")) || bytes.Contains(head, []byte("ENCODING=B"))
	for {
		if err := v.peek(); err != nil {
			return line, size, nil //nolint:nilerr // the next reader meets it again
		}
		folded := len(v.next) > 0 && (v.next[0] == ' ' || v.next[0] == '\t')
		soft := printable && bytes.HasSuffix(line, []byte("="))
		plain := binary && len(v.next) > 0 && bytes.IndexByte(v.next, ':') < 0 // some phones do not fold pictures
		if !folded && !soft && !plain {
			return line, size, nil
		}
		more, n, err := v.physical()
		if err != nil {
			return line, size, nil //nolint:nilerr // the next reader meets it again
		}
		switch {
		case soft:
			line = line[:len(line)-1]
			add(more, n)
		case folded:
			add(more[1:], n-1)
		default:
			add(more, n)
		}
	}
}

// peek reads a line ahead.
func (v *VCard) peek() error {
	if v.more {
		return nil
	}
	line, size, err := v.read()
	if err != nil {
		return err
	}
	v.next, v.long, v.more = line, size, true
	return nil
}

// physical gives the next line of the file without its end.
func (v *VCard) physical() (line []byte, size int, err error) {
	if v.more {
		v.more = false
		v.line++
		return v.next, v.long, nil
	}
	line, size, err = v.read()
	if err == nil {
		v.line++
	}
	return line, size, err
}

// read gives a line that ends in LF, CRLF or CR, cut if it is long.
func (v *VCard) read() (line []byte, size int, err error) {
	for {
		c, err := v.r.ReadByte()
		if errors.Is(err, io.EOF) && size > 0 {
			return line, size, nil
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = fmt.Errorf("reading line %d: %w", v.line+1, err)
			}
			return nil, 0, err
		}
		if c == '\r' {
			next, _ := v.r.Peek(2) // CR LF, and what becomes of it on the way through text mode: CR CR LF
			for i := range next {
				if next[i] == '\n' {
					_, _ = v.r.Discard(i + 1) // it was just seen
					break
				}
				if next[i] != '\r' {
					break
				}
			}
			c = '\n'
		}
		if c == '\n' {
			return line, size, nil
		}
		if size++; len(line) < maxCard {
			line = append(line, c)
		}
	}
}

// property reads "group.NAME;PARAM=x;PARAM:value". ok is false for a line that
// is none.
func property(line []byte, size int) (p Property, ok bool) {
	head, value, ok := cut(string(line))
	if !ok {
		return p, false
	}
	parts := split(head, ';')
	p.Name = strings.ToUpper(strings.TrimSpace(parts[0]))
	if group, name, grouped := strings.Cut(p.Name, "."); grouped {
		p.Group, p.Name = group, name
	}
	if p.Name == "" {
		return p, false
	}
	var encoding, charset string
	for _, param := range parts[1:] {
		name, text, named := strings.Cut(param, "=")
		if !named { // vCard 2.1: TEL;HOME
			name, text = "TYPE", name
			switch strings.ToUpper(text) {
			case "QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT":
				name = "ENCODING"
			}
		}
		switch strings.ToUpper(strings.TrimSpace(name)) {
		case "TYPE":
			for t := range strings.SplitSeq(strings.Trim(text, `"`), ",") {
				p.Types = append(p.Types, strings.TrimSpace(t))
			}
		case "PREF":
			p.Types = append(p.Types, "pref")
		case "ENCODING":
			encoding = strings.ToUpper(strings.Trim(text, `" `))
		case "CHARSET":
			charset = strings.Trim(text, `" `)
		case "VALUE":
			if strings.EqualFold(text, "binary") {
				encoding = "B"
			}
		}
	}
	p.Size = size - len(line) + len(value)
	p.Value, p.Binary = decode(p.Name, value, encoding, charset)
	return p, true
}

// decode gives the value of a property as it was before it was encoded.
func decode(name, value, encoding, charset string) (text string, binary bool) {
	switch encoding {
	case "QUOTED-PRINTABLE":
		b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
		if err != nil && len(b) == 0 {
			return value, false
		}
		return escapeLines(inCharset(b, charset)), false
	case "B", "BASE64":
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
		if err != nil || !utf8.Valid(b) || name == "PHOTO" || name == "LOGO" || name == "SOUND" || name == "KEY" {
			return "", true
		}
		return escapeLines(inCharset(b, charset)), false
	}
	return value, strings.HasPrefix(value, "data:") && strings.Contains(value, ";base64,")
}

// escapeLines keeps the line ends of an encoded value as a plain one would.
func escapeLines(s string) string {
	return strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// inCharset reads text in the character set that a card names; UTF-8 if it is
// that, whatever it names.
func inCharset(b []byte, charset string) string {
	if utf8.Valid(b) {
		return string(b)
	}
	if e, err := htmlindex.Get(charset); err == nil && !strings.EqualFold(charset, "UTF-8") {
		if out, err := e.NewDecoder().Bytes(b); err == nil {
			return string(out)
		}
	}
	r, err := Decode(bytes.NewReader(b))
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// cut splits a line at the first colon outside quotation marks.
func cut(line string) (head, value string, ok bool) {
	quoted := false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return line[:i], line[i+1:], true
			}
		}
	}
	return strings.Cut(line, ":") // a quotation mark that is never closed
}

// split splits parameters outside quotation marks.
func split(s string, at byte) (parts []string) {
	quoted, from := false, 0
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == at && !quoted:
			parts, from = append(parts, s[from:i]), i+1
		}
	}
	return append(parts, s[from:])
}
