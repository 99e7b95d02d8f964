package highlevel

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the docs page
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"time"
)

//go:embed docs.html
var docsPage string

// Document describes what this door serves: as an OpenAPI 3.1 document and as a
// page. Both come out of the table of operations and of the Go types of requests
// and answers, once. Make one with NewDocument.
type Document struct {
	text []byte
	page []byte
}

// NewDocument writes the document.
func NewDocument() (*Document, error) {
	var d Document
	whole, err := describeAPI(AllOperations())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	d.text = text
	t, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, sections()); err != nil {
		return nil, fmt.Errorf("writing the docs page: %w", err)
	}
	d.page = page.Bytes()
	return &d, nil
}

// Text gives the OpenAPI document.
func (d *Document) Text() []byte { return d.text }

// JSON answers with the OpenAPI document.
func (d *Document) JSON(w http.ResponseWriter, r *http.Request) {
	d.serve(w, r, "application/json; charset=utf-8", d.text)
}

// Page gives the page.
func (d *Document) Page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	d.serve(w, r, "text/html; charset=utf-8", d.page)
}

func (d *Document) serve(w http.ResponseWriter, r *http.Request, typ string, content []byte) {
	sum := sha256.Sum256(content)
	w.Header().Set("Content-Type", typ)
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// section is a category on the page.
type section struct {
	Name       string
	Operations []Operation
}

func sections() (list []section) {
	at := map[string]int{}
	for _, o := range AllOperations() {
		i, known := at[o.Category]
		if !known {
			i, at[o.Category] = len(list), len(list)
			list = append(list, section{Name: o.Category})
		}
		list[i].Operations = append(list[i].Operations, o)
	}
	return list
}

// node is an object of the document.
type node = map[string]any

// describeAPI writes the document of the operations that are served. One that
// nothing is said of is an error.
func describeAPI(all []Operation) (node, error) {
	known, s := shapes(), schemas{}
	paths, named := node{}, map[string]string{}
	for _, o := range all {
		if o.Status() != "done" {
			continue
		}
		// Two paths that differ in the names of their parts only are one.
		plain := pathPart.ReplaceAllString(o.Path, "{}")
		if first := named[plain]; first != "" {
			o.Path = first
		}
		named[plain] = o.Path
		path, _ := paths[o.Path].(node)
		if path == nil {
			path = node{}
			paths[o.Path] = path
		}
		is, said := known[o.Name]
		if !said {
			return nil, fmt.Errorf("%s: nothing is said of what it is asked and answers", o.Name)
		}
		if method := strings.ToLower(o.Method); path[method] == nil { // the catalogue searches contacts twice
			path[method] = o.describe(is, s)
		}
	}
	s["Failure"], s["UploadFailure"] = s.object(failureView{}), s.answer(uploadRefused{})
	return node{
		"openapi": "3.1.0",
		"info": node{"title": "Foyer: HighLevel API v2", "version": "2", "license": node{"name": "Apache License 2.0", "identifier": "Apache-2.0"},
			"description": "What this Foyer serves of HighLevel's API v2. Paths answer with and without a slash at the end."},
		"servers":  []node{{"url": "/"}},
		"security": []node{{"bearer": []string{}}},
		"paths":    paths,
		"components": node{
			"schemas":         s,
			"securitySchemes": node{"bearer": node{"type": "http", "scheme": "bearer"}},
		},
	}, nil
}

// failureView is an error as the document shows it (contract.md §6).
type failureView struct {
	StatusCode int               `json:"statusCode"`
	Message    any               `json:"message" say:"a text, or a list of texts"`
	Error      any               `json:"error,omitempty" say:"a text; an object with code and message for /oauth/installed-locations"`
	Meta       map[string]string `json:"meta,omitempty"`
	TraceID    string            `json:"traceId"`
}

var pathPart = regexp.MustCompile(`\{([^}]+)\}`)

// describe writes an operation.
func (o Operation) describe(is shape, s schemas) node {
	var params []node
	for _, m := range pathPart.FindAllStringSubmatch(o.Path, -1) {
		params = append(params, node{"name": m[1], "in": "path", "required": true, "schema": node{"type": "string"}})
	}
	if is.query != nil {
		params = append(params, s.parameters(is.query)...)
	}
	if o.Version != "" {
		params = append(params, node{"name": "Version", "in": "header", "required": true, "schema": node{"type": "string", "enum": versions}, "example": o.Version})
	}
	media := is.media
	if media == "" {
		media = "application/json"
	}
	const failure = "Failure"
	responses := node{
		fmt.Sprint(o.Success): node{"description": "done", "content": node{media: node{"schema": s.answer(is.answer)}}},
		"400":                 failing("what was asked cannot be done", failure),
		"401":                 failing("no token, a wrong one, or one without the scope or the version", failure),
		"403":                 failing("another location's", failure),
		"422":                 failing("the request is not as it must be", failure),
		"default":             failing("anything else", failure),
	}
	d := node{
		"operationId": operationID(o.Name), "summary": o.Name, "tags": []string{o.Category}, "security": []node{{"bearer": []string{o.Scope}}},
		"x-kind": o.Kind, "x-scope": o.Scope, "x-token": o.Token,
		"responses": responses,
	}
	if len(params) > 0 {
		d["parameters"] = params
	}
	if is.body != nil {
		form := "application/json"
		if o.takesFiles() {
			form = "multipart/form-data"
			refused := failing("too large, or not of a kind that is taken", "UploadFailure")
			responses["413"], responses["415"] = refused, refused
		}
		d["requestBody"] = node{"required": true, "content": node{form: node{"schema": s.asked(is.body)}}}
	}
	return d
}

func failing(why, schema string) node {
	return node{"description": why, "content": node{"application/json": node{"schema": node{"$ref": "#/components/schemas/" + schema}}}}
}

// operationID makes a name of a program's kind: "Get Contact" is getContact.
func operationID(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + strings.ToLower(w[1:])
		if i == 0 {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, "")
}
