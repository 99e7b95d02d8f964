package workflow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// vault derives keys from the server's master key: auth.Vault.
type vault interface {
	Derive(use string) []byte
}

// HookPattern is where inbound webhooks of workflows come in.
const HookPattern = "/hooks/workflow/{location}/{workflow}/{token}"

// HookPath gives the path of the address of a workflow's webhook trigger. It
// stays the same until the trigger's key changes.
func HookPath(v vault, w *Workflow, trigger int) string {
	return "/hooks/workflow/" + w.LocationID + "/" + w.ID + "/" + hookToken(v, w, w.Definition.Triggers[trigger].Key)
}

func hookToken(v vault, w *Workflow, key string) string {
	m := hmac.New(sha256.New, v.Derive("workflow hooks"))
	for _, s := range []string{w.LocationID, w.ID, key} {
		_, _ = fmt.Fprintf(m, "%d:%s", len(s), s) // a hash takes everything
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// mostHook is how long the body of an inbound webhook can be, in bytes.
const mostHook = 1 << 20

// Hook takes inbound webhooks: each finds or makes a contact and lets it begin.
func (g *Engine) Hook(v vault) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := func(status int, said map[string]any) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(said) // whoever asked may have left
		}
		body, err := bodyOf(w, r)
		if err != nil {
			answer(http.StatusBadRequest, map[string]any{"error": err.Error()})
			return
		}
		var e *Enrolment
		location := r.PathValue("location")
		if location == db.System { // which is nobody's
			answer(http.StatusNotFound, map[string]any{"error": "Not found"})
			return
		}
		err = g.db.Write(r.Context(), location, func(ctx context.Context, tx *db.Tx) (err error) {
			e, err = comeIn(ctx, tx, v, location, r.PathValue("workflow"), r.PathValue("token"), idempotency(r), body)
			return err
		})
		switch {
		case errs.Is(err, errs.NotFound):
			answer(http.StatusNotFound, map[string]any{"error": "Not found"})
		case errs.Is(err, errs.Invalid), errs.Is(err, errs.Conflict):
			answer(http.StatusUnprocessableEntity, map[string]any{"error": reason(err)})
		case err != nil:
			g.log.Error("an inbound webhook could not be taken", "err", err)
			w.Header().Set("Retry-After", "10")
			answer(http.StatusServiceUnavailable, map[string]any{"error": "It cannot be taken now; please send it again"})
		case e == nil:
			answer(http.StatusOK, map[string]any{"enrolled": false})
		default:
			g.Wake()
			answer(http.StatusOK, map[string]any{"enrolled": true, "enrolmentId": e.ID, "contactId": e.ContactID})
		}
	}
}

// idempotency gives what makes a webhook that comes twice one.
func idempotency(r *http.Request) string {
	for _, name := range []string{"Idempotency-Key", "webhook-id"} {
		if key := r.Header.Get(name); key != "" {
			return "hook " + key[:min(len(key), 255)]
		}
	}
	return ""
}

// bodyOf reads a body of JSON, or of a form.
func bodyOf(w http.ResponseWriter, r *http.Request) (any, error) {
	r.Body = http.MaxBytesReader(w, r.Body, mostHook)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		if err := r.ParseForm(); err != nil {
			return nil, errs.New(errs.Invalid, "The form cannot be read")
		}
		out := map[string]any{}
		for name, values := range r.PostForm {
			out[name] = strings.Join(values, ", ")
		}
		return out, nil
	}
	var body any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, errs.New(errs.Invalid, "The body is not JSON: %v", err)
	}
	return body, nil
}

// comeIn lets whom a webhook is about begin.
func comeIn(ctx context.Context, tx *db.Tx, v vault, locationID, workflowID, token, cause string, body any) (*Enrolment, error) {
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND status = 'published'", locationID, workflowID)
	if err != nil {
		return nil, err
	}
	none := errs.New(errs.NotFound, "Not found")
	if w == nil {
		return nil, none
	}
	version, err := VersionOf(ctx, tx, locationID, w.ID, w.PublishedVersion)
	if err != nil {
		return nil, err
	}
	location, err := crm.LocationByID(ctx, tx, locationID)
	if err != nil {
		return nil, err
	}
	if !location.DisabledAt.IsZero() {
		return nil, none
	}
	for i := range version.Definition.Triggers {
		t := &version.Definition.Triggers[i]
		if t.On == OnWebhook && hmac.Equal([]byte(hookToken(v, w, t.Key)), []byte(token)) {
			return t.comeIn(ctx, tx, w, location, i, cause, body)
		}
	}
	return nil, none
}

func (t *Trigger) comeIn(ctx context.Context, tx *db.Tx, w *Workflow, location *crm.Location, part int, cause string, body any) (*Enrolment, error) {
	by := crm.Actor{LocationID: w.LocationID, CompanyID: location.CompanyID, Origin: "webhook"}
	s := &scope{now: tx.Now(), location: location, contact: &crm.Contact{}, webhook: body}
	in := crm.Input{}
	for _, field := range sorted(t.Contact) {
		template, err := mergefield.Parse(t.Contact[field])
		if err != nil {
			return nil, err
		}
		value := template.Fill(s.text, mergefield.Line)
		if value == "" {
			continue // a blank never erases
		}
		if field == "tags" {
			for tag := range strings.SplitSeq(value, ",") {
				in.Tags = append(in.Tags, strings.TrimSpace(tag))
			}
			continue
		}
		if err := say(ctx, tx, w.LocationID, &in, strings.TrimPrefix(field, "contact."), value); err != nil {
			return nil, err
		}
	}
	if len(in.Emails)+len(in.Phones) == 0 {
		return nil, errs.New(errs.Invalid, "The body has neither an e-mail address nor a phone number where the workflow looks for them")
	}
	in.Blend = crm.BlendAdd
	saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, Match: location.Settings.MatchOrder(), OnMatch: crm.Overwrite, LeaveOthers: true, Touch: true})
	if err != nil {
		return nil, err
	}
	s, err = scopeOf(ctx, tx, saved.Contact, Data{Webhook: body}, nil)
	if err != nil || !t.If.Holds(s) {
		return nil, err
	}
	return Enrol(ctx, tx, by, Entry{Kind: w.Kind, WorkflowID: w.ID, ContactID: saved.Contact.ID, Cause: cause, Data: Data{Webhook: body, Trigger: part}})
}
