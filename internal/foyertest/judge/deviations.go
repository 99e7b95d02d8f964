package judge

import "strings"

// Deviation is a place where an answer of Foyer is not as HighLevel's document
// has it, because HighLevel's own servers do not answer so either.
type Deviation struct {
	Operation string // GET /contacts/{contactId}; * is any
	Place     string // a JSON pointer, and all below it; "status 404"; "Content-Type"
	Why       string // with the section of contract.md
}

func (d Deviation) covers(operation, place string) bool {
	return (d.Operation == "*" || d.Operation == operation) && (place == d.Place || strings.HasPrefix(place, d.Place+"/"))
}

// deviations is the only list of them.
var deviations = []Deviation{
	{"*", "status 403", "no document has it (§6)"},
}
