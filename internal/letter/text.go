package letter

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text gives what HTML says in plain text: paragraphs as lines, links with where
// they lead.
func Text(source string) string {
	w := &textWriter{}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.String()
		case html.TextToken:
			if w.hidden == 0 {
				w.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.open(z.Token())
		case html.EndTagToken:
			w.shut(z.Token().DataAtom)
		}
	}
}

// textWriter puts words together that HTML lays out.
type textWriter struct {
	b      strings.Builder
	hidden int    // how deep in what is not shown
	link   string // where the link leads that is open
	from   int    // where its words begin
}

func (w *textWriter) open(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		if t.Type == html.StartTagToken {
			w.hidden++
		}
	case atom.Br:
		w.b.WriteString("\n")
	case atom.Hr:
		w.b.WriteString("\n---\n")
	case atom.Li:
		w.b.WriteString("\n- ")
	case atom.Td, atom.Th:
		w.b.WriteString(" ")
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Blockquote:
		w.b.WriteString("\n\n")
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer:
		w.b.WriteString("\n")
	case atom.A:
		w.link, w.from = "", w.b.Len()
		for _, a := range t.Attr {
			if a.Key == "href" && (strings.HasPrefix(a.Val, "http:") || strings.HasPrefix(a.Val, "https:")) {
				w.link = strings.TrimSpace(a.Val)
			}
		}
	case atom.Img:
		for _, a := range t.Attr {
			if a.Key == "alt" {
				w.words(a.Val)
			}
		}
	}
}

func (w *textWriter) shut(tag atom.Atom) {
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template:
		w.hidden = max(0, w.hidden-1)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Blockquote:
		w.b.WriteString("\n\n")
	case atom.Div, atom.Tr:
		w.b.WriteString("\n")
	case atom.A:
		if said := strings.TrimSpace(w.b.String()[w.from:]); w.link != "" && said != w.link {
			w.b.WriteString(" (" + w.link + ")")
		}
		w.link = ""
	}
}

var blanks = regexp.MustCompile(`[\s\x{A0}]+`)

func (w *textWriter) words(s string) { w.b.WriteString(blanks.ReplaceAllString(s, " ")) }

var manyLines = regexp.MustCompile(`\n{3,}`)

func (w *textWriter) String() string {
	lines := strings.Split(w.b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(blanks.ReplaceAllString(l, " "))
	}
	return plain(strings.TrimSpace(manyLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")))
}
