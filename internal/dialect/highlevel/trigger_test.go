package highlevel_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// polled is the answer of a feed.
type polled struct {
	Items []struct {
		ID   string
		Data map[string]any
	}
	Since string
	tag   string
}

func poll(t *testing.T, f *foyertest.F, path string, want int, headers ...string) (p polled) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", f.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
	req.Header.Set("Version", "2021-07-28")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var text json.RawMessage
	if want != http.StatusNotModified {
		if err := json.NewDecoder(res.Body).Decode(&text); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(text, &p)
	}
	if res.StatusCode != want {
		t.Errorf("GET %s: %d, want %d: %s", path, res.StatusCode, want, text)
	}
	p.tag = res.Header.Get("ETag")
	return p
}

// Every trigger of the catalogue can be polled, with its parameters behind the
// question mark, and finds what its operation finds.
func TestEveryTriggerIsAFeed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		ids := theirThings(t, f, f.Vars["locationId"])
		whole := func(method, path, body string) map[string]any {
			_, _, a := ask(t, f, method, path, strings.ReplaceAll(body, "LOC", f.Vars["locationId"]))
			return a
		}
		calendar := whole("POST", "/calendars/", `{"locationId": "LOC", "name": "Tour"}`)["calendar"].(map[string]any)["id"].(string)
		appointment := whole("POST", "/calendars/events/appointments", `{"locationId": "LOC", "calendarId": "`+calendar+`", "contactId": "`+ids["contactId"]+`", "startTime": "2035-06-18T09:00:00Z", "ignoreFreeSlotValidation": true}`)["id"].(string)
		whole("POST", "/calendars/appointments/"+appointment+"/notes", `{"body": "x"}`)
		whole("POST", "/calendars/groups", `{"locationId": "LOC", "name": "n", "description": "d", "slug": "s"}`)
		whole("POST", "/calendars/events/block-slots", `{"locationId": "LOC", "calendarId": "`+calendar+`", "startTime": "2035-06-18T12:00:00Z", "endTime": "2035-06-18T13:00:00Z"}`)
		room := whole("POST", "/calendars/resources/rooms", `{"locationId": "LOC", "name": "r", "description": "d", "quantity": 1, "outOfService": 0, "capacity": 1, "calendarIds": ["`+calendar+`"]}`)["id"].(string)
		notification := strings.Trim(raw2(t, f, "POST", "/calendars/"+calendar+"/notifications", `[{"receiverType": "contact", "channel": "email", "notificationType": "booked"}]`), "[]")
		var told struct {
			ID string `json:"_id"`
		}
		_ = json.Unmarshal([]byte(notification), &told)
		pipeline := whole("POST", "/opportunities/pipelines", `{"locationId": "LOC", "name": "Buyers", "stages": [{"name": "New"}]}`)["pipeline"].(map[string]any)["id"].(string)
		deal := whole("POST", "/opportunities/", `{"locationId": "LOC", "pipelineId": "`+pipeline+`", "name": "x", "status": "open", "contactId": "`+ids["contactId"]+`"}`)["opportunity"].(map[string]any)["id"].(string)
		business := whole("POST", "/businesses/", `{"locationId": "LOC", "name": "Acme"}`)["business"].(map[string]any)["id"].(string)
		whole("POST", "/contacts/bulk/business", `{"locationId": "LOC", "ids": ["`+ids["contactId"]+`"], "businessId": "`+business+`"}`)
		span := url.Values{"calendarId": {calendar}, "startTime": {"2065737600000"}, "endTime": {"2065823999999"}}.Encode()
		with := map[string]string{
			"Get Contact Task by ID": "contactId=" + ids["contactId"] + "&taskId=" + ids["taskId"], "Get Contact Note by ID": "contactId=" + ids["contactId"] + "&id=" + ids["notes"], "Get Contacts by Business": "businessId=" + business, "Get Duplicate Contact": "number=6025550199",
			"Get Calendar by ID": "calendarId=" + calendar, "Get Free Slots": "calendarId=" + calendar + "&startDate=2065737600000&endDate=2065996799999", "List Calendar Events": span, "List Blocked Slots": span,
			"Get Appointment": "eventId=" + appointment, "List Appointment Notes": "appointmentId=" + appointment, "List Calendar Notifications": "calendarId=" + calendar,
			"Get Calendar Notification": "calendarId=" + calendar + "&notificationId=" + told.ID, "List Calendar Resources": "resourceType=rooms", "Get Calendar Resource": "resourceType=rooms&id=" + room,
			"Get Opportunity": "id=" + deal, "Search Opportunities": "location_id=" + f.Vars["locationId"], "Search Users": "companyId=" + f.Vars["companyId"], "Filter Users by Email": "companyId=" + f.Vars["companyId"] + "&emails=" + url.QueryEscape(f.Vars["user.email"]),
			"Get User": "userId=" + f.Vars["user.id"], "Get Email by ID": "id=" + ids["email"], "Get Message by ID": "id=" + ids["messages"], "Get Business": "businessId=" + business, "Get Company": "companyId=" + f.Vars["companyId"],
			"Get Association by Keys": "objectKey=contact", "Check Blog URL Slug": "urlSlug=x", "Get Blog Posts": "blogId=" + ids["blogId"], "Search Contacts": "pageLimit=10",
		}
		n := 0
		for _, o := range highlevel.Triggers() {
			n++
			query := with[o.Name]
			if query == "" {
				q := url.Values{}
				for _, m := range placeholder.FindAllStringSubmatch(o.Path, -1) {
					q.Set(m[1], ids[m[1]])
				}
				query = q.Encode()
			}
			headers := []string{}
			if o.Token == highlevel.Agency {
				headers = []string{"Authorization", "Bearer " + f.Vars["agency"]}
			}
			want := http.StatusOK
			if o.Name == "Get Message Recording" {
				want = http.StatusNotFound // this call has none
			}
			p := poll(t, f, o.Feed()+"?"+query, want, headers...)
			if want == http.StatusOK && (len(p.Items) == 0 || p.Since == "" || p.Items[0].ID == "" || p.tag == "") {
				t.Errorf("%s: %+v", o.Name, p)
			}
			if again := poll(t, f, o.Feed()+"?"+query, want, headers...); len(again.Items) > 0 && again.Items[0].ID != p.Items[0].ID {
				t.Errorf("%s: %s, before %s", o.Name, again.Items[0].ID, p.Items[0].ID)
			}
		}
		if n != 55 {
			t.Errorf("%d triggers", n)
		}
	})
}

func raw2(t *testing.T, f *foyertest.F, method, path, body string) string {
	t.Helper()
	_, text := raw(t, f, method, path, body)
	return text
}

// A poll with the cursor of the one before finds what changed since, the newest
// first, and nothing where nothing did.
func TestAPollFindsWhatIsNew(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		prepare(t, f)
		const feed = "/triggers/search-contacts"
		ana := created(t, f, `"firstName": "Ana"`)
		time.Sleep(1100 * time.Millisecond) // what happens now may still be on its way
		first := poll(t, f, feed, http.StatusOK)
		if len(first.Items) != 1 || first.Items[0].Data["id"] != ana {
			t.Fatalf("%+v", first)
		}
		poll(t, f, feed, http.StatusNotModified, "If-None-Match", first.tag)
		if none := poll(t, f, feed+"?since="+first.Since, http.StatusOK); len(none.Items) != 0 {
			t.Errorf("%+v", none)
		}
		bob := created(t, f, `"firstName": "Bob"`)
		next := poll(t, f, feed+"?since="+first.Since, http.StatusOK)
		if len(next.Items) != 1 || next.Items[0].Data["id"] != bob {
			t.Errorf("%+v", next)
		}
		if changed := poll(t, f, feed, http.StatusOK, "If-None-Match", first.tag); len(changed.Items) != 1 || changed.tag == first.tag {
			t.Errorf("%+v", changed)
		}
		ask(t, f, "PUT", "/contacts/"+ana, `{"city": "Rome"}`)
		both := poll(t, f, feed+"?since="+first.Since, http.StatusOK)
		if len(both.Items) != 2 || both.Items[0].Data["id"] != ana || both.Items[0].ID == first.Items[0].ID {
			t.Errorf("%+v", both)
		}
	})
}

// A feed is behind the same scopes, tokens and tenants as its operation.
func TestFeedsAreGuarded(t *testing.T) {
	f := foyertest.New(t)
	prepare(t, f)
	for path, want := range map[string]int{
		"/triggers/search-contacts?since=x":                                    http.StatusUnprocessableEntity,
		"/triggers/get-contact":                                                http.StatusUnprocessableEntity,
		"/triggers/get-contact?contactId=none":                                 http.StatusBadRequest,
		"/triggers/no-such-trigger":                                            http.StatusNotFound,
		"/triggers/search-contacts?locationId=" + f.Vars["neighbour.location"]: http.StatusForbidden,
		"/triggers/list-snapshots":                                             http.StatusUnauthorized, // a company's
	} {
		poll(t, f, path, want)
	}
	poll(t, f, "/triggers/list-calendars", http.StatusUnauthorized, "Authorization", "Bearer "+f.Vars["readonly"])
	poll(t, f, "/triggers/search-contacts", http.StatusUnauthorized, "Authorization", "")
	poll(t, f, "/triggers/search-contacts", http.StatusUnauthorized, "Version", "")
}
