package highlevel_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

// calendarTimes are the properties that HighLevel's documents call objects and
// the API sends as texts (contract.md §9.1).
var calendarTimes = map[string][]string{
	"CalendarEventDTO":                 {"startTime", "endTime", "dateAdded", "dateUpdated"},
	"BlockedSlotSuccessfulResponseDto": {"startTime", "endTime"},
}

// calendarDocument loads HighLevel's description of the calendars, with these
// corrected.
func calendarDocument(t *testing.T) *openapi3.T {
	t.Helper()
	file := catalogue + "openapi/calendars.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip("skipped: HighLevel's OpenAPI files are not here")
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	schemas := whole["components"].(map[string]any)["schemas"].(map[string]any)
	for name, properties := range calendarTimes {
		for _, p := range properties {
			schemas[name].(map[string]any)["properties"].(map[string]any)[p] = map[string]any{"type": "string"}
		}
	}
	// the dates of free slots have the traceId among them (contract.md §9.2)
	free := whole["paths"].(map[string]any)["/calendars/{calendarId}/free-slots"].(map[string]any)["get"].(map[string]any)["responses"].(map[string]any)["200"].(map[string]any)
	free["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)["properties"] = map[string]any{"traceId": map[string]any{"type": "string"}}
	if text, err = json.Marshal(whole); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	common, err := os.ReadFile(filepath.Join(filepath.Dir(file), "common", "common-schemas.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"apps/calendars.json": text, "common/common-schemas.json": common} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	doc, err := loader.LoadFromFile(filepath.Join(dir, "apps/calendars.json"))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// hold asks, and holds the answer against the schema of its status. What the
// document has no status for is at least an error in the vendor's shape. It gives
// the id in the answer, wherever it is.
func hold(t *testing.T, f *foyertest.F, doc *openapi3.T, method, pattern, path, body string) (id string) {
	t.Helper()
	req, err := http.NewRequest(method, f.URL+path, strings.NewReader(strings.ReplaceAll(body, "LOC", f.Vars["locationId"])))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
	req.Header.Set("Version", "2021-04-15")
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	if res.StatusCode == http.StatusUnprocessableEntity { // in none of the calendars' schemas (contract.md §6)
		if a := answer.(map[string]any); a["statusCode"] != 422.0 || a["traceId"] == "" || a["message"].([]any)[0] == "" {
			t.Errorf("%s %s: %s", method, path, text)
		}
		return ""
	}
	response := doc.Paths.Value(pattern).GetOperation(method).Responses.Status(res.StatusCode)
	if response == nil {
		t.Errorf("%s %s: %d is no status of it: %s", method, path, res.StatusCode, text)
		return ""
	}
	if err := response.Value.Content.Get("application/json").Schema.Value.VisitJSON(answer); err != nil {
		t.Errorf("%s %s: %d: %v: %s", method, path, res.StatusCode, err, text)
	}
	return idIn(bytes.TrimSpace(text))
}

// idIn finds the id of what an answer is about.
func idIn(text []byte) string {
	var one struct {
		ID       string `json:"id"`
		Other    string `json:"_id"`
		Calendar struct{ ID string }
		Group    struct{ ID string }
		Note     struct{ ID string }
		Contact  struct{ ID string }
	}
	text = bytes.Trim(text, "[]")
	if json.Unmarshal(text, &one) != nil {
		return ""
	}
	return one.ID + one.Calendar.ID + one.Group.ID + one.Note.ID + one.Contact.ID + map[bool]string{true: one.Other}[one.ID == ""]
}

// Every operation on calendars, with its errors, answers as HighLevel says.
func TestCalendarsAnswerAsHighLevelDescribes(t *testing.T) {
	doc := calendarDocument(t)
	f := foyertest.New(t)
	f.AddUser(t, "mate", "mate@foyer.example", "Max", "Mate")
	_, _, made := ask(t, f, "POST", "/contacts/", `{"locationId": "`+f.Vars["locationId"]+`", "firstName": "Ana"}`)
	ana := made["contact"].(map[string]any)["id"].(string)
	do := func(method, pattern, path, body string) string {
		t.Helper()
		return hold(t, f, doc, method, pattern, path, body)
	}
	group := do("POST", "/calendars/groups", "/calendars/groups", `{"locationId": "LOC", "name": "n", "description": "d", "slug": "s"}`)
	do("POST", "/calendars/groups", "/calendars/groups", `{"locationId": "LOC", "name": "n", "description": "d", "slug": "s"}`)
	do("POST", "/calendars/groups", "/calendars/groups", `{}`)
	do("GET", "/calendars/groups", "/calendars/groups", "")
	do("PUT", "/calendars/groups/{groupId}", "/calendars/groups/"+group, `{"name": "n", "description": "d2", "slug": "s"}`)
	do("PUT", "/calendars/groups/{groupId}/status", "/calendars/groups/"+group+"/status", `{"isActive": false}`)
	do("POST", "/calendars/groups/validate-slug", "/calendars/groups/validate-slug", `{"locationId": "LOC", "slug": "t"}`)

	full := `{"locationId": "LOC", "name": "Tour", "groupId": "` + group + `", "calendarType": "service_booking", "teamMembers": [{"userId": "` + f.Vars["user.id"] + `", "locationConfigurations": [{"kind": "physical", "location": "here"}]}],
		"availabilityType": 1, "availabilities": [{"date": "2035-06-18T00:00:00.000Z", "hours": [{"openHour": 9, "openMinute": 0, "closeHour": 0, "closeMinute": 0}]}], "recurring": {"freq": "DAILY", "count": 2, "bookingOption": "skip", "bookingOverlapDefaultStatus": "new"},
		"guestType": "count_only", "lookBusyConfig": {"enabled": true, "LookBusyPercentage": 10}, "locationConfigurations": [{"kind": "zoom_conference"}], "allowBookingFor": 12, "allowBookingForUnit": "months", "appoinmentPerDay": 9, "notifications": [{"shouldSendToContact": true}]}`
	tour := do("POST", "/calendars/", "/calendars/", full)
	plain := do("POST", "/calendars/", "/calendars/", `{"locationId": "LOC", "name": "Plain"}`)
	do("POST", "/calendars/", "/calendars/", `{"name": 1}`)
	one := "/calendars/{calendarId}"
	do("GET", "/calendars/", "/calendars/?locationId="+f.Vars["locationId"], "")
	do("GET", one, "/calendars/"+tour, "")
	do("GET", one, "/calendars/none", "")
	do("PUT", one, "/calendars/"+tour, `{"name": "Long tour", "allowBookingFor": 0}`)
	do("GET", one+"/free-slots", "/calendars/"+tour+"/free-slots?startDate=2065737600000&endDate=2066342399999&timezone=Asia/Kolkata", "")
	do("GET", one+"/free-slots", "/calendars/none/free-slots?startDate=2065737600000&endDate=2066342399999", "")

	book := `{"locationId": "LOC", "calendarId": "` + tour + `", "contactId": "` + ana + `", "startTime": "2035-06-18T09:00:00Z"`
	appointment := do("POST", "/calendars/events/appointments", "/calendars/events/appointments", book+`, "address": "here", "description": "d"}`)
	do("POST", "/calendars/events/appointments", "/calendars/events/appointments", book+`}`)
	series := do("POST", "/calendars/events/appointments", "/calendars/events/appointments", book+`, "ignoreFreeSlotValidation": true, "rrule": "RRULE:FREQ=DAILY;COUNT=3"}`)
	at := "/calendars/events/appointments/{eventId}"
	do("GET", at, "/calendars/events/appointments/"+appointment, "")
	do("GET", at, "/calendars/events/appointments/"+series, "")
	do("GET", at, "/calendars/events/appointments/none", "")
	do("PUT", at, "/calendars/events/appointments/"+appointment, `{"appointmentStatus": "showed"}`)
	do("PUT", at, "/calendars/events/appointments/none", `{}`)
	span := "&startTime=2065737600000&endTime=2066342399999"
	do("GET", "/calendars/events", "/calendars/events?calendarId="+tour+span, "")
	do("GET", "/calendars/events", "/calendars/events?x="+span, "")
	block := do("POST", "/calendars/events/block-slots", "/calendars/events/block-slots", `{"locationId": "LOC", "calendarId": "`+tour+`", "startTime": "2035-06-18T09:00:00Z", "endTime": "2035-06-18T10:00:00Z"}`)
	do("PUT", "/calendars/events/block-slots/{eventId}", "/calendars/events/block-slots/"+block, `{"title": "t"}`)
	do("GET", "/calendars/blocked-slots", "/calendars/blocked-slots?calendarId="+tour+span, "")

	notes := "/calendars/appointments/{appointmentId}/notes"
	note := do("POST", notes, "/calendars/appointments/"+appointment+"/notes", `{"body": "x", "userId": "`+f.Vars["user.id"]+`"}`)
	do("PUT", notes+"/{noteId}", "/calendars/appointments/"+appointment+"/notes/"+note, `{"body": "y"}`)
	do("GET", notes, "/calendars/appointments/"+appointment+"/notes?limit=1&offset=0", "")
	do("DELETE", notes+"/{noteId}", "/calendars/appointments/"+appointment+"/notes/"+note, "")

	told := do("POST", one+"/notifications", "/calendars/"+tour+"/notifications", `[{"receiverType": "contact", "channel": "email", "notificationType": "reminder", "beforeTime": [{"timeOffset": 1, "unit": "hours"}], "selectedUsers": ["x"]}]`)
	do("GET", one+"/notifications", "/calendars/"+tour+"/notifications", "")
	do("GET", one+"/notifications/{notificationId}", "/calendars/"+tour+"/notifications/"+told, "")
	do("PUT", one+"/notifications/{notificationId}", "/calendars/"+tour+"/notifications/"+told, `{"isActive": false}`)
	do("DELETE", one+"/notifications/{notificationId}", "/calendars/"+tour+"/notifications/"+told, "")

	kind := "/calendars/resources/{resourceType}"
	room := do("POST", kind, "/calendars/resources/rooms", `{"locationId": "LOC", "name": "r", "description": "d", "quantity": 1, "outOfService": 0, "capacity": 1, "calendarIds": ["`+tour+`"]}`)
	do("GET", kind, "/calendars/resources/rooms?limit=1&skip=0", "")
	do("GET", kind+"/{id}", "/calendars/resources/rooms/"+room, "")
	do("PUT", kind+"/{id}", "/calendars/resources/rooms/"+room, `{"name": "s"}`)
	do("DELETE", kind+"/{id}", "/calendars/resources/rooms/"+room, "")

	for what, id := range map[string]string{"group": group, "calendar": tour, "plain calendar": plain, "appointment": appointment, "series": series, "block": block, "note": note, "notification": told, "room": room} {
		if id == "" {
			t.Errorf("the %s has no id: nothing was checked of it", what)
		}
	}
	ofContacts := openapi3.NewLoader()
	ofContacts.IsExternalRefsAllowed = true
	ofContacts.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromFile)
	contacts := load(t, ofContacts, catalogue+"openapi/contacts.json")
	describe(t, f, contacts, "GET", "/contacts/{contactId}/appointments", "/contacts/"+ana+"/appointments", "")
	describe(t, f, contacts, "GET", "/contacts/{contactId}/appointments", "/contacts/none/appointments", "")

	for _, id := range []string{appointment, series, block} {
		do("DELETE", "/calendars/events/{eventId}", "/calendars/events/"+id, "{}")
	}
	do("DELETE", "/calendars/events/{eventId}", "/calendars/events/none", "")
	do("DELETE", "/calendars/groups/{groupId}", "/calendars/groups/"+group, "")
	do("DELETE", one, "/calendars/"+tour, "")
	do("DELETE", one, "/calendars/"+plain, "")
}
