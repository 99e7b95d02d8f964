package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// equal reports whether two definitions say the same.
func equal(a, b Definition) (bool, error) {
	one, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("writing a workflow: %w", err)
	}
	other, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("writing a workflow: %w", err)
	}
	return bytes.Equal(one, other), nil
}

// present checks that all that a workflow names is there: users, pipelines,
// calendars, fields, other workflows. Invalid with a line for each that is not.
func present(ctx context.Context, tx *db.Tx, w *Workflow) error {
	p := &presence{ctx: ctx, tx: tx, w: w}
	for i := range w.Definition.Triggers {
		p.trigger(sub(nil, "triggers", i), &w.Definition.Triggers[i])
	}
	p.steps([]string{"steps"}, w.Definition.Steps)
	if p.err != nil {
		return p.err
	}
	return invalid(p.broken)
}

// presence looks up what a workflow names.
type presence struct {
	ctx    context.Context
	tx     *db.Tx
	w      *Workflow
	broken []Broken
	err    error
}

// found notes what a look-up says is not there.
func (p *presence) found(path []string, err error) {
	switch {
	case err == nil:
	case errs.Is(err, errs.NotFound):
		p.broken = append(p.broken, Broken{path, errs.As(err).Text})
	case p.err == nil:
		p.err = err
	}
}

func (p *presence) user(path []string, name string) {
	if name == "" || name == "owner" || name == "admins" || name == "followers" {
		return
	}
	_, err := userNamed(p.ctx, p.tx, p.w.LocationID, name)
	p.found(path, err)
}

func (p *presence) pipeline(path []string, name, stage string) {
	if name != "" {
		_, _, err := pipelineNamed(p.ctx, p.tx, p.w.LocationID, name, stage)
		p.found(path, err)
	}
}

func (p *presence) field(path []string, name string) {
	key, custom := strings.CutPrefix(strings.TrimPrefix(mergefield.Path(name), "contact."), "custom.")
	if !custom {
		return
	}
	f, err := crm.CustomFieldByKey(p.ctx, p.tx, p.w.LocationID, key)
	if err == nil && f == nil {
		err = errs.New(errs.NotFound, "No custom field is called %s", key)
	}
	p.found(path, err)
}

func (p *presence) trigger(path []string, t *Trigger) {
	p.pipeline(sub(path, "pipeline"), t.Pipeline, "")
	if t.On == OnStageChanged && t.Pipeline != "" {
		for i, stage := range append(append([]string{}, t.From...), t.To...) {
			p.pipeline(sub(path, "to", i), t.Pipeline, stage)
		}
	}
	for i, name := range t.Calendars {
		_, err := calendarNamed(p.ctx, p.tx, p.w.LocationID, name)
		p.found(sub(path, "calendars", i), err)
	}
	p.field(sub(path, "field"), t.Field)
	for _, name := range sorted(t.Contact) {
		p.field(sub(path, "contact", name), name)
	}
}

func (p *presence) steps(path []string, steps []Step) {
	for i := range steps {
		p.step(sub(path, i), &steps[i])
	}
}

func (p *presence) step(path []string, s *Step) {
	p.user(sub(path, "user"), s.User)
	for i, m := range s.Users {
		p.user(sub(path, "users", i, "user"), m.User)
	}
	for _, source := range sorted(s.Owners) {
		p.user(sub(path, "owners", source), s.Owners[source])
	}
	for i, name := range s.To {
		p.user(sub(path, "to", i), name)
	}
	p.pipeline(sub(path, "pipeline"), s.Pipeline, s.Stage)
	p.field(sub(path, "field"), s.Field)
	if s.Calendar != "" {
		_, err := calendarNamed(p.ctx, p.tx, p.w.LocationID, s.Calendar)
		p.found(sub(path, "calendar"), err)
	}
	for kind, name := range map[string]string{Flow: s.Workflow, Campaign: s.Campaign} {
		if itself := kind == p.w.Kind && name == p.w.Name; name != "" && !itself {
			_, err := Named(p.ctx, p.tx, p.w.LocationID, kind, name)
			p.found(sub(path, kind), err)
		}
	}
	if s.Event != nil {
		p.trigger(sub(path, "event"), s.Event)
	}
	for i := range s.Cases {
		p.steps(sub(path, "cases", i, "then"), s.Cases[i].Then)
	}
	p.steps(sub(path, "else"), s.Else)
}
