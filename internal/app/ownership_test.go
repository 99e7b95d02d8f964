package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// Inside a location too, LionDesk lets a user speak of their own contacts only:
// those assigned to them or to nobody, and those they brought in themselves
// (intake.md §1.4). Anybody else's answers as if it did not exist.
func TestAUserSpeaksOfTheirOwnContactsOnly(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		x := newTenant(t, f, "Alpha")
		var partner string
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := auth.Keys(ctx, tx, x.actor.LocationID, auth.LionDesk)
			for _, k := range list {
				if k.Kind == auth.KindPartner {
					partner = k.ID
				}
			}
			return err
		})
		colleague := func(name string) (userID string, as http.Header, alone http.Header) {
			var u *crm.User
			f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
				u, err = crm.AddUser(ctx, tx, crm.User{CompanyID: x.actor.CompanyID, Email: name + "@alpha.example", FirstName: name, LastName: "Agent"}, x.actor.LocationID)
				return err
			})
			f.AddKey(t, name, auth.Key{LocationID: x.actor.LocationID, API: auth.LionDesk, Kind: auth.KindUser, UserID: u.ID, PartnerID: partner, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}})
			f.AddKey(t, name+".own", auth.Key{LocationID: x.actor.LocationID, API: auth.LionDesk, Kind: auth.KindPersonal, UserID: u.ID, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}})
			return u.ID, http.Header{"Authorization": {basic(x.vars["liondesk.apiKey"])}, "X-Liondesk-Id": {f.Vars[name]}},
				http.Header{"Authorization": {basic("user")}, "X-Liondesk-Id": {f.Vars[name+".own"]}}
		}
		ann, asAnn, annAlone := colleague("ann")
		_, asBob, bobAlone := colleague("bob")

		say := func(h http.Header, format string, args ...any) string {
			return send(f, request{method: "POST", path: "/", body: fmt.Sprintf(format, args...), header: h}).body
		}
		const comment, activity = `{"action":"NewComment","liondeskcontactid":%s,"type":1,"description":"mine"}`, `{"action":"NewActivity","liondeskcontactid":%s,"type":"visit"}`
		refused := func(answer string) bool {
			return strings.HasPrefix(answer, `{"error":30,"errorText":"Contact not found",`)
		}
		for i := range 25 {
			annas := x.own(t)
			assign(t, x, annas, ann)
			before := dump(t, f, x.actor.LocationID)
			for _, stranger := range []http.Header{asBob, bobAlone} {
				for _, got := range []string{
					say(stranger, comment, annas["number"]), say(stranger, activity, annas["number"]), say(stranger, comment, `"`+annas["number"]+`"`),
					say(stranger, `{"action":"NewComment","contactid":%q,"type":5}`, annas["link"]), say(stranger, `{"action":"NewActivity","contactid":%q,"type":"visit"}`, annas["link"]),
				} {
					if !refused(got) {
						t.Fatalf("pair %d: %s", i, got)
					}
				}
			}
			if changed := keepsakes(without(dump(t, f, x.actor.LocationID), before)); len(changed) > 0 {
				t.Fatalf("pair %d changed\n%s", i, strings.Join(changed, "\n"))
			}
			for _, owner := range []http.Header{asAnn, annAlone} {
				for _, got := range []string{say(owner, comment, annas["number"]), say(owner, activity, annas["number"])} {
					if !strings.HasPrefix(got, `{"error":0,`) {
						t.Fatalf("pair %d, the owner: %s", i, got)
					}
				}
			}
		}
		nobodys := x.own(t)
		assign(t, x, nobodys, "")
		if got := say(asBob, comment, nobodys["number"]); !strings.HasPrefix(got, `{"error":0,`) {
			t.Errorf("a contact that is nobody's: %s", got)
		}
		// who brings a person in may speak of them, though another is assigned
		theirs := x.own(t)
		assign(t, x, theirs, ann)
		if got := say(asBob, `{"action":"NewSubmission","email":%q,"contactid":"bobs-1"}`, theirs["email"]); !strings.HasPrefix(got, `{"error":0,`) {
			t.Fatal(got)
		}
		if got := say(asBob, `{"action":"NewComment","contactid":"bobs-1","type":1}`); !strings.HasPrefix(got, `{"error":0,`) {
			t.Errorf("whom they sent: %s", got)
		}
	})
}

// assign gives a contact to a user, "" to nobody.
func assign(t *testing.T, x *tenant, o owned, userID string) {
	t.Helper()
	if err := x.f.DB.Write(context.Background(), x.actor.LocationID, func(ctx context.Context, tx *db.Tx) error {
		s := crm.Save{ID: o["contact"], Input: crm.Input{Contact: crm.Contact{AssignedTo: userID}}}
		if userID == "" {
			s.Input.Clear = []string{"assignedTo"}
		}
		saved, err := crm.SaveContact(ctx, tx, x.actor, s)
		if err == nil && saved.Contact.AssignedTo != userID {
			err = fmt.Errorf("assigned to %q", saved.Contact.AssignedTo)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
