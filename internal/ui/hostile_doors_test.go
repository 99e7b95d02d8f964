package ui_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/webhook"
	"github.com/foyer-crm/foyer/internal/wire"
)

// What comes in from outside, and what people call things, is text on the pages of
// the integrations too: in the log, in files, in names, in mappings, in addresses.
func TestHostileTextIsTextAmongTheIntegrations(t *testing.T) {
	lines, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		base := "/in/" + f.Credentials.LocationID + "/integrations"
		paths := []string{"", "/doors/radius", "/doors/liondesk", "/doors/brokerkit", "/doors/highlevel", "/log", "/imports", "/webhooks", "/connections", "/connections?kind=liondesk", "/apps", "/api"}
		by := crm.Actor{LocationID: f.Credentials.LocationID, UserID: f.Vars["user.id"], Origin: "ui"}
		for i, bad := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
			plant(t, f, cookie, bad, i)
			short := string([]rune(bad)[:min(len([]rune(bad)), 90)])
			err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
				for _, api := range []string{auth.Radius, auth.Brokerkit, auth.HighLevel} {
					if _, _, err := f.Vault.AddOwnKey(ctx, tx, by, auth.Key{API: api, Name: short, Scopes: []string{bad}}); err != nil {
						return err
					}
				}
				e, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, by, webhook.Endpoint{URL: "https://a.example/?" + url.QueryEscape(bad), Description: bad})
				if err != nil {
					return err
				}
				d, err := webhook.SendTest(ctx, tx, by, e.ID)
				if err != nil {
					return err
				}
				n, err := connect.Add(ctx, tx, f.Vault, by, connect.Connection{Kind: "brokerkit", Name: short, BaseURL: bad, Settings: connect.Settings{Location: bad}, Mapping: connect.Mapping{Objects: map[remote.Kind]*connect.Object{
					remote.Contact: {Filter: connect.Filter{Tag: bad}, Fields: []connect.Field{{Local: "custom." + bad, Remote: bad}}}}}}, connect.Credential{"token": bad})
				if err != nil {
					return err
				}
				paths = append(paths, "/webhooks/"+e.ID, "/deliveries/"+d.ID, "/connections/"+n.ID, "/connections/"+n.ID+"/mapping")
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			file, err := form.CreateFormFile("file", strings.ReplaceAll(short, "/", "")+".csv")
			if err == nil {
				_, err = file.Write([]byte("First Name," + strings.ReplaceAll(bad, ",", "") + "\n" + strings.ReplaceAll(bad, ",", "") + ",x\n"))
			}
			if err != nil || form.Close() != nil {
				t.Fatal(err)
			}
			if status, page := send(t, f, http.MethodPost, base+"/imports", cookie, body.String(), "Content-Type", form.FormDataContentType()); status >= 500 {
				t.Errorf("a file: %d %s", status, page)
			} else {
				checkPage(t, "an uploaded file", page)
			}
			q := url.QueryEscape(bad)
			paths = append(paths, "/log?q="+q+"&door="+q+"&result="+q+"&key="+q+"&since="+q+"&before="+q, "/api?q="+q, "/webhooks?state="+q, "/connections?kind="+q, "/doors/radius?said="+q)
		}
		uploads, err := f.Files.Uploads(by.LocationID)
		if err != nil || len(uploads) == 0 {
			t.Fatalf("%d uploads, %v", len(uploads), err)
		}
		for _, u := range uploads {
			paths = append(paths, "/uploads/"+u.ID)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, _, err := wire.LogPage(ctx, tx, by.LocationID, wire.LogFilter{Limit: 200})
			for _, e := range list {
				paths = append(paths, "/log/"+e.ID)
			}
			return err
		})
		for _, path := range paths {
			status, page := send(t, f, http.MethodGet, base+path, cookie, "")
			if status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
			checkPage(t, path, page)
		}
	})
}
