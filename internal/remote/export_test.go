package remote

import (
	"context"
	"net/http"
)

// Through sends what stands for a request through a Gate.
func Through(ctx context.Context, g *Gate, ask func() (http.Header, bool)) error {
	patience := mostWait * 100
	if err := (&Client{gate: g}).enter(ctx, &patience); err != nil {
		return err
	}
	h, ok := ask()
	if ok {
		g.leave(h, well, "done")
	} else {
		g.leave(h, unwell, "unavailable")
	}
	return nil
}
