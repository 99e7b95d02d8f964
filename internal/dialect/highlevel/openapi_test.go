package highlevel_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// HighLevel's own description of its answers is the judge of ours.
func TestAnswersAreAsHighLevelDescribesThem(t *testing.T) {
	file := catalogue + "openapi/contacts.json"
	if _, err := os.Stat(file); err != nil {
		t.Skip("skipped: HighLevel's OpenAPI files are not here")
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	doc := load(t, loader, file)

	f := foyertest.New(t)
	addFields(t, f)
	created := describe(t, f, doc, "POST", "/contacts/", "/contacts/", `{"locationId": "LOC", "firstName": "Rosan", "name": "Rosan Deo", "email": "rosan@deos.example", "phone": "+1 602 555 0147", "address1": "1 Main St", "city": "Rome", "state": "AL", "postalCode": "35061", "country": "US", "website": "https://x.example", "timezone": "Europe/Rome", "dnd": true, "dndSettings": {"SMS": {"status": "active"}}, "tags": ["a"], "source": "public api", "dateOfBirth": "1990-09-25", "companyName": "Acme", "assignedTo": "`+f.Vars["user.id"]+`", "attributionSource": {"url": "https://ads.example"}, "customFields": [{"key": "color", "field_value": "Red"}]}`)
	id := created["contact"].(map[string]any)["id"].(string)
	one := "/contacts/{contactId}"
	describe(t, f, doc, "POST", "/contacts/", "/contacts/", `{"locationId": "LOC", "email": "rosan@deos.example"}`)
	describe(t, f, doc, "POST", "/contacts/", "/contacts/", `{"locationId": "LOC", "email": "none"}`)
	describe(t, f, doc, "POST", "/contacts/upsert", "/contacts/upsert", `{"locationId": "LOC", "email": "rosan@deos.example", "city": "Paris"}`)
	describe(t, f, doc, "GET", one, "/contacts/"+id, "")
	describe(t, f, doc, "GET", one, "/contacts/none", "")
	describe(t, f, doc, "PUT", one, "/contacts/"+id, `{"city": "Oslo"}`)
	describe(t, f, doc, "GET", "/contacts/", "/contacts/?locationId="+f.Vars["locationId"], "")
	describe(t, f, doc, "POST", one+"/tags", "/contacts/"+id+"/tags", `{"tags": ["b"]}`)
	describe(t, f, doc, "DELETE", one+"/tags", "/contacts/"+id+"/tags", `{"tags": ["b"]}`)
	note := describe(t, f, doc, "POST", one+"/notes", "/contacts/"+id+"/notes", `{"body": "x", "title": "t", "color": "#fff", "pinned": true, "userId": "u"}`)
	at := "/contacts/" + id + "/notes/" + note["note"].(map[string]any)["id"].(string)
	describe(t, f, doc, "GET", one+"/notes", "/contacts/"+id+"/notes", "")
	describe(t, f, doc, "GET", one+"/notes/{id}", at, "")
	describe(t, f, doc, "PUT", one+"/notes/{id}", at, `{"body": "y"}`)
	describe(t, f, doc, "DELETE", one+"/notes/{id}", at, "")
	describe(t, f, doc, "DELETE", one, "/contacts/"+id, "")
}

// load reads the description; its references lead to a folder beside the one
// that it was published in.
func load(t *testing.T, loader *openapi3.Loader, file string) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"apps/described.json": text, "common/common-schemas.json": nil} {
		if content == nil {
			if content, err = os.ReadFile(filepath.Join(filepath.Dir(file), name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := loader.LoadFromFile(filepath.Join(dir, "apps/described.json"))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// describe asks and holds the answer against the schema of its status.
func describe(t *testing.T, f *foyertest.F, doc *openapi3.T, method, pattern, path, body string, headers ...string) map[string]any {
	t.Helper()
	status, _, answer := ask(t, f, method, path, strings.ReplaceAll(body, "LOC", f.Vars["locationId"]), headers...)
	operation := doc.Paths.Value(pattern).GetOperation(method)
	response := operation.Responses.Status(status)
	if response == nil {
		t.Errorf("%s %s: %d is no status of it: %v", method, path, status, answer)
		return answer
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	if err := response.Value.Content.Get("application/json").Schema.Value.VisitJSON(plain); err != nil {
		t.Errorf("%s %s: %v", method, path, fmt.Errorf("%d: %w", status, err))
	}
	return answer
}
