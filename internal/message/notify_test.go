package message_test

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/jobs"
)

// subject is a mail's subject as a person reads it.
func subject(t *testing.T, d foyertest.SunkMail) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(d.Text))
	if err != nil {
		t.Fatalf("%v in %s", err, d.Text)
	}
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each runs a test on both databases, with an SMTP server or none.
func each(t *testing.T, smtp bool, test func(t *testing.T, f *foyertest.F, s *foyertest.MailSink)) {
	t.Helper()
	foyertest.Stores(t, func(t *testing.T, store app.Store) {
		c := app.Config{Store: store}
		s := foyertest.NewMailSink(t)
		if smtp {
			c.SMTP, c.MailFrom = s.URL, "foyer@agency.example"
		}
		test(t, foyertest.Start(t, c), s)
	})
}

// post sends a lead to the Brokerkit door. It may be called from any goroutine.
func post(t *testing.T, f *foyertest.F, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, f.URL+"/v2/leads", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+f.Vars["brokerkit.token"])
	res, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

// client keeps connections for the tests that send much.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// work makes every job due and runs jobs until none is.
func work(t *testing.T, f *foyertest.F) {
	t.Helper()
	hurry(t, f)
	for n := 1; n > 0; {
		var err error
		if n, err = f.Jobs.Once(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// told gives the location's notifications, by the state they are in.
func told(t *testing.T, f *foyertest.F) (list []crm.Notification, states map[string]int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.Notifications(ctx, tx, f.Credentials.LocationID, 10000)
		return err
	})
	states = map[string]int{}
	for _, n := range list {
		states[n.State]++
	}
	return list, states
}

// count gives how many rows a table has in the location.
func count(t *testing.T, f *foyertest.F, table string) (n int) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Get(ctx, []any{&n}, "SELECT COUNT(*) FROM "+table+" WHERE location_id = $1", f.Credentials.LocationID)
		return err
	})
	return n
}

// TestASubscriberIsTold: whoever is subscribed gets a mail that says who came,
// and nobody else does.
func TestASubscriberIsTold(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		f.AddUser(t, "idle", "idle@agency.example", "Not", "Subscribed")
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { f.Jobs.Run(ctx) })
		post(t, f, `{"first_name": "Zoë", "last_name": "O’Brien", "email": "zoe@example.com", "phone": "2025550166", "source": "Abstrakt", "alt_city": "New York"}`)
		var list []crm.Notification
		for states := map[string]int{}; states[crm.Sent] == 0; time.Sleep(5 * time.Millisecond) {
			list, states = told(t, f)
		}
		stop()
		running.Wait()
		got := s.Mails()
		if len(got) != 1 || len(list) != 1 {
			t.Fatalf("%d mails and %d notifications, want one", len(got), len(list))
		}
		if to := strings.Join(got[0].To, " "); !strings.Contains(to, f.Vars["user.email"]) || len(got[0].To) != 1 {
			t.Errorf("sent to %s", to)
		}
		if subject := subject(t, got[0]); subject != "New lead: Zoë O’Brien" {
			t.Errorf("subject %q", subject)
		}
		for _, line := range []string{"From: <foyer@agency.example>\r\n", "E-mail: zoe@example.com\r\n", "Phone: +12025550166\r\n", "Source: Abstrakt\r\n", "City: New York\r\n", "Type: recruit\r\n"} {
			if !strings.Contains(got[0].Text, line) {
				t.Errorf("no %q in %s", line, got[0].Text)
			}
		}
		if n := list[0]; n.State != crm.Sent || n.SentAt.IsZero() || n.Error != "" || n.Kind != "new_lead" || n.Address != f.Vars["user.email"] {
			t.Errorf("kept %+v", n)
		}
	})
}

// TestOneMailForEachOrOneForMany: up to twenty leads are told one by one, more
// at once by one mail that stands for all.
func TestOneMailForEachOrOneForMany(t *testing.T) {
	for _, c := range []struct {
		leads, mails int
		subject      string
	}{
		{1, 1, "New lead: Lead 0"}, {20, 20, "New lead: Lead"}, {21, 1, "21 new leads in Main Office"}, {60, 1, "60 new leads in Main Office"},
	} {
		t.Run(fmt.Sprint(c.leads), func(t *testing.T) {
			each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
				for i := range c.leads {
					post(t, f, fmt.Sprintf(`{"first_name": "Lead %d", "email": "l%d@example.com"}`, i, i))
				}
				work(t, f)
				got := s.Mails()
				if _, states := told(t, f); states[crm.Sent] != c.leads || len(states) != 1 || len(got) != c.mails {
					t.Errorf("%d mails, notifications %v; want %d mails and %d sent", len(got), states, c.mails, c.leads)
				}
				for _, d := range got {
					if subject := subject(t, d); !strings.HasPrefix(subject, c.subject) {
						t.Errorf("subject %q, want %q", subject, c.subject)
					}
				}
			})
		})
	}
}

// TestOnlyNewLeadsAreTold: an update tells nobody, and neither does a test.
func TestOnlyNewLeadsAreTold(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		post(t, f, `{"email": "peet@example.com"}`)
		work(t, f)
		post(t, f, `{"email": "peet@example.com", "first_name": "Peet"}`)
		post(t, f, `{"email": "peet@example.com", "test": true}`)
		work(t, f)
		if n := len(s.Mails()); n != 1 {
			t.Errorf("%d mails, want one", n)
		}
	})
}

// TestATestTellsNobody: a thousand leads with "test": true store nothing and
// tell nobody.
func TestATestTellsNobody(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		const n = 1000
		tables := map[string]int{"contacts": 0, "identities": 0, "events": 0, "notifications": 0, "jobs": 0}
		for table := range tables {
			tables[table] = count(t, f, table)
		}
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				for i := g; i < n; i += 8 {
					post(t, f, fmt.Sprintf(`{"test": true, "first_name": "Test %d", "email": "t%d@example.com", "agent_id": "t%d"}`, i, i, i))
				}
			})
		}
		all.Wait()
		work(t, f)
		for table, before := range tables {
			if rows := count(t, f, table); rows != before {
				t.Errorf("%d rows in %s, want the %d of before", rows, table, before)
			}
		}
		if rows, mails := count(t, f, "intake_log"), len(s.Mails()); rows != n || mails != 0 {
			t.Errorf("%d rows in the import log and %d mails, want %d and none", rows, mails, n)
		}
	})
}

// TestOverlappingJobsTellOnce: jobs one after the other send no mail twice.
func TestOverlappingJobsTellOnce(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		const n = 5
		for i := range n {
			post(t, f, fmt.Sprintf(`{"first_name": "Lead %d"}`, i))
		}
		for range 4 {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				return jobs.Add(ctx, tx, jobs.Job{LocationID: f.Credentials.LocationID, Kind: crm.NotifyJob})
			})
		}
		work(t, f)
		if _, states := told(t, f); states[crm.Sent] != n || len(s.Mails()) != n {
			t.Errorf("%d mails, notifications %v; want %d of both", len(s.Mails()), states, n)
		}
	})
}

// TestNobodyIsForgotten: however many leads come at once while jobs run, each is
// told exactly once.
func TestNobodyIsForgotten(t *testing.T) {
	each(t, false, func(t *testing.T, f *foyertest.F, _ *foyertest.MailSink) {
		ctx, stop := context.WithCancel(context.Background())
		var running, senders sync.WaitGroup
		running.Go(func() {
			for ctx.Err() == nil { // without the pauses of Run: it meets as many transactions as it can
				if _, err := f.Jobs.Once(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
		const each, goroutines = 25, 16
		for g := range goroutines {
			senders.Go(func() {
				for i := range each {
					post(t, f, fmt.Sprintf(`{"email": "l%d.%d@example.com"}`, g, i))
				}
			})
		}
		senders.Wait()
		stop()
		running.Wait()
		hurry(t, f)
		work(t, f)
		if list, _ := told(t, f); len(list) != each*goroutines {
			t.Errorf("%d notifications of %d leads", len(list), each*goroutines)
		}
	})
}

// TestALateCommitIsNotForgotten: the job waits for a contact whose transaction,
// on another node, has joined it and is not committed yet.
func TestALateCommitIsNotForgotten(t *testing.T) {
	each(t, false, func(t *testing.T, f *foyertest.F, _ *foyertest.MailSink) {
		if f.DB.Kind() == db.SQLite {
			t.Skip("skipped: SQLite has one writer, so nobody commits late")
		}
		node, err := app.Open(context.Background(), f.Config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = node.Close() })
		post(t, f, `{"first_name": "First"}`) // its job waits
		saved, done, late := make(chan bool), make(chan bool), make(chan error, 1)
		var once sync.Once
		go func() {
			late <- node.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
				c, err := crm.SaveContact(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "brokerkit"}, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "Late"}}})
				if err == nil {
					_, err = crm.ContactByID(ctx, tx, f.Credentials.LocationID, c.Contact.ID) // so that all is written
				}
				once.Do(func() { close(saved) })
				<-done
				return err
			})
		}()
		<-saved
		time.Sleep(1100 * time.Millisecond) // the job is due, and may not start
		if n, err := f.Jobs.Once(context.Background()); n != 0 || err != nil {
			t.Errorf("%d jobs ran, %v; want none while a lead is not stored", n, err)
		}
		close(done)
		if err := <-late; err != nil {
			t.Fatal(err)
		}
		work(t, f)
		if _, states := told(t, f); states[crm.NotSent] != 2 {
			t.Errorf("notifications %v, want both settled", states)
		}
		if n := count(t, f, "jobs"); n != 0 {
			t.Errorf("%d jobs are left, want none: there is nothing new", n)
		}
	})
}

// TestAnImportTellsNobody: not by itself, and not beside a lead that came in.
func TestAnImportTellsNobody(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		post(t, f, `{"first_name": "First"}`)
		for i := range 30 {
			err := f.DB.Write(context.Background(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
				_, err := crm.SaveContact(ctx, tx, crm.Actor{LocationID: f.Credentials.LocationID, Origin: "import"}, crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: fmt.Sprint("Imported ", i)}}})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		work(t, f)
		if got := s.Mails(); len(got) != 1 || subject(t, got[0]) != "New lead: First" {
			t.Errorf("%d mails, want one about the first", len(got))
		}
	})
}

// hurry makes every job due.
func hurry(t *testing.T, f *foyertest.F) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE jobs SET run_at = 0")
		return err
	})
}

// TestAFailingServerIsTriedAgain: the notification stays queued and says why,
// the job waits, and when the server is well again the mail goes out once.
func TestAFailingServerIsTriedAgain(t *testing.T) {
	for _, leads := range []int{1, 25} {
		t.Run(fmt.Sprint(leads), func(t *testing.T) {
			each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
				s.Break(true)
				for i := range leads {
					post(t, f, fmt.Sprintf(`{"first_name": "Peet %d"}`, i))
				}
				work(t, f)
				list, states := told(t, f)
				if states[crm.Queued] != leads || !strings.Contains(list[0].Error, "the disk is full") || !list[0].SentAt.IsZero() || len(s.Mails()) != 0 {
					t.Errorf("kept %+v", list[0])
				}
				var attempts, due int64
				var why string
				f.System(t, func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Get(ctx, []any{&attempts, &due, &why}, "SELECT attempts, run_at, error FROM jobs WHERE kind = 'message.notify' AND NOT failed")
					return err
				})
				if attempts != 1 || !time.UnixMilli(due).After(time.Now()) || !strings.Contains(why, "the disk is full") {
					t.Errorf("the job has %d attempts, is due at %s, says %q", attempts, time.UnixMilli(due), why)
				}
				s.Break(false)
				hurry(t, f)
				work(t, f)
				if list, states = told(t, f); states[crm.Sent] != leads || list[0].Error != "" || list[0].SentAt.IsZero() || len(s.Mails()) != 1 {
					t.Errorf("%d mails, kept %+v", len(s.Mails()), list[0])
				}
				if n := count(t, f, "jobs"); n > 1 {
					t.Errorf("%d jobs are left", n)
				}
			})
		})
	}
}

// TestWithoutAServerNothingIsSent: it is kept who was to be told, and why they
// were not.
func TestWithoutAServerNothingIsSent(t *testing.T) {
	each(t, false, func(t *testing.T, f *foyertest.F, _ *foyertest.MailSink) {
		post(t, f, `{"first_name": "Peet"}`)
		work(t, f)
		list, _ := told(t, f)
		if len(list) != 1 || list[0].State != crm.NotSent || list[0].Error != "no SMTP server is set up" {
			t.Errorf("kept %+v", list)
		}
	})
}

// TestALeadWritesNoHeaders: line breaks and addresses in what a lead says make
// neither headers nor recipients.
func TestALeadWritesNoHeaders(t *testing.T) {
	each(t, true, func(t *testing.T, f *foyertest.F, s *foyertest.MailSink) {
		post(t, f, `{"first_name": "A\r\nBcc: victim@example.com\r\n\r\n.\r\nMAIL FROM:<x@example.com>", "last_name": "\n.\nQUIT", "source": "S\r\n.\r\nX: y\u2028Z: z"}`)
		work(t, f)
		got := s.Mails()
		if len(got) != 1 || len(got[0].To) != 1 {
			t.Fatalf("%d mails: %+v", len(got), got)
		}
		m, err := mail.ReadMessage(strings.NewReader(got[0].Text))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Bcc", "X", "Cc"} {
			if m.Header.Get(name) != "" {
				t.Errorf("a header %s: %s", name, m.Header.Get(name))
			}
		}
		for line := range strings.Lines(got[0].Text) {
			if strings.HasPrefix(line, "Bcc:") || strings.HasPrefix(line, "X:") || strings.HasPrefix(line, "MAIL") {
				t.Errorf("a line of its own: %q", line)
			}
		}
	})
}
