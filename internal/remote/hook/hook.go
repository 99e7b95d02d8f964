// Package hook is the client of whatever takes signed webhooks, and sends them: no
// API, only events, signed as Standard Webhooks has it.
package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/foyer-crm/foyer/internal/remote"
)

type system struct {
	remote.Unable
	client *remote.Client
	sign   *standard.Webhook
}

// New makes the two directions of a webhook. Settings want BaseURL, where events
// go, and Token, the secret that both sides sign with: whsec_ and base64.
func New(s remote.Settings) (remote.System, error) {
	if strings.TrimSpace(s.BaseURL) == "" {
		return nil, errors.New("the address of the webhook is missing")
	}
	if !strings.HasPrefix(s.Token, "whsec_") || len(s.Token) < 30 {
		return nil, errors.New("the secret of the webhook is whsec_ and at least 16 bytes in base64")
	}
	sign, err := standard.NewWebhook(s.Token)
	if err != nil {
		return nil, errors.New("the secret of the webhook is not whsec_ and base64")
	}
	client, err := remote.NewClient(s, remote.Vendor{})
	return &system{remote.Unable{Name: "a webhook"}, client, sign}, err
}

func kinds() []remote.Kind {
	return []remote.Kind{remote.Contact, remote.Task, remote.Note, remote.Appointment, remote.Opportunity}
}

// Can says what is offered: everything is told, nothing is asked.
func (s *system) Can(kind remote.Kind) remote.Can {
	if !slices.Contains(kinds(), kind) {
		return remote.Can{}
	}
	return remote.Can{Create: true, Update: true, Delete: true}
}

// Fields gives none: whatever the mapping names is sent.
func (s *system) Fields(context.Context, remote.Kind) ([]remote.Field, error) { return nil, nil }

// Check sends an event of the type ping.
func (s *system) Check(ctx context.Context) (string, error) {
	_, err := s.send(ctx, "ping", "ping-"+strconv.FormatInt(time.Now().UnixMilli(), 10), map[string]any{})
	return "a webhook", err
}

// event is what is sent, and what comes in.
type event struct {
	Type string         `json:"type"` // contact.created
	At   string         `json:"timestamp"`
	Data map[string]any `json:"data"` // id, contactId, and the fields
}

// Create tells of a new record. Its id is the receiver's, if that answers with one,
// and the key if not.
func (s *system) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if s.Can(kind) == (remote.Can{}) {
		return s.Unable.Create(ctx, kind, r, key)
	}
	if r.ID == "" {
		r.ID = key
	}
	id, err := s.send(ctx, string(kind)+".created", key, data(kind, r))
	if id != "" {
		r.ID = id
	}
	return &r, err
}

// Update tells of what changed of a record.
func (s *system) Update(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if s.Can(kind) == (remote.Can{}) {
		return s.Unable.Update(ctx, kind, r, key)
	}
	_, err := s.send(ctx, string(kind)+".updated", key, data(kind, r))
	return &r, err
}

// Delete tells that a record is gone.
func (s *system) Delete(ctx context.Context, kind remote.Kind, contactID, id string) error {
	if s.Can(kind) == (remote.Can{}) {
		return s.Unable.Delete(ctx, kind, contactID, id)
	}
	_, err := s.send(ctx, string(kind)+".deleted", string(kind)+"-"+id+"-deleted", data(kind, remote.Record{ID: id, ContactID: contactID}))
	return err
}

func data(kind remote.Kind, r remote.Record) map[string]any {
	d := map[string]any{}
	for name, v := range r.Fields {
		d[name] = v
	}
	if d["id"] = r.ID; kind != remote.Contact {
		d["contactId"] = r.ContactID
	}
	return d
}

// send sends an event, and gives the id that the answer has. The message's id is
// the key: whoever gets it twice knows it.
func (s *system) send(ctx context.Context, typ, key string, d map[string]any) (string, error) {
	now := time.Now()
	body, err := json.Marshal(event{typ, now.UTC().Format("2006-01-02T15:04:05.000Z"), d})
	if err != nil {
		return "", fmt.Errorf("writing an event: %w", err)
	}
	signature, err := s.sign.Sign(key, now, body)
	if err != nil {
		return "", fmt.Errorf("signing an event: %w", err)
	}
	header := http.Header{"Webhook-Id": {key}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signature}}
	var answer struct {
		ID string `json:"id"`
	}
	err = s.client.Do(ctx, remote.Request{Method: http.MethodPost, Header: header, Body: body, Key: key, Repeat: true, Lax: true}, &answer)
	return answer.ID, err
}

// Webhook reads an event that came in, in the form in which they go out.
func (s *system) Webhook(header http.Header, body []byte) ([]remote.Change, error) {
	if err := s.sign.Verify(body, header); err != nil {
		return nil, remote.ErrSignature
	}
	var e event
	if err := remote.Decode(body, &e); err != nil {
		return nil, err
	}
	name, what, _ := strings.Cut(e.Type, ".")
	kind := remote.Kind(name)
	if !slices.Contains(kinds(), kind) || what != "created" && what != "updated" && what != "deleted" {
		return nil, nil
	}
	c := remote.Change{Kind: kind, Event: header.Get("Webhook-Id"), Record: remote.Record{Fields: map[string]any{}, Deleted: what == "deleted"}}
	c.Record.ID = remote.Text(e.Data["id"])
	if kind != remote.Contact {
		c.Record.ContactID = remote.Text(e.Data["contactId"])
	}
	if c.Record.ID == "" {
		return nil, &remote.Error{Cause: remote.Broken, Text: "an event of a " + name + " without an id"}
	}
	for field, v := range e.Data {
		if field != "id" && field != "contactId" {
			c.Record.Fields[field] = v
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, e.At); err == nil {
		c.At, c.Record.UpdatedAt = at.UTC(), at.UTC()
	}
	return []remote.Change{c}, nil
}
