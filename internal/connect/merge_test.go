package connect

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyMeeting draws a field in any state on both sides.
func anyMeeting(t *rapid.T) meeting {
	value := rapid.SampledFrom([]any{"", "a", "b", "c"})
	at := rapid.IntRange(1, 3)
	m := meeting{first: rapid.Bool().Draw(t, "first"), direction: Both, rule: rapid.SampledFrom([]string{Newest, Local, Remote}).Draw(t, "rule"), blanks: rapid.SampledFrom([]string{Clear, Keep}).Draw(t, "blanks")}
	if rapid.Bool().Draw(t, "list") {
		m.rule = Union
		tags := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID)
		draw := func(name string) any { return list(tags.Draw(t, name)) }
		m.localSeen, m.remoteSeen, m.local, m.remote = draw("ls"), draw("rs"), draw("l"), draw("r")
	} else {
		m.localSeen, m.remoteSeen, m.local, m.remote = value.Draw(t, "ls"), value.Draw(t, "rs"), value.Draw(t, "l"), value.Draw(t, "r")
	}
	if rapid.Bool().Draw(t, "in step") { // as it is where nothing is lost on the way
		m.remoteSeen = m.localSeen
	}
	m.localAt, m.remoteAt = time.UnixMilli(int64(at.Draw(t, "la"))), time.UnixMilli(int64(at.Draw(t, "ra")))
	return m
}

// after gives the field when both sides have done what a verdict says.
func (m meeting) after(v verdict) meeting {
	if v.toLocal {
		m.local = v.value
	}
	if v.remote {
		m.remote = v.value
	}
	m.first, m.localSeen, m.remoteSeen = false, m.local, m.remote
	return m
}

// mirrored gives the field as the other side sees it.
func (m meeting) mirrored() meeting {
	m.local, m.remote, m.localSeen, m.remoteSeen, m.localAt, m.remoteAt = m.remote, m.local, m.remoteSeen, m.localSeen, m.remoteAt, m.localAt
	m.rule = map[string]string{Local: Remote, Remote: Local, Newest: Newest, Union: Union}[m.rule]
	return m
}

func TestAMergeSettlesAField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMeeting(t)
		v := m.merge()
		now := m.after(v)
		if again := now.merge(); again.toLocal || again.remote {
			t.Fatalf("%+v → %+v, and then %+v", m, v, again)
		}
		edited := m.first || !same(m.local, m.localSeen) || !same(m.remote, m.remoteSeen)
		kept := m.blanks == Keep && !m.first && (blank(m.local) || blank(m.remote))
		if edited && !kept && !same(now.local, now.remote) {
			t.Fatalf("%+v → %+v: %v here and %v there", m, v, now.local, now.remote)
		}
		if !edited && (v.toLocal || v.remote) {
			t.Fatalf("%+v → %+v without an edit", m, v)
		}
	})
}

func TestAMergeIsTheSameFromEitherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMeeting(t)
		if m.localAt.Equal(m.remoteAt) {
			m.remoteAt = m.remoteAt.Add(time.Second) // of the same moment, the side that looks counts
		}
		one, other := m.after(m.merge()), m.mirrored().after(m.mirrored().merge())
		if !same(one.local, other.remote) || !same(one.remote, other.local) {
			t.Fatalf("%+v: %v, %v from here and %v, %v from there", m, one.local, one.remote, other.remote, other.local)
		}
	})
}

func TestAMergeNeverLosesToABlankAtFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMeeting(t)
		m.first = true
		now := m.after(m.merge())
		if !blank(m.local) && blank(now.local) || !blank(m.remote) && blank(now.remote) {
			t.Fatalf("%+v → %v, %v", m, now.local, now.remote)
		}
	})
}

func TestAFieldCrossesTheWayItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMeeting(t)
		m.direction = rapid.SampledFrom([]string{In, Out}).Draw(t, "direction")
		if v := m.merge(); v.toLocal && m.direction == Out || v.remote && m.direction == In {
			t.Fatalf("%+v → %+v", m, v)
		}
	})
}

func TestATransformComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		t           Transform
		here, there any
	}{
		"national phone": {Transform{Phone: "national"}, "+16025550147", "(602) 555-0147"},
		"digits":         {Transform{Phone: "digits"}, "+16025550147", "16025550147"},
		"US date":        {Transform{Date: "us"}, "1975-03-24", "03/24/1975"},
		"European date":  {Transform{Date: "eu"}, "1975-03-24", "24/03/1975"},
		"millis":         {Transform{Date: "millis"}, "2026-01-02T03:04:05Z", "1767323045000"},
		"table":          {Transform{Table: map[string]string{"seller": "Listing client"}}, "seller", "Listing client"},
		"join":           {Transform{Join: "; "}, []string{"a", "b"}, "a; b"},
		"split":          {Transform{Split: ", "}, "a, b", []string{"a", "b"}},
		"unknown phone":  {Transform{Phone: "e164"}, "call the office", "call the office"},
	} {
		if got := c.t.out(c.here); !same(got, c.there) {
			t.Errorf("%s: %v goes out as %v", name, c.here, got)
		}
		if got := c.t.in(c.there); !same(got, c.here) {
			t.Errorf("%s: %v comes in as %v", name, c.there, got)
		}
	}
	if got := (&Transform{Constant: "Foyer"}).out("x"); got != "Foyer" {
		t.Errorf("constant: %v", got)
	}
	if got := (&Transform{Default: "lead"}).out(""); got != "lead" {
		t.Errorf("default: %v", got)
	}
}
