package calendar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// What a calendar may have at most.
const (
	mostMembers   = 200
	mostOverrides = 1000
	mostRepeats   = 24 // of a calendar that repeats its bookings
	mostLocations = 20
)

// check says what is wrong with a calendar, all of it at once.
func check(ctx context.Context, tx *db.Tx, by crm.Actor, c *Calendar) error {
	broken := checkSettings(&c.Settings)
	if c.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if !slices.Contains(Types(), c.Type) {
		broken = append(broken, errs.Field{Name: "calendarType", Rule: "choice"})
	}
	broken = append(broken, checkMembers(c)...)
	users, err := crm.Users(ctx, tx, by.LocationID)
	if err != nil {
		return err
	}
	for i, m := range c.Settings.Members {
		if !slices.ContainsFunc(users, func(u crm.User) bool { return u.ID == m.UserID }) {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("teamMembers.%d.userId", i), Rule: "user"})
		}
	}
	if c.GroupID != "" {
		if _, err := GroupByID(ctx, tx, by.LocationID, c.GroupID); errs.Is(err, errs.NotFound) {
			broken = append(broken, errs.Field{Name: "groupId", Rule: "group"})
		} else if err != nil {
			return err
		}
	}
	return errs.InvalidFields(broken...)
}

// checkMembers holds the members against the type.
func checkMembers(c *Calendar) (broken []errs.Field) {
	members := c.Settings.Members
	n, primary := len(members), 0
	seen := map[string]bool{}
	for i, m := range members {
		if seen[m.UserID] {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("teamMembers.%d.userId", i), Rule: "unique"})
		}
		seen[m.UserID] = true
		if m.Primary {
			primary++
		}
		if !slices.Contains([]float64{0, 0.5, 1}, m.Priority) {
			broken = append(broken, errs.Field{Name: fmt.Sprintf("teamMembers.%d.priority", i), Rule: "choice"})
		}
	}
	switch {
	case n == 0 && c.Type != Event:
		broken = append(broken, errs.Field{Name: "teamMembers", Rule: "required"})
	case n > mostMembers:
		broken = append(broken, errs.Field{Name: "teamMembers", Rule: "items", Limit: mostMembers})
	case n > 1 && c.Type == Personal:
		broken = append(broken, errs.Field{Name: "teamMembers", Rule: "items", Limit: 1})
	case primary > 1:
		broken = append(broken, errs.Field{Name: "teamMembers.isPrimary", Rule: "unique"})
	}
	return broken
}

// checkSettings looks at what needs no database.
func checkSettings(s *Settings) (broken []errs.Field) {
	refuse := func(name, rule string, limit int) {
		broken = append(broken, errs.Field{Name: name, Rule: rule, Limit: limit})
	}
	amount := func(name string, a Amount, least time.Duration) {
		const most = 24 * time.Hour
		switch d := a.duration(); {
		case d < least:
			refuse(name, "min", int(least/time.Minute))
		case d > most:
			refuse(name, "max", int(most/time.Minute))
		}
	}
	amount("slotDuration", s.SlotDuration, time.Minute)
	amount("slotInterval", s.SlotInterval, time.Minute)
	amount("slotBuffer", s.SlotBuffer, 0)
	amount("preBuffer", s.PreBuffer, 0)
	for _, a := range []struct {
		name string
		Amount
	}{{"allowBookingAfter", s.BookingAfter}, {"allowBookingFor", s.BookingFor}} {
		const most = 1000
		switch {
		case a.N < 0:
			refuse(a.name, "min", 0)
		case a.N > most:
			refuse(a.name, "max", most)
		}
	}
	for _, n := range []struct {
		name     string
		n, least int
	}{{"appointmentPerSlot", s.PerSlot, 1}, {"appointmentPerDay", s.PerDay, 0}} {
		const most = 10_000
		switch {
		case n.n < n.least:
			refuse(n.name, "min", n.least)
		case n.n > most:
			refuse(n.name, "max", most)
		}
	}
	if s.LookBusyPercentage < 0 || s.LookBusyPercentage > 100 {
		refuse("lookBusyConfig.LookBusyPercentage", "max", 100)
	}
	if s.AvailabilityType != nil && *s.AvailabilityType != 0 && *s.AvailabilityType != 1 {
		refuse("availabilityType", "choice", 0)
	}
	if len(s.Availabilities) > mostOverrides {
		refuse("availabilities", "items", mostOverrides)
	}
	if len(s.Locations) > mostLocations {
		refuse("locationConfigurations", "items", mostLocations)
	}
	return append(append(broken, checkHours(s)...), checkRecurring(s)...)
}

// checkHours looks at the opening hours and the days that have their own.
func checkHours(s *Settings) (broken []errs.Field) {
	hours := func(name string, list []Hours) {
		for _, h := range list {
			if h.Open < 0 || h.Open >= h.Close || h.Close > midnight {
				broken = append(broken, errs.Field{Name: name + ".hours", Rule: "hours"})
				return
			}
		}
	}
	for i, d := range s.OpenHours {
		name := fmt.Sprintf("openHours.%d", i)
		hours(name, d.Hours)
		if slices.ContainsFunc(d.Days, func(n int) bool { return n < 0 || n > 6 }) {
			broken = append(broken, errs.Field{Name: name + ".daysOfTheWeek", Rule: "max", Limit: 6})
		}
	}
	for i, a := range s.Availabilities {
		name := fmt.Sprintf("availabilities.%d", i)
		hours(name, a.Hours)
		if _, err := time.Parse(time.DateOnly, string(a.Date)); err != nil {
			broken = append(broken, errs.Field{Name: name + ".date", Rule: "date"})
		}
	}
	return broken
}

func checkRecurring(s *Settings) (broken []errs.Field) {
	r := s.Recurring
	if !s.EnableRecurring && r == (Recurring{}) {
		return nil
	}
	refuse := func(name, rule string, limit int) {
		broken = append(broken, errs.Field{Name: "recurring." + name, Rule: rule, Limit: limit})
	}
	if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY"}, r.Freq) {
		refuse("freq", "choice", 0)
	}
	if r.Count < 1 {
		refuse("count", "min", 1)
	}
	if r.Count > mostRepeats {
		refuse("count", "max", mostRepeats)
	}
	if !slices.Contains([]string{"", "skip", "continue", "book_next"}, r.Option) {
		refuse("bookingOption", "choice", 0)
	}
	if !slices.Contains([]string{"", Confirmed, Unconfirmed}, r.Overlap) {
		refuse("bookingOverlapDefaultStatus", "choice", 0)
	}
	return broken
}
