package workflow

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/foyer-crm/foyer/internal/errs"
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

// mostDocument is how long a document can be, in bytes.
const mostDocument = 1 << 20

// Parse reads a document, YAML or JSON. What is wrong with it comes as one
// Invalid error, a line for each fault, which begins with its line number.
func Parse(text []byte) (*Document, error) {
	if len(text) > mostDocument {
		return nil, errs.New(errs.Invalid, "the document is longer than %d kB", mostDocument>>10)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, errs.New(errs.Invalid, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) != 1 {
		return nil, errs.New(errs.Invalid, "line 1: the document is empty")
	}
	f := &faults{root: root.Content[0]}
	value := f.plain(f.root, 0)
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := f.against(value); err != nil {
		return nil, err
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("reading a workflow: %w", err)
	}
	var d Document
	if err := json.Unmarshal(plain, &d); err != nil {
		return nil, errs.New(errs.Invalid, "%v", err)
	}
	if d.Kind == "" {
		d.Kind = Flow
	}
	for _, b := range d.Check(d.Kind) {
		f.add(b.path, "%s", b.why)
	}
	return &d, f.err()
}

// faults are what is wrong with a document, by line.
type faults struct {
	root  *yaml.Node
	found []fault
}

type fault struct {
	line int
	why  string
}

func (f *faults) err() error {
	if len(f.found) == 0 {
		return nil
	}
	slices.SortStableFunc(f.found, func(a, b fault) int { return a.line - b.line })
	var lines []string
	for _, b := range f.found {
		lines = append(lines, fmt.Sprintf("line %d: %s", b.line, b.why))
	}
	return errs.New(errs.Invalid, "%s", strings.Join(slices.Compact(lines), "\n"))
}

func (f *faults) add(path []string, format string, args ...any) {
	f.found = append(f.found, fault{f.line(path), fmt.Sprintf(format, args...)})
}

// line gives the line on which what a path leads to stands.
func (f *faults) line(path []string) int {
	at, line := f.root, f.root.Line
	for _, name := range path {
		var next *yaml.Node
		if at.Kind == yaml.SequenceNode {
			if i, err := strconv.Atoi(name); err == nil && i < len(at.Content) {
				next = at.Content[i]
				line = next.Line
			}
		} else {
			for i := 0; i+1 < len(at.Content); i += 2 {
				if at.Content[i].Value == name {
					next = at.Content[i+1]
					line = at.Content[i].Line
				}
			}
		}
		if next == nil {
			return line
		}
		at = next
	}
	return line
}

// plain gives what a node says in the words of JSON. Only what JSON has too is
// taken: no anchors, tags of types or keys twice.
func (f *faults) plain(n *yaml.Node, depth int) any {
	const deepest = 60
	fail := func(why string) any {
		f.found = append(f.found, fault{n.Line, why})
		return nil
	}
	switch {
	case depth > deepest:
		return fail("it is nested too deep")
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fail("anchors and aliases cannot be used")
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, f.plain(c, depth+1))
		}
		return list
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				f.found = append(f.found, fault{n.Content[i].Line, fmt.Sprintf("%q is there twice", key)})
			}
			m[key] = f.plain(n.Content[i+1], depth+1)
		}
		return m
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err != nil {
			return fail(err.Error())
		}
		if _, err := json.Marshal(v); err != nil { // .inf, .nan
			return n.Value
		}
		return v
	}
	return n.Value
}

// against holds a document against the schema.
func (f *faults) against(value any) error {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("reading the schema of workflows: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("workflow.json", text); err != nil {
		return fmt.Errorf("reading the schema of workflows: %w", err)
	}
	s, err := c.Compile("workflow.json")
	if err != nil {
		return fmt.Errorf("reading the schema of workflows: %w", err)
	}
	var broken *jsonschema.ValidationError
	if err := s.Validate(value); errors.As(err, &broken) {
		f.leaves(broken)
	} else if err != nil {
		return fmt.Errorf("holding a workflow against its schema: %w", err)
	}
	return f.err()
}

// leaves adds what is wrong in the end: the faults that have no others below.
func (f *faults) leaves(e *jsonschema.ValidationError) {
	for _, c := range e.Causes {
		f.leaves(c)
	}
	if len(e.Causes) > 0 {
		return
	}
	path, where := e.InstanceLocation, strings.Join(e.InstanceLocation, ".")
	say := func(path []string, why string) {
		if where != "" {
			why = where + ": " + why
		}
		f.add(path, "%s", why)
	}
	if extra, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		for _, name := range extra.Properties {
			say(append(slices.Clone(path), name), fmt.Sprintf("%q is not known here", name))
		}
		return
	}
	say(path, e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
}

// Format writes a document as YAML, or as JSON.
func Format(d *Document, asJSON bool) ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a workflow: %w", err)
	}
	if asJSON {
		return append(text, '\n'), nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("writing a workflow: %w", err)
	}
	readable(&root)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(&root), e.Close()); err != nil {
		return nil, fmt.Errorf("writing a workflow: %w", err)
	}
	return b.Bytes(), nil
}

// readable gives what was JSON the style that people write YAML in.
func readable(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 && !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode }) {
		n.Style = yaml.FlowStyle // tags: [buyer, new]
	}
	for _, c := range n.Content {
		readable(c)
	}
}
