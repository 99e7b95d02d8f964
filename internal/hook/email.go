package hook

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/letter"
	"github.com/foyer-crm/foyer/internal/message"
)

const (
	maxMail   = letter.MaxLetter + 5<<20 // bytes, with the form around it
	maxMemory = 8 << 20
)

// email takes an e-mail: the body of the request, or a field of a form.
func (d *Door) email(w http.ResponseWriter, r *http.Request, by crm.Actor) error {
	raw, err := rawMail(r)
	if err != nil {
		return err
	}
	l, err := letter.Parse(raw, conversation.MaxFile)
	if err != nil {
		return errs.New(errs.Invalid, "%s", letter.ErrUnreadable.Error())
	}
	var filed message.Filed
	if err := d.write(r, by, func(ctx context.Context, tx *db.Tx) (err error) {
		filed, err = d.Inbox.File(ctx, tx, by, l)
		return err
	}); err != nil {
		return err
	}
	answer(w, http.StatusOK, filed)
	return nil
}

// rawMail gives the e-mail in a request: the body itself, Mailgun's body-mime or
// SendGrid's email.
func rawMail(r *http.Request) ([]byte, error) {
	typ, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if typ != "multipart/form-data" && typ != "application/x-www-form-urlencoded" {
		raw, err := io.ReadAll(r.Body)
		return raw, tooLarge(err)
	}
	if err := readForm(r); err != nil {
		return nil, err
	}
	for _, name := range []string{"body-mime", "email"} {
		if raw := r.PostForm.Get(name); raw != "" {
			return []byte(raw), nil
		}
		if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 {
			continue
		}
		f, err := r.MultipartForm.File[name][0].Open()
		if err != nil {
			return nil, tooLarge(err)
		}
		raw, err := io.ReadAll(f)
		return raw, tooLarge(errors.Join(err, f.Close()))
	}
	return nil, errs.New(errs.Invalid, "the form has no field body-mime or email with the raw e-mail")
}

// readForm reads a form of either shape.
func readForm(r *http.Request) error {
	typ, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if strings.HasPrefix(typ, "multipart/") {
		return tooLarge(r.ParseMultipartForm(maxMemory)) // #nosec G120 -- open limits the body
	}
	return tooLarge(r.ParseForm())
}

// tooLarge names what went wrong with a body.
func tooLarge(err error) error {
	var most *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &most):
		return errs.New(errs.TooLarge, "the body is larger than %d bytes", most.Limit)
	}
	return errs.New(errs.Invalid, "the body cannot be read")
}
