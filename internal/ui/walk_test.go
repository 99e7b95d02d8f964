package ui_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// walker is somebody at a browser. What the browser complains of fails the test: a
// script that breaks, a policy that is violated, a dialog that a script opened.
type walker struct {
	*testing.T
	ctx  context.Context
	base string
}

// walk opens a browser, unless the machine has none.
func walk(t *testing.T, base string) *walker {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("skipped: there is no Chromium on this machine, so no page was walked through")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1440, 900))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // it complains of events that it does not know
	t.Cleanup(stop)
	if end, limited := t.Deadline(); limited { // before go test ends all, so that it is seen where the browser hangs
		ctx, stop = context.WithDeadline(ctx, end.Add(-10*time.Second))
		t.Cleanup(stop)
	}
	w := &walker{T: t, ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("a script broke: %s", e.ExceptionDetails.Error())
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, base+"/") && !strings.HasPrefix(e.Request.URL, "blob:") && !strings.HasPrefix(e.Request.URL, "data:") {
				t.Errorf("a page asked another host: %s", e.Request.URL)
			}
		case *cdppage.EventJavascriptDialogOpening:
			t.Errorf("a script opened a dialog: %s", e.Message)
		case *cdplog.EventEntryAdded:
			refused := strings.Contains(e.Entry.Text, "status of 4") && strings.Contains(e.Entry.URL, "/in/") // a page that says no is a page
			if e.Entry.Level == cdplog.LevelError && !refused {
				t.Errorf("the browser says: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	w.do(cdplog.Enable(), cdppage.Enable(), network.Enable())
	return w
}

// is signs somebody in by their cookie.
func (w *walker) is(cookie string) {
	w.Helper()
	name, value, _ := strings.Cut(cookie, "=")
	w.do(network.SetCookie(name, value).WithURL(w.base))
}

func (w *walker) do(actions ...chromedp.Action) {
	w.Helper()
	if err := chromedp.Run(w.ctx, actions...); err != nil {
		w.picture("failed", 1440, "light")
		w.Fatal(err)
	}
}

func (w *walker) goes(path string) {
	w.Helper()
	for range 5 { // a page that is just coming in by itself gets in the way
		if err := chromedp.Run(w.ctx, chromedp.Navigate(w.base+path)); err == nil || !strings.Contains(err.Error(), "ERR_ABORTED") {
			break
		}
	}
	w.do(chromedp.WaitReady("body"))
}

// waits until a condition holds, also over pages that follow one another.
func (w *walker) waits(condition string) {
	w.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		ok := false
		if chromedp.Run(w.ctx, chromedp.Evaluate("document.readyState === 'complete' && !!("+condition+")", &ok)) == nil && ok {
			return
		}
		_ = chromedp.Run(w.ctx, chromedp.Sleep(50*time.Millisecond))
	}
	var text string
	_ = chromedp.Run(w.ctx, chromedp.Evaluate("location.href + ' ' + document.querySelector('main').innerText.slice(0, 600)", &text))
	w.picture("failed", 1440, "light")
	w.Fatalf("in vain for %s; the page is %s", condition, text)
}

func (w *walker) reads(text string) {
	w.Helper()
	w.waits(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// keys are pressed as a keyboard does: what a script makes of a key that goes down
// decides whether it is typed too. chromedp.KeyEvent would type it in any case.
func (w *walker) keys(keys string) {
	w.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := events[0], events[len(events)-1]
		if typed := events[1]; typed != up {
			down.Text, down.UnmodifiedText = typed.Text, typed.UnmodifiedText
		}
		w.do(down, up)
	}
}

func (w *walker) runs(script string) {
	w.Helper()
	w.do(chromedp.Evaluate(script, nil))
}

// presses a button by script: a click on a page that is just coming in is lost.
func presses(selector string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) (err error) {
		for range 100 { // the page may be just coming in
			there := false
			err = chromedp.Evaluate(fmt.Sprintf("(e => e ? (e.click(), true) : false)(document.querySelector(%q))", selector), &there).Do(ctx)
			if err == nil && there {
				return nil
			}
			if e := chromedp.Sleep(50 * time.Millisecond).Do(ctx); e != nil {
				return e
			}
		}
		return fmt.Errorf("there is no %s to press: %w", selector, err)
	})
}

// picture keeps how the page looks, in the folder that FOYER_TEST_PICTURES names.
func (w *walker) picture(name string, width int64, scheme string) {
	dir := os.Getenv("FOYER_TEST_PICTURES")
	if dir == "" {
		return
	}
	var png []byte
	err := chromedp.Run(w.ctx, emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.Sleep(150*time.Millisecond), chromedp.CaptureScreenshot(&png), emulation.SetDeviceMetricsOverride(1440, 900, 1, false))
	if err != nil {
		w.Logf("no picture of %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), png, 0o600); err != nil {
		w.Error(err)
	}
}

// pictures are those of all widths, light and dark.
func (w *walker) pictures(name string) {
	if os.Getenv("FOYER_TEST_PICTURES") == "" {
		return
	}
	for _, width := range []int64{1440, 1024, 390} {
		for _, scheme := range []string{"light", "dark"} {
			w.picture(name, width, scheme)
		}
	}
}

// works has Foyer do what it does between requests until the test ends.
func works(t *testing.T, f *foyertest.F) {
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
}

// visits opens a browser on a new Foyer.
func visits(t *testing.T) (*foyertest.F, *walker) {
	t.Helper()
	f := foyertest.New(t)
	return f, walksIn(t, f)
}

// walksIn opens a browser on a Foyer, which is at work, and signs its first admin in:
// Olga Owner.
func walksIn(t *testing.T, f *foyertest.F) *walker {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: short")
	}
	works(t, f)
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.ChangeUser(ctx, tx, f.Vars["user.id"], func(u *crm.User) { u.FirstName, u.LastName = "Olga", "Owner" })
		return err
	})
	w := walk(t, f.URL)
	w.goes("/today")
	w.do(chromedp.SendKeys("#email", f.Vars["user.email"]), chromedp.SendKeys("#password", foyertest.Password+"\r"))
	w.waits("document.querySelector('.ways')")
	return w
}

// An agent's day: sign in, see a lead arrive, find people, change them in the
// list and on their page, do tasks, merge two who are one, and take things back.
func TestAWalkThroughThePages(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	w.reads("Nobody yet")
	w.pictures("today-empty")

	// somebody comes in while Today is open
	long := "Maximiliana Theodora von und zu Hohenlohe-Waldenburg-Schillingsfürst"
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Type: "buyer", Source: "Open house", Emails: []crm.Email{{Address: "ana@x.example"}}, Phones: []crm.Phone{crm.NewPhone("6025550123", "cell")}})
	w.reads("Ana Arriving")
	for i := range 119 {
		c := crm.Contact{FirstName: fmt.Sprintf("Person%03d", i), LastName: "Walker", Type: []string{"buyer", "seller", "lead"}[i%3], Tags: []string{"tour"}, Source: "Zillow", Phones: []crm.Phone{crm.NewPhone(fmt.Sprintf("602555%04d", 2000+i), "")}}
		if i == 118 {
			c.FirstName, c.LastName, c.CompanyName, c.Stage = long, strings.Repeat("Verylongname", 12), strings.Repeat("Company ", 30), strings.Repeat("Stage", 20)
		}
		add(t, f, c)
	}

	// the list: search while typing, more at the end, changes in place, many at once
	w.goes(base + "/contacts")
	w.pictures("contacts")
	w.waits("document.querySelectorAll('#rows > tr:not(.more)').length === 50")
	w.runs("document.querySelector('.more').scrollIntoView()")
	w.waits("document.querySelectorAll('#rows > tr:not(.more)').length >= 100")
	w.do(chromedp.SendKeys("#q", "arriv"))
	w.waits("document.querySelectorAll('#rows > tr').length === 1")
	w.runs("document.activeElement.blur()")
	w.keys("j")
	w.keys("e")
	w.waits("document.querySelector('td.editing select')")
	w.runs("(s => { s.value = 'seller'; s.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('td.editing select'))")
	w.waits("document.querySelector('.kind-seller') && document.querySelector('#toasts .toast')")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	w.goes(base + "/contacts?q=walker")
	w.keys("j")
	w.keys("x")
	w.keys("j")
	w.keys("x")
	w.waits("document.querySelector('[data-count]').textContent === '2'")
	w.picture("contacts-selected", 1440, "light")
	w.runs("document.querySelector('.bulk [name=tag]').value = 'walked'; document.querySelector('.bulk [value=tag]').click()")
	w.reads("2 contacts tagged")
	w.keys("u")
	w.reads("Undone")
	w.runs("document.querySelectorAll('#rows .pick input')[0].click(); document.querySelector('.bulk [value=delete]').click()")
	w.reads("will be deleted in a minute")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("1 contact kept")

	// the palette finds people
	w.runs("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true}))")
	w.do(chromedp.SendKeys("#ask", "ana arr"))
	w.waits("document.querySelector('#answers-people a')")
	w.picture("palette", 1440, "light")
	w.keys("\r")
	w.reads("Reach them")

	// their page
	w.pictures("contact")
	w.do(chromedp.SendKeys("#note", "Wants a pool"), presses(".compose button"))
	w.reads("Note added")
	w.reads("Wants a pool")
	w.goes(base + "/contacts/" + ana.ID + "?edit=profile")
	w.do(chromedp.SetValue("[name=stage]", "Hot"))
	if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.AddTags(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, ana.ID, []string{"meanwhile"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.do(presses("#profile button.main"))
	w.reads("Somebody changed this contact while you did")
	w.pictures("contact-stale")
	w.do(presses("#profile button.main"))
	w.reads("Saved")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	w.goes(base + "/contacts/" + ana.ID)
	w.runs("document.querySelector('.work .add').open = true")
	w.do(chromedp.SendKeys(".work [name=title]", "Send listings"), chromedp.SetValue(".work [name=due]", time.Now().Format("2006-01-02T15:04")), presses(".work .add .main"))
	w.reads("Task added")
	w.goes(base + "/tasks")
	w.pictures("tasks")
	w.keys("j")
	w.keys("e")
	w.reads("Task done")
	w.keys("u")
	w.reads("Send listings")

	// two who are one
	twin := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Type: "seller", Address: crm.Address{City: "Mesa"}})
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		return crm.KeepSuggestions(ctx, tx, by, &crm.Suggested{ContactID: ana.ID, Pairs: []crm.Suggestion{{ContactID: ana.ID, OtherContactID: twin.ID, Score: .93, Reason: "same name"}}})
	}); err != nil {
		t.Fatal(err)
	}
	w.goes(base + "/duplicates")
	w.reads("same name")
	w.pictures("duplicates")
	w.do(presses(".compare [value=merge]"))
	w.reads("Merged into one contact")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Two contacts again")
	w.goes("/today")
	w.pictures("today")
	w.goes(base + "/contacts?q=Hohenlohe")
	w.pictures("contacts-long")
	w.do(presses("#rows th a"))
	w.reads("Reach them")
	w.pictures("contact-long")
	w.goes(base + "/contacts/nobody")
	w.pictures("problem")
	w.goes("/notifications")
	w.pictures("notifications")
	w.goes("/apps")
	w.pictures("apps")
}
