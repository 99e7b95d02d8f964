package highlevel

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

// say succeeds with an object, to which the traceId is added.
func (c *call) say(v any) wire.Answer {
	return wire.Answer{Status: c.op.Success, Body: traced{v, c.ID}}
}

// traced is an object with the traceId of its answer.
type traced struct {
	v  any
	id string
}

// MarshalJSON writes the object with its traceId last.
func (t traced) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t.v); err != nil {
		return nil, err
	}
	text := bytes.TrimSuffix(bytes.TrimSpace(b.Bytes()), []byte("}"))
	if len(text) > 1 {
		text = append(text, ',')
	}
	return append(text, `"traceId":"`+t.id+`"}`...), nil
}

// success is the answer of families that say so by this name.
type success struct {
	Success bool `json:"success"`
}

// show answers with what f reads.
func show[T any](ctx context.Context, c *call, f func(ctx context.Context, tx *db.Tx) (T, error)) (wire.Answer, error) {
	var v T
	err := c.Read(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = f(ctx, tx)
		return err
	})
	return c.say(v), err
}

// do answers with what f stores and gives. f may run more than once.
func do[T any](ctx context.Context, c *call, f func(ctx context.Context, tx *db.Tx) (T, error)) (wire.Answer, error) {
	return c.Write(ctx, func(ctx context.Context, tx *db.Tx) (wire.Answer, error) {
		v, err := f(ctx, tx)
		return c.say(v), err
	})
}

// address gives the address of a path of this server, as the caller sees it.
func (c *call) address(path string) string {
	scheme := "http"
	if c.Request.TLS != nil || c.Request.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + c.Request.Host + path
}

// param is a part of the path.
func (c *call) param(name string) string { return clean(c.Param(name)) }
