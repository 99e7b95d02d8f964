package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
)

type operationsCommand struct {
	JSON bool `help:"Print JSON." name:"json"`
}

// Run prints the table of operations.
func (c *operationsCommand) Run(o *out) error {
	type line struct {
		Name     string `json:"name"`
		Kind     string `json:"kind"`
		Category string `json:"category"`
		Method   string `json:"method"`
		Path     string `json:"path"`
		Scope    string `json:"scope"`
		Token    string `json:"token"`
		Status   string `json:"status"`
		Feed     string `json:"feed,omitempty"` // where a trigger can be polled
	}
	all := highlevel.Operations()
	lines := make([]line, len(all))
	for i, op := range all {
		lines[i] = line{op.Name, op.Kind, op.Category, op.Method, op.Path, op.Scope, op.Token, op.Status(), op.Feed()}
	}
	if c.JSON {
		return json.NewEncoder(o.stdout).Encode(lines)
	}
	w := tabwriter.NewWriter(o.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "METHOD\tPATH\tNAME\tKIND\tCATEGORY\tSCOPE\tTOKEN\tSTATUS\tPOLL")
	for _, l := range lines {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Method, l.Path, l.Name, l.Kind, l.Category, l.Scope, l.Token, l.Status, l.Feed)
	}
	return w.Flush()
}
