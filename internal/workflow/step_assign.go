package workflow

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// tagger is crm.AddTags or crm.RemoveTags.
type tagger = func(ctx context.Context, tx *db.Tx, by crm.Actor, contactID string, tags []string) (*crm.TagsChanged, error)

// assign gives the contact to a user.
func (r *run) assign(ctx context.Context) (result, error) {
	if r.scope.contact.AssignedTo != "" && !r.step.Always {
		return result{outcome: Skipped, detail: "it is assigned already"}, nil
	}
	u, why, err := r.choose(ctx)
	if err != nil {
		return result{}, err
	}
	if u == nil {
		return result{outcome: Skipped, detail: why}, nil
	}
	if u.ID == r.scope.contact.AssignedTo {
		return result{outcome: Skipped, detail: "it is assigned to " + u.FullName()}, nil
	}
	var in crm.Input
	in.AssignedTo = u.ID
	return result{detail: u.FullName() + why, object: u.ID}, r.change(ctx, in)
}

// choose gives the user who takes the contact, or nil and why there is none.
func (r *run) choose(ctx context.Context) (u *crm.User, why string, err error) {
	switch r.step.By {
	case "user":
		u, err = userNamed(ctx, r.tx, r.e.LocationID, r.step.User)
		return u, "", err
	case "source":
		source := r.scope.contact.Source
		for _, name := range sorted(r.step.Owners) {
			if norm.Fold(name) == norm.Fold(source) || name == "*" && u == nil {
				if u, err = userNamed(ctx, r.tx, r.e.LocationID, r.step.Owners[name]); err != nil || name != "*" {
					return u, ": the source is " + source, err
				}
			}
		}
		if u == nil {
			why = "nobody owns the source " + source
		}
		return u, why, nil
	}
	team, err := r.team(ctx)
	if err != nil || len(team) == 0 {
		return nil, "nobody of them works here any more", err
	}
	if r.step.By == "least_loaded" {
		return r.leastLoaded(ctx, team)
	}
	return r.nextInTurn(ctx, team)
}

// teammate is a member who can take a contact.
type teammate struct {
	user   *crm.User
	weight int64
	free   time.Time // when they are at work next
	turn   bool      // they can take this one
}

// team gives the members that are still there. If some are at work this contact
// is for one of those, otherwise for whoever comes to work first.
func (r *run) team(ctx context.Context) ([]teammate, error) {
	var all []teammate
	now := r.tx.Now()
	for _, m := range r.step.Users {
		u, err := ifThere(userNamed(ctx, r.tx, r.e.LocationID, m.User))
		if err != nil {
			return nil, err
		}
		if u == nil {
			continue
		}
		t := teammate{user: u, weight: int64(max(m.Weight, 1)), free: now}
		if m.Hours != nil {
			zone := r.scope.home()
			if z, err := time.LoadLocation(u.Timezone); err == nil && u.Timezone != "" {
				zone = z
			}
			t.free = m.Hours.Next(now, zone)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, nil
	}
	first := slices.MinFunc(all, func(a, b teammate) int { return a.free.Compare(b.free) }).free
	for i := range all {
		all[i].turn = all[i].free.Equal(first)
	}
	return all, nil
}

// turn is how many contacts a member was given.
type turn struct {
	LocationID string
	WorkflowID string
	Step       string
	UserID     string
	Given      int64
}

var turns = db.NewTable("workflow_turns", []string{"location_id", "workflow_id", "step", "user_id"}, func(t *turn) []db.Column {
	return []db.Column{{Name: "location_id", At: &t.LocationID}, {Name: "workflow_id", At: &t.WorkflowID}, {Name: "step", At: &t.Step}, {Name: "user_id", At: &t.UserID}, {Name: "given", At: &t.Given}}
})

// nextInTurn gives the contact to the member who was given the fewest for their
// weight. Who is new, or is not at work, falls behind nobody: when they come they
// take their share and no more.
func (r *run) nextInTurn(ctx context.Context, team []teammate) (*crm.User, string, error) {
	// The workflow's row keeps two from taking the same turn.
	if _, err := lock(ctx, r.tx, r.e.LocationID, r.e.Kind, r.e.WorkflowID); err != nil {
		return nil, "", err
	}
	list, err := turns.All(ctx, r.tx, "WHERE location_id = $1 AND workflow_id = $2 AND step = $3", r.e.LocationID, r.e.WorkflowID, r.node.key)
	if err != nil {
		return nil, "", err
	}
	given := map[string]int64{}
	for _, t := range list {
		given[t.UserID] = t.Given
	}
	level := int64(-1) // what a weight of 1 was given, of those who take turns now
	for _, t := range team {
		if n, known := given[t.user.ID]; t.turn && known && (level < 0 || n/t.weight < level) {
			level = n / t.weight
		}
	}
	var next *teammate
	for i := range team {
		t := &team[i]
		n, known := given[t.user.ID]
		if up := level * t.weight; level >= 0 && (!known || !t.turn && n < up) {
			n = up
		}
		given[t.user.ID] = n
		if t.turn && (next == nil || compareInts((n+1)*next.weight, (given[next.user.ID]+1)*t.weight) < 0) {
			next = t
		}
	}
	given[next.user.ID]++
	for _, t := range team {
		row := turn{r.e.LocationID, r.e.WorkflowID, r.node.key, t.user.ID, given[t.user.ID]}
		isNew, err := turns.InsertIfAbsent(ctx, r.tx, &row)
		if err == nil && !isNew {
			err = turns.Update(ctx, r.tx, &row)
		}
		if err != nil {
			return nil, "", err
		}
	}
	return next.user, ": it is their turn", nil
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// leastLoaded gives the contact to the member with the fewest open tasks and
// deals for their weight.
func (r *run) leastLoaded(ctx context.Context, team []teammate) (*crm.User, string, error) {
	if _, err := lock(ctx, r.tx, r.e.LocationID, r.e.Kind, r.e.WorkflowID); err != nil {
		return nil, "", err
	}
	team = slices.DeleteFunc(team, func(t teammate) bool { return !t.turn })
	ids := make([]string, len(team))
	for i, t := range team {
		ids[i] = t.user.ID
	}
	load, err := crm.OpenWork(ctx, r.tx, r.e.LocationID, ids)
	if err != nil {
		return nil, "", err
	}
	next := slices.MinFunc(team, func(a, b teammate) int {
		return compareInts(load[a.user.ID]*b.weight, load[b.user.ID]*a.weight)
	})
	return next.user, ": they have the least to do", nil
}

// userNamed gives a user of the location by e-mail address or id. NotFound if
// there is none who is in force.
func userNamed(ctx context.Context, tx *db.Tx, locationID, name string) (*crm.User, error) {
	users, err := crm.Users(ctx, tx, locationID)
	if err != nil {
		return nil, err
	}
	for i := range users {
		if u := &users[i]; (u.ID == name || norm.Fold(u.Email) == norm.Fold(name)) && u.DisabledAt.IsZero() {
			return u, nil
		}
	}
	return nil, errs.New(errs.NotFound, "No user %s is in this location", name)
}

// owner gives the user whom a setting names: a user, owner, or nobody for "".
func (r *run) owner(ctx context.Context, name string) (string, error) {
	switch name {
	case "":
		return "", nil
	case "owner":
		return r.scope.contact.AssignedTo, nil
	}
	u, err := userNamed(ctx, r.tx, r.e.LocationID, name)
	if err != nil {
		return "", err
	}
	return u.ID, nil
}
