package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// gone runs f, which may find that the other side deleted what it is about
// meanwhile: then it reports false.
func (s *side) gone(f func(ctx context.Context, tx *db.Tx) error) bool {
	s.t.Helper()
	err := s.DB.Write(context.Background(), s.by.LocationID, f)
	if err != nil && !errs.Is(err, errs.NotFound) {
		s.t.Error(err)
	}
	return err == nil
}

// snapshot is all that a side has: people by their e-mail addresses, things by
// their marks, each as often as it is there.
type snapshot struct {
	people map[string][]map[string]string
	things map[string][]map[string]string
	tags   map[string][]string
}

func (s *side) all() (out snapshot) {
	s.t.Helper()
	s.see(func(ctx context.Context, tx *db.Tx) error {
		out = snapshot{map[string][]map[string]string{}, map[string][]map[string]string{}, map[string][]string{}}
		loc := s.by.LocationID
		put := func(kind remote.Kind, mark string, values map[string]string) {
			values["kind"] = string(kind)
			out.things[mark] = append(out.things[mark], values)
		}
		list, err := crm.Wholes(ctx, tx, loc, "", 5000, false)
		if err != nil {
			return err
		}
		for i := range list {
			c := &list[i].Contact
			values := map[string]string{"id": c.ID}
			for _, field := range texts {
				values[field] = *c.Text(field)
			}
			out.people[c.Email] = append(out.people[c.Email], values)
			out.tags[c.Email] = slices.Sorted(slices.Values(c.Tags))
			for _, t := range list[i].Tasks {
				put(remote.Task, t.Body, map[string]string{"id": t.ID, "text": t.Title, "done": strconv.FormatBool(t.Completed), "due": t.DueAt.UTC().Format(time.RFC3339)})
			}
			for _, n := range list[i].Notes {
				put(remote.Note, n.Title, map[string]string{"id": n.ID, "text": n.Body})
			}
		}
		for n, id := range s.calendars {
			list, err := calendar.Appointments(ctx, tx, loc, calendar.During{From: time.Now().AddDate(-1, 0, 0), To: time.Now().AddDate(2, 0, 0), CalendarID: id})
			if err != nil {
				return err
			}
			for _, a := range list {
				put(remote.Appointment, a.Title, map[string]string{"id": a.ID, "start": a.Start.UTC().Format(time.RFC3339), "length": a.End.Sub(a.Start).String(), "status": a.Status, "place": strconv.Itoa(n), "address": a.Details.Address})
			}
		}
		deals, _, err := crm.Opportunities(ctx, tx, loc, crm.OpportunityQuery{Limit: 5000})
		for _, o := range deals {
			put(remote.Opportunity, o.Name, map[string]string{"id": o.ID, "status": o.Status, "value": strconv.FormatFloat(o.MonetaryValue, 'f', -1, 64), "place": strconv.Itoa(slices.Index(s.stages[:], o.StageID))})
		}
		return err
	})
	return out
}

// check holds both sides against each other and against what was said.
func (m *model) check() {
	m.t.Helper()
	here, there := m.sides[0].all(), m.sides[1].all()
	for _, p := range m.people {
		a, b := here.people[p.email], there.people[p.email]
		if p.merged != nil {
			if len(a) > 0 || len(b) != 1 {
				m.t.Errorf("%s was made one with another: %d here, %d there", p.email, len(a), len(b))
			}
			continue
		}
		if !m.alive(&p.fate, p.email, len(a), len(b)) {
			if m.rule == connect.Archive && len(a)+len(b) == 1 && p.other && !slices.Contains(append(here.tags[p.email], there.tags[p.email]...), "archived") {
				m.t.Errorf("%s has no tag that says so", p.email)
			}
			continue
		}
		m.compare(&p.fate, p.email, p.united, a[0], b[0])
		m.tags(p, here.tags[p.email], there.tags[p.email])
		p.twin = false
		clear(p.fresh)
	}
	for _, t := range m.things {
		a, b := here.things[t.mark], there.things[t.mark]
		name := string(t.kind) + " " + t.mark + " of " + t.owner.email
		switch {
		case t.owner.dead(), t.loose:
			if len(a) > 1 || len(b) > 1 || m.rule == connect.Delete && len(a)+len(b) > 0 && t.owner.dead() && !t.owner.united {
				m.t.Errorf("%s: %d here, %d there", name, len(a), len(b))
			}
		case m.alive(&t.fate, name, len(a), len(b)):
			m.compare(&t.fate, name, false, a[0], b[0])
		}
	}
	for _, all := range []snapshot{here, there} {
		if len(all.things) > len(m.things) {
			m.t.Errorf("%d marks of %d", len(all.things), len(m.things))
		}
	}
	m.counts()
	if s := m.status(); s.Rejected > 0 || s.Connection.Status != connect.Active {
		m.t.Errorf("rejects: %s", m.dump())
	}
	if m.t.Failed() {
		m.trace()
		m.t.FailNow()
	}
}

// alive reports whether a record is to be on both sides, and fails if it is where
// it is not to be.
func (m *model) alive(f *fate, name string, a, b int) bool {
	m.t.Helper()
	n := [2]int{a, b}
	switch {
	case !f.dead():
		if n != [2]int{1, 1} {
			m.t.Errorf("%s is %d times here and %d times there", name, a, b)
			return false
		}
		return true
	case m.rule == connect.Delete:
		if n != [2]int{} {
			m.t.Errorf("%s was deleted and is %d times here and %d times there", name, a, b)
		}
	default:
		for i := range 2 {
			if f.deleted[i] && n[i] > 0 || n[i] > 1 || !f.deleted[i] && f.other && n[i] == 0 {
				m.t.Errorf("%s was deleted %v and is %d times here and %d times there", name, f.deleted, a, b)
			}
		}
	}
	return false
}

// compare holds the fields of a record against each other, and against what was
// last said on either side.
func (m *model) compare(f *fate, name string, united bool, a, b map[string]string) {
	m.t.Helper()
	for field, value := range a {
		if field == "id" {
			continue
		}
		if value != b[field] {
			m.t.Errorf("%s: %s is %q here and %q there", name, field, value, b[field])
		}
		one, okOne := f.said[0][field]
		two, okTwo := f.said[1][field]
		if !united && (okOne || okTwo) && (!okOne || value != one) && (!okTwo || value != two) {
			m.t.Errorf("%s: %s is %q; %q was said here and %q there", name, field, value, one, two)
		}
	}
	f.said = [2]map[string]string{{}, {}}
}

func (m *model) tags(p *person, a, b []string) {
	m.t.Helper()
	if !slices.Equal(a, b) {
		m.t.Errorf("%s: tags %v here and %v there", p.email, a, b)
	}
	for tag := range p.tags {
		if !slices.Contains(a, tag) {
			m.t.Errorf("%s: tag %s is lost", p.email, tag)
		}
	}
	for tag := range p.off {
		if !p.united && slices.Contains(a, tag) {
			m.t.Errorf("%s: tag %s is back", p.email, tag)
		}
	}
}

// counts holds the writes on each side against the edits.
func (m *model) counts() {
	m.t.Helper()
	m.wrote += len(m.wire.written())
	here := 0
	s := m.sides[0]
	s.see(func(ctx context.Context, tx *db.Tx) error {
		here = 0
		for after := ""; ; {
			events, err := crm.EventsBetween(ctx, tx, s.by.LocationID, after, "~", 500)
			if err != nil || len(events) == 0 {
				return err
			}
			for i := range events {
				if events[i].Origin == connect.Origin {
					here++
				}
				after = events[i].ID
			}
		}
	})
	if here > 2*m.edits || m.wrote > 2*m.edits {
		m.t.Errorf("%d writes here and %d there for %d edits", here, m.wrote, m.edits)
	}
	m.ratio = fmt.Sprintf("%d edits, %d writes here, %d there", m.edits, here, m.wrote)
}
