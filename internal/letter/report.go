package letter

import (
	"bufio"
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// Outcome is what a report says of one recipient (RFC 3464).
type Outcome struct {
	Recipient string
	Action    string // failed, delayed, delivered, relayed, expanded
	Status    string // 5.1.1
	Text      string // what the other server said
}

// Hard reports whether mail to the recipient will never arrive, so that no more
// is to be sent: the address or its domain is wrong or closed. A full mailbox, a
// mail that is too large or was taken for spam, a sender or a server that
// something is wrong with say nothing of the address.
func (o Outcome) Hard() bool { return o.Action == "failed" && HardStatus(o.Status) }

// soft are the statuses that begin with 5 and do not speak of the address.
var soft = []string{"5.1.7", "5.1.8", "5.2.2", "5.2.3", "5.3.", "5.5.", "5.6.", "5.7."}

// HardStatus is Hard for an enhanced status (RFC 3463).
func HardStatus(status string) bool {
	return strings.HasPrefix(status, "5.") && !slices.ContainsFunc(soft, func(s string) bool {
		return status == s || strings.HasSuffix(s, ".") && strings.HasPrefix(status, s)
	})
}

// feedback is what a complaint says of a mail (RFC 5965).
type feedback struct {
	typ       string
	recipient string
}

// about reads a part of a report, and reports whether it was one that programs
// read.
func (r *reader) about(e *message.Entity, typ string) bool {
	switch typ {
	case "message/delivery-status", "message/global-delivery-status":
		content, _ := r.read(e, maxText)
		for _, block := range blocks(content) {
			if o, ok := outcome(block); ok && len(r.letter.Report) < maxParts {
				r.letter.Report = append(r.letter.Report, o)
			}
		}
	case "message/feedback-report":
		content, _ := r.read(e, maxText)
		for _, block := range blocks(content) {
			r.complain.typ = line(block.Get("Feedback-Type"), 50)
			r.complain.recipient = address(block.Get("Original-Rcpt-To"))
		}
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		content, _ := r.read(e, maxHeader)
		h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(append(content, "\r\n\r\n"...))))
		if err != nil && h.Len() == 0 {
			return true
		}
		if ids := IDs(h.Get("Message-Id")); len(ids) > 0 {
			r.letter.Original = ids[0]
		}
		if r.complain.recipient == "" {
			r.complain.recipient = address(h.Get("To"))
		}
	default:
		return false
	}
	return true
}

// blocks are the groups of fields that a status is made of.
func blocks(content []byte) (list []textproto.Header) {
	in := bufio.NewReader(bytes.NewReader(append(bytes.TrimLeft(content, "\r\n"), "\r\n\r\n"...)))
	for len(list) < maxParts {
		h, err := textproto.ReadHeader(in)
		if err != nil || h.Len() == 0 {
			if h.Len() > 0 {
				list = append(list, h)
			}
			return list
		}
		list = append(list, h)
	}
	return list
}

var (
	enhanced = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	comment  = regexp.MustCompile(`\([^()]*\)`)
)

// outcome reads the fields about one recipient; ok is false for the fields about
// the whole mail.
func outcome(h textproto.Header) (o Outcome, ok bool) {
	if o.Recipient = address(h.Get("Original-Recipient")); o.Recipient == "" {
		o.Recipient = address(h.Get("Final-Recipient"))
	}
	o.Action = strings.ToLower(strings.TrimSpace(comment.ReplaceAllString(line(h.Get("Action"), 50), "")))
	_, said, typed := strings.Cut(h.Get("Diagnostic-Code"), ";")
	if !typed {
		said = h.Get("Diagnostic-Code")
	}
	o.Text = line(said, 500)
	if o.Status = enhanced.FindString(h.Get("Status")); o.Status == "" || strings.HasSuffix(o.Status, ".0.0") {
		if exact := enhanced.FindString(o.Text); exact != "" { // servers are often more exact in words
			o.Status = exact
		}
	}
	return o, o.Recipient != "" || o.Action != ""
}

// address takes an address out of a field, as rfc822; ana@x.example.
func address(field string) string {
	return strings.Trim(line(bare.FindString(plain(field)), 320), "<>")
}

// reports brings the letter's Report and Feedback to an end.
func (r *reader) reports(h *message.Header) {
	l := r.letter
	switch failed := address(h.Get("X-Failed-Recipients")); {
	case r.complain.typ != "":
		l.Feedback, l.Auto = r.complain.typ, true
		l.Report = []Outcome{{Recipient: r.complain.recipient}}
	case len(l.Report) == 0 && failed != "": // of servers that know no reports
		l.Report = []Outcome{{Recipient: failed, Action: "failed", Status: enhanced.FindString(l.Text), Text: line(l.Subject, 500)}}
		if l.Report[0].Status == "" {
			l.Report[0].Status = "5.0.0"
		}
	}
	if len(l.Report) == 0 {
		return
	}
	l.Auto = true
	if l.Original == "" && len(l.Refers) > 0 {
		l.Original = l.Refers[0]
	}
}
