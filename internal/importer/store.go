package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
)

// store stores a batch. One that the database does not take is taken row by row,
// and the row that is to blame refused.
func (r *runner) store(ctx context.Context, b batch) error {
	if err := r.makeFields(ctx, b); err != nil {
		return err
	}
	err := r.write(ctx, b, nil)
	if err == nil || ctx.Err() != nil || errs.KindOf(err) != errs.Internal {
		return err
	}
	for i, p := range b.people {
		one := batch{from: b.from + int64(i), people: []*person{p}, last: b.last && i == len(b.people)-1}
		if err := r.write(ctx, one, nil); err != nil {
			if ctx.Err() != nil || errs.KindOf(err) != errs.Internal {
				return err
			}
			if err := r.write(ctx, one, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFields makes the custom fields that a batch needs and that are not there.
func (r *runner) makeFields(ctx context.Context, b batch) error {
	var missing []string
	for _, p := range b.people {
		for _, c := range p.custom {
			if r.fields[c.name] == "" && !slices.Contains(missing, c.name) && !p.blank && p.refused == "" {
				missing = append(missing, c.name)
			}
		}
		if p.owner != "" && r.users[norm.Fold(p.owner)] == "" && r.fields[assigned] == "" && !slices.Contains(missing, assigned) {
			missing = append(missing, assigned)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	made := map[string]string{}
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		clear(made)
		for _, name := range missing {
			f, err := crm.CustomFieldNamed(ctx, tx, r.by, name, "TEXT")
			if err != nil {
				return err
			}
			made[name] = f.ID
		}
		return nil
	})
	maps.Copy(r.fields, made)
	return err
}

// assigned is the custom field of who works with a person, where they are no
// user of the location.
const assigned = "Assigned to"

// write stores a batch with the import's progress in one transaction; with a
// failure, its only row is refused because of it.
func (r *runner) write(ctx context.Context, b batch, failure error) error {
	var next *crm.Import
	var refused []crm.ImportRow
	err := r.db.Write(ctx, r.by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		s := crm.ImportStep{From: b.from, Rows: int64(len(b.people)), Last: b.last, Warnings: map[string]int64{}}
		refuse := func(p *person, why, contactID string) {
			s.Refused = append(s.Refused, crm.ImportRow{Line: int64(p.line), Reason: why, ContactID: contactID, Cells: p.cells})
		}
		took := func(p *person, outcome crm.Outcome, err error) error {
			if why, who, ok := refusal(err); ok {
				refuse(p, why, who)
				return nil
			}
			if err != nil {
				return err
			}
			switch outcome {
			case crm.Created:
				s.Created++
			case crm.Updated, crm.Noted:
				s.Updated++
			default:
				s.Matched++
			}
			for _, w := range p.warnings {
				s.Warnings[w]++
			}
			return nil
		}
		var fit []*person
		for _, p := range b.people {
			switch {
			case p.blank:
			case p.refused != "":
				refuse(p, p.refused, "")
			case failure != nil:
				refuse(p, "it could not be stored: "+failure.Error(), "")
			default:
				fit = append(fit, p)
			}
		}
		if err := r.save(ctx, tx, fit, took); err != nil {
			return err
		}
		var err error
		next, err = crm.TakeImportStep(ctx, tx, r.by, r.in.ID, &s)
		refused = s.Refused
		return err
	})
	if err == nil {
		r.in = next
		if r.o.refused != nil {
			r.o.refused(refused)
		}
	}
	return err
}

// refusal says why a row is not taken, if err is about the row.
func refusal(err error) (why, contactID string, ok bool) {
	if err == nil {
		return "", "", false
	}
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid:
		why = e.Text
		for _, f := range e.Fields {
			why += fmt.Sprintf("; %s: %s", f.Name, f.Rule)
		}
		return strings.TrimPrefix(why, "; "), "", true
	case errs.Conflict:
		if e.Code == "duplicate" {
			return fmt.Sprintf("%s is there already, by the same %s", e.Meta["contactName"], e.Meta["matchingField"]), e.Meta["contactId"], true
		}
	}
	return "", "", false
}

// save stores people and says of each what became of them.
func (r *runner) save(ctx context.Context, tx *db.Tx, people []*person, took func(*person, crm.Outcome, error) error) error {
	saves := make([]crm.Save, len(people))
	for i, p := range people {
		saves[i] = r.saving(p)
	}
	if len(people) > 0 && people[0].whole != nil { // all of them come from our own export
		for i, p := range people {
			outcome, err := r.saveWhole(ctx, tx, p, saves[i])
			if err := took(p, outcome, err); err != nil {
				return err
			}
		}
		return nil
	}
	return crm.SaveTogether(ctx, tx, r.by, saves, func(i int, saved *crm.Saved, err error) error {
		var outcome crm.Outcome
		if err == nil {
			outcome, err = r.addNotes(ctx, tx, saved, people[i].notes)
		}
		return took(people[i], outcome, err)
	})
}

// saving makes a person a command.
func (r *runner) saving(p *person) crm.Save {
	s := crm.Save{Input: p.in, Match: r.o.Match, OnMatch: r.o.OnMatch}
	if r.o.OnMatch == crm.Overwrite {
		s.Input.Blend = crm.BlendFront
	}
	s.Input.Tags = append(slices.Clip(s.Input.Tags), r.o.Tags...)
	if s.Input.Source == "" {
		s.Input.Source = r.o.Source
	}
	s.Input.CustomFields = make(map[string]any, len(p.custom))
	for _, c := range p.custom {
		s.Input.CustomFields[r.fields[c.name]] = c.value
	}
	if p.owner != "" {
		if user := r.users[norm.Fold(p.owner)]; user != "" {
			s.Input.AssignedTo = user
		} else {
			s.Input.CustomFields[r.fields[assigned]] = p.owner
		}
	}
	return s
}

// addNotes keeps the notes of a row; of somebody who was known, those that are
// not there yet.
func (r *runner) addNotes(ctx context.Context, tx *db.Tx, saved *crm.Saved, notes []string) (crm.Outcome, error) {
	outcome := saved.Outcome
	var there []crm.Note
	if outcome != crm.Created && len(notes) > 0 {
		var err error
		if there, err = crm.Notes(ctx, tx, r.by.LocationID, saved.Contact.ID); err != nil {
			return "", err
		}
	}
	for _, body := range notes {
		if slices.ContainsFunc(there, func(n crm.Note) bool { return n.Body == body }) {
			continue
		}
		if _, err := crm.AddNote(ctx, tx, r.by, crm.Note{ContactID: saved.Contact.ID, Body: body}); err != nil {
			return "", err
		}
		if outcome == crm.Matched {
			outcome = crm.Noted
		}
	}
	return outcome, nil
}
