package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/bench"
)

// benchDedupe measures how right the suggested duplicates are.
type benchDedupe struct {
	File    string `arg:"" help:"CSV file of people, of whom it is known who is who." type:"existingfile"`
	Truth   string `help:"Column that says who is who: rows with the same value are one person. It is not looked at otherwise." required:"" placeholder:"COLUMN"`
	Pattern string `help:"Regular expression whose first group is what counts of that column, as 'rec-(\\d+)-'." name:"truth-pattern" placeholder:"REGEX"`
	JSON    bool   `help:"Print JSON." name:"json"`
}

// Run finds duplicates in the file and compares them with the truth.
func (c *benchDedupe) Run(o *out) error {
	r, err := bench.Dedupe(o, c.File, bench.DedupeOptions{Truth: c.Truth, Pattern: c.Pattern})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(o.stdout).Encode(r)
	}
	_, err = fmt.Fprintf(o.stdout, "rows       %d\nprecision  %.4f\nrecall     %.4f\nf1         %.4f\nfound      %d pairs, %d of them true\ntrue       %d pairs\ntime       %v\n",
		r.Rows, r.Precision, r.Recall, r.F1, r.Found, r.Correct, r.True, r.Elapsed.Round(time.Millisecond))
	return err
}
