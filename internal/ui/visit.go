package ui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// visit is somebody at a page of a location.
type visit struct {
	*auth.Caller
	*frame
	p    *Pages
	w    http.ResponseWriter
	r    *http.Request
	only string // the user whose contacts are the only ones that they see, "" for all
}

// enterScreen lets people into a page: who is signed in, works in the location and
// has the permission that the page needs. It is the one place where that is
// decided; what they see there is narrowed by visit.only.
func (p *Pages) enterScreen(s screen) http.HandlerFunc {
	enter := func(w http.ResponseWriter, r *http.Request) {
		v := &visit{p: p, w: w, r: r}
		c, err := r.Cookie(p.Base.CookieName(r))
		if err != nil {
			p.askToSignIn(w, r)
			return
		}
		v.Caller, err = p.Desk.SessionCaller(r.Context(), c.Value, r.PathValue("location"))
		switch {
		case errs.Is(err, errs.Unauthorized):
			p.askToSignIn(w, r)
			return
		case errs.Is(err, errs.Forbidden):
			p.notice(w, r, http.StatusNotFound, "Not found", "There is no such location, or you do not work there.")
			return
		case err == nil:
			v.frame, err = p.frameOf(r, v.User, v.Location())
		}
		if err != nil {
			p.fail(w, r, err)
			return
		}
		if v.User.Has(crm.AssignedOnly) {
			v.only = v.User.ID
		}
		if last, err := r.Cookie(placeCookie); err != nil || last.Value != v.Location().ID {
			const month = 30 * 24 * 3600
			http.SetCookie(w, p.setting(r, placeCookie, v.Location().ID, month))
		}
		if err := s.refuses(v); err != nil {
			v.fail(err)
			return
		}
		if err := s.do(v); err != nil {
			v.fail(err)
		}
	}
	if s.method == http.MethodPost {
		return p.own(enter)
	}
	return enter
}

// Location is where they are.
func (v *visit) Location() *crm.Location { return v.Caller.Location }

func (v *visit) at() string { return v.Location().ID }

// form gives a field of the form, without the blanks around it.
func (v *visit) form(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }

// read reads in the location.
func (v *visit) read(f func(ctx context.Context, tx *db.Tx) error) error {
	return v.p.DB.Read(v.r.Context(), v.at(), f)
}

// write changes something in the location.
func (v *visit) write(f func(ctx context.Context, tx *db.Tx) error) error {
	return v.p.DB.Write(v.r.Context(), v.at(), f)
}

// show shows a page.
func (v *visit) show(name, title string, data any) error {
	return v.showAs(http.StatusOK, name, title, data)
}

func (v *visit) showAs(status int, name, title string, data any) error {
	if v.refill != nil {
		status = v.refill.status()
	}
	v.p.write(v.w, v.r, status, name, page{frame: v.frame, Title: title, User: v.User, Theme: theme(v.r), Data: data})
	return nil
}

// button is what pressing one does, in the transaction of the form: what is said of
// it afterwards, and what takes it back.
type button func(ctx context.Context, tx *db.Tx, v *visit) (what, undo string, err error)

// presses does what the pressed one of several buttons does, and goes on.
func (v *visit) presses(buttons map[string]button) error {
	press := buttons[v.form("do")]
	if press == nil {
		return noButton()
	}
	var what, undo string
	err := v.write(func(ctx context.Context, tx *db.Tx) (err error) {
		what, undo, err = press(ctx, tx, v)
		return err
	})
	return v.doneIf(err, "", what, undo)
}

func noButton() error { return errs.New(errs.Invalid, "There is no such button") }

// doneIf is done, or gives the error.
func (v *visit) doneIf(err error, to, what, undo string) error {
	if err != nil {
		return err
	}
	return v.done(to, what, 0, undo)
}

// done goes on after something was done: back to where the form came from, or to
// a page of the location, with a word about it. undo takes it back.
func (v *visit) done(to, what string, n int, undo string) error {
	if to == "" {
		to = local(v.r.PostForm.Get("back"))
	} else {
		to = v.Base + to
	}
	u, err := url.Parse(to)
	if err != nil {
		u = &url.URL{Path: v.Base + "/today"}
	}
	q := u.Query()
	for _, name := range toastParams {
		q.Del(name)
	}
	if what != "" {
		q.Set("said", what)
	}
	if n != 0 {
		q.Set("count", strconv.Itoa(n))
	}
	if undo != "" {
		q.Set("undo", undo)
	}
	u.RawQuery = q.Encode()
	http.Redirect(v.w, v.r, u.String(), http.StatusSeeOther) // #nosec G710 -- a path of this server
	return nil
}

// problemData is what the page about an error says.
type problemData struct{ Head, Text, Do, Path string }

// fail says what went wrong, as far as a person may know it, and what to do.
func (v *visit) fail(err error) {
	e := errs.As(err)
	status, d := http.StatusInternalServerError, problemData{"Something went wrong", "It is in the server’s log.", "Back to Today", v.Base + "/today"}
	switch e.Kind {
	case errs.Forbidden:
		status, d.Head, d.Text = http.StatusForbidden, "This is not yours to see", "Your account has no permission for it. An admin of your company can give it to you."
	case errs.NotFound:
		status, d.Head, d.Text, d.Do, d.Path = http.StatusNotFound, "Not found", "It was deleted, or it is not yours to see.", "See all contacts", v.Base+"/contacts"
	case errs.Invalid:
		status, d.Head, d.Text = http.StatusBadRequest, "This cannot be done", sentence(e)
	case errs.Conflict:
		status, d.Head, d.Text = http.StatusConflict, "Somebody was faster", sentence(e)
	case errs.Limited:
		status, d.Head, d.Text = http.StatusTooManyRequests, "Too many tries", "Wait a moment, and try again."
	case errs.Unavailable:
		status, d.Head, d.Text, d.Do, d.Path = http.StatusServiceUnavailable, "Foyer cannot do this now", "Wait a moment, and try again.", "Try again", v.Path
	}
	_ = v.showAs(status, "problem", d.Head, d)
}

// sentence writes the text of an error as one.
func sentence(e *errs.Error) string {
	text := e.Text
	if len(e.Fields) > 0 {
		var names []string
		for _, f := range e.Fields {
			names = append(names, f.Name)
		}
		text = "Check what you entered: " + strings.Join(names, ", ")
	}
	if text == "" {
		return "Check what you entered."
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// mine gives a contact that they see. NotFound for one that they do not.
func (v *visit) mine(ctx context.Context, tx *db.Tx, contactID string) (*crm.Contact, error) {
	c, err := crm.ContactByID(ctx, tx, v.at(), contactID)
	if err == nil && v.hides(c) {
		err = errs.New(errs.NotFound, "Contact not found")
	}
	return c, err
}

// hides reports whether a contact is none that they see.
func (v *visit) hides(c *crm.Contact) bool { return v.only != "" && c.AssignedTo != v.only }

// restrict leaves of a query for contacts those that they see.
func (v *visit) restrict(q *crm.Query) error {
	if v.only == "" {
		return nil
	}
	return q.OwnedBy(v.only)
}
