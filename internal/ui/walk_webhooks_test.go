package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// An operations person has another program told of what happens: makes a webhook,
// tests it, sees an attempt fail, sends it again, disables and enables it.
func TestAWalkThroughTheWebhooks(t *testing.T) {
	well := true
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !well {
			http.Error(w, "the warehouse is closed", http.StatusTeapot)
		}
	}))
	t.Cleanup(receiver.Close)
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true, AllowPrivate: true})
	w := walksIn(t, f)
	base := "/in/" + f.Credentials.LocationID + "/integrations/webhooks"
	w.goes(base)
	w.reads("Nobody is told anything yet")
	w.pictures("webhooks-empty")
	w.do(chromedp.SendKeys("[name=url]", receiver.URL+"/foyer"), chromedp.SendKeys("[name=description]", "The data warehouse"), presses("[value=add]"))
	w.reads("Copy it now")
	w.picture("webhook-made", 1440, "light")
	w.goes(base)
	w.pictures("webhooks")
	w.do(presses("#rows th a"))
	w.reads("Send a test")
	w.do(presses("[value=test]"))
	w.reads("webhook.test")
	w.waits("document.querySelector('#deliveries .kind-lead')")
	well = false
	add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving"})
	w.goes(base)
	w.do(presses("#rows th a"))
	w.waits("document.querySelector('#deliveries').innerText.includes('418')")
	w.pictures("webhook")
	w.do(presses("#deliveries .line"))
	w.reads("the warehouse is closed")
	w.pictures("delivery")
	well = true
	w.do(presses("[value=replay]"))
	w.waits("document.querySelector('.head .kind-lead')")
	w.goes(base)
	w.do(presses("#rows th a"))
	w.reads("Disable")
	w.do(presses("[value=off]"))
	w.reads("It is told nothing: disabled by Olga Owner")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("It is told of what happens from now on")
}
