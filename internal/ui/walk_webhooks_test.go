package ui_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// An operations person has another program told of what happens: makes a webhook,
// tests it, sees an attempt fail, sends it again, disables and enables it.
func TestAWalkThroughTheWebhooks(t *testing.T) {
	well := true
	var told atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		told.Add(1)
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

	// a range is sent again: nothing of before there was anything, then all
	before := told.Load()
	w.do(presses("details.add summary"), chromedp.SetValue("details.add [name=state]", ""), chromedp.SetValue("details.add [name=until]", "2020-01-01T00:00"))
	w.pictures("webhook-replay")
	w.do(presses("details.add [value=replay]"))
	w.reads("Sent again, under the same ids")
	if n := told.Load(); n != before {
		t.Errorf("%d deliveries of a time in which there were none", n-before)
	}
	w.do(presses("details.add summary"), chromedp.SetValue("details.add [name=state]", ""), chromedp.SetValue("details.add [name=since]", "2020-01-01T00:00"), presses("details.add [value=replay]"))
	w.reads("Sent again, under the same ids")
	for end := time.Now().Add(time.Minute); told.Load() < before+2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of 2 were sent again", told.Load()-before)
		}
	}
}
