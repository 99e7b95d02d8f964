package workflow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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

// ComeIn lets whom an inbound webhook is about begin: it finds or makes the contact
// and enrols it. What comes twice under the same cause does so once; nil is that
// the contact does not fit. NotFound for an address that there is not, Invalid for
// a body that names nobody.
func ComeIn(ctx context.Context, tx *db.Tx, v vault, locationID, workflowID, token, cause string, body any) (*Enrolment, error) {
	w, err := workflows.One(ctx, tx, "WHERE location_id = $1 AND id = $2 AND status = 'published'", locationID, workflowID)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, errs.New(errs.NotFound, "Not found")
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
		return nil, errs.New(errs.NotFound, "Not found")
	}
	for i := range version.Definition.Triggers {
		t := &version.Definition.Triggers[i]
		if t.On == OnWebhook && hmac.Equal([]byte(hookToken(v, w, t.Key)), []byte(token)) {
			return t.comeIn(ctx, tx, w, location, i, cause, body)
		}
	}
	return nil, errs.New(errs.NotFound, "Not found")
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
