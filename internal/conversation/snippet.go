package conversation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// Snippet is a text that is written again and again, with merge fields.
type Snippet struct {
	LocationID string    `json:"locationId"`
	ID         string    `json:"id"`
	Name       string    `json:"name"`              // unique in the location
	Channel    string    `json:"channel,omitempty"` // OnEmail, OnSMS, or "" for both
	Subject    string    `json:"subject,omitempty"` // of an e-mail
	Body       string    `json:"body"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt,omitzero"`
}

var snippets = db.NewTable("snippets", []string{"location_id", "id"}, func(s *Snippet) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &s.LocationID}, {Name: "id", At: &s.ID}, {Name: "name", At: &s.Name}, {Name: "channel", At: &s.Channel},
		{Name: "subject", At: &s.Subject}, {Name: "body", At: &s.Body},
		{Name: "created_at", At: db.Millis(&s.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&s.UpdatedAt)},
	}
})

// mostSnippets is how many a location can have.
const mostSnippets = 500

// SaveSnippet makes a snippet, or changes the one that has the id. Invalid for one
// that cannot be, Conflict for a name that is taken, NotFound for an id that is
// not there.
func SaveSnippet(ctx context.Context, tx *db.Tx, by crm.Actor, s Snippet) (*Snippet, error) {
	s.Name = strings.Join(strings.Fields(s.Name), " ")
	if err := s.check(); err != nil {
		return nil, err
	}
	same, err := snippets.One(ctx, tx, "WHERE location_id = $1 AND name = $2", by.LocationID, s.Name)
	if err != nil {
		return nil, err
	}
	if same != nil && same.ID != s.ID {
		return nil, errs.New(errs.Conflict, "Another template is called “%s”", s.Name)
	}
	s.LocationID, s.UpdatedAt = by.LocationID, tx.Now()
	if s.ID != "" {
		old, err := SnippetByID(ctx, tx, by.LocationID, s.ID)
		if err != nil {
			return nil, err
		}
		s.CreatedAt = old.CreatedAt
		if err := snippets.Update(ctx, tx, &s); err != nil {
			return nil, err
		}
		return &s, crm.Emit(ctx, tx, by, "snippet.updated", "", s.ID, crm.EventData{Text: crm.Excerpt(s.Name)})
	}
	all, err := Snippets(ctx, tx, by.LocationID)
	if err != nil {
		return nil, err
	}
	if len(all) >= mostSnippets {
		return nil, errs.New(errs.Conflict, "A location can have %d templates", mostSnippets)
	}
	s.ID, s.CreatedAt = tx.NewID(), tx.Now()
	if err := snippets.Insert(ctx, tx, &s); err != nil {
		return nil, err
	}
	return &s, crm.Emit(ctx, tx, by, "snippet.created", "", s.ID, crm.EventData{Text: crm.Excerpt(s.Name)})
}

// check refuses a snippet that cannot be.
func (s *Snippet) check() error {
	const longName, longBody = 100, 20_000
	var broken []errs.Field
	if s.Name == "" || len(s.Name) > longName {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if strings.TrimSpace(s.Body) == "" || len(s.Body) > longBody {
		broken = append(broken, errs.Field{Name: "body", Rule: "required"})
	}
	if !slices.Contains([]string{"", OnEmail, OnSMS}, s.Channel) {
		broken = append(broken, errs.Field{Name: "channel", Rule: "choice"})
	}
	if err := errs.InvalidFields(broken...); err != nil {
		return err
	}
	for _, text := range []string{s.Subject, s.Body} {
		if _, err := mergefield.Parse(text); err != nil {
			return errs.New(errs.Invalid, "%v", err)
		}
	}
	return nil
}

// DeleteSnippet removes a snippet. NotFound if it is not there.
func DeleteSnippet(ctx context.Context, tx *db.Tx, by crm.Actor, snippetID string) (*Snippet, error) {
	s, err := SnippetByID(ctx, tx, by.LocationID, snippetID)
	if err != nil {
		return nil, err
	}
	if err := tx.Do(ctx, "DELETE FROM snippets WHERE location_id = $1 AND id = $2", by.LocationID, s.ID); err != nil {
		return nil, err
	}
	return s, crm.Emit(ctx, tx, by, "snippet.deleted", "", s.ID, crm.EventData{Text: crm.Excerpt(s.Name), Was: crm.Was(s)})
}

// SnippetByID gives a snippet. NotFound if it is not there.
func SnippetByID(ctx context.Context, tx *db.Tx, locationID, snippetID string) (*Snippet, error) {
	s, err := snippets.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, snippetID)
	if err == nil && s == nil {
		err = errs.New(errs.NotFound, "Template not found")
	}
	return s, err
}

// Snippets gives the snippets of a location by their names.
func Snippets(ctx context.Context, tx *db.Tx, locationID string) ([]Snippet, error) {
	return snippets.All(ctx, tx, "WHERE location_id = $1 ORDER BY name LIMIT $2", locationID, mostSnippets)
}
