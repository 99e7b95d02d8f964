package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
)

// notify tells users something, each in the way they chose.
func (r *run) notify(ctx context.Context) (result, error) {
	to, err := r.told(ctx)
	if err != nil {
		return result{}, err
	}
	if len(to) == 0 {
		return result{outcome: Skipped, detail: "there is nobody to tell"}, nil
	}
	text := r.line(r.step.Text)
	err = crm.Notify(ctx, r.tx, r.by, crm.Notice{Kind: "workflow_notify", UserIDs: to, ContactID: r.e.ContactID, ObjectID: r.e.ID, Text: text, Key: fmt.Sprintf("%s.%d", r.e.ID, r.e.Taken)})
	return result{detail: fmt.Sprintf("%d told: %s", len(to), text)}, err
}

// told gives the users whom the step names. One who is gone keeps no other from
// being told.
func (r *run) told(ctx context.Context) (ids []string, err error) {
	users, err := crm.Users(ctx, r.tx, r.e.LocationID)
	if err != nil {
		return nil, err
	}
	for _, name := range r.step.To {
		switch name {
		case "owner":
			if owner := r.scope.contact.AssignedTo; owner != "" {
				ids = append(ids, owner)
			}
		case "followers":
			ids = append(ids, r.scope.contact.Followers...)
		case "admins":
			for _, u := range users {
				if u.Role == crm.AdminRole && u.DisabledAt.IsZero() {
					ids = append(ids, u.ID)
				}
			}
		default:
			u, err := ifThere(userNamed(ctx, r.tx, r.e.LocationID, strings.TrimSpace(name)))
			if err == nil && u == nil {
				continue
			}
			if err != nil {
				return nil, err
			}
			ids = append(ids, u.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
