package ui

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// withoutForms gives a page, or a part of one, as somebody sees it who may only
// read: what changes something in the location at base is not there, and what is
// said around it stays. It is done here, once, so that no page can forget it; that
// nothing is changed all the same is seen to by enterScreen and by crm.Actor.
func withoutForms(page []byte, base string) ([]byte, error) {
	var top []*html.Node
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(page), []byte("<!doctype")) {
		var root *html.Node
		root, err = html.Parse(bytes.NewReader(page))
		top = []*html.Node{root}
	} else { // within a template, rows of a table may stand by themselves
		top, err = html.ParseFragment(bytes.NewReader(page), &html.Node{Type: html.ElementNode, Data: "template", DataAtom: atom.Template})
	}
	if err != nil {
		return nil, err
	}
	r := reader{base: base, gone: map[*html.Node]bool{}, ids: map[string]bool{}}
	for _, n := range top {
		r.forms(n)
	}
	var b bytes.Buffer
	for _, n := range top {
		r.prune(n, false)
		if r.gone[n] {
			continue
		}
		if err := html.Render(&b, n); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// reader takes out of a page what its reader may not do.
type reader struct {
	base string
	gone map[*html.Node]bool
	ids  map[string]bool // of forms that change something: buttons outside name them
}

// forms finds the ids of the forms that change something.
func (r *reader) forms(n *html.Node) {
	if r.changes(n) && attr(n, "id") != "" {
		r.ids[attr(n, "id")] = true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.forms(c)
	}
}

// changes reports whether an element is a form that changes something here.
func (r *reader) changes(n *html.Node) bool {
	return n.Type == html.ElementNode && n.DataAtom == atom.Form && strings.EqualFold(attr(n, "method"), "post") && strings.HasPrefix(attr(n, "action"), r.base+"/")
}

// prune takes away what changes something. A form becomes what it says without
// its fields and buttons; a menu that held nothing else, and a way to such a form,
// go as a whole.
func (r *reader) prune(n *html.Node, within bool) {
	if n.Type == html.ElementNode {
		switch {
		case r.changes(n):
			within = true
			n.DataAtom, n.Data = atom.Div, "div"
			n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "method" || a.Key == "action" || a.Key == "enctype" })
		case n.DataAtom == atom.Details && r.holds(n), r.ids[attr(n, "form")], within && control(n), leadsToForm(n):
			r.gone[n] = true
		}
		n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool {
			return slices.Contains([]string{"hx-post", "hx-put", "hx-patch", "hx-delete"}, a.Key) || a.Key == "hx-get" && n.DataAtom == atom.Button
		})
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		r.prune(c, within)
		if r.gone[c] {
			n.RemoveChild(c)
		}
		c = next
	}
}

// holds reports whether a form that changes something is within an element.
func (r *reader) holds(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if r.changes(c) || r.holds(c) {
			return true
		}
	}
	return false
}

// control reports whether an element is a field or button of a form, or the words
// for one.
func control(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Input, atom.Select, atom.Textarea, atom.Button:
		return true
	case atom.Label: // one that also says something stays
		return !slices.Contains(strings.Fields(attr(n, "class")), "tick")
	}
	return false
}

// leadsToForm reports whether a link leads to a form.
func leadsToForm(n *html.Node) bool {
	if n.DataAtom != atom.A {
		return false
	}
	_, query, _ := strings.Cut(attr(n, "href"), "?")
	for part := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(part, "="); name == "new" || name == "edit" || name == "add" {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
