package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// tellOwner gives what tells the admins of a location, by mail and once, that a
// webhook was given up.
func (a *App) tellOwner(sender *message.Sender) func(ctx context.Context, e *webhook.Endpoint) error {
	return func(ctx context.Context, e *webhook.Endpoint) error {
		a.log.Warn("a webhook was disabled", "location", e.LocationID, "webhook", e.ID, "why", e.DisabledWhy)
		if sender == nil {
			return nil
		}
		var l *crm.Location
		var users []crm.User
		err := a.DB.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
			if l, err = crm.LocationByID(ctx, tx, e.LocationID); err != nil {
				return err
			}
			users, err = crm.Users(ctx, tx, e.LocationID)
			return err
		})
		for _, u := range users {
			if u.Role != crm.AdminRole {
				continue
			}
			err = errors.Join(err, sender.Send(ctx, message.Mail{To: u.Email, Machine: true, ID: e.ID + "." + u.ID + ".disabled", Subject: "A webhook was disabled",
				Text: fmt.Sprintf("In %s the webhook to\n\n%s\n\nis told of nothing any more: %s.\n\nWhen it works again: foyer admin webhook disable --enable %s\nWhat it missed: foyer admin webhook replay %s --since 120h\n", l.Name, e.URL, e.DisabledWhy, e.ID, e.ID)}))
		}
		return err
	}
}

// webhookKeys serves the public keys that apps check signatures with.
func (a *App) webhookKeys(w http.ResponseWriter, r *http.Request) {
	ed, rsa, err := a.keys.Public(r.Context())
	if err != nil {
		a.log.Error("the webhook keys cannot be read", "err", err)
		http.Error(w, "The keys cannot be read", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_ = json.NewEncoder(w).Encode(map[string]string{"X-GHL-Signature": ed, "X-WH-Signature": rsa}) // who asked may have left
}
