package ui

import (
	"fmt"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

// fault is what is wrong with a document, with the line that it is about.
type fault struct {
	Line      int // from 1 on; 0 for none
	Why, Text string
}

// faultsOf reads the lines of an error about a document.
func faultsOf(err error, document string) (list []fault) {
	lines := strings.Split(document, "\n")
	for text := range strings.SplitSeq(errs.As(err).Text, "\n") {
		f := fault{Why: text}
		if _, err := fmt.Sscanf(text, "line %d:", &f.Line); err == nil {
			_, f.Why, _ = strings.Cut(text, ": ")
			if f.Line >= 1 && f.Line <= len(lines) {
				f.Text = strings.TrimSpace(lines[f.Line-1])
			}
		}
		list = append(list, f)
	}
	return list
}
