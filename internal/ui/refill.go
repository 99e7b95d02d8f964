package ui

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/foyer-crm/foyer/internal/errs"
)

// refill is a form that was refused: its page is shown again with what was typed,
// and says at each field what is wrong with it.
type refill struct {
	form url.Values
	err  *errs.Error
}

// keeping does what a form of a section says; where it is refused, the page is
// shown again. It is done here, once, so that no form can forget it.
func (s section) keeping(do func(v *visit) error) func(v *visit) error {
	var show func(v *visit) error
	for _, sc := range s.screens {
		if sc.method == get && sc.path == s.path {
			show = sc.do
		}
	}
	return func(v *visit) error {
		err := do(v)
		if k := errs.KindOf(err); err == nil || k != errs.Invalid && k != errs.Conflict || show == nil {
			return err
		}
		v.refill = &refill{v.r.PostForm, errs.As(err)}
		if id := v.form(s.idField()); id != "" {
			v.r.URL.RawQuery = url.Values{s.item: {id}, "type": {v.form("type")}, "site": {v.form("slug of site")}}.Encode()
		} else {
			v.r.URL.RawQuery = url.Values{"add": {""}, "site": {v.form("slug of site")}}.Encode()
		}
		return show(v)
	}
}

// idField is the field of the section's forms that names what is changed.
func (s section) idField() string {
	if s.item == "user" {
		return "user"
	}
	return "id"
}

func (f *refill) status() int {
	if f.err.Kind == errs.Conflict {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// fill puts into a page what was typed into its form, and what is wrong with it.
func (f *refill) fill(page []byte) ([]byte, error) {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, err
	}
	form := f.find(root)
	if form == nil { // what it changed is gone
		form = first(root, func(n *html.Node) bool { return n.DataAtom == atom.Main })
	} else {
		f.controls(form)
	}
	if form != nil {
		f.say(form)
		for n := form; n != nil; n = n.Parent {
			if n.DataAtom == atom.Details && attr(n, "open") == "" {
				n.Attr = append(n.Attr, html.Attribute{Key: "open"})
			}
		}
	}
	var b bytes.Buffer
	err = html.Render(&b, root)
	return b.Bytes(), err
}

// find gives the form that was sent: with its button, and about the same thing.
func (f *refill) find(root *html.Node) *html.Node {
	return first(root, func(n *html.Node) bool {
		if n.DataAtom != atom.Form || !strings.EqualFold(attr(n, "method"), "post") {
			return false
		}
		button := first(n, func(n *html.Node) bool {
			return n.DataAtom == atom.Button && attr(n, "name") == "do" && attr(n, "value") == f.form.Get("do")
		})
		other := first(n, func(n *html.Node) bool {
			return n.DataAtom == atom.Input && attr(n, "type") == "hidden" && slices.Contains([]string{"id", "user", "type"}, attr(n, "name")) && attr(n, "value") != f.form.Get(attr(n, "name"))
		})
		return button != nil && other == nil
	})
}

// controls fills the fields within an element.
func (f *refill) controls(n *html.Node) {
	typed := f.form[attr(n, "name")]
	switch n.DataAtom {
	case atom.Input:
		switch attr(n, "type") {
		case "hidden", "password", "file":
		case "checkbox", "radio":
			set(n, "checked", slices.Contains(typed, attr(n, "value")))
		default:
			set(n, "value", false)
			n.Attr = append(n.Attr, html.Attribute{Key: "value", Val: strings.Join(typed, "")})
		}
	case atom.Textarea:
		for n.FirstChild != nil {
			n.RemoveChild(n.FirstChild)
		}
		n.AppendChild(&html.Node{Type: html.TextNode, Data: strings.Join(typed, "")})
	case atom.Select:
		for o := range n.Descendants() {
			if o.DataAtom == atom.Option {
				set(o, "selected", slices.Contains(typed, optionValue(o)))
			}
		}
	default:
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			f.controls(c)
		}
	}
}

// say writes what is wrong: at the field if the form has it, else above the form.
func (f *refill) say(form *html.Node) {
	var rest []string
	for _, broken := range f.err.Fields {
		name := inputName(broken.Name)
		control := first(form, func(n *html.Node) bool {
			return attr(n, "name") == name && (n.DataAtom == atom.Input && attr(n, "type") != "hidden" || n.DataAtom == atom.Select || n.DataAtom == atom.Textarea)
		})
		if control == nil {
			rest = append(rest, broken.Name)
			continue
		}
		id := "wrong-" + name
		control.Attr = append(control.Attr, html.Attribute{Key: "aria-invalid", Val: "true"}, html.Attribute{Key: "aria-describedby", Val: id})
		note := &html.Node{Type: html.ElementNode, DataAtom: atom.Small, Data: "small", Attr: []html.Attribute{{Key: "class", Val: "wrong"}, {Key: "id", Val: id}}}
		note.AppendChild(&html.Node{Type: html.TextNode, Data: ruleText(broken)})
		control.Parent.InsertBefore(note, control.NextSibling)
	}
	if len(f.err.Fields) > 0 && len(rest) == 0 {
		return
	}
	text := sentence(f.err)
	if len(rest) > 0 {
		text = "Check what you entered: " + strings.Join(rest, ", ") + "."
	}
	note := &html.Node{Type: html.ElementNode, DataAtom: atom.P, Data: "p", Attr: []html.Attribute{{Key: "class", Val: "problem"}, {Key: "role", Val: "alert"}}}
	note.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	form.InsertBefore(note, form.FirstChild)
}

// inputName is the field of a form that says a field of what is stored.
func inputName(field string) string {
	field, _, _ = strings.Cut(field, ".")
	if name := map[string]string{"dataType": "kind", "firstName": "first", "lastName": "last", "teamMembers": "member", "calendarIds": "calendar", "urlSlug": "slug"}[field]; name != "" {
		return name
	}
	return field
}

// ruleText says what a field is to be.
func ruleText(f errs.Field) string {
	if text := map[string]string{"required": "Fill this in", "length": "This is too long", "max": "This is too much", "min": "This is too little", "choice": "Choose one of those that there are",
		"format": "This cannot be read: check how it is written", "slug": "Only small letters, digits and hyphens", "unique": "There is one already"}[f.Rule]; text != "" {
		return text
	}
	return "Check this"
}

// first gives the first element within another that fits, nil if none does.
func first(n *html.Node, fits func(n *html.Node) bool) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && fits(d) {
			return d
		}
	}
	return nil
}

// set gives an element an attribute without a value, or takes it away.
func set(n *html.Node, name string, is bool) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
	if is {
		n.Attr = append(n.Attr, html.Attribute{Key: name})
	}
}

// optionValue is what an option sends.
func optionValue(o *html.Node) string {
	for _, a := range o.Attr {
		if a.Key == "value" {
			return a.Val
		}
	}
	if o.FirstChild != nil {
		return strings.TrimSpace(o.FirstChild.Data)
	}
	return ""
}
