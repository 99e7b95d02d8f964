package connect

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// record is a record here, as fields.
type record struct {
	id, parent string // parent is the contact that it belongs to; "" for a contact
	values     map[string]any
	at         time.Time // when it last changed
	merged     bool      // it is part of another one now, and has no values
}

// side is what a kind of records is here.
type side struct {
	fields []string
	// read gives a record, nil if it is not there.
	read func(ctx context.Context, tx *db.Tx, locationID, parent, id string) (*record, error)
	// write changes fields of a record, or makes it where there is no id, and gives it
	// as it is then.
	write func(ctx context.Context, tx *db.Tx, by crm.Actor, to *change) (*record, error)
	// remove deletes a record.
	remove func(ctx context.Context, tx *db.Tx, by crm.Actor, parent, id string) error
	// archive marks a record as gone on the other side; nil leaves it as it is.
	archive func(ctx context.Context, tx *db.Tx, by crm.Actor, parent, id string) error
	// of gives the records of a contact, nil for contacts.
	of func(ctx context.Context, tx *db.Tx, locationID, contactID string) ([]record, error)
}

// change is what is to be written of a record.
type change struct {
	parent, id string
	values     map[string]any
	remoteID   string // the record over there
	quiet      bool   // it is one of many that come at first
}

// kinds are the kinds of records in the order in which they cross: what belongs
// to a contact comes behind it.
var kinds = []remote.Kind{remote.Contact, remote.Task, remote.Note, remote.Appointment, remote.Opportunity}

// sideOf gives what a kind of records is here.
func sideOf(kind remote.Kind) *side {
	switch kind {
	case remote.Contact:
		return &contactSide
	case remote.Task:
		return &taskSide
	case remote.Note:
		return &noteSide
	case remote.Appointment:
		return &appointmentSide
	case remote.Opportunity:
		return &opportunitySide
	}
	return nil
}

// isField reports whether a kind of records has a field here.
func isField(kind remote.Kind, name string) bool {
	custom, is := strings.CutPrefix(name, customPrefix)
	if is && kind == remote.Contact {
		return custom != ""
	}
	return slices.Contains(sideOf(kind).fields, name)
}

// archived is the tag of a contact that is gone on the other side.
const archived = "archived"

// ifThere turns the error of what is not there into nil.
func ifThere[T any](v *T, err error) (*T, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return v, err
}

// when gives a moment as a value.
func when(t time.Time) any {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// momentOf reads a value as a moment; a blank one is none.
func momentOf(field string, v any) (time.Time, error) {
	s := text(v)
	if s == "" {
		return time.Time{}, nil
	}
	at, ok := moment(s)
	if !ok {
		return at, errs.InvalidFields(errs.Field{Name: field, Rule: "date"})
	}
	return at, nil
}

// truth reads a value as true or false.
func truth(v any) bool {
	s := strings.ToLower(text(v))
	return s == "true" || s == "yes" || s == "1"
}

// said gives a text of a change, nil if nothing is said of the field.
func (c *change) said(field string) *string {
	v, ok := c.values[field]
	if !ok {
		return nil
	}
	s := text(v)
	return &s
}
