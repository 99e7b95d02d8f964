package highlevel_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/foyertest/judge"
)

// The document has every operation that is served, and nothing else.
func TestTheDocumentIsTheTable(t *testing.T) {
	f := foyertest.New(t)
	_, text := raw(t, f, "GET", "/openapi.json", "")
	var version struct{ OpenAPI string }
	if err := json.Unmarshal([]byte(text), &version); err != nil || version.OpenAPI != "3.1.0" {
		t.Errorf("version %q, %v", version.OpenAPI, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	want, ids := map[string]bool{}, map[string]string{}
	for _, o := range highlevel.AllOperations() {
		if o.Status() == "done" {
			want[o.Method+" "+placeholder.ReplaceAllString(o.Path, "{}")] = true
		}
	}
	got := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			got[method+" "+placeholder.ReplaceAllString(path, "{}")] = true
			if other := ids[o.OperationID]; other != "" {
				t.Errorf("%s and %s are both called %s", path, other, o.OperationID)
			}
			ids[o.OperationID] = path
			if o.Summary == "" || len(o.Tags) != 1 || o.Extensions["x-scope"] == "" || o.Extensions["x-token"] == "" || o.Responses.Len() < 5 || len(o.Parameters) < strings.Count(path, "{") {
				t.Errorf("%s %s is not told whole", method, path)
			}
		}
	}
	if !maps.Equal(want, got) {
		t.Errorf("document %v\ntable %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	status, page := raw(t, f, "GET", "/docs/api", "")
	if status != 200 || !strings.Contains(page, "/conversations/messages/inbound") || !strings.Contains(page, "<h2>Contacts</h2>") {
		t.Errorf("%d %s", status, page)
	}
	res, _ := http.Head(f.URL + "/openapi.json")
	if res == nil || res.Header.Get("ETag") == "" {
		t.Fatal("no ETag")
	}
	_ = res.Body.Close()
	if status, _ := raw(t, f, "GET", "/openapi.json", "", "If-None-Match", res.Header.Get("ETag")); status != http.StatusNotModified {
		t.Errorf("known already: %d", status)
	}
}

// What Foyer's document says of a body is what is read, and so is what HighLevel's
// says: a strict door has nothing against any of it.
func TestWhatIsDocumentedOfABodyIsRead(t *testing.T) {
	f := foyertest.New(t)
	prepare(t, f)
	strict := another(t, f, highlevel.Options{Strict: true, RequireVersion: true})
	theirs, err := foyertest.TheJudge()
	if err != nil {
		t.Fatal(err)
	}
	_, text := raw(t, f, "GET", "/openapi.json", "")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ana := created(t, f, `"firstName": "Ana", "email": "ana@x.example"`)
	for _, o := range highlevel.Operations() {
		path := fillPath(o, func(name string) string {
			if known := map[string]string{"locationId": f.Vars["locationId"], "contactId": ana, "type": "add", "resourceType": "rooms"}[name]; known != "" {
				return known
			}
			return "none"
		})
		as := []string{"Authorization", "Bearer " + f.Vars["highlevel.privateToken"]}
		if o.Token == highlevel.Agency {
			as[1] = "Bearer " + f.Vars["agency"]
		}
		own, other := askedOf(doc, o), theirsOf(t, theirs, o)
		for name := range namesOf(other) {
			if own == nil || namesOf(own)[name] == nil {
				t.Errorf("%s: Foyer's document lacks %s, which HighLevel's has", o.Name, name)
			}
		}
		for whose, schema := range map[string]*openapi3.Schema{"Foyer": own, "HighLevel": other} {
			if schema == nil {
				continue
			}
			body := example(f, "", schema)
			if list, ok := body.([]any); ok {
				list[0].(map[string]any)["zzz"] = 1
			} else {
				body.(map[string]any)["zzz"] = 1
			}
			whole, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			status, answer := raw(t, strict, o.Method, path, string(whole), as...)
			if status != http.StatusUnprocessableEntity || strings.Count(answer, "should not exist") != 1 || !strings.Contains(answer, "property zzz should not exist") {
				t.Errorf("%s, as %s documents it: %d %s\n%s", o.Name, whose, status, answer, whole)
			}
		}
	}
}

// namesOf gives the properties of a body, or of each item of a list.
func namesOf(s *openapi3.Schema) openapi3.Schemas {
	if s == nil {
		return nil
	}
	if s.Items != nil {
		return s.Items.Value.Properties
	}
	return s.Properties
}

// askedOf gives what Foyer's document says of the body of a request.
func askedOf(doc *openapi3.T, o highlevel.Operation) *openapi3.Schema {
	item := doc.Paths.Find(o.Path)
	if item == nil || item.GetOperation(o.Method) == nil || item.GetOperation(o.Method).RequestBody == nil {
		return nil
	}
	media := item.GetOperation(o.Method).RequestBody.Value.Content.Get("application/json")
	if media == nil {
		return nil // files
	}
	return media.Schema.Value
}

// theirsOf gives what HighLevel's document says of it.
func theirsOf(t *testing.T, j *judge.Judge, o highlevel.Operation) *openapi3.Schema {
	t.Helper()
	schema, err := j.Asked(o.Method, o.Path)
	if err != nil {
		t.Fatal(err)
	}
	if schema == nil || len(schema.Properties) == 0 && schema.Items == nil {
		return nil
	}
	return schema
}

// example gives a value of a schema, with all that it names.
func example(f *foyertest.F, name string, s *openapi3.Schema) any {
	known := map[string]any{"locationId": f.Vars["locationId"], "companyId": f.Vars["companyId"], "email": "x@x.example", "phone": "6025550147", "country": "US", "timezone": "Europe/Rome"}
	if v := known[name]; v != nil {
		return v
	}
	switch {
	case len(s.AllOf) > 0:
		return example(f, name, s.AllOf[0].Value)
	case len(s.OneOf) > 0:
		return example(f, name, s.OneOf[0].Value)
	case len(s.AnyOf) > 0:
		return example(f, name, s.AnyOf[0].Value)
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is("string"):
		return "x"
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("integer"), s.Type.Is("number"):
		return 1
	case s.Type.Is("array"):
		return []any{example(f, "", s.Items.Value)}
	case len(s.Properties) > 0:
		o := map[string]any{}
		for name, is := range s.Properties {
			if name != "filters" || s.Properties["field"] == nil { // a filter may hold filters
				o[name] = example(f, name, is.Value)
			}
		}
		return o
	case s.AdditionalProperties.Schema != nil:
		return map[string]any{"x": example(f, "", s.AdditionalProperties.Schema.Value)}
	}
	return "x"
}
