package geo

import (
	_ "embed" // the list of zones
	"strings"
)

// zones are the names of the IANA time zone database that stand for a region,
// without the old short ones. The database is in the public domain.
//
//go:embed zones.txt
var zones string

// Zones gives the names of the world's time zones in alphabetical order.
func Zones() []string { return strings.Fields(zones) }
