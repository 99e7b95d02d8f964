package highlevel

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// following is the command behind the followers of something.
type following func(ctx context.Context, tx *db.Tx, by crm.Actor, id string, to crm.FollowersChange) (*crm.FollowersChanged, error)

// followContact is POST /contacts/{contactId}/followers (contract.md §8.4).
func followContact(ctx context.Context, c *call) (wire.Answer, error) {
	return c.follow(ctx, crm.FollowContact, c.contactID(), true)
}

// unfollowContact is DELETE /contacts/{contactId}/followers, with a body.
func unfollowContact(ctx context.Context, c *call) (wire.Answer, error) {
	return c.follow(ctx, crm.FollowContact, c.contactID(), false)
}

// followOpportunity is POST /opportunities/{id}/followers (contract.md §10).
func followOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	return c.follow(ctx, crm.FollowOpportunity, clean(c.Param("id")), true)
}

// unfollowOpportunity is DELETE /opportunities/{id}/followers, with a body;
// ?isRemoveAllFollowers=true needs none.
func unfollowOpportunity(ctx context.Context, c *call) (wire.Answer, error) {
	return c.follow(ctx, crm.FollowOpportunity, clean(c.Param("id")), false)
}

func (c *call) follow(ctx context.Context, do following, id string, add bool) (wire.Answer, error) {
	o, err := c.body()
	if err != nil {
		return wire.Answer{}, err
	}
	to := crm.FollowersChange{RemoveAll: !add && c.query("isRemoveAllFollowers") == "true"}
	list, broken := texts(o, "followers", most)
	if to.RemoveAll {
		broken = nil
	}
	if err := c.finish(o, broken); err != nil {
		return wire.Answer{}, err
	}
	if add {
		to.Add = list
	} else {
		to.Remove = list
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		now, err := do(ctx, tx, c.Actor(), id, to)
		if err != nil {
			return wire.Answer{}, err
		}
		for range now.Unknown {
			c.Warn("followers", "somebody who is nobody of this location was left out")
		}
		f := fields{"followers": filled(now.Followers)}
		if add {
			f["followersAdded"] = filled(now.Added)
		} else {
			f["followersRemoved"] = filled(now.Removed)
		}
		a := c.answer(f)
		if c.contactID() == "" {
			return a, nil
		}
		result := crm.Matched
		if len(now.Added)+len(now.Removed) > 0 {
			result = crm.Updated
		}
		return a.About(result, id), nil
	})
}

// filled gives a list that is written as one also where it is empty.
func filled(list []string) []string { return append([]string{}, list...) }
