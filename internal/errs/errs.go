// Package errs is Foyer's one error type: what went wrong in a way that a
// program can act on and a person may be shown, with the cause kept for the log.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error. A door turns kinds into its
// vendor's status codes in exactly one place.
type Kind uint8

// The kinds. Internal is the zero value on purpose: an error that nobody
// classified must be shown as the door's general failure and nothing else.
const (
	Internal     Kind = iota
	Invalid           // the request itself is wrong; repeating it cannot help
	NotFound          // nothing with that id, or not for this caller
	Conflict          // the state of the data forbids it
	Unauthorized      // no credential, or one that is not known
	Forbidden         // a known credential without the right
	Limited           // too many requests; later it will work
	TooLarge          // over a size limit
	Unavailable       // the database or disk cannot take it now; later it will work
	BadMethod         // the address exists, not with this HTTP method
)

// String names the kind for logs.
func (k Kind) String() string {
	names := [...]string{"internal", "invalid", "not found", "conflict", "unauthorized", "forbidden", "limited", "too large", "unavailable", "bad method"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Field is one broken field: its canonical name, and the rule it breaks
// ("required", "format", "length", "choice", "min", "max", "number",
// "integer"). Doors translate the pair into their vendor's words. Limit is the
// number the rule speaks of, where it has one.
type Field struct {
	Name  string
	Rule  string
	Limit int
}

// Error is the one error type. Text is safe to show to the caller; Err is the
// cause and goes to the log only.
type Error struct {
	Kind   Kind
	Text   string
	Fields []Field
	// Code narrows the kind where one kind has several vendor answers, in
	// canonical words such as "missing_name" or "duplicate".
	Code string
	// Meta carries facts for the answer, such as the id of the existing record.
	Meta map[string]string
	Err  error
}

// Error gives the text, the broken fields and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Text)
	if e.Text == "" {
		b.WriteString(e.Kind.String())
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Rule)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a text that is safe to show.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// Wrap gives err a kind and a text that is safe to show.
func Wrap(err error, k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...), Err: err}
}

// WithCode sets the code and returns the error itself.
func (e *Error) WithCode(code string) *Error {
	e.Code = code
	return e
}

// InvalidFields makes an Invalid error for all broken fields at once, nil for none.
func InvalidFields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Text: "invalid fields", Fields: fields}
}

// KindOf gives the kind of the first Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// As gives the first Error in err's chain; an error without one comes back as
// Internal with an empty text.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Err: err}
}
