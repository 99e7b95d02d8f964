package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// The APIs that keys are for.
const (
	Radius    = "radius"
	LionDesk  = "liondesk"
	Brokerkit = "brokerkit"
	HighLevel = "highlevel"
)

// The kinds of keys. Most APIs have one. LionDesk has three: the partner's own,
// the one that a user's authorisation gives a partner, and the one that a user
// has for personal use (intake.md §1.1).
const (
	KindAccess   = "access"
	KindPartner  = "partner"
	KindUser     = "user"
	KindPersonal = "personal"
	KindOAuth    = "oauth" // no key that is stored: it stands for an access token
)

// The scopes of keys of the intake APIs. HighLevel has scopes of its own.
const (
	ScopeRead   = "read"
	ScopeCreate = "create"
)

// Key is a credential as it is kept: never the secret itself.
type Key struct {
	ID         string
	LocationID string
	CompanyID  string // of a key for a whole company, which has no location
	API        string
	Kind       string
	Name       string
	UserID     string // the person it acts for
	PartnerID  string // the partner key it belongs to
	Scopes     []string
	Hash       string
	Hint       string // the last four characters, for people to tell keys apart
	Sealed     string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
	DisabledAt time.Time
}

var keys = db.NewTable("api_keys", []string{"id"}, func(k *Key) []db.Column {
	return []db.Column{
		{Name: "id", At: &k.ID}, {Name: "location_id", At: &k.LocationID}, {Name: "api", At: &k.API}, {Name: "kind", At: &k.Kind},
		{Name: "name", At: &k.Name}, {Name: "user_id", At: &k.UserID}, {Name: "partner_id", At: &k.PartnerID}, {Name: "scopes", At: db.JSON(&k.Scopes, "[]")},
		{Name: "hash", At: &k.Hash}, {Name: "hint", At: &k.Hint}, {Name: "sealed", At: &k.Sealed}, {Name: "created_at", At: db.Millis(&k.CreatedAt)},
		{Name: "last_used_at", At: db.Millis(&k.LastUsedAt)}, {Name: "expires_at", At: db.Millis(&k.ExpiresAt)}, {Name: "disabled_at", At: db.Millis(&k.DisabledAt)},
		{Name: "company_id", At: &k.CompanyID},
	}
})

// sealed says which secrets a vendor's contract shows again: GetUsers hands
// USERKEYs back, Radius has a "copy key" button.
func (k *Key) sealed() bool {
	return k.API == Radius || k.API == LionDesk && k.Kind == KindUser
}

// secret makes a key in the form its vendor's have, of at least 128 random bits.
func (k *Key) secret() (string, error) {
	if k.API != HighLevel {
		return id.Secret(32), nil
	}
	var b [16]byte
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	x := hex.EncodeToString(b[:])
	return "pit-" + strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-"), nil
}

// AddKey makes a key and gives its secret, which is shown this once (but for
// the kinds that RevealKey can show again). k says API, LocationID, and as
// needed Kind, Name, UserID, PartnerID, Scopes. A HighLevel key may have a
// CompanyID in place of the LocationID: it is the company's private token.
func (v *Vault) AddKey(ctx context.Context, tx *db.Tx, k Key) (*Key, string, error) {
	if !slices.Contains([]string{Radius, LionDesk, Brokerkit, HighLevel}, k.API) {
		return nil, "", errs.New(errs.Invalid, "there is no API %q: it is one of radius, liondesk, brokerkit, highlevel", k.API)
	}
	if err := k.belongs(ctx, tx); err != nil {
		return nil, "", err
	}
	if k.Kind == "" {
		k.Kind = KindAccess
	}
	k.ID, k.CreatedAt = tx.NewID(), tx.Now()
	secret, err := v.setSecret(&k)
	if err != nil {
		return nil, "", err
	}
	return &k, secret, keys.Insert(ctx, tx, &k)
}

// belongs refuses a key whose parts are not of one location: its user is of the
// location's company, its partner is a partner key of the location itself.
func (k *Key) belongs(ctx context.Context, tx *db.Tx) error {
	if k.CompanyID != "" {
		return k.belongsToCompany(ctx, tx)
	}
	l, err := crm.LocationByID(ctx, tx, k.LocationID)
	if err != nil {
		return err
	}
	if k.UserID != "" {
		u, err := crm.UserByID(ctx, tx, k.UserID)
		if err != nil {
			return err
		}
		if u.CompanyID != l.CompanyID {
			return errs.New(errs.NotFound, "there is no user %s in this company", k.UserID)
		}
	}
	if k.PartnerID != "" {
		p, err := KeyByID(ctx, tx, k.PartnerID)
		if err != nil {
			return err
		}
		if p.Kind != KindPartner || p.LocationID != k.LocationID {
			return errs.New(errs.NotFound, "there is no partner key %s in this location", k.PartnerID)
		}
	}
	return nil
}

// belongsToCompany is belongs for a key of a whole company.
func (k *Key) belongsToCompany(ctx context.Context, tx *db.Tx) error {
	if k.API != HighLevel || k.LocationID != "" || k.UserID != "" || k.PartnerID != "" {
		return errs.New(errs.Invalid, "only HighLevel has keys of a whole company, and they have no location, user or partner")
	}
	_, err := crm.CompanyByID(ctx, tx, k.CompanyID)
	return err
}

func (v *Vault) setSecret(k *Key) (string, error) {
	secret, err := k.secret()
	if err != nil {
		return "", err
	}
	k.Hash, k.Hint = v.Hash(k.API, secret), secret[len(secret)-4:]
	if k.sealed() {
		k.Sealed, err = v.Seal(secret, k.ID)
	}
	return secret, err
}

// RotateKey gives a key a new secret. The old one goes on working for overlap;
// with none it ends at once.
func (v *Vault) RotateKey(ctx context.Context, tx *db.Tx, keyID string, overlap time.Duration) (*Key, string, error) {
	k, err := KeyByID(ctx, tx, keyID)
	if err != nil {
		return nil, "", err
	}
	if overlap > 0 {
		old := *k
		old.ID, old.Sealed, old.Name = tx.NewID(), "", strings.TrimSpace(old.Name+" (before rotation)")
		old.ExpiresAt = tx.Now().Add(overlap)
		if k.Kind == KindPartner {
			old.PartnerID = k.ID // whose keys the old secret goes on opening
		}
		// the hash moves to the new row, which must not meet itself
		k.Hash = "rotating " + k.ID
		if err := keys.Update(ctx, tx, k); err != nil {
			return nil, "", err
		}
		if err := keys.Insert(ctx, tx, &old); err != nil {
			return nil, "", err
		}
	}
	secret, err := v.setSecret(k)
	if err != nil {
		return nil, "", err
	}
	err = keys.Update(ctx, tx, k)
	return k, secret, err
}

// RevealKey gives the secret of a key whose contract shows it again; ok is
// false for the others.
func (v *Vault) RevealKey(k *Key) (secret string, ok bool, err error) {
	if k.Sealed == "" {
		return "", false, nil
	}
	secret, err = v.Open(k.Sealed, k.ID)
	return secret, err == nil, err
}

// KeyByID gives a key. NotFound if it is not there.
func KeyByID(ctx context.Context, tx *db.Tx, keyID string) (*Key, error) {
	k, err := keys.One(ctx, tx, "WHERE id = $1", keyID)
	if err == nil && k == nil {
		err = errs.New(errs.NotFound, "there is no key %s", keyID)
	}
	return k, err
}

// Keys gives the keys of a location and an API; "" is all.
func Keys(ctx context.Context, tx *db.Tx, locationID, api string) ([]Key, error) {
	return keys.All(ctx, tx, "WHERE ($1 = '' OR location_id = $1) AND ($2 = '' OR api = $2) ORDER BY id", locationID, api)
}

// DisableKey shuts a key out, or lets it in again.
func DisableKey(ctx context.Context, tx *db.Tx, keyID string, disabled bool) error {
	k, err := KeyByID(ctx, tx, keyID)
	if err != nil {
		return err
	}
	k.DisabledAt = time.Time{}
	if disabled {
		k.DisabledAt = tx.Now()
	}
	err = keys.Update(ctx, tx, k)
	return err
}

// AuthorisedUsers gives the keys that users gave a partner, each with its user
// (intake.md §1.3 GetUsers). Disabled keys and users are left out.
func AuthorisedUsers(ctx context.Context, tx *db.Tx, partner *Key) ([]Key, []crm.User, error) {
	list, err := keys.All(ctx, tx, "WHERE location_id = $1 AND partner_id = $2 AND kind = $3 AND disabled_at = 0 AND (expires_at = 0 OR expires_at > $4) ORDER BY id",
		partner.LocationID, partner.ID, KindUser, tx.Now().UnixMilli())
	if err != nil {
		return nil, nil, err
	}
	var given []Key
	var people []crm.User
	for _, k := range list {
		u, err := crm.UserByID(ctx, tx, k.UserID)
		if err != nil {
			return nil, nil, err
		}
		if u.DisabledAt.IsZero() && k.Sealed != "" {
			given, people = append(given, k), append(people, *u)
		}
	}
	return given, people, nil
}

// ErrMasterKey means that the database holds keys that this master key did not make.
var ErrMasterKey = errors.New("the database holds keys that were made with another master key: put the file foyer.key of the earlier data folder in place")
