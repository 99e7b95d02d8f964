package ui_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Somebody sets an empty server up, points a source at it, and sets the location
// up: users, fields, tags, a pipeline, a calendar, a blog; looks who did what, and
// erases a person.
func TestAWalkThroughSetUpAndSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: short")
	}
	a, err := app.Open(t.Context(), app.Config{Store: app.Store{Data: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.House)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { a.Run(ctx, 0) })
	t.Cleanup(func() {
		server.Close()
		stop()
		work.Wait()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	w := walk(t, server.URL)
	w.goes("/today")
	w.waits("location.pathname === '/start'")
	w.waits("document.querySelector('[data-zone]').value !== ''")
	w.pictures("start")
	w.do(chromedp.SendKeys("[name=company]", "Saguaro Realty Group"), chromedp.SendKeys("[name=location]", "Phoenix Team"), chromedp.SetValue("[name=timezone]", "America/Phoenix"),
		chromedp.SendKeys("[name=first]", "Dana"), chromedp.SendKeys("[name=last]", "Whitfield"), chromedp.SendKeys("[name=email]", "dana@saguaro.example"),
		chromedp.SendKeys("[name=password]", goodPassword), chromedp.SendKeys("[name=code]", a.Vault.SetupCode()), presses("button.main"))
	w.reads("Foyer is set up")
	w.pictures("sources-first")
	var base string
	w.do(chromedp.Evaluate("document.body.dataset.base", &base))
	w.do(presses("#radius button"))
	w.reads("See it arrive on Today")
	w.pictures("sources")

	// users
	w.goes(base + "/settings/users")
	w.runs("document.querySelector('.invite').open = true")
	w.do(chromedp.SendKeys("[name=email]", "marco@saguaro.example"), chromedp.SendKeys("[name=first]", "Marco"), chromedp.SendKeys("[name=last]", "Bianchi"), presses("[value=assigned]"))
	w.pictures("users-invite")
	w.do(presses("[value=invite]"))
	w.reads("A link for marco@saguaro.example")
	w.pictures("users")
	w.do(presses(".rows tbody tr:nth-child(2) th a"))
	w.reads("What they may use")
	w.pictures("user")

	// what a location is set up with
	w.goes(base + "/settings/location")
	w.pictures("location")
	w.do(chromedp.SetValue("[name=city]", "Phoenix"), presses("[value=save]"))
	w.reads("Saved")
	for i, name := range []string{"Price range", "Pre-approved until", "Favourite schools"} {
		w.goes(base + "/settings/fields")
		if i == 0 {
			w.pictures("fields-empty")
		}
		w.runs("document.querySelector('.invite').open = true")
		w.do(chromedp.SendKeys("[name=name]", name), presses("[value=add]"))
		w.reads("Field added")
	}
	w.pictures("fields")
	w.runs("[...document.querySelectorAll('.place-no')].forEach((x, i) => x.value = [2, 3, 1][i]); document.querySelector('[value=order]').click()")
	w.reads("Saved")
	w.waits("document.querySelector('.rows tbody th').innerText.includes('Favourite schools')")
	w.do(presses(".rows tbody th a"))
	w.reads("kind and key stay")
	w.do(presses("a[href*='delete=']"))
	w.reads("No contact has a value in it")
	w.pictures("field-delete")
	w.do(presses("[value=delete]"))
	w.reads("Field deleted")
	for _, name := range []string{"open house", "zillow", "Zilow", "first-time buyer", "past client"} {
		w.goes(base + "/settings/tags")
		w.do(chromedp.SendKeys("[name=name]", name), presses("[value=add]"))
		w.reads("Tag added")
	}
	w.pictures("tags")
	w.runs("[...document.querySelectorAll('.cloud a')].find(a => a.innerText === 'Zilow').click()")
	w.reads("Merge into")
	w.pictures("tag")
	w.runs("document.querySelector('[name=into]').value = [...document.querySelectorAll('[name=into] option')].find(o => o.innerText === 'zillow').value; document.querySelector('[value=merge]').click()")
	w.reads("Merged")
	w.goes(base + "/settings/pipelines")
	w.do(chromedp.SendKeys("details [name=name]", "Buyers"), presses("[value=add]"))
	w.reads("Pipeline added")
	w.pictures("pipelines-setup")
	w.goes(base + "/settings/calendars?add=1")
	w.do(chromedp.SendKeys("[name=name]", "Showings"), presses("[name=member]"))
	w.pictures("calendar-setup")
	w.do(presses("[value=save]"))
	w.reads("Calendar added")
	w.pictures("calendars-setup")
	w.goes(base + "/settings/resources")
	w.pictures("resources-empty")
	w.goes(base + "/settings/businesses")
	w.runs("document.querySelector('.invite').open = true")
	w.do(chromedp.SendKeys("[name=name]", "Copper State Lending"), presses("[value=add]"))
	w.reads("Business added")
	w.goes(base + "/settings/blog")
	w.do(chromedp.SendKeys("[name=name]", "Living in Phoenix"), presses("[value='add site']"))
	w.reads("Blog added")
	w.do(presses("a[href*='add=1']"))
	w.waits("document.querySelector('[name=text]')")
	w.do(chromedp.SendKeys("[name=title]", "Five schools"), chromedp.SendKeys("[name=text]", "A first paragraph.\n\n# A heading\n\n- one\n- two"))
	w.pictures("blog-write")
	w.do(presses("[value=publish]"))
	w.reads("Published")
	w.do(presses("a[href^='/blog/'][href$='five-schools']"))
	w.waits("document.querySelector('h2').innerText === 'A heading' && document.querySelectorAll('li').length >= 2")

	// who did what, and out they go
	f := &foyertest.F{App: a, Credentials: &app.Credentials{LocationID: base[len("/in/"):]}}
	zoe := add(t, f, crm.Contact{FirstName: "Zoe", LastName: "Quartermain", Emails: []crm.Email{{Address: "zoe@x.example"}}, Phones: []crm.Phone{crm.NewPhone("6025550188", "")}})
	w.goes(base + "/settings/audit")
	w.reads("Blog post created")
	w.pictures("audit")
	w.goes(base + "/settings/data")
	w.pictures("data")
	w.do(chromedp.SendKeys("[name=person]", "zoe\r"))
	w.reads("Show what goes")
	w.do(presses(".lines a"))
	w.reads("This cannot be undone")
	w.pictures("erase")
	w.do(presses("[name=sure]"), presses("[value=erase]"))
	w.reads("Erased")
	w.goes(base + "/settings/audit?thing=contact")
	w.reads("Person erased")
	if w.Failed() || zoe == nil {
		return
	}

	// their own account
	w.goes("/account")
	w.do(chromedp.SendKeys("#main form:has([value=begin]) [name=password]", goodPassword), presses("[value=begin]"))
	w.reads("Scan the code")
	w.pictures("account")
	w.goes(base + "/today")
	w.do(chromedp.KeyEvent("g"), chromedp.KeyEvent("s"))
	w.waits("location.pathname.includes('/settings/')")
	w.goes(base + "/today")
	w.runs("document.querySelector('.more-ways').open = true")
	w.picture("more", 390, "light")
	w.picture("more", 390, "dark")
	w.do(presses("form[action='/signout'] button"))
	w.reads("Forgot your password?")
	w.pictures("signin")
	w.goes("/forgot")
	w.pictures("forgot")
	w.goes(fmt.Sprintf("%s?next=/today", "/signin"))
}
