package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// Ask is an app's request to be let in (RFC 6749 §4.1.1), looked at: the app is
// known and the redirect URI is its own.
type Ask struct {
	App         *App
	RedirectURI string
	State       string
	Scopes      []string
	Challenge   string // PKCE S256, "" for none
}

type storedCode struct {
	Hash        string
	GrantID     string
	AppID       string
	RedirectURI string
	Challenge   string
	ExpiresAt   time.Time
	UsedAt      time.Time
}

var codes = db.NewTable("oauth_codes", []string{"hash"}, func(c *storedCode) []db.Column {
	return []db.Column{
		{Name: "hash", At: &c.Hash}, {Name: "grant_id", At: &c.GrantID}, {Name: "app_id", At: &c.AppID}, {Name: "redirect_uri", At: &c.RedirectURI},
		{Name: "challenge", At: &c.Challenge}, {Name: "expires_at", At: db.Millis(&c.ExpiresAt)}, {Name: "used_at", At: db.Millis(&c.UsedAt)},
	}
})

const codeLife = time.Minute

var (
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)       // SHA-256 in base64url
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636 §4.1
)

// ReadAsk looks at the parameters of an authorization request. Without an Ask
// the error is to be shown and never sent anywhere: who asks is not known. With
// one, the error goes to the redirect URI, its code as "error".
func (d *Desk) ReadAsk(ctx context.Context, query map[string][]string) (*Ask, error) {
	for name, values := range query {
		if len(values) > 1 && name != "resource" {
			return nil, refusal("invalid_request", fmt.Sprintf("The parameter %.40q is there more than once", name))
		}
	}
	get := func(name string) string {
		if v := query[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	var app *App
	err := d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		app, err = apps.One(ctx, tx, "WHERE id = $1", storable(get("client_id")))
		return err
	})
	if err != nil {
		return nil, err
	}
	if app == nil || !app.DisabledAt.IsZero() {
		return nil, refusal("invalid_client", "No app with this client_id is registered here")
	}
	a := &Ask{App: app, RedirectURI: get("redirect_uri"), State: get("state"), Challenge: get("code_challenge")}
	if a.RedirectURI == "" && len(app.RedirectURIs) == 1 {
		a.RedirectURI = app.RedirectURIs[0]
	}
	if !app.redirects(a.RedirectURI) {
		return nil, refusal("invalid_request", "The redirect_uri is none that this app registered")
	}
	return a, a.check(get("response_type"), get("response_mode"), get("code_challenge_method"), get("scope"))
}

// check looks at what is told to the app if it is wrong.
func (a *Ask) check(responseType, mode, method, scope string) (err error) {
	switch {
	case responseType == "":
		return refusal("invalid_request", "response_type is missing")
	case responseType != "code":
		return refusal("unsupported_response_type", "response_type is code")
	case mode != "" && mode != "query":
		return refusal("invalid_request", "response_mode is query")
	case a.Challenge == "" && method != "":
		return refusal("invalid_request", "code_challenge is missing")
	case a.Challenge == "" && a.App.Public:
		return refusal("invalid_request", "An app without a secret must use PKCE: code_challenge is missing")
	case a.Challenge != "" && method != "S256":
		return refusal("invalid_request", "code_challenge_method is S256")
	case a.Challenge != "" && !challengeForm.MatchString(a.Challenge):
		return refusal("invalid_request", "code_challenge is no SHA-256")
	}
	a.Scopes, err = narrow(scope, a.App.Scopes)
	return err
}

// Choices gives the locations that a user can let the app into, and whether
// they can let it into their whole company.
func (d *Desk) Choices(ctx context.Context, u *crm.User, a *Ask) (list []crm.Location, company *crm.Company, err error) {
	err = d.db.Read(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if !a.App.For(u.CompanyID) {
			return errs.New(errs.Forbidden, "%s is not for your company", a.App.Name)
		}
		if u.Admin {
			if company, err = crm.CompanyByID(ctx, tx, u.CompanyID); err != nil {
				return err
			}
		}
		list, err = crm.LocationsOf(ctx, tx, u)
		return err
	})
	return list, company, err
}

// Allow lets an app into a location, or with locationID "" into the user's
// whole company, and gives the code to tell it with. Forbidden if that is not
// theirs to allow.
func (d *Desk) Allow(ctx context.Context, userID string, a *Ask, locationID string) (code string, err error) {
	var b [20]byte
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		return "", fmt.Errorf("making a code: %w", err)
	}
	code = hex.EncodeToString(b[:])
	err = d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		u, err := crm.UserByID(ctx, tx, userID)
		if err != nil {
			return err
		}
		if err := mayAllow(ctx, tx, u, a.App, locationID); err != nil {
			return err
		}
		g, err := addGrant(ctx, tx, Grant{AppID: a.App.ID, CompanyID: u.CompanyID, LocationID: locationID, UserID: u.ID, Scopes: a.Scopes})
		if err != nil {
			return err
		}
		if ok, err := standing(ctx, tx, g); err != nil || !ok {
			return first(err, errs.New(errs.Forbidden, "This cannot be allowed now"))
		}
		return codes.Insert(ctx, tx, &storedCode{Hash: d.vault.Hash(oauthCode, code), GrantID: g.ID, AppID: a.App.ID, RedirectURI: a.RedirectURI, Challenge: a.Challenge, ExpiresAt: tx.Now().Add(codeLife)})
	})
	return code, err
}

func mayAllow(ctx context.Context, tx *db.Tx, u *crm.User, app *App, locationID string) error {
	list, err := crm.LocationsOf(ctx, tx, u)
	if err != nil {
		return err
	}
	own := locationID == "" && u.Admin || slices.ContainsFunc(list, func(l crm.Location) bool { return l.ID == locationID })
	if !own || !app.For(u.CompanyID) {
		return errs.New(errs.Forbidden, "This is not yours to allow")
	}
	return nil
}

// Exchange gives an app the tokens for a code, once (RFC 6749 §4.1.3). A second
// use ends what the first one gave. The code is looked at before the app, as by
// HighLevel (contract.md §3).
func (d *Desk) Exchange(ctx context.Context, c Client, code, redirectURI, verifier string) (*Tokens, error) {
	var t *Tokens
	var refused error // is told after the transaction, which is stored
	err := d.db.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		t, refused = nil, nil
		known, err := codes.One(ctx, tx, "WHERE hash = $1 /*postgres FOR UPDATE*/", d.vault.Hash(oauthCode, code))
		if err != nil {
			return err
		}
		if known == nil {
			return badCode()
		}
		app, err := d.client(ctx, tx, c)
		if err != nil {
			return err
		}
		if !known.opens(app, redirectURI, verifier) {
			return badCode()
		}
		g, err := grantByID(ctx, tx, known.GrantID)
		if err != nil {
			return err
		}
		if !known.UsedAt.IsZero() {
			refused = badCode()
			return endGrant(ctx, tx, g)
		}
		ok, err := standing(ctx, tx, g)
		if err != nil || !ok || !tx.Now().Before(known.ExpiresAt) {
			return first(err, badCode())
		}
		known.UsedAt = tx.Now()
		if err := codes.Update(ctx, tx, known); err != nil {
			return err
		}
		t, err = d.pair(ctx, tx, g, newAccess(), newRefresh(), g.Scopes)
		return err
	})
	if refused != nil {
		d.forget()
	}
	if err != nil || refused != nil {
		return nil, first(err, refused)
	}
	return t, nil
}

// opens reports whether a code is the app's, for this redirect URI and this
// verifier. HighLevel's clients may leave the redirect URI out.
func (c *storedCode) opens(app *App, redirectURI, verifier string) bool {
	if c.AppID != app.ID || redirectURI != "" && redirectURI != c.RedirectURI {
		return false
	}
	if c.Challenge == "" {
		return verifier == "" // a verifier without a challenge: somebody took the challenge away
	}
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	return verifierForm.MatchString(verifier) && subtle.ConstantTimeCompare([]byte(made), []byte(c.Challenge)) == 1
}

// CodeNotFound is the code of the error about an authorization code.
const CodeNotFound = "code_not_found"

func badCode() error {
	return errs.New(errs.Invalid, "Authorization code not found").WithCode(CodeNotFound)
}

// storable makes text that both databases take; what had to be replaced matches
// nothing.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
