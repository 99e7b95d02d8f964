package highlevel_test

import (
	"context"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// The conversations show every property that HighLevel's documents name, and
// every place where Foyer's answers differ from them, with the reason.
func TestConversations(t *testing.T) {
	foyertest.PlayAll(t, "testdata", prepare)
	t.Run("show all that is described", func(t *testing.T) {
		j, err := foyertest.TheJudge()
		if err != nil {
			t.Fatal(err)
		}
		if !j.Theirs() {
			t.Skip("skipped: HighLevel's OpenAPI files are not here, answers were held against Foyer's own document alone")
		}
		f := foyertest.New(t)
		limited := another(t, f, highlevel.Options{RateLimit: true})
		for range 101 { // no conversation is as long
			ask(t, limited, "GET", "/contacts/", "")
		}
		missing, err := j.Missing()
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range missing {
			t.Errorf("in no answer: %s", place)
		}
		for _, d := range j.Unused() {
			t.Errorf("no answer deviates so: %+v", d)
		}
	})
}

func TestTheGuideIsTrue(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		addFields(t, f)
		f.Vars["KEY"], f.Vars["LOCATION"], f.Vars["BUDGET"] = f.Vars["highlevel.privateToken"], f.Vars["locationId"], f.Vars["field.budget"]
		f.PlayGuide(t, "../../../docs/highlevel.md")
	})
}

// prepare makes what the conversations speak of: custom fields, a teammate,
// tokens with fewer scopes, a neighbour.
func prepare(t *testing.T, f *foyertest.F) {
	t.Helper()
	addFields(t, f)
	addSetup(t, f)
	mate := f.AddUser(t, "mate", "mate@foyer.example", "Max", "Mate")
	f.AddKey(t, "mate.token", auth.Key{API: auth.HighLevel, UserID: mate.ID, Scopes: highlevel.Scopes()})
	f.AddKey(t, "readonly", auth.Key{API: auth.HighLevel, Scopes: []string{"contacts.readonly"}})
	f.AddKey(t, "writeonly", auth.Key{API: auth.HighLevel, Scopes: []string{"contacts.write"}})
	addAgency(t, f)
	robot := newParty(t, f, auth.App{})
	f.Vars["robot.id"], f.Vars["robot.secret"] = robot.id, robot.secret
	f.Vars["robot.code"], f.Vars["robot.companyCode"] = robot.code(t, f.Credentials.LocationID), robot.code(t, "")
	theirs := f.Neighbour(t)
	f.Vars["neighbour.token"], f.Vars["neighbour.location"], f.Vars["neighbour.user"] = theirs["highlevel.privateToken"], theirs["locationId"], theirs["user.id"]
}

// addAgency makes a private token of the company: {agency}; and why an
// opportunity can be lost: {reason.id}.
func addAgency(t *testing.T, f *foyertest.F) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		_, f.Vars["agency"], err = f.Vault.AddKey(ctx, tx, auth.Key{CompanyID: f.Credentials.CompanyID, API: auth.HighLevel, Scopes: highlevel.Scopes()})
		if err != nil {
			return err
		}
		r, err := crm.AddLostReason(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, "Too dear")
		f.Vars["reason.id"] = r.ID
		return err
	})
}

// addFields makes custom fields: {field.budget}, ….
func addFields(t *testing.T, f *foyertest.F) {
	t.Helper()
	err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
		for name, dataType := range map[string]string{"budget": "MONETORY", "color": "TEXT", "likes": "MULTIPLE_OPTIONS", "moved": "DATE", "parts": "TEXTBOX_LIST"} {
			def, err := crm.CustomFieldNamed(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}, name, dataType)
			if err != nil {
				return err
			}
			f.Vars["field."+name] = def.ID
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// settings changes the location's settings.
func settings(t *testing.T, f *foyertest.F, change func(*crm.Settings)) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		return crm.ChangeSettings(ctx, tx, f.Credentials.LocationID, change)
	})
}
