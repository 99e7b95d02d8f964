package bridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/brokerkit"
	"github.com/foyer-crm/foyer/internal/remote/liondesk"
	"github.com/foyer-crm/foyer/internal/remote/radius"
)

// A Foyer as the other's Radius, Brokerkit or LionDesk, over a wire that fails: what
// people say here is there when it is quiet, everybody once. LionDesk takes
// submissions: what it knows of somebody is not changed by another one, so that
// something that was said of them is there.
func TestWhatIsSaidHereIsThere(t *testing.T) {
	w := newTwo(t, false)
	vars := w.sides[1].Vars
	for n, kind := range []string{"radius", "brokerkit", "liondesk"} {
		t.Run(kind, func(t *testing.T) {
			o := w.newWorld(t, uint64(n), "delete")
			open := map[string]func(remote.Settings) (remote.System, error){"radius": radius.New, "brokerkit": brokerkit.New, "liondesk": liondesk.New}[kind]
			token := map[string]string{"radius": vars["radius.secureId"], "brokerkit": vars["brokerkit.token"], "liondesk": vars["liondesk.apiKey"]}[kind]
			o.connectAs(kind, open, token, vars["liondesk.userKey"])
			o.quiet()
			o.wire.set(0.1, false)
			random := rand.New(rand.NewPCG(uint64(n), 3))
			said, ever := map[string]map[string]string{}, map[string]bool{}
			for i := range 60 {
				if len(said) < 3 || random.IntN(5) == 0 {
					email := fmt.Sprintf("%s%d@x.example", kind, i)
					said[email] = map[string]string{"firstName": fmt.Sprint("F", i), "lastName": fmt.Sprint("L", i), "city": fmt.Sprint("C", i)}
					for _, field := range texts {
						ever[email+field+said[email][field]] = true
					}
					o.person(email, fmt.Sprintf("+1602%d55%04d", 2+n, 100+i), said[email])
					continue
				}
				for email := range said {
					field := texts[random.IntN(len(texts))]
					said[email][field] = fmt.Sprint("V", i)
					ever[email+field+said[email][field]] = true
					o.sides[0].say(o.sides[0].find(email), field, said[email][field])
					break
				}
				if random.IntN(3) == 0 {
					o.pass(t.Context(), 4)
				}
			}
			o.wire.set(0, false)
			o.start()
			o.quiet()
			o.sides[0].do(func(ctx context.Context, tx *db.Tx) error {
				_, err := connect.Retry(ctx, tx, o.sides[0].by, o.c.ID, "")
				return err
			})
			o.quiet()
			loc := w.sides[1].Credentials.LocationID
			there := &side{F: w.sides[1], t: t, by: crm.Actor{LocationID: loc}}
			found := there.all().people
			for email, fields := range said {
				list := found[email]
				if len(list) != 1 {
					t.Errorf("%s is there %d times: %s", email, len(list), o.dump())
					continue
				}
				for field, value := range fields {
					if kind == "liondesk" && ever[email+field+list[0][field]] {
						continue
					}
					if list[0][field] != value {
						t.Errorf("%s: %s is %q there, not %q", email, field, list[0][field], value)
					}
				}
			}
		})
	}
}

// connectAs connects the first side with the second one as another kind of system,
// in place of what it was connected with.
func (o *world) connectAs(kind string, open func(remote.Settings) (remote.System, error), token, userKey string) {
	o.t.Helper()
	m, err := connect.DefaultMapping(kind)
	if err == nil {
		err = m.Only(string(remote.Contact))
	}
	if err != nil {
		o.t.Fatal(err)
	}
	here := o.sides[0]
	here.do(func(ctx context.Context, tx *db.Tx) error {
		if err := connect.Remove(ctx, tx, here.by, o.c.ID); err != nil {
			return err
		}
		o.c, err = connect.Add(ctx, tx, here.Vault, here.by, connect.Connection{Kind: kind, Name: "Over there", BaseURL: o.wire.URL, Mapping: *m,
			Settings: connect.Settings{Interval: time.Second}}, connect.Credential{"token": token, "userKey": userKey})
		return err
	})
	o.mute = func() *connect.Engine {
		return connect.New(connect.Options{DB: here.DB, Vault: here.Vault, Log: slog.New(slog.DiscardHandler), Pause: time.Millisecond, Kinds: map[string]connect.Open{
			kind: func(_ context.Context, x connect.Opening) (remote.System, error) {
				return open(remote.Settings{BaseURL: x.Connection.BaseURL, Token: x.Credential["token"], UserKey: x.Credential["userKey"], Private: true, NoLimit: true, Hasty: true})
			},
		}})
	}
	o.start()
}

// person makes somebody here.
func (o *world) person(email, phone string, fields map[string]string) {
	o.sides[0].do(func(ctx context.Context, tx *db.Tx) error {
		e, _ := crm.NewEmail(email, "")
		in := crm.Input{Contact: crm.Contact{Emails: []crm.Email{e}, Phones: []crm.Phone{crm.NewPhone(phone, "")}}}
		for field, value := range fields {
			*in.Text(field) = value
		}
		_, err := crm.SaveContact(ctx, tx, o.sides[0].by, crm.Save{Input: in})
		return err
	})
}
