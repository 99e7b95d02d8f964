package ui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// A form that is about a contact has a field for who it is. With script it offers
// those that fit what was typed; without, an e-mail address, a phone number or a
// name that only one has does.

// pickData are the contacts that fit what somebody types.
type pickData struct{ Rows []crm.Contact }

// pickContacts gives the choices of a field for a contact.
func pickContacts(v *visit) error {
	d := &pickData{}
	text := readContactFilter(url.Values{"q": v.r.URL.Query()["contact"]}).Text // the name of the field in forms
	if text == "" {
		return v.partOf("pipelines", "pick-choices", d)
	}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		d.Rows, err = pickFor(ctx, tx, v, text)
		return err
	})
	if err != nil {
		return err
	}
	return v.partOf("pipelines", "pick-choices", d)
}

// pickFor gives the contacts that fit a text, of those that the visitor sees.
func pickFor(ctx context.Context, tx *db.Tx, v *visit, text string) ([]crm.Contact, error) {
	const most = 8
	q := words(text)
	if err := v.restrict(&q); err != nil {
		return nil, err
	}
	list, _, err := crm.ContactsPage(ctx, tx, v.at(), q, crm.Page{Limit: most, Look: foundLooked})
	return list, err
}

// picked gives the contact that a field of a form names.
func picked(ctx context.Context, tx *db.Tx, v *visit, text string) (*crm.Contact, error) {
	if i := strings.LastIndex(text, "#"); i >= 0 && id.Valid(text[i+1:]) { // a choice that was offered
		return v.mine(ctx, tx, text[i+1:])
	}
	if id.Valid(text) {
		return v.mine(ctx, tx, text)
	}
	if text == "" {
		return nil, errs.New(errs.Invalid, "Say who it is about")
	}
	list, err := pickFor(ctx, tx, v, text)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, errs.New(errs.Invalid, "No contact fits “%s”: go back and write their name, e-mail address or phone number", crm.Excerpt(text))
	case len(list) > 1:
		return nil, errs.New(errs.Invalid, "More than one contact fits “%s”: go back and write the e-mail address or phone number", crm.Excerpt(text))
	}
	return &list[0], nil
}

// partOf shows a named part of a page.
func (v *visit) partOf(page, name string, data any) error {
	var b strings.Builder
	if err := v.p.templates[page].ExecuteTemplate(&b, name, data); err != nil {
		return errs.Wrap(err, errs.Internal, "showing a part of a page")
	}
	v.p.secure(v.w.Header(), v.r)
	v.w.Header().Set("Cache-Control", "no-store")
	send(v.w, v.r, http.StatusOK, []byte(b.String()))
	return nil
}
