package judge

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// common is what HighLevel's documents refer to, in a folder beside the one they
// were published in.
const common = "common/common-schemas.json"

// library has HighLevel's documents, each of which is read when it is first needed.
type library map[string]func() (*openapi3.T, error)

// open makes a library of a folder: contacts.json, …, v3 and common.
func open(files fs.FS) (library, error) {
	l := library{}
	if files == nil {
		return l, nil
	}
	for _, pattern := range []string{"*.json", "v3/*.json"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			l[name] = sync.OnceValues(func() (*openapi3.T, error) { return load(files, name) })
		}
	}
	return l, nil
}

// operations gives what HighLevel says of an operation: in the older document and
// in that of version 3, or in one of them.
func (l library) operations(method, path string) (list []*openapi3.Operation, err error) {
	first := strings.Split(path, "/")[1]
	for _, name := range []string{first + ".json", "v3/" + first + "-v3.json"} {
		if l[name] == nil {
			continue
		}
		doc, err := l[name]()
		if err != nil {
			return nil, err
		}
		if o := find(doc, method, path); o != nil {
			list = append(list, o)
		}
	}
	return list, nil
}

// load reads one of HighLevel's documents.
func load(files fs.FS, name string) (*openapi3.T, error) {
	text, err := plain(files, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, u *url.URL) ([]byte, error) {
		if path.Base(u.Path) != path.Base(common) {
			return nil, fmt.Errorf("%s refers to %s", name, u)
		}
		return plain(files, common)
	}
	doc, err := loader.LoadFromDataWithPath(text, &url.URL{Path: "apps/" + path.Base(name)})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return doc, nil
}

// plain gives a document without what a reader of OpenAPI stumbles over: examples
// in a form of their own, and references to schemas that are not there.
func plain(files fs.FS, name string) ([]byte, error) {
	v, known, err := schemasOf(files, name)
	if err != nil {
		return nil, err
	}
	_, shared, err := schemasOf(files, common)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for name := range known {
		there["#/components/schemas/"+name] = true
	}
	for name := range shared {
		there["../"+common+"#/components/schemas/"+name] = true
	}
	strip(v, there)
	return json.Marshal(v)
}

// schemasOf reads a document, and gives its schemas besides.
func schemasOf(files fs.FS, name string) (v, schemas map[string]any, err error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(text, &v)
	components, _ := v["components"].(map[string]any)
	schemas, _ = components["schemas"].(map[string]any)
	return v, schemas, err
}

func strip(v any, there map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "examples")
		if ref, ok := v["$ref"].(string); ok && !there[ref] {
			delete(v, "$ref")
		}
		for _, inner := range v {
			strip(inner, there)
		}
	case []any:
		for _, inner := range v {
			strip(inner, there)
		}
	}
}

// nameless is a path without the names of its parts and the slash at its end.
func nameless(path string) string {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// find gives the operation of a document, nil if it has none at the address.
func find(doc *openapi3.T, method, path string) *openapi3.Operation {
	for p, item := range doc.Paths.Map() {
		if nameless(p) == nameless(path) {
			if o := item.GetOperation(method); o != nil {
				return o
			}
		}
	}
	return nil
}

// schemaOf gives the schema of a response's body, nil if it says nothing of it,
// and the kind of content that it must be.
func schemaOf(o *openapi3.Operation, status int) (schema *openapi3.Schema, media string, known bool) {
	if o == nil {
		return nil, "", false
	}
	r := o.Responses.Status(status)
	if r == nil {
		r = o.Responses.Default()
	}
	if r == nil {
		return nil, "", false
	}
	for media, is := range r.Value.Content {
		if is.Schema == nil {
			return nil, media, true
		}
		return is.Schema.Value, media, true
	}
	return nil, "", true
}
