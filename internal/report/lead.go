package report

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// lead is as what a contact counts.
type lead struct {
	location, id       string
	day, source, owner string
	answer             string // one of Waits
	won                bool
}

var leads = db.NewTable("tallied_leads", []string{"location_id", "lead_id"}, func(l *lead) []db.Column {
	return []db.Column{{Name: "location_id", At: &l.location}, {Name: "lead_id", At: &l.id}, {Name: "day", At: &l.day}, {Name: "source", At: &l.source},
		{Name: "owner", At: &l.owner}, {Name: "answer", At: &l.answer}, {Name: "won", At: &l.won}}
})

// Wait is how long a lead waited for the first message: not longer than Most.
type Wait struct {
	Name, Title string
	Most        time.Duration // 0 for any longer, and for not yet
}

// NotYet is the wait of who was not written to yet.
const NotYet = "none"

// Waits are the waits that leads are counted by.
func Waits() []Wait {
	const day = 24 * time.Hour
	return []Wait{{"5m", "within 5 minutes", 5 * time.Minute}, {"15m", "within 15 minutes", 15 * time.Minute}, {"1h", "within an hour", time.Hour}, {"4h", "within 4 hours", 4 * time.Hour},
		{"1d", "within a day", day}, {"3d", "within 3 days", 3 * day}, {"1w", "within a week", 7 * day}, {"later", "later", 0}, {NotYet, "not yet", 0}}
}

func waitOf(d time.Duration) string {
	for _, w := range Waits() {
		if w.Most > 0 && d <= w.Most {
			return w.Name
		}
	}
	return "later"
}

// AnswerName names a tally of answers: the wait, and the source.
func AnswerName(wait, source string) string { return wait + "|" + source }

// countLeads counts contacts as what they are now, instead of what they counted as
// before. A contact that is gone counts no more.
func (c *counter) countLeads(ctx context.Context, tx *db.Tx) error {
	if len(c.leads) == 0 {
		return nil
	}
	ids := slices.Sorted(maps.Keys(c.leads))
	there, err := crm.ContactsByID(ctx, tx, c.location, ids)
	if err != nil {
		return err
	}
	first, err := conversation.FirstAnswers(ctx, tx, c.location, ids)
	if err != nil {
		return err
	}
	won, err := winners(ctx, tx, c.location, ids)
	if err != nil {
		return err
	}
	for _, contactID := range ids {
		was, err := leads.One(ctx, tx, "WHERE location_id = $1 AND lead_id = $2", c.location, contactID)
		if err != nil {
			return err
		}
		var is *lead
		if p := there[contactID]; p != nil && p.ID == contactID {
			is = &lead{location: c.location, id: contactID, day: c.day(p.CreatedAt), owner: p.AssignedTo, answer: NotYet, won: won[contactID]}
			const long = 60
			is.source, _ = norm.Cut(strings.Join(strings.Fields(p.Source), " "), long)
			if at, ok := first[contactID]; ok {
				is.answer = waitOf(at.Sub(p.CreatedAt))
			}
		}
		if err := c.change(ctx, tx, was, is); err != nil {
			return err
		}
	}
	return nil
}

// change counts a lead as one thing instead of another; nil is not at all.
func (c *counter) change(ctx context.Context, tx *db.Tx, was, is *lead) error {
	if was != nil && is != nil && *was == *is {
		return nil
	}
	c.lead(was, -1)
	c.lead(is, 1)
	switch {
	case is == nil && was != nil:
		return tx.Do(ctx, "DELETE FROM tallied_leads WHERE location_id = $1 AND lead_id = $2", c.location, was.id)
	case is == nil:
		return nil
	case was == nil:
		return leads.Insert(ctx, tx, is)
	}
	return leads.Update(ctx, tx, is)
}

func (c *counter) lead(l *lead, n int64) {
	if l == nil {
		return
	}
	c.count(Leads, l.owner, l.day, l.source, n)
	c.count(Answers, l.owner, l.day, AnswerName(l.answer, l.source), n)
	if l.won {
		c.count(Won, l.owner, l.day, l.source, n)
	}
}

// winners gives those of some contacts who have a deal that was won.
func winners(ctx context.Context, tx *db.Tx, locationID string, ids []string) (won map[string]bool, err error) {
	won = map[string]bool{}
	args := []any{locationID}
	marks := make([]string, len(ids))
	for i, contactID := range ids {
		args = append(args, contactID)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	var contactID string
	err = tx.Each(ctx, []any{&contactID}, func() error {
		won[contactID] = true
		return nil
	}, "SELECT DISTINCT contact_id FROM opportunities WHERE location_id = $1 AND contact_id IN ("+strings.Join(marks, ", ")+") AND status = 'won'", args...)
	return won, err
}
