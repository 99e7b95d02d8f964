package highlevel

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/remote"
)

// retag changes nothing but tags: it puts in and takes out what differs from what
// was read, so that a tag that somebody put in meanwhile stays.
func (h *system) retag(ctx context.Context, r remote.Record, want any) (*remote.Record, error) {
	got := &remote.Record{ID: r.ID, Fields: map[string]any{}}
	now, was := tagList(want), tagList(r.Was["tags"])
	got.Fields["tags"] = want
	for _, step := range []struct {
		method string
		tags   []string
	}{{http.MethodPost, without(now, was)}, {http.MethodDelete, without(was, now)}} {
		if len(step.tags) == 0 {
			continue
		}
		var answer object
		if _, err := h.call(ctx, remote.Request{Method: step.method, Path: path("contacts", r.ID, "tags"), Body: object{"tags": step.tags}}, &answer); err != nil {
			return nil, err
		}
		if all := tagList(answer["tags"]); len(without(now, all)) == 0 { // else it shows only what it did
			got.Fields["tags"] = answer["tags"]
		}
	}
	return got, nil
}

// tagList reads tags, however they were written.
func tagList(v any) (all []string) {
	switch v := v.(type) {
	case []string:
		return v
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// without gives the tags of a that b has not got, whatever their case.
func without(a, b []string) (all []string) {
	for _, tag := range a {
		if !slices.ContainsFunc(b, func(o string) bool { return strings.EqualFold(o, tag) }) {
			all = append(all, tag)
		}
	}
	return all
}
