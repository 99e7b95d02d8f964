package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Each form of the settings stores what is entered; says at the field what is wrong
// and keeps what was typed; and is not for who only reads, or sees only some of the
// contacts.
func TestEveryFormOfTheSettings(t *testing.T) {
	forms := []struct {
		path, good, shows string // shows stands on the page after it
		bad, says, keeps  string
	}{
		{"location", "do=save&name=Mesa+Office&timezone=America/Phoenix&city=Mesa&email=hi@x.example", `value="Mesa Office"`,
			"do=save&name=&timezone=Mars/Base&city=Keepville", `id="wrong-`, `value="Keepville"`},
		{"users", "do=invite&email=nina@agency.example&first=Nina&last=New&role=user", "nina@agency.example",
			"do=invite&email=no+address&first=Keepina&role=user", "Check what you entered", `value="Keepina"`},
		{"fields", "do=add&name=Price+range&kind=TEXT&model=contact", "Price range",
			"do=add&name=&kind=LARGE_TEXT&model=contact&options=Keep+this", `id="wrong-name"`, "Keep this</textarea>"},
		{"tags", "do=add&name=open+house", "open house", "do=add&name=", "New tag", `class="`},
		{"pipelines", "do=add&name=Buyers&stages=New%0AWon", "Buyers", "do=add&name=&stages=Keep+stage", `id="wrong-name"`, "Keep stage"},
		{"calendars", "do=save&id=&name=Showings&duration=30&interval=30&active=1&open:1=1&from:1=09:00&until:1=17:00", "Showings",
			"do=save&id=&name=Keepings&duration=45&interval=30&open:1=1&from:1=17:00&until:1=09:00", "hours of Monday", `value="Keepings"`},
		{"resources", "do=add&type=rooms&name=Blue+room&count=4", "Blue room", "do=add&type=rooms&name=&count=4&description=Keep+it", `id="wrong-name"`, "Keep it"},
		{"businesses", "do=add&name=Acme+Title&city=Mesa", "Acme Title", "do=add&name=&city=Keepville", `id="wrong-name"`, `value="Keepville"`},
		{"blog", "do=add+site&name=Mesa+homes", "Mesa homes", "do=add+site&name=&slug=Not+A+Slug", `class="`, `value="Not A Slug"`},
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		boss := f.SignIn(t, f.Vars["user.email"])
		_, assigned := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true, "tagsEnabled": true, "bloggingEnabled": true})
		readonly := reader(t, f, "rea")
		for _, c := range forms {
			path := "/in/" + f.Credentials.LocationID + "/settings/" + c.path
			for name, cookie := range map[string]string{"who only reads": readonly, "who sees only their own": assigned} {
				if status, _, text := postAs(t, f, path, cookie, c.good); status != http.StatusForbidden {
					t.Errorf("%s as %s: %d %.200s", c.path, name, status, text)
				}
			}
			status, _, text := postAs(t, f, path, boss, c.bad)
			if status < 400 || status >= 500 || !strings.Contains(text, c.says) || !strings.Contains(text, c.keeps) {
				t.Errorf("%s, refused: %d, says %t, keeps %t", c.path, status, strings.Contains(text, c.says), strings.Contains(text, c.keeps))
			}
			if status == http.StatusBadRequest && !strings.Contains(text, `class="wrong"`) && !strings.Contains(text, `class="problem"`) {
				t.Errorf("%s does not say what is wrong", c.path)
			}
			checkPage(t, path, text)
			if status, to, text := postAs(t, f, path, boss, c.good); status != http.StatusSeeOther && !strings.Contains(text, c.shows) {
				t.Errorf("%s: %d %s %.300s", c.path, status, to, text)
			}
			if status, text := send(t, f, http.MethodGet, path, boss, ""); status != http.StatusOK || !strings.Contains(text, c.shows) {
				t.Errorf("%s does not show what was stored: %d", c.path, status)
			}
		}
	})
}
