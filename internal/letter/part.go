package letter

import (
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/microcosm-cc/bluemonday"
)

// reader walks through the parts of a mail.
type reader struct {
	letter   *Letter
	maxFile  int
	raw      []byte
	parts    int
	report   bool // it is a multipart/report
	complain feedback
}

// part reads a part with those in it.
func (r *reader) part(e *message.Entity, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		r.letter.Cut = true
		return
	}
	typ, params, err := e.Header.ContentType()
	if err != nil {
		typ = "text/plain"
	}
	typ = strings.ToLower(typ)
	if typ == "multipart/report" && depth == 0 {
		r.report = true
	}
	if inside := e.MultipartReader(); inside != nil {
		r.inside(inside, depth)
		return
	}
	shown, _, _ := e.Header.ContentDisposition()
	name, _ := (&gomail.AttachmentHeader{Header: e.Header}).Filename()
	if name == "" {
		name = params["name"]
	}
	attached := strings.EqualFold(shown, "attachment") || name != ""
	switch {
	case r.report && r.about(e, typ):
	case attached:
		r.file(e, typ, name)
	case typ == "text/html":
		r.letter.HTML += r.words(e, len(r.letter.HTML))
	case strings.HasPrefix(typ, "text/") && typ != "text/calendar":
		if r.letter.Text != "" {
			r.letter.Text += "\n"
		}
		r.letter.Text += r.words(e, len(r.letter.Text))
	default:
		r.file(e, typ, name)
	}
}

func (r *reader) inside(parts message.MultipartReader, depth int) {
	for {
		e, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return
		case e == nil || err != nil && !bearable(err):
			r.letter.Cut = true
			return
		}
		if r.part(e, depth+1); r.parts > maxParts {
			return
		}
	}
}

// read reads a part up to a length; what is broken ends it.
func (r *reader) read(e *message.Entity, most int) (content []byte, more bool) {
	content, err := io.ReadAll(io.LimitReader(e.Body, int64(most)+1))
	if err != nil {
		r.letter.Cut = true
	}
	if len(content) > most {
		return content[:most], true
	}
	return content, false
}

// words reads a part of text, of which there is some already.
func (r *reader) words(e *message.Entity, have int) string {
	content, more := r.read(e, max(0, maxText-have))
	r.letter.Cut = r.letter.Cut || more
	return strings.ReplaceAll(plain(string(content)), "\r\n", "\n")
}

func (r *reader) file(e *message.Entity, typ, name string) {
	f := File{Name: line(name, 200), ContentType: line(typ, 200)}
	if f.Name == "" {
		f.Name = "file"
		if typ == "message/rfc822" {
			f.Name = "message.eml"
		}
	}
	if f.Content, f.TooLarge = r.read(e, r.maxFile); f.TooLarge {
		f.Content = nil
	}
	r.letter.Files = append(r.letter.Files, f)
}

// finish makes of what was read what a Letter promises.
func (r *reader) finish(h *message.Header) {
	l := r.letter
	if l.HTML != "" {
		l.HTML = strings.TrimSpace(bluemonday.UGCPolicy().Sanitize(l.HTML))
		if strings.TrimSpace(l.Text) == "" {
			l.Text = Text(l.HTML)
		}
	}
	l.Text = strings.TrimSpace(l.Text)
	r.reports(h)
}
