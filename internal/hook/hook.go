// Package hook is the door that others bring things to by themselves: providers SMS
// in Twilio's shape and e-mail as it came over the wire, other systems what begins a
// workflow or changed on their side of a connection. The address itself is the key;
// each belongs to one location.
package hook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/wire"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// Options are what a Door needs.
type Options struct {
	DB    *db.DB
	Vault *auth.Vault
	Base  wire.Base
	SMS   *message.SMS // whose token signs; nil where none is known
	Inbox *message.Inbox
	Begun func() // is called when a workflow's webhook has let somebody begin
	// Bridge is told what connections' systems say.
	Bridge *connect.Engine
	Log    *slog.Logger
}

// Door serves the hooks. Make one with New.
type Door struct{ Options }

// New gives a Door.
func New(o Options) *Door { return &Door{o} }

// mounter is where a Door is put: a wire.House.
type mounter interface {
	Handle(method, path string, f http.HandlerFunc)
}

// Mount puts the hooks at their addresses.
func (d *Door) Mount(m mounter) {
	m.Handle(http.MethodPost, message.HookPath+"sms/{token}", d.open(message.HookSMS, maxForm, d.sms))
	m.Handle(http.MethodPost, workflow.HookPattern, d.workflow)
	m.Handle(http.MethodPost, connect.HookPattern, d.connect)
	m.Handle(http.MethodPost, message.HookPath+"email/{token}", d.open(message.HookEmail, maxMail, d.email))
}

// open lets a request through that came to a hook of a kind, with a body of at
// most so many bytes. by is who it is.
func (d *Door) open(kind string, most int64, next func(w http.ResponseWriter, r *http.Request, by crm.Actor) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		h, err := message.HookByToken(r.Context(), d.DB, d.Vault, kind, r.PathValue("token"))
		if err == nil {
			err = next(w, r, crm.Actor{LocationID: h.LocationID, CredentialID: h.ID, Origin: kind})
		}
		if err != nil {
			d.refuse(w, r, kind, err)
		}
	}
}

// write runs a command in the location of the hook.
func (d *Door) write(r *http.Request, by crm.Actor, f func(ctx context.Context, tx *db.Tx) error) error {
	return d.DB.Write(r.Context(), by.LocationID, f)
}

// refuse says what was wrong. Providers try again after a 5xx, and not after a 4xx.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, kind string, err error) {
	status := http.StatusInternalServerError
	switch e := errs.As(err); e.Kind {
	case errs.NotFound:
		status = http.StatusNotFound
	case errs.Unauthorized:
		status = http.StatusUnauthorized
	case errs.Forbidden:
		status = http.StatusForbidden
	case errs.Invalid:
		status = http.StatusBadRequest
	case errs.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case errs.Unavailable:
		status = http.StatusServiceUnavailable
	}
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		d.Log.Error("a message that came in could not be stored", "hook", kind, "err", err)
	}
	answer(w, status, map[string]string{"error": errs.As(err).Text})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked may have left
}
