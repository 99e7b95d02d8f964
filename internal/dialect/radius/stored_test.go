package radius_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// imported is a success of the door.
type imported struct {
	Response struct {
		Client  struct{ ID int64 }
		Created bool
	}
}

// mustImport sends a body that has to be taken in, and gives the stored contact.
func mustImport(t *testing.T, f *foyertest.F, body string) *crm.Contact {
	t.Helper()
	status, text := post(t, f, body)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, text)
	}
	var a imported
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	var c *crm.Contact
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByNumber(ctx, tx, f.Credentials.LocationID, a.Response.Client.ID)
		return err
	})
	return c
}

func propertiesOf(t *testing.T, f *foyertest.F, c *crm.Contact) (props, reqs []map[string]any) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		p, err := crm.Properties(ctx, tx, c.LocationID, c.ID)
		if err != nil {
			return err
		}
		for _, one := range p {
			props = append(props, one.Data)
		}
		r, err := crm.Requirements(ctx, tx, c.LocationID, c.ID)
		for _, one := range r {
			reqs = append(reqs, one.Data)
		}
		return err
	})
	return props, reqs
}

const ann = `"name": "Ann Lee", "emails": "ann@x.example", "phones": "5551234567"`

// TestPropertyAndRequirementAreStoredUnderCanonicalNames: R1, R2, R27.
func TestPropertyAndRequirementAreStoredUnderCanonicalNames(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		body := `{"client": {` + ann + `},
			"prop": { "address": "123 Main St, Stanford, CA 94305, USA", "property_name": "123 Main Street", "prop_city": "Stanford", "prop_state": "California", "prop_zipcode": "94305", "no_of_bed_room": "3", "no_of_bath_room": 2.5, "property_age": 15, "covered_area": "2,500", "area_coverage": "Sq.ft", "resale_price": "850000", "property_type": "single_family", "country": "United States" },
			"req": { "city": "Palo Alto", "state": "California", "min_budget": 700000, "max_budget": "1200000", "bedroom": 3, "bathroom": 2, "area_unit": "Sq.ft", "zipcode": 94301, "c_locality_name": "Downtown Palo Alto", "country": "United States" }}`
		mustImport(t, f, body)
		props, reqs := propertiesOf(t, f, mustImport(t, f, body))
		wantProps := []map[string]any{{
			"role": "owned", "address": "123 Main St, Stanford, CA 94305, USA", "name": "123 Main Street", "city": "Stanford", "state": "California", "postalCode": "94305",
			"country": "United States", "bedrooms": 3.0, "bathrooms": 2.5, "age": 15.0, "area": 2500.0, "areaUnit": "Sq.ft", "price": 850000.0, "type": "single_family",
		}}
		wantReqs := []map[string]any{{
			"city": "Palo Alto", "state": "California", "postalCode": "94301", "country": "United States", "locality": "Downtown Palo Alto",
			"minPrice": 700000.0, "maxPrice": 1200000.0, "bedrooms": 3.0, "bathrooms": 2.0, "areaUnit": "Sq.ft",
		}}
		if d := cmp.Diff(wantProps, props); d != "" {
			t.Error("properties (-want +got):", d)
		}
		if d := cmp.Diff(wantReqs, reqs); d != "" {
			t.Error("requirements (-want +got):", d)
		}
	})
}

// TestWhenPropertiesAndRequirementsAreTheSame: intake.md §3.5.
func TestWhenPropertiesAndRequirementsAreTheSame(t *testing.T) {
	const city = `"prop_city": "Reno", "prop_state": "NV", "prop_zipcode": "89501"`
	for _, c := range []struct {
		rule, first, second string
		props, reqs         int
	}{
		{"the same address in other words", `"prop": {"address": "12 North Oak Street", ` + city + `}`, `"prop": {"address": "12 N. Oak St, Reno, Nevada 89501, USA"}`, 1, 0},
		{"the same street in two cities", `"prop": {"address": "12 Oak St", "prop_city": "Reno"}`, `"prop": {"address": "12 Oak St", "prop_city": "Sparks"}`, 2, 0},
		{"two apartments", `"prop": {"address": "12 Oak St #1"}`, `"prop": {"address": "12 Oak St #2"}`, 2, 0},
		{"names where there is no address", `"prop": {"property_name": "Villa Rosa"}`, `"prop": {"property_name": "Villa Bianca"}`, 2, 0},
		{"no address at all", `"prop": {"no_of_bed_room": 3}`, `"prop": {"resale_price": 500000}`, 1, 0},
		{"two at once", `"prop": [{"address": "1 Elm St"}, {"address": "2 Elm St"}]`, `"prop": {"address": "1 Elm St"}`, 2, 0},
		{"nothing said", `"prop": {}`, `"prop": {"address": " ", "no_of_bed_room": null}`, 0, 0},
		{"no object", `"prop": "a house"`, `"req": 3`, 0, 0},
		{"the same city, ZIP code and budget", `"req": {"city": "Reno", "zipcode": "89501", "max_budget": 500000}`, `"req": {"city": "RENO", "zipcode": "89501-1234", "max_budget": "500000", "bedroom": 2}`, 0, 1},
		{"another budget", `"req": {"city": "Reno", "max_budget": 500000}`, `"req": {"city": "Reno", "max_budget": 600000}`, 0, 2},
		{"another ZIP code", `"req": {"city": "Reno", "zipcode": "89501"}`, `"req": {"city": "Reno", "zipcode": "89502"}`, 0, 2},
		{"another locality where no city is said", `"req": {"c_locality_name": "Downtown"}`, `"req": {"c_locality_name": "Uptown"}`, 0, 2},
	} {
		t.Run(c.rule, func(t *testing.T) {
			f := foyertest.New(t)
			mustImport(t, f, `{"client": {`+ann+`}, `+c.first+`}`)
			props, reqs := propertiesOf(t, f, mustImport(t, f, `{"client": {`+ann+`}, `+c.second+`}`))
			if len(props) != c.props || len(reqs) != c.reqs {
				t.Errorf("%d properties and %d requirements, want %d and %d: %v %v", len(props), len(reqs), c.props, c.reqs, props, reqs)
			}
		})
	}
}

// TestUnknownScalarsBecomeCustomFields: R30.
func TestUnknownScalarsBecomeCustomFields(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mustImport(t, f, `{"client": {`+ann+`, "custom_x": " y ", "Lucky Number": 12345678901234567890, "vip": true, "blank": "", "none": null, "list": [1]}}`)
		c := mustImport(t, f, `{"client": {`+ann+`, "Custom-X": "z"}}`)
		got := map[string]any{}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			fields, err := crm.CustomFields(ctx, tx, c.LocationID)
			for _, field := range fields {
				got[field.Key] = c.CustomFields[field.ID]
			}
			return err
		})
		want := map[string]any{"contact.custom_x": "z", "contact.lucky_number": "12345678901234567890", "contact.vip": "true"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error("(-want +got):", d)
		}
	})
}

// TestHistoryKeepsTheOldNameAndTheNote: R25, R29.
func TestHistoryKeepsTheOldNameAndTheNote(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		mustImport(t, f, `{"client": {`+ann+`}}`)
		const note = "  Hello,\nsecond line  "
		quoted, _ := json.Marshal(note)
		c := mustImport(t, f, `{"client": {"name": "Anna", "emails": "anna@x.example", "phones": "5551234567", "note": `+string(quoted)+`}}`)
		var history []crm.Entry
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			history, err = crm.Timeline(ctx, tx, c.LocationID, c.ID, 10)
			return err
		})
		old, written := map[string]any{}, ""
		for _, e := range history {
			switch e.Type {
			case "contact.updated":
				for _, change := range e.Changes {
					old[change.Field] = change.From
				}
			case "note.created":
				written = e.Text
			}
		}
		if old["name"] != "Ann Lee" || old["lastName"] != "Lee" {
			t.Errorf("the old name is not in the history: %v", old)
		}
		if written != note {
			t.Errorf("the note is %q, want %q", written, note)
		}
	})
}

// TestStrictPhones: R18 and R19 with the location's switch.
func TestStrictPhones(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			return crm.ChangeSettings(ctx, tx, f.Credentials.LocationID, func(s *crm.Settings) { s.StrictPhones = true })
		})
		for _, c := range []struct {
			phones string
			status int
		}{
			{`"5551234567"`, 200}, {`5551234567`, 200}, {`"5551234567,5559876543"`, 200}, {`" 5551234567 , 5559876543 "`, 200},
			{`"+1 555-123-4567"`, 400}, {`"555 123 4567"`, 400}, {`"15551234567"`, 400}, {`"5551234567,12345"`, 400}, {`"５５５１２３４５６７"`, 400}, {`""`, 400},
		} {
			status, text := post(t, f, `{"client": {"name": "Ann Lee", "emails": "ann@x.example", "phones": `+c.phones+`}}`)
			if status != c.status || status == 400 && text != `{"error":{"message":"Missing Client PhoneNumber","code":103}}` {
				t.Errorf("phones %s: %d %s", c.phones, status, text)
			}
		}
	})
}

// TestKeyWithoutScope: a key that may not create is refused in the vendor's words.
func TestKeyWithoutScope(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.AddKey(t, "reader", auth.Key{API: auth.Radius, Scopes: []string{auth.ScopeRead}})
		status, text := send(t, f, `{"client": {`+ann+`}}`, http.Header{"Secure-Id": {f.Vars["reader"]}})
		if status != http.StatusForbidden || text != `{"error":{"message":"Forbidden","code":403}}` {
			t.Errorf("%d %s", status, text)
		}
	})
}

// TestNeighboursDoNotMeet: the same e-mail in two locations is two people.
func TestNeighboursDoNotMeet(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		own := mustImport(t, f, `{"client": {`+ann+`}}`)
		status, text := send(t, f, `{"client": {`+ann+`, "city": "Elsewhere"}}`, http.Header{"Secure-Id": {f.Neighbour(t)["radius.secureId"]}})
		var a imported
		if err := json.Unmarshal([]byte(text), &a); err != nil || status != http.StatusOK || !a.Response.Created || a.Response.Client.ID == own.Number {
			t.Errorf("%d %s (%v)", status, text, err)
		}
		if again := mustImport(t, f, `{"client": {`+ann+`}}`); again.Version != 1 || again.Address.City != "" {
			t.Errorf("the neighbour's import changed %+v", again)
		}
	})
}

// TestLongKeys: an address or a field name longer than a database's index
// entry is stored, and found again.
func TestLongKeys(t *testing.T) {
	words := func(n, size int) string {
		r := rand.New(rand.NewPCG(1, 2)) // random, because PostgreSQL compresses what repeats
		var b strings.Builder
		for range n {
			for range size {
				b.WriteRune(rune(0x4e00 + r.IntN(20000)))
			}
			b.WriteByte(' ')
		}
		return strings.TrimSpace(b.String())
	}
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		body := fmt.Sprintf(`{"client": {%s, "%s": "v", "city": "%s"}, "prop": {"address": "%s"}, "req": {"city": "%s", "c_locality_name": "%s"}}`,
			ann, words(12, 20), words(12, 20), words(90, 21), words(12, 20), words(12, 20))
		mustImport(t, f, body)
		c := mustImport(t, f, body)
		props, reqs := propertiesOf(t, f, c)
		if len(props) != 1 || len(reqs) != 1 || len(c.CustomFields) != 1 || c.Version != 1 {
			t.Errorf("%d properties, %d requirements, %d custom fields, version %d; want one of each", len(props), len(reqs), len(c.CustomFields), c.Version)
		}
	})
}
