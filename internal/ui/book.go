package ui

import "github.com/foyer-crm/foyer/internal/calendar"

// bookPath is the address of the public page of a calendar.
func bookPath(c *calendar.Calendar) string { return "/book/" + c.LocationID + "/" + c.ID }
