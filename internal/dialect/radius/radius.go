// Package radius is the door of the Radius client import, version 3: one
// address that takes a client in, with a property they own and what they look
// for. Contract: intake.md §3; README.md in this folder.
package radius

import (
	"context"
	"net/http"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/wire"
)

// secureID is the header that carries the key (intake.md §3.1).
const secureID = "Secure-Id"

// Door gives the door.
func Door() *wire.Door {
	return &wire.Door{
		Name:   "radius",
		Prefix: []string{"/v3.0"},
		Routes: []wire.Route{
			{Name: "import client", Method: http.MethodPost, Path: "/v3.0/clients/import", Scope: auth.ScopeCreate, Intake: true, Handle: importClient},
		},
		Authenticate: authenticate,
		Presented:    func(r *http.Request) []string { return r.Header[secureID] },
		Fail:         fail,
	}
}

// authenticate reads the key from exactly one secure-id header. Two of them are
// refused and not counted as a guess: nobody can say which one was meant.
func authenticate(r *http.Request, desk *auth.Desk) (*auth.Caller, error) {
	sent := r.Header[secureID]
	if len(sent) > 1 {
		return nil, errs.New(errs.Invalid, "The secure-id header was sent more than once")
	}
	secret := ""
	if len(sent) == 1 {
		secret = sent[0]
	}
	return desk.Caller(r.Context(), auth.Radius, secret)
}

// answer is the body of a success. It has no member "error", by which clients
// tell a failure (intake.md §3.1).
type answer struct {
	Response struct {
		Client struct {
			ID int64 `json:"id"`
		} `json:"client"`
		Created bool   `json:"created"`
		Message string `json:"message"`
	} `json:"response"`
}

// importClient creates a client or changes the one who has any of the e-mail
// addresses or phone numbers already (intake.md §3.5).
func importClient(ctx context.Context, c *wire.Call) (wire.Answer, error) {
	o, err := body(c)
	if err != nil {
		return wire.Answer{}, err
	}
	in, err := read(o, c.Location().Settings.StrictPhones)
	if err != nil {
		return wire.Answer{}, err
	}
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		fields, err := customFields(ctx, tx, c, in.others)
		if err != nil {
			return wire.Answer{}, err
		}
		save := in.save
		save.Input.CustomFields = fields
		saved, err := crm.SaveContact(ctx, tx, c.Actor(), save)
		if err != nil {
			return wire.Answer{}, err
		}
		if len(saved.Others) > 0 {
			c.Warn("client", "its e-mail addresses and phone numbers belong to more than one contact: the first e-mail address that is known decided, the others were left as they are and put up for review")
		}
		outcome := saved.Outcome
		if in.note != "" {
			if _, err := crm.AddNote(ctx, tx, c.Actor(), crm.Note{ContactID: saved.Contact.ID, Body: in.note}); err != nil {
				return wire.Answer{}, err
			}
			if outcome == crm.Matched {
				outcome = crm.Noted
			}
		}
		var a answer
		a.Response.Client.ID = saved.Contact.Number
		a.Response.Created = saved.Outcome == crm.Created
		a.Response.Message = "Client updated successfully"
		if a.Response.Created {
			a.Response.Message = "Client imported successfully"
		}
		return wire.Answer{Status: http.StatusOK, Body: a}.About(outcome, saved.Contact.ID), nil
	})
}

// customFields gives the values of members that the contract does not name, by
// the id of the custom field that keeps each (intake.md §0 "Unknown keys").
func customFields(ctx context.Context, tx *db.Tx, c *wire.Call, others []other) (map[string]any, error) {
	if len(others) == 0 {
		return nil, nil
	}
	values := make(map[string]any, len(others))
	for _, o := range others {
		f, err := crm.CustomFieldNamed(ctx, tx, c.Actor(), o.name, "TEXT")
		if err != nil {
			return nil, err
		}
		if _, twice := values[f.ID]; twice {
			c.Warn("client."+o.name, "the same custom field as another member, this one was used")
		}
		values[f.ID] = o.value
	}
	return values, nil
}
