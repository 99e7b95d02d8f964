package auth_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// kinds are all keys there can be, and whether their contract shows them again.
var kinds = []struct {
	api, kind string
	again     bool
}{
	{auth.Radius, auth.KindAccess, true}, {auth.Brokerkit, auth.KindAccess, false}, {auth.HighLevel, auth.KindAccess, false},
	{auth.LionDesk, auth.KindPartner, false}, {auth.LionDesk, auth.KindUser, true}, {auth.LionDesk, auth.KindPersonal, false},
}

// addKey makes a key of a kind for the first location's admin.
func addKey(t *testing.T, f *foyertest.F, api, kind string) (k *auth.Key, secret string) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		add := auth.Key{LocationID: f.Credentials.LocationID, API: api, Kind: kind, Name: "test", Scopes: []string{auth.ScopeRead}}
		if kind == auth.KindUser || kind == auth.KindPersonal {
			add.UserID = f.Credentials.User.ID
		}
		if kind == auth.KindUser {
			add.PartnerID = partnerID(ctx, t, tx, f)
		}
		k, secret, err = f.Vault.AddKey(ctx, tx, add)
		return err
	})
	return k, secret
}

func partnerID(ctx context.Context, t *testing.T, tx *db.Tx, f *foyertest.F) string {
	t.Helper()
	list, err := auth.Keys(ctx, tx, f.Credentials.LocationID, auth.LionDesk)
	if err != nil {
		t.Fatal(err)
	}
	return list[slices.IndexFunc(list, func(k auth.Key) bool { return k.Kind == auth.KindPartner })].ID
}

// opens reports whether a secret is let in, looking it up anew.
func opens(t *testing.T, f *foyertest.F, api, secret string) bool {
	t.Helper()
	c, err := auth.NewDesk(f.DB, f.Vault).Caller(context.Background(), api, secret)
	if err != nil && !errs.Is(err, errs.Unauthorized) {
		t.Fatal(err)
	}
	if err != nil && c != nil {
		t.Error("a caller with an error")
	}
	return err == nil
}

func TestKeysAreLongAndNoTwoAreAlike(t *testing.T) {
	f := foyertest.New(t)
	forms := map[string]*regexp.Regexp{auth.HighLevel: regexp.MustCompile(`^pit-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)} // 128 bits
	other := regexp.MustCompile(`^[0-9A-Za-z]{32}$`)                                                                                             // 190 bits
	seen := map[string]bool{}
	for _, c := range kinds {
		for range 50 {
			k, secret := addKey(t, f, c.api, c.kind)
			form := forms[c.api]
			if form == nil {
				form = other
			}
			if !form.MatchString(secret) || seen[secret] || seen[secret[:12]] {
				t.Fatalf("%s %s: %d characters, or not for the first time", c.api, c.kind, len(secret))
			}
			seen[secret], seen[secret[:12]] = true, true
			if k.Hint != secret[len(secret)-4:] || strings.Contains(k.Hash+k.Sealed+k.Name+k.ID, secret[:len(secret)-4]) {
				t.Errorf("%s %s: what is kept shows the key", c.api, c.kind)
			}
		}
	}
}

func TestAKeyIsShownAgainOnlyWhereItsContractDoes(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, c := range kinds {
			k, secret := addKey(t, f, c.api, c.kind)
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				stored, err := auth.KeyByID(ctx, tx, k.ID)
				if err != nil {
					return err
				}
				got, ok, err := f.Vault.RevealKey(stored)
				if ok != c.again || err != nil || ok && got != secret || !ok && got != "" {
					t.Errorf("%s %s: %q, %v, %v", c.api, c.kind, got, ok, err)
				}
				return nil
			})
		}
	})
}

// The old secret goes on for the overlap and not a moment longer; the new one
// works at once; both are the same caller but for the row they came by.
func TestRotationOverlaps(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for _, c := range kinds {
			rotate := func(keyID string, overlap time.Duration) (now string) {
				t.Helper()
				f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
					_, now, err = f.Vault.RotateKey(ctx, tx, keyID, overlap)
					return err
				})
				return now
			}
			k, first := addKey(t, f, c.api, c.kind)
			second := rotate(k.ID, time.Hour)
			if first == second || !opens(t, f, c.api, first) || !opens(t, f, c.api, second) {
				t.Errorf("%s %s: within the overlap: old %v, new %v", c.api, c.kind, opens(t, f, c.api, first), opens(t, f, c.api, second))
			}
			f.System(t, func(ctx context.Context, tx *db.Tx) error { // the hour is over
				_, err := tx.Exec(ctx, "UPDATE api_keys SET expires_at = $1 WHERE expires_at > 0", tx.Now().UnixMilli())
				return err
			})
			if opens(t, f, c.api, first) || !opens(t, f, c.api, second) {
				t.Errorf("%s %s: after the overlap: old %v, new %v", c.api, c.kind, opens(t, f, c.api, first), opens(t, f, c.api, second))
			}
			third := rotate(k.ID, 0)
			if opens(t, f, c.api, second) || !opens(t, f, c.api, third) {
				t.Errorf("%s %s: without overlap: old %v, new %v", c.api, c.kind, opens(t, f, c.api, second), opens(t, f, c.api, third))
			}
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				now, err := auth.KeyByID(ctx, tx, k.ID)
				if err != nil {
					return err
				}
				if secret, ok, err := f.Vault.RevealKey(now); ok != c.again || err != nil || ok && secret != third {
					t.Errorf("%s %s: shows %q, %v, %v", c.api, c.kind, secret, ok, err)
				}
				if now.UserID != k.UserID || now.PartnerID != k.PartnerID || !slices.Equal(now.Scopes, k.Scopes) || now.Kind != k.Kind {
					t.Errorf("%s %s: rotation changed more than the secret: %+v", c.api, c.kind, now)
				}
				return nil
			})
		}
	})
}

// Whatever stands behind a key must be in force: the key itself, its user, its
// location, its company, its partner. What is let in again works again.
func TestWhatIsDisabledShutsItsKeysOut(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		c := f.Credentials
		var partner string
		f.System(t, func(ctx context.Context, tx *db.Tx) error { partner = partnerID(ctx, t, tx, f); return nil })
		for _, kind := range kinds {
			k, secret := addKey(t, f, kind.api, kind.kind)
			for what, set := range map[string]func(ctx context.Context, tx *db.Tx, disabled bool) error{
				"key":  func(ctx context.Context, tx *db.Tx, d bool) error { return auth.DisableKey(ctx, tx, k.ID, d) },
				"user": func(ctx context.Context, tx *db.Tx, d bool) error { return crm.DisableUser(ctx, tx, c.User.ID, d) },
				"location": func(ctx context.Context, tx *db.Tx, d bool) error {
					return crm.DisableLocation(ctx, tx, c.LocationID, d)
				},
				"company": func(ctx context.Context, tx *db.Tx, d bool) error { return crm.DisableCompany(ctx, tx, c.CompanyID, d) },
				"partner": func(ctx context.Context, tx *db.Tx, d bool) error { return auth.DisableKey(ctx, tx, partner, d) },
			} {
				bites := what != "user" && what != "partner" || what == "user" && k.UserID != "" || what == "partner" && k.PartnerID == partner
				for _, disabled := range []bool{true, false} {
					f.System(t, func(ctx context.Context, tx *db.Tx) error { return set(ctx, tx, disabled) })
					if got := opens(t, f, kind.api, secret); got != (!disabled || !bites) {
						t.Errorf("%s %s, its %s disabled %v: let in %v", kind.api, kind.kind, what, disabled, got)
					}
				}
			}
		}
	})
}

// A desk remembers for a second: what is disabled is out a second later.
func TestADeskForgetsWithinASecond(t *testing.T) {
	f := foyertest.New(t)
	ctx := context.Background()
	k, secret := addKey(t, f, auth.Brokerkit, auth.KindAccess)
	if _, err := f.Desk.Caller(ctx, auth.Brokerkit, secret); err != nil {
		t.Fatal(err)
	}
	f.System(t, func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, k.ID, true) })
	time.Sleep(time.Second)
	if c, err := f.Desk.Caller(ctx, auth.Brokerkit, secret); !errs.Is(err, errs.Unauthorized) || c != nil {
		t.Errorf("a second later: %v, %v", c, err)
	}
}

func TestAKeyOpensItsOwnAPIAndKindOnly(t *testing.T) {
	f := foyertest.New(t)
	ctx := context.Background()
	for _, c := range kinds {
		_, secret := addKey(t, f, c.api, c.kind)
		for _, other := range kinds {
			got, err := f.Desk.Caller(ctx, other.api, secret, other.kind)
			if same := c.api == other.api && c.kind == other.kind; same != (err == nil) {
				t.Errorf("a key of %s %s as one of %s %s: %v", c.api, c.kind, other.api, other.kind, err)
			} else if same && (got.Actor.LocationID != f.Credentials.LocationID || got.Actor.Origin != c.api || got.Actor.CredentialID != got.Key.ID || !got.Actor.Can(auth.ScopeRead) || got.Actor.Can(auth.ScopeCreate)) {
				t.Errorf("%s %s: the caller is %+v", c.api, c.kind, got.Actor)
			}
		}
	}
	for _, secret := range []string{"", strings.Repeat("x", 513), strings.Repeat("x", 1<<20)} {
		if _, err := f.Desk.Caller(ctx, auth.Radius, secret); !errs.Is(err, errs.Unauthorized) || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%d characters: %v", len(secret), err)
		}
	}
}

// A key belongs to one location with everything it stands for: the user is of
// its company, the partner is a partner key of the location itself.
func TestAKeyIsOfOneLocation(t *testing.T) {
	f := foyertest.New(t)
	theirs := f.Neighbour(t)
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		own := f.Credentials.LocationID
		list, err := auth.Keys(ctx, tx, theirs["locationId"], auth.LionDesk)
		if err != nil {
			return err
		}
		foreign := list[slices.IndexFunc(list, func(k auth.Key) bool { return k.Kind == auth.KindPartner })].ID
		notPartner := list[slices.IndexFunc(list, func(k auth.Key) bool { return k.Kind == auth.KindPersonal })].ID
		for what, k := range map[string]auth.Key{
			"another company's user":     {LocationID: own, API: auth.Radius, UserID: theirs["user.id"]},
			"another location's partner": {LocationID: own, API: auth.LionDesk, Kind: auth.KindUser, UserID: f.Credentials.User.ID, PartnerID: foreign},
			"a partner who is none":      {LocationID: theirs["locationId"], API: auth.LionDesk, Kind: auth.KindUser, UserID: theirs["user.id"], PartnerID: notPartner},
			"no such user":               {LocationID: own, API: auth.Radius, UserID: "nobody"},
			"no such partner":            {LocationID: own, API: auth.LionDesk, Kind: auth.KindUser, UserID: f.Credentials.User.ID, PartnerID: "nobody"},
			"no such location":           {LocationID: "nowhere", API: auth.Radius},
			"no such API":                {LocationID: own, API: "zillow"},
		} {
			if made, secret, err := f.Vault.AddKey(ctx, tx, k); err == nil || errs.KindOf(err) == errs.Internal || made != nil || secret != "" {
				t.Errorf("%s: %v", what, err)
			}
		}
		return nil
	})
}

func TestTheLastUseOfAKeyIsNoted(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ctx := context.Background()
		k, secret := addKey(t, f, auth.HighLevel, auth.KindAccess)
		lastUse := func() (at time.Time) {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				stored, err := auth.KeyByID(ctx, tx, k.ID)
				if err == nil {
					at = stored.LastUsedAt
				}
				return err
			})
			return at
		}
		if !lastUse().IsZero() {
			t.Error("used before it was used")
		}
		before := time.Now().Add(-time.Millisecond)
		if _, err := f.Desk.Caller(ctx, auth.HighLevel, secret); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Desk.Flush(ctx), f.Desk.Flush(ctx)); err != nil {
			t.Fatal(err)
		}
		if at := lastUse(); at.Before(before) || at.After(time.Now()) {
			t.Errorf("last used at %v", at)
		}
	})
}

// Only those who authorised a partner are listed, each with a key that works.
func TestAuthorisedUsersAreThoseInForce(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		f.AddUser(t, "ann", "ann@x.example", "Ann", "Agent")
		var partner, other *auth.Key
		f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
			partner, err = auth.KeyByID(ctx, tx, partnerID(ctx, t, tx, f))
			return err
		})
		other = f.AddKey(t, "other", auth.Key{API: auth.LionDesk, Kind: auth.KindPartner})
		anns := f.AddKey(t, "anns", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: f.Vars["ann.id"], PartnerID: partner.ID})
		f.AddKey(t, "others", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: f.Vars["ann.id"], PartnerID: other.ID})
		f.AddKey(t, "own", auth.Key{API: auth.LionDesk, Kind: auth.KindPersonal, UserID: f.Vars["ann.id"]})
		list := func(of *auth.Key) string {
			var who []string
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				keys, people, err := auth.AuthorisedUsers(ctx, tx, of)
				for i := range keys {
					secret, ok, err := f.Vault.RevealKey(&keys[i])
					if err != nil || !ok || !opens(t, f, auth.LionDesk, secret) {
						t.Errorf("the key of %s: %v, %v", people[i].Email, ok, err)
					}
					who = append(who, people[i].Email)
				}
				return err
			})
			return strings.Join(who, " ")
		}
		step := func(want string, do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			f.System(t, do)
			if got := list(partner); got != want {
				t.Errorf("authorised are %q, want %q", got, want)
			}
		}
		both := f.Credentials.User.Email + " ann@x.example"
		step(both, func(context.Context, *db.Tx) error { return nil })
		step(f.Credentials.User.Email, func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, anns.ID, true) })
		step(both, func(ctx context.Context, tx *db.Tx) error { return auth.DisableKey(ctx, tx, anns.ID, false) })
		step(f.Credentials.User.Email, func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, f.Vars["ann.id"], true) })
		step(both, func(ctx context.Context, tx *db.Tx) error { return crm.DisableUser(ctx, tx, f.Vars["ann.id"], false) })
		step(both, func(ctx context.Context, tx *db.Tx) error {
			_, _, err := f.Vault.RotateKey(ctx, tx, anns.ID, time.Hour)
			return err
		})
		if got := list(other); got != "ann@x.example" {
			t.Errorf("the other partner's are %q", got)
		}
	})
}
