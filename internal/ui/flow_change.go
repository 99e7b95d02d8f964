package ui

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// changeFlow changes a workflow as the form says. What cannot be is shown on the
// page again, and nothing that was typed is lost.
func changeFlow(v *visit) error {
	d := &flowData{frame: v.frame}
	what, undo := "flow-saved", ""
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		w, err := v.flow(ctx, tx)
		if err != nil {
			return err
		}
		if !v.builds(w.Kind) {
			return errs.New(errs.Forbidden, "You may not")
		}
		switch v.form("do") {
		case "publish", "pause":
			status := workflow.Published
			if what = "flow-published"; v.form("do") == "pause" {
				status, what = workflow.Draft, "flow-paused"
			}
			_, err = workflow.SetStatus(ctx, tx, v.Actor, w.Kind, w.ID, status)
			return err
		case "delete":
			what = "flow-deleted"
			undo = "flow-leaves:" + w.ID
			return workflow.DeleteLater(ctx, tx, v.Actor, w.Kind, w.ID, regret)
		}
		*d = flowData{frame: v.frame}
		doc, err := d.changed(v, w)
		if err != nil {
			return err
		}
		saved, err := workflow.Save(ctx, tx, v.Actor, w.Kind, w.ID, doc.Name, doc.Definition)
		if err == nil && saved.Version == w.Version {
			what = "flow-same"
		} else if err == nil {
			undo = "flow:" + w.ID + ":" + strconv.FormatInt(w.Version, 10)
		}
		return err
	})
	if e := errs.As(err); err != nil && (e.Kind == errs.Invalid || e.Kind == errs.Conflict) {
		return d.refused(v, e)
	}
	if err != nil {
		return err
	}
	if what == "flow-deleted" {
		return v.done("/automation", what, 0, undo)
	}
	return v.done("/automation/"+v.r.PathValue("flow"), what, 0, undo)
}

// refused shows the page with what is wrong.
func (d *flowData) refused(v *visit, e *errs.Error) error {
	switch {
	case v.form("do") == "text":
		d.Faults = faultsOf(e, d.Text)
	case d.Form != nil:
		d.Form.Problem = strings.Split(e.Text, "\n")
	default:
		d.Problem = strings.Split(e.Text, "\n")
	}
	if len(e.Fields) > 0 {
		d.Problem = []string{sentence(e)}
	}
	status := http.StatusBadRequest
	if e.Kind == errs.Conflict {
		status = http.StatusConflict
	}
	return flowPage(v, d, status)
}

// changed gives the document that a form makes of a workflow's.
func (d *flowData) changed(v *visit, w *workflow.Workflow) (*workflow.Document, error) {
	if v.form("do") == "text" {
		d.Text = strings.ReplaceAll(v.r.PostForm.Get("text"), "\r\n", "\n")
		doc, err := workflow.Parse([]byte(d.Text))
		if err == nil && doc.Kind != w.Kind {
			err = errs.New(errs.Invalid, "line 1: a %s cannot become a %s", w.Kind, doc.Kind)
		}
		return doc, err
	}
	tree, err := treeOf(w)
	if err != nil {
		return nil, err
	}
	if err := d.alter(v, tree); err != nil {
		return nil, err
	}
	return tree.document()
}

// alter changes a document as a button of the builder says.
func (d *flowData) alter(v *visit, tree flowTree) error {
	path := v.form("path")
	switch v.form("do") {
	case "rename":
		tree["name"] = v.form("name")
		return nil
	case "settings":
		return d.settings(v, tree)
	case "up":
		return tree.move(path, -1)
	case "down":
		return tree.move(path, 1)
	case "remove":
		return tree.remove(path)
	case "case":
		cases, _ := tree.at(path + ".cases").([]any)
		return tree.insert(path+".cases."+strconv.Itoa(len(cases)), map[string]any{"if": map[string]any{"field": "contact.email", "known": true}, "then": []any{}})
	case "add", "edit":
		return d.put(v, tree, path)
	}
	return noButton()
}

// put takes what a form says into the document.
func (d *flowData) put(v *visit, tree flowTree, path string) error {
	now := map[string]any{}
	kind := v.form("kind")
	if v.form("do") == "edit" {
		was, ok := tree.at(path).(map[string]any)
		if !ok {
			return noPlace()
		}
		for name, value := range was {
			now[name] = value
		}
		kind = textOfValue(was["do"]) + textOfValue(was["on"])
	}
	form, err := formFor(path, kind, now)
	if err != nil {
		return err
	}
	form.New = v.form("do") == "add"
	d.Form = form
	if err := form.read(v.r.PostForm, now); err != nil {
		return err
	}
	if !form.New {
		return tree.replace(path, now)
	}
	if strings.HasPrefix(path, "triggers.") {
		now["on"] = kind
	} else {
		now["do"] = kind
	}
	if kind == workflow.DoBranch {
		now["cases"] = []any{map[string]any{"if": map[string]any{"field": "contact.email", "known": true}, "then": []any{}}}
	}
	return tree.insert(path, now)
}

// settings takes what the whole of a workflow is set to.
func (d *flowData) settings(v *visit, tree flowTree) error {
	set := func(name string, value any, is bool) {
		if delete(tree, name); is {
			tree[name] = value
		}
	}
	set("description", v.form("description"), v.form("description") != "")
	set("enrol", v.form("enrol"), v.form("enrol") != "")
	var stop []any
	for _, s := range v.r.PostForm["stopOn"] {
		stop = append(stop, s)
	}
	set("stopOn", stop, len(stop) > 0)
	window := map[string]any{}
	var days []any
	for _, s := range v.r.PostForm["days"] {
		days = append(days, s)
	}
	if len(days) > 0 {
		window["days"] = days
	}
	for _, name := range []string{"from", "to"} {
		if v.form(name) != "" {
			window[name] = v.form(name)
		}
	}
	if len(window) > 0 && v.form("zone") != "" {
		window["zone"] = v.form("zone")
	}
	set("window", window, len(window) > 0)
	return nil
}

// keepFlow takes back that a workflow is deleted.
func keepFlow(ctx context.Context, tx *db.Tx, v *visit, workflowID string) error {
	for _, kind := range v.kinds() {
		switch _, err := workflow.ByID(ctx, tx, v.at(), kind, workflowID); {
		case errs.Is(err, errs.NotFound):
			continue
		case err != nil:
			return err
		case !v.builds(kind):
			return errs.New(errs.Forbidden, "You may not")
		}
		return workflow.Stay(ctx, tx, v.Actor, workflowID)
	}
	return errs.New(errs.Conflict, "It is deleted already")
}

// revert gives a workflow the definition that a version of it had.
func revert(ctx context.Context, tx *db.Tx, v *visit, workflowID, version string) error {
	for _, kind := range v.kinds() {
		w, err := workflow.ByID(ctx, tx, v.at(), kind, workflowID)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !v.builds(kind) {
			return errs.New(errs.Forbidden, "You may not")
		}
		n, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return errs.New(errs.NotFound, "There is nothing to undo")
		}
		old, err := workflow.VersionOf(ctx, tx, v.at(), workflowID, n)
		if err == nil {
			_, err = workflow.Save(ctx, tx, v.Actor, kind, workflowID, w.Name, old.Definition)
		}
		return err
	}
	return errs.New(errs.NotFound, "There is nothing to undo")
}
