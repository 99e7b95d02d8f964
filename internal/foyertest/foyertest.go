// Package foyertest gives a test a whole Foyer: a real database, all doors, a
// location with one credential for each API. It plays written conversations.
package foyertest

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes schemas

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/id"
)

// F is a whole Foyer on a loopback port.
type F struct {
	*app.App
	Credentials *app.Credentials
	URL         string
	Config      app.Config
	// Vars stand for {name} in conversations: {radius.secureId}, {locationId}, …
	Vars map[string]string

	t      testing.TB
	unwell bool // set before the first request
}

// Each runs a test on SQLite, and on PostgreSQL where FOYER_TEST_POSTGRES names one.
func Each(t *testing.T, f func(t *testing.T, f *F)) {
	t.Helper()
	Stores(t, func(t *testing.T, s app.Store) { f(t, start(t, app.Config{Store: s, HighLevelVersion: true})) })
}

// Stores is Each for a test that starts Foyer as it needs it.
func Stores(t *testing.T, f func(t *testing.T, s app.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, app.Store{Data: t.TempDir(), Strict: true}) })
	t.Run("postgres", func(t *testing.T) { f(t, PostgresStore(t)) })
}

// New gives a Foyer on SQLite in a folder of the test.
func New(t testing.TB) *F {
	t.Helper()
	return start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true})
}

// NewPostgres gives a Foyer in a schema of its own in the test's PostgreSQL.
func NewPostgres(t testing.TB) *F {
	t.Helper()
	return start(t, app.Config{Store: PostgresStore(t), HighLevelVersion: true})
}

// PostgresStore makes a schema that goes with the test. A test without a PostgreSQL is
// skipped.
func PostgresStore(t testing.TB) app.Store {
	t.Helper()
	url := os.Getenv("FOYER_TEST_POSTGRES")
	if url == "" {
		t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
	}
	schema := "t_" + id.UUID()[:13]
	run := func(statement string) {
		pool, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = pool.Close() }()
		if _, err := pool.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE SCHEMA "` + schema + `"`)
	t.Cleanup(func() { run(`DROP SCHEMA "` + schema + `" CASCADE`) })
	return app.Store{Data: t.TempDir(), DatabaseURL: url, Schema: `"` + schema + `"`, Strict: true}
}

// Start gives a Foyer of a configuration.
func Start(t testing.TB, c app.Config) *F { return start(t, c) }

func start(t testing.TB, c app.Config) *F {
	t.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	f := &F{App: a, Config: c, t: t}
	server := httptest.NewServer(f)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	f.URL = server.URL
	if f.Credentials, err = app.Bootstrap(ctx, a.DB, a.Vault, app.Names{Password: Password, PasswordHash: passwordHash}, false); err != nil {
		t.Fatal(err)
	}
	f.Vars = vars(f.Credentials)
	return f
}

func vars(c *app.Credentials) map[string]string {
	v := map[string]string{"companyId": c.CompanyID, "locationId": c.LocationID, "user.id": c.User.ID, "user.email": c.User.Email, "clientId": c.HighLevel.ClientID, "redirectUri": c.HighLevel.RedirectURI}
	for name, secret := range map[string]*string{
		"radius.secureId": c.Radius.SecureID, "brokerkit.token": c.Brokerkit.Token, "liondesk.apiKey": c.LionDesk.APIKey,
		"liondesk.userKey": c.LionDesk.UserKey, "liondesk.personalUserKey": c.LionDesk.PersonalUserKey, "highlevel.privateToken": c.HighLevel.PrivateToken,
		"highlevel.companyToken": c.HighLevel.CompanyToken, "highlevel.clientSecret": c.HighLevel.ClientSecret,
	} {
		if secret != nil {
			v[name] = *secret
		}
	}
	return v
}

// Read runs a function in a read-only transaction of the location.
func (f *F) Read(t testing.TB, do func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Read(context.Background(), f.Credentials.LocationID, do); err != nil {
		t.Fatal(err)
	}
}

// System runs a function in a transaction over all locations.
func (f *F) System(t testing.TB, do func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Write(context.Background(), db.System, do); err != nil {
		t.Fatal(err)
	}
}

// AddUser makes a teammate in the location and names them in Vars: {name.id}, {name.email}.
func (f *F) AddUser(t testing.TB, name, email, first, last string) *crm.User {
	t.Helper()
	var u *crm.User
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = crm.AddUser(ctx, tx, crm.User{CompanyID: f.Credentials.CompanyID, Email: email, FirstName: first, LastName: last}, f.Credentials.LocationID)
		return err
	})
	f.Vars[name+".id"], f.Vars[name+".email"] = u.ID, u.Email
	return u
}

// Password is that of the first user, and of who signs in by SignIn. Hashing takes
// long on purpose: what it makes of this one is kept here for all tests.
const (
	Password     = "correct horse battery staple"                                                                      // #nosec G101 -- of tests
	passwordHash = "$argon2id$v=19$m=65536,t=3,p=4$cZc3SqxHqzNpJ9QxKbQkRg$JeFSyudT+zhoT7qXoPnxeijYxZMpjIs0Y42Jikkqs00" // #nosec G101 -- of tests
)

// SignIn gives the cookie, as a header has it, of a user who signs in.
func (f *F) SignIn(t testing.TB, email string) string {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		u, err := crm.UserByEmail(ctx, tx, email)
		if err == nil && u.PasswordHash != passwordHash {
			_, err = crm.ChangeUser(ctx, tx, u.ID, func(u *crm.User) { u.PasswordHash = passwordHash })
		}
		return err
	})
	cookie, _, err := f.Desk.SignIn(context.Background(), auth.NewPasswords(), email, Password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return "foyer=" + cookie
}

// AddKey makes a key and names its secret in Vars.
func (f *F) AddKey(t testing.TB, name string, k auth.Key) *auth.Key {
	t.Helper()
	if k.LocationID == "" {
		k.LocationID = f.Credentials.LocationID
	}
	var made *auth.Key
	f.System(t, func(ctx context.Context, tx *db.Tx) (err error) {
		made, f.Vars[name], err = f.Vault.AddKey(ctx, tx, k)
		return err
	})
	return made
}

// Neighbour makes a second location in a company of its own, with one key for
// each API: everything the first one must never see.
func (f *F) Neighbour(t testing.TB) map[string]string {
	t.Helper()
	own := f.Credentials.LocationID
	var other *crm.Location
	var boss *crm.User
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.AddCompany(ctx, tx, "Neighbour")
		if err != nil {
			return err
		}
		if other, err = crm.AddLocation(ctx, tx, c.ID, "Next Door", ""); err != nil {
			return err
		}
		boss, err = crm.AddUser(ctx, tx, crm.User{CompanyID: c.ID, Email: "boss@neighbour.example", FirstName: "Ned", LastName: "Next", Admin: true}, other.ID)
		return err
	})
	mine := f.Vars
	f.Vars = map[string]string{"companyId": other.CompanyID, "locationId": other.ID, "user.id": boss.ID, "user.email": boss.Email}
	both := []string{auth.ScopeRead, auth.ScopeCreate}
	f.AddKey(t, "radius.secureId", auth.Key{LocationID: other.ID, API: auth.Radius, Scopes: both})
	f.AddKey(t, "brokerkit.token", auth.Key{LocationID: other.ID, API: auth.Brokerkit, Scopes: both})
	partner := f.AddKey(t, "liondesk.apiKey", auth.Key{LocationID: other.ID, API: auth.LionDesk, Kind: auth.KindPartner, Scopes: both})
	f.AddKey(t, "liondesk.userKey", auth.Key{LocationID: other.ID, API: auth.LionDesk, Kind: auth.KindUser, UserID: boss.ID, PartnerID: partner.ID, Scopes: both})
	f.AddKey(t, "liondesk.personalUserKey", auth.Key{LocationID: other.ID, API: auth.LionDesk, Kind: auth.KindPersonal, UserID: boss.ID, Scopes: both})
	f.AddKey(t, "highlevel.privateToken", auth.Key{LocationID: other.ID, API: auth.HighLevel, Scopes: highLevelScopes(f, own)})
	theirs := f.Vars
	f.Vars = mine
	return theirs
}

// highLevelScopes gives the scopes of the bootstrap's HighLevel token.
func highLevelScopes(f *F, locationID string) (scopes []string) {
	_ = f.DB.Read(context.Background(), db.System, func(ctx context.Context, tx *db.Tx) error {
		list, err := auth.Keys(ctx, tx, locationID, auth.HighLevel)
		if len(list) > 0 {
			scopes = list[0].Scopes
		}
		return err
	})
	return scopes
}

// Client is an HTTP client that follows no redirects, as the vendors' clients do not.
func Client() *http.Client {
	return &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
