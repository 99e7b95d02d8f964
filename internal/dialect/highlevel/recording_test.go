package highlevel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

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
