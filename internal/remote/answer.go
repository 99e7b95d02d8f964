package remote

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The bounds of what an answer may be.
const (
	mostBody  = 8 << 20 // bytes
	mostDepth = 64
	mostText  = 300 // characters of what is repeated of it
)

// decode reads the JSON of an answer. What is no JSON, or of another shape than it
// is read into, is the other side's mistake.
func decode(status int, body []byte, into any) *Error {
	broken := func(why string, err error) *Error {
		return &Error{Cause: Broken, Status: status, Text: why, Err: err}
	}
	if looksHTML(body) { // somebody between the two answered: nothing was done
		return broken("a page of HTML where JSON is expected", nil)
	}
	if into == nil {
		return nil
	}
	tidy, err := tidied(body)
	if err != nil {
		return broken("no usable JSON", err)
	}
	if t := bytes.TrimSpace(tidy); len(t) == 0 || bytes.Equal(t, []byte("null")) {
		return broken("nothing where JSON is expected", nil)
	}
	d := json.NewDecoder(bytes.NewReader(tidy))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return broken("no JSON of the expected shape", plain(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return broken("more than one JSON value", nil)
	}
	return nil
}

// plain leaves what was sent out of an error of reading it.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s is no %s", wrong.Field, wrong.Type)
	}
	return errors.New("it cannot be read")
}

// tidied gives JSON without a mark of the byte order and without NUL characters,
// which databases refuse. Nests that are too deep and numbers that no program holds
// are refused.
func tidied(body []byte) ([]byte, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	out := make([]byte, 0, len(body))
	depth := 0
	for i := 0; i < len(body); {
		end := i + 1
		switch b := body[i]; {
		case b == '[' || b == '{':
			if depth++; depth > mostDepth {
				return nil, errors.New("its parts are nested too deep")
			}
		case b == ']' || b == '}':
			depth--
		case b == '"':
			end = stringEnd(body, i)
			out = appendString(out, body[i:end])
			i = end
			continue
		case b == '-' || b >= '0' && b <= '9':
			for end < len(body) && bytes.IndexByte([]byte("0123456789+-.eE"), body[end]) >= 0 {
				end++
			}
			if !holdable(string(body[i:end])) {
				return nil, errors.New("it has a number that is too large")
			}
		}
		out = append(out, body[i:end]...)
		i = end
	}
	return out, nil
}

// stringEnd gives where a string ends that begins at a place.
func stringEnd(body []byte, from int) int {
	for i := from + 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

func appendString(out, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if bytes.HasPrefix(text[i:], []byte(`\u0000`)) {
				i += 5
				continue
			}
			out = append(out, text[i], text[i+1])
			i++
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// holdable reports whether a number is within what databases keep.
func holdable(number string) bool {
	if len(number) > 400 {
		return false
	}
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		n, err := strconv.Atoi(strings.TrimPrefix(number[at+1:], "+"))
		return err != nil && len(number) < 20 || err == nil && n <= 308 && n >= -308
	}
	return true
}

func looksHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), []byte("<"))
}

// causeOf gives why an answer is no success. ok is true for one that is.
func causeOf(status int) (c Cause, ok bool) {
	switch {
	case status >= 200 && status < 300:
		return 0, true
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired:
		return Unauthorized, false
	case status == http.StatusNotFound, status == http.StatusGone:
		return Missing, false
	case status == http.StatusTooManyRequests:
		return Limited, false
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return Unavailable, false
	case status >= 400:
		return Refused, false
	}
	return Broken, false // nothing at all, or elsewhere
}

// words gives what an answer says of why it is no success.
func words(status int, h http.Header, body []byte) string {
	if status >= 300 && status < 400 {
		return "it sends to another address, which is not followed"
	}
	if looksHTML(body) {
		return "a page of HTML: " + http.StatusText(status)
	}
	var o map[string]any
	if tidy, err := tidied(body); err == nil && json.Unmarshal(tidy, &o) == nil {
		for _, name := range []string{"message", "error_description", "errorText", "error", "detail", "errors"} {
			if text := said(o[name]); text != "" {
				return text
			}
		}
		if text := listed(o); text != "" {
			return text
		}
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/plain") || len(body) > 0 && body[0] == '{' {
		return string(body[:min(len(body), 4*mostText)])
	}
	return http.StatusText(status)
}

// said gives the words of a value: a text, a list of texts, or an object that has
// a message.
func said(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, one := range v {
			if text := said(one); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, ", ")
	case map[string]any:
		return said(v["message"])
	}
	return ""
}

// listed gives the words of an object of lists by field, as Rails writes errors.
func listed(o map[string]any) string {
	var all []string
	for name, v := range o {
		if _, ok := v.([]any); ok {
			if text := said(v); text != "" {
				all = append(all, name+" "+text)
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// safe cuts a text, and takes out of it what is secret or cannot be printed.
func safe(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	if r := []rune(strings.TrimSpace(text)); len(r) > mostText {
		return string(r[:mostText]) + "…"
	}
	return strings.TrimSpace(text)
}

// secretsOf gives what of the headers of a request is secret, in all the forms it
// may come back in.
func secretsOf(h http.Header) (list []string) {
	add := func(s string) {
		if len(s) >= 8 { // LionDesk's literal "user" is no secret
			list = append(list, s)
		}
	}
	for _, name := range []string{"Authorization", "Secure-Id", "X-Liondesk-Id", "Webhook-Signature"} {
		for _, value := range h[http.CanonicalHeaderKey(name)] {
			_, rest, found := strings.Cut(value, " ")
			if !found {
				rest = value
			}
			add(rest)
			add(strings.TrimPrefix(rest, "token="))
			if raw, err := base64.StdEncoding.DecodeString(rest); err == nil {
				add(strings.TrimSuffix(string(raw), ":"))
			}
		}
	}
	return list
}

// Decode reads JSON that somebody sent, with the same care as an answer.
func Decode(body []byte, into any) error {
	if len(body) > mostBody {
		return &Error{Cause: Broken, Text: "it is too long"}
	}
	if e := decode(0, body, into); e != nil {
		return e
	}
	return nil
}
