package app

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/foyer-crm/foyer/internal/webhook"
)

// logDisabled logs that a webhook was given up; its owners are notified of the event.
func (a *App) logDisabled(_ context.Context, e *webhook.Endpoint) error {
	a.log.Warn("a webhook was disabled", "location", e.LocationID, "webhook", e.ID, "why", e.DisabledWhy)
	return nil
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
