package brokerkit

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// create takes a lead in: POST /v2/leads. One who is there by any e-mail
// address or by the agent id is updated, and answered with 201 all the same
// (intake.md §2.6).
func create(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	l, err := body(c)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		saved, people, err := l.save(ctx, tx, c, crm.Save{OnMatch: crm.Overwrite}, true)
		if err != nil {
			return wire.Answer{}, err
		}
		t := team{c.Location(), people}
		a := wire.Answer{Status: http.StatusCreated}.About(saved.Outcome, saved.Contact.ID)
		switch {
		case l.test:
			a.Body = t.tested(saved.Contact)
			return a.With("X-Intake-Result", "test"), nil
		case saved.Outcome == crm.Created:
			a = a.With("X-Intake-Result", "created")
		default:
			a = a.With("X-Intake-Result", "updated")
		}
		a.Body = t.shown(saved.Contact)
		return a, nil
	})
}

// update changes what was sent of one lead: PUT and PATCH /v2/leads/{id}, which
// Rails does not tell apart. The answer has no body.
func update(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	l, err := body(c)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		have, err := stored(ctx, tx, c)
		if err != nil {
			return wire.Answer{}, err
		}
		saved, _, err := l.save(ctx, tx, c, crm.Save{ID: have.ID, OnMatch: crm.Refuse}, false)
		if err != nil {
			return wire.Answer{}, err
		}
		return wire.Answer{Status: http.StatusNoContent}.About(saved.Outcome, have.ID), nil
	})
}

// show gives one lead: GET /v2/leads/{id}.
func show(ctx context.Context, c *wire.Call) (a wire.Answer, err error) {
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err := stored(ctx, tx, c)
		if err != nil {
			return err
		}
		people, err := crm.Users(ctx, tx, have.LocationID)
		a = wire.Answer{Status: http.StatusOK, Body: team{c.Location(), people}.shown(have)}
		return err
	})
	return a, err
}

// list gives leads page by page, the newest first: GET /v2/leads. How many
// there are in all stands in the header X-Total-Count.
func list(ctx context.Context, c *wire.Call) (a wire.Answer, err error) {
	f, err := filter(c, c.Query())
	if err != nil {
		return wire.Answer{}, err
	}
	err = c.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		found, total, err := crm.Leads(ctx, tx, c.Actor().LocationID, f)
		if err != nil {
			return err
		}
		people, err := crm.Users(ctx, tx, c.Actor().LocationID)
		if err != nil {
			return err
		}
		page, t := make([]*answer, len(found)), team{c.Location(), people}
		for i := range found {
			page[i] = t.shown(&found[i])
		}
		a = wire.Answer{Status: http.StatusOK, Body: page}.With("X-Total-Count", strconv.FormatInt(total, 10))
		return nil
	})
	return a, err
}

// body reads the request's lead. Bodies that are no JSON object, and objects
// with nothing in them, are bad requests (intake.md §2.9 B20).
func body(c *wire.Call) (*lead, error) {
	o, err := c.Object()
	if err != nil {
		return nil, errs.New(errs.Invalid, "%v", err)
	}
	if o.Len() == 0 {
		return nil, errs.New(errs.Invalid, "the body has no fields")
	}
	return read(o)
}

// stored gives the lead that the path names. Whoever is not recruited is no
// lead, and is not found.
func stored(ctx context.Context, tx *db.Tx, c *wire.Call) (*crm.Contact, error) {
	number, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != c.Param("id") {
		return nil, errs.New(errs.NotFound, "there is no lead with this id")
	}
	have, err := crm.ContactByNumber(ctx, tx, c.Actor().LocationID, number)
	if err == nil && have.Product == "" {
		err = errs.New(errs.NotFound, "this contact is no lead")
	}
	return have, err
}

// save runs the command. Whoever arrives, as a new contact or as a new lead,
// gets what the request leaves open. It gives the people of the team too, for
// the answer.
func (l *lead) save(ctx context.Context, tx *db.Tx, c *wire.Call, s crm.Save, arrives bool) (*crm.Saved, []crm.User, error) {
	location := c.Location()
	people, err := crm.Users(ctx, tx, location.ID)
	if err != nil {
		return nil, nil, err
	}
	s.Input, s.Match, s.DryRun = l.in, []crm.Key{crm.KeyEmail, crm.KeyAgent}, l.test
	for _, who := range []struct {
		field, email string
		at           *string
	}{{"owner_email", l.owner, &s.Input.AssignedTo}, {"referrer_email", l.referrer, &s.Input.Details.Referrer}} {
		u, err := crm.UserNamed(ctx, tx, location.ID, who.email, "")
		if err != nil {
			return nil, nil, err
		}
		if u != nil {
			*who.at = u.ID
		} else if who.email != "" {
			c.Warn(who.field, "nobody in this team has this e-mail address, left out")
		}
	}
	if arrives {
		s.Touch = true // the same lead once more moves updated_at (intake.md §2.9 B3)
		s.Default = l.defaults(location, people, tx.Now())
	}
	saved, err := crm.SaveContact(ctx, tx, c.Actor(), s)
	if err == nil && len(saved.Others) > 0 {
		c.Warn("agent_id", "it belongs to another contact than the e-mail address; that one was left alone, and the two are up for review")
	}
	return saved, people, err
}

// defaults are what a lead has that does not say otherwise. The owner is the
// team's, its first admin.
func (l *lead) defaults(location *crm.Location, people []crm.User, now time.Time) crm.Contact {
	d := crm.Contact{Product: recruiting, Type: "recruit"}
	if l.in.Product == retention {
		d.Type = "agent"
	}
	d.Details.RecruitingStage, d.Details.Bucket = newLead, normal
	if i := slices.IndexFunc(people, func(u crm.User) bool { return u.Admin }); i >= 0 {
		d.AssignedTo = people[i].ID
	}
	zone, err := time.LoadLocation(location.Timezone)
	if err != nil {
		zone = time.UTC
	}
	d.Details.ReferredAt = now.In(zone).Format(time.DateOnly)
	return d
}

// The pages of a list.
const (
	pageSize    = 25
	maxPageSize = 100
	maxPage     = 1_000_000
)

// filter reads the query of a list. What cannot be read is refused: a list of
// everybody is no answer to a question that was not understood.
func filter(c *wire.Call, query url.Values) (f crm.LeadFilter, err error) {
	page, size := 1, pageSize
	var broken []errs.Field
	for _, name := range slices.Sorted(maps.Keys(query)) {
		value := strings.TrimSpace(query.Get(name))
		if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return f, errs.New(errs.Invalid, "%s is not valid text", name)
		}
		switch name {
		case "page":
			page, err = bounded(c, name, value, page, maxPage)
		case "per_page":
			size, err = bounded(c, name, value, size, maxPageSize)
		case "email":
			f.Email = value
		case "agent_id":
			f.AgentID = value
		case "product":
			f.Product, broken = value, among(broken, "product", value, products())
		case "status":
			f.Stage, broken = value, among(broken, "recruitingStage", value, statuses())
		case "bucket":
			f.Bucket, broken = value, among(broken, "bucket", value, buckets())
		default:
			c.Warn(name, "unknown parameter, ignored")
		}
		if err != nil {
			return f, err
		}
	}
	f.Limit, f.Skip = size, (page-1)*size
	return f, errs.InvalidFields(broken...)
}

func among(broken []errs.Field, canonical, value string, list []string) []errs.Field {
	if value != "" && !slices.Contains(list, value) {
		broken = append(broken, errs.Field{Name: canonical, Rule: "choice"})
	}
	return broken
}

// bounded reads a whole number from 1 to most; more is most, with a warning.
func bounded(c *wire.Call, name, value string, otherwise, most int) (int, error) {
	if value == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n == 0 {
		return 0, errs.New(errs.Invalid, "%s is a whole number from 1 on", name)
	}
	if n > uint64(most) {
		c.Warn(name, "at most "+strconv.Itoa(most)+", which was used instead")
		return most, nil
	}
	return int(n), nil
}
