package judge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Sent says what is wrong with a request to HighLevel, by HighLevel's own document
// of version 2: an address or a parameter that is not in it, a body that it does not
// describe. HighLevel refuses members that it does not name (contract.md §1), and so
// does this.
func (j *Judge) Sent(r *http.Request, body []byte) []error {
	o := j.operations.find(r.Method, split(r.URL.EscapedPath()))
	if o == nil {
		return []error{fmt.Errorf("%s %s is in no document", r.Method, r.URL.Path)}
	}
	theirs, err := o.theirs()
	if err != nil {
		return []error{err}
	}
	if len(theirs) == 0 {
		return []error{fmt.Errorf("%s is not in HighLevel's document", o.name)}
	}
	wrong := asked(theirs[0], r)
	if schema := bodyOf(theirs[0]); schema != nil {
		wrong = append(wrong, j.body(r.Method, schema, body)...)
	} else if len(body) > 0 && string(body) != "{}" && r.Method == http.MethodGet {
		wrong = append(wrong, fmt.Errorf("a body that is not described"))
	}
	for i := range wrong {
		wrong[i] = fmt.Errorf("%s: %w", o.name, wrong[i])
	}
	return wrong
}

func bodyOf(o *openapi3.Operation) *openapi3.Schema {
	if o.RequestBody == nil {
		return nil
	}
	media := o.RequestBody.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil
	}
	return media.Schema.Value
}

// asked holds the query and the headers against the parameters.
func asked(o *openapi3.Operation, r *http.Request) (wrong []error) {
	var known []string
	for _, p := range o.Parameters {
		known = append(known, p.Value.In+" "+p.Value.Name)
		value, there := "", false
		switch p.Value.In {
		case "query":
			value, there = r.URL.Query().Get(p.Value.Name), r.URL.Query().Has(p.Value.Name)
		case "header":
			value, there = r.Header.Get(p.Value.Name), r.Header.Get(p.Value.Name) != ""
		default:
			continue
		}
		if !there {
			if p.Value.Required {
				wrong = append(wrong, fmt.Errorf("%s is not there", p.Value.Name))
			}
			continue
		}
		if s := p.Value.Schema.Value; len(s.Enum) > 0 && !slices.Contains(s.Enum, any(value)) {
			wrong = append(wrong, fmt.Errorf("%s is %q, not one of %v", p.Value.Name, value, s.Enum))
		}
	}
	for name := range r.URL.Query() {
		if !slices.Contains(known, "query "+name) {
			wrong = append(wrong, fmt.Errorf("the parameter %s is not described", name))
		}
	}
	return wrong
}

// body holds a body against its schema, to its last member.
func (j *Judge) body(method string, schema *openapi3.Schema, body []byte) (wrong []error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return []error{fmt.Errorf("the body is no JSON: %w", err)}
	}
	list := map[string]string{}
	collect(schema.VisitJSON(v, openapi3.MultiErrors(), openapi3.VisitAsRequest()), list)
	for place, why := range list {
		if place == "/dateOfBirth" || place == "/customFields/*" {
			continue // typed as objects, with a text and a number for examples (contract.md §8.1)
		}
		wrong = append(wrong, fmt.Errorf("%s: %s", place, why))
	}
	j.schemas.shown(schema, v, "", func(property) {}, func(place string) {
		if method != http.MethodPut || place != "/companyName" && place != "/gender" { // refused, they are not sent again (contract.md §22)
			wrong = append(wrong, fmt.Errorf("%s should not exist", place))
		}
	})
	return wrong
}
