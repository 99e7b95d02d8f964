package ui_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// visitor is a browser that keeps its cookies.
type visitor struct {
	*testing.T
	f       *foyertest.F
	cookies map[string]string
}

func visitorOf(t *testing.T, f *foyertest.F) *visitor {
	return &visitor{t, f, map[string]string{}}
}

// asks sends a request and gives the status, where it leads, and the page.
func (v *visitor) asks(method, path string, form url.Values, header ...string) (int, string, string) {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), method, v.f.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	req.Header.Set("Content-Type", formType)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

const goodPassword = foyertest.Password

func (v *visitor) signsIn(email, password string) (int, string, string) {
	v.Helper()
	return v.asks("POST", "/signin", url.Values{"email": {email}, "password": {password}, "next": {"/account"}})
}

// in reports whether the visitor is signed in.
func (v *visitor) in() bool {
	v.Helper()
	status, _, _ := v.asks("GET", "/account", nil)
	return status == http.StatusOK
}

// withMail runs a test on each database, with mail.
func withMail(t *testing.T, test func(t *testing.T, f *foyertest.F, sink *foyertest.MailSink)) {
	foyertest.Stores(t, func(t *testing.T, s app.Store) {
		sink := foyertest.NewMailSink(t)
		f := foyertest.Start(t, app.Config{Store: s, SMTP: sink.URL, MailFrom: "foyer@agency.example", PublicURL: "http://crm.example"})
		works(t, f)
		test(t, f, sink)
	})
}

// linkIn waits for the nth mail and gives the path of its link.
func linkIn(t *testing.T, sink *foyertest.MailSink, n int) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if all := sink.Mails(); len(all) >= n {
			text := strings.ReplaceAll(all[n-1].Text, "=\r\n", "")
			m := regexp.MustCompile(`http://([^/\s]+)(/password/\w+)`).FindStringSubmatch(text)
			if m == nil || m[1] != "crm.example" {
				t.Fatalf("the mail leads elsewhere: %s", text)
			}
			return m[2]
		}
	}
	t.Fatalf("mail %d never came", n)
	return ""
}

// A mailed link gives one new password: once, for an hour, the newest only, at the
// configured host whatever a request says; and it ends every session.
func TestAForgottenPassword(t *testing.T) {
	withMail(t, func(t *testing.T, f *foyertest.F, sink *foyertest.MailSink) {
		u := f.AddUser(t, "una", "una@agency.example", "Una", "User")
		f.SignIn(t, u.Email) // gives them goodPassword
		v, thief := visitorOf(t, f), visitorOf(t, f)
		v.signsIn(u.Email, goodPassword)
		if !v.in() {
			t.Fatal("not signed in")
		}
		forgets := func(email string, header ...string) string {
			status, _, page := thief.asks("POST", "/forgot", url.Values{"email": {email}}, header...)
			if status != http.StatusOK {
				t.Errorf("%s: %d", email, status)
			}
			return strings.ReplaceAll(page, email, "")
		}
		known := forgets(u.Email, "Host", "evil.example", "X-Forwarded-Host", "evil.example")
		if unknown := forgets("nobody@agency.example"); unknown != known {
			t.Error("the page tells who has an account")
		}
		first := linkIn(t, sink, 1)
		forgets(strings.ToUpper(u.Email))
		second := linkIn(t, sink, 2)
		if status, _, _ := thief.asks("GET", first, nil); status != http.StatusNotFound {
			t.Errorf("the older link is good: %d", status)
		}
		for range 3 { // looking at it uses nothing up
			if status, _, page := thief.asks("GET", second, nil); status != http.StatusOK || !strings.Contains(page, u.Email) {
				t.Errorf("the link: %d", status)
			}
		}
		for _, easy := range []string{"short", u.Email, "aaaaaaaaaaaaaaaa", "Password123!"} {
			if status, _, _ := thief.asks("POST", second, url.Values{"password": {easy}}); status != http.StatusBadRequest {
				t.Errorf("%q was taken: %d", easy, status)
			}
		}
		const next = "another long secret phrase"
		var won atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if status, _, _ := visitorOf(t, f).asks("POST", second, url.Values{"password": {next}}); status == http.StatusSeeOther {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("the link was good %d times", won.Load())
		}
		if v.in() {
			t.Error("the session outlived the password")
		}
		if v.signsIn(u.Email, goodPassword); v.in() {
			t.Error("the old password is good")
		}
		if v.signsIn(u.Email, next); !v.in() {
			t.Error("the new password is not")
		}
		for range 4 { // an account is mailed a few times only, and whoever asks is told nothing
			forgets(u.Email)
		}
		linkIn(t, sink, 3)
		if n := len(sink.Mails()); n > 3 {
			t.Errorf("%d mails", n)
		}
		// who is shut out is mailed nothing that opens
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			if err := crm.DisableUser(ctx, tx, u.ID, true); err != nil {
				return err
			}
			secret, _, err := f.Desk.NewLink(ctx, tx, u.Email, auth.LinkReset)
			if secret != "" {
				t.Error("a link for who is shut out")
			}
			return err
		})
	})
}

// A password that is changed ends every other session and gives this one a new
// secret.
func TestAChangedPassword(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		u := f.AddUser(t, "una", "una@agency.example", "Una", "User")
		f.SignIn(t, u.Email)
		here, there := visitorOf(t, f), visitorOf(t, f)
		here.signsIn(u.Email, goodPassword)
		there.signsIn(u.Email, goodPassword)
		old := here.cookies["foyer"]
		change := func(password string) int {
			status, _, _ := here.asks("POST", "/account", url.Values{"do": {"password"}, "password": {password}, "new": {"another long secret phrase"}})
			return status
		}
		if got := change("wrong"); got != http.StatusForbidden || !here.in() || !there.in() {
			t.Errorf("with a wrong password: %d", got)
		}
		if got := change(goodPassword); got != http.StatusSeeOther {
			t.Fatalf("%d", got)
		}
		if there.in() || !here.in() || here.cookies["foyer"] == old {
			t.Error("after the change the sessions are not as they should be")
		}
		here.cookies["foyer"] = old
		if here.in() {
			t.Error("the old cookie works")
		}
	})
}

// Sessions are seen and ended by whose they are, and by nobody else; a role that
// changes ends them.
func TestSessionsOfSomebody(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		una, uli := f.AddUser(t, "una", "una@agency.example", "Una", "User"), f.AddUser(t, "uli", "uli@agency.example", "Uli", "User")
		f.SignIn(t, una.Email)
		f.SignIn(t, uli.Email)
		here, there, other := visitorOf(t, f), visitorOf(t, f), visitorOf(t, f)
		here.signsIn(una.Email, goodPassword)
		there.asks("POST", "/signin", url.Values{"email": {una.Email}, "password": {goodPassword}}, "User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1 <script>")
		other.signsIn(uli.Email, goodPassword)
		_, _, page := here.asks("GET", "/account", nil)
		if !strings.Contains(page, "Safari on iPhone") {
			t.Error("the other device is not shown")
		}
		id := regexp.MustCompile(`name="id" value="(\w+)"`).FindStringSubmatch(page)
		if id == nil {
			t.Fatal("no session can be ended")
		}
		if status, _, _ := other.asks("POST", "/account", url.Values{"do": {"end"}, "id": {id[1]}}); status != http.StatusNotFound || !there.in() {
			t.Errorf("another's session was ended: %d", status)
		}
		_, _, page = here.asks("GET", "/account", nil)
		for _, m := range regexp.MustCompile(`name="id" value="(\w+)"`).FindAllStringSubmatch(page, -1) {
			here.asks("POST", "/account", url.Values{"do": {"end"}, "id": {m[1]}})
		}
		if there.in() || !here.in() {
			t.Error("the session was not ended, or the wrong one")
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.ChangeUser(ctx, tx, una.ID, func(u *crm.User) { u.Role = crm.AdminRole })
			return err
		})
		if here.in() {
			t.Error("the session has the new role without a new sign-in")
		}
	})
}

// A session ends when nobody used it for long, and in any case after a while.
func TestSessionsEnd(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		for name, statement := range map[string]string{
			"unused": "UPDATE sessions SET used_at = $1",
			"old":    "UPDATE sessions SET expires_at = $1",
		} {
			u := f.AddUser(t, name, name+"@agency.example", "Una", "User")
			v := visitorOf(t, f)
			f.SignIn(t, u.Email)
			v.signsIn(u.Email, goodPassword)
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				return tx.Do(ctx, statement, tx.Now().Add(-auth.SessionIdle-time.Second).UnixMilli())
			})
			if v.in() {
				t.Errorf("%s, and alive", name)
			}
		}
	})
}

// The second factor: a code is taken once, few guesses are, a recovery code is
// taken once, and an admin switches it off for who lost all.
func TestTheSecondFactor(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		u := f.AddUser(t, "una", "una@agency.example", "Una", "User")
		f.SignIn(t, u.Email)
		v := visitorOf(t, f)
		v.signsIn(u.Email, goodPassword)
		if status, _, _ := v.asks("POST", "/account", url.Values{"do": {"begin"}, "password": {"wrong"}}); status != http.StatusForbidden {
			t.Errorf("begun without the password: %d", status)
		}
		v.asks("POST", "/account", url.Values{"do": {"begin"}, "password": {goodPassword}})
		_, _, page := v.asks("GET", "/account", nil)
		secret := regexp.MustCompile(`<code class="breaks">([A-Z2-7]+)</code>`).FindStringSubmatch(page)
		if secret == nil || !strings.Contains(page, `<path d="M`) {
			t.Fatal("no secret, or no QR code")
		}
		codeAt := func(at time.Time) string {
			code, err := totp.GenerateCode(secret[1], at)
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		old := v.cookies["foyer"]
		status, _, page := v.asks("POST", "/account", url.Values{"do": {"confirm"}, "code": {codeAt(time.Now().Add(-30 * time.Second))}})
		recovery := regexp.MustCompile(`<code>(\w{4}-\w{4}-\w{4})</code>`).FindAllStringSubmatch(page, -1)
		if status != http.StatusOK || len(recovery) != 10 || v.cookies["foyer"] == old {
			t.Fatalf("%d, %d recovery codes", status, len(recovery))
		}
		// asks for a code, and gives the page that it asks on
		pending := func(v *visitor) string {
			status, _, page := v.signsIn(u.Email, goodPassword)
			m := regexp.MustCompile(`name="pending" value="([^"]+)"`).FindStringSubmatch(page)
			if status != http.StatusOK || m == nil || v.cookies["foyer"] != "" {
				t.Fatalf("no code is asked for: %d", status)
			}
			return strings.ReplaceAll(m[1], "&#43;", "+")
		}
		finish := func(v *visitor, pending, code string) int {
			status, _, _ := v.asks("POST", "/signin/code", url.Values{"pending": {pending}, "code": {code}})
			return status
		}
		phone, again := visitorOf(t, f), visitorOf(t, f)
		code := codeAt(time.Now())
		if got := finish(phone, pending(phone), code); got != http.StatusSeeOther || !phone.in() {
			t.Fatalf("with the code: %d", got)
		}
		if got := finish(again, pending(again), code); got != http.StatusUnauthorized || again.in() {
			t.Errorf("the code was taken again: %d", got)
		}
		if got := finish(again, pending(again), strings.ToUpper(recovery[0][1])); got != http.StatusSeeOther {
			t.Errorf("with a recovery code: %d", got)
		}
		third := visitorOf(t, f)
		if got := finish(third, pending(third), recovery[0][1]); got != http.StatusUnauthorized {
			t.Errorf("the recovery code was taken again: %d", got)
		}
		if got := finish(third, "forged", recovery[1][1]); got != http.StatusUnauthorized || third.in() {
			t.Errorf("without the password: %d", got)
		}
		// many guesses at once are few
		question := pending(third)
		var looked, limited atomic.Int64
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				switch finish(visitorOf(t, f), question, "000000") {
				case http.StatusUnauthorized:
					looked.Add(1)
				case http.StatusTooManyRequests:
					limited.Add(1)
				}
			})
		}
		all.Wait()
		if looked.Load() > 5 || limited.Load() < 35 {
			t.Errorf("%d guesses were looked at, %d refused", looked.Load(), limited.Load())
		}
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			by := crm.Actor{CompanyID: f.Credentials.CompanyID, LocationID: f.Credentials.LocationID, UserID: f.Vars["user.id"], Origin: "ui"}
			return f.Desk.ResetSecond(ctx, tx, by, u.ID)
		})
		if phone.in() {
			t.Error("a session outlived the reset")
		}
		if phone.signsIn(u.Email, goodPassword); !phone.in() {
			t.Error("still asked for a code")
		}
	})
}

// Guessing at passwords ends early, also many at once, however the address is
// written; who is not there is told the same.
func TestGuessesEnd(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		u := f.AddUser(t, "una", "una@agency.example", "Una", "User")
		f.SignIn(t, u.Email)
		_, _, known := visitorOf(t, f).signsIn(u.Email, "wrong password")
		_, _, unknown := visitorOf(t, f).signsIn("nobody@agency.example", "wrong password")
		if strings.ReplaceAll(known, u.Email, "") != strings.ReplaceAll(unknown, "nobody@agency.example", "") {
			t.Error("the page tells who has an account")
		}
		var looked atomic.Int64
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				if status, _, _ := visitorOf(t, f).signsIn([]string{u.Email, " UNA@agency.EXAMPLE "}[i%2], "wrong password"); status == http.StatusUnauthorized {
					looked.Add(1)
				}
			})
		}
		all.Wait()
		if looked.Load() > 9 {
			t.Errorf("%d more guesses were looked at", looked.Load())
		}
		if status, _, _ := visitorOf(t, f).signsIn(u.Email, goodPassword); status != http.StatusTooManyRequests {
			t.Errorf("then the right one: %d", status)
		}
	})
}

// Over TLS the cookie of a session is bound to this host, to TLS and to requests.
func TestTheCookieOverTLS(t *testing.T) {
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir()}, PublicURL: "https://crm.example"})
	u := f.AddUser(t, "una", "una@agency.example", "Una", "User")
	f.SignIn(t, u.Email)
	req, err := http.NewRequestWithContext(t.Context(), "POST", f.URL+"/signin", strings.NewReader(url.Values{"email": {u.Email}, "password": {goodPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	c := res.Cookies()
	if len(c) != 1 || c[0].Name != "__Host-foyer" || !c[0].Secure || !c[0].HttpOnly || c[0].Path != "/" || c[0].Domain != "" || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("%+v", c)
	}
}
