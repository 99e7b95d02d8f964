package workflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/mergefield"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// callJob is the kind of job that calls a webhook for a step.
const callJob = "workflow.call"

// call is what a callJob says: the request, and whose step it is.
type call struct {
	EnrolmentID string            `json:"enrolmentId"`
	Step        int64             `json:"step"`
	Taken       int64             `json:"taken"` // tells one visit of the step from another
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	Header      map[string]string `json:"header,omitempty"`
	Body        json.RawMessage   `json:"body,omitempty"`
}

// webhook has a webhook called and waits until it has answered. What is sent is
// made now, and the same at every attempt, under the same id.
func (r *run) webhook(ctx context.Context) (result, error) {
	c := call{EnrolmentID: r.e.ID, Step: r.e.Step, Taken: r.e.Taken, Method: r.step.Method, URL: r.fillAs(r.step.URL, mergefield.URL), Header: map[string]string{}}
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return result{}, errs.New(errs.Invalid, "%q is not an address to send to", c.URL)
	}
	for name, value := range r.step.Headers {
		c.Header[name] = r.line(value)
	}
	if c.Method != http.MethodGet {
		body, err := json.Marshal(r.payload())
		if err != nil {
			return result{}, fmt.Errorf("writing a webhook's body: %w", err)
		}
		c.Body = body
	}
	if err := jobs.Add(ctx, r.tx, jobs.Job{LocationID: r.e.LocationID, Kind: callJob, Args: c}); err != nil {
		return result{}, err
	}
	return result{stay: true, waiting: forAnswer, detail: c.Method + " " + c.URL}, nil
}

// payload gives what a webhook is sent: what the step says, filled, or the contact
// and what led here.
func (r *run) payload() any {
	if r.step.Payload != nil {
		return r.filled(r.step.Payload)
	}
	out := map[string]any{"workflow": map[string]any{"id": r.e.WorkflowID, "name": r.flow.name, "step": r.node.key, "enrolmentId": r.e.ID}, "contact": r.scope.contact}
	if r.scope.appointment != nil {
		out["appointment"] = r.scope.appointment
	}
	if r.scope.opportunity != nil {
		out["opportunity"] = r.scope.opportunity
	}
	if r.scope.task != nil {
		out["task"] = r.scope.task
	}
	if r.scope.webhook != nil {
		out["webhook"] = r.scope.webhook
	}
	return out
}

// filled fills the texts of a document. A text that is one field and nothing else
// becomes the field's value as it is: a number stays a number.
func (r *run) filled(v any) any {
	switch v := v.(type) {
	case string:
		t, err := mergefield.Parse(v)
		if err != nil {
			return v // checked when it was saved: it cannot fail
		}
		if f := t.Fields(); len(f) == 1 && strings.HasPrefix(v, "{{") && strings.HasSuffix(v, "}}") && !strings.Contains(v, "|") {
			value, _ := r.scope.look(f[0])
			return value
		}
		return t.Fill(r.scope.text, mergefield.Text)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = r.filled(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = r.filled(v[name])
		}
		return out
	}
	return v
}

// call calls a webhook. 2xx lets the enrolment go on. What may pass is tried again
// for three days; an answer that says that the request is wrong fails the step.
func (g *Engine) call(ctx context.Context, j jobs.Run) error {
	var c call
	if err := json.Unmarshal(j.Args, &c); err != nil {
		return fmt.Errorf("reading which webhook to call: %w", err)
	}
	var waits bool
	err := g.db.Read(ctx, j.LocationID, func(ctx context.Context, tx *db.Tx) error {
		e, err := ifThere(enrolment(ctx, tx, j.LocationID, c.EnrolmentID, ""))
		waits = e != nil && c.awaited(e)
		return err
	})
	if err != nil || !waits {
		return err
	}
	detail, err := g.ask(ctx, &c)
	var no *stopped
	if err != nil && !errors.As(err, &no) && !errors.Is(err, outbound.ErrForbidden) && j.Attempt < mostCalls {
		return errors.Join(err, g.db.Write(context.WithoutCancel(ctx), j.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return c.unanswered(ctx, tx, j.LocationID, j.Attempt, err)
		}))
	}
	defer g.Wake()
	return g.db.Write(context.WithoutCancel(ctx), j.LocationID, func(ctx context.Context, tx *db.Tx) error {
		if err != nil {
			return g.fail(ctx, tx, j.LocationID, c.EnrolmentID, err)
		}
		return g.answered(ctx, tx, j.LocationID, &c, detail)
	})
}

// mostCalls is how often a webhook is called that does not take the request.
const mostCalls = 9

// awaited reports whether an enrolment still waits for a call's answer.
func (c *call) awaited(e *Enrolment) bool {
	return e.Waiting == forAnswer && e.Step == c.Step && e.Taken == c.Taken+1 && (e.Status == Active || e.Status == Paused)
}

// unanswered shows with the enrolment why its call is tried again.
func (c *call) unanswered(ctx context.Context, tx *db.Tx, locationID string, attempt int, why error) error {
	e, err := ifThere(enrolment(ctx, tx, locationID, c.EnrolmentID, forUpdate))
	if err != nil || e == nil || !c.awaited(e) {
		return err
	}
	e.Error, e.Attempts, e.UpdatedAt = cut(why.Error()), int64(attempt), tx.Now()
	return enrolments.Update(ctx, tx, e)
}

// ask sends the request once and says what the answer was.
func (g *Engine) ask(ctx context.Context, c *call) (detail string, err error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return "", &stopped{err}
	}
	if len(c.Body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.Header {
		r.Header.Set(name, value)
	}
	r.Header.Set("Idempotency-Key", fmt.Sprintf("%s-%d", c.EnrolmentID, c.Taken))
	a, err := g.out.Do(r)
	if err != nil {
		return "", err
	}
	body := string(a.Body[:min(len(a.Body), 300)])
	if !utf8.ValidString(body) {
		body = "(not text)"
	}
	detail = fmt.Sprintf("%d %s", a.Status, strings.TrimSpace(body))
	switch {
	case a.Status >= 200 && a.Status <= 299:
		return detail, nil
	case a.Status >= 300 && a.Status <= 499 && !slices.Contains([]int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests}, a.Status):
		return "", &stopped{fmt.Errorf("%s %s answered %s", c.Method, c.URL, detail)}
	}
	return "", fmt.Errorf("%s %s answered %s", c.Method, c.URL, detail)
}

// answered lets an enrolment go on behind the step that called a webhook.
func (g *Engine) answered(ctx context.Context, tx *db.Tx, locationID string, c *call, detail string) error {
	e, err := ifThere(enrolment(ctx, tx, locationID, c.EnrolmentID, forUpdate))
	if err != nil || e == nil || !c.awaited(e) {
		return err
	}
	return g.goOn(ctx, tx, e, detail)
}

// goOn lets an enrolment go on that waited for something.
func (g *Engine) goOn(ctx context.Context, tx *db.Tx, e *Enrolment, detail string) error {
	flow, err := g.program(ctx, tx, e)
	if err != nil {
		return err
	}
	if e.Step < 0 || int(e.Step) >= len(flow.nodes) {
		return e.finish(ctx, tx)
	}
	n := &flow.nodes[e.Step]
	if err := e.note(ctx, tx, n, Done, detail, ""); err != nil {
		return err
	}
	e.goTo(flow.program, n.next)
	e.Waiting, e.Error, e.DueAt, e.StepAt, e.UpdatedAt, e.Hops = "", "", tx.Now(), tx.Now(), tx.Now(), 0
	if e.Status == Paused {
		e.ResumeAt, e.DueAt = e.DueAt, time.Time{}
	}
	return enrolments.Update(ctx, tx, e)
}
