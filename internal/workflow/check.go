package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/clock"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// Broken is what is wrong with one place of a definition.
type Broken struct {
	path []string
	why  string
}

// Check says what of a definition cannot be, beyond what its schema says: labels
// that are nowhere, fields that do not exist, settings that do not go together.
func (d *Definition) Check(kind string) []Broken {
	c := &checker{kind: kind, ids: map[string]bool{}, fields: empty()}
	c.labels(d.Steps, nil)
	if d.Window != nil {
		if err := d.Window.Check(); err != nil {
			c.add([]string{"window"}, "%v", err)
		}
		c.zone([]string{"window", "zone"}, d.Window.Zone)
	}
	for i := range d.Triggers {
		c.trigger(sub(nil, "triggers", i), &d.Triggers[i])
	}
	c.steps([]string{"steps"}, d.Steps)
	return c.broken
}

// invalid is the error for what Check found, nil for nothing.
func invalid(broken []Broken) error {
	if len(broken) == 0 {
		return nil
	}
	lines := make([]string, len(broken))
	for i, b := range broken {
		lines[i] = strings.Join(b.path, ".") + ": " + b.why
	}
	return errs.New(errs.Invalid, "%s", strings.Join(lines, "\n"))
}

type checker struct {
	kind   string
	ids    map[string]bool
	fields *scope
	broken []Broken
}

func (c *checker) add(path []string, format string, args ...any) {
	c.broken = append(c.broken, Broken{path, fmt.Sprintf(format, args...)})
}

// labels gathers the ids of all steps.
func (c *checker) labels(steps []Step, path []string) {
	for i := range steps {
		s := &steps[i]
		at := sub(path, "steps", i)
		if s.ID != "" && c.ids[s.ID] {
			c.add(sub(at, "id"), "another step is called %s too", s.ID)
		}
		if s.ID == "next" || s.ID == "end" {
			c.add(sub(at, "id"), "%s means something else: call it otherwise", s.ID)
		}
		c.ids[s.ID] = true
		for _, one := range s.Cases {
			c.labels(one.Then, at)
		}
		c.labels(s.Else, at)
	}
}

// label checks where to go on.
func (c *checker) label(path []string, to string) {
	if to != "" && to != "next" && to != "end" && !c.ids[to] {
		c.add(path, "no step is called %s", to)
	}
}

func (c *checker) zone(path []string, name string) {
	if name == "" || name == InContact || name == InLocation {
		return
	}
	if _, err := time.LoadLocation(name); err != nil {
		c.add(path, "%s is not a time zone as America/New_York, and neither contact nor location", name)
	}
}

// field checks that there is such a field.
func (c *checker) field(path []string, name string) {
	if _, ok := c.fields.look(mergefield.Path(name)); !ok {
		c.add(path, "there is no field %s", name)
	}
}

// texts checks the merge fields of texts.
func (c *checker) texts(path []string, named map[string]string) {
	for _, name := range sorted(named) {
		t, err := mergefield.Parse(named[name])
		if err != nil {
			c.add(sub(path, name), "%v", err)
		}
		for _, f := range t.Fields() {
			c.field(sub(path, name), f)
		}
	}
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (c *checker) condition(path []string, one *Condition) { one.fields(path, c.field) }

func (c *checker) trigger(path []string, t *Trigger) {
	c.condition(sub(path, "if"), t.If)
	switch t.On {
	case OnEvent, OnIntake, OnTagAdded, OnTagRemoved, OnStageChanged, OnStatusChanged, OnAppointment, OnMessage:
	case OnFieldChanged, OnDate:
		c.field(sub(path, "field"), t.Field)
		if t.On == OnDate && !strings.HasPrefix(t.Field, "contact.") {
			c.add(sub(path, "field"), "only a field of the contact can be waited for")
		}
	case OnSchedule:
		if t.Every == "week" && len(t.Days) == 0 {
			c.add(path, "which days of the week?")
		}
		if t.Every == "month" && t.Day == 0 {
			c.add(path, "which day of the month?")
		}
	case OnWebhook:
		c.texts(sub(path, "contact"), t.Contact)
		for _, name := range sorted(t.Contact) {
			if _, ok := setters()[name]; !ok && !strings.HasPrefix(name, "custom.") && name != "tags" {
				c.add(sub(path, "contact", name), "%s is not a field of a contact that can be set", name)
			}
		}
		if t.Contact["email"] == "" && t.Contact["phone"] == "" {
			c.add(sub(path, "contact"), "a contact is known by email or phone: one of them has to be there")
		}
	default:
		c.add(sub(path, "on"), "%q is not a trigger", t.On)
	}
	c.zone(sub(path, "zone"), t.Zone)
	if t.At != "" {
		if _, err := clock.Minutes(t.At); err != nil {
			c.add(sub(path, "at"), "%v", err)
		}
	}
}

// ofCampaign are the steps that a campaign can have: messages, the time between
// them, and who gets which.
func ofCampaign() []string {
	return []string{DoWait, DoEmail, DoSMS, DoBranch, DoGoto, DoEnd}
}

func (c *checker) steps(path []string, steps []Step) {
	for i := range steps {
		c.step(sub(path, i), &steps[i])
	}
}

func (c *checker) step(path []string, s *Step) {
	if c.kind == Campaign && !slices.Contains(ofCampaign(), s.Do) {
		c.add(sub(path, "do"), "a campaign cannot %s: make it a workflow", s.Do)
	}
	c.zone(sub(path, "zone"), s.Zone)
	c.texts(path, map[string]string{"title": s.Title, "body": s.Body, "html": s.HTML, "subject": s.Subject, "text": s.Text, "value": s.Value, "amount": s.Amount, "url": s.URL})
	c.texts(sub(path, "headers"), s.Headers)
	for _, name := range sorted(s.Headers) {
		if !isToken(name) {
			c.add(sub(path, "headers", name), "%q is not the name of a header", name)
		}
	}
	c.payload(sub(path, "payload"), s.Payload)
	need := func(has bool, what string) {
		if !has {
			c.add(path, "%s", what)
		}
	}
	switch s.Do {
	case DoWait:
		c.wait(path, s)
	case DoBranch:
		for i := range s.Cases {
			c.condition(sub(path, "cases", i, "if"), &s.Cases[i].If)
			c.steps(sub(path, "cases", i, "then"), s.Cases[i].Then)
		}
		c.steps(sub(path, "else"), s.Else)
	case DoGoto:
		need(s.Goto != "", "where to?")
		c.label(sub(path, "goto"), s.Goto)
	case DoAddTag, DoRemoveTag:
		need(len(s.Tags) > 0, "which tags?")
		for i, t := range s.Tags {
			c.texts(sub(path, "tags"), map[string]string{fmt.Sprint(i): t})
		}
	case DoSetField:
		name, _ := strings.CutPrefix(mergefield.Path(s.Field), "contact.")
		if _, ok := setters()[name]; !ok && !strings.HasPrefix(name, "custom.") {
			c.add(sub(path, "field"), "%s is not a field of a contact that can be set", s.Field)
		}
	case DoAssign:
		c.assign(path, s)
	case DoEmail:
		need(s.Body != "" || s.HTML != "", "an e-mail needs a body or html")
	case DoEnrol, DoRemove:
		need((s.Workflow == "") != (s.Campaign == ""), "which workflow, or which campaign?")
	case DoNotify:
		need(len(s.To) > 0 && s.Text != "", "whom is it to tell, and what?")
	case DoTask, DoNote, DoOpportunity, DoMoveStage, DoAppointment, DoSMS, DoWebhook, DoEnd:
		required := map[string]string{DoTask: s.Title, DoNote: s.Body, DoOpportunity: s.Pipeline, DoMoveStage: s.Pipeline, DoAppointment: s.Calendar, DoSMS: s.Body, DoWebhook: s.URL, DoEnd: "-"}
		need(required[s.Do] != "", "something is missing for "+s.Do)
	default:
		c.add(sub(path, "do"), "%q is not a step", s.Do)
	}
}

func (c *checker) wait(path []string, s *Step) {
	if s.For == (Span{}) && s.Until == "" && s.At == "" && len(s.Days) == 0 && s.Event == nil {
		c.add(path, "what is it to wait for?")
	}
	if s.For.Days < 0 || s.For.Clock < 0 || s.Timeout.Days < 0 || s.Timeout.Clock < 0 {
		c.add(path, "nobody can wait for what is past")
	}
	if s.Until != "" {
		if _, ok := moment(s.Until, time.UTC); !ok {
			c.field(sub(path, "until"), s.Until)
		}
	}
	if s.Event != nil {
		c.trigger(sub(path, "event"), s.Event)
		if slices.Contains([]string{OnDate, OnSchedule, OnWebhook}, s.Event.On) {
			c.add(sub(path, "event", "on"), "a step cannot wait for %s", s.Event.On)
		}
		if s.For != (Span{}) || s.Until != "" || s.At != "" {
			c.add(path, "it can wait for an event or for a time: timeout says how long for an event")
		}
	}
	if s.At != "" {
		if _, err := clock.Minutes(s.At); err != nil {
			c.add(sub(path, "at"), "%v", err)
		}
	}
	c.label(sub(path, "missed"), s.Missed)
	c.label(sub(path, "late"), s.Late)
}

func (c *checker) assign(path []string, s *Step) {
	has := map[string]bool{"user": s.User != "", "source": len(s.Owners) > 0, "round_robin": len(s.Users) > 0, "least_loaded": len(s.Users) > 0}
	if ok, known := has[s.By]; !known {
		c.add(sub(path, "by"), "%q is not a way to choose", s.By)
	} else if !ok {
		c.add(path, "by %s: whom?", s.By)
	}
	for i, m := range s.Users {
		if m.Hours != nil {
			if err := m.Hours.Check(); err != nil {
				c.add(sub(path, "users", i, "hours"), "%v", err)
			}
		}
	}
}

// isToken reports whether a name can be a header's (RFC 9110, 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// payload checks the merge fields in a document.
func (c *checker) payload(path []string, v any) {
	switch v := v.(type) {
	case string:
		c.texts(path[:len(path)-1], map[string]string{path[len(path)-1]: v})
	case []any:
		for i := range v {
			c.payload(sub(path, i), v[i])
		}
	case map[string]any:
		for _, name := range sorted(v) {
			c.payload(sub(path, name), v[name])
		}
	}
}
