package ui

import (
	"net/url"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/workflow"
)

// ruleForm is the form of a condition: some comparisons that all or any must
// hold. A condition that is deeper is edited as YAML.
type ruleForm struct {
	Any   bool
	Lines []ruleLine
	Deep  string // YAML, "" for a plain one
}

// ruleLine is one comparison.
type ruleLine struct{ Field, Op, Value string }

// ruleOps are the comparisons, by their names in documents.
func ruleOps() [][2]string {
	return [][2]string{{"is", "is"}, {"isNot", "is not"}, {"in", "is one of"}, {"contains", "contains"}, {"startsWith", "starts with"}, {"known", "is known"}, {"unknown", "is not known"}, {"above", "is above"}, {"below", "is below"}, {"within", "is not longer ago than"}}
}

// Ops are the comparisons for the template.
func (*ruleForm) Ops() [][2]string { return ruleOps() }

const spareLines = 2

func conditionField(name, title string, now any) flowField {
	return flowField{Name: name, Title: title, Kind: "condition", Rule: ruleOf(now)}
}

// ruleOf makes the form of a condition.
func ruleOf(now any) *ruleForm {
	r := &ruleForm{}
	m, _ := now.(map[string]any)
	list := []any{}
	switch {
	case len(m) == 0:
	case len(m) == 1 && m["all"] != nil:
		list, _ = m["all"].([]any)
	case len(m) == 1 && m["any"] != nil:
		list, _ = m["any"].([]any)
		r.Any = true
	default:
		list = []any{m}
	}
	for _, one := range list {
		line, ok := lineOf(one)
		if !ok {
			return &ruleForm{Deep: workflow.FormatValue(now)}
		}
		r.Lines = append(r.Lines, line)
	}
	r.Lines = append(r.Lines, make([]ruleLine, spareLines)...)
	return r
}

// lineOf makes a line of a condition with one comparison; ok is false for others.
func lineOf(v any) (line ruleLine, ok bool) {
	m, _ := v.(map[string]any)
	if len(m) != 2 || m["field"] == nil {
		return line, false
	}
	line.Field = textOfValue(m["field"])
	for op, value := range m {
		switch {
		case op == "field":
			continue
		case op == "known" && value == false:
			line.Op = "unknown"
		case op == "known":
			line.Op = op
		case op == "in":
			line.Op, line.Value = op, strings.Join(textsOf(value), ", ")
		default:
			line.Op, line.Value = op, textOfValue(value)
		}
	}
	return line, slices.ContainsFunc(ruleOps(), func(o [2]string) bool { return o[0] == line.Op })
}

// read gives the condition that a form says, nil for none.
func (r *ruleForm) read(form url.Values, name string) (any, error) {
	if deep := form.Get(name + ".deep"); strings.TrimSpace(deep) != "" {
		r.Deep = deep
		return workflow.ReadValue(strings.ReplaceAll(deep, "\r\n", "\n"))
	}
	r.Any, r.Lines, r.Deep = form.Get(name+".any") == "any", nil, ""
	var list []any
	fields, ops, values := form[name+".field"], form[name+".op"], form[name+".value"]
	for i := range min(len(fields), len(ops), len(values)) {
		line := ruleLine{strings.TrimSpace(fields[i]), ops[i], strings.TrimSpace(values[i])}
		if line.Field == "" {
			continue
		}
		r.Lines = append(r.Lines, line)
		m := map[string]any{"field": line.Field}
		switch line.Op {
		case "known", "unknown":
			m["known"] = line.Op == "known"
		case "in":
			var in []any
			for v := range strings.SplitSeq(line.Value, ",") {
				if v = strings.TrimSpace(v); v != "" {
					in = append(in, v)
				}
			}
			m["in"] = in
		default:
			m[line.Op] = line.Value
		}
		list = append(list, m)
	}
	r.Lines = append(r.Lines, make([]ruleLine, spareLines)...)
	switch {
	case len(list) == 0:
		return nil, nil
	case len(list) == 1:
		return list[0], nil
	case r.Any:
		return map[string]any{"any": list}, nil
	}
	return map[string]any{"all": list}, nil
}
