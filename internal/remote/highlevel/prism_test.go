package highlevel_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/foyertest/npm"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
)

// documents gives the folder of HighLevel's own OpenAPI files.
func documents(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		there := filepath.Join(dir, "shared", "contracts", "highlevel", "openapi")
		if _, err := os.Stat(there); err == nil {
			return there
		}
	}
	t.Skip("skipped: HighLevel's OpenAPI files are not here (shared/contracts/highlevel/openapi)")
	return ""
}

// vendor answers in the place of HighLevel with the examples of its documents, a
// prism for each, and keeps what these say is wrong with a request.
type vendor struct {
	URL     string
	mu      sync.Mutex
	asked   map[string]int
	invalid []string
}

func newVendor(t *testing.T) *vendor {
	folder := documents(t)
	prism := filepath.Join(npm.Install(t), "node_modules", ".bin", "prism")
	mocks := map[string]string{}
	apps := filepath.Join(t.TempDir(), "apps") // they refer to ../common
	if err := os.CopyFS(apps, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(apps, "common"), filepath.Join(filepath.Dir(apps), "common")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"contacts", "calendars", "opportunities", "locations"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		mocks[name] = "http://" + l.Addr().String()
		port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
		_ = l.Close() // only to find a free one
		c := exec.CommandContext(t.Context(), prism, "mock", filepath.Join(apps, name+".json"), "--host", "127.0.0.1", "--port", port)
		var said bytes.Buffer
		c.Stdout, c.Stderr = &said, &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = c.Process.Kill() // the end of the test ends it too
			_ = c.Wait()
		})
	}
	for name, base := range mocks {
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
			r, err := http.Get(base)
			if err == nil {
				_ = r.Body.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("prism does not serve %s: %v", name, err)
			}
		}
	}
	v := &vendor{asked: map[string]int{}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { v.pass(w, r, mocks) }))
	t.Cleanup(front.Close)
	v.URL = front.URL
	return v
}

// pass hands a request to the document that it is of.
func (v *vendor) pass(w http.ResponseWriter, r *http.Request, mocks map[string]string) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	body, _ := io.ReadAll(r.Body)
	to, err := http.NewRequestWithContext(r.Context(), r.Method, mocks[first]+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	to.Header = r.Header.Clone()
	got, err := http.DefaultClient.Do(to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = got.Body.Close() }()
	answer, _ := io.ReadAll(got.Body)
	v.mu.Lock()
	v.asked[r.Method+" "+first]++
	if bytes.Contains(answer, []byte("stoplight.io/prism/errors")) {
		v.invalid = append(v.invalid, fmt.Sprintf("%s %s %s: %d %s", r.Method, r.URL, body, got.StatusCode, answer))
	}
	v.mu.Unlock()
	for name, value := range got.Header {
		w.Header()[name] = value
	}
	w.WriteHeader(got.StatusCode)
	_, _ = w.Write(answer)
}

// Every request that the client sends is one that HighLevel's own documents allow.
func TestRequestsAreValidByTheVendorsDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: prism takes a while")
	}
	v := newVendor(t)
	s, err := highlevel.New(remote.Settings{BaseURL: v.URL, Location: "ve9EPM428h8vShlRW1KT", Token: "pit-of-the-test", Private: true, NoLimit: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	const contact, id = "sx6wyHhbFdRXh302LLNR", "ocQHyuzHvysMo5N5VsXc"
	fields := map[remote.Kind]map[string]any{
		remote.Contact: {"firstName": "Ann", "lastName": "Lee", "email": "ann@x.example", "phone": "+16025550147", "address1": "1 Main", "city": "Mesa", "state": "AZ", "postalCode": "85001", "country": "US",
			"website": "https://ann.example", "timezone": "America/Phoenix", "source": "web", "dateOfBirth": "1990-09-25", "tags": []string{"a"}, "dnd": false},
		remote.Task:        {"title": "call", "body": "soon", "dueDate": "2026-03-01T17:00:00.000Z", "completed": false},
		remote.Note:        {"body": "likes gardens"},
		remote.Appointment: {"calendarId": "CVokAlI8fgw4WYWoCtQz", "title": "tour", "startTime": "2026-03-01T17:00:00Z", "endTime": "2026-03-01T18:00:00Z", "appointmentStatus": "confirmed", "address": "1 Main"},
		remote.Opportunity: {"name": "deal", "pipelineId": "VDm7RPYC2GLUvdpKmBfC", "pipelineStageId": "e93ba61a-53b3-45e7-985a-c7732dbcdb69", "status": "open", "monetaryValue": 220.0},
	}
	// The answers are examples, which need not suit; what counts is what is sent.
	_, _ = s.Check(ctx)
	_, _ = s.Find(ctx, "ann@x.example", "+16025550147")
	for kind, f := range fields {
		_, _ = s.Fields(ctx, kind)
		place := ""
		for range 2 {
			if page, err := s.Changes(ctx, kind, place); err == nil {
				place = page.Next
			}
		}
		if kind != remote.Contact {
			_, _ = s.Of(ctx, kind, contact)
		}
		_, _ = s.Fetch(ctx, kind, contact, id)
		_, _ = s.Create(ctx, kind, remote.Record{ContactID: contact, Fields: f}, "key")
		_, _ = s.Update(ctx, kind, remote.Record{ID: id, ContactID: contact, Fields: f, Was: map[string]any{"tags": []any{"b"}}}, "key")
		for name, value := range f { // one by one, and blank
			_, _ = s.Update(ctx, kind, remote.Record{ID: id, ContactID: contact, Fields: map[string]any{name: value}, Was: map[string]any{"tags": []any{"b"}}}, "key")
		}
		_ = s.Delete(ctx, kind, contact, id)
	}
	slices.Sort(v.invalid)
	for _, text := range slices.Compact(v.invalid) {
		t.Error(text)
	}
	if len(v.asked) < 12 {
		t.Errorf("it asked only %v", v.asked)
	}
	t.Logf("%v", v.asked)
	wrong, err := http.Post(v.URL+"/contacts/", "application/json", strings.NewReader(`{"firstName": 7}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = wrong.Body.Close()
	if wrong.StatusCode < 400 {
		t.Errorf("prism takes what is wrong: %d", wrong.StatusCode)
	}
}
