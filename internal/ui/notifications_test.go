package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func send(t *testing.T, f *foyertest.F, method, path, cookie, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func notify(t *testing.T, f *foyertest.F, location, user string, texts ...string) {
	t.Helper()
	if err := f.DB.Write(t.Context(), location, func(ctx context.Context, tx *db.Tx) error {
		for _, text := range texts {
			if err := crm.Notify(ctx, tx, crm.Actor{LocationID: location, Origin: "test"}, crm.Notice{Kind: "workflow_notify", UserIDs: []string{user}, Text: text}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Everybody sees, reads and sets what is theirs, and nobody else does.
func TestNotificationsAreTheirUsers(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ada := f.AddUser(t, "ada", "ada@agency.example", "Ada", "Assigned")
		other := f.Neighbour(t)
		location := f.Credentials.LocationID
		notify(t, f, location, ada.ID, "one", "two", "three")
		notify(t, f, location, f.Vars["user.id"], "secret of the boss")
		notify(t, f, other["locationId"], other["user.id"], "secret next door")
		mine, boss, theirs := f.SignIn(t, ada.Email), f.SignIn(t, f.Vars["user.email"]), f.SignIn(t, other["user.email"])

		_, body := send(t, f, http.MethodGet, "/me/notifications?limit=2", mine, "")
		if !strings.Contains(body, `"unread":3`) || strings.Contains(body, "secret") || strings.Contains(body, `"one"`) || strings.Index(body, `"three"`) > strings.Index(body, `"two"`) {
			t.Errorf("the first page: %s", body)
		}
		_, before, _ := strings.Cut(body, `"before":"`)
		before, _, _ = strings.Cut(before, `"`)
		if _, next := send(t, f, http.MethodGet, "/me/notifications?limit=2&before="+before, mine, ""); !strings.Contains(next, `"one"`) || strings.Contains(next, `"two"`) || strings.Contains(next, `"before"`) {
			t.Errorf("the second page: %s", next)
		}
		id := before // of "two"
		for name, cookie := range map[string]string{"boss": boss, "next door": theirs} {
			if status, body := send(t, f, http.MethodPost, "/me/notifications/read", cookie, `{"ids":["`+id+`"]}`); status != http.StatusOK || !strings.Contains(body, `"unread":1`) {
				t.Errorf("%s: %d %s", name, status, body)
			}
		}
		if _, body := send(t, f, http.MethodPost, "/me/notifications/read", mine, `{"ids":["`+id+`"]}`); !strings.Contains(body, `"unread":2`) {
			t.Errorf("one read: %s", body)
		}
		if _, body := send(t, f, http.MethodGet, "/me/notifications?unread=true", mine, ""); strings.Contains(body, `"two"`) || !strings.Contains(body, `"one"`) {
			t.Errorf("unread: %s", body)
		}
		if _, body := send(t, f, http.MethodPost, "/me/notifications/read", mine, `{"all":true}`); !strings.Contains(body, `"unread":0`) {
			t.Errorf("all read: %s", body)
		}
		if _, body := send(t, f, http.MethodPut, "/me/notifications/preferences", mine, `{"preferences":{"new_lead":"digest","task_due":"none"},"digestHour":17}`); !strings.Contains(body, `{"kind":"new_lead","by":"digest"`) ||
			!strings.Contains(body, `{"kind":"task_due","by":"none"`) || !strings.Contains(body, `"digestHour":17`) {
			t.Errorf("set: %s", body)
		}
		if _, body := send(t, f, http.MethodGet, "/me/notifications/preferences", boss, ""); !strings.Contains(body, `{"kind":"new_lead","by":"email"`) || !strings.Contains(body, `"digestHour":8`) {
			t.Errorf("the boss's: %s", body)
		}
		for _, c := range []struct {
			method, path, cookie, body string
			status                     int
			header                     []string
		}{
			{"GET", "", "", "", 401, nil},
			{"GET", "", "foyer=x", "", 401, nil},
			{"GET", "", "", "", 401, []string{"Authorization", "Bearer " + f.Vars["highlevel.privateToken"]}},
			{"GET", "?locationId=" + other["locationId"], mine, "", 403, nil},
			{"GET", "?befor=x", mine, "", 400, nil},
			{"GET", "?limit=501", mine, "", 400, nil},
			{"POST", "/read", mine, "", 400, nil},
			{"POST", "/read", mine, "{}", 400, nil},
			{"POST", "/read", mine, `{"all":true,"x":1}`, 400, nil},
			{"POST", "/read", mine, `{"all":true}`, 403, []string{"Sec-Fetch-Site", "cross-site"}},
			{"PUT", "/preferences", mine, `{"digestHour":1}`, 403, []string{"Origin", "https://evil.example"}},
			{"PUT", "/preferences", mine, `{"digestHour":24}`, 400, nil},
			{"PUT", "/preferences", mine, `{"preferences":{"gossip":"email"}}`, 400, nil},
			{"PUT", "/preferences", mine, `{"preferences":{"new_lead":"pigeon"}}`, 400, nil},
			{"DELETE", "", mine, "", 405, nil},
		} {
			if status, body := send(t, f, c.method, "/me/notifications"+c.path, c.cookie, c.body, c.header...); status != c.status || !strings.Contains(body, `"requestId"`) {
				t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, body)
			}
		}
	})
}

// The page shows what came as text, marks it as read, and keeps the preferences;
// no other site can.
func TestThePageOfNotifications(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		location := f.Credentials.LocationID
		cookie := f.SignIn(t, f.Vars["user.email"])
		const form = "application/x-www-form-urlencoded"
		if _, page := send(t, f, "GET", "/notifications", cookie, ""); !strings.Contains(page, "Nothing yet.") || !strings.Contains(page, `value="8" selected`) {
			t.Errorf("%s", page)
		}
		notify(t, f, location, f.Vars["user.id"], `<script>alert("x")</script>`)
		for i := range 60 {
			notify(t, f, location, f.Vars["user.id"], fmt.Sprint("thing ", i))
		}
		_, page := send(t, f, "GET", "/notifications", cookie, "")
		if strings.Contains(page, "<script>") || !strings.Contains(page, "61 unread") || strings.Count(page, `class="unread"`) != 20 || !strings.Contains(page, "before=") {
			t.Errorf("%s", page)
		}
		for _, header := range [][]string{{"Content-Type", form, "Sec-Fetch-Site", "cross-site"}, {"Content-Type", form, "Origin", "https://evil.example"}} {
			if status, _ := send(t, f, "POST", "/notifications", cookie, "do=read+all", header...); status != http.StatusForbidden {
				t.Errorf("from another site: %d", status)
			}
		}
		for _, body := range []string{"do=read+all", url.Values{"do": {"save"}, "new_lead": {"digest"}, "digestHour": {"17"}}.Encode()} {
			if status, page := send(t, f, "POST", "/notifications?locationId="+location, cookie, body, "Content-Type", form); status != http.StatusSeeOther {
				t.Errorf("%s: %d %s", body, status, page)
			}
		}
		if _, page := send(t, f, "GET", "/notifications?saved", cookie, ""); !strings.Contains(page, "all read") || !strings.Contains(page, `value="17" selected`) || !strings.Contains(page, `value="digest" selected`) || !strings.Contains(page, "Saved.") {
			t.Errorf("%s", page)
		}
		for _, body := range []string{"do=nothing", "do=save&digestHour=x", "do=save&digestHour=99"} {
			if status, _ := send(t, f, "POST", "/notifications", cookie, body, "Content-Type", form); status != http.StatusBadRequest {
				t.Errorf("%s: %d", body, status)
			}
		}
		if status, _ := send(t, f, "GET", "/notifications", "", ""); status != http.StatusSeeOther {
			t.Errorf("nobody: %d", status)
		}
	})
}

// What the guide says works as it is written.
func TestTheGuideOfNotifications(t *testing.T) {
	f := foyertest.New(t)
	f.Vars["COOKIE"] = f.SignIn(t, f.Vars["user.email"])
	notify(t, f, f.Credentials.LocationID, f.Vars["user.id"], "Call Lea back")
	f.PlayGuide(t, "../../docs/NOTIFICATIONS.md")
}
