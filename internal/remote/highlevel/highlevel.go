// Package highlevel is the client of HighLevel's API v2, and of whatever speaks it:
// contacts with their tags, custom fields and do-not-disturb, tasks, notes,
// appointments and opportunities.
package highlevel

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
)

// vendorURL is HighLevel's own address.
const vendorURL = "https://services.leadconnectorhq.com"

// system is a location of HighLevel.
type system struct {
	client *remote.Client
	place  string
	tokens remote.Tokens // nil with a private token
	key    ed25519.PublicKey
	names  *names
	drops  *drops
}

// New makes the client of a location. Settings want Token, a private integration
// token, and Location; or App with its Tokens.
func New(s remote.Settings) (remote.System, error) {
	key, err := publicKey(s.PublicKey)
	if err != nil {
		return nil, err
	}
	h := &system{place: strings.TrimSpace(s.Location), tokens: s.App.Tokens, key: key, names: &names{}, drops: newDrops(s.BaseURL)}
	// contract.md §5: 100 requests within ten seconds
	v := remote.Vendor{BaseURL: vendorURL, Rate: remote.Rate{Most: 100, Per: 10 * time.Second}, Judge: judge}
	token := strings.TrimSpace(s.Token)
	switch {
	case s.App.Tokens != nil:
		keeper, err := newKeeper(s)
		if err != nil {
			return nil, err
		}
		v.Authorize = func(ctx context.Context, header http.Header) error {
			access, err := keeper.Access(ctx)
			header.Set("Authorization", "Bearer "+access)
			return err
		}
		v.Renew = func(ctx context.Context, header http.Header, e *remote.Error) (bool, error) {
			if !renewable(e) {
				return false, nil
			}
			err := keeper.Refused(ctx, strings.TrimPrefix(header.Get("Authorization"), "Bearer "))
			return err == nil, err
		}
	case token == "" || h.place == "":
		return nil, errors.New("HighLevel wants a private integration token and the id of its location, or an app that was let in")
	default:
		v.Authorize = func(_ context.Context, header http.Header) error {
			header.Set("Authorization", "Bearer "+token)
			return nil
		}
	}
	h.client, err = remote.NewClient(s, v)
	return h, err
}

// renewable reports whether another token may open what this one did not. One that
// lacks a scope, or is of another class, is as good as its successor
// (contract.md §6).
func renewable(e *remote.Error) bool {
	if e.Status != http.StatusUnauthorized {
		return false
	}
	for _, not := range []string{"scope", "version header", "user type", "authClass"} {
		if strings.Contains(e.Text, not) {
			return false
		}
	}
	return true
}

// location gives the id of the location.
func (h *system) location(ctx context.Context) (string, error) {
	if h.place != "" {
		return h.place, nil
	}
	t, err := h.tokens.Load(ctx)
	if err == nil && t.Location == "" {
		err = errors.New("the app was let in for no location")
	}
	return t.Location, err
}

// call sends a request in the version that its document names (contract.md §2).
func (h *system) call(ctx context.Context, r remote.Request, into any) (http.Header, error) {
	version := "2021-07-28"
	if strings.HasPrefix(r.Path, "calendars/") {
		version = "2021-04-15"
	}
	r.Header = http.Header{"Version": {version}}
	if r.Method == http.MethodGet {
		r.Repeat = true // what is written again could undo what somebody did meanwhile: the caller looks first
	}
	return h.client.Ask(ctx, r, into)
}

func (h *system) get(ctx context.Context, path string, query url.Values, into any) error {
	_, err := h.call(ctx, remote.Request{Method: http.MethodGet, Path: path, Query: query}, into)
	return err
}

// path writes the parts of a path, ids escaped.
func path(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// judge reads what HighLevel says with 400 of a record that is there already, and
// of one that is not (contract.md §6).
func judge(status int, body []byte, e *remote.Error) *remote.Error {
	if e == nil || status != http.StatusBadRequest {
		return e
	}
	if id := existing(body); id != "" {
		e.Cause, e.ID = remote.Duplicate, id
	} else if strings.Contains(strings.ToLower(e.Text), "not found") {
		e.Cause = remote.Missing
	}
	return e
}

// kinds are what is offered for each kind.
func kinds() map[remote.Kind]remote.Can {
	all := remote.Can{List: true, Fetch: true, Create: true, Update: true, Delete: true}
	contact, owned, of := all, all, all
	contact.Find, contact.Apart = true, true
	owned.Of, owned.Gone = true, true
	of.Of = true
	return map[remote.Kind]remote.Can{remote.Contact: contact, remote.Task: owned, remote.Note: owned, remote.Appointment: of, remote.Opportunity: of}
}

// Can says what is offered for a kind.
func (h *system) Can(kind remote.Kind) remote.Can { return kinds()[kind] }

// Check asks whether the token opens the location, and gives its name.
func (h *system) Check(ctx context.Context) (string, error) {
	id, err := h.location(ctx)
	if err != nil {
		return "", err
	}
	var a struct {
		Location struct {
			Name string `json:"name"`
		} `json:"location"`
	}
	if err := h.get(ctx, path("locations", id), nil, &a); err != nil {
		return "", err
	}
	return "location " + a.Location.Name + " (" + id + ")", nil
}

// unknown is the error of a kind that is not offered.
func unknown(kind remote.Kind) error {
	return &remote.Error{Cause: remote.Refused, Text: "HighLevel has no records of the kind " + string(kind) + " here"}
}

// absent makes nil of the error of a record that is not there.
func absent(err error) error {
	if remote.Is(err, remote.Missing) {
		return nil
	}
	return err
}
