package ui

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// seeDeals is the permission for opportunities.
const seeDeals = "opportunitiesEnabled"

func pipelinesArea() area {
	return area{
		way:   way{name: "Pipelines", icon: "kanban", path: "/pipelines", key: "p", needs: seeDeals},
		pages: []string{"pipelines"},
		screens: []screen{
			{get, "/pipelines", seeDeals, false, showBoard},
			{post, "/pipelines", seeDeals, false, changeBoard},
			{get, "/pick", seeContacts, false, pickContacts},
		},
		said: map[string]string{
			"deal-added":     "Opportunity added",
			"deal-saved":     "Opportunity saved",
			"deal-moved":     "Moved",
			"deal-deleted":   "Opportunity deleted",
			"pipeline-added": "Pipeline added",
		},
	}
}

// boardData is what the page of a pipeline shows.
type boardData struct {
	*frame
	people
	All           []crm.Pipeline
	P             *crm.Pipeline // nil where there is none yet
	Status, Owner string
	Columns       []boardColumn
	Count         int64
	Value         float64
	Some          bool // there are more than were counted
	Reasons       []crm.LostReason
	New           bool // the form for a new one is open
	For           *crm.Contact
	Edit          *boardCard // the one that is being edited
	OwnerFixed    bool       // the visitor sees only their own
}

// boardColumn is a stage with what stands in it.
type boardColumn struct {
	crm.Stage
	Cards []boardCard
	Count int64
	Value float64
	Some  bool
	Next  string // address that shows more of it, "" for no more
}

// boardCard is an opportunity with whom it is about.
type boardCard struct {
	crm.Opportunity
	Contact *crm.Contact // nil if they are gone, or not the visitor's to see
	Person  bool         // the visitor may see who it is
}

// Of a stage: how many cards are shown at first, how many more each time, and at most.
const (
	cardsFirst = 25
	cardsMore  = 50
	cardsMost  = 525
)

// Statuses are those that an opportunity can have.
func (*boardData) Statuses() []string { return crm.OpportunityStatuses }

// Link is the address of a pipeline with what is shown of it.
func (d *boardData) Link(pipelineID, status, owner string) string {
	q := url.Values{}
	for name, value := range map[string]string{"id": pipelineID, "status": status, "owner": owner} {
		if value != "" && (name != "status" || value != "open") {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return d.Base + "/pipelines"
	}
	return d.Base + "/pipelines?" + q.Encode()
}

// Here is the address of the board as it is.
func (d *boardData) Here() string {
	if d.P == nil {
		return d.Base + "/pipelines"
	}
	return d.Link(d.P.ID, d.Status, d.Owner)
}

// With is the address of the board with another parameter.
func (d *boardData) With(name, value string) string {
	here, separator := d.Here(), "?"
	if strings.Contains(here, "?") {
		separator = "&"
	}
	return here + separator + url.Values{name: {value}}.Encode()
}

// InStage says how long a card has been where it is, shortly.
func (d *boardData) InStage(c boardCard) string {
	switch days := int(d.now.Sub(c.StageChangedAt).Hours() / 24); {
	case days < 1:
		return "today"
	case days < 14:
		return strconv.Itoa(days) + "d"
	case days < 90:
		return strconv.Itoa(days/7) + "w"
	default:
		return strconv.Itoa(days/30) + "mo"
	}
}

// Stale reports whether a card has been where it is for long.
func (d *boardData) Stale(c boardCard) bool {
	const long = 21 * 24 * time.Hour
	return c.Status == "open" && d.now.Sub(c.StageChangedAt) > long
}

// showBoard shows a pipeline with its stages beside each other.
func showBoard(v *visit) error {
	q := v.r.URL.Query()
	d := &boardData{frame: v.frame, Status: "open", Owner: q.Get("owner"), New: q.Get("new") != ""}
	if slices.Contains(crm.OpportunityStatuses, q.Get("status")) {
		d.Status = q.Get("status")
	}
	if v.only != "" {
		d.Owner, d.OwnerFixed = v.only, true
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if err := d.load(ctx, tx, v, q.Get("id")); err != nil || d.P == nil {
			return err
		}
		if d.Reasons, err = crm.LostReasons(ctx, tx, v.at(), false); err != nil {
			return err
		}
		if err := d.loadForms(ctx, tx, v, q); err != nil {
			return err
		}
		return d.loadStages(ctx, tx, v, q.Get("more"))
	})
	if err != nil {
		return err
	}
	return v.show("pipelines", "Pipelines", d)
}

// load finds the pipelines, and the one that is asked for or else the first.
func (d *boardData) load(ctx context.Context, tx *db.Tx, v *visit, id string) (err error) {
	if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
		return err
	}
	if d.All, err = crm.Pipelines(ctx, tx, v.at()); err != nil {
		return err
	}
	for i := range d.All {
		if d.P == nil || d.All[i].ID == id {
			d.P = &d.All[i]
		}
	}
	return nil
}

// loadForms finds what the form that is open is about.
func (d *boardData) loadForms(ctx context.Context, tx *db.Tx, v *visit, q url.Values) error {
	if contactID := q.Get("contact"); d.New && contactID != "" {
		c, err := v.mine(ctx, tx, contactID)
		if err == nil {
			d.For = c
		} else if !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if q.Get("edit") == "" {
		return nil
	}
	o, err := dealOf(ctx, tx, v, q.Get("edit"))
	if errs.Is(err, errs.NotFound) {
		return nil // deleted by somebody since: the board is what there is
	}
	if err != nil {
		return err
	}
	cards, err := withPeople(ctx, tx, v, []crm.Opportunity{*o})
	if err != nil {
		return err
	}
	d.Edit = &cards[0]
	for i := range d.All {
		if d.All[i].ID == o.PipelineID {
			d.P = &d.All[i]
		}
	}
	return nil
}

// loadStages reads what stands in each stage. more names one that shows more,
// and how much: STAGE:COUNT.
func (d *boardData) loadStages(ctx context.Context, tx *db.Tx, v *visit, more string) error {
	var all []crm.Opportunity
	var ends []int
	longer, count, _ := strings.Cut(more, ":")
	for _, s := range d.P.Stages {
		limit := cardsFirst
		if n, err := strconv.Atoi(count); err == nil && s.ID == longer {
			limit = min(max(n, cardsFirst), cardsMost)
		}
		b, err := crm.Board(ctx, tx, v.at(), crm.BoardQuery{PipelineID: d.P.ID, StageID: s.ID, Status: d.Status, Owner: d.Owner, Limit: limit + 1})
		if err != nil {
			return err
		}
		column := boardColumn{Stage: s, Count: b.Count, Value: b.Value, Some: b.More}
		if len(b.Cards) > limit {
			b.Cards = b.Cards[:limit]
			if limit < cardsMost {
				column.Next = d.With("more", s.ID+":"+strconv.Itoa(limit+cardsMore))
			}
		}
		d.Count, d.Value, d.Some = d.Count+b.Count, d.Value+b.Value, d.Some || b.More
		all = append(all, b.Cards...)
		ends = append(ends, len(all))
		d.Columns = append(d.Columns, column)
	}
	cards, err := withPeople(ctx, tx, v, all)
	from := 0
	for i, end := range ends {
		d.Columns[i].Cards, from = cards[from:end], end
	}
	return err
}

// withPeople gives opportunities with whom they are about, as far as the visitor
// sees those.
func withPeople(ctx context.Context, tx *db.Tx, v *visit, list []crm.Opportunity) ([]boardCard, error) {
	var ids []string
	for i := range list {
		if !slices.Contains(ids, list[i].ContactID) {
			ids = append(ids, list[i].ContactID)
		}
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	cards := make([]boardCard, len(list))
	for i := range list {
		cards[i] = boardCard{Opportunity: list[i]}
		if c := there[list[i].ContactID]; c != nil && !v.hides(c) && v.May[seeContacts] {
			cards[i].Contact, cards[i].Person = c, true
		}
	}
	return cards, err
}

// dealOf gives an opportunity that the visitor sees. NotFound for one that they
// do not.
func dealOf(ctx context.Context, tx *db.Tx, v *visit, opportunityID string) (*crm.Opportunity, error) {
	o, err := crm.OpportunityByID(ctx, tx, v.at(), opportunityID)
	if err == nil && v.only != "" && o.AssignedTo != v.only {
		err = errs.New(errs.NotFound, "Opportunity not found")
	}
	return o, err
}
