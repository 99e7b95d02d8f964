// Package judge holds every answer of HighLevel's door against two documents:
// HighLevel's own description of its API, where that is there, and Foyer's.
// foyertest puts it between each Foyer and its test.
package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

// Judge is made by New. Any number of goroutines may use it.
type Judge struct {
	operations tree
	prefixes   map[string]bool // first parts of the paths
	theirs     bool            // HighLevel's documents are there
	schemas    schemas

	mu    sync.Mutex
	done  map[*operation]bool // answered with a success
	shown map[property]bool   // what an answer had
	used  map[Deviation]bool
	list  []Deviation
}

// operation is one that HighLevel's door has, with what the documents say of it.
type operation struct {
	name   string // GET /contacts/{contactId}
	theirs func() ([]*openapi3.Operation, error)
	own    *openapi3.Operation
	oauth  bool // its errors are OAuth's (contract.md §3)
}

// New reads the documents. files holds HighLevel's: contacts.json, …, v3 and
// common; without them answers are held against Foyer's own alone.
func New(files fs.FS) (*Judge, error) {
	j := &Judge{operations: tree{}, prefixes: map[string]bool{}, done: map[*operation]bool{}, shown: map[property]bool{}, used: map[Deviation]bool{}, list: deviations()}
	own, err := ownDocument()
	if err != nil {
		return nil, err
	}
	library, err := open(files)
	if err != nil {
		return nil, err
	}
	j.theirs = files != nil
	served := append(highlevel.AllOperations(), highlevel.Operation{Method: http.MethodPost, Path: "/oauth/token"})
	for _, o := range served {
		j.prefixes[split(o.Path)[0]] = true
		j.operations.add(o.Method, o.Path, &operation{
			name:   o.Method + " " + o.Path,
			theirs: sync.OnceValues(func() ([]*openapi3.Operation, error) { return library.operations(o.Method, o.Path) }),
			own:    find(own, o.Method, o.Path),
			oauth:  o.Path == "/oauth/token",
		})
	}
	return j, nil
}

// ownDocument gives Foyer's.
func ownDocument() (*openapi3.T, error) {
	d, err := highlevel.NewDocument()
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(d.Text())
}

// Theirs reports whether HighLevel's documents are there.
func (j *Judge) Theirs() bool { return j.theirs }

// Asked gives what HighLevel's document says of the body of a request, nil if
// that is nothing.
func (j *Judge) Asked(method, path string) (*openapi3.Schema, error) {
	o := j.operations.find(method, split(path))
	if o == nil {
		return nil, nil
	}
	theirs, err := o.theirs()
	if err != nil || len(theirs) == 0 || theirs[0].RequestBody == nil {
		return nil, err
	}
	media := theirs[0].RequestBody.Value.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil, nil
	}
	return media.Schema.Value, nil
}

// Answer says what is wrong with the answer to a request, if anything.
func (j *Judge) Answer(method, path string, status int, header http.Header, body []byte) []error {
	if method == http.MethodHead || method == http.MethodOptions {
		return nil
	}
	parts := split(path)
	o := j.operations.find(method, parts)
	if o == nil {
		if status >= 400 && len(parts) > 0 && j.prefixes[parts[0]] && parts[0] != "oauth" {
			return inShape(status, header, body)
		}
		return nil // another door, or a page
	}
	theirs, err := o.theirs()
	if err != nil {
		return []error{err}
	}
	if status < 300 {
		j.mu.Lock()
		j.done[o] = true
		j.mu.Unlock()
	}
	var wrong []error
	if status >= 400 && !o.oauth {
		wrong = inShape(status, header, body)
	}
	if status == http.StatusServiceUnavailable { // no document has it
		return wrong
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		v = err // where it should be JSON
	}
	for _, of := range theirs {
		if err := j.hold(o, of, status, header, v); err != nil {
			wrong = append(wrong, fmt.Errorf("not as HighLevel's document has it: %w", err))
		}
	}
	if o.own != nil {
		if err := j.hold(o, o.own, status, header, v); err != nil {
			wrong = append(wrong, fmt.Errorf("not as Foyer's document has it: %w", err))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return append(wrong, fmt.Errorf("%s: %d %.2000s", o.name, status, body))
}

// hold holds an answer, with its body as JSON or the error of reading it, against
// what a document says of the operation.
func (j *Judge) hold(o *operation, is *openapi3.Operation, status int, header http.Header, v any) error {
	schema, media, known := schemaOf(is, status)
	if !known {
		return j.unless(o, fmt.Sprintf("status %d", status), "no status of it")
	}
	got, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if media != "" && (err != nil || !matches(media, got)) {
		return j.unless(o, "Content-Type", fmt.Sprintf("%q in place of %s", got, media))
	}
	if schema == nil || media != "application/json" {
		return nil
	}
	if err, no := v.(error); no {
		return err
	}
	var wrong []error
	for place, why := range faults(schema, v) {
		wrong = append(wrong, j.unless(o, place, why))
	}
	if status < 300 {
		has := map[property]bool{}
		strange := func(place string) {
			if is == o.own {
				wrong = append(wrong, fmt.Errorf("%s is not in it", place))
			}
		}
		seen := func(p property) {
			if is != o.own {
				has[p] = true
			}
		}
		j.schemas.shown(schema, v, "", seen, strange)
		j.mu.Lock()
		maps.Copy(j.shown, has)
		j.mu.Unlock()
	}
	return errors.Join(wrong...)
}

// matches reports whether a kind of content is the documented one: audio/x-wav
// is audio/*.
func matches(documented, got string) bool {
	kind, of := strings.CutSuffix(documented, "/*")
	return documented == got || of && strings.HasPrefix(got, kind+"/")
}

// unless gives an error, if no deviation explains it.
func (j *Judge) unless(o *operation, place, why string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.excused(o.name, place) {
		return nil
	}
	return fmt.Errorf("%s: %s", place, why)
}

// excused reports whether there is a deviation for a place, and notes its use.
func (j *Judge) excused(name, place string) bool {
	found := false
	for _, d := range j.list {
		if d.covers(name, place) {
			j.used[d] = true
			found = true
		}
	}
	return found
}

// inShape says whether an error is as all of HighLevel's are (contract.md §6).
func inShape(status int, header http.Header, body []byte) []error {
	var f struct {
		StatusCode int    `json:"statusCode"`
		Status     int    `json:"status"` // in its place where files are uploaded
		Message    any    `json:"message"`
		TraceID    string `json:"traceId"`
	}
	if err := json.Unmarshal(body, &f); err != nil {
		return []error{fmt.Errorf("an error that is no JSON object: %w: %d %.2000s", err, status, body)}
	}
	var wrong []error
	if status >= 500 && status != http.StatusServiceUnavailable { // which says that the database is away
		wrong = append(wrong, errors.New("a failure of the server"))
	}
	if got, _, _ := mime.ParseMediaType(header.Get("Content-Type")); got != "application/json" {
		wrong = append(wrong, fmt.Errorf("an error in %q", got))
	}
	if f.StatusCode+f.Status != status || f.TraceID == "" {
		wrong = append(wrong, fmt.Errorf("an error without its statusCode or traceId: %d %s", status, body))
	}
	text, one := f.Message.(string)
	list, several := f.Message.([]any)
	if several != (status == http.StatusUnprocessableEntity) || one && text == "" || several && len(list) == 0 || !one && !several {
		wrong = append(wrong, fmt.Errorf("an error whose message is not as contract.md §6 has it: %d %s", status, body))
	}
	return wrong
}

// Missing gives the operations that nobody has succeeded with so far, and the
// properties of HighLevel's answers that none of Foyer's showed and no deviation
// explains, each at the first place it could be.
func (j *Judge) Missing() (list []string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	told := map[property]bool{}
	for _, o := range j.operations.all() {
		theirs, err := o.theirs()
		if err != nil {
			return nil, err
		}
		if !j.done[o] {
			list = append(list, o.name)
		}
		for _, of := range theirs {
			list = append(list, j.missing(o, of, told)...)
		}
	}
	return slices.Compact(list), nil
}

// missing gives those of one document of an operation, and notes what it told.
func (j *Judge) missing(o *operation, of *openapi3.Operation, told map[property]bool) (list []string) {
	above := "\x00" // what is missing stands for what is below it
	for _, s := range successSpots(of) {
		if strings.HasPrefix(s.place, above+"/") || j.shown[s.property] {
			continue
		}
		above = s.place
		again := told[s.property]
		told[s.property] = true
		if !again && !j.excused(o.name, s.place) {
			list = append(list, o.name+" "+s.place)
		}
	}
	return list
}

func successSpots(o *openapi3.Operation) (list []spot) {
	all := o.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(all)) {
		media := all[status].Value.Content.Get("application/json")
		if strings.HasPrefix(status, "2") && media != nil && media.Schema != nil {
			list = append(list, spots(media.Schema.Value, "", nil)...)
		}
	}
	return list
}

// Unused gives the deviations that explained nothing so far.
func (j *Judge) Unused() (list []Deviation) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, d := range j.list {
		if !j.used[d] {
			list = append(list, d)
		}
	}
	return list
}
