package highlevel_test

import (
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// described opens one of HighLevel's own descriptions.
func described(t *testing.T, name string) *openapi3.T {
	t.Helper()
	file := catalogue + "openapi/" + name + ".json"
	if _, err := os.Stat(file); err != nil {
		t.Skip("skipped: HighLevel's OpenAPI files are not here")
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	doc := load(t, loader, file)
	for _, fix := range looseProperties {
		schema := doc.Components.Schemas[fix.schema]
		if schema == nil || schema.Value.Properties[fix.property] == nil {
			continue
		}
		schema.Value.Properties[fix.property] = &openapi3.SchemaRef{Value: &openapi3.Schema{}}
	}
	return doc
}

// looseProperties are the properties whose documented type is not the one that live
// answers have.
var looseProperties = []struct{ schema, property, why string }{
	{"PipelinesResponseSchema", "stages", "documented as lists of lists, live a list of objects (contract.md §10)"},
	{"SearchOpportunitiesResponseSchema", "followers", "documented as lists of lists; the operations on followers have texts (contract.md §10)"},
	{"SearchOpportunitiesResponseSchema", "notes", "documented as lists of lists (contract.md §10)"},
	{"SearchOpportunitiesResponseSchema", "tasks", "documented as lists of lists (contract.md §10)"},
	{"LocationTaskListSuccessfulResponseDto", "tasks", "documented as lists of lists (contract.md §15)"},
	{"UserSchema", "scopes", "documented as one text, live a list (contract.md §11)"},
	{"UserSuccessfulResponseDto", "scopes", "documented as one text, live a list (contract.md §11)"},
	{"UpdateTagsResponseDTO", "responses", "documented as texts, live objects (contract.md §8.4)"},
}

func idOf(t *testing.T, answer map[string]any, key string) string {
	t.Helper()
	of, ok := answer[key].(map[string]any)
	if !ok {
		t.Fatalf("no %s in %v", key, answer)
	}
	return of["id"].(string)
}

func TestOpportunitiesAreAsHighLevelDescribesThem(t *testing.T) {
	doc, f := described(t, "opportunities"), foyertest.New(t)
	prepare(t, f)
	_, _, made := ask(t, f, "POST", "/opportunities/pipelines", strings.ReplaceAll(`{"locationId": "LOC", "name": "Buyers", "stages": [{"name": "New"}]}`, "LOC", f.Vars["locationId"]))
	pipeline := idOf(t, made, "pipeline")
	_, _, made = ask(t, f, "POST", "/contacts/", strings.ReplaceAll(`{"locationId": "LOC", "firstName": "Ana", "email": "ana@x.example", "phone": "6025550147", "companyName": "Acme"}`, "LOC", f.Vars["locationId"]))
	contact := idOf(t, made, "contact")
	body := `{"locationId": "LOC", "pipelineId": "` + pipeline + `", "name": "A flat", "status": "open", "contactId": "` + contact + `", "monetaryValue": 5.5, "assignedTo": "` + f.Vars["user.id"] + `"}`
	describe(t, f, doc, "GET", "/opportunities/pipelines", "/opportunities/pipelines?locationId="+f.Vars["locationId"], "")
	id := idOf(t, describe(t, f, doc, "POST", "/opportunities/", "/opportunities/", body), "opportunity")
	one := "/opportunities/{id}"
	at := "/opportunities/" + id
	describe(t, f, doc, "POST", "/opportunities/", "/opportunities/", body)
	describe(t, f, doc, "POST", "/opportunities/", "/opportunities/", `{}`)
	describe(t, f, doc, "POST", "/opportunities/upsert", "/opportunities/upsert", body)
	describe(t, f, doc, "GET", one, at, "")
	describe(t, f, doc, "GET", one, "/opportunities/none", "")
	describe(t, f, doc, "PUT", one, at, `{"name": "A house"}`)
	describe(t, f, doc, "POST", one+"/followers", at+"/followers", `{"followers": ["`+f.Vars["user.id"]+`"]}`)
	describe(t, f, doc, "GET", "/opportunities/search", "/opportunities/search?limit=1&getNotes=true&getTasks=true&location_id="+f.Vars["locationId"], "")
	describe(t, f, doc, "POST", "/opportunities/search", "/opportunities/search", `{"locationId": "LOC", "query": "", "limit": 1, "page": 1}`)
	describe(t, f, doc, "DELETE", one+"/followers", at+"/followers", `{"followers": ["`+f.Vars["user.id"]+`"]}`)
	describe(t, f, doc, "GET", "/opportunities/lost-reason", "/opportunities/lost-reason?locationId="+f.Vars["locationId"], "")
	describe(t, f, doc, "PUT", one+"/status", at+"/status", `{"status": "lost", "lostReasonId": "`+f.Vars["reason.id"]+`"}`)
	describe(t, f, doc, "DELETE", one, at, "")
}

func TestBusinessesAreAsHighLevelDescribesThem(t *testing.T) {
	doc, f := described(t, "businesses"), foyertest.New(t)
	one := "/businesses/{businessId}"
	id := idOf(t, describe(t, f, doc, "POST", "/businesses/", "/businesses/", `{"locationId": "LOC", "name": "Acme", "email": "a@acme.example", "phone": "1", "website": "w", "address": "a", "city": "c", "state": "s", "postalCode": "p", "country": "us", "description": "d"}`), "buiseness")
	describe(t, f, doc, "POST", "/businesses/", "/businesses/", `{}`)
	describe(t, f, doc, "GET", "/businesses/", "/businesses/?locationId="+f.Vars["locationId"], "")
	describe(t, f, doc, "GET", one, "/businesses/"+id, "")
	describe(t, f, doc, "GET", one, "/businesses/none", "")
	describe(t, f, doc, "PUT", one, "/businesses/"+id, `{"name": "Contoso"}`)
	describe(t, f, doc, "DELETE", one, "/businesses/"+id, "")
}

func TestUsersAreAsHighLevelDescribesThem(t *testing.T) {
	doc, f := described(t, "users"), foyertest.New(t)
	prepare(t, f)
	agency := []string{"Authorization", "Bearer " + f.Vars["agency"]}
	made := describe(t, f, doc, "POST", "/users/", "/users/", `{"companyId": "`+f.Vars["companyId"]+`", "firstName": "Una", "lastName": "User", "email": "una@x.example", "password": "long enough", "phone": "1", "type": "account", "role": "user", "locationIds": ["LOC"], "permissions": {"tagsEnabled": false}, "scopes": ["contacts.write"], "platformLanguage": "de", "twilioPhone": {"LOC": "+1"}}`, agency...)
	id := made["id"].(string)
	one := "/users/{userId}"
	describe(t, f, doc, "POST", "/users/", "/users/", `{}`)
	describe(t, f, doc, "GET", "/users/", "/users/?locationId="+f.Vars["locationId"], "")
	describe(t, f, doc, "GET", "/users/search", "/users/search?companyId="+f.Vars["companyId"], "", agency...)
	describe(t, f, doc, "POST", "/users/search/filter-by-email", "/users/search/filter-by-email", `{"companyId": "`+f.Vars["companyId"]+`", "emails": "una@x.example", "projection": "all"}`, agency...)
	describe(t, f, doc, "GET", one, "/users/"+id, "")
	describe(t, f, doc, "GET", one, "/users/none", "")
	describe(t, f, doc, "PUT", one, "/users/"+id, `{"firstName": "Ula"}`)
	describe(t, f, doc, "DELETE", one, "/users/"+id, "")
}

func TestLocationsAreAsHighLevelDescribesThem(t *testing.T) {
	doc, f := described(t, "locations"), foyertest.New(t)
	prepare(t, f)
	agency := []string{"Authorization", "Bearer " + f.Vars["agency"]}
	whole := `{"companyId": "` + f.Vars["companyId"] + `", "name": "Office", "phone": "1", "address": "a", "city": "c", "state": "s", "country": "US", "postalCode": "p", "website": "w", "timezone": "Europe/Rome", "email": "o@x.example", "settings": {"allowDuplicateContact": true}, "social": {"facebookUrl": "f"}, "prospectInfo": {"firstName": "A", "lastName": "B", "email": "c@x.example"}}`
	id := describe(t, f, doc, "POST", "/locations/", "/locations/", whole, agency...)["id"].(string)
	one := "/locations/{locationId}"
	describe(t, f, doc, "PUT", one, "/locations/"+id, whole, agency...)
	describe(t, f, doc, "GET", one, "/locations/"+id, "", agency...)
	describe(t, f, doc, "GET", "/locations/search", "/locations/search", "", agency...)
	describe(t, f, doc, "DELETE", one, "/locations/"+id+"?deleteTwilioAccount=true", "", agency...)
	own := "/locations/" + f.Vars["locationId"]
	for _, family := range []struct{ path, id, key, body string }{
		{"/tags", "tagId", "tag", `{"name": "hot"}`},
		{"/customValues", "id", "customValue", `{"name": "Hello", "value": "x"}`},
		{"/customFields", "id", "customField", `{"name": "Size", "dataType": "TEXT", "placeholder": "p", "position": 1, "model": "contact"}`},
	} {
		at := own + family.path + "/" + idOf(t, describe(t, f, doc, "POST", one+family.path, own+family.path, family.body), family.key)
		describe(t, f, doc, "GET", one+family.path, own+family.path, "")
		describe(t, f, doc, "GET", one+family.path+"/{"+family.id+"}", at, "")
		describe(t, f, doc, "PUT", one+family.path+"/{"+family.id+"}", at, family.body)
		describe(t, f, doc, "DELETE", one+family.path+"/{"+family.id+"}", at, "")
	}
	describe(t, f, doc, "POST", one+"/tasks/search", own+"/tasks/search", `{}`)
	companies := described(t, "companies")
	describe(t, f, companies, "GET", "/companies/{companyId}", "/companies/"+f.Vars["companyId"], "", agency...)
}

func TestWhatContactsHaveIsAsHighLevelDescribesIt(t *testing.T) {
	doc, f := described(t, "contacts"), foyertest.New(t)
	prepare(t, f)
	_, _, made := ask(t, f, "POST", "/contacts/", strings.ReplaceAll(`{"locationId": "LOC", "firstName": "Ana", "email": "ana@x.example"}`, "LOC", f.Vars["locationId"]))
	contact := idOf(t, made, "contact")
	_, _, made = ask(t, f, "POST", "/businesses/", strings.ReplaceAll(`{"locationId": "LOC", "name": "Acme"}`, "LOC", f.Vars["locationId"]))
	business := idOf(t, made, "business")
	one, at := "/contacts/{contactId}", "/contacts/"+contact
	task := "/" + idOf(t, describe(t, f, doc, "POST", one+"/tasks", at+"/tasks", `{"title": "Call", "body": "b", "dueDate": "2026-10-25T11:00:00Z", "completed": false, "assignedTo": "`+f.Vars["user.id"]+`"}`), "task")
	describe(t, f, doc, "POST", one+"/tasks", at+"/tasks", `{}`)
	describe(t, f, doc, "GET", one+"/tasks", at+"/tasks", "")
	describe(t, f, doc, "GET", one+"/tasks/{taskId}", at+"/tasks"+task, "")
	describe(t, f, doc, "PUT", one+"/tasks/{taskId}", at+"/tasks"+task, `{"title": "Write"}`)
	describe(t, f, doc, "PUT", one+"/tasks/{taskId}/completed", at+"/tasks"+task+"/completed", `{"completed": true}`)
	describe(t, f, doc, "DELETE", one+"/tasks/{taskId}", at+"/tasks"+task, "")
	describe(t, f, doc, "POST", one+"/followers", at+"/followers", `{"followers": ["`+f.Vars["user.id"]+`"]}`)
	describe(t, f, doc, "DELETE", one+"/followers", at+"/followers", `{"followers": ["`+f.Vars["user.id"]+`"]}`)
	describe(t, f, doc, "POST", "/contacts/bulk/business", "/contacts/bulk/business", `{"locationId": "LOC", "ids": ["`+contact+`"], "businessId": "`+business+`"}`)
	describe(t, f, doc, "GET", "/contacts/business/{businessId}", "/contacts/business/"+business, "")
	describe(t, f, doc, "POST", "/contacts/bulk/tags/update/{type}", "/contacts/bulk/tags/update/add", `{"locationId": "LOC", "contacts": ["`+contact+`"], "tags": ["x"]}`)
}
