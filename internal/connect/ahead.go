package connect

import (
	"context"

	"github.com/foyer-crm/foyer/internal/remote"
)

// ahead is the page behind the one that is being stored, while all that is there is
// read for the first time: the other side writes the next answer meanwhile. Nothing
// of the kind is written there at that time, so a page cannot be older than an edit
// that crossed.
type ahead struct {
	kind  remote.Kind
	place string
	page  chan fetched // nil if none was asked for
}

type fetched struct {
	page *remote.Page
	err  error
}

// fetch asks for the page at a place.
func (a *ahead) fetch(ctx context.Context, s remote.System, kind remote.Kind, place string) {
	page := make(chan fetched, 1)
	a.kind, a.place, a.page = kind, place, page
	go func() {
		p, err := s.Changes(ctx, kind, place)
		page <- fetched{p, err}
	}()
}

// take gives the page that a flow is at.
func (a *ahead) take(ctx context.Context, s remote.System, f *Flow) (*remote.Page, error) {
	if a.page == nil || a.kind != f.Object || a.place != f.Place {
		a.drop()
		return s.Changes(ctx, f.Object, f.Place)
	}
	got := <-a.page
	a.page = nil
	return got.page, got.err
}

// drop waits for what was asked for, and forgets it.
func (a *ahead) drop() {
	if a.page != nil {
		<-a.page
		a.page = nil
	}
}
