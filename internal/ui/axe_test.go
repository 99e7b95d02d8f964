package ui_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/foyertest/npm"
)

// violation is a rule that axe found broken.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML    string
		Summary string `json:"failureSummary"`
	}
}

// Nothing that axe takes for serious or critical is on any page, light and wide or
// dark and narrow.
func TestEveryPageIsAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: short")
	}
	script, err := os.ReadFile(filepath.Join(npm.Install(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	f := foyertest.New(t)
	agency(t, f)
	w := walk(t, f.URL)
	cookie := f.SignIn(t, f.Vars["user.email"])
	w.is(cookie)
	pages := tour(t, f, cookie, 1)
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1440, "light"}, {390, "dark"}} {
		w.do(emulation.SetDeviceMetricsOverride(look.width, 900, 1, look.width < 500),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}))
		for i, path := range pages {
			if os.Getenv("FOYER_SOAK") == "" && (i%2 == 0) != (look.width > 500) {
				continue // each page in one of the two
			}
			w.goes(path)
			w.do(chromedp.Evaluate(string(script)+"; 0", nil))
			var found string
			w.do(chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`, &found,
				func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
			var list []violation
			if err := json.Unmarshal([]byte(found), &list); err != nil {
				t.Fatal(err)
			}
			for _, v := range list {
				if v.Impact != "serious" && v.Impact != "critical" {
					continue
				}
				var where []string
				for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
					where = append(where, n.HTML+"\n\t\t"+strings.ReplaceAll(n.Summary, "\n", " "))
				}
				t.Errorf("%s, %s %d: %s (%s, %d times)\n\t%s", path, look.scheme, look.width, v.Help, v.ID, len(v.Nodes), strings.Join(where, "\n\t"))
			}
		}
	}
	t.Logf("%d pages looked at", len(pages))
}
