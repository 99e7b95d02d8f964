package highlevel

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorAuthorize is where people let an app in.
const vendorAuthorize = "https://marketplace.gohighlevel.com/oauth/chooselocation"

// Scopes are those that the sync needs of the kinds of records that cross; true
// says that they are written there.
func Scopes(kinds map[remote.Kind]bool) []string {
	need := map[string]bool{"locations.readonly": true}
	for kind, written := range kinds {
		reads, writes := []string{"contacts.readonly", "users.readonly"}, "contacts.write"
		switch kind {
		case remote.Contact:
			reads = append(reads, "locations/customFields.readonly")
		case remote.Task:
			reads = append(reads, "locations/tasks.readonly")
		case remote.Appointment:
			reads, writes = append(reads, "calendars.readonly", "calendars/events.readonly"), "calendars/events.write"
		case remote.Opportunity:
			reads, writes = append(reads, "opportunities.readonly", "locations/customFields.readonly"), "opportunities.write"
		}
		for _, s := range reads {
			need[s] = true
		}
		if written {
			need[writes] = true
		}
	}
	return slices.Sorted(maps.Keys(need))
}

// TakesPKCE reports whether the server says in its metadata (RFC 8414) that it
// takes the proof of RFC 7636. HighLevel's own does not say.
func TakesPKCE(ctx context.Context, s remote.Settings) bool {
	g, err := newGrant(s)
	if err != nil {
		return false
	}
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	var a struct {
		Methods []string `json:"code_challenge_methods_supported"`
	}
	err = g.client.Do(ctx, remote.Request{Method: http.MethodGet, Path: ".well-known/oauth-authorization-server"}, &a)
	return err == nil && slices.Contains(a.Methods, "S256")
}

// AuthorizeURL gives the address that a browser is sent to, so that a person lets
// the app in. state comes back with the code; verifier is the proof that Exchange
// sends with it, "" for none.
func AuthorizeURL(s remote.Settings, state, verifier string) (string, error) {
	if s.App.ClientID == "" || s.App.RedirectURI == "" {
		return "", errors.New("the app has no client id, or no redirect URI")
	}
	at := s.App.AuthorizeURL
	switch {
	case at != "":
	case s.BaseURL == "" || strings.TrimRight(s.BaseURL, "/") == vendorURL:
		at = vendorAuthorize
	default:
		at = strings.TrimRight(s.BaseURL, "/") + "/oauth/chooselocation"
	}
	u, err := url.Parse(at)
	if err != nil {
		return "", errors.New("the address where people let the app in is none")
	}
	wanted := s.App.Scopes
	if len(wanted) == 0 {
		wanted = Scopes(map[remote.Kind]bool{remote.Contact: true, remote.Task: true, remote.Note: true, remote.Appointment: true, remote.Opportunity: true})
	}
	q := u.Query()
	q.Set("response_type", "code")
	q.Set("client_id", s.App.ClientID)
	q.Set("redirect_uri", s.App.RedirectURI)
	q.Set("scope", strings.Join(wanted, " "))
	q.Set("state", state)
	if verifier != "" {
		sum := sha256.Sum256([]byte(verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// grant asks for tokens.
type grant struct {
	client *remote.Client
	app    remote.App
}

func newGrant(s remote.Settings) (*grant, error) {
	s.Gate = nil // tokens do not count against the limit of a location
	c, err := remote.NewClient(s, remote.Vendor{BaseURL: vendorURL})
	return &grant{c, s.App}, err
}

func newKeeper(s remote.Settings) (*remote.Keeper, error) {
	g, err := newGrant(s)
	if err != nil {
		return nil, err
	}
	return remote.NewKeeper(s.App.Tokens, func(ctx context.Context, t remote.Token) (remote.Token, error) {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.Refresh}, "redirect_uri": {s.App.RedirectURI}}
		if t.UserType != "" {
			form.Set("user_type", t.UserType)
		}
		next, err := g.ask(ctx, form, t.Refresh)
		if err != nil {
			return remote.Token{}, err
		}
		return next.like(t), nil
	}), nil
}

// Exchange takes the code that a browser came back with for the first token of a
// connection. Where the whole company let the app in, the token becomes one of the
// location that the settings name.
func Exchange(ctx context.Context, s remote.Settings, code, verifier string) (remote.Token, error) {
	g, err := newGrant(s)
	if err != nil {
		return remote.Token{}, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "user_type": {"Location"}, "redirect_uri": {s.App.RedirectURI}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	a, err := g.ask(ctx, form, code, verifier)
	if err != nil {
		return remote.Token{}, err
	}
	t := a.like(remote.Token{})
	if t.Location == "" && t.Company != "" {
		if s.Location == "" {
			return t, errors.New("the whole company let the app in: say which of its locations is meant")
		}
		if t, err = g.ofLocation(ctx, t, s.Location); err != nil {
			return t, err
		}
	}
	if s.Location != "" && t.Location != s.Location {
		return t, &remote.Error{Cause: remote.Refused, Text: "the app was let in for another location than the connection's"}
	}
	return t, nil
}

// answer is that of the token endpoint, in the names of both versions
// (contract.md §2, §3).
type answer struct {
	Access    string      `json:"access_token"`
	Refresh   string      `json:"refresh_token"`
	ExpiresIn json.Number `json:"expires_in"`
	Scope     string      `json:"scope"`
	UserType  string      `json:"userType"`
	Location  string      `json:"locationId"`
	Company   string      `json:"companyId"`
}

// like gives the token of an answer; whose it is stays as it was where that is not
// said again.
func (a *answer) like(t remote.Token) remote.Token {
	next := remote.Token{Access: a.Access, Refresh: a.Refresh, Scope: a.Scope, UserType: a.UserType, Location: a.Location, Company: a.Company, Issued: time.Now()}
	seconds, err := a.ExpiresIn.Int64()
	if err != nil || seconds <= 0 || seconds > 366*24*3600 {
		seconds = 3600
	}
	next.Expires = next.Issued.Add(time.Duration(seconds) * time.Second)
	for _, f := range []struct{ at, was *string }{{&next.Scope, &t.Scope}, {&next.UserType, &t.UserType}, {&next.Location, &t.Location}, {&next.Company, &t.Company}} {
		if *f.at == "" {
			*f.at = *f.was
		}
	}
	return next
}

func (g *grant) ask(ctx context.Context, form url.Values, secrets ...string) (*answer, error) {
	form.Set("client_id", g.app.ClientID)
	form.Set("client_secret", g.app.ClientSecret)
	if form.Get("redirect_uri") == "" {
		form.Del("redirect_uri")
	}
	a := &answer{}
	return a, g.client.Do(ctx, remote.Request{Method: http.MethodPost, Path: "oauth/token", Body: form, Secrets: append(secrets, g.app.ClientSecret)}, a)
}

// ofLocation takes the token of a company for that of one of its locations.
func (g *grant) ofLocation(ctx context.Context, t remote.Token, location string) (remote.Token, error) {
	a := &answer{}
	header := http.Header{"Authorization": {"Bearer " + t.Access}, "Version": {"2021-07-28"}}
	err := g.client.Do(ctx, remote.Request{Method: http.MethodPost, Path: "oauth/locationToken", Header: header, Body: url.Values{"companyId": {t.Company}, "locationId": {location}}}, a)
	if err != nil {
		return t, err
	}
	next := a.like(remote.Token{Location: location, Company: t.Company, UserType: "Location"})
	if next.Refresh == "" {
		return t, &remote.Error{Cause: remote.Broken, Text: "its answer has no refresh token"}
	}
	return next, nil
}
