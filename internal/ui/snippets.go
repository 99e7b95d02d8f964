package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// snippetsData is what the page of templates shows.
type snippetsData struct {
	*frame
	List   []conversation.Snippet
	Edit   *conversation.Snippet // that is being written, nil for none
	Fields []string              // of a contact, that a text can have
}

// listSnippets shows the texts that are written again and again.
func listSnippets(v *visit) error {
	d := &snippetsData{frame: v.frame, Fields: []string{"contact.firstName|there", "contact.lastName", "contact.city", "user.name", "user.phone", "location.name", "location.phone", "today"}}
	edit := v.r.URL.Query().Get("edit")
	if edit == "new" {
		d.Edit = &conversation.Snippet{}
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.List, err = conversation.Snippets(ctx, tx, v.at()); err != nil {
			return err
		}
		for i := range d.List {
			if d.List[i].ID == edit {
				d.Edit = &d.List[i]
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("snippets", "Templates", d)
}

// changeSnippets saves a template, or deletes it.
func changeSnippets(v *visit) error {
	what, undo := "template-saved", ""
	err := v.write(func(ctx context.Context, tx *db.Tx) error {
		switch v.form("do") {
		case "save":
			_, err := conversation.SaveSnippet(ctx, tx, v.Actor, conversation.Snippet{ID: v.form("id"), Name: v.form("name"), Channel: v.form("channel"), Subject: v.form("subject"), Body: v.form("body")})
			return err
		case "delete":
			what, undo = "template-deleted", "template:"+tx.NewID()
			_, err := conversation.DeleteSnippet(ctx, tx, v.Actor, v.form("id"))
			return err
		}
		return noButton()
	})
	return v.doneIf(err, "/templates", what, undo)
}

// restoreSnippet brings back the template that was deleted right behind an id.
func restoreSnippet(ctx context.Context, tx *db.Tx, v *visit, from string) error {
	if !v.User.Has(talks) {
		return errs.New(errs.Forbidden, "You may not")
	}
	list, err := crm.EventsSince(ctx, tx, v.at(), from, "snippet.deleted", 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || !id.Valid(from) || id.Time(list[0].ID).Sub(id.Time(from)) > time.Minute {
		return errs.New(errs.NotFound, "There is nothing to undo")
	}
	var s conversation.Snippet
	if err := json.Unmarshal(list[0].Data.Was, &s); err != nil {
		return fmt.Errorf("reading a deleted template: %w", err)
	}
	s.ID = ""
	_, err = conversation.SaveSnippet(ctx, tx, v.Actor, s)
	return err
}
