package app

import (
	"fmt"
	"net/http"

	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/ui"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// mountPublic adds what anybody may read without a key: blogs, files by their
// secret addresses, the description of the HighLevel API.
func (a *App) mountPublic() error {
	blog, err := ui.NewBlog(a.DB)
	if err != nil {
		return fmt.Errorf("reading the pages: %w", err)
	}
	document, err := highlevel.NewDocument()
	if err != nil {
		return fmt.Errorf("describing the API: %w", err)
	}
	for path, f := range map[string]http.HandlerFunc{
		"/blog/{location}/{site}":                 blog.List,
		"/blog/{location}/{site}/{post}":          blog.Read,
		"/files/{location}/{file}/{token}/{name}": ui.Files(a.DB),
		"/.well-known/webhook-keys":               a.webhookKeys,
		"/schemas/workflow.json":                  workflowSchema,
		"/schemas/mapping.json":                   mappingSchema,
		"/openapi.json":                           document.JSON,
		"/docs/api":                               document.Page,
	} {
		a.House.Handle(http.MethodGet, path, f)
		a.House.Handle(http.MethodHead, path, f)
	}
	return nil
}

// workflowSchema serves the JSON Schema of workflows, for editors and tools.
func workflowSchema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	_, _ = w.Write(workflow.Schema()) // who asked may have left
}

// mappingSchema serves the JSON Schema of the mappings of connections.
func mappingSchema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	_, _ = w.Write(connect.Schema()) // who asked may have left
}
