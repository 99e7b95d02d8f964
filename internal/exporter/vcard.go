package exporter

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
)

// cards writes vCard 4.0 (RFC 6350).
type cards struct {
	columns []column
	names   map[string]string // of custom fields, by id
}

func newCards(h *head) *cards {
	c := &cards{names: namesOf(h.fields)}
	for _, col := range columns(h.fields) {
		if !strings.HasPrefix(col.name, "custom:") && col.name != "customFields" {
			c.columns = append(c.columns, col)
		}
	}
	return c
}

// carried are the columns that a property of vCard carries, if the text is one
// that comes through.
var carried = []string{"firstName", "lastName", "companyName", "address1", "city", "state", "postalCode", "country", "email", "phone", "tags"}

func (*cards) begin(b []byte) ([]byte, error) { return b, nil }

func (*cards) end(b []byte, _ int64) ([]byte, error) { return b, nil }

func (s *cards) contact(b []byte, w *crm.Whole) ([]byte, error) {
	c := &w.Contact
	b = line(b, "BEGIN", "VCARD")
	b = line(b, "VERSION", "4.0")
	b = line(b, "UID", escape(c.ID))
	b = line(b, "FN", escape(called(c)))
	if c.FirstName != "" || c.LastName != "" {
		b = line(b, "N", compound(c.LastName, c.FirstName, "", "", ""))
	}
	for i, e := range c.Emails {
		b = line(b, "EMAIL"+preferred(i), escape(e.Address))
	}
	for i, p := range c.Phones {
		b = line(b, "TEL;VALUE=text"+preferred(i)+phoneType(p.Kind), escape(p.String()))
	}
	if a := c.Address; a != (crm.Address{}) {
		b = line(b, "ADR;TYPE=home", compound("", "", a.Line1, a.City, a.State, a.PostalCode, a.Country))
	}
	b = filled(b, "ORG", escape(c.CompanyName))
	b = filled(b, "BDAY", strings.ReplaceAll(escape(c.DateOfBirth), "-", ""))
	b = filled(b, "URL", flat(c.Website))
	if len(c.Tags) > 0 {
		texts := make([]string, len(c.Tags))
		for i, t := range c.Tags {
			texts[i] = escape(t)
		}
		b = line(b, "CATEGORIES", strings.Join(texts, ","))
	}
	for i := range w.Notes {
		b = filled(b, "NOTE", escape(w.Notes[i].Body))
	}
	b = line(b, "REV", c.UpdatedAt.UTC().Format("20060102T150405Z"))
	rest, err := s.rest(w)
	if err != nil {
		return b, err
	}
	b = line(b, "X-FOYER", escape(rest))
	return line(b, "END", "VCARD"), nil
}

// rest gives the JSON of what the card's other properties do not carry.
func (s *cards) rest(w *crm.Whole) (string, error) {
	r, out := recordOf(w), map[string]string{}
	for _, c := range s.columns {
		text, err := c.cell(w, r)
		if err != nil {
			return "", err
		}
		if text != "" && (!slices.Contains(carried, c.name) || !simple(c.name, text)) {
			out[c.name] = text
		}
	}
	if all := customValues(w.Contact.CustomFields, s.names, true); len(all) > 0 {
		text, err := jsonCell(all)
		if err != nil {
			return "", err
		}
		out["customFields"] = text
	}
	return jsonCell(out)
}

// simple reports whether every reader takes the text of a column for what it is:
// a comma makes a list of it for some, and blanks are lost on others.
func simple(name, text string) bool {
	if name == "tags" {
		text = strings.ReplaceAll(text, ";", "")
	}
	return !fragile(text) && !strings.ContainsAny(text, `,;\["`) && strings.Join(strings.Fields(text), " ") == text
}

// called is what a card shows; it may not be empty.
func called(c *crm.Contact) string {
	for _, s := range []string{c.FullName(), c.CompanyName, c.Email, c.Phone} {
		if strings.TrimSpace(flat(s)) != "" {
			return s
		}
	}
	return c.ID
}

func preferred(i int) string {
	if i == 0 {
		return ";PREF=1"
	}
	return ""
}

func phoneType(kind string) string {
	switch kind {
	case "cell", "home":
		return ";TYPE=" + kind
	case "office":
		return ";TYPE=work"
	}
	return ""
}

func filled(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return line(b, name, value)
}

func compound(parts ...string) string {
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return strings.Join(parts, ";")
}

// escaper makes a text a value of vCard; control characters cannot be in one.
var escaper = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func escape(text string) string { return flat(escaper.Replace(text)) }

// flat leaves the control characters off, so that no text makes a line of its own.
func flat(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7F {
			return -1
		}
		return r
	}, text)
}

// line adds a property, folded after 75 bytes and never inside of a character.
func line(b []byte, name, value string) []byte {
	const most = 75
	text := name + ":" + value
	room := most
	for len(text) > room {
		n := room
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		b = append(append(b, text[:n]...), "\r\n "...)
		text, room = text[n:], most-1
	}
	return append(append(b, text...), "\r\n"...)
}
