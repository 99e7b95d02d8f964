package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// An operations person connects two Foyers: tests the connection, sees what it
// would do, changes the mapping, is told of a fault by its line, lets it go on, and
// sees contacts cross.
func TestAWalkThroughAConnection(t *testing.T) {
	there := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true})
	add(t, there, crm.Contact{FirstName: "Rosan", LastName: "There", Emails: []crm.Email{{Address: "rosan@x.example"}}})
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true, AllowPrivate: true})
	add(t, f, crm.Contact{FirstName: "Ana", LastName: "Here", Emails: []crm.Email{{Address: "ana@x.example"}}})
	w := walksIn(t, f)
	base := "/in/" + f.Credentials.LocationID + "/integrations/connections"
	w.goes(base)
	w.reads("Connected with nothing yet")
	w.pictures("connections-empty")
	w.goes(base + "?kind=highlevel")
	w.do(chromedp.SendKeys("[name=token]", "pit-wrong"), chromedp.SendKeys("[name=location]", there.Credentials.LocationID), chromedp.SendKeys("[name=baseUrl]", there.URL))
	w.picture("connection-new", 1440, "light")
	w.do(presses(".make-key .main"))
	w.reads("Connected; test it")
	w.do(presses("[value=test]"))
	w.reads("It does not work")
	w.do(chromedp.SendKeys("[name=token]", there.Vars["highlevel.privateToken"]), presses("[value=save]"))
	w.reads("Saved")
	w.do(presses("[value=test]"))
	w.reads("It works")
	w.do(presses("[value=preview]"))
	w.reads("Nothing was written on either side")
	w.runs("document.querySelector('.raw').open = true")
	w.pictures("connection-preview")
	var at string
	w.do(chromedp.Location(&at))
	w.goes(path(t, at) + "/mapping")
	w.reads("The table and the document are the same")
	w.pictures("mapping")
	w.do(chromedp.SetValue("[name=document]", "objects:\n  contact:\n    fields:\n      - {local: nose, remote: firstName}\n"), presses("[value=document]"))
	w.reads("Line 4")
	w.picture("mapping-fault", 1440, "light")
	w.goes(path(t, at) + "/mapping")
	w.runs("(s => { s.value = 'keep' })(document.querySelector('[name=\"blank:contact\"]'))")
	w.do(presses("[value=table]"))
	w.reads("Saved")
	w.waits("document.querySelector('[name=document]').value.includes('blank: keep')")
	// what cannot cross is tried again, or left alone
	id := path(t, at)[strings.LastIndex(path(t, at), "/")+1:]
	if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for i := range 3 {
			if _, err := tx.Exec(ctx, `INSERT INTO connection_records (location_id, id, connection_id, object, local_id, local_parent, remote_id, remote_parent, state, seen, remote_at, writes, trying, wanted, round, due_at, attempts, error, created_at, updated_at)
				VALUES ($1, $2, $3, 'contact', '', '', $4, '', 'rejected', '{}', 0, 0, '', 0, 0, 0, 1, 'they have neither e-mail nor phone', 0, 0)`, f.Credentials.LocationID, tx.NewID(), id, fmt.Sprint("there-", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.goes(path(t, at))
	w.reads("What cannot cross")
	w.waits("document.querySelectorAll('.line [value=retry]').length === 3")
	w.pictures("connection-rejects")
	w.do(presses(".line [value=retry]"))
	w.reads("It is tried again")
	w.waits("document.querySelectorAll('.line [value=retry]').length === 2")
	w.do(presses(".line [value=skip]"))
	w.reads("Left alone from now on")
	w.waits("document.querySelectorAll('.line [value=retry]').length === 1")
	w.do(presses("h2 [value=skip]"))
	w.waits("!document.body.innerText.includes('they have neither')")
	w.goes(path(t, at))
	w.do(presses("[value=resume]"))
	w.reads("It goes on")
	w.waits("document.querySelectorAll('#bridge .request').length >= 2")
	w.pictures("connection")
	w.goes(base)
	w.reads("in step")
	w.pictures("connections")
}

func path(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// What opens a system is on no page, for anybody.
func TestCredentialsAreOnNoPage(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		cookie := f.SignIn(t, f.Vars["user.email"])
		base := "/in/" + f.Credentials.LocationID + "/integrations"
		form := url.Values{"kind": {"highlevel"}, "token": {"pit-verysecret"}, "clientSecret": {"alsosecret"}, "location": {"loc"}, "paused": {"1"}}
		if status, page := send(t, f, http.MethodPost, base+"/connections", cookie, form.Encode(), "Content-Type", formType); status >= 400 || contains(page, "verysecret", "alsosecret") {
			t.Errorf("%d %s", status, page)
		}
		for _, p := range []string{"", "/connections", "/connections?kind=highlevel", "/doors/radius", "/doors/highlevel", "/log", "/webhooks", "/imports"} {
			status, page := send(t, f, http.MethodGet, base+p, cookie, "")
			if status != http.StatusOK || contains(page, "verysecret", "alsosecret", f.Vars["radius.secureId"], f.Vars["highlevel.privateToken"]) {
				t.Errorf("%s: %d, or it shows a secret", p, status)
			}
		}
	})
}

func contains(page string, texts ...string) bool {
	for _, text := range texts {
		if text != "" && strings.Contains(page, text) {
			return true
		}
	}
	return false
}
