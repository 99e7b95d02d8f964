package ui_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// drags a thing with the mouse as a browser tells of it: from an element to another.
func drags(from, to string, below int) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`(() => {
		const a = document.querySelector(%q), b = document.querySelector(%q), r = b.getBoundingClientRect(), data = new DataTransfer();
		const at = {bubbles: true, cancelable: true, dataTransfer: data, clientX: r.left + 20, clientY: r.top + %d};
		a.dispatchEvent(new DragEvent("dragstart", {...at}));
		b.dispatchEvent(new DragEvent("dragover", at));
		(document.querySelector(".drop-line") || b).dispatchEvent(new DragEvent("drop", at));
		a.dispatchEvent(new DragEvent("dragend", at));
	})()`, from, to, below), nil)
}

// A board: begin with one, add a deal, move it by its form and by dragging, see
// what others do, win it, delete it and take that back.
func TestAWalkThroughPipelines(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID
	w.goes(base + "/pipelines")
	w.reads("No pipeline yet")
	w.pictures("pipelines-none")
	w.do(presses("[value=start]"))
	w.reads("Pipeline added")
	w.pictures("pipelines-empty")
	ana := add(t, f, crm.Contact{FirstName: "Ana", LastName: "Arriving", Emails: []crm.Email{{Address: "ana@x.example"}}})
	w.goes(base + "/pipelines?new=1")
	w.do(chromedp.SendKeys("[name=contact]", "arriv"))
	w.waits("document.querySelector('#pick-choices option')")
	w.pictures("pipelines-new")
	w.runs("document.querySelector('#deal [name=contact]').value = document.querySelector('#pick-choices option').value")
	w.do(chromedp.SendKeys("#deal [name=name]", "Ana’s condo"), chromedp.SendKeys("#deal [name=value]", "$450,000"), presses("[value=add]"))
	w.reads("Opportunity added")
	w.reads("$450,000")

	// by its form, then by dragging, and back
	w.runs("document.querySelector('.deal [name=stage]').selectedIndex = 1; document.querySelector('.deal [value=move]').click()")
	w.waits("document.querySelector('.stage-column:nth-child(2) .deal') && document.querySelector('#toasts form')")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	w.waits("document.querySelector('.stage-column:first-child .deal')")
	w.do(drags(".deal", ".stage-column:nth-child(3) .stage-cards", 4))
	w.waits("document.querySelector('.stage-column:nth-child(3) .deal') && document.querySelector('#toasts form')")
	w.goes(base + "/pipelines")
	w.waits("document.querySelector('.stage-column:nth-child(3) .deal')")

	// another moves it, and adds many, while the board is open
	var p crm.Pipeline
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		all, err := crm.Pipelines(ctx, tx, f.Credentials.LocationID)
		p = all[0]
		return err
	})
	mara := f.AddUser(t, "mara", "mara@agency.example", "Mara", "Mentor")
	does(t, f, func(ctx context.Context, tx *db.Tx, by crm.Actor) error {
		for i := range 95 {
			name, value, stage := fmt.Sprintf("Deal %02d with a family", i), float64(180000+i*17350), p.Stages[i*i%5].ID
			owner := []string{f.Vars["user.id"], mara.ID, ""}[i%3]
			if i == 40 {
				name = "A very long name of a deal that somebody wrote down with everything they knew about the house, its owner and the price"
			}
			if _, err := crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{Name: &name, ContactID: &ana.ID, PipelineID: &p.ID, StageID: &stage, MonetaryValue: &value, AssignedTo: &owner}, true); err != nil {
				return err
			}
		}
		return nil
	})
	w.reads("Deal 90 with a family")
	w.pictures("pipelines")
	w.do(presses("[data-swap]"))
	w.waits("document.querySelectorAll('.stage-column:nth-child(2) .deal').length > 25")
	w.goes(base + "/pipelines?owner=" + mara.ID)
	w.waits("document.querySelectorAll('.deal').length === 32")

	// within a stage: the first one behind the second
	w.goes(base + "/pipelines")
	w.waits("document.querySelector('.deal')")
	w.runs("window.was = document.querySelector('.deal').dataset.id")
	w.do(drags(".stage-column:first-child .deal", ".stage-column:first-child .deal:nth-child(2)", 70))
	w.waits("document.querySelector('.stage-column:first-child .deal:nth-child(2)').dataset.id === window.was")
	w.runs("window.stays = true")
	time.Sleep(100 * time.Millisecond)
	w.goes(base + "/pipelines")
	w.waits("document.querySelector('.deal')")

	// edit, win, delete, undo
	w.do(presses(".stage-column:nth-child(3) .deal-name a"))
	w.reads("in this stage since")
	w.pictures("pipelines-edit")
	w.do(chromedp.SetValue("#deal [name=status]", "won"), presses("[value=save]"))
	w.reads("Opportunity saved")
	w.goes(base + "/pipelines?status=won")
	w.waits("document.querySelectorAll('.deal').length === 1")
	w.do(presses(".deal-name a"))
	w.reads("won since")
	w.do(presses("#deal [value=delete]"))
	w.reads("Opportunity deleted")
	w.waits("document.querySelectorAll('.deal').length === 0")
	w.runs("document.querySelector('#toasts form').requestSubmit()")
	w.reads("Undone")
	w.waits("document.querySelectorAll('.deal').length === 1")
}
