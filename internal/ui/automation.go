package ui

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// automates is the permission for workflows.
const automates = "workflowsEnabled"

func automationArea() area {
	return area{
		way:   way{name: "Automation", icon: "workflow", path: "/automation", key: "a", group: "Order", needs: automates},
		pages: []string{"automation", "flow"},
		screens: []screen{
			{get, "/automation", automates, false, listFlows},
			{post, "/automation", automates, false, addFlow},
			{get, "/automation/{flow}", automates, false, showFlow},
			{post, "/automation/{flow}", automates, false, changeFlow},
			{post, "/automation/{flow}/people", automates, false, changeEnrolment},
		},
		said: map[string]string{
			"flow-added":     "Made. It is a draft until you publish it.",
			"flow-saved":     "Saved as a new version",
			"flow-published": "Published. It begins with what happens from now on.",
			"flow-paused":    "Paused. Everybody in it waits where they are.",
			"flow-deleted":   "Deleted in a minute. Everybody in it waits until then",
			"flow-same":      "Nothing was changed",
			"enrol-skipped":  "Step skipped",
			"enrol-retried":  "The step is tried again",
			"enrol-removed":  "Taken out",
		},
	}
}

// flowLine is a workflow in the list.
type flowLine struct {
	workflow.Workflow
	In    map[string]int64 // by status, each up to mostCounted
	Waits string           // what makes contacts begin
}

// automationData is what the list of workflows shows.
type automationData struct {
	*frame
	Groups []flowGroup
	None   bool
	Counts bool // whether the visitor is told of all contacts
	Build  bool // whether they may make one
	New    string
	Going  []workflow.Workflow // that are about to be deleted
}

type flowGroup struct {
	Title string
	Kind  string
	Flows []flowLine
}

const (
	mostCounted = 1000
	mostFlows   = 100
)

// builds reports whether the visitor may change workflows of a kind.
func (v *visit) builds(kind string) bool {
	if kind == workflow.Campaign {
		return v.User.Has("campaignsEnabled") && !v.User.Has("campaignsReadOnly")
	}
	return v.User.Has(automates) && !v.User.Has("workflowsReadOnly")
}

// kinds are the kinds of workflows that the visitor sees.
func (v *visit) kinds() []string {
	if v.User.Has("campaignsEnabled") {
		return []string{workflow.Flow, workflow.Campaign}
	}
	return []string{workflow.Flow}
}

// listFlows shows the workflows and campaigns.
func listFlows(v *visit) error {
	d := &automationData{frame: v.frame, None: true, Counts: v.only == "", Build: v.builds(workflow.Flow), New: v.r.URL.Query().Get("new")}
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		going, err := workflow.Leaving(ctx, tx, v.at())
		if err != nil {
			return err
		}
		for _, kind := range v.kinds() {
			g := flowGroup{Title: map[string]string{workflow.Flow: "Workflows", workflow.Campaign: "Campaigns"}[kind], Kind: kind}
			all, err := workflow.All(ctx, tx, v.at(), kind, "")
			if err != nil {
				return err
			}
			for i := range all[:min(len(all), mostFlows)] {
				if going[all[i].ID] {
					d.Going, d.None = append(d.Going, all[i]), false
					continue
				}
				line := flowLine{Workflow: all[i], Waits: beginsWith(&all[i].Definition)}
				if d.Counts {
					if line.In, err = workflow.Glance(ctx, tx, v.at(), all[i].ID, mostCounted+1); err != nil {
						return err
					}
				}
				g.Flows = append(g.Flows, line)
				d.None = false
			}
			slices.SortStableFunc(g.Flows, func(a, b flowLine) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
			d.Groups = append(d.Groups, g)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("automation", "Automation", d)
}

// Count writes a number that was counted up to a limit.
func (*automationData) Count(n int64) string { return upTo(n) }

func upTo(n int64) string {
	if n > mostCounted {
		return numberText(int64(mostCounted)) + "+"
	}
	return numberText(n)
}

// beginsWith says in a few words what makes contacts begin.
func beginsWith(d *workflow.Definition) string {
	var words []string
	for i := range d.Triggers {
		if w := triggerTitle(d.Triggers[i].On); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "By hand"
	}
	return strings.Join(words, ", ")
}

// addFlow makes an empty workflow.
func addFlow(v *visit) error {
	kind := v.form("kind")
	if kind != workflow.Flow && kind != workflow.Campaign {
		return noButton()
	}
	if !v.builds(kind) {
		return errs.New(errs.Forbidden, "You may not")
	}
	var made *workflow.Workflow
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = workflow.Add(ctx, tx, v.Actor, workflow.Workflow{Kind: kind, Name: v.form("name")})
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/automation/"+made.ID, "flow-added", 0, "")
}

// flow gives the workflow or campaign of the page. NotFound if it is not there, or
// the visitor sees none of its kind.
func (v *visit) flow(ctx context.Context, tx *db.Tx) (*workflow.Workflow, error) {
	var err error
	for _, kind := range v.kinds() {
		var w *workflow.Workflow
		if w, err = workflow.ByID(ctx, tx, v.at(), kind, v.r.PathValue("flow")); err == nil || !errs.Is(err, errs.NotFound) {
			return w, err
		}
	}
	return nil, err
}

// changeEnrolment does with somebody who is in a workflow what a button says.
func changeEnrolment(v *visit) error {
	var what string
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		w, err := v.flow(ctx, tx)
		if err != nil {
			return err
		}
		change := map[string]func(context.Context, *db.Tx, crm.Actor, string) (*workflow.Enrolment, error){"skipped": workflow.Skip, "retried": workflow.Retry, "removed": workflow.TakeOut}[v.form("do")]
		if change == nil {
			return noButton()
		}
		e, err := workflow.EnrolmentByID(ctx, tx, v.at(), v.form("id"))
		if err != nil {
			return err
		}
		if _, err := v.mine(ctx, tx, e.ContactID); err != nil {
			return err
		}
		if e.WorkflowID != w.ID {
			return errs.New(errs.NotFound, "Enrolment not found")
		}
		what = "enrol-" + v.form("do")
		_, err = change(ctx, tx, v.Actor, e.ID)
		return err
	})
	return v.doneIf(err, "", what, "")
}
