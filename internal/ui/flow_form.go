package ui

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// flowForm is the form of a step, a trigger or a case, made of the JSON Schema.
type flowForm struct {
	Path    string // where it stands, or is to stand
	Do      string // the kind
	Title   string
	Icon    string
	New     bool
	Fields  []flowField
	Problem []string
}

// flowField is a setting in a form.
type flowField struct {
	Name, Title, Kind, Hint string // Kind: text, area, choice, tick, ticks, list, number, span, yaml, condition
	Value                   string
	Required, On            bool
	Options                 []flowOption
	List                    string // id of the suggestions
	Rule                    *ruleForm
}

type flowOption struct {
	Value string
	On    bool
}

// shape is what of a schema forms are made of.
type shape struct {
	Type        any              `json:"type"`
	Enum        []string         `json:"enum"`
	Items       *shape           `json:"items"`
	Ref         string           `json:"$ref"`
	Description string           `json:"description"`
	Properties  map[string]shape `json:"properties"`
	Required    []string         `json:"required"`
	AllOf       []struct {
		If struct {
			Properties map[string]struct{ Const string } `json:"properties"`
		} `json:"if"`
		Then shape `json:"then"`
	} `json:"allOf"`
	Defs map[string]shape `json:"$defs"`
}

// UnmarshalJSON takes true, which allows anything, for a shape that says nothing.
func (s *shape) UnmarshalJSON(text []byte) error {
	if string(text) == "true" || string(text) == "false" {
		return nil
	}
	type plain shape
	return json.Unmarshal(text, (*plain)(s))
}

// shapeOf gives the settings of a kind of step or trigger by the schema of
// workflows; ok is false for a kind that is none.
func shapeOf(thing, do string) (s shape, defs map[string]shape, ok bool) {
	var all shape
	if err := json.Unmarshal(workflow.Schema(), &all); err != nil {
		return s, nil, false
	}
	for _, r := range all.Defs[thing].AllOf {
		for _, c := range r.If.Properties {
			if c.Const == do {
				return r.Then, all.Defs, true
			}
		}
	}
	return s, nil, false
}

// inOrder is the order of the settings in forms; others come behind.
func inOrder() []string {
	return []string{"on", "do", "events", "doors", "sources", "known", "tags", "what", "calendars", "channels", "contains", "pipeline", "stage", "field", "from", "to", "value", "every", "days", "day", "for", "until", "offset", "missed", "event", "timeout", "late",
		"goto", "by", "user", "users", "owners", "always", "calendar", "after", "subject", "title", "body", "html", "sender", "text", "due", "status", "amount", "workflow", "campaign", "url", "method", "headers", "payload", "at", "zone", "contact", "key", "if", "id"}
}

// formFor makes the form of a thing that stands at a path, or is to.
func formFor(path, do string, now map[string]any) (*flowForm, error) {
	thing, word := "step", wordFor(stepWords(), do)
	if strings.HasPrefix(path, "triggers.") {
		thing, word = "trigger", wordFor(triggerWords(), do)
	}
	if isCase(path) {
		f := &flowForm{Path: path, Do: "case", Title: "If", Icon: "split"}
		f.Fields = []flowField{conditionField("if", "What has to hold", now["if"])}
		return f, nil
	}
	s, defs, ok := shapeOf(thing, do)
	if !ok {
		return nil, errs.New(errs.Invalid, "There is no such step")
	}
	f := &flowForm{Path: path, Do: do, Title: word.Title, Icon: word.Icon, New: now == nil}
	var names []string
	for name := range s.Properties {
		if !slices.Contains([]string{"do", "on", "cases", "else"}, name) {
			names = append(names, name)
		}
	}
	place := func(name string) int {
		if i := slices.Index(inOrder(), name); i >= 0 {
			return i
		}
		return len(inOrder())
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		f.Fields = append(f.Fields, fieldFor(name, s.Properties[name], defs, now[name], slices.Contains(s.Required, name)))
	}
	return f, nil
}

// isCase reports whether a path names a way of a branch.
func isCase(path string) bool {
	parts := strings.Split(path, ".")
	return len(parts) > 1 && parts[len(parts)-2] == "cases"
}

// fieldFor makes the field of a setting.
func fieldFor(name string, s shape, defs map[string]shape, now any, required bool) flowField {
	f := flowField{Name: name, Title: settingTitle(name), Hint: s.Description, Required: required, Kind: "yaml", List: suggestionsOf(name)}
	if ref, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		switch ref {
		case "condition":
			return conditionField(name, "Only if", now)
		case "span":
			f.Kind, f.Hint = "text", "As 15m, 2h, 3d or 1w"
		case "clock":
			f.Kind, f.Hint = "text", "As 09:00"
		default:
			s = defs[ref]
		}
	}
	switch {
	case f.Kind == "text":
	case len(s.Enum) > 0:
		f.Kind, f.Options = "choice", options(s.Enum, textOfValue(now))
	case s.Type == "boolean":
		f.Kind, f.On, f.Hint = "tick", now == true, ""
	case s.Type == "integer":
		f.Kind = "number"
	case s.Type == "string":
		f.Kind = "text"
		if slices.Contains([]string{"body", "html", "text"}, name) {
			f.Kind = "area"
		}
	case s.Type == "array" && s.Items != nil && len(s.Items.Enum) > 0:
		f.Kind, f.Options = "ticks", options(s.Items.Enum, textsOf(now)...)
	case s.Type == "array" && s.Items != nil && s.Items.Type == "string":
		f.Kind, f.Hint = "list", strings.TrimSpace(f.Hint+" Several with commas between.")
	}
	switch f.Kind {
	case "list":
		f.Value = strings.Join(textsOf(now), ", ")
	case "yaml":
		if now != nil {
			f.Value = workflow.FormatValue(now)
		}
		f.Hint = strings.TrimSpace(f.Hint + " As YAML.")
	default:
		f.Value = textOfValue(now)
	}
	return f
}

func options(all []string, on ...string) (list []flowOption) {
	for _, v := range all {
		list = append(list, flowOption{v, slices.Contains(on, v)})
	}
	return list
}

func textOfValue(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func textsOf(v any) (texts []string) {
	list, _ := v.([]any)
	for _, one := range list {
		texts = append(texts, textOfValue(one))
	}
	return texts
}

// settingTitle is how a setting is called.
func settingTitle(name string) string {
	titles := map[string]string{"id": "Name of this step, to go to it", "goto": "Go to", "html": "HTML, instead of the text", "url": "Address", "by": "How", "users": "Users, with weight and hours", "user": "User", "owners": "Who takes which source", "always": "Also who is assigned already",
		"known": "Also people who are known and come again", "for": "For", "until": "Until", "missed": "If it is past, go to", "event": "For this to happen", "timeout": "At most", "late": "If it does not happen, go to", "at": "At the time of day", "due": "Due in", "after": "Not before, from now",
		"sender": "From, instead of the usual address", "contact": "Which field of the call is which of the contact", "payload": "What is sent", "what": "Which change", "amount": "Value", "zone": "Time zone: contact, location, or a name"}
	if t := titles[name]; t != "" {
		return t
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// suggestionsOf names what can be chosen from for a setting.
func suggestionsOf(name string) string {
	return map[string]string{"user": "l-users", "to": "l-users", "field": "l-fields", "until": "l-fields", "pipeline": "l-pipelines", "stage": "l-stages", "calendar": "l-calendars", "workflow": "l-workflows", "campaign": "l-campaigns", "goto": "l-steps", "late": "l-steps", "missed": "l-steps", "tags": "l-tags"}[name]
}

// read takes what a form says into a thing. Settings that the form does not have
// stay as they are.
func (f *flowForm) read(form url.Values, into map[string]any) error {
	for i := range f.Fields {
		field := &f.Fields[i]
		name := "f." + field.Name
		field.Value = form.Get(name)
		v, err := field.read(form, name)
		if err != nil {
			return err
		}
		if v == nil {
			delete(into, field.Name)
		} else {
			into[field.Name] = v
		}
	}
	return nil
}

func (f *flowField) read(form url.Values, name string) (any, error) {
	text := strings.ReplaceAll(form.Get(name), "\r\n", "\n")
	switch f.Kind {
	case "condition":
		return f.Rule.read(form, name)
	case "tick":
		if f.On = text != ""; f.On {
			return true, nil
		}
		return nil, nil
	case "ticks", "list":
		values := form[name]
		if f.Kind == "list" {
			values = strings.Split(text, ",")
		}
		var list []any
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				list = append(list, v)
			}
		}
		for i := range f.Options {
			f.Options[i].On = slices.Contains(values, f.Options[i].Value)
		}
		if len(list) == 0 {
			return nil, nil
		}
		return list, nil
	case "choice":
		for i := range f.Options {
			f.Options[i].On = f.Options[i].Value == text
		}
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	switch f.Kind {
	case "number":
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return nil, errs.New(errs.Invalid, "%s: %s is not a number", f.Title, text)
		}
		return n, nil
	case "yaml":
		return workflow.ReadValue(text)
	case "area":
		return strings.TrimRight(text, "\n"), nil
	}
	return strings.TrimSpace(text), nil
}
