package crm

import (
	"context"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Import is the import of one file: how far it is, and what it did. What it did
// to each contact is in the events whose CredentialID it is.
type Import struct {
	LocationID string
	ID         string
	File       string // its name
	Digest     string // of its content
	Format     string
	Settings   ImportSettings
	State      string
	Position   int64 // rows that were taken, refused or passed over
	Created    int64
	Updated    int64
	Matched    int64
	Refused    int64
	UserID     string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt time.Time
	UndoneAt   time.Time
}

// ImportSettings are what the rows of a file were taken to mean, so that an
// import that was interrupted goes on as it began.
type ImportSettings struct {
	Digest   string           `json:"digest"`             // of all that the caller said
	Said     map[string]any   `json:"said,omitempty"`     // the same, to be read by people
	Header   []string         `json:"header,omitempty"`   // of the file
	Columns  any              `json:"columns,omitempty"`  // and what they mean
	Warnings map[string]int64 `json:"warnings,omitempty"` // what was not quite right, and how often
	Undo     *ImportUndo      `json:"undo,omitempty"`     // how far its undoing is
}

// The states of an import.
const (
	ImportRunning = "running"
	ImportDone    = "done"
	ImportUndoing = "undoing"
	ImportUndone  = "undone"
)

// ImportRow is a row of a file that was not taken.
type ImportRow struct {
	LocationID string
	ImportID   string
	Line       int64
	Result     string // refused
	ContactID  string // who is in its way, if somebody is
	Reason     string
	Cells      []string // as they were
}

var imports = db.NewTable("imports", []string{"location_id", "id"}, func(i *Import) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &i.LocationID}, {Name: "id", At: &i.ID}, {Name: "file", At: &i.File, Fixed: true}, {Name: "digest", At: &i.Digest, Fixed: true}, {Name: "format", At: &i.Format, Fixed: true},
		{Name: "settings", At: db.JSON(&i.Settings, "{}")}, {Name: "state", At: &i.State}, {Name: "position", At: &i.Position}, {Name: "created", At: &i.Created},
		{Name: "updated", At: &i.Updated}, {Name: "matched", At: &i.Matched}, {Name: "refused", At: &i.Refused}, {Name: "user_id", At: &i.UserID, Fixed: true},
		{Name: "created_at", At: db.Millis(&i.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&i.UpdatedAt)},
		{Name: "finished_at", At: db.Millis(&i.FinishedAt)}, {Name: "undone_at", At: db.Millis(&i.UndoneAt)},
	}
})

var importRows = db.NewTable("import_rows", []string{"location_id", "import_id", "line"}, func(r *ImportRow) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &r.LocationID}, {Name: "import_id", At: &r.ImportID}, {Name: "line", At: &r.Line}, {Name: "result", At: &r.Result},
		{Name: "contact_id", At: &r.ContactID}, {Name: "reason", At: &r.Reason}, {Name: "data", At: db.JSON(&r.Cells, "[]")},
	}
})

// BeginImport begins the import of a file, or gives the one of the same file
// that was interrupted. It is a Conflict with code "imported" if the file was
// imported already, unless again is said, and one with code "settings" if an
// interrupted import of it was begun with other settings.
func BeginImport(ctx context.Context, tx *db.Tx, by Actor, i Import, again bool) (*Import, error) {
	earlier, err := imports.All(ctx, tx, "WHERE location_id = $1 AND digest = $2 ORDER BY id DESC /*postgres FOR UPDATE*/", by.LocationID, i.Digest)
	if err != nil {
		return nil, err
	}
	for k := range earlier {
		switch e := &earlier[k]; e.State {
		case ImportRunning:
			if e.Settings.Digest != i.Settings.Digest {
				return nil, &errs.Error{Kind: errs.Conflict, Code: "settings", Meta: map[string]string{"importId": e.ID},
					Text: "The import " + e.ID + " of this file was interrupted and was begun with other settings: run it again as it was begun, or undo it."}
			}
			return e, nil
		case ImportUndoing:
			return nil, &errs.Error{Kind: errs.Conflict, Code: "undoing", Meta: map[string]string{"importId": e.ID}, Text: "The import " + e.ID + " of this file is being undone: finish that first."}
		case ImportDone:
			if !again {
				return nil, &errs.Error{Kind: errs.Conflict, Code: "imported", Meta: map[string]string{"importId": e.ID},
					Text: "This file was imported on " + e.FinishedAt.Format(time.DateTime) + " UTC as " + e.ID + ": say --again to import it once more."}
			}
		}
	}
	i.LocationID, i.ID, i.State, i.UserID, i.CreatedAt, i.UpdatedAt = by.LocationID, tx.NewID(), ImportRunning, by.UserID, tx.Now(), tx.Now()
	return &i, imports.Insert(ctx, tx, &i)
}

// ImportStep is what one transaction of an import did.
type ImportStep struct {
	From     int64 // the position that it began at
	Rows     int64
	Created  int64
	Updated  int64
	Matched  int64
	Refused  []ImportRow
	Warnings map[string]int64
	Last     bool // nothing comes behind it
}

// TakeImportStep records a step in the transaction that does it, and gives the
// import as it is then. It is a Conflict if another process took that step
// already: then nothing of this one is stored.
func TakeImportStep(ctx context.Context, tx *db.Tx, by Actor, importID string, s *ImportStep) (*Import, error) {
	i, err := lockedImport(ctx, tx, by.LocationID, importID)
	if err != nil {
		return nil, err
	}
	if i.State != ImportRunning || i.Position != s.From {
		return nil, errs.New(errs.Conflict, "Another process goes on with the import %s.", importID)
	}
	i.Position += s.Rows
	i.Created += s.Created
	i.Updated += s.Updated
	i.Matched += s.Matched
	i.Refused += int64(len(s.Refused))
	for what, n := range s.Warnings {
		if i.Settings.Warnings == nil {
			i.Settings.Warnings = map[string]int64{}
		}
		i.Settings.Warnings[what] += n
	}
	i.UpdatedAt = tx.Now()
	if s.Last {
		i.State, i.FinishedAt = ImportDone, tx.Now()
	}
	for k := range s.Refused {
		r := &s.Refused[k]
		r.LocationID, r.ImportID, r.Result = by.LocationID, importID, "refused"
		if err := importRows.Insert(ctx, tx, r); err != nil {
			return nil, err
		}
	}
	if err := imports.Update(ctx, tx, i); err != nil || !s.Last {
		return i, err
	}
	text := fmt.Sprintf("%s: %d new, %d changed, %d refused", i.File, i.Created, i.Updated, i.Refused)
	return i, Notify(ctx, tx, by, Notice{Kind: "import_finished", UserIDs: []string{i.UserID}, ObjectID: i.ID, Text: text, Key: i.ID})
}

// ImportByID gives an import. NotFound if it is not there.
func ImportByID(ctx context.Context, tx *db.Tx, locationID, importID string) (*Import, error) {
	return oneImport(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, importID)
}

// lockedImport gives an import that nobody else changes until the transaction ends.
func lockedImport(ctx context.Context, tx *db.Tx, locationID, importID string) (*Import, error) {
	return oneImport(ctx, tx, "WHERE location_id = $1 AND id = $2 /*postgres FOR UPDATE*/", locationID, importID)
}

func oneImport(ctx context.Context, tx *db.Tx, tail, locationID, importID string) (*Import, error) {
	i, err := imports.One(ctx, tx, tail, locationID, importID)
	if err == nil && i == nil {
		err = errs.New(errs.NotFound, "there is no import %s in this location", importID)
	}
	return i, err
}

// Imports gives the imports of a location, the newest first.
func Imports(ctx context.Context, tx *db.Tx, locationID string, limit int) ([]Import, error) {
	return imports.All(ctx, tx, "WHERE location_id = $1 ORDER BY id DESC LIMIT $2", locationID, limit)
}

// ImportRows gives rows of an import that were not taken, behind a line, in the
// order of the file.
func ImportRows(ctx context.Context, tx *db.Tx, locationID, importID string, after int64, limit int) ([]ImportRow, error) {
	return importRows.All(ctx, tx, "WHERE location_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4", locationID, importID, after, limit)
}
