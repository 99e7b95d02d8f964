package ui_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// An operations person brings a file in, says what a column means, sees what would
// happen, imports it, reads why rows were not taken, and takes it all back.
func TestAWalkThroughAnImport(t *testing.T) {
	f, w := visits(t)
	base := "/in/" + f.Credentials.LocationID + "/integrations/imports"
	var text strings.Builder
	text.WriteString("First Name,Last Name,Email,Mobile,Lead Source,Wishes,Internal No\n")
	for i := range 40 {
		fmt.Fprintf(&text, "Ana,Person%d,ana%d@x.example,602555%04d,Zillow,A house with a pool and a garage number %d,%d\n", i, i, 1000+i, i, i)
	}
	text.WriteString(",,not an address,,,\n")
	file := filepath.Join(t.TempDir(), "spring-leads.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.goes(base)
	w.reads("Nothing was imported yet")
	w.pictures("imports-empty")
	w.do(chromedp.SetUploadFiles("input[type=file]", []string{file}), presses(".drop-file .main"))
	w.reads("What the columns mean")
	w.pictures("upload")
	w.runs(`(s => { s.value = "" })(document.querySelectorAll('select[name=column]')[6]); document.querySelector('[name=tags]').value = 'spring'`)
	w.do(presses("[value=preview]"))
	w.reads("What would happen")
	w.waits("document.querySelector('.tally .good').textContent === '40'")
	w.pictures("upload-preview")
	w.do(presses("button.main[value=run]"))
	w.reads("What it did")
	w.waits("document.querySelector('.tally .good').textContent === '40'")
	w.reads("Rows that were not taken")
	w.pictures("import")
	w.goes(base)
	w.reads("spring-leads.csv")
	w.pictures("imports")
	w.do(presses("#rows th a"))
	w.reads("Undo this import")
	w.do(presses("[value=undo]"))
	w.reads("Taken back: 40 contacts deleted")
	w.pictures("import-undone")
}

// A vCard of an address book is brought in the same way, without columns to explain.
func TestAWalkThroughAVCard(t *testing.T) {
	f := foyertest.New(t)
	w := walksIn(t, f)
	base := "/in/" + f.Credentials.LocationID + "/integrations/imports"
	file := filepath.Join(t.TempDir(), "address-book.vcf")
	cards := "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Arriving;Ana;;;\r\nFN:Ana Arriving\r\nEMAIL;TYPE=HOME:ana@x.example\r\nTEL;TYPE=CELL:+16025550147\r\nNOTE:Wants a pool\r\nEND:VCARD\r\n" +
		"BEGIN:VCARD\r\nVERSION:4.0\r\nN:Beach;Bo;;;\r\nFN:Bo Beach\r\nEMAIL:bo@x.example\r\nEND:VCARD\r\n"
	if err := os.WriteFile(file, []byte(cards), 0o600); err != nil {
		t.Fatal(err)
	}
	w.goes(base)
	w.do(chromedp.SetUploadFiles("input[type=file]", []string{file}), presses(".drop-file .main"))
	w.reads("vCard")
	w.do(presses("[value=preview]"))
	w.reads("What would happen")
	w.waits("document.querySelector('.tally .good').textContent === '2'")
	w.pictures("upload-vcard")
	w.do(presses("button.main[value=run]"))
	w.reads("What it did")
	w.waits("document.querySelector('.tally .good').textContent === '2'")
	w.goes("/in/" + f.Credentials.LocationID + "/contacts?q=arriving")
	w.reads("Ana Arriving")
}
