package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// flowTree is the document of a workflow as maps and lists, in which a path such
// as steps.1.cases.0.then.2 names a place.
type flowTree map[string]any

// treeOf gives the tree of a workflow.
func treeOf(w *workflow.Workflow) (flowTree, error) {
	text, err := json.Marshal(w.Document())
	if err != nil {
		return nil, fmt.Errorf("writing a workflow: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t := flowTree{}
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("reading a workflow: %w", err)
	}
	delete(t, "status") // a button of its own
	return t, nil
}

// document checks the tree and gives what it says. The error is Invalid, with a
// line for each fault.
func (t flowTree) document() (*workflow.Document, error) {
	text, err := json.Marshal(map[string]any(t))
	if err != nil {
		return nil, fmt.Errorf("writing a workflow: %w", err)
	}
	d, err := workflow.Parse(text)
	if e := errs.As(err); err != nil && e.Kind == errs.Invalid {
		lines := strings.Split(e.Text, "\n")
		for i, l := range lines { // all of it is one line: which one says nothing
			if _, why, ok := strings.Cut(l, ": "); ok && strings.HasPrefix(l, "line ") {
				lines[i] = why
			}
		}
		return nil, errs.New(errs.Invalid, "%s", strings.Join(lines, "\n"))
	}
	return d, err
}

func noPlace() error { return errs.New(errs.Invalid, "There is no such step any more") }

// at gives what stands at a path, nil for nothing.
func (t flowTree) at(path string) any {
	var v any = map[string]any(t)
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// list gives the list that a path stands in, the place in it, and what puts a
// changed list back.
func (t flowTree) list(path string) (in []any, i int, put func([]any), err error) {
	cut := strings.LastIndexByte(path, '.')
	if cut < 0 {
		return nil, 0, nil, noPlace()
	}
	if i, err = strconv.Atoi(path[cut+1:]); err != nil || i < 0 {
		return nil, 0, nil, noPlace()
	}
	owner, name := any(map[string]any(t)), path[:cut]
	if c := strings.LastIndexByte(name, '.'); c >= 0 {
		owner, name = t.at(name[:c]), name[c+1:]
	}
	m, ok := owner.(map[string]any)
	if !ok || !slices.Contains([]string{"steps", "triggers", "cases", "then", "else"}, name) {
		return nil, 0, nil, noPlace()
	}
	in, _ = m[name].([]any)
	return in, i, func(list []any) {
		if m[name] = list; len(list) == 0 && name != "then" {
			delete(m, name)
		}
	}, nil
}

// insert puts something before what stands at a path, or at the end of its list.
func (t flowTree) insert(path string, v any) error {
	in, i, put, err := t.list(path)
	if err == nil && i > len(in) {
		err = noPlace()
	}
	if err == nil {
		put(slices.Insert(slices.Clone(in), i, v))
	}
	return err
}

// replace puts something in the place of what stands at a path.
func (t flowTree) replace(path string, v any) error {
	in, i, put, err := t.list(path)
	if err == nil && i >= len(in) {
		err = noPlace()
	}
	if err == nil {
		in = slices.Clone(in)
		in[i] = v
		put(in)
	}
	return err
}

// remove takes out what stands at a path.
func (t flowTree) remove(path string) error {
	in, i, put, err := t.list(path)
	if err == nil && i >= len(in) {
		err = noPlace()
	}
	if err == nil {
		put(slices.Delete(slices.Clone(in), i, i+1))
	}
	return err
}

// move changes places with the one before (-1) or behind (1).
func (t flowTree) move(path string, by int) error {
	in, i, put, err := t.list(path)
	if err == nil && (i >= len(in) || i+by < 0 || i+by >= len(in)) {
		err = noPlace()
	}
	if err == nil {
		in = slices.Clone(in)
		in[i], in[i+by] = in[i+by], in[i]
		put(in)
	}
	return err
}
