package stream

import (
	"context"
	"encoding/json"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// line is something that can be told of.
type line struct {
	id    string
	typ   string
	event *crm.Event
	note  *crm.Notification // for its user alone; then there is no event
	body  []byte            // nil as long as nobody wanted it
}

// What notifications are told of as.
const (
	noticeThing = "notification"
	noticeType  = noticeThing + ".created"
)

// noticeBody is a notification in the form of an event.
type noticeBody struct {
	Type       string     `json:"type"`
	Timestamp  time.Time  `json:"timestamp"`
	ID         string     `json:"id"`
	LocationID string     `json:"locationId"`
	Data       noticeData `json:"data"`
}

type noticeData struct {
	ContactID string               `json:"contactId,omitempty"`
	ObjectID  string               `json:"objectId,omitempty"`
	Before    any                  `json:"before"`
	After     crm.NotificationView `json:"after"`
}

// write has a line say what is sent of it: of an event what webhooks send.
func (l *line) write(ctx context.Context, tx *db.Tx) (err error) {
	switch {
	case l.body != nil:
	case l.note != nil:
		n := l.note
		l.body, err = json.Marshal(noticeBody{Type: l.typ, Timestamp: n.CreatedAt, ID: n.ID, LocationID: n.LocationID, Data: noticeData{ContactID: n.ContactID, ObjectID: n.ObjectID, After: n.View()}})
	default:
		l.body, err = webhook.Compose(ctx, tx, l.event)
	}
	return err
}
