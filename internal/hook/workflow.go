package hook

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/workflow"
)

const maxBody = 1 << 20 // bytes

// workflow takes what another system sends to a workflow's webhook trigger.
func (d *Door) workflow(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	e, err := d.begins(r)
	switch {
	case err != nil:
		d.refuse(w, r, "workflow", err)
	case e == nil:
		answer(w, http.StatusOK, map[string]any{"enrolled": false})
	default:
		d.Begun()
		answer(w, http.StatusOK, map[string]any{"enrolled": true, "enrolmentId": e.ID, "contactId": e.ContactID})
	}
}

func (d *Door) begins(r *http.Request) (e *workflow.Enrolment, err error) {
	location := r.PathValue("location")
	if location == db.System { // which is nobody's
		return nil, errs.New(errs.NotFound, "Not found")
	}
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	err = d.DB.Write(r.Context(), location, func(ctx context.Context, tx *db.Tx) (err error) {
		e, err = workflow.ComeIn(ctx, tx, d.Vault, location, r.PathValue("workflow"), r.PathValue("token"), cause(r), body)
		return err
	})
	return e, err
}

// cause gives what makes a webhook that comes twice one.
func cause(r *http.Request) string {
	const most = 255 // bytes
	for _, name := range []string{"Idempotency-Key", "webhook-id"} {
		if key := r.Header.Get(name); key != "" {
			return "hook " + key[:min(len(key), most)]
		}
	}
	return ""
}

// bodyOf reads a body of JSON, or of a form.
func bodyOf(r *http.Request) (any, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" {
		if err := readForm(r); err != nil {
			return nil, err
		}
		out := map[string]any{}
		for name, values := range r.PostForm {
			out[name] = strings.Join(values, ", ")
		}
		return out, nil
	}
	var body any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, tooLarge(err)
	}
	return body, nil
}
