package crm

import (
	"context"
	"slices"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// ImportUndo is how far the undoing of an import is, and what it did.
type ImportUndo struct {
	Before   string `json:"before"`   // the event that was undone last
	Deleted  int64  `json:"deleted"`  // contacts that came with the import
	Restored int64  `json:"restored"` // contacts that are as they were before
	Kept     int64  `json:"kept"`     // what somebody changed since
}

// ImportKept is something of an import that was not undone, because somebody
// changed it since.
type ImportKept struct {
	ContactID string   `json:"contactId"`
	Reason    string   `json:"reason"`
	Changes   []Change `json:"changes,omitempty"` // what the import did and what stays
}

// UndoImportStep undoes the last events of an import that are not undone yet, at
// most limit of them, and reports whether none is left. Contacts that the import
// created are deleted and fields that it changed go back, but for what somebody
// else changed since: that is kept, and an event import.kept says why. Run again
// after an interruption it goes on; undoing twice does nothing.
func UndoImportStep(ctx context.Context, tx *db.Tx, by Actor, importID string, limit int) (i *Import, done bool, err error) {
	if i, err = lockedImport(ctx, tx, by.LocationID, importID); err != nil {
		return nil, false, err
	}
	if i.State == ImportUndone {
		return i, true, nil
	}
	by.Origin, by.CredentialID = "import undo", importID
	u := undoer{tx: tx, by: by, importID: importID, undo: ImportUndo{Before: "~"}} // sorts behind every id
	if i.Settings.Undo != nil {
		u.undo = *i.Settings.Undo
	}
	i.State = ImportUndoing
	if done, err = u.step(ctx, i.CreatedAt, limit); err != nil {
		return nil, false, err
	}
	i.Settings.Undo, i.UpdatedAt = &u.undo, tx.Now()
	if done {
		i.State, i.UndoneAt = ImportUndone, tx.Now()
	}
	return i, done, imports.Update(ctx, tx, i)
}

// WouldUndoImport says what UndoImportStep would do from an event on ("" for the
// last one), for at most limit events, and the event to go on from, "" for none.
func WouldUndoImport(ctx context.Context, tx *db.Tx, locationID, importID, before string, limit int) (would ImportUndo, kept []ImportKept, next string, err error) {
	i, err := ImportByID(ctx, tx, locationID, importID)
	if err != nil || i.State == ImportUndone {
		return would, nil, "", err
	}
	u := undoer{tx: tx, by: Actor{LocationID: locationID}, importID: importID, dry: true, undo: ImportUndo{Before: before}}
	if before == "" {
		u.undo.Before = "~"
		if i.Settings.Undo != nil {
			u.undo.Before = i.Settings.Undo.Before
		}
	}
	done, err := u.step(ctx, i.CreatedAt, limit)
	if !done {
		next = u.undo.Before
	}
	return u.undo, u.kept, next, err
}

// KeptImports gives what the undoing of an import kept, behind an event id ("" for
// the first), and the id to go on from, "" for none.
func KeptImports(ctx context.Context, tx *db.Tx, locationID, importID, after string, limit int) (kept []ImportKept, next string, err error) {
	if after == "" {
		after = importID
	}
	list, err := events.All(ctx, tx, "WHERE location_id = $1 AND id > $2 AND type = 'import.kept' AND object_id = $3 ORDER BY id LIMIT $4", locationID, after, importID, limit)
	for _, e := range list {
		kept = append(kept, ImportKept{e.ContactID, e.Data.Text, e.Data.Changes})
	}
	if len(list) == limit {
		next = list[limit-1].ID
	}
	return kept, next, err
}

// undoer undoes events of one import.
type undoer struct {
	tx       *db.Tx
	by       Actor
	importID string
	dry      bool // only say what would be done
	undo     ImportUndo
	kept     []ImportKept
	came     map[string]bool // by contact: whether it came with the import
}

// step undoes a page of events, the last one first.
func (u *undoer) step(ctx context.Context, begun time.Time, limit int) (done bool, err error) {
	const skew = time.Minute // the clock may have been set back
	page, err := events.All(ctx, u.tx, "WHERE location_id = $1 AND id < $2 AND id > $3 AND origin = 'import' AND credential_id = $4 ORDER BY id DESC LIMIT $5",
		u.by.LocationID, u.undo.Before, id.At(begun.Add(-skew)), u.importID, limit)
	if err != nil {
		return false, err
	}
	if err := u.look(ctx, page); err != nil {
		return false, err
	}
	for k := range page {
		if err := u.event(ctx, &page[k]); err != nil {
			return false, err
		}
		u.undo.Before = page[k].ID
	}
	return len(page) < limit, nil
}

// look finds out which of the contacts came with the import.
func (u *undoer) look(ctx context.Context, page []Event) error {
	u.came = map[string]bool{}
	var ids []string
	for _, e := range page {
		switch _, known := u.came[e.ContactID]; {
		case e.Type == "contact.created":
			u.came[e.ContactID] = true
		case !known && e.ContactID != "":
			u.came[e.ContactID] = false
			ids = append(ids, e.ContactID)
		}
	}
	const query = "WHERE location_id = $1 AND credential_id = $2 AND origin = 'import' AND type = 'contact.created' AND id IN (" + ofContacts + "IN ("
	_, err := eachSome(ids, func(some []string, marks string) (int64, error) {
		list, err := events.All(ctx, u.tx, query+marks+"))", append([]any{u.by.LocationID, u.importID}, anys(some)...)...)
		for _, e := range list {
			u.came[e.ContactID] = true
		}
		return 0, err
	}, 3)
	return err
}

// event undoes one event.
func (u *undoer) event(ctx context.Context, e *Event) error {
	if e.Type == "contact.created" {
		return u.contact(ctx, e)
	}
	if e.ContactID == "" {
		return u.customField(ctx, e)
	}
	if u.came[e.ContactID] {
		return nil // it goes as a whole, or stays as a whole
	}
	switch e.Type {
	case "contact.updated":
		return u.fields(ctx, e)
	case "duplicate.found":
		return u.do(func() error {
			return u.tx.Do(ctx, "DELETE FROM duplicate_pairs WHERE location_id = $1 AND contact_id = $2 AND other_contact_id = $3 AND state = 'open'", u.by.LocationID, e.ContactID, e.Data.Other)
		})
	case "note.created":
		return u.note(ctx, e)
	case "task.created":
		return u.task(ctx, e)
	case "activity.created":
		return u.activity(ctx, e)
	case "property.created", "property.updated":
		return u.keyed(ctx, e, properties, "property")
	case "requirement.created", "requirement.updated":
		return u.keyed(ctx, e, requirements, "requirement")
	}
	return nil
}

// contact deletes a contact that came with the import, unless somebody else did
// something with it since.
func (u *undoer) contact(ctx context.Context, e *Event) error {
	c, err := contacts.One(ctx, u.tx, "WHERE location_id = $1 AND id = $2", u.by.LocationID, e.ContactID)
	if err != nil || c == nil {
		return u.gone(ctx, e, err)
	}
	const since = "WHERE location_id = $1 AND id IN (" + ofContacts + "= $2 AND e.id > $3) AND credential_id <> $4 AND type <> 'duplicate.found' ORDER BY id LIMIT 1"
	other, err := events.One(ctx, u.tx, since, u.by.LocationID, e.ContactID, e.ID, u.importID)
	if err != nil {
		return err
	}
	if other != nil {
		return u.keep(ctx, e.ContactID, "it came with the import, and since then there was "+other.Type+" by "+other.Origin, nil)
	}
	u.undo.Deleted++
	return u.do(func() error { return DeleteContact(ctx, u.tx, u.by, e.ContactID) })
}

// gone lists a contact that was merged into another since; there is nothing to
// undo in one that was deleted.
func (u *undoer) gone(ctx context.Context, e *Event, err error) error {
	if err != nil {
		return err
	}
	now, err := meant(ctx, u.tx, u.by.LocationID, e.ContactID)
	if err != nil || now == e.ContactID {
		return err
	}
	return u.keep(ctx, now, "a contact of the import was merged into this one since", e.Data.Changes)
}

// fields gives a contact back the values that the import replaced.
func (u *undoer) fields(ctx context.Context, e *Event) error {
	c, err := contacts.One(ctx, u.tx, "WHERE location_id = $1 AND id = $2"+u.lock(), u.by.LocationID, e.ContactID)
	if err != nil || c == nil {
		return u.gone(ctx, e, err)
	}
	newer, err := u.newer(ctx, e, "contact.updated")
	if err != nil {
		return err
	}
	for i := range newer {
		c, _, _ = takeBack(c, newer[i].Data.Changes)
	}
	next, back, kept := takeBack(c, e.Data.Changes)
	if len(back) > 0 {
		u.undo.Restored++
		if err := u.do(func() error { return put(ctx, u.tx, u.by, c, next, back) }); err != nil {
			return err
		}
	}
	if len(kept) > 0 {
		return u.keep(ctx, e.ContactID, "somebody changed these fields since", kept)
	}
	return nil
}

func (u *undoer) note(ctx context.Context, e *Event) error {
	n, err := NoteByID(ctx, u.tx, u.by.LocationID, e.ContactID, e.ObjectID)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	case n.UpdatedAt.After(n.CreatedAt):
		return u.keep(ctx, e.ContactID, "a note of the import was changed since", nil)
	}
	return u.do(func() error { return DeleteNote(ctx, u.tx, u.by, e.ContactID, e.ObjectID) })
}

func (u *undoer) task(ctx context.Context, e *Event) error {
	t, err := TaskByID(ctx, u.tx, u.by.LocationID, e.ContactID, e.ObjectID)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	case t.UpdatedAt.After(t.CreatedAt):
		return u.keep(ctx, e.ContactID, "a task of the import was changed since", nil)
	}
	return u.do(func() error { return DeleteTask(ctx, u.tx, u.by, e.ContactID, e.ObjectID) })
}

func (u *undoer) activity(ctx context.Context, e *Event) error {
	return u.do(func() error {
		n, err := u.tx.Exec(ctx, "DELETE FROM activities WHERE location_id = $1 AND contact_id = $2 AND id = $3", u.by.LocationID, e.ContactID, e.ObjectID)
		if err != nil || n == 0 {
			return err
		}
		return emit(ctx, u.tx, u.by, "activity.deleted", e.ContactID, e.ObjectID, EventData{Kind: e.Data.Kind, Text: e.Data.Text})
	})
}

// customField removes a field that the import made, unless a contact uses it.
func (u *undoer) customField(ctx context.Context, e *Event) error {
	if e.Type != "custom_field.created" {
		return nil
	}
	var number int64
	used, err := u.tx.Get(ctx, []any{&number}, "SELECT number FROM contacts WHERE location_id = $1 AND /*sqlite custom_fields*/ /*postgres custom_fields::text*/ LIKE $2 LIMIT 1", u.by.LocationID, `%"`+e.ObjectID+`"%`)
	if err != nil || used {
		return err
	}
	return u.do(func() error {
		if err := u.tx.Do(ctx, "DELETE FROM custom_fields WHERE location_id = $1 AND id = $2", u.by.LocationID, e.ObjectID); err != nil {
			return err
		}
		return emit(ctx, u.tx, u.by, "custom_field.deleted", "", e.ObjectID, EventData{Text: e.Data.Text, Kind: e.Data.Kind})
	})
}

// keep lists what is not undone.
func (u *undoer) keep(ctx context.Context, contactID, reason string, changes []Change) error {
	u.undo.Kept++
	u.kept = append(u.kept, ImportKept{contactID, reason, slices.Clone(changes)})
	return u.do(func() error {
		return emit(ctx, u.tx, u.by, "import.kept", contactID, u.importID, EventData{Text: reason, Changes: changes})
	})
}

// newer gives the events of a type that the import caused behind an event about
// the same thing, the last one first. They are undone by now, except where that
// is only to be said: then whoever undoes the event has to think them undone.
func (u *undoer) newer(ctx context.Context, e *Event, typ string) ([]Event, error) {
	if !u.dry {
		return nil, nil
	}
	const query = "WHERE location_id = $1 AND id IN (" + ofContacts + "= $2 AND e.id > $3) AND origin = 'import' AND credential_id = $4 AND type = $5 AND object_id = $6 ORDER BY id DESC"
	return events.All(ctx, u.tx, query, u.by.LocationID, e.ContactID, e.ID, u.importID, typ, e.ObjectID)
}

// lock is what locks the rows that are read and to be changed.
func (u *undoer) lock() string {
	if u.dry {
		return ""
	}
	return " /*postgres FOR UPDATE*/"
}

// do does something unless all this is only to be said.
func (u *undoer) do(f func() error) error {
	if u.dry {
		return nil
	}
	return f()
}
