package highlevel_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
)

func TestWebhooksAreReadIfTheyAreSigned(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{base64.StdEncoding.EncodeToString(public), base64.StdEncoding.EncodeToString(der), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	for _, key := range keys {
		s, err := highlevel.New(remote.Settings{Token: "pit-x", Location: "L", PublicKey: key})
		if err != nil {
			t.Fatal(err)
		}
		r := s.(remote.Receiver)
		send := func(body string, bend func(http.Header, []byte)) ([]remote.Change, error) {
			raw := []byte(body)
			h := http.Header{}
			h.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(private, raw)))
			if bend != nil {
				bend(h, raw)
			}
			return r.Webhook(h, raw)
		}
		contact := fmt.Sprintf(`{"type": "ContactUpdate", "locationId": "L", "id": "c1", "firstName": "Ann", "tags": ["a"], "webhookId": "w1", "timestamp": %q, "customFields": [{"id": "x", "value": 1}]}`, now)
		got, err := send(contact, nil)
		if err != nil || len(got) != 1 || got[0].Kind != remote.Contact || got[0].Record.ID != "c1" || got[0].Record.Fields["firstName"] != "Ann" || got[0].Event != "w1" || !got[0].Part || got[0].At.IsZero() {
			t.Errorf("%+v %v", got, err)
		}
		for body, want := range map[string]remote.Change{
			`{"type": "ContactDelete", "locationId": "L", "id": "c1"}`:                                             {Kind: remote.Contact, Record: remote.Record{ID: "c1", Deleted: true}},
			`{"type": "NoteCreate", "locationId": "L", "id": "n1", "contactId": "c1"}`:                             {Kind: remote.Note, Record: remote.Record{ID: "n1", ContactID: "c1"}},
			`{"type": "TaskComplete", "locationId": "L", "id": "t1", "contactId": "c1"}`:                           {Kind: remote.Task, Record: remote.Record{ID: "t1", ContactID: "c1"}},
			`{"type": "OpportunityStageUpdate", "locationId": "L", "id": "o1", "contactId": "c1"}`:                 {Kind: remote.Opportunity, Record: remote.Record{ID: "o1", ContactID: "c1"}},
			`{"type": "AppointmentDelete", "locationId": "L", "appointment": {"id": "a1", "contactId": "c1"}}`:     {Kind: remote.Appointment, Record: remote.Record{ID: "a1", ContactID: "c1", Deleted: true}},
			`{"type": "ContactTagUpdate", "locationId": "L", "id": "c1", "timestamp": "2999-01-01T00:00:00.000Z"}`: {Kind: remote.Contact, Record: remote.Record{ID: "c1"}},
		} {
			got, err := send(body, nil)
			if err != nil || len(got) != 1 || got[0].Kind != want.Kind || got[0].Record.ID != want.Record.ID || got[0].Record.ContactID != want.Record.ContactID || got[0].Record.Deleted != want.Record.Deleted {
				t.Errorf("%s: %+v %v", body, got, err)
			}
		}
		for _, body := range []string{`{"type": "InboundMessage", "locationId": "L", "id": "x"}`, `{"type": "ContactUpdate", "locationId": "another", "id": "c1"}`, `{"locationId": "L"}`} {
			if got, err := send(body, nil); err != nil || len(got) != 0 {
				t.Errorf("%s: %+v %v", body, got, err)
			}
		}
		for name, bend := range map[string]func(http.Header, []byte){
			"no signature": func(h http.Header, _ []byte) { h.Del("X-GHL-Signature") },
			"N/A":          func(h http.Header, _ []byte) { h.Set("X-GHL-Signature", "N/A") },
			"another body": func(_ http.Header, raw []byte) { raw[30] ^= 1 },
			"another key": func(h http.Header, raw []byte) {
				_, other, _ := ed25519.GenerateKey(nil)
				h.Set("X-GHL-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(other, raw)))
			},
		} {
			if got, err := send(contact, bend); !errors.Is(err, remote.ErrSignature) || got != nil {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		}
		if _, err := send(`{"type": "ContactUpdate", "locationId": "L", "id": "c1", "timestamp": "2020-01-01T00:00:00.000Z"}`, nil); !errors.Is(err, remote.ErrSignature) {
			t.Errorf("one of long ago: %v", err)
		}
		for _, body := range []string{"", "null", "[]", `{"type": "ContactUpdate", "locationId": "L"}`, `{"type": "AppointmentCreate", "locationId": "L", "appointment": 7}`, `{"type": 1}`} {
			if got, _ := send(body, nil); len(got) != 0 {
				t.Errorf("%s: %+v", body, got)
			}
		}
	}
}
