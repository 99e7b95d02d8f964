package ui

import (
	"regexp"
	"strings"
)

// Operation is one request that the API takes, as its table has it.
type Operation struct {
	Name, Category, Method, Path, Scope, Token, Version string
}

// Parts are the names of what stands in the path.
func (o Operation) Parts() (names []string) {
	for _, m := range pathParts.FindAllStringSubmatch(o.Path, -1) {
		names = append(names, m[1])
	}
	return names
}

var pathParts = regexp.MustCompile(`\{([^}]+)\}`)

// apiData is what the API reference shows.
type apiData struct {
	inside
	Sections []apiSection
	Text     string // that the names and paths have in them
	Address  string
}

// apiSection are the operations of a category.
type apiSection struct {
	Name       string
	Operations []Operation
}

// apiPage shows what the API takes, each to be tried with a token that is pasted
// in. The token stays in the page: it is sent with the request and nowhere kept.
func apiPage(v *visit) error {
	d := &apiData{inside: inside{v.frame, "api"}, Text: strings.TrimSpace(v.r.URL.Query().Get("q")), Address: v.p.Base.Of(v.r)}
	at := map[string]int{}
	for _, o := range v.p.Operations {
		if d.Text != "" && !strings.Contains(strings.ToLower(o.Name+" "+o.Method+" "+o.Path+" "+o.Category+" "+o.Scope), strings.ToLower(d.Text)) {
			continue
		}
		i, known := at[o.Category]
		if !known {
			i, at[o.Category] = len(d.Sections), len(d.Sections)
			d.Sections = append(d.Sections, apiSection{Name: o.Category})
		}
		d.Sections[i].Operations = append(d.Sections[i].Operations, o)
	}
	return v.show("api", "API reference", d)
}
