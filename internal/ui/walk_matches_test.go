package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A buyer's page: note what they look for, see what fits and why, book a showing
// and add a deal from there.
func TestAWalkThroughMatches(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Type: "buyer", Emails: []crm.Email{{Address: "ana@x.example"}}})
	for i := range 24 {
		does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
			data := map[string]any{"address": fmt.Sprintf("%d Mill Avenue", 100+i), "city": "Tempe", "state": "AZ", "postalCode": fmt.Sprint(85281 + i%3), "price": float64(380000 + i*11000), "bedrooms": float64(2 + i%4), "bathrooms": float64(1 + i%3)}
			if i%7 == 6 {
				delete(data, "price")
			}
			in := crm.Input{Contact: crm.Contact{FirstName: fmt.Sprint("Seller", i), LastName: "Sanders", Type: "seller"}, Properties: []crm.Property{{Key: fmt.Sprint(i), Data: data}},
				Requirements: []crm.Requirement{{Key: "x", Data: map[string]any{"city": "Mesa", "minPrice": float64(300000 + i*5000), "maxPrice": float64(420000 + i*5000), "bedrooms": float64(2 + i%3)}}}}
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: in, AllowDuplicate: true})
			return err
		})
	}
	w.goes(base + "/contacts/" + ana.ID + "/matches")
	w.reads("What do they look for?")
	w.pictures("matches-none")
	w.runs("((form) => { for (const [name, value] of Object.entries({city: 'Tempe', min: '400,000', max: '$480,000', beds: '3'})) form.querySelector('[name=' + name + ']').value = value; form.querySelector('[value=add-wish]').click(); })(document.querySelector('.match-two form'))")
	w.reads("What they look for is noted")
	w.reads("price within budget")
	w.reads("1 bed short")
	w.runs("((form) => { for (const [name, value] of Object.entries({city: 'Mesa', price: '410000', beds: '3'})) form.querySelector('[name=' + name + ']').value = value; form.querySelector('[value=add-home]').click(); })(document.querySelector('.match-two > section:last-child form'))")
	w.reads("Property added")
	w.waits("document.querySelectorAll('.match-two > section:last-child .fit').length > 2")
	w.pictures("matches")
	w.do(presses("a[aria-label='Edit: In Tempe']"))
	w.waits("document.querySelector('[name=max]').value === '480000'")
	w.runs("document.querySelector('.estate-form [name=beds]').value = 'many'; document.querySelector('[value=save-wish]').click()")
	w.reads("Write a number")
	w.pictures("matches-edit")
	w.runs("document.querySelector('.estate-form [name=beds]').value = '2'; document.querySelector('[value=save-wish]').click()")
	w.reads("What they look for is changed")
	w.waits("!document.querySelector('.match-two > section').innerText.includes('bed short')")
	w.goes(base + "/matches?side=wish&city=tempe&max=450000&beds=3")
	w.reads("price within budget")
	w.pictures("matches-tried")
	w.goes(base + "/contacts/" + ana.ID)
	w.waits("document.querySelectorAll('.small-fits .fit').length === 6")
	w.pictures("contact-matches")
	w.do(presses("#homes [value=delete-home]"))
	w.reads("Property deleted")
	w.reads("None known")
	w.do(presses(".toast button"))
	w.reads("Undone")
	w.waits("document.querySelectorAll('.small-fits .fit').length === 6")
	w.do(presses("#wishes .estate-acts a"))
	w.waits("document.querySelector('[value=save-wish]')")
	w.pictures("contact-wish-edit")

	// from their page into the board and the calendar
	w.goes(base + "/pipelines")
	w.do(presses("[value=start]"))
	w.reads("Pipeline added")
	w.goes(base + "/calendar")
	w.do(presses("[value=start]"))
	w.reads("Calendar added")
	w.goes(base + "/contacts/" + ana.ID)
	w.do(presses("a[href*='pipelines?new=1']"))
	w.reads("New opportunity")
	w.do(presses("[value=add]"))
	w.reads("Opportunity added")
	w.goes(base + "/contacts/" + ana.ID)
	w.do(presses("a[href*='calendar?new=1']"))
	w.reads("New appointment")
	w.runs("document.querySelector('#event details').open = true")
	w.do(chromedp.SetValue("#event [name=other]", "2031-03-04T10:00"), presses("[value=book]"))
	w.reads("Booked")
	w.goes(base + "/contacts/" + ana.ID)
	w.reads("Mar 4 2031, 10:00 AM")
	w.do(presses("a[href*='pipelines?id=']"))
	w.reads("in this stage since")
	w.goes(base + "/contacts/" + ana.ID)
	w.do(presses("a[href*='calendar?date=']"))
	w.reads("Cancel it")
}

// Who sees only what is assigned to them sees of boards, calendars and matches
// nothing else, and can change nothing else there.
func TestAssignedOnlyHoldsInPlans(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mine, cookie := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
		c := bookable(t, f, nothing)
		by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		base := "/in/" + by.LocationID
		var secret, own *crm.Contact
		var deal, meeting, block, pipeline string
		for _, who := range []string{"Sesame", "Own"} {
			assigned := ""
			if who == "Own" {
				assigned = mine.ID
			}
			if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
				home := map[string]any{"address": who + " Street", "city": "Tempe", "price": 400000.0}
				wish := map[string]any{"city": "Tempe", "maxPrice": 400000.0}
				saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: who, LastName: "Person", AssignedTo: assigned},
					Properties: []crm.Property{{Key: "x", Data: home}}, Requirements: []crm.Requirement{{Key: "x", Data: wish}}}, AllowDuplicate: true})
				if err != nil {
					return err
				}
				if who == "Own" {
					own = saved.Contact
					return nil
				}
				secret = saved.Contact
				deal, pipeline, meeting, block, err = plans(ctx, tx, by, secret, c)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, path := range []string{"/pipelines", "/pipelines?owner=", "/pipelines?edit=" + deal, "/pipelines?new=1&contact=" + secret.ID, "/pick?contact=sesame", "/calendar?view=day&date=2031-03-04", "/calendar?view=week&date=2031-03-04", "/calendar?view=agenda&date=2031-03-04",
			"/calendar?view=month&date=2031-03-04", "/calendar?edit=" + meeting, "/calendar?edit=" + block, "/matches?city=Tempe&max=400000", "/matches?side=home&city=Tempe&price=400000", "/contacts/" + own.ID + "/matches", "/contacts/" + own.ID} {
			if status, page := send(t, f, "GET", base+path, cookie, ""); status != http.StatusOK || strings.Contains(page, "Sesame") {
				t.Errorf("%s: %d, and it shows another's", path, status)
			}
		}
		for _, form := range []string{
			"pipelines?do=move&id=" + deal, "pipelines?do=delete&id=" + deal, "pipelines?do=save&version=1&id=" + deal, "pipelines?do=add&name=x&contact=" + secret.ID + "&place=" + pipeline,
			"calendar?do=cancel&id=" + meeting, "calendar?do=when&start=2031-03-05T10:00&end=2031-03-05T11:00&id=" + meeting, "calendar?do=unblock&id=" + block, "calendar?do=book&other=2031-03-05T10:00&contact=" + secret.ID + "&calendar=" + c.ID,
			"undo?undo=moved:" + deal + ":x", "undo?undo=meeting-status:" + meeting + ":cancelled",
		} {
			path, body, _ := strings.Cut(form, "?")
			if status, page := send(t, f, "POST", base+"/"+path, cookie, body, "Content-Type", formType); status != http.StatusNotFound {
				t.Errorf("%s: %d %.300s", form, status, page)
			}
		}
	})
}

// nothing changes a calendar in no way.
func nothing(*calendar.Calendar) {}

// plans makes a deal, an appointment and a block of somebody.
func plans(ctx context.Context, tx *db.Tx, by crm.Actor, c *crm.Contact, on *calendar.Calendar) (deal, pipeline, meeting, block string, err error) {
	p, err := crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}}})
	if err != nil {
		return "", "", "", "", err
	}
	name := c.FullName()
	o, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &c.ID, PipelineID: &p.ID}, false)
	if err != nil {
		return "", "", "", "", err
	}
	start := time.Date(2031, 3, 4, 10, 0, 0, 0, time.UTC)
	a, err := calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: on.ID, ContactID: c.ID, Title: name, Start: start, AnyTime: true, AnySlot: true})
	if err != nil {
		return "", "", "", "", err
	}
	b, err := calendar.AddBlock(ctx, tx, by, calendar.Block{UserID: on.Settings.Members[0].UserID, Title: name, Start: start, End: start.Add(time.Hour)})
	if err != nil {
		return "", "", "", "", err
	}
	return o.ID, p.ID + ":" + p.Stages[0].ID, a.ID, b.ID, nil
}
