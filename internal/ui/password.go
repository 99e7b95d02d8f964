package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/jobs"
	"github.com/foyer-crm/foyer/internal/message"
	"github.com/foyer-crm/foyer/internal/wire"
)

// passwordPath is where the links lead by which people choose a password.
const passwordPath = "/password/"

// mails reports whether people can be mailed a link: there is a mail server, and
// the address of this one is configured. What a request says that the address is
// would be whatever an attacker wrote there.
func (p *Pages) mails() bool { return p.Sender != nil && p.Base != "" && p.Jobs != nil }

// forgotData is what the page about a forgotten password shows.
type forgotData struct {
	Email   string
	Mails   bool
	Sent    bool
	Problem string
}

func (p *Pages) forgot(w http.ResponseWriter, r *http.Request) {
	if p.LeadsToStart(w, r) {
		return
	}
	p.show(w, r, http.StatusOK, "forgot", "Forgot your password?", nil, forgotData{Mails: p.mails()})
}

// askReset has a link mailed. It says the same, and takes the same time, whether
// there is such an account or not: who is there is looked up where the mail is
// written.
func (p *Pages) askReset(w http.ResponseWriter, r *http.Request) {
	d := forgotData{Email: strings.TrimSpace(r.PostForm.Get("email")), Mails: p.mails()}
	if !d.Mails {
		p.show(w, r, http.StatusOK, "forgot", "Forgot your password?", nil, d)
		return
	}
	send, err := p.Desk.MayAskReset(r.Context(), d.Email, wire.Address(r))
	if err == nil && send {
		err = p.DB.Write(r.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
			return sendLink(ctx, tx, d.Email, auth.LinkReset)
		})
	}
	switch {
	case errs.Is(err, errs.Limited):
		d.Problem = "That was often. Try again in a quarter of an hour."
		p.show(w, r, http.StatusTooManyRequests, "forgot", "Forgot your password?", nil, d)
	case err != nil:
		p.fail(w, r, err)
	default:
		d.Sent = true
		p.show(w, r, http.StatusOK, "forgot", "Look into your mail", nil, d)
	}
}

// mailJob is the job that mails a link to somebody, if they are there.
const mailJob = "account.mail"

type mailArgs struct {
	Email string `json:"email"`
	Kind  string `json:"kind"`
}

// sendLink has a link mailed in the background.
func sendLink(ctx context.Context, tx *db.Tx, email, kind string) error {
	return jobs.Add(ctx, tx, jobs.Job{Kind: mailJob, Unique: kind + " " + email, Args: mailArgs{email, kind}})
}

// mailLink makes the link and mails it. What is mailed is nowhere else: should
// the mail not go out, the next try makes another.
func (p *Pages) mailLink(ctx context.Context, run jobs.Run) error {
	var args mailArgs
	if err := json.Unmarshal(run.Args, &args); err != nil {
		return fmt.Errorf("reading whom to mail: %w", err)
	}
	if !p.mails() {
		return nil
	}
	var secret string
	var u *crm.User
	var company *crm.Company
	err := p.DB.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
		if secret, u, err = p.Desk.NewLink(ctx, tx, args.Email, args.Kind); err != nil || u == nil {
			return err
		}
		company, err = crm.CompanyByID(ctx, tx, u.CompanyID)
		return err
	})
	if err != nil || u == nil {
		return err
	}
	link := string(p.Base) + passwordPath + secret
	m := message.Mail{To: u.Email, ID: id.UUID(), Machine: true, Subject: "Choose a new password for Foyer",
		Text: "Somebody, hopefully you, asked for a new password for " + u.Email + ".\n\nChoose it here, within an hour:\n" + link + "\n\nThe link works once. If it was not you, do nothing: your password stays as it is.\n"}
	if args.Kind == auth.LinkInvitation {
		m.Subject = "Your account at " + company.Name
		m.Text = company.Name + " works with Foyer, and made an account for you: " + u.Email + ".\n\nChoose your password here, within three days:\n" + link + "\n\nThe link works once.\n"
	}
	return p.Sender.Send(ctx, m)
}

// passwordData is what the page behind a link shows.
type passwordData struct {
	Here     string
	User     *crm.User
	New      bool // the first password
	Shortest int
	Problem  string
}

// choosePassword shows the page behind a link, and changes nothing: programs that
// check mail for viruses follow links.
func (p *Pages) choosePassword(w http.ResponseWriter, r *http.Request) {
	u, kind, err := p.Desk.LinkUser(r.Context(), r.PathValue("secret"))
	if err != nil {
		p.linkFailed(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "password", "Choose a password", nil, passwordData{Here: r.URL.Path, User: u, New: kind == auth.LinkInvitation, Shortest: auth.ShortestPassword})
}

func (p *Pages) setPassword(w http.ResponseWriter, r *http.Request) {
	u, kind, err := p.Desk.LinkUser(r.Context(), r.PathValue("secret"))
	if err == nil {
		_, err = p.Desk.UseLink(r.Context(), p.passwords, r.PathValue("secret"), r.PostForm.Get("password"))
	}
	if errs.Is(err, errs.Invalid) {
		p.show(w, r, http.StatusBadRequest, "password", "Choose a password", nil, passwordData{Here: r.URL.Path, User: u, New: kind == auth.LinkInvitation, Shortest: auth.ShortestPassword, Problem: sentence(errs.As(err))})
		return
	}
	if err != nil {
		p.linkFailed(w, r, err)
		return
	}
	http.SetCookie(w, p.cookie(r, "", 0))
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, "/signin?changed", http.StatusSeeOther)
}

func (p *Pages) linkFailed(w http.ResponseWriter, r *http.Request, err error) {
	if errs.Is(err, errs.NotFound) {
		p.notice(w, r, http.StatusNotFound, "This link no longer works", "It was used, a newer one was asked for, or it is too old. Ask for a new one where you sign in.")
		return
	}
	p.fail(w, r, err)
}

// accountPath is the page of somebody's own account.
const accountPath = "/account"

// accountData is what it shows.
type accountData struct {
	clockOf
	Sessions []auth.Session
	Second   bool
	Secret   string   // of a second factor that was begun
	QR       qrCode   // of it
	Recovery []string // codes, shown this once
	Problem  string
	About    string // what the problem is about
	Shortest int
}

// account shows somebody's own account: password, second factor, sessions.
func (p *Pages) account(w http.ResponseWriter, r *http.Request, u *crm.User) {
	p.showAccount(w, r, http.StatusOK, u, ownCookie(p, r), accountData{})
}

func ownCookie(p *Pages, r *http.Request) string {
	c, err := r.Cookie(p.Base.CookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

func (p *Pages) showAccount(w http.ResponseWriter, r *http.Request, status int, u *crm.User, cookie string, d accountData) {
	d.clockOf, d.Shortest = clockOf{zone: time.UTC, now: time.Now()}, auth.ShortestPassword
	if zone, err := time.LoadLocation(u.Timezone); err == nil && u.Timezone != "" {
		d.zone = zone
	}
	var address string
	var err error
	if d.Sessions, err = p.Desk.Sessions(r.Context(), cookie); err == nil {
		d.Second, err = p.Desk.HasSecond(r.Context(), u.ID)
	}
	if err == nil && !d.Second {
		d.Secret, address, err = p.Desk.SecondBegun(r.Context(), u)
	}
	if err == nil && address != "" {
		d.QR, err = newQR(address)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, status, "account", "Your account", u, d)
}

// changeAccount does what a button of the page says.
func (p *Pages) changeAccount(w http.ResponseWriter, r *http.Request, u *crm.User) {
	cookie, do := ownCookie(p, r), r.PostForm.Get("do")
	fresh, said, recovery, err := p.accountDo(r, u, cookie, do)
	if fresh != "" {
		http.SetCookie(w, p.cookie(r, fresh, auth.SessionLife))
		cookie = fresh
	}
	d := accountData{About: do, Recovery: recovery}
	switch e := errs.As(err); {
	case err == nil && recovery != nil:
		p.showAccount(w, r, http.StatusOK, u, cookie, d)
	case err == nil:
		http.Redirect(w, r, accountPath+"?said="+said, http.StatusSeeOther)
	case e.Kind == errs.Unauthorized:
		d.Problem = map[string]string{"confirm": "This code is wrong. Is the clock of your phone right?"}[do]
		if d.Problem == "" {
			d.Problem = "The password is wrong."
		}
		p.showAccount(w, r, http.StatusForbidden, u, cookie, d)
	case e.Kind == errs.Invalid || e.Kind == errs.Limited || e.Kind == errs.Conflict:
		d.Problem = sentence(e)
		p.showAccount(w, r, http.StatusBadRequest, u, cookie, d)
	default:
		p.fail(w, r, err)
	}
}

func (p *Pages) accountDo(r *http.Request, u *crm.User, cookie, do string) (fresh, said string, recovery []string, err error) {
	ctx, password := r.Context(), r.PostForm.Get("password")
	switch do {
	case "name":
		err = p.DB.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.AmendUser(ctx, tx, crm.Actor{CompanyID: u.CompanyID, UserID: u.ID, Origin: "ui"}, u.ID, func(u *crm.User) {
				u.FirstName, u.LastName, u.Phone = strings.TrimSpace(r.PostForm.Get("first")), strings.TrimSpace(r.PostForm.Get("last")), strings.TrimSpace(r.PostForm.Get("phone"))
			}, nil)
			return err
		})
		return "", "saved", nil, err
	case "password":
		fresh, err = p.Desk.ChangePassword(ctx, p.passwords, u, password, r.PostForm.Get("new"), browser(r))
		return fresh, "password", nil, err
	case "begin":
		return "", "", nil, p.Desk.BeginSecond(ctx, p.passwords, u, password)
	case "confirm":
		recovery, fresh, err = p.Desk.ConfirmSecond(ctx, u, r.PostForm.Get("code"), browser(r))
		return fresh, "", recovery, err
	case "end second":
		fresh, err = p.Desk.EndSecond(ctx, p.passwords, u, password, browser(r))
		return fresh, "second-off", nil, err
	case "end":
		sessionID := r.PostForm.Get("id")
		if sessionID == "" {
			return "", "", nil, noButton()
		}
		return "", "session", nil, p.Desk.EndSession(ctx, cookie, sessionID)
	case "end others":
		return "", "sessions", nil, p.Desk.EndSession(ctx, cookie, "")
	}
	return "", "", nil, noButton()
}
