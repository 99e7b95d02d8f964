package hook_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/hook"
)

func secret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
}

func open(t *testing.T, base string) remote.System {
	t.Helper()
	s, err := hook.New(remote.Settings{BaseURL: base, Token: secret(), Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What one side sends the other reads: the library of Standard Webhooks verifies it,
// and so do we.
func TestEventsCrossSigned(t *testing.T) {
	var got []remote.Change
	here := open(t, "http://127.0.0.1:1").(remote.Receiver)
	check, err := standard.NewWebhook(secret())
	if err != nil {
		t.Fatal(err)
	}
	answer := "ok"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := check.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		list, err := here.Webhook(r.Header, body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, list...)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	s := open(t, server.URL)
	ctx := t.Context()
	if _, err := s.Check(ctx); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	made, err := s.Create(ctx, remote.Contact, remote.Record{Fields: map[string]any{"firstName": "Ann"}}, "key1")
	if err != nil || made.ID != "key1" {
		t.Errorf("%+v %v", made, err)
	}
	answer = `{"id": "theirs"}`
	if made, err = s.Create(ctx, remote.Note, remote.Record{ContactID: "key1", Fields: map[string]any{"body": "x"}}, "key2"); err != nil || made.ID != "theirs" {
		t.Errorf("%+v %v", made, err)
	}
	if _, err := s.Update(ctx, remote.Contact, remote.Record{ID: "key1", Fields: map[string]any{"city": nil}}, "key3"); err != nil {
		t.Error(err)
	}
	if err := s.Delete(ctx, remote.Note, "key1", "theirs"); err != nil {
		t.Error(err)
	}
	if len(got) != 4 || got[0].Record.Fields["firstName"] != "Ann" || got[0].Event != "key1" || got[1].Record.ContactID != "key1" || got[2].Record.ID != "key1" || !got[3].Record.Deleted || got[3].Kind != remote.Note {
		t.Errorf("%+v", got)
	}
}

func TestOnlyWhatIsSignedIsRead(t *testing.T) {
	r := open(t, "http://127.0.0.1:1").(remote.Receiver)
	sign, err := standard.NewWebhook(secret())
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type": "contact.updated", "data": {"id": "1", "city": "Tempe"}}`)
	header := func(at time.Time) http.Header {
		s, err := sign.Sign("m1", at, body)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set("webhook-id", "m1")
		h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set("webhook-signature", s)
		return h
	}
	if list, err := r.Webhook(header(time.Now()), body); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if _, err := r.Webhook(header(time.Now().Add(-time.Hour)), body); !errors.Is(err, remote.ErrSignature) {
		t.Error("an old one was read")
	}
	if _, err := r.Webhook(header(time.Now()), append([]byte(" "), body...)); !errors.Is(err, remote.ErrSignature) {
		t.Error("another body was read")
	}
	if _, err := r.Webhook(http.Header{}, body); !errors.Is(err, remote.ErrSignature) {
		t.Error("one without a signature was read")
	}
	for _, s := range []remote.Settings{{}, {BaseURL: "https://x.example"}, {BaseURL: "https://x.example", Token: "x"}, {BaseURL: "https://x.example", Token: "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"}, {Token: secret()}} {
		if _, err := hook.New(s); err == nil {
			t.Errorf("%+v is enough", s)
		}
	}
}
