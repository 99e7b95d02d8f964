package workflow

import (
	"bytes"
	_ "embed" // the schema

	"github.com/foyer-crm/foyer/internal/document"
)

//go:embed schema.json
var schema []byte

// Schema gives the JSON Schema of documents.
func Schema() []byte { return bytes.Clone(schema) }

// Document is a workflow or campaign as it is written down.
type Document struct {
	Name   string `json:"name"`
	Kind   string `json:"kind,omitempty"`   // Flow if left out
	Status string `json:"status,omitempty"` // Draft if left out
	Definition
}

// Parse reads a document, YAML or JSON. What is wrong with it comes as one
// Invalid error, a line for each fault, which begins with its line number.
func Parse(text []byte) (*Document, error) {
	var d Document
	f, err := document.Read(text, schema, &d)
	if err != nil {
		return nil, err
	}
	if d.Kind == "" {
		d.Kind = Flow
	}
	for _, b := range d.Check(d.Kind) {
		f.Add(b.path, "%s", b.why)
	}
	return &d, f.Err()
}

// Format writes a document as YAML, or as JSON.
func Format(d *Document, asJSON bool) ([]byte, error) { return document.Format(d, asJSON) }
