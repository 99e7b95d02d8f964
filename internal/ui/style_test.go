package ui_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// styled says which templates each area's style is for.
var styled = map[string]string{
	"52-inbox.css":      "inbox snippets",
	"53-pipelines.css":  "pipelines",
	"54-calendar.css":   "calendar",
	"55-account.css":    "account start signin code forgot password",
	"55-automation.css": "automation flow",
	"55-book.css":       "book booked",
	"55-doors.css":      "doors door door-apps parts-doors log log-entry imports import upload webhooks webhook delivery connections connection mapping api",
	"56-matches.css":    "matches parts-estate",
	"56-reports.css":    "reports",
	"56-settings.css":   "sources users location fields tags pipelines-setup calendars resources businesses blog-setup audit data nosettings parts",
}

// lent are the classes of an area's style that pages of another area use on purpose.
var lent = strings.Fields(`
	deal-form deal-for owner-form plain-link slot slots unscript add-link
	back grid-table state inline
	attention breaks
	fit fit-main fit-score
	filters mono`)

var (
	bareClass   = regexp.MustCompile(`^\.([\w-]+)(::?[\w-]+)*$`)
	styleRule   = regexp.MustCompile(`([^{}]+)\{`)
	mediaRule   = regexp.MustCompile(`@media[^{]*\{`)
	classesOf   = regexp.MustCompile(`class="([^"]*)"`)
	templateBit = regexp.MustCompile(`\{\{[^}]*\}\}`)
)

// A class that one area's style gives a look to by itself means nothing else on the
// pages of others: what two areas share stands in 40-parts.css.
func TestAClassMeansOneThing(t *testing.T) {
	users := map[string][]string{} // the templates that use a class
	files, err := filepath.Glob("templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		for _, m := range classesOf.FindAllStringSubmatch(read(t, file), -1) {
			for _, class := range strings.Fields(templateBit.ReplaceAllString(m[1], " ")) {
				users[class] = append(users[class], name)
			}
		}
	}
	needed := map[string]bool{}
	for style, own := range styled {
		for _, rule := range styleRule.FindAllStringSubmatch(mediaRule.ReplaceAllString(read(t, "static/css/"+style), ""), -1) {
			for selector := range strings.SplitSeq(rule[1], ",") {
				m := bareClass.FindStringSubmatch(strings.TrimSpace(selector))
				if m == nil {
					continue
				}
				for _, user := range users[m[1]] {
					switch {
					case slices.Contains(strings.Fields(own), user):
					case slices.Contains(lent, m[1]):
						needed[m[1]] = true
					default:
						t.Errorf("%s gives .%s a look, and templates/%s.html uses that name for something of its own", style, m[1], user)
					}
				}
			}
		}
	}
	for _, class := range lent {
		if !needed[class] {
			t.Errorf(".%s is not lent to anybody", class)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) // #nosec G304 -- of this folder
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
