package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
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

// App is a program of somebody else's that people can let in: an OAuth 2.0
// client. Its secret is kept as a hash.
type App struct {
	ID           string // the client id: 24 hexadecimal digits, a dash, 8 characters
	CompanyID    string // the company it is for, "" for every one
	Name         string
	Public       bool // cannot keep a secret and has none: it must use PKCE
	Credentials  bool // may ask for a token of its company without a person
	RedirectURIs []string
	Scopes       []string // the most it can be allowed
	Hint         string   // the last four characters of the secret
	CreatedAt    time.Time
	UpdatedAt    time.Time
	DisabledAt   time.Time
	// WebhookURL is where the app is told of what happens where it is in, ""
	// for nowhere; WebhookEvents are the vendor's types of events, all for none.
	WebhookURL    string
	WebhookEvents []string

	secretHash     string
	oldSecretHash  string // the secret before rotation, while it overlaps
	oldSecretUntil time.Time
}

var apps = db.NewTable("oauth_apps", []string{"id"}, func(a *App) []db.Column {
	return []db.Column{
		{Name: "id", At: &a.ID}, {Name: "company_id", At: &a.CompanyID}, {Name: "name", At: &a.Name}, {Name: "public", At: &a.Public},
		{Name: "credentials", At: &a.Credentials}, {Name: "redirect_uris", At: db.JSON(&a.RedirectURIs, "[]")}, {Name: "scopes", At: db.JSON(&a.Scopes, "[]")},
		{Name: "hint", At: &a.Hint}, {Name: "created_at", At: db.Millis(&a.CreatedAt)}, {Name: "updated_at", At: db.Millis(&a.UpdatedAt)},
		{Name: "disabled_at", At: db.Millis(&a.DisabledAt)}, {Name: "secret_hash", At: &a.secretHash}, {Name: "old_secret_hash", At: &a.oldSecretHash},
		{Name: "old_secret_until", At: db.Millis(&a.oldSecretUntil)}, {Name: "webhook_url", At: &a.WebhookURL}, {Name: "webhook_events", At: db.JSON(&a.WebhookEvents, "[]")},
	}
})

// What the hashes of the different secrets are made under.
const (
	appSecret   = "oauth app" // #nosec G101 -- a name
	oauthCode   = "oauth code"
	oauthToken  = "oauth token" // #nosec G101 -- a name
	sessionName = "session"
)

// The most that an app can have of each.
const (
	mostRedirects = 20
	longestName   = 100
)

// AppID is the id of the app itself: the client id up to its dash.
func (a *App) AppID() string {
	first, _, _ := strings.Cut(a.ID, "-")
	return first
}

// For reports whether people of a company can let the app in.
func (a *App) For(companyID string) bool { return a.CompanyID == "" || a.CompanyID == companyID }

// check says what is wrong with an app that is to be stored.
func (a *App) check() error {
	var broken []errs.Field
	if a.Name = strings.TrimSpace(a.Name); a.Name == "" {
		broken = append(broken, errs.Field{Name: "name", Rule: "required"})
	}
	if len([]rune(a.Name)) > longestName {
		broken = append(broken, errs.Field{Name: "name", Rule: "length", Limit: longestName})
	}
	if len(a.RedirectURIs) == 0 || len(a.RedirectURIs) > mostRedirects {
		broken = append(broken, errs.Field{Name: "redirectUris", Rule: "required"})
	}
	for _, u := range a.RedirectURIs {
		if err := checkRedirect(u, a.Public); err != nil {
			return err
		}
	}
	if len(a.Scopes) == 0 {
		broken = append(broken, errs.Field{Name: "scopes", Rule: "required"})
	}
	if a.Credentials && (a.Public || a.CompanyID == "") {
		return errs.New(errs.Invalid, "only an app of one company that has a secret can ask for tokens without a person")
	}
	return errs.InvalidFields(broken...)
}

// AddApp registers an app and gives its secret, which is shown this once; ""
// for a public one. a says Name, RedirectURIs and Scopes, and as needed
// CompanyID, Public and Credentials. Invalid for a redirect URI that could lead
// astray.
func (v *Vault) AddApp(ctx context.Context, tx *db.Tx, a App) (*App, string, error) {
	if err := a.check(); err != nil {
		return nil, "", err
	}
	if a.CompanyID != "" {
		if _, err := crm.CompanyByID(ctx, tx, a.CompanyID); err != nil {
			return nil, "", err
		}
	}
	clientID, err := newClientID()
	if err != nil {
		return nil, "", err
	}
	a.ID, a.CreatedAt, a.UpdatedAt = clientID, tx.Now(), tx.Now()
	secret := v.setAppSecret(&a)
	return &a, secret, apps.Insert(ctx, tx, &a)
}

func newClientID() (string, error) {
	const letters = "0123456789abcdefghijklmnopqrstuv" // 32 of them: every value of a byte is as likely
	var b [20]byte
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		return "", fmt.Errorf("making a client id: %w", err)
	}
	tail := b[12:]
	for i, x := range tail {
		tail[i] = letters[x%32]
	}
	return hex.EncodeToString(b[:12]) + "-" + string(tail), nil
}

func (v *Vault) setAppSecret(a *App) string {
	if a.Public {
		return ""
	}
	secret := "fos_" + id.Secret(40)
	a.secretHash, a.Hint = v.Hash(appSecret, secret), secret[len(secret)-4:]
	return secret
}

// RotateApp gives an app a new secret. The old one goes on working for overlap;
// with none it ends at once.
func (v *Vault) RotateApp(ctx context.Context, tx *db.Tx, clientID string, overlap time.Duration) (*App, string, error) {
	a, err := AppByID(ctx, tx, clientID)
	if err != nil {
		return nil, "", err
	}
	if a.Public {
		return nil, "", errs.New(errs.Invalid, "a public app has no secret")
	}
	a.oldSecretHash, a.oldSecretUntil = "", time.Time{}
	if overlap > 0 {
		a.oldSecretHash, a.oldSecretUntil = a.secretHash, tx.Now().Add(overlap)
	}
	secret := v.setAppSecret(a)
	a.UpdatedAt = tx.Now()
	return a, secret, apps.Update(ctx, tx, a)
}

// DisableApp shuts an app and all its tokens out, or lets them in again.
func DisableApp(ctx context.Context, tx *db.Tx, clientID string, disabled bool) error {
	a, err := AppByID(ctx, tx, clientID)
	if err != nil {
		return err
	}
	a.DisabledAt, a.UpdatedAt = time.Time{}, tx.Now()
	if disabled {
		a.DisabledAt = tx.Now()
	}
	return apps.Update(ctx, tx, a)
}

// AppByID gives an app by its client id. NotFound if it is not there.
func AppByID(ctx context.Context, tx *db.Tx, clientID string) (*App, error) {
	a, err := apps.One(ctx, tx, "WHERE id = $1", clientID)
	if err == nil && a == nil {
		err = errs.New(errs.NotFound, "there is no app %s", clientID)
	}
	return a, err
}

// Apps gives the apps of a company, or all for "", the oldest first.
func Apps(ctx context.Context, tx *db.Tx, companyID string) ([]App, error) {
	return apps.All(ctx, tx, "WHERE $1 = '' OR company_id = $1 ORDER BY created_at, id", companyID)
}

// Client is how an app names itself in a request.
type Client struct {
	ID     string
	Secret string
}

// client gives the app that a request comes from. An app with a secret must
// show it; one without must not pretend to have one (RFC 6749 §2.3).
func (d *Desk) client(ctx context.Context, tx *db.Tx, c Client) (*App, error) {
	a, err := apps.One(ctx, tx, "WHERE id = $1", c.ID)
	if err != nil {
		return nil, err
	}
	sum := d.vault.Hash(appSecret, c.Secret) // also for nobody: timing is not to tell who exists
	if a == nil {
		return nil, badClient()
	}
	if !a.DisabledAt.IsZero() || a.Public != (c.Secret == "") || !a.Public && !a.opens(sum, tx.Now()) {
		return nil, badClient()
	}
	if a.CompanyID == "" {
		return a, nil
	}
	company, err := crm.CompanyByID(ctx, tx, a.CompanyID)
	if err == nil && !company.DisabledAt.IsZero() {
		err = badClient()
	}
	return a, err
}

// opens reports whether a hash is that of a secret in force.
func (a *App) opens(sum string, now time.Time) bool {
	same := func(kept string) bool {
		return kept != "" && subtle.ConstantTimeCompare([]byte(sum), []byte(kept)) == 1
	}
	return same(a.secretHash) || same(a.oldSecretHash) && now.Before(a.oldSecretUntil)
}

// badClient is said alike of unknown apps, wrong secrets and disabled apps.
func badClient() error {
	return errs.New(errs.Unauthorized, "The client is unknown, or its secret is wrong").WithCode("invalid_client")
}

// refusal is an error of OAuth (RFC 6749 §5.2); code is the word of the RFC.
func refusal(code, text string) error { return errs.New(errs.Invalid, "%s", text).WithCode(code) }

// narrow gives the scopes that are asked for and allowed: what an app asks for
// beyond is left out, and said by what it gets (RFC 6749 §3.3). Nothing asked
// for is everything allowed.
func narrow(asked string, allowed []string) ([]string, error) {
	if strings.TrimSpace(asked) == "" {
		return allowed, nil
	}
	var got []string
	for _, s := range strings.Fields(asked) {
		if slices.Contains(allowed, s) && !slices.Contains(got, s) {
			got = append(got, s)
		}
	}
	if len(got) == 0 {
		return nil, refusal("invalid_scope", "None of the scopes can be allowed to this client")
	}
	return got, nil
}
