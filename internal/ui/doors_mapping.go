package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/remote"
)

// mappingData is what the editor of a mapping shows: a table, and the document.
type mappingData struct {
	inside
	Connection *connect.Connection
	Objects    []mappedObject
	Document   string
	Faults     []fault
}

// mappedObject is a kind of records in the table.
type mappedObject struct {
	Kind   remote.Kind
	Object *connect.Object
	Here   []string // fields to choose from
	Rows   []mappedField
}

// mappedField is a row of the table.
type mappedField struct {
	connect.Field
	At        int    // among the fields of the document, -1 for a new one
	Transform string // as the select has it
	Rest      bool   // the document says more than the select can
}

// transforms are those that the table offers.
func transforms() []string {
	return []string{"phone: e164", "phone: national", "phone: digits", "date: iso", "date: us", "date: eu", "date: time", "date: millis", "case: lower", "case: upper", "case: title", "part: first", "part: rest"}
}

// Transforms are those that the table offers.
func (mappingData) Transforms() []string { return transforms() }

// Ways, Rules and Blanks are what a field can be set to.
func (mappingData) Ways() []string { return []string{connect.Both, connect.In, connect.Out} }
func (mappingData) Rules() []string {
	return []string{connect.Newest, connect.Local, connect.Remote, connect.Union}
}
func (mappingData) Ends() []string   { return []string{connect.Archive, connect.Delete, connect.Ignore} }
func (mappingData) Blanks() []string { return []string{connect.Clear, connect.Keep} }

// transformOf gives a transform as the select has it; ok is false for one that
// only the document can say.
func transformOf(t connect.Transform) (text string, ok bool) {
	said := 0
	for _, part := range []struct{ name, value string }{{"phone", t.Phone}, {"date", t.Date}, {"case", t.Case}, {"part", t.Part}} {
		if part.value != "" {
			text, said = part.name+": "+part.value, said+1
		}
	}
	return text, said < 2 && t.Join == "" && t.Split == "" && t.Table == nil && t.Constant == nil && t.Default == nil
}

// transformFrom reads one of the select.
func transformFrom(text string) (t connect.Transform) {
	name, value, _ := strings.Cut(text, ": ")
	switch name {
	case "phone":
		t.Phone = value
	case "date":
		t.Date = value
	case "case":
		t.Case = value
	case "part":
		t.Part = value
	}
	return t
}

func mappingPage(v *visit) error {
	d := &mappingData{}
	if err := d.load(v); err != nil {
		return err
	}
	return d.show(v, 200, &d.Connection.Mapping)
}

func (d *mappingData) load(v *visit) error {
	d.inside = inside{v.frame, "connections"}
	return v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Connection, err = connect.ByID(ctx, tx, v.at(), v.r.PathValue("connection"))
		return err
	})
}

// show shows a mapping in both ways.
func (d *mappingData) show(v *visit, status int, m *connect.Mapping) error {
	if d.Document == "" {
		text, err := connect.FormatMapping(m, false)
		if err != nil {
			return err
		}
		d.Document = string(text)
	}
	for _, kind := range connect.Kinds() {
		o := m.Objects[kind]
		if o == nil {
			continue
		}
		one := mappedObject{Kind: kind, Object: o, Here: connect.FieldsOf(kind)}
		for i, f := range o.Fields {
			text, ok := transformOf(f.Transform)
			one.Rows = append(one.Rows, mappedField{f, i, text, !ok})
		}
		one.Rows = append(one.Rows, mappedField{At: -1})
		d.Objects = append(d.Objects, one)
	}
	return v.showAs(status, "mapping", "Mapping of "+d.Connection.Name, d)
}

// changeMapping stores a mapping: as the document says it, or as the table does.
func changeMapping(v *visit) error {
	d := &mappingData{}
	if err := d.load(v); err != nil {
		return err
	}
	var text string
	switch v.form("do") {
	case "document":
		text = strings.ReplaceAll(v.r.PostForm.Get("document"), "\r\n", "\n")
	case "table":
		m := tableOf(v.r.PostForm, &d.Connection.Mapping)
		written, err := connect.FormatMapping(m, false)
		if err != nil {
			return err
		}
		text = string(written)
	case "default":
		m, err := connect.DefaultMapping(d.Connection.Kind)
		if err != nil {
			return err
		}
		written, err := connect.FormatMapping(m, false)
		if err != nil {
			return err
		}
		text = string(written)
	default:
		return noButton()
	}
	m, err := connect.ParseMapping([]byte(text))
	if errs.Is(err, errs.Invalid) {
		d.Document, d.Faults = text, faultsOf(err, text)
		return d.show(v, 400, &d.Connection.Mapping)
	}
	if err != nil {
		return err
	}
	err = v.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := connect.Change(ctx, tx, v.p.Vault, v.Actor, d.Connection.ID, nil, func(c *connect.Connection) { c.Mapping = *m })
		return err
	})
	return v.doneIf(err, "/integrations/connections/"+d.Connection.ID+"/mapping", "saved", "")
}

// tableOf reads the table into a mapping; what it does not show stays as it was.
func tableOf(form map[string][]string, was *connect.Mapping) *connect.Mapping {
	one := func(name string) string {
		if values := form[name]; len(values) > 0 {
			return strings.TrimSpace(values[0])
		}
		return ""
	}
	m := &connect.Mapping{Objects: map[remote.Kind]*connect.Object{}}
	for _, kind := range connect.Kinds() {
		old := was.Objects[kind]
		if old == nil {
			continue
		}
		k := string(kind)
		o := *old
		o.Direction, o.Deletes = one("direction:"+k), connect.Deletes{In: one("in:" + k), Out: one("out:" + k)}
		if kind == remote.Contact {
			o.Filter = connect.Filter{Tag: one("filter-tag"), Type: one("filter-type"), Source: one("filter-source"), Owner: one("filter-owner")}
		}
		o.Fields = rowsOf(form, k, old.Fields)
		m.Objects[kind] = &o
	}
	return m
}

// rowsOf reads the rows of an object. A row whose field here is blank is gone.
func rowsOf(form map[string][]string, kind string, was []connect.Field) (fields []connect.Field) {
	column := func(name string, i int) string {
		if values := form[name+":"+kind]; i < len(values) {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	for i := range form["local:"+kind] {
		f := connect.Field{Local: column("local", i), Remote: column("remote", i), Direction: column("way", i), Conflict: column("conflict", i), Blank: column("blank", i)}
		if f.Local == "" {
			continue
		}
		at, err := strconv.Atoi(column("at", i))
		switch t := column("transform", i); {
		case t == "as it is" && err == nil && at >= 0 && at < len(was):
			f.Transform = was[at].Transform
		case slices.Contains(transforms(), t):
			f.Transform = transformFrom(t)
		}
		fields = append(fields, f)
	}
	return fields
}
