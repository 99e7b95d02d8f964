package brokerkit_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// keys lists the members of a JSON object in the order they stand in.
func keys(t *testing.T, text string) (list []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// The keys of the vendor's sample answers, in their order (intake.md §2.3).
const (
	leadKeys = "id team_id status bucket photo_url first_name last_name name birthday email phone production_label production_ytd currently_at source rating kpa_taken " +
		"active_listings_count referred_at anniversary_month joined_at last_activity_at first_appointment_at last_appointment_at updated_at created_at note links " +
		"alt_address alt_city alt_state alt_zip alt_lat alt_lng office_address office_city office_state office_zip office_lat office_lng office_phone other_phone " +
		"agent_id recruiting retention archived backlogged owner referrer"
	personKeys = "id email title first_name last_name name avatar_url admin signature timezone phone last_sign_in_at updated_at created_at avatar"
)

// TestKeysOfAnAnswer: every key is there in the vendor's order, also when
// nothing is known, and team_member only in retention.
func TestKeysOfAnAnswer(t *testing.T) {
	f := foyertest.New(t)
	prepare(t, f)
	for _, c := range []struct{ name, body, more string }{
		{"a name alone", `{"first_name": "A"}`, ""},
		{"a test", `{"first_name": "A", "test": true}`, ""},
		{"in retention", `{"first_name": "A", "product": "retention", "referrer_email": "test@brokerkit.com"}`, " team_member"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, text := send(t, f, http.MethodPost, "/v2/leads", c.body)
			if d := cmp.Diff(strings.Fields(leadKeys+c.more), keys(t, text)); d != "" {
				t.Errorf("keys (-want +got): %s", d)
			}
			var parts map[string]json.RawMessage
			if err := json.Unmarshal([]byte(text), &parts); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.Fields(personKeys), keys(t, string(parts["owner"]))); d != "" {
				t.Errorf("owner (-want +got): %s", d)
			}
			if c.more == "" {
				return
			}
			if d := cmp.Diff(strings.Fields(personKeys), keys(t, string(parts["referrer"]))); d != "" {
				t.Errorf("referrer (-want +got): %s", d)
			}
			if d := cmp.Diff(strings.Fields(personKeys+" role"), keys(t, string(parts["team_member"]))); d != "" {
				t.Errorf("team_member (-want +got): %s", d)
			}
		})
	}
}

// TestErrorsKeepTheirOrder: the vendor's sample names the e-mail address first.
func TestErrorsKeepTheirOrder(t *testing.T) {
	f := foyertest.New(t)
	status, text := send(t, f, http.MethodPost, "/v2/leads", `{"rating": 1, "phone": "123", "first_name": "`+strings.Repeat("x", 256)+`", "email": "nope"}`)
	const want = `{"first_name":["is too long (maximum is 255 characters)"],"email":["is invalid"],"phone":["is an invalid number"],"rating":["must be greater than or equal to 4"]}`
	if status != http.StatusUnprocessableEntity || text != want {
		t.Errorf("%d %s, want %s", status, text, want)
	}
}

// TestTheSameLeadAgain: B3, an identical lead moves updated_at and nothing else.
func TestTheSameLeadAgain(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		const body = `{"first_name": "Peet", "email": "peet@example.com", "source": "Abstrakt"}`
		was := mustPost(t, f, body)
		is := mustPost(t, f, body)
		if is.UpdatedAt <= was.UpdatedAt || is.LastActivity < was.LastActivity {
			t.Errorf("updated_at %s after %s, last_activity_at %s after %s", is.UpdatedAt, was.UpdatedAt, is.LastActivity, was.LastActivity)
		}
		is.UpdatedAt, is.LastActivity = was.UpdatedAt, was.LastActivity
		if d := cmp.Diff(was, is); d != "" {
			t.Errorf("changed (-was +is): %s", d)
		}
		if form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`); !form.MatchString(was.CreatedAt) || !form.MatchString(is.UpdatedAt) {
			t.Errorf("times %q and %q", was.CreatedAt, is.UpdatedAt)
		}
	})
}

// TestReferredAt: it is the day in the team's time zone on which the lead first
// came, and a later arrival does not move it.
func TestReferredAt(t *testing.T) {
	for _, zone := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago"} { // in one of the two it is another day than in UTC
		t.Run(zone, func(t *testing.T) {
			f := foyertest.New(t)
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE locations SET timezone = $1", zone)
				return err
			})
			l := mustPost(t, f, `{"email": "peet@example.com"}`)
			created, err := time.Parse(time.RFC3339, l.CreatedAt)
			if err != nil {
				t.Fatal(err)
			}
			there, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			if want := created.In(there).Format(time.DateOnly); l.ReferredAt == nil || *l.ReferredAt != want {
				t.Errorf("referred_at %v, want %s", l.ReferredAt, want)
			}
		})
	}
	t.Run("a later arrival", func(t *testing.T) {
		f := foyertest.New(t)
		mustPost(t, f, `{"email": "peet@example.com"}`)
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE contacts SET details = json_set(details, '$.referredAt', '2020-02-29') WHERE location_id <> ''")
			return err
		})
		if l := mustPost(t, f, `{"email": "peet@example.com"}`); l.ReferredAt == nil || *l.ReferredAt != "2020-02-29" {
			t.Errorf("referred_at moved to %v", l.ReferredAt)
		}
	})
}
