package ui_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
)

// An operations person opens a door: makes a key, sees a request come in, finds it
// in the log, replays it, rotates and revokes the key, and lets it in again.
func TestAWalkThroughTheDoors(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID + "/integrations"
	w.goes(base)
	w.reads("Brokerkit")
	w.pictures("doors-empty")
	w.goes(base + "/log")
	w.reads("No request yet")
	w.pictures("log-empty")
	w.goes(base + "/doors/radius")
	w.reads("Nothing came yet")
	w.runs("document.querySelector('.add').open = true")
	w.do(chromedp.SendKeys(".make-key [name=name]", "The website"), presses(".make-key .main"))
	w.reads("Copy it now")
	w.pictures("door-made")
	var secret, curl string
	w.do(chromedp.Text("#secret", &secret), chromedp.Text("#example-0", &curl))
	for i, body := range []string{
		`{"client": {"name": "Maria Ortega", "emails": "maria@example.com", "phones": "6025550147", "type": "buyer", "garage": "yes", "api_key": "hidden"}}`,
		`{"client": {"emails": "nobody@example.com"}}`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/v3.0/clients/import", nil)
		if err != nil {
			t.Fatal(err)
		}
		status, answer := send(t, f, "POST", req.URL.Path, "", body, "secure-id", secret)
		if (status < 300) != (i == 0) {
			t.Fatalf("%d %s", status, answer)
		}
	}
	w.reads("Maria Ortega") // by itself
	w.pictures("door")
	w.do(presses("#requests .request:last-child"))
	w.reads("What was made of it")
	w.pictures("log-entry")
	w.do(presses("#replays button"))
	w.reads("Replayed: what it did is below")
	w.goes(base + "/log?result=refused")
	w.pictures("log-refused")
	w.do(presses("#rows th a"))
	w.reads("Nothing of it was stored")
	w.pictures("log-entry-refused")
	w.goes(base + "/log")
	w.reads("Maria Ortega")
	w.pictures("log")
	w.goes(base + "/doors/radius")
	w.do(presses("[value=off]"))
	w.reads("Revoked: it opens nothing any more")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("It opens the door again")
	w.do(presses("[value=rotate]"))
	w.reads("old secret, until")
	for _, door := range []string{"liondesk", "highlevel", "brokerkit"} {
		w.goes(base + "/doors/" + door)
		w.runs("document.querySelector('.add').open = true")
		w.picture("door-"+door, 1440, "light")
	}
	w.goes(base)
	w.reads("Last request")
	w.pictures("doors")
}
