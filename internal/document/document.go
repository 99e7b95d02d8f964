// Package document reads what people write down for a program, YAML or JSON: held
// against a JSON Schema, with the line of everything that is wrong.
package document

import (
	"bytes"
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

// most is how long a document can be, in bytes.
const most = 1 << 20

// Read reads a document, YAML or JSON, into a value, if it holds against a schema.
// What is wrong with it comes as one Invalid error, a line for each fault, which
// begins with its line number. More that is wrong with it can be added to the
// Faults, which then give such an error.
func Read(text, schema []byte, into any) (*Faults, error) {
	if len(text) > most {
		return nil, errs.New(errs.Invalid, "the document is longer than %d kB", most>>10)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, errs.New(errs.Invalid, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) != 1 {
		return nil, errs.New(errs.Invalid, "line 1: the document is empty")
	}
	f := &Faults{root: root.Content[0]}
	value := f.plain(f.root, 0)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := f.against(schema, value); err != nil {
		return nil, err
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("reading a document: %w", err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return nil, errs.New(errs.Invalid, "%v", err)
	}
	return f, nil
}

// Faults are what is wrong with a document, by line.
type Faults struct {
	root  *yaml.Node
	found []fault
}

type fault struct {
	line int
	why  string
}

// Err gives what is wrong as one Invalid error, nil if nothing is.
func (f *Faults) Err() error {
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

// Add adds a fault of what a path of names and places leads to.
func (f *Faults) Add(path []string, format string, args ...any) {
	f.found = append(f.found, fault{f.line(path), fmt.Sprintf(format, args...)})
}

// line gives the line on which what a path leads to stands.
func (f *Faults) line(path []string) int {
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
func (f *Faults) plain(n *yaml.Node, depth int) any {
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
func (f *Faults) against(schema []byte, value any) error {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("reading a schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", text); err != nil {
		return fmt.Errorf("reading a schema: %w", err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		return fmt.Errorf("reading a schema: %w", err)
	}
	var broken *jsonschema.ValidationError
	if err := s.Validate(value); errors.As(err, &broken) {
		f.leaves(broken)
	} else if err != nil {
		return fmt.Errorf("holding a document against its schema: %w", err)
	}
	return f.Err()
}

// leaves adds what is wrong in the end: the faults that have no others below.
func (f *Faults) leaves(e *jsonschema.ValidationError) {
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
		f.Add(path, "%s", why)
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
func Format(d any, asJSON bool) ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
	}
	if asJSON {
		return append(text, '\n'), nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
	}
	readable(&root)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(&root), e.Close()); err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
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
