package ui_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// What somebody looks for and has is added, changed in place and deleted on their
// page and on that of their matches; what is wrong is said at the field, and what
// was typed stays.
func TestWishesAndHomesOnThePages(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		_, cookie := person(t, f, "ann", map[string]bool{})
		_, assigned := person(t, f, "asa", map[string]bool{crm.AssignedOnly: true})
		readonly := reader(t, f, "rea")
		c := add(t, f, crm.Contact{FirstName: "Ana", Emails: []crm.Email{{Address: "ana@x.example"}}})
		here := "/in/" + f.Credentials.LocationID + "/contacts/" + c.ID
		asks := func(path, form, as string, status int, texts ...string) string {
			t.Helper()
			method := "POST"
			if form == "" {
				method = "GET"
			}
			got, page := send(t, f, method, path, as, form, "Content-Type", formType)
			if got != status {
				t.Fatalf("%s %s: %d, want %d: %.400s", path, form, got, status, page)
			}
			for _, text := range texts {
				if !strings.Contains(page, text) {
					t.Errorf("%s %s does not show %q", path, form, text)
				}
			}
			return page
		}
		for _, page := range []string{here, here + "/matches"} {
			const fine = "part=estate&do=add-wish&city=Tempe&min=400,000&max=$480,000&beds=3"
			asks(page, "part=estate&do=add-wish&city=Tempe&max=cheap", cookie, http.StatusBadRequest, `value="cheap"`, `value="Tempe"`, "Write a number, such as 450,000", `aria-invalid="true"`, "<details class=\"add\" open>")
			asks(page, "part=estate&do=add-wish&min=5&max=3", cookie, http.StatusBadRequest, "This is less than the price from")
			asks(page, "part=estate&do=add-home", cookie, http.StatusBadRequest, "Say at least where")
			asks(page, fine, cookie, http.StatusSeeOther)
			shown := asks(page, "", cookie, http.StatusOK, "In Tempe", "$400,000 – $480,000", "3 bd")
			id := regexp.MustCompile(`edit=wish:([^#"]+)`).FindStringSubmatch(shown)[1]
			edit := asks(page+"?edit=wish:"+id, "", cookie, http.StatusOK, `value="400000"`, `value="save-wish"`)
			seen := "&seen=" + regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(edit)[1]

			// who may not
			asks(page, "part=estate&do=delete-wish&id="+id, readonly, http.StatusForbidden)
			asks(page, "part=estate&do=delete-wish&id="+id, assigned, http.StatusNotFound)
			asks(page, fine, assigned, http.StatusNotFound)
			for _, no := range []string{"edit=wish", "delete-wish", "add-wish"} {
				if strings.Contains(asks(page, "", readonly, http.StatusOK, "In Tempe"), no) {
					t.Errorf("%s shows %s to who only reads", page, no)
				}
			}

			asks(page, "part=estate&do=save-wish&id="+id+seen+"&city=Mesa&min=400000&max=few", cookie, http.StatusBadRequest, `value="few"`, `value="Mesa"`, `value="save-wish"`)
			asks(page, "part=estate&do=save-wish&id="+id+seen+"&city=Mesa&min=400000&max=480000", cookie, http.StatusSeeOther)
			if shown := asks(page, "", cookie, http.StatusOK, "In Mesa"); strings.Contains(shown, "3 bd") {
				t.Errorf("%s: the bedrooms stayed", page)
			}
			asks(page, "part=estate&do=save-wish&id="+id+"&seen=1&city=Gilbert&min=400000&max=480000", cookie, http.StatusConflict, "Somebody changed this while you did", `value="Gilbert"`, "In Mesa")

			// what was Tempe is Mesa now: Tempe is another
			asks(page, fine, cookie, http.StatusSeeOther)
			asks(page, "", cookie, http.StatusOK, "In Tempe", "In Mesa")
			for range 2 {
				shown := asks(page, "", cookie, http.StatusOK)
				id := regexp.MustCompile(`edit=wish:([^#"]+)`).FindStringSubmatch(shown)[1]
				status, to, _ := postAs(t, f, page, cookie, "part=estate&do=delete-wish&id="+id)
				if status != http.StatusSeeOther || !strings.Contains(to, "undo=deleted") {
					t.Fatalf("deleting: %d %s", status, to)
				}
				if strings.Contains(asks(page, "", cookie, http.StatusOK), id) {
					t.Error("it is still there")
				}
				undo := regexp.MustCompile(`undo=([^&]+)`).FindStringSubmatch(to)[1]
				asks("/in/"+f.Credentials.LocationID+"/undo", "undo="+undo, cookie, http.StatusSeeOther)
				asks(page, "", cookie, http.StatusOK, id)
				asks(page, "part=estate&do=delete-wish&id="+id, cookie, http.StatusSeeOther)
			}
			asks(page, "", cookie, http.StatusOK, "Nothing noted yet")
		}
	})
}

// postAs sends a form as somebody, and follows nothing.
func postAs(t *testing.T, f *foyertest.F, path, cookie, form string) (status int, to, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Cookie", cookie)
	status, to, text = answered(t, req)
	to, _ = url.QueryUnescape(to)
	return status, to, text
}
