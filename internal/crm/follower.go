package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// FollowersChange says who is to follow something, and who no longer.
type FollowersChange struct {
	Add, Remove []string // users; Add takes only those of the location
	RemoveAll   bool     // before Add
}

// FollowersChanged is the result of a FollowersChange.
type FollowersChanged struct {
	Followers []string // all of them now
	Added     []string
	Removed   []string
	Unknown   []string // of Add: nobody of the location
}

// FollowContact changes who follows a contact. NotFound if it is not there.
func FollowContact(ctx context.Context, tx *db.Tx, by Actor, contactID string, to FollowersChange) (*FollowersChanged, error) {
	old, err := contacts.One(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", by.LocationID, contactID)
	if err != nil {
		return nil, err
	}
	if old == nil {
		return nil, errs.New(errs.NotFound, "Contact not found")
	}
	now, err := to.apply(ctx, tx, by.LocationID, old.Followers)
	if err != nil || len(now.Added)+len(now.Removed) == 0 {
		return now, err
	}
	next := *old
	next.Followers = now.Followers
	return now, put(ctx, tx, by, old, &next, now.changes(old.Followers))
}

// FollowOpportunity changes who follows an opportunity. NotFound if it is not there.
func FollowOpportunity(ctx context.Context, tx *db.Tx, by Actor, opportunityID string, to FollowersChange) (*FollowersChanged, error) {
	o, err := opportunityByID(ctx, tx, by.LocationID, opportunityID, " /*postgres FOR UPDATE*/")
	if err != nil {
		return nil, err
	}
	now, err := to.apply(ctx, tx, by.LocationID, o.Followers)
	if err != nil || len(now.Added)+len(now.Removed) == 0 {
		return now, err
	}
	changes := now.changes(o.Followers)
	o.Followers = now.Followers
	return now, o.put(ctx, tx, by, changes)
}

func (f *FollowersChanged) changes(before []string) []Change {
	return []Change{{Field: "followers", From: present(before), To: present(f.Followers)}}
}

// apply says who follows now, of those that did.
func (f *FollowersChange) apply(ctx context.Context, tx *db.Tx, locationID string, have []string) (*FollowersChanged, error) {
	out := &FollowersChanged{Followers: slices.Clone(have)}
	out.Followers = slices.DeleteFunc(out.Followers, func(u string) bool {
		gone := (f.RemoveAll || slices.Contains(f.Remove, u)) && !slices.Contains(f.Add, u)
		if gone {
			out.Removed = append(out.Removed, u)
		}
		return gone
	})
	if len(f.Add) == 0 {
		return out, nil
	}
	team, err := Users(ctx, tx, locationID)
	if err != nil {
		return nil, err
	}
	for _, u := range f.Add {
		switch {
		case slices.Contains(out.Followers, u):
		case !slices.ContainsFunc(team, func(t User) bool { return t.ID == u }):
			out.Unknown = append(out.Unknown, u)
		default:
			out.Followers, out.Added = append(out.Followers, u), append(out.Added, u)
		}
	}
	return out, nil
}
