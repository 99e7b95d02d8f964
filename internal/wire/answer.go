package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
)

// Answer is what a door says to a request.
type Answer struct {
	Status int
	Body   any // marshalled as JSON; a []byte is sent as it is, with the Content-Type of Header; nil sends none
	Header http.Header
	// Stream writes the body bit by bit, in place of Body, until it returns.
	Stream func(w http.ResponseWriter)

	// For the import log.
	Result    crm.Outcome
	ContactID string
}

// With sets a header and gives the answer.
func (a Answer) With(key, value string) Answer {
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set(key, value)
	return a
}

// About says for the import log what became of which contact.
func (a Answer) About(result crm.Outcome, contactID string) Answer {
	a.Result, a.ContactID = result, contactID
	return a
}

// encode gives the body as sent: JSON without HTML escapes, so that text comes
// back as it went in.
func (a *Answer) encode() ([]byte, error) {
	if a.Body == nil {
		return nil, nil
	}
	switch raw := a.Body.(type) {
	case json.RawMessage:
		return raw, nil
	case []byte:
		return raw, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(a.Body); err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// warningsHeader is the list of warnings as one line of ASCII, which is all a
// header may hold. A list too long for the proxies on the way is cut, and says so.
func warningsHeader(list []Warning) string {
	const most = 6 << 10 // bytes
	for n := len(list); n > 0; n /= 2 {
		shown := list[:n]
		if n < len(list) {
			shown = append(shown[:n:n], Warning{Message: fmt.Sprintf("and %d more; the import log has all", len(list)-n)})
		}
		b, err := json.Marshal(shown)
		if err != nil {
			return ""
		}
		if text := ascii(b); len(text) <= most {
			return text
		}
	}
	return `[{"field":"","message":"too long for a header; the import log has all"}]`
}

// ascii writes JSON text with \u escapes for all that is not ASCII.
func ascii(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r < 0x7f: // JSON has no other control characters than DEL
			out.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out.String()
}
