package calendar

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"
)

// Member is a user whose time a calendar offers.
type Member struct {
	UserID    string            `json:"userId"`
	Priority  float64           `json:"priority"` // 0 low, 0.5 medium, 1 high
	Primary   bool              `json:"isPrimary,omitempty"`
	Locations []MeetingLocation `json:"locationConfigurations,omitempty"`
}

// Pick chooses who of the free members gets a booking. booked says how many each
// has in the month. For availability the highest priority counts first, then who
// has fewest; for an equal distribution who has fewest for their priority: a
// member of high priority gets three where one of low priority gets one. Of
// equals the first in the list is chosen; "" if nobody is free.
func Pick(members []Member, free []string, booked map[string]int, equal bool) string {
	var able []Member
	for _, m := range members {
		if slices.Contains(free, m.UserID) {
			able = append(able, m)
		}
	}
	if len(able) == 0 {
		return ""
	}
	share := func(m Member) float64 { return float64(booked[m.UserID]) / (1 + 2*m.Priority) }
	best := slices.MinFunc(able, func(a, b Member) int {
		if equal {
			return cmp.Compare(share(a), share(b))
		}
		if a.Priority != b.Priority {
			return cmp.Compare(b.Priority, a.Priority)
		}
		return cmp.Compare(booked[a.UserID], booked[b.UserID])
	})
	return best.UserID
}

// LookBusy hides per cent of the slots of each day, always the same ones, so that
// a calendar looks sought after. What is hidden can be booked all the same.
func LookBusy(slots []Slot, calendarID string, percent int, zone *time.Location) []Slot {
	var shown []Slot
	for len(slots) > 0 {
		day := dateOf(slots[0].Start.In(zone))
		n := slices.IndexFunc(slots, func(s Slot) bool { return dateOf(s.Start.In(zone)) != day })
		if n < 0 {
			n = len(slots)
		}
		shown = append(shown, hide(slots[:n], calendarID, n*percent/100)...)
		slots = slots[n:]
	}
	return shown
}

// hide leaves n slots out.
func hide(slots []Slot, calendarID string, n int) []Slot {
	rank := func(s Slot) uint64 {
		h := fnv.New64a()
		_, _ = h.Write(strconv.AppendInt([]byte(calendarID), s.Start.Unix(), 10)) // never fails
		return h.Sum64()
	}
	order := slices.Clone(slots)
	slices.SortFunc(order, func(a, b Slot) int { return cmp.Compare(rank(a), rank(b)) })
	kept := order[n:]
	slices.SortFunc(kept, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return kept
}
