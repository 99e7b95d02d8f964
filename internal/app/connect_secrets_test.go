package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/remote"
)

// beginning is what all planted tokens begin with: 15 bytes, so that base64 and hex
// of a token begin with its base64 and hex.
const beginning = "planted-Zx9qW7-"

// echo is a system that refuses, and says back in every way whatever opens it.
func echo(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_ = r.ParseForm()
		_, _ = fmt.Fprintf(w, `{"message":"no: %s %s %s"}`, r.Header.Get("Authorization"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Form.Get("refresh_token"))
	}))
	t.Cleanup(s.Close)
	return s
}

// D6: of a thousand tokens of other systems, rotated many times and said back by
// those systems, none stands in the database, its log, a backup or what is logged.
func TestTokensOfOtherSystemsAreNowhere(t *testing.T) {
	eachPrivate(t, func(t *testing.T, f *foyertest.F) {
		log := &journal{}
		logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := echo(t)
		loc := f.Credentials.LocationID
		planted := 0
		plant := func() string { planted++; return beginning + id.Secret(30) }
		var nodes []*node
		for i := range 40 {
			n := tokened(t, f, s.URL, "contact")
			secret := connect.Credential{"token": plant()}
			if i%2 == 0 {
				secret = connect.Credential{"clientId": "app", "clientSecret": plant(), "grant": fmt.Sprintf(`{"Access":%q,"Refresh":%q,"Expires":%q}`, plant(), plant(), time.Now().Add(time.Hour).Format(time.RFC3339)), "userKey": plant()}
			}
			if err := f.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) error {
				_, err := connect.Change(ctx, tx, f.Vault, crm.Actor{LocationID: loc, Origin: "admin"}, n.ID, secret, func(*connect.Connection) {})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			o, err := newNode(t.Context(), f.App, loc, n.ID)
			if err != nil {
				t.Fatal(err)
			}
			for round := 0; i%2 == 0 && round < 24; round++ {
				if err := o.change(t.Context(), func(k *remote.Token) { k.Access, k.Refresh = plant(), plant() }); err != nil {
					t.Fatal(err)
				}
			}
			nodes = append(nodes, o)
		}
		if planted < 1000 {
			t.Fatalf("only %d tokens", planted)
		}
		g := connect.New(connect.Options{DB: f.DB, Vault: f.Vault, Kinds: app.Systems(true), Log: logger})
		for _, n := range nodes {
			if err := g.Work(t.Context(), n.loc, n.id); err != nil {
				t.Fatal(err)
			}
		}
		places := map[string][]byte{"the database": bytesOf(t, f), "the log": []byte(log.String())}
		if f.DB.Kind() == db.SQLite {
			places["a backup"] = backedUp(t, f)
		}
		if !bytes.Contains(places["the database"], []byte("no: ")) {
			t.Fatal("what the systems said is not in the database: nothing is proven")
		}
		for where, all := range places {
			for _, form := range []string{beginning, base64.StdEncoding.EncodeToString([]byte(beginning)), hex.EncodeToString([]byte(beginning))} {
				if bytes.Contains(all, []byte(form)) {
					t.Errorf("%s holds a token: %s", where, around(all, form))
				}
			}
		}
		swapped(t, f, g, nodes[1], nodes[3])
	})
}

// backedUp gives what is in a backup.
func backedUp(t *testing.T, f *foyertest.F) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.zip")
	b := db.Backup{From: db.Options{Dir: f.Config.Data}, Rebuild: crm.RebuildSearch}
	if _, err := b.Write(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var all []byte
	for _, part := range z.File {
		in, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err = firstOf(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// swapped has two connections change their sealed credentials: neither opens.
func swapped(t *testing.T, f *foyertest.F, g *connect.Engine, a, b *node) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		sealed := map[string]string{}
		for _, n := range []*node{a, b} {
			var text string
			if _, err := tx.Get(ctx, []any{&text}, "SELECT credential FROM connections WHERE location_id = $1 AND id = $2", n.loc, n.id); err != nil {
				return err
			}
			sealed[n.id] = text
		}
		for _, n := range [][2]*node{{a, b}, {b, a}} {
			if err := tx.Do(ctx, "UPDATE connections SET credential = $3, updated_at = updated_at + 1, status = 'active' WHERE location_id = $1 AND id = $2", n[0].loc, n[0].id, sealed[n[1].id]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, n := range []*node{a, b} {
		if _, err := g.Test(t.Context(), n.loc, n.id); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("a credential of another connection opens: %v", err)
		}
	}
}
