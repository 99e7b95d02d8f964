package liondesk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// TestCommentsAreStored: L20 comments are cut to 5000 characters while the log
// keeps all of them; what is not blank keeps its bytes; every type of NewComment
// has a kind of its own; the id in the answer is the note's.
func TestCommentsAreStored(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		long := strings.Repeat("ü", 5001)
		a := taken(t, f, encode(t, map[string]any{"action": "NewSubmission", "email": "l@x.example", "contactid": "l", "comments": long}))
		c := contact(t, f, a.ID)
		if list := notes(t, f, c.ID); len(list) != 1 || list[0].Body != long[:2*5000] || list[0].Kind != "comment" {
			t.Errorf("%d notes, the first of %d bytes", len(list), len(list[0].Body))
		}
		if entry := newest(t, f); !strings.Contains(entry.Body, long) || entry.ContactID != c.ID {
			t.Errorf("the log keeps %d bytes about %q", len(entry.Body), entry.ContactID)
		}
		for i, want := range []struct{ typ, kind, text string }{
			{"1", "comment", " two  blanks\r\n\tand a tab "}, {`"5"`, "text_sent", "sent"}, {"8", "text_received", "received"}, {"1.0", "comment", ""},
		} {
			a := taken(t, f, fmt.Sprintf(`{"action": "NewComment", "contactid": "l", "type": %s, "description": %s}`, want.typ, encode(t, want.text)))
			list := notes(t, f, c.ID)
			if n := list[0]; len(list) != i+2 || n.Kind != want.kind || n.Body != want.text || id.Number(n.ID) != a.ID {
				t.Errorf("type %s: %d notes, the newest is %+v, answered %d", want.typ, len(list), n, a.ID)
			}
		}
	})
}

// TestActivitiesAreStored: L33, L35, L36, L37 and the coercions of §1.6.
func TestActivitiesAreStored(t *testing.T) {
	viewed := map[string]any{"mls": "201500123", "url": "https://homes.example/p", "address": "123 Keolu Rd Unit 12", "city": "Kailua", "state": "HI", "postalCode": "96734",
		"bedrooms": 3.0, "fullBaths": 2.0, "halfBaths": 1.0, "type": "Condo", "area": "1,450", "listingPrice": "100500.90", "listingStatus": "For Sale", "daysOnMarket": 12.0,
		"estimatedValue": "100500", "lastSoldDate": "2015-12-25", "lastSoldPrice": "90000", "latitude": 21.3933, "longitude": -157.7378, "images": []any{"a.jpg", "b.jpg"},
		"yearBuilt": 1978.0, "listDate": "2014-10-02T00:00:00Z"}
	tests := []struct {
		name, sent string
		at         string // "" is now
		property   map[string]any
	}{
		{name: "L33", sent: `"property": {"mls": "201500123", "url": "https://homes.example/p", "street_address": "123 Keolu Rd Unit 12", "city": "Kailua", "state": "HI", "zip": "96734",
			"beds": 3, "full_baths": 2, "half_baths": 1, "type": "Condo", "sqft": "1,450", "listing_price": "100500.90", "listing_status": "For Sale", "listing_days_on_market": 12,
			"estimated_value": "100500", "last_sold_date": "2015-12-25", "last_sold_price": "90000", "latitude": 21.3933, "longitude": -157.7378, "images": ["a.jpg", "b.jpg"],
			"year_built": 1978, "list_date": "2014-10-02T00:00:00Z"}`, property: viewed},
		{name: "L35", sent: `"created": "2015-04-01T08:41:51+00:00"`, at: "2015-04-01T08:41:51Z"},
		{name: "L35 another zone", sent: `"created": "2015-04-01T08:41:51-10:00"`, at: "2015-04-01T18:41:51Z"},
		{name: "L36", sent: `"created": "yesterday"`},
		{name: "no time", sent: `"created": ""`},
		{name: "L37 text", sent: `"property": {"images": "a, b,"}`, property: map[string]any{"images": []any{"a", "b"}}},
		{name: "L37 array", sent: `"property": {"images": ["a", "b"]}`, property: map[string]any{"images": []any{"a", "b"}}},
		{name: "coerced", sent: `"property": {"beds": "3", "listing_price": 100500, "sqft": 1450.5, "latitude": "21.5", "zip": 96734, "mls": true, "year_built": 1978.0}`,
			property: map[string]any{"bedrooms": 3.0, "listingPrice": "100500", "area": "1450.5", "latitude": 21.5, "postalCode": "96734", "mls": "true", "yearBuilt": 1978.0}},
		{name: "kept as sent", sent: `"property": {"beds": 2.5, "full_baths": "two", "listing_price": "$1.2M", "latitude": 1e999, "longitude": 180.5, "year_built": 1e400, "url": {"a": [1, null]}, "half_baths": "0x1"}`,
			property: map[string]any{"bedrooms": 2.5, "fullBaths": "two", "listingPrice": "$1.2M", "latitude": "1e999", "longitude": 180.5, "yearBuilt": "1e400", "url": `{"a":[1,null]}`, "halfBaths": "0x1"}},
		{name: "degrees that are none", sent: `"property": {"latitude": "0x1p3", "longitude": "-180.1"}`, property: map[string]any{"latitude": "0x1p3", "longitude": "-180.1"}},
		{name: "the ends of the earth", sent: `"property": {"latitude": "-90", "longitude": 180}`, property: map[string]any{"latitude": -90.0, "longitude": 180.0}},
		{name: "nothing said", sent: `"property": {"beds": null, "type": "", "images": []}`},
		{name: "other spellings", sent: `"Property": {"streetAddress": "1 Main St", "Full-Baths": 2}`, property: map[string]any{"address": "1 Main St", "fullBaths": 2.0}},
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		c := contact(t, f, taken(t, f, `{"action": "NewSubmission", "email": "a@x.example"}`).ID)
		for i, test := range tests {
			before := time.Now().Add(-time.Second)
			a := taken(t, f, fmt.Sprintf(`{"action": "NewActivity", "liondeskcontactid": %d, "type": "property_viewed", "siteid": "7", "sitedomain": "homes.example", "description": " d ", %s}`, c.Number, test.sent))
			var list []crm.Activity
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				list, err = crm.Activities(ctx, tx, c.LocationID, c.ID)
				return err
			})
			if len(list) != i+1 {
				t.Fatalf("%s: %d activities", test.name, len(list))
			}
			got := list[0]
			if got.Type != "property_viewed" || got.Description != " d " || got.SiteID != "7" || got.SiteDomain != "homes.example" || id.Number(got.ID) != a.ID {
				t.Errorf("%s: stored %+v", test.name, got)
			}
			if at := got.OccurredAt.Format(time.RFC3339); test.at != "" && at != test.at || test.at == "" && got.OccurredAt.Before(before) {
				t.Errorf("%s: happened at %s, want %s", test.name, at, test.at)
			}
			if len(test.property) == 0 && len(got.Property) == 0 {
				continue
			}
			if d := cmp.Diff(test.property, got.Property); d != "" {
				t.Errorf("%s: property (-want +got): %s", test.name, d)
			}
		}
	})
}

// newest gives the newest entry of the location's import log.
func newest(t testing.TB, f *foyertest.F) wire.LogEntry {
	t.Helper()
	list := log(t, f)
	if len(list) == 0 {
		t.Fatal("the import log is empty")
	}
	return list[0]
}

// log gives the location's import log, the newest entry first.
func log(t testing.TB, f *foyertest.F) (list []wire.LogEntry) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = wire.Log(ctx, tx, f.Credentials.LocationID, wire.LogFilter{Limit: 1000})
		return err
	})
	return list
}

// TestTheLog: whatever takes contacts in leaves a line, with the credential and
// without its secret; what only asks leaves none; a line can be sent again.
func TestTheLog(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		key := f.Vars["liondesk.userKey"]
		send := func(body string) answer { return call(t, f, f.Vars["liondesk.apiKey"], key, body) }
		send(`{"action": "Echo", "msg": "x"}`)
		send(`{"action": "GetUsers"}`)
		if n := len(log(t, f)); n != 0 {
			t.Errorf("%d lines for two questions", n)
		}
		a := send(`{"action": "NewSubmission", "email": "l@x.example", "comments": "my key is ` + key + `", "color": "red"}`)
		created := newest(t, f)
		c := contact(t, f, a.ID)
		if created.Result != "created" || created.Status != 200 || created.ContactID != c.ID || created.CredentialID == "" || len(created.Warnings) != 1 || created.Warnings[0].Field != "color" {
			t.Errorf("the line says %+v", created)
		}
		if strings.Contains(created.Body, key) || !strings.Contains(created.Body, "l@x.example") {
			t.Errorf("the line keeps %s", created.Body)
		}
		send(`{"action": "NewSubmission"}`)
		if e := newest(t, f); e.Result != wire.Refused || e.Status != 200 || e.Reason == "" {
			t.Errorf("the line of a refusal says %+v", e)
		}
		again, err := f.House.Replay(context.Background(), &created)
		if err != nil || again.Result != crm.Noted || again.ContactID != c.ID {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		if e := newest(t, f); e.ReplayOf != created.ID || len(notes(t, f, c.ID)) != 2 {
			t.Errorf("the line of the second sending says %+v", e)
		}
	})
}

// TestStrangersBodiesAreNotKept: personal access without a USERKEY is nobody in
// particular, so that nothing it sends may stay.
func TestStrangersBodiesAreNotKept(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		if a := call(t, f, "user", "", `{"action": "NewSubmission", "email": "stranger@x.example"}`); a.Error != 10 {
			t.Errorf("error %d, want 10", a.Error)
		}
		if n := len(log(t, f)); n != 0 {
			t.Errorf("%d lines in the log of a location", n)
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := wire.Log(ctx, tx, "", wire.LogFilter{Limit: 10})
			if len(list) != 1 || list[0].Body != "" || list[0].CredentialID != "" {
				t.Errorf("the log of nobody has %+v", list)
			}
			return err
		})
	})
}
