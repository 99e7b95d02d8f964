package stream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// A notification is told live to the user whom it is for, and to nobody else, in
// the order in which things happened.
func TestANotificationIsToldToItsUserAlone(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		ada := f.AddUser(t, "ada", "ada@agency.example", "Ada", "Assigned")
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			return crm.SetPreference(ctx, tx, by(f), f.Vars["user.id"], crm.NewLead, crm.ByNone)
		})
		settle(f)
		mine, bosses := cookie(f.SignIn(t, ada.Email)), cookie(f.SignIn(t, f.Vars["user.email"]))
		streams := map[string]*live{"ada": listen(t, f, "?types=notification.created,contact.created", mine), "boss": listen(t, f, "?types=contact.*,notification.*", bosses), "token": listen(t, f, "?types=contact.*,*", token(f))}
		time.Sleep(700 * time.Millisecond)
		const n = 70 // more than a page
		for i := range n {
			save(t, f, f.DB, crm.Contact{FirstName: fmt.Sprint("Lea ", i), AssignedTo: ada.ID})
		}
		told, leads := 0, 0
		for told < n || leads < n {
			v := <-streams["ada"].lines
			switch {
			case v.Type == "contact.created":
				leads++
			case v.Type == "notification.created" && v.Data.After["kind"] == "lead_assigned" && strings.HasPrefix(fmt.Sprint(v.Data.After["text"]), "Lea ") && v.Data.ContactID != "":
				told++
			default:
				t.Fatalf("%+v", v)
			}
		}
		for name, l := range map[string]*live{"boss": streams["boss"], "token": streams["token"]} {
			for range n {
				if v := <-l.lines; v.Type != "contact.created" {
					t.Errorf("%s was told of %s", name, v.Type)
				}
			}
		}
		settle(f)
		_, body := ask(t, f, "/events?limit=10000&types=notification.*", mine)
		if got := strings.Count(body, "\n"); got != n {
			t.Errorf("%d lines, want %d", got, n)
		}
		for name, header := range map[string]map[string][]string{"boss": bosses, "token": token(f)} {
			if _, body := ask(t, f, "/events?limit=10000", header); strings.Contains(body, "notification.created") {
				t.Errorf("%s is told of notifications", name)
			}
		}
		var once int
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Get(ctx, []any{&once}, "SELECT COUNT(*) FROM notifications WHERE location_id = $1 AND user_id = $2", f.Credentials.LocationID, ada.ID)
			return err
		})
		if once != n {
			t.Errorf("%d notifications, want %d", once, n)
		}
	})
}
