package judge

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const plainJSON = "application/json; charset=utf-8"

// What each answer is refused for, by Foyer's own document and the rules of all
// errors.
func TestAWrongAnswerIsSeen(t *testing.T) {
	j, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method, path string
		status             int
		media, body        string
		good               bool
	}{
		{"as it should be", "DELETE", "/businesses/x", 200, plainJSON, `{"success": true, "traceId": "t"}`, true},
		{"with doubled slashes and one at the end", "DELETE", "//businesses/x/", 200, plainJSON, `{"success": true, "traceId": "t"}`, true},
		{"another type", "DELETE", "/businesses/x", 200, plainJSON, `{"success": "yes", "traceId": "t"}`, false},
		{"without traceId", "DELETE", "/businesses/x", 200, plainJSON, `{"success": true}`, false},
		{"with a member nobody knows of", "DELETE", "/businesses/x", 200, plainJSON, `{"success": true, "done": 1, "traceId": "t"}`, false},
		{"no JSON", "DELETE", "/businesses/x", 200, plainJSON, `{"success": true`, false},
		{"another kind of content", "DELETE", "/businesses/x", 200, "text/html", `{"success": true, "traceId": "t"}`, false},
		{"an error", "DELETE", "/businesses/x", 400, plainJSON, `{"statusCode": 400, "message": "no", "error": "Bad Request", "traceId": "t"}`, true},
		{"an error with another status", "DELETE", "/businesses/x", 400, plainJSON, `{"statusCode": 401, "message": "no", "traceId": "t"}`, false},
		{"an error without traceId", "DELETE", "/businesses/x", 400, plainJSON, `{"statusCode": 400, "message": "no"}`, false},
		{"an error with a list", "DELETE", "/businesses/x", 400, plainJSON, `{"statusCode": 400, "message": ["no"], "traceId": "t"}`, false},
		{"broken properties without one", "DELETE", "/businesses/x", 422, plainJSON, `{"statusCode": 422, "message": "no", "traceId": "t"}`, false},
		{"a failure", "DELETE", "/businesses/x", 500, plainJSON, `{"statusCode": 500, "message": "no", "traceId": "t"}`, false},
		{"a recording", "GET", "/conversations/messages/m/locations/l/recording", 200, "audio/x-wav", "RIFF", true},
		{"a recording that is a page", "GET", "/conversations/messages/m/locations/l/recording", 200, "text/html", "RIFF", false},
		{"a named part before any", "GET", "/contacts/search/duplicate", 200, plainJSON, `{"contact": null, "traceId": "t"}`, true},
		{"no such address", "GET", "/contacts/x/y/z", 404, plainJSON, `{"statusCode": 404, "message": "Cannot GET /contacts/x/y/z", "traceId": "t"}`, true},
		{"no such address, in other words", "GET", "/contacts/x/y/z", 404, "text/plain", "404 page not found", false},
		{"another door", "GET", "/v3.0/clients", 404, "text/plain", "404 page not found", true},
	} {
		if wrong := j.Answer(c.method, c.path, c.status, http.Header{"Content-Type": {c.media}}, []byte(c.body)); (len(wrong) == 0) != c.good {
			t.Errorf("%s: %v", c.name, wrong)
		}
	}
}

// described is a document in the manner of HighLevel's.
const described = `{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/businesses/{businessId}": {"delete": {"responses": {
	"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"success": {"type": "boolean"}, "count": {"type": "number"}, "of": {"$ref": "#/components/schemas/Of"}, "none": {"$ref": "#/components/schemas/None"}}}}}},
	"400": {"description": "", "content": {"application/json": {"schema": {"$ref": "../common/common-schemas.json#/components/schemas/Bad"}}}}}}}},
	"components": {"schemas": {"Of": {"type": "object", "properties": {"id": {"type": "string"}}}}}}`

func TestHighLevelsDocumentIsHeldAgainstToo(t *testing.T) {
	j, err := New(fstest.MapFS{
		"businesses.json": {Data: []byte(described)},
		common:            {Data: []byte(`{"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {}, "components": {"schemas": {"Bad": {"type": "object", "required": ["zzz"]}}}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(status int, body string) int {
		return len(j.Answer("DELETE", "/businesses/x", status, http.Header{"Content-Type": {plainJSON}}, []byte(body)))
	}
	if n := answer(400, `{"statusCode": 400, "message": "no", "traceId": "t"}`); n == 0 {
		t.Error("an error without what the document requires was passed")
	}
	if n := answer(200, `{"success": true, "traceId": "t"}`); n != 0 {
		t.Error("a good answer was not passed")
	}
	missing, err := j.Missing()
	if err != nil {
		t.Fatal(err)
	}
	var of []string
	for _, m := range missing {
		if place, its := strings.CutPrefix(m, "DELETE /businesses/{businessId} "); its {
			of = append(of, place)
		}
	}
	if !slices.Equal(of, []string{"/count", "/none", "/of"}) {
		t.Errorf("missing %q", of)
	}
	if len(j.Unused()) == 0 {
		t.Error("no deviation is unused")
	}
}

func TestEveryDeviationNamesItsSection(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, d := range deviations() {
		if at := [2]string{d.Operation, d.Place}; seen[at] {
			t.Errorf("%v stands there twice", at)
		} else {
			seen[at] = true
		}
		if !strings.ContainsRune(d.Why, '§') {
			t.Errorf("%+v: for which section of the contract?", d)
		}
	}
}
