// Package liondesk is the client of LionDesk's API v1, and of whatever speaks it:
// contacts go there as submissions, and what is noted of them as comments and
// activities. Nothing is read.
package liondesk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorURL was LionDesk's own address.
const vendorURL = "https://api.liondesk.com"

type system struct {
	remote.Unable
	client *remote.Client
}

// New makes the client of a user. Settings want Token, the APIKEY ("user" for a
// personal one), and UserKey.
func New(s remote.Settings) (remote.System, error) {
	key, user := strings.TrimSpace(s.Token), strings.TrimSpace(s.UserKey)
	if key == "" || user == "" {
		return nil, errors.New("LionDesk wants an APIKEY and a USERKEY")
	}
	client, err := remote.NewClient(s, remote.Vendor{BaseURL: vendorURL, Judge: judge, Authorize: func(_ context.Context, h http.Header) error {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(key+":")))
		h.Set("X-LionDesk-Id", user)
		return nil
	}})
	return &system{remote.Unable{Name: "LionDesk"}, client}, err
}

// Can says what is offered: contacts and notes are made, and never changed. A
// contact that is there already gets the comment and nothing else.
func (s *system) Can(kind remote.Kind) remote.Can {
	switch kind {
	case remote.Contact:
		return remote.Can{Create: true, Upsert: true}
	case remote.Note:
		return remote.Can{Create: true}
	}
	return remote.Can{}
}

// fieldsOf gives the fields of a kind (intake.md §1.3 to §1.5).
func fieldsOf(kind remote.Kind) []string {
	switch kind {
	case remote.Contact:
		return []string{"firstname", "lastname", "email", "phone", "street_address", "city", "state", "zip", "assigned user name", "assigned user email", "assigned user phone", "siteid", "tag", "contactid", "comments"}
	case remote.Note:
		return []string{"description", "type", "created", "siteid", "sitedomain", "property"}
	}
	return nil
}

// Fields gives the fields of a kind. A note whose type is the word of an activity,
// such as property_viewed, becomes one; others become comments, of type 1, or 5
// and 8 for texts that were sent and received.
func (s *system) Fields(_ context.Context, kind remote.Kind) (list []remote.Field, err error) {
	names := fieldsOf(kind)
	if names == nil {
		return nil, &remote.Error{Cause: remote.Refused, Text: "LionDesk takes contacts and notes alone"}
	}
	for _, name := range names {
		list = append(list, remote.Field{Name: name, CreateOnly: true})
	}
	return list, nil
}

type envelope struct {
	ID  json.Number `json:"id"`
	Msg string      `json:"msg"`
}

// Check asks whether the two keys are good. The second one is looked at with a
// submission of nobody, which is stored nowhere.
func (s *system) Check(ctx context.Context) (string, error) {
	var e envelope
	if err := s.post(ctx, map[string]any{"action": "Echo", "msg": "Foyer"}, "", true, &e); err != nil {
		return "", err
	}
	if e.Msg != "Foyer" {
		return "", &remote.Error{Cause: remote.Broken, Text: "it does not echo what it is sent"}
	}
	if err := s.post(ctx, map[string]any{"action": "NewSubmission"}, "", true, &e); remote.Is(err, remote.Refused) {
		return "a user of LionDesk", nil
	} else if err != nil {
		return "", err
	}
	return "a user of LionDesk", nil
}

func (s *system) post(ctx context.Context, body map[string]any, key string, repeat bool, into *envelope) error {
	return s.client.Do(ctx, remote.Request{Method: http.MethodPost, Body: body, Key: key, Repeat: repeat}, into)
}

// Create sends a submission, a comment or an activity.
func (s *system) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	body, repeat := map[string]any{}, false
	for _, name := range fieldsOf(kind) {
		if v := r.Fields[name]; remote.Text(v) != "" {
			body[name] = v
		}
	}
	switch kind {
	case remote.Contact:
		body["action"] = "NewSubmission"
		if tags, ok := body["tag"]; ok {
			body["tag"] = strings.Join(remote.Texts(tags), ",")
		}
		repeat = body["comments"] == nil // which are added each time
	case remote.Note:
		if err := about(body, r); err != nil {
			return nil, err
		}
	default:
		return s.Unable.Create(ctx, kind, r, key)
	}
	var e envelope
	if err := s.post(ctx, body, key, repeat, &e); err != nil {
		return nil, err
	}
	if e.ID == "" {
		return nil, &remote.Error{Cause: remote.Broken, Text: "its answer has no id"}
	}
	return &remote.Record{ID: e.ID.String(), ContactID: r.ContactID, Fields: r.Fields}, nil
}

// about makes the body of a note a comment or an activity of a contact.
func about(body map[string]any, r remote.Record) error {
	id, err := strconv.ParseInt(r.ContactID, 10, 64)
	if err != nil {
		return &remote.Error{Cause: remote.Missing, Text: "there is no contact " + r.ContactID}
	}
	body["liondeskcontactid"] = id
	switch typ := strings.ToLower(remote.Text(body["type"])); {
	case slices.Contains(activities(), typ):
		body["action"] = "NewActivity"
	default:
		body["action"] = "NewComment"
		if body["type"] = 1; typ == "5" || typ == "8" {
			body["type"], _ = strconv.Atoi(typ)
		}
		for _, name := range []string{"created", "siteid", "sitedomain", "property"} {
			delete(body, name)
		}
	}
	return nil
}

// activities are the words of activities (intake.md §1.5).
func activities() []string {
	return []string{"visit", "user_login", "search_performed", "saved_search_added", "saved_search_removed", "property_viewed", "favorite_property_added", "favorite_property_removed"}
}

// judge reads the error that an envelope tells of, mostly with status 200
// (intake.md §1.2).
func judge(status int, body []byte, e *remote.Error) *remote.Error {
	var a struct {
		Error any    `json:"error"`
		Text  string `json:"errorText"`
	}
	if remote.Decode(body, &a) != nil {
		return e
	}
	number := remote.Text(a.Error)
	if number == "" || number == "0" {
		return e
	}
	said := &remote.Error{Cause: remote.Refused, Status: status, Text: "error " + number + ", " + a.Text}
	switch number {
	case "1", "10", "11":
		said.Cause = remote.Unauthorized
	case "30":
		said.Cause = remote.Missing
	case "92":
		said.Cause = remote.Limited
	case "93", "99":
		said.Cause = remote.Unavailable
	}
	if e != nil {
		said.After = e.After
	}
	return said
}
