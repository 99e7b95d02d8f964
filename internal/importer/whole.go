package importer

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// saveWhole stores somebody of our own export: as they were, if nobody matches,
// and with what is new otherwise.
func (r *runner) saveWhole(ctx context.Context, tx *db.Tx, p *person, s crm.Save) (crm.Outcome, error) {
	s.Behind = p.whole.Behind
	look := s
	look.DryRun = true
	found, err := crm.SaveContact(ctx, tx, r.by, look)
	if err != nil {
		return "", err
	}
	if found.Contact.ID == "" {
		return r.restore(ctx, tx, p.whole, s.Input.Contact)
	}
	for _, x := range p.whole.Properties {
		s.Input.Properties = append(s.Input.Properties, crm.Property{Key: x.Key, Data: x.Data})
	}
	for _, x := range p.whole.Requirements {
		s.Input.Requirements = append(s.Input.Requirements, crm.Requirement{Key: x.Key, Data: x.Data})
	}
	s.Input.Links = p.whole.Links
	saved, err := crm.SaveContact(ctx, tx, r.by, s)
	if err != nil {
		return "", err
	}
	added, err := r.addWhole(ctx, tx, p.whole, saved)
	if err == nil && added && saved.Outcome == crm.Matched {
		return crm.Noted, nil
	}
	return saved.Outcome, err
}

// addWhole gives a contact those notes, tasks and activities of w that it has
// not got.
func (r *runner) addWhole(ctx context.Context, tx *db.Tx, w *crm.Whole, saved *crm.Saved) (added bool, err error) {
	locationID, contactID := r.by.LocationID, saved.Contact.ID
	notes, err := crm.Notes(ctx, tx, locationID, contactID)
	if err != nil {
		return false, err
	}
	tasks, err := crm.Tasks(ctx, tx, locationID, contactID)
	if err != nil {
		return false, err
	}
	done, err := crm.Activities(ctx, tx, locationID, contactID)
	if err != nil {
		return false, err
	}
	for _, n := range absent(w.Notes, notes, func(a, b *crm.Note) bool { return a.ID == b.ID || a.Body == b.Body }) {
		n.ContactID, added = contactID, true
		if _, err := crm.AddNote(ctx, tx, r.by, n); err != nil {
			return false, err
		}
	}
	for _, t := range absent(w.Tasks, tasks, func(a, b *crm.Task) bool { return a.ID == b.ID || a.Title == b.Title && a.DueAt.Equal(b.DueAt) }) {
		t.ContactID, added = contactID, true
		if _, err := crm.AddTask(ctx, tx, r.by, t); err != nil {
			return false, err
		}
	}
	for _, a := range absent(w.Activities, done, sameActivity) {
		a.ContactID, added = contactID, true
		if _, err := crm.AddActivity(ctx, tx, r.by, a); err != nil {
			return false, err
		}
	}
	return added, nil
}

func sameActivity(a, b *crm.Activity) bool {
	return a.ID == b.ID || a.Type == b.Type && a.Description == b.Description && a.OccurredAt.Equal(b.OccurredAt)
}

// absent gives those of list that are not there.
func absent[T any](list, there []T, same func(a, b *T) bool) (out []T) {
	for i := range list {
		if !slices.ContainsFunc(there, func(o T) bool { return same(&list[i], &o) }) {
			out = append(out, list[i])
		}
	}
	return out
}

// restore stores somebody of our own export whom nobody matches: as they were,
// or as somebody new where their id is another's by now, as a line is that was
// copied in a spreadsheet.
func (r *runner) restore(ctx context.Context, tx *db.Tx, whole *crm.Whole, c crm.Contact) (crm.Outcome, error) {
	w := *whole
	c.ID, c.Version = w.Contact.ID, w.Contact.Version
	w.Contact = c
	outcome, err := crm.RestoreContact(ctx, tx, r.by, &w)
	if err != nil || outcome != crm.Matched {
		return outcome, err
	}
	w.Contact.ID, w.Contact.Version, w.History, w.FormerIDs = "", 0, nil, nil
	return crm.RestoreContact(ctx, tx, r.by, &w)
}
