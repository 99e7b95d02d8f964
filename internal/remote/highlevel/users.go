package highlevel

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// ownerEmail is the e-mail address of the user whom a record is assigned to, in the
// place of their id: the two sides have other ids for the same people.
const ownerEmail = "assignedToEmail"

// ownerID gives the field of a kind that has that user's id.
func ownerID(kind remote.Kind) string {
	if kind == remote.Appointment {
		return "assignedUserId"
	}
	return "assignedTo"
}

type user struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

// allUsers gives the users of the location; none where they may not be read.
func (h *system) allUsers(ctx context.Context, age time.Duration) ([]user, error) {
	return list(h, &h.names.users, age, func() ([]user, error) {
		place, err := h.location(ctx)
		if err != nil {
			return nil, err
		}
		var a struct {
			Users []user `json:"users"`
		}
		err = h.get(ctx, "users/", url.Values{"locationId": {place}}, &a)
		if remote.Is(err, remote.Missing) || remote.Is(err, remote.Refused) {
			return nil, nil
		}
		return a.Users, err
	})
}

// namedUser puts the e-mail address of whom a record is assigned to beside the id.
func (h *system) namedUser(ctx context.Context, kind remote.Kind, o object, into map[string]any, complete bool) error {
	id, said := o[ownerID(kind)].(string)
	if complete || said {
		into[ownerEmail] = nil
	}
	if id == "" {
		return nil
	}
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allUsers(ctx, age)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(u user) bool { return u.ID == id }); at >= 0 {
			into[ownerEmail] = strings.ToLower(all[at].Email)
			return nil
		}
	}
	return nil
}

// identifiedUser puts an id in the place of an e-mail address. Whom nobody knows
// over there is nobody's: the record crosses without.
func (h *system) identifiedUser(ctx context.Context, kind remote.Kind, said map[string]any, into object) error {
	email, ok := said[ownerEmail]
	at := ownerID(kind)
	if !ok || into[at] != nil {
		return nil
	}
	address, _ := email.(string)
	if address == "" {
		into[at] = ""
		return nil
	}
	for _, age := range []time.Duration{namesOld, namesYoung} {
		all, err := h.allUsers(ctx, age)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(u user) bool { return strings.EqualFold(u.Email, address) }); i >= 0 {
			into[at] = all[i].ID
			return nil
		}
	}
	return nil
}
