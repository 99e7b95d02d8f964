package highlevel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// deviations are the answers that are not as HighLevel's document has them,
// because its own servers do not answer so either (contract.md §12, §17, §22).
var deviations = map[string]string{
	"GET /conversations/{conversationId}/messages":                                 "nested under messages, as live answers are",
	"GET /conversations/locations/{locationId}/messages/{messageId}/transcription": "a list of sentences; the document shows one",
	"GET /associations/":                          "a list; the document shows one association",
	"GET /associations/objectKey/{objectKey}":     "a list; the document shows one association",
	"GET /associations/{associationId}":           "labels and keys are texts; the document says objects",
	"GET /associations/key/{key_name}":            "labels and keys are texts; the document says objects",
	"POST /associations/":                         "labels and keys are texts; the document says objects",
	"PUT /associations/{associationId}":           "labels and keys are texts; the document says objects",
	"POST /associations/relations":                "a relation; the document shows an association",
	"DELETE /associations/relations/{relationId}": "a relation; the document shows an association",
	"GET /associations/relations/{recordId}":      "a list of relations; the document shows an association",
}

// judge holds answers against documents: HighLevel's, where it is there, and
// Foyer's own.
type judge struct {
	f      *foyertest.F
	theirs map[string]*openapi3.T // by first part of the path
	own    *openapi3.T
	seen   map[string]bool
}

func newJudge(t *testing.T, f *foyertest.F) *judge {
	t.Helper()
	j := &judge{f: f, theirs: map[string]*openapi3.T{}, seen: map[string]bool{}}
	_, text := raw(t, f, "GET", "/openapi.json", "")
	own, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	j.own = own
	for _, name := range []string{"conversations", "associations", "blogs", "campaigns", "workflows", "snapshots", "contacts"} {
		file := catalogue + "openapi/" + name + ".json"
		if _, err := os.Stat(file); err != nil {
			t.Log("skipped: HighLevel's OpenAPI files are not here; answers are held against Foyer's own only")
			break
		}
		j.theirs[name] = loadNamed(t, file)
	}
	return j
}

// loadNamed reads one of HighLevel's documents; its references lead to a folder
// beside the one that it was published in.
func loadNamed(t *testing.T, file string) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	dir := t.TempDir()
	for to, from := range map[string]string{"apps/it.json": file, "common/common-schemas.json": filepath.Join(filepath.Dir(file), "common/common-schemas.json")} {
		text, err := os.ReadFile(from)
		if err == nil {
			text, err = withoutExamples(text)
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	doc, err := loader.LoadFromFile(filepath.Join(dir, "apps/it.json"))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// withoutExamples leaves examples out, some of which are not as a reader of
// OpenAPI wants them.
func withoutExamples(text []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	var strip func(v any)
	strip = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			delete(x, "examples")
			for _, inner := range x {
				strip(inner)
			}
		case []any:
			for _, inner := range x {
				strip(inner)
			}
		}
	}
	strip(v)
	return json.Marshal(v)
}

// ask sends a request to an operation and judges the answer.
func (j *judge) ask(t *testing.T, method, pattern, path, body string) map[string]any {
	t.Helper()
	status, text := raw(t, j.f, method, path, strings.ReplaceAll(body, "LOC", j.f.Vars["locationId"]))
	name := method + " " + pattern
	j.seen[name] = true
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %d %s", path, status, text)
	}
	item := j.own.Paths.Find(pattern)
	if item == nil {
		t.Fatalf("%s is not in Foyer's document", pattern)
	}
	check(t, "Foyer's document", item.GetOperation(method), status, v, path)
	doc := j.theirs[strings.Split(pattern, "/")[1]]
	if doc != nil {
		if item := doc.Paths.Value(pattern); item != nil && item.GetOperation(method) != nil && deviations[name] == "" && status != 404 && status != 403 {
			check(t, "HighLevel's document", item.GetOperation(method), status, v, path)
		}
	}
	a, _ := v.(map[string]any)
	return a
}

func check(t *testing.T, whose string, o *openapi3.Operation, status int, v any, path string) {
	t.Helper()
	r := o.Responses.Status(status)
	if r == nil && status == 422 {
		return // several documents have no 422, which §6 says is answered
	}
	if r == nil {
		t.Errorf("%s: %d is no status of it in %s: %v", path, status, whose, v)
		return
	}
	media := r.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return
	}
	if err := media.Schema.Value.VisitJSON(v); err != nil {
		t.Errorf("%s: %d: not as %s has it: %v", path, status, whose, err)
	}
}

// Every answer is as HighLevel's document and Foyer's own describe it.
func TestAnswersOfTheOtherFamiliesAreAsDescribed(t *testing.T) {
	f := foyertest.New(t)
	prepare(t, f)
	j := newJudge(t, f)
	ana := created(t, f, `"firstName": "Ana", "email": "ana@x.example", "phone": "6025550147", "assignedTo": "`+f.Vars["user.id"]+`"`)
	bob := created(t, f, `"firstName": "Bob", "email": "bob@x.example"`)
	text := func(a map[string]any, names ...string) string {
		t.Helper()
		var v any = a
		for _, n := range names {
			v = v.(map[string]any)[n]
		}
		s, ok := v.(string)
		if !ok {
			t.Fatalf("no %v in %v", names, a)
		}
		return s
	}

	talk := text(j.ask(t, "POST", "/conversations/", "/conversations/", `{"locationId": "LOC", "contactId": "`+ana+`"}`), "conversation", "id")
	j.ask(t, "POST", "/conversations/", "/conversations/", `{"locationId": "LOC", "contactId": "`+ana+`"}`)
	j.ask(t, "POST", "/conversations/", "/conversations/", `{}`)
	one := "/conversations/{conversationId}"
	j.ask(t, "GET", "/conversations/search", "/conversations/search?locationId="+f.Vars["locationId"], "")
	j.ask(t, "GET", one, "/conversations/"+talk, "")
	j.ask(t, "GET", one, "/conversations/none", "")
	j.ask(t, "PUT", one, "/conversations/"+talk, `{"locationId": "LOC", "starred": true}`)
	in := text(j.ask(t, "POST", "/conversations/messages/inbound", "/conversations/messages/inbound", `{"type": "SMS", "conversationId": "`+talk+`", "message": "hi"}`), "messageId")
	call := text(j.ask(t, "POST", "/conversations/messages/outbound", "/conversations/messages/outbound", `{"type": "Call", "conversationId": "`+talk+`", "call": {"status": "completed", "duration": 5}, "transcription": [{"transcript": "x"}]}`), "messageId")
	j.ask(t, "POST", "/conversations/messages", "/conversations/messages", `{"type": "SMS", "contactId": "`+ana+`", "message": "x"}`)
	mail := j.ask(t, "POST", "/conversations/messages", "/conversations/messages", `{"type": "Email", "contactId": "`+ana+`", "subject": "s", "html": "<p>x</p>", "scheduledTimestamp": 4102444800}`)
	later := j.ask(t, "POST", "/conversations/messages", "/conversations/messages", `{"type": "SMS", "contactId": "`+ana+`", "message": "s", "scheduledTimestamp": 4102444800}`)
	j.ask(t, "POST", "/conversations/messages", "/conversations/messages", `{"type": "SMS"}`)
	j.ask(t, "GET", "/conversations/messages/{id}", "/conversations/messages/"+in, "")
	j.ask(t, "GET", "/conversations/messages/{id}", "/conversations/messages/"+call, "")
	j.ask(t, "GET", "/conversations/messages/email/{id}", "/conversations/messages/email/"+text(mail, "emailMessageId"), "")
	j.ask(t, "GET", one+"/messages", "/conversations/"+talk+"/messages", "")
	j.ask(t, "PUT", "/conversations/messages/{messageId}/status", "/conversations/messages/"+in+"/status", `{"status": "read"}`)
	j.ask(t, "PUT", "/conversations/messages/{messageId}/attachments", "/conversations/messages/"+in+"/attachments", `{"attachments": ["https://x.example/a"]}`)
	j.ask(t, "DELETE", "/conversations/messages/{messageId}/schedule", "/conversations/messages/"+text(later, "messageId")+"/schedule", "")
	j.ask(t, "DELETE", "/conversations/messages/email/{emailMessageId}/schedule", "/conversations/messages/email/"+text(mail, "emailMessageId")+"/schedule", "")
	j.ask(t, "GET", "/conversations/locations/{locationId}/messages/{messageId}/transcription", "/conversations/locations/"+f.Vars["locationId"]+"/messages/"+call+"/transcription", "")
	j.ask(t, "POST", "/conversations/providers/live-chat/typing", "/conversations/providers/live-chat/typing", `{"locationId": "LOC", "isTyping": "true", "visitorId": "v", "conversationId": "`+talk+`"}`)
	j.ask(t, "DELETE", one, "/conversations/"+talk, "")

	as := j.ask(t, "POST", "/associations/", "/associations/", `{"locationId": "LOC", "key": "k", "firstObjectLabel": "A", "firstObjectKey": "contact", "secondObjectLabel": "B", "secondObjectKey": "contact"}`)
	it := "/associations/" + text(as, "id")
	j.ask(t, "GET", "/associations/", "/associations/?skip=0&limit=5", "")
	j.ask(t, "GET", "/associations/{associationId}", it, "")
	j.ask(t, "GET", "/associations/key/{key_name}", "/associations/key/k", "")
	j.ask(t, "GET", "/associations/objectKey/{objectKey}", "/associations/objectKey/contact", "")
	j.ask(t, "PUT", "/associations/{associationId}", it, `{"firstObjectLabel": "C", "secondObjectLabel": "D"}`)
	rel := j.ask(t, "POST", "/associations/relations", "/associations/relations", `{"locationId": "LOC", "associationId": "`+text(as, "id")+`", "firstRecordId": "`+ana+`", "secondRecordId": "`+bob+`"}`)
	j.ask(t, "GET", "/associations/relations/{recordId}", "/associations/relations/"+ana, "")
	j.ask(t, "DELETE", "/associations/relations/{relationId}", "/associations/relations/"+text(rel, "id"), "")
	j.ask(t, "DELETE", "/associations/{associationId}", it, "")

	post := `{"locationId": "LOC", "blogId": "` + f.Vars["blog.site"] + `", "title": "T", "description": "d", "imageUrl": "https://x.example/i", "imageAltText": "a", "rawHTML": "<p>x</p>", "status": "DRAFT", "categories": [], "author": "` + f.Vars["blog.author"] + `", "urlSlug": "t", "publishedAt": "2026-01-02"}`
	made := j.ask(t, "POST", "/blogs/posts", "/blogs/posts", post)
	j.ask(t, "POST", "/blogs/posts", "/blogs/posts", post)
	j.ask(t, "POST", "/blogs/posts", "/blogs/posts", `{}`)
	j.ask(t, "PUT", "/blogs/posts/{postId}", "/blogs/posts/"+text(made, "data", "_id"), `{"title": "U"}`)
	j.ask(t, "GET", "/blogs/posts/all", "/blogs/posts/all?blogId="+f.Vars["blog.site"], "")
	j.ask(t, "GET", "/blogs/posts/url-slug-exists", "/blogs/posts/url-slug-exists?urlSlug=t", "")
	for _, list := range []string{"/blogs/authors", "/blogs/categories", "/blogs/site/all", "/workflows/", "/campaigns/", "/snapshots/"} {
		j.ask(t, "GET", list, list, "")
	}
	at := "/contacts/" + ana
	j.ask(t, "POST", "/contacts/{contactId}/workflow/{workflowId}", at+"/workflow/"+f.Vars["workflow.live"], `{}`)
	j.ask(t, "DELETE", "/contacts/{contactId}/workflow/{workflowId}", at+"/workflow/"+f.Vars["workflow.live"], "")
	j.ask(t, "POST", "/contacts/{contactId}/campaigns/{campaignId}", at+"/campaigns/"+f.Vars["campaign.live"], `{}`)
	j.ask(t, "DELETE", "/contacts/{contactId}/campaigns/{campaignId}", at+"/campaigns/"+f.Vars["campaign.live"], "")
	j.ask(t, "DELETE", "/contacts/{contactId}/campaigns/removeAll", at+"/campaigns/removeAll", "")
	j.ask(t, "DELETE", "/contacts/{contactId}/campaigns/remove-all", at+"/campaigns/remove-all", "")

	// contacts, against Foyer's own document
	j.ask(t, "GET", "/contacts/{contactId}", at, "")
	j.ask(t, "GET", "/contacts/search/duplicate", "/contacts/search/duplicate?email=none@x.example", "")
	j.ask(t, "POST", "/contacts/upsert", "/contacts/upsert", `{"locationId": "LOC", "email": "ana@x.example"}`)
	j.ask(t, "GET", "/contacts/", "/contacts/?limit=1", "")
	note := j.ask(t, "POST", "/contacts/{contactId}/notes", at+"/notes", `{"body": "x"}`)
	j.ask(t, "GET", "/contacts/{contactId}/notes", at+"/notes", "")
	j.ask(t, "DELETE", "/contacts/{contactId}/notes/{id}", at+"/notes/"+text(note, "note", "id"), "")
	j.ask(t, "POST", "/contacts/{contactId}/tags", at+"/tags", `{"tags": ["b"]}`)
	j.ask(t, "DELETE", "/contacts/{contactId}/tags", at+"/tags", `{"tags": ["b"]}`)

	for name := range deviations {
		if !j.seen[name] {
			t.Errorf("%s deviates and is not tried", name)
		}
	}
}

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
	for _, o := range highlevel.Operations() {
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

// What the document says of the body of a contact is what is read.
func TestTheDocumentedFieldsOfAContactAreRead(t *testing.T) {
	f := foyertest.New(t)
	addFields(t, f)
	_, text := raw(t, f, "GET", "/openapi.json", "")
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	special := map[string]string{"locationId": `"` + f.Vars["locationId"] + `"`, "email": `"ana@x.example"`, "phone": `"6025550147"`, "country": `"US"`, "timezone": `"Europe/Rome"`, "dateOfBirth": `"1990-09-25"`, "assignedTo": `"` + f.Vars["user.id"] + `"`,
		"customFields": `[{"key": "color", "field_value": "red"}]`, "dndSettings": `{"SMS": {"status": "active"}}`, "inboundDndSettings": `{"all": {"status": "active"}}`, "attributionSource": `{"url": "https://x.example"}`, "additionalEmails": `["b@x.example"]`, "additionalPhones": `["6025550148"]`}
	for schema, path := range map[string]string{"NewContactBody": "/contacts/upsert", "NoteBody": "", "TagsBody": ""} {
		if len(doc.Components.Schemas[schema].Properties) == 0 {
			t.Fatalf("no schema %s", schema)
		}
		if path == "" {
			continue
		}
		var members []string
		for name, is := range doc.Components.Schemas[schema].Properties {
			value := special[name]
			if value == "" {
				value = map[string]string{"string": `"x"`, "boolean": "false", "array": `["x"]`}[fmt.Sprint(is["type"])]
			}
			members = append(members, fmt.Sprintf("%q: %s", name, value))
		}
		status, header, a := ask(t, f, "POST", path, "{"+strings.Join(members, ", ")+"}")
		if status != 200 || header.Get("X-Foyer-Warnings") != "" {
			t.Errorf("%s: %d %v, warnings %s", schema, status, a, header.Get("X-Foyer-Warnings"))
		}
	}
}

// form writes a form with files.
func form(t *testing.T, fields map[string]string, files map[string]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range fields {
		if err := w.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="fileAttachment"; filename=%q`, name))
		p, err := w.CreatePart(h)
		if err == nil {
			_, err = p.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// A recording is a file that a call names; it comes back byte by byte.
func TestARecordingIsAFileOfACall(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ana := created(t, f, `"email": "ana@x.example"`)
		wav := "RIFF\x00\xff\x80WAVE" + strings.Repeat("\x00\x7f", 700_000)
		body, typ := form(t, map[string]string{"contactId": ana, "locationId": f.Vars["locationId"]}, map[string]string{"call 1.wav": wav, "n.txt": "note"})
		status, text := raw(t, f, "POST", "/conversations/messages/upload", body, "Content-Type", typ)
		var up struct{ UploadedFiles map[string]string }
		if err := json.Unmarshal([]byte(text), &up); err != nil || status != 200 || len(up.UploadedFiles) != 2 {
			t.Fatalf("%d %s", status, text)
		}
		address := up.UploadedFiles["call 1.wav"]
		_, _, a := ask(t, f, "POST", "/conversations/messages/outbound", `{"type": "Call", "contactId": "`+ana+`", "attachments": ["`+address+`", "`+up.UploadedFiles["n.txt"]+`"]}`)
		id, _ := a["messageId"].(string)
		status, got := raw(t, f, "GET", "/conversations/messages/"+id+"/locations/"+f.Vars["locationId"]+"/recording", "")
		if status != 200 || got != wav {
			t.Errorf("%d, %d bytes of %d", status, len(got), len(wav))
		}
		path := strings.TrimPrefix(address, f.URL)
		if status, got := raw(t, f, "GET", path, ""); status != 200 || got != wav {
			t.Errorf("by its address: %d, %d bytes", status, len(got))
		}
		parts := strings.Split(path, "/")
		parts[4] = "00000000-0000-0000-0000-000000000000"
		if status, _ := raw(t, f, "GET", strings.Join(parts, "/"), ""); status != 404 {
			t.Errorf("by another token: %d", status)
		}
		for _, c := range []struct {
			fields map[string]string
			files  map[string]string
			status int
		}{
			{map[string]string{"contactId": ana}, map[string]string{"page.html": "<script>"}, 415},
			{map[string]string{"contactId": ana}, map[string]string{"big.pdf": strings.Repeat("x", 5<<20+1)}, 413},
			{map[string]string{"contactId": ana}, nil, 422},
			{nil, map[string]string{"a.pdf": "x"}, 422},
			{map[string]string{"contactId": "none"}, map[string]string{"a.pdf": "x"}, 400},
			{map[string]string{"conversationId": "none"}, map[string]string{"a.pdf": "x"}, 400},
			{map[string]string{"contactId": ana, "locationId": "other"}, map[string]string{"a.pdf": "x"}, 403},
		} {
			body, typ := form(t, c.fields, c.files)
			if status, text := raw(t, f, "POST", "/conversations/messages/upload", body, "Content-Type", typ); status != c.status {
				t.Errorf("%v with %v: %d %s", c.fields, slices.Collect(maps.Keys(c.files)), status, text)
			}
		}
	})
}
