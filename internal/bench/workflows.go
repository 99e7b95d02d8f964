package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/workflow"
)

const (
	sleepers  = 100_000 // enrolments that wait
	dueAtOnce = 5_000   // enrolments that are due when the server starts
	dueSteps  = 3       // steps of each
	idleFor   = 10 * time.Second
	mostIdle  = 0.01 // of a core, that those who wait may cost
	leastFree = 0.95 // of the intake without them
)

// workflowsAt are the workflows measured.
type workflowsAt struct {
	Idle   [2]float64    `json:"idle"`   // share of a core of an idle server: without enrolments, and with those that wait
	Intake [2]result     `json:"intake"` // without, and with
	Took   time.Duration `json:"tookNs"` // to take all steps that were due
	Steps  int           `json:"steps"`
	Use    use           `json:"use"`
}

// workflows measures what enrolments cost that wait, and how fast those go on that
// are due.
func (r *runner) workflows(ctx context.Context) (Section, error) {
	var out workflowsAt
	const rounds = 2 // the better of which counts
	for range rounds {
		for i, n := range []int{0, sleepers} {
			var at result
			if err := r.sleeping(ctx, n, &out.Idle[i], &at); err != nil {
				return Section{}, fmt.Errorf("%d enrolments that wait: %w", n, err)
			}
			if at.rate() > out.Intake[i].rate() {
				out.Intake[i] = at
			}
		}
	}
	if err := r.due(ctx, &out); err != nil {
		return Section{}, fmt.Errorf("enrolments that are due: %w", err)
	}
	return workflowsTable(&out), nil
}

// enrolled is a copy of the database with a workflow and n enrolments in it.
func (r *runner) enrolled(ctx context.Context, fill func(ctx context.Context, d *db.DB, by crm.Actor) error) (*told, error) {
	m, err := r.prepare(ctx, 1, 0)
	if err != nil {
		return nil, err
	}
	d, _, err := app.OpenStore(ctx, m.store, nil)
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	if err := errors.Join(fill(ctx, d, crm.Actor{LocationID: m.keys[0].LocationID, Origin: "bench"}), d.Close()); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// sleeping measures an idle server, and the intake, while n enrolments wait.
func (r *runner) sleeping(ctx context.Context, n int, idle *float64, intake *result) (err error) {
	m, err := r.enrolled(ctx, func(ctx context.Context, d *db.DB, by crm.Actor) error { return asleep(ctx, d, by, n) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.serve(ctx); err != nil {
		return err
	}
	select { // what goes on behind a start
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Second):
	}
	w := newWatch(m.server)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idleFor):
	}
	*idle = w.stop().Server.Seconds() / idleFor.Seconds()
	const fastest = 12000 // requests a second
	l := &load{address: m.server.address, conns: r.Conns, requests: m.arrive(int((r.warmUp()+r.Time).Seconds()+1) * fastest)}
	if _, err := l.run(ctx, r.warmUp()); err != nil {
		return err
	}
	res, err := l.run(ctx, r.Time)
	if err != nil {
		return err
	}
	*intake = *res
	r.fixture.say("  %s enrolments wait: idle %.2f %% of a core, intake %.0f a second\n", count(n), *idle*100, res.rate())
	return nil
}

// asleep makes a workflow in which n contacts wait for a month.
func asleep(ctx context.Context, d *db.DB, by crm.Actor, n int) error {
	var w *workflow.Workflow
	err := d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		w, err = workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: "Asleep", Status: workflow.Published, Definition: workflow.Definition{
			Triggers: []workflow.Trigger{{On: workflow.OnTagAdded, Tags: []string{"asleep"}}},
			Steps:    []workflow.Step{{ID: "wait", Do: workflow.DoWait, For: workflow.Span{Days: 30}}, {Do: workflow.DoAddTag, Tags: []string{"awake"}}}}})
		return err
	})
	if err != nil {
		return err
	}
	const each = 5000 // rows of a transaction
	for done := 0; done < n; done += each {
		err := d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			due := tx.Now().AddDate(0, 0, 30).UnixMilli()
			for i := range min(each, n-done) {
				// Who is asleep is not looked at: that there is such a contact does not matter.
				if err := tx.Do(ctx, `INSERT INTO enrolments (location_id, id, workflow_id, contact_id, kind, status, version, step, step_key, step_at, due_at, waiting, event_at, created_at, updated_at, data)
					VALUES ($1, $2, $3, $4, 'workflow', 'active', 1, 0, 'wait', $5, $6, 'time', 0, $5, $5, '{}')`, by.LocationID, tx.NewID(), w.ID, fmt.Sprintf("asleep-%d", done+i), tx.Now().UnixMilli(), due+int64(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// due measures how long a server takes for the steps that it finds due.
func (r *runner) due(ctx context.Context, out *workflowsAt) (err error) {
	m, err := r.enrolled(ctx, r.wake)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	w := newWatch()
	began := time.Now()
	if err := m.serve(ctx); err != nil {
		return err
	}
	for {
		n, err := m.finished(ctx)
		if err != nil {
			return err
		}
		if n == dueAtOnce {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	out.Took, out.Steps, out.Use = time.Since(began), dueAtOnce*dueSteps, w.stop()
	out.Use.Server = cpu(m.server.cmd.Process.Pid)
	r.fixture.say("  %s steps of %s contacts in %s\n", count(out.Steps), count(dueAtOnce), out.Took.Round(time.Millisecond))
	return nil
}

// wake makes contacts, and a workflow in which all of them are due.
func (r *runner) wake(ctx context.Context, d *db.DB, by crm.Actor) error {
	var w *workflow.Workflow
	err := d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		w, err = workflow.Add(ctx, tx, by, workflow.Workflow{Kind: workflow.Flow, Name: "Due", Status: workflow.Published, Definition: workflow.Definition{
			Steps: []workflow.Step{{Do: workflow.DoAddTag, Tags: []string{"due"}}, {Do: workflow.DoTask, Title: "Call {{contact.name}}"}, {Do: workflow.DoNote, Body: "It is {{contact.firstName|somebody}}."}}}})
		return err
	})
	if err != nil {
		return err
	}
	const each = 500 // contacts of a transaction
	for done := 0; done < dueAtOnce; done += each {
		err := d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
			for i := range each {
				p := r.fixture.people.at(r.fixture.held + done + i)
				s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: p.input()})
				if err != nil {
					return err
				}
				if _, err := workflow.Enrol(ctx, tx, by, workflow.Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: s.Contact.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finished counts the enrolments that are through.
func (m *told) finished(ctx context.Context) (n int64, err error) {
	d, _, err := app.OpenStore(ctx, m.store, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	err = d.Read(ctx, m.keys[0].LocationID, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM enrolments WHERE location_id = $1 AND status = 'finished'", m.keys[0].LocationID)
		return err
	})
	return n, err
}

// workflowsTable says how the workflows did.
func workflowsTable(w *workflowsAt) Section {
	s := Section{Title: "Workflows", Figures: w, Head: []string{"enrolments that wait", "idle, of a core", "intake"}}
	for i, n := range []int{0, sleepers} {
		s.Rows = append(s.Rows, []string{count(n), fmt.Sprintf("%.2f %%", w.Idle[i]*100), number(w.Intake[i].rate())})
	}
	more, left := w.Idle[1]-w.Idle[0], w.Intake[1].rate()/w.Intake[0].rate()
	s.bar(count(sleepers)+" wait: more of a core while idle", fmt.Sprintf("< %.0f %%", mostIdle*100), fmt.Sprintf("%.2f %%", more*100), more < mostIdle)
	s.bar(count(sleepers)+" wait: intake, of that without", fmt.Sprintf("≥ %.2f", leastFree), fmt.Sprintf("%.2f", left), left >= leastFree)
	s.note("%s contacts were due at once, each for a tag, a task and a note: %s, %s steps a second, server %s a step.", count(dueAtOnce), w.Took.Round(10*time.Millisecond), number(float64(w.Steps)/w.Took.Seconds()), perRequest(w.Use.Server, w.Steps))
	return s
}
