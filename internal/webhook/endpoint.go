// Package webhook tells others what happened: every event that an endpoint
// subscribes to is sent to its address, signed, at least once, and tried again
// until it is taken or given up.
package webhook

import (
	"context"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
)

// Endpoint is an address that is told of a location's events.
type Endpoint struct {
	LocationID  string    `json:"locationId"`
	ID          string    `json:"id"`
	AppID       string    `json:"appId,omitempty"` // client id of the app that it belongs to; "" for one of the location's own
	URL         string    `json:"url"`
	Description string    `json:"description,omitempty"`
	Events      []string  `json:"events"` // types, with * for anything: contact.*, task.completed
	Failures    int64     `json:"failures"`
	FailingAt   time.Time `json:"failingSince,omitzero"` // since when nothing was taken
	OpenUntil   time.Time `json:"-"`                     // it is left in peace until then
	DisabledAt  time.Time `json:"disabledAt,omitzero"`
	DisabledWhy string    `json:"disabledWhy,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`

	secret         string // sealed
	oldSecret      string // sealed; in force beside it while it overlaps
	oldSecretUntil time.Time
}

var endpoints = db.NewTable("webhook_endpoints", []string{"location_id", "id"}, func(e *Endpoint) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &e.LocationID}, {Name: "id", At: &e.ID}, {Name: "app_id", At: &e.AppID, Fixed: true}, {Name: "url", At: &e.URL}, {Name: "description", At: &e.Description},
		{Name: "events", At: db.JSON(&e.Events, "[]")}, {Name: "secret", At: &e.secret}, {Name: "old_secret", At: &e.oldSecret}, {Name: "old_secret_until", At: db.Millis(&e.oldSecretUntil)},
		{Name: "failures", At: &e.Failures}, {Name: "failing_since", At: db.Millis(&e.FailingAt)}, {Name: "open_until", At: db.Millis(&e.OpenUntil)},
		{Name: "disabled_at", At: db.Millis(&e.DisabledAt)}, {Name: "disabled_why", At: &e.DisabledWhy}, {Name: "created_at", At: db.Millis(&e.CreatedAt), Fixed: true}, {Name: "updated_at", At: db.Millis(&e.UpdatedAt)},
	}
})

// The most that an endpoint can have of each.
const (
	mostEvents      = 100
	longestURL      = 2048
	longestSummary  = 500
	mostOfALocation = 100 // endpoints
)

// pattern is what can stand for types of events: a whole type, or a beginning
// with * for the rest.
var pattern = regexp.MustCompile(`^(\*|[a-z_]+\.(\*|[a-z_]+))$`)

func (e *Endpoint) check() error {
	var broken []errs.Field
	if err := CheckURL(e.URL); err != nil {
		broken = append(broken, errs.Field{Name: "url", Rule: "url"})
	}
	if len(e.Events) == 0 {
		e.Events = []string{"*"}
	}
	if len(e.Events) > mostEvents {
		broken = append(broken, errs.Field{Name: "events", Rule: "items", Limit: mostEvents})
	}
	if !AreTypes(e.Events) {
		broken = append(broken, errs.Field{Name: "events", Rule: "choice"})
	}
	if len([]rune(e.Description)) > longestSummary {
		broken = append(broken, errs.Field{Name: "description", Rule: "length", Limit: longestSummary})
	}
	return errs.InvalidFields(broken...)
}

// CheckURL refuses what is no address that a webhook can go to: http or https,
// with a host, without a user. Whether the host is in the public internet is
// looked at when something is sent.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errs.New(errs.Invalid, "%q is no address that a webhook can go to: it begins with https:// or http:// and names a host, no user and no fragment", text)
	}
	return nil
}

// wants reports whether an endpoint subscribes to a type of event.
func (e *Endpoint) wants(typ string) bool { return Among(e.Events, typ) }

// AreTypes reports whether all of a list can stand for types of events.
func AreTypes(list []string) bool {
	return !slices.ContainsFunc(list, func(p string) bool { return !pattern.MatchString(p) })
}

// Among reports whether a type of event is among those that a list stands for.
func Among(list []string, typ string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		return p == "*" || p == typ || strings.HasSuffix(p, ".*") && strings.HasPrefix(typ, p[:len(p)-1])
	})
}

// AddEndpoint makes an endpoint of a location's own, and gives its secret, which
// is shown this once. e says URL, and as needed Events and Description. Invalid
// for an address that a webhook cannot go to.
func AddEndpoint(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor, e Endpoint) (*Endpoint, string, error) {
	if err := e.check(); err != nil {
		return nil, "", err
	}
	all, err := Endpoints(ctx, tx, by.LocationID)
	if err != nil {
		return nil, "", err
	}
	if len(all) >= mostOfALocation {
		return nil, "", errs.New(errs.Invalid, "A location can have at most %d webhooks", mostOfALocation)
	}
	e.LocationID, e.ID, e.AppID, e.CreatedAt, e.UpdatedAt = by.LocationID, tx.NewID(), "", tx.Now(), tx.Now()
	secret, err := e.renew(v)
	if err != nil {
		return nil, "", err
	}
	if err := endpoints.Insert(ctx, tx, &e); err != nil {
		return nil, "", err
	}
	return &e, secret, crm.Emit(ctx, tx, by, "webhook.created", "", e.ID, crm.EventData{Text: crm.Excerpt(e.URL)})
}

// renew gives an endpoint a new secret, in the form of Standard Webhooks.
func (e *Endpoint) renew(v *auth.Vault) (string, error) {
	const bytes = 32
	secret := secretPrefix + base64.StdEncoding.EncodeToString([]byte(id.Secret(bytes)))
	sealed, err := v.Seal(secret, "webhook "+e.ID)
	e.secret = sealed
	return secret, err
}

// RotateSecret gives an endpoint a new secret. While the old one overlaps,
// everything is signed with both. NotFound if the endpoint is not there.
func RotateSecret(ctx context.Context, tx *db.Tx, v *auth.Vault, by crm.Actor, endpointID string, overlap time.Duration) (*Endpoint, string, error) {
	e, err := EndpointByID(ctx, tx, by.LocationID, endpointID)
	if err != nil {
		return nil, "", err
	}
	e.oldSecret, e.oldSecretUntil = "", time.Time{}
	if overlap > 0 {
		e.oldSecret, e.oldSecretUntil = e.secret, tx.Now().Add(overlap)
	}
	secret, err := e.renew(v)
	if err != nil {
		return nil, "", err
	}
	e.UpdatedAt = tx.Now()
	if err := endpoints.Update(ctx, tx, e); err != nil {
		return nil, "", err
	}
	return e, secret, crm.Emit(ctx, tx, by, "webhook.updated", "", e.ID, crm.EventData{Text: crm.Excerpt(e.URL), Changes: []crm.Change{{Field: "secret"}}})
}

// DisableEndpoint ends the deliveries of an endpoint, or begins anew with what
// happens from now on. NotFound if it is not there.
func DisableEndpoint(ctx context.Context, tx *db.Tx, by crm.Actor, endpointID string, disabled bool, why string) error {
	e, err := EndpointByID(ctx, tx, by.LocationID, endpointID)
	if err != nil || e.DisabledAt.IsZero() != disabled {
		return err
	}
	return e.disable(ctx, tx, by, disabled, why)
}

func (e *Endpoint) disable(ctx context.Context, tx *db.Tx, by crm.Actor, disabled bool, why string) error {
	typ := "webhook.enabled"
	e.DisabledAt, e.DisabledWhy, e.UpdatedAt = time.Time{}, "", tx.Now()
	e.Failures, e.FailingAt, e.OpenUntil = 0, time.Time{}, time.Time{}
	if disabled {
		typ, e.DisabledAt, e.DisabledWhy = "webhook.disabled", tx.Now(), why
		if err := stopPending(ctx, tx, e.LocationID, e.ID); err != nil {
			return err
		}
	}
	if err := endpoints.Update(ctx, tx, e); err != nil {
		return err
	}
	return crm.Emit(ctx, tx, by, typ, "", e.ID, crm.EventData{Text: crm.Excerpt(e.URL), Kind: crm.Excerpt(why)})
}

// RemoveEndpoint removes an endpoint with the log of its deliveries. NotFound if
// it is not there.
func RemoveEndpoint(ctx context.Context, tx *db.Tx, by crm.Actor, endpointID string) error {
	e, err := EndpointByID(ctx, tx, by.LocationID, endpointID)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM webhook_deliveries WHERE location_id = $1 AND endpoint_id = $2",
		"DELETE FROM webhook_endpoints WHERE location_id = $1 AND id = $2",
	} {
		if err := tx.Do(ctx, statement, by.LocationID, e.ID); err != nil {
			return err
		}
	}
	return crm.Emit(ctx, tx, by, "webhook.deleted", "", e.ID, crm.EventData{Text: crm.Excerpt(e.URL)})
}

// EndpointByID gives an endpoint. NotFound if it is not there.
func EndpointByID(ctx context.Context, tx *db.Tx, locationID, endpointID string) (*Endpoint, error) {
	e, err := endpoints.One(ctx, tx, "WHERE location_id = $1 AND id = $2", locationID, endpointID)
	if err == nil && e == nil {
		err = errs.New(errs.NotFound, "there is no webhook %s", endpointID)
	}
	return e, err
}

// Endpoints gives the endpoints of a location, the oldest first.
func Endpoints(ctx context.Context, tx *db.Tx, locationID string) ([]Endpoint, error) {
	return endpoints.All(ctx, tx, "WHERE location_id = $1 ORDER BY id", locationID)
}
