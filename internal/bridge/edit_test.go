package bridge_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
)

// model is what is known of both sides of a world.
type model struct {
	*world
	rule   string // for what is deleted
	n      int
	edits  int
	wrote  int // there, as the wire counted
	ratio  string
	people []*person
	things []*thing
}

// fate is what became of a record.
type fate struct {
	said    [2]map[string]string // what was last said of each field on each side, since both were equal
	deleted [2]bool
	other   bool // the other side had it when it was deleted
}

func newFate() fate { return fate{said: [2]map[string]string{{}, {}}} }

func (f *fate) dead() bool { return f.deleted[0] || f.deleted[1] }

// person is somebody who is on one side or both.
type person struct {
	fate
	email     string
	fresh     map[string]bool // tags of the first side that the other may not have heard of
	tags, off map[string]bool // that somebody added and nobody took away; that somebody took away
	twin      bool            // both sides made them and have not met yet: two people, for all anybody knows
	merged    *person         // into whom, on the first side
	united    bool            // with another: only that both sides are equal is known
}

// thing belongs to a person: a task, a note, an appointment or an opportunity. It
// has a mark that nobody changes.
type thing struct {
	fate
	kind  remote.Kind
	mark  string
	owner *person
	loose bool // its people were made one while it was on its way: it may be on one side alone
}

var texts = []string{"firstName", "lastName", "city"}

// edit has somebody do something on one of the sides.
func (m *model) edit() {
	m.n++
	n := m.random.IntN(2)
	if len(m.people) == 0 || m.random.IntN(8) == 0 {
		m.edits++
		m.meet(n)
		return
	}
	p := m.people[m.random.IntN(len(m.people))]
	id := m.sides[n].find(p.email)
	if id == "" || p.dead() || p.merged != nil {
		return
	}
	m.edits++
	switch m.random.IntN(16) {
	case 0:
		m.leave(n, p, id)
	case 1:
		m.unite(p)
	case 2, 3:
		tag := fmt.Sprint("t", m.n)
		m.sides[n].tag(id, tag, true)
		p.tags[tag], p.fresh[tag] = true, n == 0
	case 4:
		for _, tag := range slices.Sorted(maps.Keys(p.tags)) {
			// what was sent and nobody heard of, and is taken away over there at
			// once, looks as if it had never come: see docs/sync.md, Limits
			if n == 1 && p.fresh[tag] {
				continue
			}
			if m.sides[n].tag(id, tag, false) {
				delete(p.tags, tag)
				p.off[tag] = true
			}
			break
		}
	case 5, 6, 7:
		m.add(n, p, id)
	case 8, 9, 10, 11:
		m.touch(n, p, id)
	default:
		field, value := texts[m.random.IntN(len(texts))], fmt.Sprint("v", m.n)
		if m.random.IntN(8) == 0 && field == "city" {
			value = ""
		}
		m.sides[n].say(id, field, value)
		p.said[n][field] = value
	}
}

// meet makes somebody, now and then on both sides before they have met.
func (m *model) meet(n int) {
	p := &person{fate: newFate(), email: fmt.Sprintf("p%d@x.example", m.n), fresh: map[string]bool{}, tags: map[string]bool{}, off: map[string]bool{}}
	m.people = append(m.people, p)
	m.sides[n].make(p.email, "firstName", fmt.Sprint("F", m.n))
	p.said[n]["firstName"] = fmt.Sprint("F", m.n)
	if m.random.IntN(5) == 0 {
		p.twin = true
		m.edits++
		m.sides[1-n].make(p.email, "lastName", fmt.Sprint("L", m.n))
		p.said[1-n]["lastName"] = fmt.Sprint("L", m.n)
	}
}

// leave deletes somebody.
func (m *model) leave(n int, p *person, id string) {
	if p.twin {
		return
	}
	p.other = m.sides[1-n].find(p.email) != ""
	if m.sides[n].remove(remote.Contact, "", id) {
		p.deleted[n] = true
	}
	for _, t := range m.things { // they had come to the one who goes
		t.loose = t.loose || t.owner.merged == p
	}
}

// unite makes two people one, on the first side.
func (m *model) unite(keep *person) {
	other := m.people[m.random.IntN(len(m.people))]
	if other == keep || other.dead() || other.merged != nil || other.twin || keep.twin || m.random.IntN(3) > 0 {
		return
	}
	var ids [2]string
	for i, p := range []*person{keep, other} {
		if ids[i] = m.sides[0].find(p.email); ids[i] == "" || m.sides[1].find(p.email) == "" {
			return
		}
	}
	for _, t := range m.things {
		if t.owner == other || t.owner.merged == other {
			t.loose = true
		}
		if t.owner.merged == other {
			t.owner.merged = keep
		}
	}
	other.merged, keep.united, other.united = keep, true, true
	m.sides[0].do(func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.MergeContacts(ctx, tx, m.sides[0].by, ids[0], ids[1])
		return err
	})
}

// owned are the kinds of things.
var owned = []remote.Kind{remote.Task, remote.Note, remote.Appointment, remote.Opportunity}

// add makes a thing.
func (m *model) add(n int, p *person, id string) {
	t := &thing{fate: newFate(), kind: owned[m.random.IntN(len(owned))], mark: fmt.Sprint("m", m.n), owner: p}
	said := m.words(t.kind)
	if t.kind == remote.Note || t.kind == remote.Task {
		said["text"] = fmt.Sprint("x", m.n)
	}
	m.sides[n].write(t.kind, id, "", t.mark, said)
	t.said[n] = said
	m.things = append(m.things, t)
}

// touch changes a thing, or deletes it.
func (m *model) touch(n int, p *person, contactID string) {
	var own []*thing
	for _, t := range m.things {
		if t.owner == p && !t.dead() {
			own = append(own, t)
		}
	}
	if len(own) == 0 {
		return
	}
	t := own[m.random.IntN(len(own))]
	all := m.sides[n].all()
	have := all.things[t.mark]
	if len(have) == 0 {
		return
	}
	if m.random.IntN(6) == 0 {
		t.other = len(m.sides[1-n].all().things[t.mark]) > 0
		if m.sides[n].remove(t.kind, contactID, have[0]["id"]) {
			t.deleted[n] = true
		}
		return
	}
	said := m.words(t.kind)
	for field := range said { // one of them
		maps.DeleteFunc(said, func(f, _ string) bool { return f != field })
		break
	}
	m.sides[n].write(t.kind, contactID, have[0]["id"], t.mark, said)
	maps.Copy(t.said[n], said)
}

// words gives something to say of a thing.
func (m *model) words(kind remote.Kind) map[string]string {
	pick := func(list ...string) string { return list[m.random.IntN(len(list))] }
	at := time.Now().AddDate(0, 0, 2+m.random.IntN(200)).UTC().Truncate(time.Hour).Format(time.RFC3339)
	switch kind {
	case remote.Task:
		return map[string]string{"text": fmt.Sprint("x", m.n), "done": pick("true", "false"), "due": at}
	case remote.Appointment:
		return map[string]string{"start": at, "status": pick(calendar.Confirmed, calendar.Cancelled, calendar.Showed, calendar.NoShow), "place": pick("0", "1"), "address": fmt.Sprint("x", m.n)}
	case remote.Opportunity:
		return map[string]string{"place": pick("0", "1"), "status": pick(crm.OpportunityStatuses...), "value": strconv.Itoa(m.n)}
	}
	return map[string]string{"text": fmt.Sprint("x", m.n)}
}

// find gives the contact with an e-mail address, "" for none.
func (s *side) find(email string) (id string) {
	s.see(func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByEmail(ctx, tx, s.by.LocationID, email)
		if c != nil {
			id = c.ID
		}
		return err
	})
	return id
}

func (s *side) make(email, field, value string) {
	s.do(func(ctx context.Context, tx *db.Tx) error {
		e, _ := crm.NewEmail(email, "")
		in := crm.Input{Contact: crm.Contact{Emails: []crm.Email{e}}}
		*in.Text(field) = value
		_, err := crm.SaveContact(ctx, tx, s.by, crm.Save{Input: in, Match: []crm.Key{crm.KeyEmail}, OnMatch: crm.Overwrite})
		return err
	})
}

func (s *side) say(id, field, value string) {
	s.gone(func(ctx context.Context, tx *db.Tx) error {
		in := crm.Input{Blend: crm.BlendReplace}
		if value == "" {
			in.Clear = []string{field}
		} else {
			*in.Text(field) = value
		}
		_, err := crm.SaveContact(ctx, tx, s.by, crm.Save{ID: id, Input: in, OnMatch: crm.Overwrite})
		return err
	})
}

// tag reports whether it did anything.
func (s *side) tag(id, tag string, add bool) (did bool) {
	s.gone(func(ctx context.Context, tx *db.Tx) error {
		do := crm.RemoveTags
		if add {
			do = crm.AddTags
		}
		c, err := do(ctx, tx, s.by, id, []string{tag})
		did = err == nil && len(c.Changed) > 0
		return err
	})
	return did
}

// remove reports whether it was there.
func (s *side) remove(kind remote.Kind, contactID, id string) bool {
	return s.gone(func(ctx context.Context, tx *db.Tx) error {
		switch kind {
		case remote.Task:
			return crm.DeleteTask(ctx, tx, s.by, contactID, id)
		case remote.Note:
			return crm.DeleteNote(ctx, tx, s.by, contactID, id)
		case remote.Appointment:
			return calendar.DeleteEvent(ctx, tx, s.by, id)
		case remote.Opportunity:
			return crm.DeleteOpportunity(ctx, tx, s.by, id)
		}
		return crm.DeleteContact(ctx, tx, s.by, id)
	})
}

// write makes a thing, or changes the one with an id.
func (s *side) write(kind remote.Kind, contactID, id, mark string, said map[string]string) {
	at := func(field string) *string {
		if v, ok := said[field]; ok {
			return &v
		}
		return nil
	}
	when := func(field string) *time.Time {
		if t, err := time.Parse(time.RFC3339, said[field]); err == nil {
			return &t
		}
		return nil
	}
	s.gone(func(ctx context.Context, tx *db.Tx) (err error) {
		switch kind {
		case remote.Task:
			to := crm.TaskChange{Title: at("text"), DueAt: when("due")}
			if v := at("done"); v != nil {
				done := *v == "true"
				to.Completed = &done
			}
			if id == "" {
				_, err = crm.AddTask(ctx, tx, s.by, crm.Task{ContactID: contactID, Title: *to.Title, Body: mark, DueAt: *to.DueAt, Completed: *to.Completed})
				return err
			}
			_, err = crm.ChangeTask(ctx, tx, s.by, contactID, id, to)
		case remote.Note:
			if id == "" {
				_, err = crm.AddNote(ctx, tx, s.by, crm.Note{ContactID: contactID, Title: mark, Body: said["text"]})
				return err
			}
			_, err = crm.ChangeNote(ctx, tx, s.by, contactID, id, crm.NoteChange{Body: at("text")})
		case remote.Appointment:
			var place *string
			if v := at("place"); v != nil {
				place = &s.calendars[(*v)[0]-'0']
			}
			start := when("start")
			if id == "" {
				_, err = calendar.Book(ctx, tx, s.by, calendar.Booking{CalendarID: *place, ContactID: contactID, Title: mark, Start: *start, End: start.Add(time.Hour), Status: said["status"],
					Details: calendar.Details{Address: said["address"]}, AnyTime: true, AnySlot: true})
				return err
			}
			_, err = calendar.ChangeAppointment(ctx, tx, s.by, id, calendar.AppointmentChange{CalendarID: place, Start: start, Status: at("status"), Address: at("address"), AnyTime: true, AnySlot: true})
		case remote.Opportunity:
			to := crm.OpportunityChange{Status: at("status")}
			if v := at("place"); v != nil {
				to.StageID = &s.stages[(*v)[0]-'0']
			}
			if v := at("value"); v != nil {
				n, _ := strconv.ParseFloat(*v, 64)
				to.MonetaryValue = &n
			}
			if id == "" {
				to.Name, to.PipelineID, to.ContactID = &mark, &s.pipeline, &contactID
				_, err = crm.AddOpportunity(ctx, tx, s.by, to, true)
				return err
			}
			_, err = crm.ChangeOpportunity(ctx, tx, s.by, id, to)
		}
		return err
	})
}
