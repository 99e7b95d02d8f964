package ui

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Files gives the stored files of messages to whoever knows their address, which
// cannot be guessed: /files/LOCATION/FILE/TOKEN/NAME. They are for keeping, and
// never shown as a page of this server.
func Files(d *db.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
			http.NotFound(w, r)
			return
		}
		var f *conversation.File
		var content []byte
		location := r.PathValue("location")
		err := d.Read(r.Context(), location, func(ctx context.Context, tx *db.Tx) (err error) {
			if f, err = conversation.FileByToken(ctx, tx, location, r.PathValue("file"), r.PathValue("token")); err == nil {
				content, err = f.Content()
			}
			return err
		})
		switch {
		case errs.Is(err, errs.NotFound):
			http.NotFound(w, r)
			return
		case err != nil:
			http.Error(w, "This file cannot be read now.", http.StatusServiceUnavailable)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.ContentType)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
		h.Set("ETag", `"`+f.ID+`"`)
		http.ServeContent(w, r, "", f.CreatedAt, bytes.NewReader(content))
	}
}
