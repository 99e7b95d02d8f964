package faults_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// trace is what a request leaves in the database when it is stored, counted.
// Everything carries the request's mark.
type trace struct {
	Log, Contact, Note, Property, Requirement, Link, Agent int
}

// The ways a request can end.
const (
	unanswered = iota // the answer was lost: stored or not, nobody knows
	acknowledged
	refused
)

// request is one request to a door. It stays as it is when it is sent again.
type request struct {
	door   string
	mark   string // in all that it brings
	person string // e-mail address of whom it is about
	path   string
	body   string
	key    string // its Idempotency-Key, "" for none
	want   trace
	end    int
	status int    // of the answer
	answer string // the body of the answer
}

// book writes requests, keeps them all, and knows how each ended.
type book struct {
	creds *app.Credentials

	mu       sync.Mutex
	all      []*request
	people   []string // who is acknowledged, by e-mail address
	contacts []string // HighLevel's ids of acknowledged contacts
	theirs   []string // LionDesk's partner's ids of acknowledged contacts
	wrong    []string // what no server may answer
}

func newBook(c *app.Credentials) *book { return &book{creds: c} }

// The kinds of requests: to whom and of what.
const (
	highlevelNote = iota
	liondeskComment
	liondeskSubmission
	brokerkitLead
	highlevelContact
	radiusClientAndNote
	radiusClient
	kinds
)

// next invents a request of one kind, or of any. Some speak of people who are
// there.
func (b *book) next(of ...int) *request {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.all)
	r := &request{mark: fmt.Sprintf("mark%08dz", n), person: fmt.Sprintf("p%d@x.example", n)}
	phone := fmt.Sprintf("602%07d", 2000000+n)
	kind := rand.IntN(kinds)
	if of != nil {
		kind = of[0]
	}
	known := len(b.people) > 0 && rand.IntN(3) == 0 && kind != brokerkitLead && kind != highlevelContact
	if known {
		r.person = b.people[rand.IntN(len(b.people))]
	}
	r.key = r.mark
	switch {
	case kind == highlevelNote && len(b.contacts) > 0:
		r.door, r.path, r.want = "highlevel", "/contacts/"+b.contacts[rand.IntN(len(b.contacts))]+"/notes", trace{Log: 1, Note: 1}
		r.person = ""
		r.body = object("body", r.mark, "title", "Zoë O’Brien-李 🏠")
	case kind == liondeskComment && len(b.theirs) > 0:
		r.door, r.path, r.want = "liondesk", "/", trace{Log: 1, Note: 1}
		r.person = ""
		r.body = object("action", "NewComment", "type", 1, "contactid", b.theirs[rand.IntN(len(b.theirs))], "description", r.mark)
	case kind == liondeskSubmission:
		r.door, r.path, r.want = "liondesk", "/", trace{Log: 1, Note: 1, Link: 1}
		r.body = object("action", "NewSubmission", "firstname", "Zoë", "lastname", "O’Brien-李", "email", r.person, "tag", "Buyer, Hot", "contactid", r.mark, "comments", r.mark)
	case kind == brokerkitLead:
		// an upsert by e-mail and agent id, which is safe to repeat without a key
		r.door, r.path, r.want, r.key = "brokerkit", "/v2/leads", trace{Log: 1, Contact: 1, Agent: 1}, ""
		r.body = object("first_name", "Zoë", "last_name", "O’Brien-李", "email", r.person, "phone", "+1"+phone, "agent_id", r.mark, "source", r.mark)
	case kind == highlevelContact:
		r.door, r.path, r.want = "highlevel", "/contacts/", trace{Log: 1, Contact: 1}
		r.body = object("locationId", b.creds.LocationID, "firstName", "Zoë", "email", r.person, "phone", "+1"+phone, "source", r.mark, "tags", []string{"buyer"})
	default:
		client := map[string]any{"name": "Zoë O’Brien-李", "emails": r.person, "phones": phone, "type": "buyer", "tags": []string{"buyer"}}
		r.door, r.path, r.want = "radius", "/v3.0/clients/import", trace{Log: 1, Property: 1, Requirement: 1}
		if kind == radiusClientAndNote {
			client["note"] = r.mark
			r.want.Note = 1
		} else {
			r.key = "" // without a note it is safe to repeat
		}
		r.body = object("client", client, "prop", map[string]any{"property_name": r.mark, "prop_city": "Mesa", "resale_price": 350000},
			"req", map[string]any{"c_locality_name": r.mark, "city": r.mark, "min_budget": 100})
	}
	b.all = append(b.all, r)
	return r
}

func object(pairs ...any) string {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// headers put the key in the vendor's place.
func (b *book) headers(r *request) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	switch r.door {
	case "radius":
		h.Set("secure-id", *b.creds.Radius.SecureID)
	case "liondesk":
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(*b.creds.LionDesk.APIKey+":")))
		h.Set("X-LionDesk-Id", *b.creds.LionDesk.UserKey)
	case "brokerkit":
		h.Set("Authorization", "Token token="+*b.creds.Brokerkit.Token)
	case "highlevel":
		h.Set("Authorization", "Bearer "+*b.creds.HighLevel.PrivateToken)
		h.Set("Version", "2021-07-28")
	}
	if r.key != "" {
		h.Set("Idempotency-Key", r.key)
	}
	return h
}

// send sends a request and writes down how it ended. The error is that there
// was no answer.
func (b *book) send(ctx context.Context, client *http.Client, base string, r *request) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+r.path, strings.NewReader(r.body))
	if err != nil {
		return err
	}
	req.Header = b.headers(r)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if e := res.Body.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	b.enter(r, res.StatusCode, string(text))
	return nil
}

// enter reads an answer.
func (b *book) enter(r *request, status int, text string) {
	var a struct {
		Error     any
		ErrorText *string
		ID        any
		Response  struct{ Client struct{ ID int64 } }
		Contact   struct{ ID string }
		Note      struct{ ID string }
		Message   any
		Status    int `json:"statusCode"`
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		b.complain("%s answers what is no JSON: %d %s", r.door, status, text)
		return
	}
	inner, _ := a.Error.(map[string]any)
	code, _ := a.Error.(float64)
	words, _ := a.Error.(string)
	var good, bad bool
	switch r.door {
	case "radius":
		good, bad = status == 200 && a.Response.Client.ID > 0 && a.Error == nil, status >= 400 && inner["message"] != "" && inner["code"] == float64(status)
	case "liondesk":
		good, bad = status == 200 && code == 0 && a.ID != nil, code > 0 && a.ErrorText != nil && *a.ErrorText != ""
	case "brokerkit":
		good, bad = status == 201 && a.ID != nil, status >= 400 && words != ""
	case "highlevel":
		good, bad = status == 201 && (a.Contact.ID != "" || a.Note.ID != ""), status >= 400 && a.Status == status && a.Message != nil
	}
	if good == bad {
		b.complain("%s says neither yes nor no: %d %s", r.door, status, text)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.status, r.answer, r.end = status, text, refused
	if !good {
		return
	}
	r.end = acknowledged
	if r.person != "" {
		b.people = append(b.people, r.person)
	}
	if a.Contact.ID != "" {
		b.contacts = append(b.contacts, a.Contact.ID)
	}
	if r.want.Link > 0 {
		b.theirs = append(b.theirs, r.mark)
	}
}

func (b *book) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
}

// write sends requests one after the other until ctx ends, or for the first
// lost answer. more says what to do after a refusal: go on, or end.
func (b *book) write(ctx context.Context, client *http.Client, base string, more func(*request) bool) {
	for ctx.Err() == nil {
		r := b.next()
		if err := b.send(ctx, client, base, r); err != nil {
			return
		}
		if r.end == refused && !more(r) {
			return
		}
	}
}

// writers run several writers and wait for them to end.
func (b *book) writers(ctx context.Context, n int, base string, more func(*request) bool) {
	client := newClient()
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range n {
		all.Go(func() { b.write(ctx, client, base, more) })
	}
	all.Wait()
}

func newClient() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

// open gives the requests whose answers were lost.
func (b *book) open() (list []*request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.all {
		if r.end == unanswered {
			list = append(list, r)
		}
	}
	return list
}

// doubt makes those that were refused as unknown as those without an answer:
// for a database that went away in the middle of a commit.
func (b *book) doubt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.all {
		if r.end == refused {
			r.end = unanswered
		}
	}
}

// count says how many requests ended in a way.
func (b *book) count(end int) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.all {
		if r.end == end {
			n++
		}
	}
	return n
}

// repeat sends those whose answers were lost once more, as a client would. The
// error is that again there was no answer.
func (b *book) repeat(ctx context.Context, base string) error {
	client := newClient()
	defer client.CloseIdleConnections()
	list := b.open()
	failures := make([]error, len(list))
	var senders sync.WaitGroup
	free := make(chan struct{}, 8)
	for i, r := range list {
		free <- struct{}{}
		senders.Go(func() {
			failures[i] = b.send(ctx, client, base, r)
			<-free
		})
	}
	senders.Wait()
	return errors.Join(failures...)
}
