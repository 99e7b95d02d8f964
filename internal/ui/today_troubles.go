package ui

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// trouble is something that works no longer, and the page where it is put right.
type trouble struct{ Head, Text, Path string }

// loadTroubles looks for what works no longer. It is for admins: nobody else can
// put it right.
func (d *todayData) loadTroubles(ctx context.Context, tx *db.Tx, v *visit) error {
	if !v.May["admin"] {
		return nil
	}
	for _, look := range []func(context.Context, *db.Tx, *visit) ([]trouble, error){troubledConnections, troubledWebhooks, troubledWorkflows, troubledDoors} {
		found, err := look(ctx, tx, v)
		if err != nil {
			return err
		}
		d.Troubles = append(d.Troubles, found...)
	}
	return nil
}

// troubledConnections are those that do not open their system, that have failed for
// a while, and that left records aside.
func troubledConnections(ctx context.Context, tx *db.Tx, v *visit) (found []trouble, err error) {
	const while = 10 * time.Minute // a shorter one passes by itself
	all, err := connect.List(ctx, tx, v.at())
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		path, name := "/integrations/connections/"+c.ID, "“"+c.Name+"”"
		switch {
		case c.Status == connect.Broken:
			found = append(found, trouble{name + " cannot be opened any more", c.LastError, path})
		case c.Status == connect.Awaiting:
			found = append(found, trouble{name + " waits to be let in", "Nothing crosses before.", path})
		case c.Status == connect.Active && !c.FailingSince.IsZero() && v.now.Sub(c.FailingSince) > while:
			found = append(found, trouble{name + " has failed since " + v.Full(c.FailingSince), c.LastError, path})
		}
		if c.Status == connect.Paused {
			continue
		}
		b, err := connect.BacklogOf(ctx, tx, v.at(), c.ID)
		if err != nil {
			return nil, err
		}
		if n := int(b.Rejected); n > 0 {
			found = append(found, trouble{name + " left " + plural(n, "record", "records") + " aside", "They cannot cross as they are.", path})
		}
	}
	return found, nil
}

func troubledWebhooks(ctx context.Context, tx *db.Tx, v *visit) (found []trouble, err error) {
	hooks, err := webhook.Endpoints(ctx, tx, v.at())
	for i := range hooks {
		if h := &hooks[i]; !h.DisabledAt.IsZero() {
			found = append(found, trouble{"A webhook is disabled", h.URL + " is told nothing any more.", "/integrations/webhooks/" + h.ID})
		}
	}
	return found, err
}

// troubledWorkflows are those at which somebody's way ended with an error.
func troubledWorkflows(ctx context.Context, tx *db.Tx, v *visit) (found []trouble, err error) {
	const most = 100
	flows, err := workflow.All(ctx, tx, v.at(), workflow.Flow, "")
	if err != nil {
		return nil, err
	}
	for i := range flows {
		failed, err := workflow.EnrolmentsOf(ctx, tx, v.at(), flows[i].ID, workflow.Failed, "", most)
		if err != nil {
			return nil, err
		}
		if n := len(failed); n > 0 {
			found = append(found, trouble{"“" + flows[i].Name + "” stopped for " + plural(n, "contact", "contacts"), cmp.Or(failed[0].Error, "A step failed."), "/automation/" + flows[i].ID + "?tab=people&status=" + workflow.Failed})
		}
	}
	return found, nil
}

// troubledDoors are those that refused requests since yesterday.
func troubledDoors(ctx context.Context, tx *db.Tx, v *visit) (found []trouble, err error) {
	const most = 100
	refused, err := wire.Log(ctx, tx, v.at(), wire.LogFilter{Result: wire.Refused, Since: v.now.AddDate(0, 0, -1), Limit: most})
	if err != nil {
		return nil, err
	}
	count, why := map[string]int{}, map[string]string{}
	for _, e := range slices.Backward(refused) {
		count[e.Door]++
		why[e.Door] = e.Reason
	}
	for _, door := range doors() {
		if n := count[door]; n > 0 {
			found = append(found, trouble{doorName(door) + ": " + plural(n, "request", "requests") + " refused since yesterday", "The last one: " + why[door] + ".", "/integrations/log?door=" + door + "&result=" + wire.Refused})
		}
	}
	return found, nil
}
