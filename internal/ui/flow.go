package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// flowData is what the page of a workflow shows.
type flowData struct {
	*frame
	people
	W       *workflow.Workflow
	Tab     string
	Build   bool // whether the visitor may change it
	Counts  bool // whether they are told of all contacts
	Problem []string

	// steps
	Triggers []flowThing
	Steps    []flowThing
	Add      *flowAdd
	Form     *flowForm // that is open
	Text     string    // the document
	Faults   []fault
	Suggest  map[string][]string

	Trial    *trialData
	Enrolled *enrolledData
	Stats    *workflow.Statistics
	Sent     []sentLine
	Versions []workflow.Version
	Diff     []diffLine
	From, To int64
	Next     string // where the next page begins
}

// flowThing is a trigger or a step in the builder.
type flowThing struct {
	Path, Key, Title, Icon, Text string
	First, Last                  bool
	Ways                         []flowWay // of a branch
	Form                         *flowForm // while it is edited
}

// flowWay is a way of a branch.
type flowWay struct {
	Path, Title string // Path is "" for what happens if no case holds
	Steps       []flowThing
	End         string // the path at its end
	Form        *flowForm
	Alone       bool
}

// flowAdd chooses what to add at a path.
type flowAdd struct {
	Path  string
	Kinds []kindWord
}

// showFlow shows a workflow.
func showFlow(v *visit) error { return flowPage(v, &flowData{frame: v.frame}, 200) }

// flowPage fills the page of a workflow and shows it.
func flowPage(v *visit, d *flowData, status int) error {
	q := v.r.URL.Query()
	if d.Tab == "" {
		d.Tab = q.Get("tab")
	}
	if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.load(ctx, tx, v) }); err != nil {
		return err
	}
	if d.Tab == "test" {
		if err := d.try(v); err != nil {
			return err
		}
	}
	return v.showAs(status, "flow", d.W.Name, d)
}

func (d *flowData) load(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	if d.W, err = v.flow(ctx, tx); err != nil {
		return err
	}
	d.Build, d.Counts = v.builds(d.W.Kind), v.only == ""
	if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
		return err
	}
	tabs := map[string]func(ctx context.Context, tx *db.Tx, v *visit) error{"people": d.loadPeople, "numbers": d.loadNumbers, "messages": d.loadSent, "versions": d.loadVersions, "test": d.loadTest}
	if load := tabs[d.Tab]; load != nil {
		return load(ctx, tx, v)
	}
	d.Tab = ""
	return d.loadSteps(ctx, tx, v)
}

// Tabs are the parts of the page.
func (d *flowData) Tabs() [][2]string {
	return [][2]string{{"", "Steps"}, {"test", "Test"}, {"people", "People"}, {"numbers", "Numbers"}, {"messages", "Messages"}, {"versions", "Versions"}}
}

// Here is the address of the workflow.
func (d *flowData) Here() string { return d.Base + "/automation/" + d.W.ID }

// Changed reports whether there is more than was published.
func (d *flowData) Changed() bool {
	return d.W.Status == workflow.Published && d.W.PublishedVersion != d.W.Version
}

// Count writes a number that was counted up to a limit.
func (*flowData) Count(n int64) string { return upTo(n) }

func (d *flowData) loadSteps(ctx context.Context, tx *db.Tx, v *visit) error {
	q := v.r.URL.Query()
	if d.Text == "" {
		text, err := workflow.Format(unpublished(d.W.Document()), false)
		if err != nil {
			return err
		}
		d.Text = string(text)
	}
	if d.Build && d.Form == nil {
		if err := d.open(q.Get("edit"), q.Get("add"), q.Get("do")); err != nil {
			return err
		}
	}
	def := &d.W.Definition
	for i := range def.Triggers {
		w := wordFor(triggerWords(), def.Triggers[i].On)
		one := flowThing{Path: "triggers." + strconv.Itoa(i), Title: w.Title, Icon: w.Icon, Text: triggerText(&def.Triggers[i])}
		one.Form = d.formAt(one.Path)
		d.Triggers = append(d.Triggers, one)
	}
	d.Steps = d.things(def.Steps, "steps", "")
	if d.Form == nil || !d.Build {
		return nil
	}
	return d.suggest(ctx, tx, v)
}

// unpublished leaves the status out of a document: a button is for that.
func unpublished(doc *workflow.Document) *workflow.Document {
	doc.Status = ""
	return doc
}

// open opens the form that an address names.
func (d *flowData) open(edit, add, do string) error {
	tree, err := treeOf(d.W)
	if err != nil {
		return err
	}
	switch {
	case edit != "":
		now, ok := tree.at(edit).(map[string]any)
		if !ok {
			return nil
		}
		kind := textOfValue(now["do"]) + textOfValue(now["on"])
		if d.Form, err = formFor(edit, kind, now); err != nil {
			return nil // nothing that has a form
		}
	case add != "" && do != "":
		if d.Form, err = formFor(add, do, nil); err != nil {
			return nil
		}
	case add != "":
		d.Add = &flowAdd{Path: add, Kinds: stepWords()}
		if strings.HasPrefix(add, "triggers.") {
			d.Add.Kinds = triggerWords()
		} else if d.W.Kind == workflow.Campaign {
			d.Add.Kinds = slices.DeleteFunc(d.Add.Kinds, func(w kindWord) bool {
				return !slices.Contains([]string{workflow.DoWait, workflow.DoEmail, workflow.DoSMS, workflow.DoBranch, workflow.DoGoto, workflow.DoEnd}, w.Name)
			})
		}
	}
	return nil
}

// formAt gives the open form if it edits what stands at a path.
func (d *flowData) formAt(path string) *flowForm {
	if d.Form != nil && !d.Form.New && d.Form.Path == path {
		return d.Form
	}
	return nil
}

// Adding reports whether something is to be added at a path.
func (d *flowData) Adding(path string) bool {
	return d.Add != nil && d.Add.Path == path || d.Form != nil && d.Form.New && d.Form.Path == path
}

// things are the steps of a list, with those inside them.
func (d *flowData) things(steps []workflow.Step, path, key string) []flowThing {
	var all []flowThing
	for i := range steps {
		s := &steps[i]
		w := wordFor(stepWords(), s.Do)
		one := flowThing{Path: path + "." + strconv.Itoa(i), Key: s.ID, Title: w.Title, Icon: w.Icon, Text: stepText(s), First: i == 0, Last: i == len(steps)-1}
		place := key + strconv.Itoa(i+1)
		if one.Key == "" {
			one.Key = place
		}
		one.Form = d.formAt(one.Path)
		if s.Do == workflow.DoBranch {
			for k := range s.Cases {
				way := flowWay{Path: one.Path + ".cases." + strconv.Itoa(k), Title: conditionText(&s.Cases[k].If), Alone: len(s.Cases) == 1}
				way.Form = d.formAt(way.Path)
				under := way.Path + ".then"
				way.Steps, way.End = d.things(s.Cases[k].Then, under, place+"."+strconv.Itoa(k+1)+"."), under+"."+strconv.Itoa(len(s.Cases[k].Then))
				one.Ways = append(one.Ways, way)
			}
			under := one.Path + ".else"
			one.Ways = append(one.Ways, flowWay{Title: "Otherwise", Steps: d.things(s.Else, under, place+".else."), End: under + "." + strconv.Itoa(len(s.Else))})
		}
		all = append(all, one)
	}
	return all
}

// End is the path behind the last step.
func (d *flowData) End() string { return "steps." + strconv.Itoa(len(d.W.Definition.Steps)) }

// EndOfTriggers is the path behind the last trigger.
func (d *flowData) EndOfTriggers() string { return "triggers." + strconv.Itoa(len(d.Triggers)) }

// suggest gathers the names that settings can have.
func (d *flowData) suggest(ctx context.Context, tx *db.Tx, v *visit) error {
	s := map[string][]string{"l-users": {"owner"}}
	for i := range d.Users {
		s["l-users"] = append(s["l-users"], d.Users[i].Email)
	}
	pipelines, err := crm.Pipelines(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for i := range pipelines {
		s["l-pipelines"] = append(s["l-pipelines"], pipelines[i].Name)
		for _, stage := range pipelines[i].Stages {
			if !slices.Contains(s["l-stages"], stage.Name) {
				s["l-stages"] = append(s["l-stages"], stage.Name)
			}
		}
	}
	calendars, err := calendar.Calendars(ctx, tx, v.at(), "", false)
	if err != nil {
		return err
	}
	for i := range calendars {
		s["l-calendars"] = append(s["l-calendars"], calendars[i].Name)
	}
	for _, kind := range v.kinds() {
		all, err := workflow.All(ctx, tx, v.at(), kind, "")
		if err != nil {
			return err
		}
		for i := range all {
			s["l-"+kind+"s"] = append(s["l-"+kind+"s"], all[i].Name)
		}
	}
	for _, name := range []string{"firstName", "lastName", "email", "phone", "type", "stage", "source", "city", "state", "postalCode", "assignedTo", "tags", "door", "dnd", "birthday", "homeAnniversary", "priority", "createdAt", "lastActivityAt"} {
		s["l-fields"] = append(s["l-fields"], "contact."+name)
	}
	s["l-fields"] = append(s["l-fields"], "appointment.start", "appointment.status", "opportunity.value", "opportunity.stage", "opportunity.status", "message.body")
	s["l-steps"] = append(namesOf(d.W.Definition.Steps), "next", "end")
	d.Suggest = s
	return nil
}

// namesOf are the names of steps that have one.
func namesOf(steps []workflow.Step) (names []string) {
	for i := range steps {
		if steps[i].ID != "" {
			names = append(names, steps[i].ID)
		}
		for k := range steps[i].Cases {
			names = append(names, namesOf(steps[i].Cases[k].Then)...)
		}
		names = append(names, namesOf(steps[i].Else)...)
	}
	return names
}

// Lines numbers the lines of the document, and marks those with a fault.
func (d *flowData) Lines() []fault {
	lines := make([]fault, max(strings.Count(d.Text, "\n")+1, 8))
	for i := range lines {
		lines[i].Line = i + 1
	}
	for _, f := range d.Faults {
		if f.Line > 0 && f.Line <= len(lines) {
			lines[f.Line-1].Why = f.Why
		}
	}
	return lines
}

// diffLine is a line of what changed: Sign is +, - or nothing.
type diffLine struct{ Sign, Text string }

func (d *flowData) loadVersions(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	if d.Versions, err = workflow.Versions(ctx, tx, v.at(), d.W.ID); err != nil {
		return err
	}
	const most = 100
	d.Versions = d.Versions[:min(len(d.Versions), most)]
	d.To, d.From = d.W.Version, d.W.PublishedVersion
	if d.From == 0 || d.From == d.To {
		d.From = d.To - 1
	}
	q := v.r.URL.Query()
	for name, at := range map[string]*int64{"from": &d.From, "to": &d.To} {
		if n, err := strconv.ParseInt(q.Get(name), 10, 64); err == nil {
			*at = n
		}
	}
	var texts [2]string
	for i, n := range []int64{d.From, d.To} {
		version, err := workflow.VersionOf(ctx, tx, v.at(), d.W.ID, n)
		if errs.Is(err, errs.NotFound) {
			return nil // there is no older one
		}
		if err != nil {
			return err
		}
		text, err := workflow.Format(&workflow.Document{Name: d.W.Name, Kind: d.W.Kind, Definition: version.Definition}, false)
		if err != nil {
			return err
		}
		texts[i] = string(text)
	}
	d.Diff = linesOf(udiff.Unified("a", "b", texts[0], texts[1]))
	return nil
}

// linesOf makes lines of a unified diff.
func linesOf(text string) (lines []diffLine) {
	for l := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(l, "--- "), strings.HasPrefix(l, "+++ "), l == "", strings.HasPrefix(l, `\`):
		case strings.HasPrefix(l, "@@"):
			if len(lines) > 0 {
				lines = append(lines, diffLine{"…", ""})
			}
		case l[0] == '+' || l[0] == '-':
			lines = append(lines, diffLine{l[:1], l[1:]})
		default:
			lines = append(lines, diffLine{"", l[1:]})
		}
	}
	return lines
}
