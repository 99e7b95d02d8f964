package crm

import (
	"context"
	"slices"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// RestoreContact brings a contact of another Foyer in as it was: with its ids,
// dates, history and all that belongs to it. A contact whose id is there already
// is left alone (Matched). One whose number is taken by another location of the
// same database gets a new id. Keys that another contact owns are kept behind
// that one. It returns an Invalid error for what no door may store.
func RestoreContact(ctx context.Context, tx *db.Tx, by Actor, w *Whole) (Outcome, error) {
	c := w.Contact
	if err := check(&Save{Input: Input{Contact: c}}); err != nil {
		return "", err
	}
	var version int64
	there, err := tx.Get(ctx, []any{&version}, "SELECT version FROM contacts WHERE location_id = $1 AND id = "+current, by.LocationID, c.ID)
	if err != nil || there {
		return Matched, err
	}
	if err := settle(ctx, tx, by, &c); err != nil {
		return "", err
	}
	if err := Belong(ctx, tx, by.LocationID, c.ID, w); err != nil {
		return "", err
	}
	if err := w.claim(ctx, tx, &c); err != nil {
		return "", err
	}
	for _, e := range w.History {
		e.LocationID = by.LocationID
		if !slices.ContainsFunc(w.FormerIDs, func(f FormerID) bool { return f.ID == e.ContactID }) {
			e.ContactID = c.ID
		}
		if err := happened.Ensure(ctx, tx, &e); err != nil {
			return "", err
		}
	}
	index(tx, nil, &c)
	err = emit(ctx, tx, by, "contact.created", c.ID, "", EventData{Text: "came with an export"})
	return Created, err
}

// settle stores the row of a contact, under its own id if that is free.
func settle(ctx context.Context, tx *db.Tx, by Actor, c *Contact) error {
	c.LocationID = by.LocationID
	c.Email, c.Phone = first(c.Emails, Email.address), first(c.Phones, Phone.String)
	c.Version = max(c.Version, 1)
	if c.CreatedAt.IsZero() {
		c.CreatedAt = tx.Now()
	}
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = c.CreatedAt
	}
	if c.LastActivityAt.IsZero() {
		c.LastActivityAt = c.UpdatedAt
	}
	if id.Valid(c.ID) && id.Number(c.ID) > 0 {
		c.Number = id.Number(c.ID)
		if isNew, err := contacts.InsertIfAbsent(ctx, tx, c); err != nil || isNew {
			return err
		}
	}
	c.ID = tx.NewID()
	c.Number = id.Number(c.ID)
	return contacts.Insert(ctx, tx, c)
}

// claim makes a restored contact the owner of its keys, but for those that it
// stood behind with and those that somebody owns here.
func (w *Whole) claim(ctx context.Context, tx *db.Tx, c *Contact) error {
	keys := w.keys()
	taken, err := owners(ctx, tx, c.LocationID, keys)
	if err != nil {
		return err
	}
	if taken == nil {
		taken = map[string]string{}
	}
	const nobody = "-" // no contact's id: a key to stand behind with
	for _, k := range w.Behind {
		if taken[k] == "" {
			taken[k] = nobody
		}
	}
	_, err = claim(ctx, tx, c, keys, nil, taken)
	return err
}

// Belong gives a contact of a location the notes, tasks, activities, properties,
// requirements, links and former ids of w, with their own ids and dates; what is
// there already stays. A missing id or date is made. The caller has stored the
// contact and claims the keys of the links.
func Belong(ctx context.Context, tx *db.Tx, locationID, contactID string, w *Whole) error {
	fresh := func(text *string) {
		if *text == "" {
			*text = tx.NewID()
		}
	}
	for _, n := range w.Notes {
		n.LocationID, n.ContactID = locationID, contactID
		fresh(&n.ID)
		if n.Kind == "" {
			n.Kind = "note"
		}
		if n.CreatedAt.IsZero() {
			n.CreatedAt = tx.Now()
		}
		if n.UpdatedAt.IsZero() {
			n.UpdatedAt = n.CreatedAt
		}
		if err := notes.Ensure(ctx, tx, &n); err != nil {
			return err
		}
	}
	for _, t := range w.Tasks {
		t.LocationID, t.ContactID = locationID, contactID
		fresh(&t.ID)
		if t.CreatedAt.IsZero() {
			t.CreatedAt = tx.Now()
		}
		if t.UpdatedAt.IsZero() {
			t.UpdatedAt = t.CreatedAt
		}
		if err := tasks.Ensure(ctx, tx, &t); err != nil {
			return err
		}
	}
	for _, a := range w.Activities {
		a.LocationID, a.ContactID = locationID, contactID
		fresh(&a.ID)
		if a.CreatedAt.IsZero() {
			a.CreatedAt = tx.Now()
		}
		if a.OccurredAt.IsZero() {
			a.OccurredAt = a.CreatedAt
		}
		if err := activities.Ensure(ctx, tx, &a); err != nil {
			return err
		}
	}
	for _, p := range w.Properties {
		if err := belongKeyed(ctx, tx, properties, locationID, contactID, p); err != nil {
			return err
		}
	}
	for _, r := range w.Requirements {
		if err := belongKeyed(ctx, tx, requirements, locationID, contactID, Property(r)); err != nil {
			return err
		}
	}
	for _, l := range w.Links {
		l.LocationID, l.ContactID = locationID, contactID
		if l.CreatedAt.IsZero() {
			l.CreatedAt = tx.Now()
		}
		if err := links.Ensure(ctx, tx, &l); err != nil {
			return err
		}
	}
	for _, f := range w.FormerIDs {
		if err := aliases.Ensure(ctx, tx, &alias{LocationID: locationID, ID: f.ID, Number: f.Number, ContactID: contactID, MergeID: f.MergeID}); err != nil {
			return err
		}
	}
	return nil
}

func belongKeyed(ctx context.Context, tx *db.Tx, table *db.Table[Property], locationID, contactID string, p Property) error {
	p.LocationID, p.ContactID, p.Key = locationID, contactID, indexable(p.Key)
	if p.ID == "" {
		p.ID = tx.NewID()
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = tx.Now()
	}
	if p.UpdatedAt.IsZero() {
		p.UpdatedAt = p.CreatedAt
	}
	return table.Ensure(ctx, tx, &p)
}

// RestoreCustomField brings a custom field of another Foyer in and gives the id
// that it has here: its own if that is free, or that of the field which has its
// key already.
func RestoreCustomField(ctx context.Context, tx *db.Tx, by Actor, f CustomField) (string, error) {
	if f.Name == "" {
		return "", errs.InvalidFields(errs.Field{Name: "name", Rule: "required"})
	}
	if f.LocationID = by.LocationID; f.Model == "" {
		f.Model = ContactModel
	}
	if f.Key == "" {
		f.Key = fieldKey(f.Name)
	}
	there, err := customFields.One(ctx, tx, "WHERE location_id = $1 AND key = $2", by.LocationID, f.Key)
	if err != nil {
		return "", err
	}
	if there != nil {
		return there.ID, nil
	}
	if !id.Valid(f.ID) {
		f.ID = tx.NewID()
	}
	if f.CreatedAt.IsZero() {
		f.CreatedAt = tx.Now()
	}
	isNew, err := customFields.InsertIfAbsent(ctx, tx, &f)
	if err == nil && !isNew { // the id is another field's
		f.ID = tx.NewID()
		err = customFields.Insert(ctx, tx, &f)
	}
	if err != nil {
		return "", err
	}
	err = emit(ctx, tx, by, "custom_field.created", "", f.ID, EventData{Text: f.Name, Kind: f.DataType})
	return f.ID, err
}
