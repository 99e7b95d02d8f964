package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// mentions gives every row of every table of the database that has one of some words.
func mentions(t *testing.T, f *foyertest.F, words ...string) (found []string) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		found = nil
		tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'contact_search%'"
		if tx.Kind() == db.Postgres {
			tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
		}
		names, err := column(ctx, tx, tables+" /* location_id = */")
		if err != nil {
			return err
		}
		for _, table := range names {
			rows, err := tx.Query(ctx, "SELECT * FROM "+table+" /* location_id = */")
			if err != nil {
				return err
			}
			for rows.Next() {
				columns, _ := rows.Columns()
				values, at := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					at[i] = &values[i]
				}
				if err := rows.Scan(at...); err != nil {
					return err
				}
				for i, v := range values {
					text := strings.ToLower(fmt.Sprintf("%s", v))
					for _, w := range words {
						if strings.Contains(text, strings.ToLower(w)) {
							found = append(found, table+"."+columns[i]+": "+text[:min(len(text), 300)])
						}
					}
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	return found
}

func column(ctx context.Context, tx *db.Tx, query string) (all []string, err error) {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// Nothing is left of a person who is erased: not in the contact, its notes and
// messages, not in events, the import log, merges, the search, nor in what was
// written about others. What is others' stays.
func TestNothingIsLeftOfWhoIsErased(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		send := func(method, path, body string, header ...string) string {
			h := http.Header{"Content-Type": {"application/json"}}
			for i := 0; i < len(header); i += 2 {
				h.Set(header[i], header[i+1])
			}
			req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = h
			res, err := foyertest.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var b strings.Builder
			_, _ = fmt.Fprint(&b, res.StatusCode)
			return b.String()
		}
		key := f.Vars["radius.secureId"]
		// she comes in by three doors, once with what is refused
		send("POST", "/v3.0/clients/import", `{"client":{"name":"Zenobia Quartermain","emails":"zenobia@quartz.example","phones":"6025550188","type":"buyer"}}`, "secure-id", key)
		send("POST", "/v2/leads", `{"first_name":"Zenobia","last_name":"Quartermain","email":"Zenobia@Quartz.example","phone":"+1 (602) 555-0188"}`, "Authorization", "Token token="+f.Vars["brokerkit.token"], "Idempotency-Key", "once")
		send("POST", "/v2/leads", `{"first_name":"","email":"zenobia@quartz.example","phone":12,"note":"602.555.0188"}`, "Authorization", "Token token="+f.Vars["brokerkit.token"])
		by := crm.Actor{LocationID: f.Credentials.LocationID, CompanyID: f.Credentials.CompanyID, UserID: f.Vars["user.id"], Origin: "ui"}
		write := func(do func(ctx context.Context, tx *db.Tx) error) {
			t.Helper()
			if err := f.DB.Write(t.Context(), by.LocationID, do); err != nil {
				t.Fatal(err)
			}
		}
		var her, other, household string
		save := func(c crm.Contact) (id string) {
			write(func(ctx context.Context, tx *db.Tx) error {
				s, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: c}})
				if err == nil {
					id = s.Contact.ID
				}
				return err
			})
			return id
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, _, err := crm.Contacts(ctx, tx, by.LocationID, crm.Query{Text: "zenobia", Limit: 5}, false)
			if err == nil && len(list) > 0 {
				her = list[0].ID
			}
			return err
		})
		if her == "" {
			t.Fatal("she is not there")
		}
		other = save(crm.Contact{FirstName: "Oscar", LastName: "Other", Emails: []crm.Email{{Address: "oscar@other.example"}}})
		household = save(crm.Contact{FirstName: "Hank", LastName: "House", Phones: []crm.Phone{crm.NewPhone("4805550100", "")}})
		twin := save(crm.Contact{FirstName: "Zenobia", LastName: "Quartermain", Emails: []crm.Email{{Address: "z.quartermain@old.example"}}})
		write(func(ctx context.Context, tx *db.Tx) error {
			if _, err := crm.MergeContacts(ctx, tx, by, her, twin); err != nil {
				return err
			}
			for id, body := range map[string]string{her: "Zenobia Quartermain wants a pool", other: "Friend of zenobia@quartz.example, (602) 555-0188; keep this"} {
				if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: id, Body: body}); err != nil {
					return err
				}
				if _, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: id, Title: "Call about Zenobia Quartermain", DueAt: tx.Now()}); err != nil {
					return err
				}
			}
			// what others wrote about her, and what systems outside were told
			if _, err := crm.SaveContact(ctx, tx, by, crm.Save{ID: other, Input: crm.Input{Contact: crm.Contact{Details: crm.Details{ReferrerNote: "Zenobia Quartermain sent him"}},
				Properties: []crm.Property{{Key: "p", Data: map[string]any{"city": "Mesa", "agent": "Zenobia Quartermain"}}}, Requirements: []crm.Requirement{{Key: "r", Data: map[string]any{"city": "Mesa", "near": "zenobia@quartz.example"}}}}}); err != nil {
				return err
			}
			if _, err := conversation.SaveSnippet(ctx, tx, by, conversation.Snippet{Name: "Referral", Body: "Zenobia Quartermain says hello"}); err != nil {
				return err
			}
			if _, err := conversation.SendMessage(ctx, tx, by, conversation.Send{Channel: "Email", ContactID: other, Subject: "News", Body: "News", Cc: []string{"zenobia@quartz.example"}}); err != nil {
				return err
			}
			for _, statement := range []string{
				`INSERT INTO webhook_deliveries (location_id, id, endpoint_id, event_id, type, message, body, state, due_at, attempts, lease, tries, created_at, done_at)
					VALUES ($1, $2, 'e', 'v', 'contact.created', 'm', '{"id":"` + her + `","firstName":"Zenobia","lastName":"QUARTERMAIN"}', 'done', 0, 1, '', '[{"answer":"no zenobia@quartz.example"}]', 0, 0)`,
				`INSERT INTO connection_records (location_id, id, connection_id, object, local_id, local_parent, remote_id, remote_parent, state, seen, remote_at, writes, trying, wanted, round, due_at, attempts, error, created_at, updated_at)
					VALUES ($1, $2, 'c', 'contact', '` + her + `', '', 'r', '', 'synced', '{"base":{"firstName":"Zenobia"}}', 0, 0, '', 0, 0, 0, 0, '', 0, 0)`,
			} {
				if _, err := tx.Exec(ctx, statement, by.LocationID, tx.NewID()); err != nil {
					return err
				}
			}
			_, err := conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: conversation.OnEmail, Direction: conversation.Inbound, ContactID: her, Subject: "From Zenobia", Body: "I am Zenobia Quartermain", From: "zenobia@quartz.example"})
			return err
		})
		words := []string{"zenobia", "quartermain", "quartz.example", "6025550188", "555-0188", "555.0188", "z.quartermain@old"}
		if n := len(mentions(t, f, words...)); n < 8 {
			t.Fatalf("before, she is in %d places only", n)
		}
		write(func(ctx context.Context, tx *db.Tx) error { return crm.Erase(ctx, tx, by, her) })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Jobs.Run(ctx); close(done) }()
		for end := time.Now().Add(20 * time.Second); len(mentions(t, f, words...)) > 0 && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		stop()
		<-done
		for _, left := range mentions(t, f, words...) {
			t.Errorf("left of her: %s", left)
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			for _, text := range []string{"zenobia", "quartermain", "6025550188"} {
				if list, _, err := crm.Contacts(ctx, tx, by.LocationID, crm.Query{Text: text, Limit: 5}, false); err != nil || len(list) > 0 {
					t.Errorf("the search finds %v %v", list, err)
				}
			}
			if e, err := crm.Events(ctx, tx, by.LocationID, her, "", 1); err != nil || len(e) != 1 || e[0].Type != "contact.deleted" || e[0].Data.Kind != crm.KindErased || e[0].UserID != by.UserID {
				t.Errorf("the tombstone: %+v %v", e, err)
			}
			for _, id := range []string{other, household} {
				if _, err := crm.ContactByID(ctx, tx, by.LocationID, id); err != nil {
					t.Errorf("another is gone: %v", err)
				}
			}
			return nil
		})
		if len(mentions(t, f, "keep this")) == 0 || len(mentions(t, f, "oscar@other.example")) == 0 {
			t.Error("what was written about others is gone")
		}
	})
}
