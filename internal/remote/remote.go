// Package remote is what the bridge needs of a system outside: another CRM with
// its own API, its own limits and its own bad days. Each system is a package
// below this one; this one has what they share, and knows none of them.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind is a kind of records that can cross.
type Kind string

// The kinds. Tags cross with their contact.
const (
	Contact     Kind = "contact"
	Task        Kind = "task"
	Note        Kind = "note"
	Appointment Kind = "appointment"
	Opportunity Kind = "opportunity"
)

// Record is a record as a system outside has it: its fields by that system's own
// names, as JSON has them (numbers are json.Number, so that none loses a digit).
// What of them means what here is the mapping's matter.
type Record struct {
	ID        string
	ContactID string // the system's id of the contact that it belongs to; "" for a contact
	Fields    map[string]any
	UpdatedAt time.Time // UTC; zero if the system does not say
	Deleted   bool      // the system says that it is gone
	// Was has the fields of a record that is updated as they were read last, nil if
	// they were not: of a list, what came or went since is not to be undone.
	Was map[string]any
}

// Can is what a system offers for a kind.
type Can struct {
	List   bool // what changed since, and all
	Find   bool // by e-mail address or phone
	Fetch  bool
	Create bool
	Update bool
	Delete bool
	Upsert bool // Create changes the one that is there already, by the system's own matching
	Whole  bool // Update wants all fields of the record, also those that did not change
	Of     bool // all of a contact
	Apart  bool // Update puts tags in and takes them out, if they are all it is told
	Gone   bool // a page of Changes tells what was deleted: by Deleted, or by Whole
}

// Field is a field of a kind that can be mapped.
type Field struct {
	Name       string
	Custom     bool // the other side made it
	ReadOnly   bool // no write takes it
	CreateOnly bool // Create takes it, Update does not
}

// Page is some of what changed. A record may be on a page again that was on one
// before: what is read twice is known by its fields.
type Page struct {
	Records []Record
	// Whole are contacts all of whose records of the kind are on this page: what was
	// there before the page was asked for and is not on it is gone.
	Whole []string
	Next  string // where to go on, to be kept: the same words give what changed behind them
	More  bool   // there is more now
	Total int64  // how many there are in all, 0 if the system does not say
}

// System is a system outside, with the credential of one connection. Its methods
// may be called at the same time. Errors are *Error where the system answered, or
// could not be reached.
type System interface {
	// Can says what is offered for a kind; the zero value is nothing.
	Can(kind Kind) Can
	// Fields gives a kind's fields that can be mapped, also those that the other side
	// made itself (custom fields).
	Fields(ctx context.Context, kind Kind) ([]Field, error)
	// Check asks whether the credential opens the system, and says in words whose it is.
	Check(ctx context.Context) (string, error)
	// Changes gives a page of the records of a kind that changed behind a place, ""
	// for the beginning: then all of them come.
	Changes(ctx context.Context, kind Kind, since string) (*Page, error)
	// Find gives the contacts with an e-mail address or phone, so that nobody is
	// made twice.
	Find(ctx context.Context, email, phone string) ([]Record, error)
	// Of gives all records of a kind that belong to a contact.
	Of(ctx context.Context, kind Kind, contactID string) ([]Record, error)
	// Fetch gives a record, nil if it is not there. A contact that was merged into
	// another one may come as that one, with its id.
	Fetch(ctx context.Context, kind Kind, contactID, id string) (*Record, error)
	// Create makes a record and gives it as the system has it then. key is the same
	// however often this is tried; not every system heeds it. Whoever tries again and
	// does not know what came of it before, looks first: Find for a contact, Of for
	// what belongs to one.
	Create(ctx context.Context, kind Kind, r Record, key string) (*Record, error)
	// Update changes the fields of a record that r has, and gives it as it is then.
	Update(ctx context.Context, kind Kind, r Record, key string) (*Record, error)
	// Delete removes a record; one that is not there is no error.
	Delete(ctx context.Context, kind Kind, contactID, id string) error
}

// Strict is a System that may refuse to make somebody twice.
type Strict interface {
	// Refuses reports whether Create refuses a contact that is there already, as
	// Duplicate with its id: then nobody needs to be looked for before.
	Refuses(ctx context.Context) (bool, error)
}

// Cause says why a system did not do what it was asked.
type Cause uint8

// The causes.
const (
	Unavailable  Cause = iota // it cannot be reached, or is not well: later it may work
	Limited                   // too many requests: not before After
	Unauthorized              // the credential does not open it any more
	Refused                   // it will never take this record so
	Missing                   // the record is not there
	Broken                    // what it answered is not what its API says
	Forbidden                 // the address leads where nobody may go
	Duplicate                 // the system has this one already: ID says which
)

// String gives a cause as it stands in logs.
func (c Cause) String() string {
	names := []string{"unavailable", "limited", "unauthorized", "refused", "missing", "broken", "forbidden", "duplicate"}
	if int(c) < len(names) {
		return names[c]
	}
	return "unknown"
}

// Is reports whether an error is of a cause.
func Is(err error, c Cause) bool {
	var e *Error
	return errors.As(err, &e) && e.Cause == c
}

// Error is what came of a request that did not work.
type Error struct {
	Cause  Cause
	Status int           // HTTP, 0 if there was no answer
	After  time.Duration // that it asked to wait
	Text   string        // its answer in words, cut, without secrets
	ID     string        // of the record that is there already, where it says
	Err    error         // what lies below, nil if nothing does
}

// Error says what the system said.
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("it answered %d: %s", e.Status, e.Text)
	}
	return e.Text
}

// Unwrap gives what lies below.
func (e *Error) Unwrap() error { return e.Err }

// Change is what a webhook says.
type Change struct {
	Kind   Kind
	Record Record
	Event  string    // the same however often it comes; "" if the system does not say
	At     time.Time // when it happened, zero if the system does not say
	// Part says that the record has not all of its fields: Fetch gives them.
	Part bool
}

// Receiver is a System that tells of changes by webhook.
type Receiver interface {
	// Webhook reads a request that claims to come from the system. It gives nothing
	// and no error for what is well signed and of no interest.
	Webhook(header http.Header, body []byte) ([]Change, error)
}

// ErrSignature is the error of a webhook that is not from whom it says, or too old.
var ErrSignature = errors.New("the signature is not right")
