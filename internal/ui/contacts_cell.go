package ui

import (
	"context"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// cellPage is a cell of the list by itself.
type cellPage struct {
	cellData
	Editing bool
	Saved   *toast
}

// editCell shows a cell of the list so that it can be changed, and with ?as=text
// as it was.
func editCell(v *visit) error {
	return cell(v, cellPage{Editing: v.r.URL.Query().Get("as") != "text"})
}

// changeCell changes the field of a cell.
func changeCell(v *visit) error {
	var undo string
	in, err := cellInput(v.r.PathValue("field"), v.form("value"))
	if err != nil {
		return err
	}
	err = v.write(func(ctx context.Context, tx *db.Tx) error {
		c, err := v.mine(ctx, tx, v.r.PathValue("contact"))
		if err != nil {
			return err
		}
		saved, err := crm.SaveContact(ctx, tx, v.Actor, crm.Save{ID: c.ID, Input: in})
		if err == nil && len(saved.Changes) > 0 {
			undo, err = crm.LastChange(ctx, tx, v.at(), c.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := cellPage{}
	if undo != "" {
		p.Saved = &toast{Text: said("saved", 0), Undo: "event:" + v.r.PathValue("contact") + ":" + undo}
	}
	return cell(v, p)
}

// cellInput is what a cell says about its contact.
func cellInput(field, value string) (crm.Input, error) {
	var in crm.Input
	at := map[string]*string{"type": &in.Type, "stage": &in.Stage, "company": &in.CompanyName, "owner": &in.AssignedTo}[field]
	name := map[string]string{"type": "type", "stage": "stage", "company": "companyName", "owner": "assignedTo"}[field]
	if at == nil {
		return in, errs.New(errs.NotFound, "There is no such field")
	}
	if value == "" || field == "owner" && value == nobody {
		in.Clear = []string{name}
		return in, nil
	}
	*at = value
	return in, nil
}

func cell(v *visit, p cellPage) error {
	d := &contactsData{frame: v.frame}
	field := v.r.PathValue("field")
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if err = d.load(ctx, tx, v, false); err != nil {
			return err
		}
		p.cellData = cellData{contactsData: d}
		p.C, err = v.mine(ctx, tx, v.r.PathValue("contact"))
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range d.All {
		if c.Name == field && c.Edit {
			p.Col = c
			return v.part("cell-page", p)
		}
	}
	return errs.New(errs.NotFound, "There is no such field")
}
