package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/foyer-crm/foyer/internal/wire"
)

// Decoders are the ways in which the bare server can read a body.
var Decoders = []string{"encoding/json", "wire.ReadObject"}

// Bare serves what is the least an HTTP server can do with these requests: read
// the body, decode it, answer. It keeps nothing.
func Bare(ctx context.Context, address, decoder string) error {
	decode := func(b []byte) error {
		var m map[string]any
		return json.Unmarshal(b, &m)
	}
	if decoder == Decoders[1] {
		decode = func(b []byte) error {
			_, err := wire.ReadObject(b)
			return err
		}
	}
	// as long as a door's short answer
	answer := []byte(`{"response":{"client":{"id":1234567890123456},"created":true,"message":"Client imported successfully"}}`)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, max(r.ContentLength, 0))
		_, err := io.ReadFull(r.Body, body)
		if err == nil && len(body) > 0 {
			err = decode(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(answer) // a load that has ended has nothing to be told
	})}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bare starts this program as a bare server.
func (f *fixture) bare(ctx context.Context, binary, decoder string) (*process, error) {
	p, err := launch(ctx, f.dir, binary, func(address string) []string {
		return []string{"bench", "bare", "--listen", address, "--decoder", decoder}
	})
	if err != nil {
		return nil, err
	}
	return p, p.ready(ctx, "/")
}
