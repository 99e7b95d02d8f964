package ui_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// make pictures takes the pictures of the documents, of the demo's agency.
func TestPicturesForTheDocuments(t *testing.T) {
	dir := os.Getenv("FOYER_PICTURES")
	if dir == "" {
		t.Skip("skipped: FOYER_PICTURES names no folder; make pictures does")
	}
	f := foyertest.New(t)
	agency(t, f)
	works(t, f)
	time.Sleep(8 * time.Second) // the workflows answer whom they know, the reports count them
	cookie := f.SignIn(t, "dana@saguaro.example")
	w := walk(t, f.URL)
	w.is(cookie)
	base := "/in/" + f.Credentials.LocationID
	pages := tour(t, f, cookie, 1)
	one := func(kind string) string {
		for _, path := range pages {
			if kindsOf(path)[0] == kindsOf(base)[0][:len("/in/·")]+kind+"?" {
				return path
			}
		}
		t.Fatalf("the tour came to no %s", kind)
		return ""
	}
	for _, p := range []struct {
		name, path, scheme string
		width, height      int64
	}{
		{"today", base + "/today", "light", 1280, 800},
		{"contacts", base + "/contacts", "light", 1280, 800},
		{"contact", one("/contacts/·"), "light", 1280, 800},
		{"inbox", one("/inbox/·"), "light", 1280, 800},
		{"calendar", base + "/calendar?view=week", "light", 1280, 800},
		{"pipelines", base + "/pipelines", "dark", 1280, 800},
		{"automation", one("/automation/·"), "light", 1280, 800},
		{"reports", base + "/reports", "dark", 1280, 800},
		{"phone", base + "/today", "light", 390, 800},
	} {
		var png []byte
		w.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: p.scheme}}),
			emulation.SetDeviceMetricsOverride(p.width, p.height, 1, p.width < 500))
		w.goes(p.path)
		w.do(chromedp.Sleep(500*time.Millisecond), chromedp.CaptureScreenshot(&png))
		if err := os.WriteFile(filepath.Join(dir, p.name+".png"), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
