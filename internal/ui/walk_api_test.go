package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/crm"
)

// A developer reads the reference and sends a request from it with a token; an
// operations person registers an app and sees the tokens.
func TestAWalkThroughTheAPI(t *testing.T) {
	f, w := visits(t)
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Answered"})
	base := "/in/" + f.Credentials.LocationID + "/integrations"
	w.goes(base + "/api?q=contacts.readonly")
	w.reads("Get Contact")
	w.runs(`document.querySelector('details.op[data-path="/contacts/{contactId}"]').open = true`)
	w.do(chromedp.SendKeys("#try-token", f.Vars["highlevel.privateToken"]), chromedp.SendKeys("details.op[open] [name='path:contactId']", ana.ID), presses("details.op[open] .main"))
	w.reads("Answered")
	w.reads("200 in")
	w.pictures("api")
	w.goes(base + "/api?q=create")
	w.runs(`document.querySelector('details.op[data-method="POST"]').open = true`)
	w.waits("document.querySelector('details.op[open] textarea').value.includes('{')")
	w.picture("api-body", 1440, "dark")
	w.goes(base + "/apps")
	w.reads("Private integration tokens")
	w.runs("document.querySelector('.add').open = true")
	w.do(chromedp.SendKeys(".make-key [name=name]", "Robot"), chromedp.SendKeys(".make-key [name=redirects]", "https://robot.example/back"), presses("[value=register]"))
	w.reads("Client secret. Copy it now")
	w.pictures("door-apps")
}
