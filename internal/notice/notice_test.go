package notice_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// office is a Foyer with people in it: ada assigned, fay who follows, own who
// sees only what is assigned to them, and the boss.
type office struct {
	*foyertest.F
	boss, ada, fay, own string
}

func each(t *testing.T, do func(t *testing.T, o *office)) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		o := &office{F: f, boss: f.Credentials.User.ID}
		o.ada = f.AddUser(t, "ada", "ada@agency.example", "Ada", "Assigned").ID
		o.fay = f.AddUser(t, "fay", "fay@agency.example", "Fay", "Follower").ID
		o.own = f.AddUser(t, "own", "own@agency.example", "Own", "Only").ID
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.ChangeUser(ctx, tx, o.own, func(u *crm.User) { u.Profile.Permissions = map[string]bool{crm.AssignedOnly: true} })
			return err
		})
		ctx, stop := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { f.Run(ctx, 0) })
		t.Cleanup(func() { stop(); work.Wait() })
		do(t, o)
	})
}

func (o *office) actor(userID string) crm.Actor {
	return crm.Actor{LocationID: o.Credentials.LocationID, CompanyID: o.Credentials.CompanyID, UserID: userID, Origin: "ui"}
}

func (o *office) write(t *testing.T, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := o.DB.Write(context.Background(), o.Credentials.LocationID, f); err != nil {
		t.Fatal(err)
	}
}

func (o *office) save(t *testing.T, by crm.Actor, id string, c crm.Contact) string {
	t.Helper()
	o.write(t, func(ctx context.Context, tx *db.Tx) error {
		s, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: id, Input: crm.Input{Contact: c}})
		if err == nil {
			id = s.Contact.ID
		}
		return err
	})
	return id
}

// told gives who was told of what, "ada lead_assigned: Lea".
func (o *office) told(t *testing.T) (list []string) {
	t.Helper()
	names := map[string]string{o.boss: "boss", o.ada: "ada", o.fay: "fay", o.own: "own"}
	o.Read(t, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		all, err := crm.Notifications(ctx, tx, o.Credentials.LocationID, 1000)
		for _, n := range all {
			list = append(list, names[n.UserID]+" "+n.Kind+": "+n.Text)
		}
		return err
	})
	slices.Sort(list)
	return list
}

// expect waits until just these were told.
func (o *office) expect(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	// whatever comes last is told last: all that came before has been by then
	mark := o.save(t, o.actor(""), "", crm.Contact{FirstName: "Mark", AssignedTo: o.ada})
	end := "ada lead_assigned: Mark"
	for deadline := time.Now().Add(30 * time.Second); !slices.Contains(o.told(t), end) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	got := slices.DeleteFunc(o.told(t), func(s string) bool { return s == end || strings.HasPrefix(s, "boss new_lead") })
	if !slices.Equal(got, want) {
		t.Errorf("told\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
	o.write(t, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM notifications WHERE location_id = $1", o.Credentials.LocationID); err != nil {
			return err
		}
		return crm.DeleteContact(ctx, tx, o.actor(""), mark)
	})
}

// Whom something concerns is told of it; who did it, or may not see it, is not.
func TestWhomItConcernsIsTold(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		lea := o.save(t, o.actor(o.boss), "", crm.Contact{FirstName: "Lea\r\nBcc: x", AssignedTo: o.ada})
		o.expect(t, "ada lead_assigned: Lea Bcc: x")
		o.save(t, o.actor(o.ada), lea, crm.Contact{FirstName: "Lea"})
		o.save(t, o.actor(o.own), lea, crm.Contact{AssignedTo: o.own}) // took it themselves
		o.save(t, o.actor(o.boss), lea, crm.Contact{AssignedTo: o.ada})
		o.expect(t, "ada lead_assigned: Lea")
		o.write(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.FollowContact(ctx, tx, o.actor(o.boss), lea, crm.FollowersChange{Add: []string{o.fay, o.own}})
			return err
		})
		for _, who := range []string{o.ada, o.own} { // own does not see Lea
			o.write(t, func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.AddTask(ctx, tx, o.actor(o.boss), crm.Task{ContactID: lea, Title: "Call", AssignedTo: who})
				return err
			})
		}
		o.expect(t, "ada task_assigned: Call · Lea")
		o.write(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := conversation.ReceiveMessage(ctx, tx, o.actor(""), conversation.Receive{ContactID: lea, Channel: "SMS", Direction: conversation.Inbound, Body: "Is it\nstill free?"})
			return err
		})
		o.expect(t, "ada message_received: Lea: Is it still free?", "fay message_received: Lea: Is it still free?")
		o.save(t, crm.Actor{LocationID: o.Credentials.LocationID, Origin: "import"}, "", crm.Contact{FirstName: "Many", AssignedTo: o.fay})
		o.expect(t)
	})
}

// A task that is due is told of once for each date, unless it was done.
func TestADueTaskIsToldOfOnce(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		lea := o.save(t, o.actor(o.boss), "", crm.Contact{FirstName: "Lea", AssignedTo: o.fay})
		o.expect(t, "fay lead_assigned: Lea")
		now := time.Now()
		o.write(t, func(ctx context.Context, tx *db.Tx) error {
			for title, due := range map[string]time.Time{"Late": now.Add(-time.Hour), "Soon": now.Add(time.Second), "Later": now.Add(time.Hour)} {
				if _, err := crm.AddTask(ctx, tx, o.actor(o.boss), crm.Task{ContactID: lea, Title: title, DueAt: due}); err != nil {
					return err
				}
			}
			_, err := crm.AddTask(ctx, tx, o.actor(o.boss), crm.Task{ContactID: lea, Title: "Done", DueAt: now, Completed: true})
			return err
		})
		for deadline := time.Now().Add(30 * time.Second); len(o.told(t)) < 2 && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		o.expect(t, "fay task_due: Late · Lea", "fay task_due: Soon · Lea")
	})
}

// Each is told in the way they chose, once for a key, and not at all if they
// chose that.
func TestNotifyKeepsToWhatIsChosen(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.write(t, func(ctx context.Context, tx *db.Tx) error {
			for who, way := range map[string]string{o.boss: crm.ByNone, o.ada: crm.ByEmail, o.fay: crm.ByDigest} {
				if err := crm.SetPreference(ctx, tx, o.actor(""), who, "workflow_notify", way); err != nil {
					return err
				}
			}
			return nil
		})
		for range 3 {
			o.write(t, func(ctx context.Context, tx *db.Tx) error {
				n := crm.Notice{Kind: "workflow_notify", UserIDs: []string{o.boss, o.ada, o.fay, o.own, "nobody", o.ada}, Text: "Look", Key: "step 1"}
				return crm.Notify(ctx, tx, o.actor(""), n)
			})
		}
		var got []string
		o.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.Notifications(ctx, tx, o.Credentials.LocationID, 100)
			for _, n := range list {
				got = append(got, n.Way)
			}
			return err
		})
		slices.Sort(got)
		if want := []string{crm.ByDigest, crm.ByEmail, crm.InApp}; !slices.Equal(got, want) {
			t.Errorf("told by %q, want %q", got, want)
		}
		err := o.DB.Write(t.Context(), o.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			return crm.Notify(ctx, tx, o.actor(""), crm.Notice{Kind: "gossip"})
		})
		if err == nil {
			t.Error("a kind that there is not was taken")
		}
	})
}

// A lead is told of in the way its subscriber chose; e-mail is what Brokerkit's
// setting says.
func TestNewLeadsAreToldAsChosen(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.write(t, func(ctx context.Context, tx *db.Tx) error {
			for who, way := range map[string]string{o.boss: crm.ByNone, o.ada: crm.InApp, o.fay: crm.ByDigest, o.own: crm.ByEmail} {
				if err := crm.SetPreference(ctx, tx, o.actor(""), who, crm.NewLead, way); err != nil {
					return err
				}
			}
			subscribed, err := crm.Subscribers(ctx, tx, o.Credentials.LocationID)
			if err == nil && (len(subscribed) != 1 || subscribed[0].ID != o.own) {
				err = fmt.Errorf("subscribed: %+v", subscribed)
			}
			return err
		})
		o.save(t, o.actor(o.ada), "", crm.Contact{FirstName: "Lea"})
		if got, want := o.told(t), []string{"fay new_lead: Lea"}; !slices.Equal(got, want) { // ada made her, own does not see her
			t.Errorf("told %q, want %q", got, want)
		}
	})
}
