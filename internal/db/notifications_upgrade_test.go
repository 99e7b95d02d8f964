package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
)

// What was told before notifications had kinds is told still, and read; what
// happened before is not told of, but tasks that will be due are.
func TestAnUpgradeCarriesNotificationsOver(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		if err := db.OpenAt(t.Context(), o, 8); err != nil {
			t.Fatal(err)
		}
		early(t, o, "INSERT INTO companies (id, name, created_at, updated_at) VALUES ('c', 'C', 1, 1)")
		early(t, o, "INSERT INTO locations (id, company_id, name, timezone, settings, created_at, updated_at) VALUES ('l', 'c', 'L', '', '{}', 1, 1)")
		early(t, o, "INSERT INTO notifications VALUES ('l', 'e1', 'u', 'x', 'new_lead', 'a@x.example', 'sent', '', 5, 6), ('l', 'e2', 'u', 'x', 'new_lead', '', 'queued', 'not yet', 7, 0)")
		early(t, o, "INSERT INTO events (location_id, id, type, contact_id, object_id, origin, credential_id, user_id, data) VALUES ('l', 'e1', 'contact.created', 'x', '', 'test', '', '', '{}'), ('l', 'e2', 'contact.created', 'x', '', 'test', '', '', '{}')")
		for id, due := range map[string]int64{"past": 1, "later": time.Now().Add(time.Hour).UnixMilli()} {
			early(t, o, fmt.Sprintf("INSERT INTO tasks VALUES ('l', 'x', '%s', 'Call', '', '', %d, FALSE, 0, 1, 1)", id, due))
		}
		d := open(t, o)
		for query, want := range map[string]int64{
			"SELECT COUNT(*) FROM notifications WHERE location_id = 'l' AND user_id = 'u' AND kind = 'new_lead' AND way = 'email' AND id = event_id AND contact_id = 'x' AND read_at = created_at": 2,
			"SELECT COUNT(*) FROM notifications WHERE location_id = 'l' AND state = 'sent' AND address = 'a@x.example' AND created_at = 5 AND sent_at = 6":                                         1,
			"SELECT COUNT(*) FROM notifications WHERE location_id = 'l' AND state = 'queued' AND error = 'not yet'":                                                                                1,
			"SELECT COUNT(*) FROM cursors WHERE location_id = 'l' AND name = 'notices' AND event_id = 'e2'":                                                                                        1,
			"SELECT COUNT(*) FROM jobs WHERE location_id = 'l' AND kind = 'notice.due' AND id = 'later'":                                                                                           1,
			"SELECT COUNT(*) FROM jobs WHERE location_id = 'l'":                                                                                                                                    1,
		} {
			if n := number(t, d, db.System, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
	})
}
