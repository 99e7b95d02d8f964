package hook

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/message"
)

const (
	maxForm  = 256 << 10 // bytes
	maxMedia = 10        // as the service has it
	maxSMS   = 16 << 10  // bytes of one message
)

// sms takes an SMS that came in, or what became of one that was sent.
func (d *Door) sms(w http.ResponseWriter, r *http.Request, by crm.Actor) error {
	if err := readForm(r); err != nil {
		return err
	}
	if d.SMS != nil && !d.signed(r) {
		return errs.New(errs.Forbidden, "X-Twilio-Signature does not fit")
	}
	id := first(r.PostForm, "MessageSid", "SmsSid", "SmsMessageSid")
	if id == "" {
		return errs.New(errs.Invalid, "MessageSid is missing")
	}
	status := first(r.PostForm, "MessageStatus", "SmsStatus")
	if status != "" && status != "received" && !r.PostForm.Has("Body") {
		return d.smsStatus(w, r, by, message.SMSStatus{MessageID: plain(r.URL.Query().Get("message")), ID: id, Status: status, Code: first(r.PostForm, "ErrorCode")})
	}
	s := message.ReceivedSMS{ID: id, From: first(r.PostForm, "From"), To: first(r.PostForm, "To"), Body: first(r.PostForm, "Body"), Media: media(r.PostForm)}
	if len(s.Body) > maxSMS {
		return errs.New(errs.TooLarge, "the SMS is longer than %d bytes", maxSMS)
	}
	if err := d.write(r, by, func(ctx context.Context, tx *db.Tx) error {
		_, err := message.ReceiveSMS(ctx, tx, by, s)
		return err
	}); err != nil {
		return err
	}
	sayNothing(w)
	return nil
}

// smsStatus keeps what became of an SMS. Of one that is gone nobody need know.
func (d *Door) smsStatus(w http.ResponseWriter, r *http.Request, by crm.Actor, s message.SMSStatus) error {
	err := d.write(r, by, func(ctx context.Context, tx *db.Tx) error {
		_, err := message.ReportSMS(ctx, tx, by, s)
		return err
	})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	sayNothing(w)
	return nil
}

// sayNothing answers with the TwiML that sends nothing back.
func sayNothing(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Response/>`) // who asked may have left
}

// signed checks the signature. The service signs the address that it was given,
// with the port or without.
func (d *Door) signed(r *http.Request) bool {
	said := r.Header.Get("X-Twilio-Signature")
	if said == "" {
		return false
	}
	for _, address := range addresses(d.Base.Of(r) + r.URL.RequestURI()) {
		if d.SMS.Signed(address, r.PostForm, said) {
			return true
		}
	}
	return false
}

// addresses gives an address as it is, and with the usual port or without it.
func addresses(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	other := *u
	switch u.Port() {
	case "":
		other.Host += ":" + usual
	case usual:
		other.Host = strings.TrimSuffix(u.Host, ":"+usual)
	}
	return []string{address, other.String()}
}

// media gives the addresses of pictures and the like. They are kept, not fetched.
func media(form url.Values) (list []string) {
	n, _ := strconv.Atoi(form.Get("NumMedia"))
	for i := range min(n, maxMedia) {
		at := first(form, "MediaUrl"+strconv.Itoa(i))
		if u, err := url.Parse(at); err == nil && (u.Scheme == "https" || u.Scheme == "http") && len(at) <= 2048 {
			list = append(list, at)
		}
	}
	return list
}

// first gives the first of some fields that is there.
func first(form url.Values, names ...string) string {
	for _, name := range names {
		if v := plain(form.Get(name)); v != "" {
			return v
		}
	}
	return ""
}

// plain makes any text one that can be stored.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
