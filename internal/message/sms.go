package message

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- what the service signs with
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/outbound"
)

// SMS sends text messages through an HTTP service in Twilio's shape. Use NewSMS.
type SMS struct {
	base    url.URL
	account string
	token   string
	from    string
	client  *outbound.Client
}

// NewSMS reads the address of a service:
// https://ACCOUNT:TOKEN@api.twilio.com?from=%2B15550100. Its address is the
// operator's own, so it may be on this machine.
func NewSMS(address string) (*SMS, error) {
	const form = "the SMS URL should look like https://ACCOUNT:TOKEN@api.twilio.com?from=%2B15550100" // #nosec G101 -- shows the form
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User == nil {
		return nil, errors.New(form) // without the URL: it holds a token
	}
	token, ok := u.User.Password()
	if !ok || u.User.Username() == "" {
		return nil, errors.New(form)
	}
	from := u.Query().Get("from")
	if strings.HasPrefix(from, " ") { // a plus sign that was not escaped
		from = "+" + strings.TrimSpace(from)
	}
	if from == "" {
		return nil, errors.New(form + ": the number that it sends from is missing")
	}
	return &SMS{base: url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}, account: u.User.Username(), token: token, from: from,
		client: outbound.New(outbound.Options{Private: true})}, nil
}

// Repeats is false: the service sends what it is given.
func (s *SMS) Repeats() bool { return false }

// Deliver sends a message. What the service refuses for good is a Rejection.
func (s *SMS) Deliver(ctx context.Context, p *conversation.Parcel) (string, error) {
	to := p.Message.Details.To
	if e164 := norm.ParsePhone(to, "US").E164; e164 != "" {
		to = e164
	}
	form := url.Values{"To": {to}, "From": {s.from}, "Body": {p.Message.Body}}
	if p.Message.Details.From != "" {
		form.Set("From", p.Message.Details.From)
	}
	form["MediaUrl"] = p.Message.Attachments
	if p.Callback != "" {
		form.Set("StatusCallback", p.Callback)
	}
	at := s.base.JoinPath("2010-04-01", "Accounts", s.account, "Messages.json")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("sending an SMS: %w", err)
	}
	r.SetBasicAuth(s.account, s.token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := s.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("sending an SMS: %w", err)
	}
	var said struct {
		SID     string `json:"sid"`
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	broken := json.Unmarshal(a.Body, &said)
	switch {
	case a.Status/100 == 2 && broken == nil:
		return said.SID, nil
	case a.Status/100 == 4 && a.Status != http.StatusTooManyRequests && a.Status != http.StatusRequestTimeout:
		if said.Message == "" {
			said.Message = http.StatusText(a.Status)
		}
		return "", &Rejection{Code: strconv.Itoa(said.Code), Text: said.Message}
	}
	return "", fmt.Errorf("sending an SMS: the service answered %d", a.Status)
}

// Signed reports whether the service signed a request to an address with these
// fields: X-Twilio-Signature is the HMAC-SHA1, with the token, of the address and
// the sorted fields, one behind the other.
func (s *SMS) Signed(address string, form url.Values, signature string) bool {
	mac := hmac.New(sha1.New, []byte(s.token))
	mac.Write([]byte(address))
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Compact(slices.Sorted(slices.Values(form[name])))
		for _, v := range values {
			mac.Write([]byte(name + v))
		}
	}
	said, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && hmac.Equal(said, mac.Sum(nil))
}
