package ui

import (
	"context"
	"net/http"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/message"
)

// Leaving is the page behind the link in a mail by which people say no to more.
// Use NewLeaving.
type Leaving struct {
	pages *Pages
	db    *db.DB
	links *message.Links
}

// NewLeaving gives the page.
func NewLeaving(p *Pages, d *db.DB, l *message.Links) *Leaving { return &Leaving{p, d, l} }

// Mount puts the page at its address. It takes forms from anywhere: mail programs
// send one that nobody sees (RFC 8058), and the address is all it takes.
func (l *Leaving) Mount(m mounter) {
	m.Handle(http.MethodGet, message.UnsubscribePath+"{token}", l.show)
	m.Handle(http.MethodPost, message.UnsubscribePath+"{token}", l.change)
}

// leavingData is what the page shows.
type leavingData struct {
	Here    string // its path
	Sender  string // the location
	Address string // of the contact, hidden in part
	Gone    bool   // nothing more is sent to them
	Changed bool   // they said so just now
}

// show shows the page, and changes nothing: programs that check mail for viruses
// follow links.
func (l *Leaving) show(w http.ResponseWriter, r *http.Request) {
	who, ok := l.links.Read(r.PathValue("token"))
	if !ok {
		l.missing(w, r)
		return
	}
	l.tell(w, r, who, false)
}

func (l *Leaving) change(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	who, ok := l.links.Read(r.PathValue("token"))
	if !ok {
		l.missing(w, r)
		return
	}
	said := conversation.Consent{ContactID: who.ContactID, Channel: conversation.OnEmail, About: who.About, Code: conversation.CodeUnsubscribed, Why: "They followed the link in a mail"}
	do, by := conversation.Unsubscribe, crm.Actor{LocationID: who.LocationID, Origin: "unsubscribe"}
	if r.FormValue("do") == "subscribe" {
		do = conversation.Subscribe
	}
	err := l.db.Write(r.Context(), who.LocationID, func(ctx context.Context, tx *db.Tx) error {
		_, err := do(ctx, tx, by, said)
		return err
	})
	if err != nil {
		l.fail(w, r, err)
		return
	}
	l.tell(w, r, who, true)
}

func (l *Leaving) tell(w http.ResponseWriter, r *http.Request, who message.Leaver, changed bool) {
	data := leavingData{Here: r.URL.Path, Changed: changed}
	err := l.db.Read(r.Context(), who.LocationID, func(ctx context.Context, tx *db.Tx) error {
		c, err := crm.ContactByID(ctx, tx, who.LocationID, who.ContactID)
		if err != nil {
			return err
		}
		place, err := crm.LocationByID(ctx, tx, who.LocationID)
		if err != nil {
			return err
		}
		data.Sender, data.Address, data.Gone = place.Name, hidden(c.Email), conversation.Unsubscribed(c, conversation.OnEmail)
		return nil
	})
	if err != nil {
		l.fail(w, r, err)
		return
	}
	l.pages.show(w, r, http.StatusOK, "unsubscribe", "E-mail from "+data.Sender, nil, data)
}

// hidden shows of an address as much as its owner needs to know it again.
func hidden(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return "you"
	}
	return string([]rune(local)[:1]) + "•••@" + domain
}

func (l *Leaving) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errs.Is(err, errs.NotFound) {
		l.missing(w, r)
		return
	}
	l.pages.fail(w, r, err)
}

// missing answers for any address that is none, and says nothing about it.
func (l *Leaving) missing(w http.ResponseWriter, r *http.Request) {
	l.pages.notice(w, r, http.StatusNotFound, "Not found", "There is no page at this address.")
}
