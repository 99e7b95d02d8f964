package connect_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// peer is a location of another Foyer as a system outside: its own store, by the
// commands that its doors use. It can be made to fail.
type peer struct {
	f   *foyertest.F
	loc string
	by  crm.Actor

	mu     sync.Mutex
	random *rand.Rand
	bad    float64                   // how often a request fails
	lists  float64                   // how often a page is out of order, has something twice, or is old
	killed error                     // what every request fails with
	made   map[string]*remote.Record // what was answered to a key
	old    map[string]remote.Record  // each record as it once was
	writes int
	page   int // records
	asked  int
	coarse bool   // does not say when a record changed
	mute   bool   // does not say what was deleted
	refuse bool   // refuses what is written
	lost   bool   // is written to in vain
	deaf   bool   // does what is written, and does not answer
	same   string // the contact that it answers with, whoever is asked for
}

func newPeer(t testing.TB) *peer {
	f := foyertest.New(t)
	return &peer{f: f, loc: f.Credentials.LocationID, by: crm.Actor{LocationID: f.Credentials.LocationID, Origin: "highlevel", CredentialID: "bridge"},
		random: rand.New(rand.NewPCG(1, 1)), page: 7, made: map[string]*remote.Record{}, old: map[string]remote.Record{}}
}

func (p *peer) Can(remote.Kind) remote.Can {
	return remote.Can{List: true, Find: true, Fetch: true, Create: true, Update: true, Delete: true, Of: true, Gone: true}
}

func (p *peer) Fields(context.Context, remote.Kind) ([]remote.Field, error) { return nil, nil }

func (p *peer) Check(context.Context) (string, error) { return "a test", nil }

// fault gives an error before or behind what was asked.
func (p *peer) fault(behind bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed != nil {
		return p.killed
	}
	if !behind {
		p.asked++
	}
	if p.random.Float64() >= p.bad/2 {
		return nil
	}
	return [...]error{
		&remote.Error{Cause: remote.Unavailable, Text: "no answer"}, &remote.Error{Cause: remote.Unavailable, Status: 502, Text: "bad gateway"},
		&remote.Error{Cause: remote.Limited, Status: 429, After: time.Millisecond, Text: "slow down"}, &remote.Error{Cause: remote.Broken, Status: 200, Text: "not JSON"},
	}[p.random.IntN(4)]
}

func (p *peer) read(ctx context.Context, f func(ctx context.Context, tx *db.Tx) error) error {
	return p.f.DB.Read(ctx, p.loc, f)
}

var contactFields = []string{"firstName", "lastName", "city"}

func (p *peer) contact(c *crm.Contact) remote.Record {
	r := remote.Record{ID: c.ID, UpdatedAt: c.UpdatedAt, Fields: map[string]any{"email": c.Email, "phone": c.Phone, "tags": slices.Clone(c.Tags)}}
	for _, name := range contactFields {
		r.Fields[name] = *c.Text(name)
	}
	if p.coarse {
		r.UpdatedAt = time.Time{}
	}
	return r
}

func (p *peer) task(t *crm.Task) remote.Record {
	return remote.Record{ID: t.ID, ContactID: t.ContactID, UpdatedAt: t.UpdatedAt, Fields: map[string]any{"title": t.Title, "body": t.Body, "completed": t.Completed}}
}

// Changes reads all contacts first, then the events behind. The place is
// "all EVENT CONTACT" or "EVENT".
func (p *peer) Changes(ctx context.Context, kind remote.Kind, since string) (*remote.Page, error) {
	if err := p.fault(false); err != nil {
		return nil, err
	}
	most := p.page
	page := &remote.Page{}
	err := p.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		mark, after := "", ""
		if since == "" {
			last, err := crm.LastEvent(ctx, tx, p.loc, "~")
			if err != nil {
				return err
			}
			since = "all " + last
		}
		if rest, all := strings.CutPrefix(since, "all "); all {
			mark, after, _ = strings.Cut(rest, " ")
			list, err := crm.ContactsBehind(ctx, tx, p.loc, after, most)
			if err != nil {
				return err
			}
			for i := range list {
				after = list[i].ID
				if kind == remote.Contact {
					page.Records = append(page.Records, p.contact(&list[i]))
					continue
				}
				tasks, err := crm.Tasks(ctx, tx, p.loc, list[i].ID)
				if err != nil {
					return err
				}
				for n := range tasks {
					page.Records = append(page.Records, p.task(&tasks[n]))
				}
			}
			if page.Next, page.More = mark, len(list) == most; page.More {
				page.Next = "all " + mark + " " + after
			}
			return nil
		}
		events, err := crm.EventsBetween(ctx, tx, p.loc, since, "~", most)
		page.Next, page.More = since, len(events) == most
		for i := range events {
			page.Next = events[i].ID
			r, err := p.changed(ctx, tx, kind, &events[i])
			if err != nil {
				return err
			}
			if r != nil {
				page.Records = append(page.Records, *r)
			}
		}
		return err
	})
	p.muddle(page)
	if err == nil {
		err = p.fault(true)
	}
	return page, err
}

func (p *peer) changed(ctx context.Context, tx *db.Tx, kind remote.Kind, e *crm.Event) (*remote.Record, error) {
	if !strings.HasPrefix(e.Type, string(kind)+".") {
		return nil, nil
	}
	recordID := e.ContactID
	if kind == remote.Task {
		recordID = e.ObjectID
	}
	r, err := p.one(ctx, tx, kind, e.ContactID, recordID)
	if r == nil && err == nil && !p.mute {
		r = &remote.Record{ID: recordID, ContactID: e.ContactID, Deleted: true}
	}
	return r, err
}

func (p *peer) one(ctx context.Context, tx *db.Tx, kind remote.Kind, contactID, recordID string) (*remote.Record, error) {
	var r remote.Record
	if kind == remote.Contact {
		c, err := crm.ContactByID(ctx, tx, p.loc, recordID)
		if err != nil {
			return nil, none(err)
		}
		r = p.contact(c)
		return &r, nil
	}
	t, err := crm.TaskByID(ctx, tx, p.loc, contactID, recordID)
	if err != nil {
		return nil, none(err)
	}
	r = p.task(t)
	return &r, nil
}

func none(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// muddle has a page as slow and careless systems give it.
func (p *peer) muddle(page *remote.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(page.Records)
	for i := range n {
		r := page.Records[i]
		old, known := p.old[r.ID]
		if !known || p.random.IntN(3) == 0 {
			p.old[r.ID] = r
		}
		if known && p.random.Float64() < p.lists {
			page.Records = append(page.Records, old)
		}
	}
	if p.random.Float64() < p.lists {
		p.random.Shuffle(len(page.Records), func(i, j int) { page.Records[i], page.Records[j] = page.Records[j], page.Records[i] })
	}
}

func (p *peer) Find(ctx context.Context, email, phone string) (all []remote.Record, err error) {
	if err := p.fault(false); err != nil {
		return nil, err
	}
	err = p.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, find := range []func() (*crm.Contact, error){
			func() (*crm.Contact, error) { return crm.ContactByEmail(ctx, tx, p.loc, email) },
			func() (*crm.Contact, error) { return crm.ContactByPhone(ctx, tx, p.loc, phone) },
		} {
			c, err := find()
			if err != nil {
				return err
			}
			if c != nil {
				all = append(all, p.contact(c))
			}
		}
		return nil
	})
	return all, err
}

func (p *peer) Of(ctx context.Context, kind remote.Kind, contactID string) (all []remote.Record, err error) {
	if err := p.fault(false); err != nil {
		return nil, err
	}
	err = p.read(ctx, func(ctx context.Context, tx *db.Tx) error {
		tasks, err := crm.Tasks(ctx, tx, p.loc, contactID)
		for i := range tasks {
			all = append(all, p.task(&tasks[i]))
		}
		return err
	})
	return all, err
}

func (p *peer) Fetch(ctx context.Context, kind remote.Kind, contactID, recordID string) (r *remote.Record, err error) {
	if err := p.fault(false); err != nil {
		return nil, err
	}
	if p.same != "" {
		recordID = p.same
	}
	err = p.read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = p.one(ctx, tx, kind, contactID, recordID)
		return err
	})
	return r, err
}

func (p *peer) Create(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	return p.put(ctx, kind, r, key)
}

func (p *peer) Update(ctx context.Context, kind remote.Kind, r remote.Record, key string) (*remote.Record, error) {
	if r.ID == "" {
		return nil, errors.New("an update without an id")
	}
	return p.put(ctx, kind, r, key)
}

// put writes a record. The same key makes one record once.
func (p *peer) put(ctx context.Context, kind remote.Kind, r remote.Record, key string) (got *remote.Record, err error) {
	if err := p.fault(false); err != nil {
		return nil, err
	}
	if p.refuse {
		return nil, &remote.Error{Cause: remote.Refused, Status: 422, Text: "not so"}
	}
	if p.lost {
		return nil, &remote.Error{Cause: remote.Unavailable, Text: "it cannot be reached"}
	}
	p.mu.Lock()
	made := p.made[key]
	p.mu.Unlock()
	if made != nil {
		return made, nil
	}
	err = p.f.DB.Write(ctx, p.loc, func(ctx context.Context, tx *db.Tx) error {
		recordID, contactID, err := p.save(ctx, tx, kind, r)
		if err != nil {
			return err
		}
		got, err = p.one(ctx, tx, kind, contactID, recordID)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return nil, &remote.Error{Cause: remote.Missing, Status: 404, Text: err.Error()}
	}
	if err != nil {
		return nil, &remote.Error{Cause: remote.Refused, Status: 422, Text: err.Error()}
	}
	p.mu.Lock()
	p.writes++
	p.made[key] = got
	p.mu.Unlock()
	if p.deaf {
		return nil, &remote.Error{Cause: remote.Unavailable, Text: "no answer"}
	}
	return got, p.fault(true)
}

func (p *peer) save(ctx context.Context, tx *db.Tx, kind remote.Kind, r remote.Record) (recordID, contactID string, err error) {
	said := func(name string) *string {
		v, ok := r.Fields[name]
		if !ok {
			return nil
		}
		s, _ := v.(string)
		return &s
	}
	if kind == remote.Task {
		to := crm.TaskChange{Title: said("title"), Body: said("body")}
		if v, ok := r.Fields["completed"].(bool); ok {
			to.Completed = &v
		}
		if r.ID == "" {
			n := crm.Task{ContactID: r.ContactID, Title: *to.Title}
			if to.Body != nil {
				n.Body = *to.Body
			}
			n.Completed = to.Completed != nil && *to.Completed
			t, err := crm.AddTask(ctx, tx, p.by, n)
			if err != nil {
				return "", "", err
			}
			return t.ID, t.ContactID, nil
		}
		_, err := crm.ChangeTask(ctx, tx, p.by, r.ContactID, r.ID, to)
		return r.ID, r.ContactID, err
	}
	c, err := saveContact(ctx, tx, p.by, r.ID, r.Fields)
	if err != nil {
		return "", "", err
	}
	return c.ID, "", nil
}

// saveContact is what the doors do: fields that were sent are set, nil and "" erase.
func saveContact(ctx context.Context, tx *db.Tx, by crm.Actor, contactID string, fields map[string]any) (*crm.Contact, error) {
	in := crm.Input{Blend: crm.BlendReplace}
	for name, v := range fields {
		s, _ := v.(string)
		switch tags, isTags := v.([]string); {
		case name == "tags":
			in.Tags, in.ReplaceTags = tags, isTags || v == nil
		case s == "":
			in.Clear = append(in.Clear, name)
		case name == "email":
			e, _ := crm.NewEmail(s, "")
			in.Emails = []crm.Email{e}
		case name == "phone":
			in.Phones = []crm.Phone{crm.NewPhone(s, "")}
		default:
			*in.Text(name) = s
		}
	}
	s, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: contactID, Input: in, AllowDuplicate: contactID == "" && false, Match: []crm.Key{crm.KeyEmail}, OnMatch: crm.Overwrite})
	if err != nil {
		return nil, err
	}
	return s.Contact, nil
}

func (p *peer) Delete(ctx context.Context, kind remote.Kind, contactID, recordID string) error {
	if err := p.fault(false); err != nil {
		return err
	}
	err := p.f.DB.Write(ctx, p.loc, func(ctx context.Context, tx *db.Tx) error {
		if kind == remote.Task {
			return crm.DeleteTask(ctx, tx, p.by, contactID, recordID)
		}
		return crm.DeleteContact(ctx, tx, p.by, recordID)
	})
	if none(err) != nil {
		return fmt.Errorf("deleting: %w", err)
	}
	if err == nil {
		p.mu.Lock()
		p.writes++
		p.mu.Unlock()
	}
	return p.fault(true)
}

var _ remote.System = (*peer)(nil)
var _ = maps.Clone[map[string]any]
