package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
)

// An Idempotency-Key on a POST makes it safe to send again: the first answer is
// kept with what it did, in one transaction, and given again for a day. A
// request that was refused keeps nothing, so it can be mended and sent again.

const (
	keyLife    = 24 * time.Hour
	mostKeyLen = 255 // characters
)

type kept struct {
	LocationID string
	Route      string
	Key        string
	Hash       string // of the request
	Status     int64
	Header     http.Header
	Body       string
	CreatedAt  time.Time
}

var keptAnswers = db.NewTable("idempotency_keys", []string{"location_id", "route", "key"}, func(k *kept) []db.Column {
	return []db.Column{
		{Name: "location_id", At: &k.LocationID}, {Name: "route", At: &k.Route}, {Name: "key", At: &k.Key}, {Name: "request_hash", At: &k.Hash},
		{Name: "status", At: &k.Status}, {Name: "header", At: db.JSON(&k.Header, "{}")}, {Name: "body", At: &k.Body}, {Name: "created_at", At: db.Millis(&k.CreatedAt)},
	}
})

// idempotencyKey gives the request's key, "" for none.
func (c *Call) idempotencyKey() string {
	if c.replayOf != "" {
		return c.once
	}
	if c.Request.Method != http.MethodPost {
		return ""
	}
	return c.Request.Header.Get("Idempotency-Key")
}

// checkKey refuses a key that cannot be kept.
func (c *Call) checkKey() error {
	key := c.idempotencyKey()
	if len(key) > mostKeyLen {
		return errs.New(errs.Invalid, "the Idempotency-Key is longer than %d characters", mostKeyLen).WithCode("idempotency")
	}
	if storable(key) != key {
		return errs.New(errs.Invalid, "the Idempotency-Key is not valid UTF-8 text").WithCode("idempotency")
	}
	return nil
}

// requestHash tells one request from another under the same key: who asks, for
// what address, with what query and body.
func (c *Call) requestHash() string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(c.Caller.Actor.CredentialID), []byte(c.Request.URL.Path), []byte(c.Request.URL.RawQuery), c.Body} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// replayed gives the answer that the key already has, nil for none. Another
// request under the same key is refused.
func (c *Call) replayed(ctx context.Context, tx *db.Tx) (*Answer, error) {
	key := c.idempotencyKey()
	if key == "" {
		return nil, nil
	}
	k, err := keptAnswers.One(ctx, tx, "WHERE location_id = $1 AND route = $2 AND key = $3", c.owner(), c.Route.Name, key)
	if err != nil || k == nil || !tx.Now().Before(k.CreatedAt.Add(keyLife)) {
		return nil, err
	}
	if k.Hash != c.requestHash() {
		return nil, errs.New(errs.Conflict, "this Idempotency-Key was used for another request; nothing was stored").WithCode("idempotency")
	}
	a := Answer{Status: int(k.Status), Header: k.Header, Body: json.RawMessage(k.Body), Result: "matched"}
	if k.Body == "" {
		a.Body = nil
	}
	a = a.With("Idempotent-Replayed", "true")
	return &a, nil
}

// remember keeps the answer for the key, in the transaction that did the work.
func (c *Call) remember(ctx context.Context, tx *db.Tx, a *Answer) error {
	key := c.idempotencyKey()
	if key == "" {
		return nil
	}
	body, err := a.encode()
	if err != nil {
		return err
	}
	k := kept{LocationID: c.owner(), Route: c.Route.Name, Key: key, Hash: c.requestHash(), Status: int64(a.Status), Header: a.Header.Clone(), Body: string(body), CreatedAt: tx.Now()}
	if w := c.Warnings(); len(w) > 0 {
		if k.Header == nil {
			k.Header = http.Header{}
		}
		k.Header.Set("X-Foyer-Warnings", warningsHeader(w))
	}
	if _, err := tx.Exec(ctx, "DELETE FROM idempotency_keys WHERE location_id = $1 AND route = $2 AND key = $3 AND created_at <= $4",
		k.LocationID, k.Route, k.Key, tx.Now().Add(-keyLife).UnixMilli()); err != nil {
		return err
	}
	isNew, err := keptAnswers.InsertIfAbsent(ctx, tx, &k)
	if err == nil && !isNew {
		err = db.ErrLostRace // the same request came twice at once: run again, and find the other's answer
	}
	return err
}

// ForgetKeys removes keys that nobody may rely on any more.
func ForgetKeys(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM idempotency_keys WHERE created_at < $1", tx.Now().Add(-keyLife-time.Hour).UnixMilli())
		return err
	})
}
