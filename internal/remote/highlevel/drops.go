package highlevel

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/foyer-crm/foyer/internal/remote"
)

// drops are the fields that an update does not take over there. HighLevel's document
// leaves two out that its contacts have (contract.md §22, 16); others that speak its
// API, Foyer among them, take them. Whoever refuses one says so with its name, and
// is not sent it again.
type drops struct {
	mu    sync.Mutex
	names map[string]bool
}

func newDrops(base string) *drops {
	d := &drops{names: map[string]bool{}}
	if base = strings.TrimRight(strings.TrimSpace(base), "/"); base == "" || base == vendorURL {
		d.names["companyName"], d.names["gender"] = true, true
	}
	return d
}

func (d *drops) has(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names[name]
}

// learn takes the fields out of a body that an error says should not exist; false
// if it names none.
func (d *drops) learn(err error, body object) bool {
	if !remote.Is(err, remote.Refused) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	learned := false
	for name := range body {
		if strings.Contains(err.Error(), "property "+name+" should not exist") {
			d.names[name], learned = true, true
			delete(body, name)
		}
	}
	return learned
}

// put changes a record, without what the other side does not take.
func (h *system) put(ctx context.Context, at string, body object, key string, answer *object) error {
	_, err := h.call(ctx, remote.Request{Method: http.MethodPut, Path: at, Body: body, Key: key}, answer)
	if h.drops.learn(err, body) {
		_, err = h.call(ctx, remote.Request{Method: http.MethodPut, Path: at, Body: body, Key: key}, answer)
	}
	return err
}
