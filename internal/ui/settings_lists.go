package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

func fieldsSection() section {
	const path = "/settings/fields"
	return section{name: "Custom fields", icon: "list-plus", path: path, page: "fields", item: "field", admin: true,
		screens: []screen{{method: get, path: path, do: showFields}, {method: post, path: path, do: changeFields}},
		said:    map[string]string{"field-added": "Field added", "field-gone": "Field deleted. Its values go now"},
	}
}

// fieldsData is what the page of the custom fields shows.
type fieldsData struct {
	*frame
	Fields []crm.CustomField
	Kinds  []fieldKind
	Field  *crm.CustomField // that is changed
	Going  *crm.CustomField // that is to be deleted
	Uses   int              // values among the contacts that were looked at
	Looked int
	All    bool // that were all
}

// fieldKind is a kind of custom field in words.
type fieldKind struct{ Kind, Name string }

func fieldKinds() []fieldKind {
	return []fieldKind{{"TEXT", "Text"}, {"LARGE_TEXT", "Long text"}, {"NUMERICAL", "Number"}, {"MONETORY", "Money"}, {"DATE", "Date"}, {"TIME", "Time"}, {"PHONE", "Phone"}, {"EMAIL", "E-mail"},
		{"SINGLE_OPTIONS", "One of several"}, {"MULTIPLE_OPTIONS", "Some of several"}, {"RADIO", "One of several, all shown"}, {"CHECKBOX", "Tick boxes"}, {"FLOAT", "Number with a point"},
		{"TEXTBOX_LIST", "List of texts"}, {"FILE_UPLOAD", "File"}, {"SIGNATURE", "Signature"}}
}

// KindName is a kind of field as people know it.
func (fieldsData) KindName(kind string) string {
	for _, k := range fieldKinds() {
		if k.Kind == kind {
			return k.Name
		}
	}
	return kind
}

func showFields(v *visit) error {
	d := &fieldsData{frame: v.frame, Kinds: fieldKinds()}
	q := v.r.URL.Query()
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Fields, err = crm.CustomFields(ctx, tx, v.at()); err != nil {
			return err
		}
		slices.SortStableFunc(d.Fields, func(a, b crm.CustomField) int { return int(a.Display.Position - b.Display.Position) })
		if id := q.Get("field"); id != "" {
			d.Field, err = crm.CustomFieldByID(ctx, tx, v.at(), id)
		}
		if id := q.Get("delete"); id != "" && err == nil {
			if d.Going, err = crm.CustomFieldByID(ctx, tx, v.at(), id); err == nil {
				var uses, looked int64
				uses, looked, d.All, err = crm.UsesOfField(ctx, tx, v.at(), id)
				d.Uses, d.Looked = int(uses), int(looked)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show("fields", "Custom fields", d)
}

// lines gives the lines of a field of the form that have something in them.
func (v *visit) lines(name string) (list []string) {
	for line := range strings.Lines(v.form(name)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func changeFields(v *visit) error {
	said := "saved"
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		switch v.form("do") {
		case "add":
			said = "field-added"
			_, err := crm.AddCustomField(ctx, tx, v.Actor, crm.CustomField{Name: v.form("name"), DataType: v.form("kind"), Options: v.lines("options"), Model: v.form("model")})
			return err
		case "save":
			_, err := crm.ChangeCustomField(ctx, tx, v.Actor, v.form("id"), func(f *crm.CustomField) {
				f.Name, f.Options, f.Display.Placeholder = v.form("name"), v.lines("options"), v.form("placeholder")
			})
			return err
		case "order":
			return orderFields(ctx, tx, v)
		case "delete":
			said = "field-gone"
			return crm.DeleteCustomField(ctx, tx, v.Actor, v.form("id"))
		}
		return noButton()
	})
	return v.doneIf(err, "/settings/fields", said, "")
}

// orderFields gives each field the place that was entered for it.
func orderFields(ctx context.Context, tx *db.Tx, v *visit) error {
	all, err := crm.CustomFields(ctx, tx, v.at())
	if err != nil {
		return err
	}
	for _, f := range all {
		at, err := strconv.ParseInt(v.form("at:"+f.ID), 10, 64)
		if err != nil || at == f.Display.Position {
			continue
		}
		if _, err := crm.ChangeCustomField(ctx, tx, v.Actor, f.ID, func(f *crm.CustomField) { f.Display.Position = at }); err != nil {
			return err
		}
	}
	return nil
}

func tagsSection() section {
	const path = "/settings/tags"
	return section{name: "Tags", icon: "tags", path: path, page: "tags", item: "tag", needs: "tagsEnabled",
		screens: []screen{{method: get, path: path, do: showTags}, {method: post, path: path, do: changeTags}},
		said:    map[string]string{"tag-added": "Tag added", "tag-gone": "Tag deleted. It is taken off who carries it now", "tag-merged": "Merged. Who carried it gets the other one now"},
	}
}

// tagsData is what the page of the tags shows.
type tagsData struct {
	*frame
	Tags []crm.LocationTag
	Tag  *crm.LocationTag // that is changed
	Text string
}

func showTags(v *visit) error {
	q := v.r.URL.Query()
	d := &tagsData{frame: v.frame, Text: strings.TrimSpace(q.Get("q"))}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Tags, err = crm.LocationTags(ctx, tx, v.at()); err != nil {
			return err
		}
		if d.Text != "" {
			d.Tags = slices.DeleteFunc(d.Tags, func(t crm.LocationTag) bool {
				return !strings.Contains(strings.ToLower(t.Name), strings.ToLower(d.Text))
			})
		}
		const most = 500
		d.Tags = d.Tags[:min(len(d.Tags), most)]
		if id := q.Get("tag"); id != "" {
			d.Tag, err = crm.LocationTagByID(ctx, tx, v.at(), id)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show("tags", "Tags", d)
}

func changeTags(v *visit) error {
	said := "saved"
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "add":
			said = "tag-added"
			_, err = crm.AddLocationTag(ctx, tx, v.Actor, v.form("name"))
		case "rename":
			_, err = crm.RenameLocationTag(ctx, tx, v.Actor, v.form("id"), v.form("name"))
		case "merge":
			said = "tag-merged"
			_, err = crm.MergeLocationTag(ctx, tx, v.Actor, v.form("id"), v.form("into"))
		case "delete":
			said = "tag-gone"
			err = crm.DeleteLocationTag(ctx, tx, v.Actor, v.form("id"))
		default:
			err = noButton()
		}
		return err
	})
	return v.doneIf(err, "/settings/tags", said, "")
}

func pipelineSection() section {
	const path = "/settings/pipelines"
	return section{name: "Pipelines", icon: "kanban", path: path, page: "pipelines-setup", item: "pipeline", admin: true,
		screens: []screen{{method: get, path: path, do: showPipelineSetup}, {method: post, path: path, do: changePipelineSetup}},
		said:    map[string]string{"pipeline-added": "Pipeline added", "pipeline-gone": "Pipeline deleted"},
	}
}

type pipelinesSetupData struct {
	*frame
	Pipelines []crm.Pipeline
}

func showPipelineSetup(v *visit) error {
	d := &pipelinesSetupData{frame: v.frame}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Pipelines, err = crm.Pipelines(ctx, tx, v.at())
		return err
	})
	if err != nil {
		return err
	}
	return v.show("pipelines-setup", "Pipelines", d)
}

func changePipelineSetup(v *visit) error {
	said := "saved"
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "add":
			said = "pipeline-added"
			p := crm.Pipeline{Name: v.form("name"), Settings: crm.PipelineSettings{ShowInFunnel: true, ShowInPieChart: true}}
			for _, name := range v.lines("stages") {
				p.Stages = append(p.Stages, newStage(name))
			}
			_, err = crm.AddPipeline(ctx, tx, v.Actor, p)
		case "save":
			_, err = crm.ChangePipeline(ctx, tx, v.Actor, v.form("id"), func(p *crm.Pipeline) { v.stages(p) })
		case "delete":
			said = "pipeline-gone"
			err = crm.DeletePipeline(ctx, tx, v.Actor, v.form("id"))
		default:
			err = noButton()
		}
		return err
	})
	return v.doneIf(err, "/settings/pipelines", said, "")
}

func newStage(name string) crm.Stage {
	return crm.Stage{Name: name, ShowInFunnel: true, ShowInPieChart: true}
}

// stages makes the stages of a pipeline those of the form, in the order of the
// places that were entered.
func (v *visit) stages(p *crm.Pipeline) {
	p.Name = v.form("name")
	place := func(s crm.Stage) int {
		n, err := strconv.Atoi(v.form("at:" + s.ID))
		if err != nil {
			return len(p.Stages)
		}
		return n
	}
	p.Stages = slices.DeleteFunc(p.Stages, func(s crm.Stage) bool { return v.form("drop:"+s.ID) != "" })
	for i := range p.Stages {
		if name := v.form("name:" + p.Stages[i].ID); name != "" {
			p.Stages[i].Name = name
		}
	}
	slices.SortStableFunc(p.Stages, func(a, b crm.Stage) int { return place(a) - place(b) })
	for _, name := range v.lines("new") {
		p.Stages = append(p.Stages, newStage(name))
	}
}

func businessesSection() section {
	const path = "/settings/businesses"
	return section{name: "Businesses", icon: "briefcase", path: path, page: "businesses", item: "business", needs: seeContacts,
		screens: []screen{{method: get, path: path, do: showBusinesses}, {method: post, path: path, do: changeBusinesses}},
		said:    map[string]string{"business-added": "Business added", "business-gone": "Business deleted"},
	}
}

type businessesData struct {
	*frame
	Businesses []crm.Business
	Business   *crm.Business
	Skip, More int
}

const businessesOnPage = 100

func showBusinesses(v *visit) error {
	q := v.r.URL.Query()
	d := &businessesData{frame: v.frame}
	d.Skip, _ = strconv.Atoi(q.Get("skip"))
	d.Skip = max(d.Skip, 0)
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Businesses, err = crm.Businesses(ctx, tx, v.at(), businessesOnPage+1, d.Skip); err != nil {
			return err
		}
		if len(d.Businesses) > businessesOnPage {
			d.Businesses, d.More = d.Businesses[:businessesOnPage], d.Skip+businessesOnPage
		}
		if id := q.Get("business"); id != "" {
			d.Business, err = crm.BusinessByID(ctx, tx, v.at(), id)
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show("businesses", "Businesses", d)
}

func changeBusinesses(v *visit) error {
	said := "saved"
	fill := func(b *crm.Business) {
		for _, name := range []string{"name", "phone", "email", "website", "address", "city", "state", "postalCode", "country", "description"} {
			b.Set(name, v.form(name))
		}
	}
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		switch v.form("do") {
		case "add":
			said = "business-added"
			var b crm.Business
			fill(&b)
			_, err = crm.AddBusiness(ctx, tx, v.Actor, b)
		case "save":
			_, err = crm.ChangeBusiness(ctx, tx, v.Actor, v.form("id"), fill)
		case "delete":
			said = "business-gone"
			err = crm.DeleteBusiness(ctx, tx, v.Actor, v.form("id"))
		default:
			err = noButton()
		}
		return err
	})
	return v.doneIf(err, "/settings/businesses", said, "")
}
