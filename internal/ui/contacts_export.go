package ui

import (
	"bufio"
	"context"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/norm"
)

// exportContacts gives the contacts that were selected as a file for spreadsheets:
// those that were ticked or, if none were, all that the list shows.
func exportContacts(v *visit) error {
	d := &contactsData{frame: v.frame}
	if err := v.read(func(ctx context.Context, tx *db.Tx) error { return d.load(ctx, tx, v, false) }); err != nil {
		return err
	}
	h := v.w.Header()
	begin := func() *bufio.Writer {
		v.p.secure(h, v.r)
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="contacts.csv"`)
		out := bufio.NewWriter(v.w)
		line := []string{"Id", "Name"}
		for _, c := range d.All {
			line = append(line, c.Title)
		}
		writeLine(out, line)
		return out
	}
	if v.form("all") == "" && len(v.r.PostForm["id"]) > 0 {
		ids, err := selected(v)
		if err != nil {
			return err
		}
		var there map[string]*crm.Contact
		if err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
			there, err = crm.ContactsByID(ctx, tx, v.at(), ids)
			return err
		}); err != nil {
			return err
		}
		out := begin()
		for _, contactID := range ids {
			if c := there[contactID]; c != nil {
				writeLine(out, d.line(c))
			}
		}
		_ = out.Flush() // a browser that has gone wants no file
		return nil
	}
	var out *bufio.Writer
	err := eachOf(v, v.form("query"), func(list []crm.Contact) error {
		if out == nil {
			out = begin()
		}
		for i := range list {
			writeLine(out, d.line(&list[i]))
		}
		return out.Flush()
	})
	if out != nil {
		return nil // what could be said was said; a file that ends early has fewer lines
	}
	return err
}

// line is a contact as a line of the file.
func (d *contactsData) line(c *crm.Contact) []string {
	line := []string{c.ID, c.FullName()}
	for _, col := range d.All {
		cell := cellData{d, c, col}
		text := ""
		switch col.Name {
		case "email":
			text = c.Email
		case "phone":
			text = c.Phone
		case "type":
			text = c.Type
		case "stage":
			text = c.Stage
		case "tags":
			text = strings.Join(c.Tags, ", ")
		case "source":
			text = c.Source
		case "owner":
			text = d.UserName(c.AssignedTo)
		case "added":
			text = d.ISO(c.CreatedAt)
		case "activity":
			text = d.ISO(c.LastActivityAt)
		case "company":
			text = c.CompanyName
		case "city":
			text = c.Address.City
		case "door":
			text = cell.Door()
		case "dnd":
			text = valueText(c.DND)
		default:
			text = cell.Custom()
		}
		line = append(line, text)
	}
	return line
}

// writeLine writes a line in quotes, so that no cell is taken for a formula or for
// two.
func writeLine(out *bufio.Writer, cells []string) {
	for i, text := range cells {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.WriteString(`"` + strings.ReplaceAll(norm.Defuse(text), `"`, `""`) + `"`)
	}
	_, _ = out.WriteString("\r\n")
}
