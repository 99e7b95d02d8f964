package message_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// notify tells the first user of something, under n keys.
func notify(t *testing.T, f *foyertest.F, kind, way, text string, n int) {
	t.Helper()
	by := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
	if err := f.DB.Write(t.Context(), by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		if err := crm.SetPreference(ctx, tx, by, f.Vars["user.id"], kind, way); err != nil {
			return err
		}
		for i := range n {
			if err := crm.Notify(ctx, tx, by, crm.Notice{Kind: kind, UserIDs: []string{f.Vars["user.id"]}, Text: text, Key: fmt.Sprint(kind, text, i)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// earlier moves all that waits for the digest back.
func earlier(t *testing.T, f *foyertest.F, d time.Duration) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE notifications SET created_at = created_at - $1 WHERE state = 'digest'", d.Milliseconds())
		return err
	})
}

// What waits for the digest comes in one mail when it is time, by kind, also
// where the server was down for days; and there is none where nothing happened.
func TestADayIsOneMail(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		notify(t, f, "workflow_notify", crm.ByDigest, "Call\r\nBcc: x@example.com Lea", 2)
		notify(t, f, "task_due", crm.ByDigest, "Write", 60)
		work(t, f)
		if n := len(s.Mails()); n != 0 {
			t.Fatalf("%d mails before it is time", n)
		}
		earlier(t, f, 72*time.Hour)
		s.Break(true)
		hurry(t, f)
		_, _ = f.Jobs.Once(t.Context())
		if _, states := told(t, f); states[crm.Digested] != 62 {
			t.Errorf("after a failure %v, want all to wait still", states)
		}
		s.Break(false)
		work(t, f)
		got := s.Mails()
		if _, states := told(t, f); len(got) != 1 || states[crm.Sent] != 62 {
			t.Fatalf("%d mails, %v", len(got), states)
		}
		if subject := subject(t, got[0]); subject != "Main Office: 62 things to know" {
			t.Errorf("subject %q", subject)
		}
		text := strings.ReplaceAll(got[0].Text, "\r\n", "\n")
		for _, want := range []string{"\nTask due (60)\n- Write\n", "\nand 10 more;", "\nFrom a workflow (2)\n- Call Bcc: x@example.com Lea\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		work(t, f)
		work(t, f)
		if n := len(s.Mails()); n != 1 {
			t.Errorf("%d mails although nothing more happened", n)
		}
		notify(t, f, "task_due", crm.ByDigest, "Again", 1)
		work(t, f)
		if n := len(s.Mails()); n != 1 {
			t.Errorf("%d mails on one day", n)
		}
	})
}

// Any kind of thing comes by mail at once: one by one, or many in one; nothing of
// it writes a header.
func TestWhatIsMailedAtOnce(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		notify(t, f, "webhook_disabled", crm.ByEmail, "https://x.example\r\nBcc: victim@example.com", 1)
		notify(t, f, "task_assigned", crm.ByEmail, "Call", 21)
		work(t, f)
		got := s.Mails()
		if len(got) != 2 {
			t.Fatalf("%d mails, want two", len(got))
		}
		subjects := map[string]string{}
		for _, d := range got {
			subjects[subject(t, d)] = d.Text
			if len(d.To) != 1 || strings.Contains(d.Text, "\nBcc:") {
				t.Errorf("to %q: %s", d.To, d.Text)
			}
		}
		if text := subjects["Webhook disabled: https://x.example Bcc: victim@example.com"]; !strings.Contains(text, "It is told of nothing any more. When it works again: foyer admin") {
			t.Errorf("%q", subjects)
		}
		if text := subjects["Task assigned to you: 21 in Main Office"]; strings.Count(text, "- Call\r\n") != 21 {
			t.Errorf("%q", subjects)
		}
	})
}
