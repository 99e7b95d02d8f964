package workflow

import (
	"context"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/mergefield"
)

// email writes an e-mail to the contact. One of a campaign says where to say no
// to more of its kind.
func (r *run) email(ctx context.Context) (result, error) {
	s := conversation.Send{Channel: "Email", Subject: r.line(r.step.Subject), Body: r.fill(r.step.Body), From: r.line(r.step.Sender)}
	if r.step.HTML != "" {
		s.HTML = r.fillAs(r.step.HTML, mergefield.HTML)
	}
	if no := r.scope.unsubscribe; no != "" && (r.e.Kind == Campaign || strings.Contains(r.step.Body+r.step.HTML, "unsubscribe.link")) {
		s.Unsubscribe = no
		if s.Body != "" && !strings.Contains(s.Body, no) {
			s.Body += "\n\nTo get no more of these messages: " + no + "\n"
		}
		if s.HTML != "" && !strings.Contains(s.HTML, mergefield.HTML(no)) {
			s.HTML += `<p style="color:#666;font-size:12px"><a href="` + mergefield.HTML(no) + `">Unsubscribe</a></p>`
		}
	}
	return r.send(ctx, s)
}

func (r *run) sms(ctx context.Context) (result, error) {
	return r.send(ctx, conversation.Send{Channel: "SMS", Body: r.fill(r.step.Body)})
}

// send sends a message when the window is open. A contact who is not to be
// disturbed gets none, and goes on.
func (r *run) send(ctx context.Context, s conversation.Send) (result, error) {
	if w := r.flow.version.Definition.Window; w != nil {
		zone := r.scope.zoneNamed(w.Zone)
		if opens := w.Next(r.tx.Now(), zone); opens.After(r.tx.Now()) {
			return result{stay: true, due: opens}, nil
		}
		s.Window, s.Zone = &w.Window, zone.String()
	}
	s.ContactID, s.Source, s.About = r.e.ContactID, r.e.Kind, r.e.ID
	m, err := conversation.SendMessage(ctx, r.tx, r.by, s)
	if err != nil {
		if e := errs.As(err); slices.Contains([]string{"dnd", "bounced", "address"}, e.Code) {
			return result{outcome: Skipped, detail: e.Text}, nil // nobody can be written to who has no address, or wants nothing
		}
		return result{}, err
	}
	return result{detail: strings.TrimSpace(m.Details.To + " " + s.Subject), object: m.ID}, nil
}
