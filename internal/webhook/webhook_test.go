package webhook_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// each runs a test on both databases, with what goes on behind the requests, and
// with webhooks that may go to this machine.
func each(t *testing.T, f func(t *testing.T, f *foyertest.F)) {
	t.Helper()
	run := func(t *testing.T, s app.Store) {
		s.Strict = true
		it := foyertest.Start(t, app.Config{Store: s, HighLevelVersion: true, AllowPrivate: true})
		ctx, stop := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { it.Run(ctx, 0) })
		t.Cleanup(func() {
			stop()
			work.Wait()
		})
		f(t, it)
	}
	foyertest.Stores(t, run)
}

// receiver is somebody who is told of events.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(n int, w http.ResponseWriter) // nil takes everything
}

type received struct {
	header http.Header
	body   []byte
}

func (r received) typ() string {
	var v struct{ Type string }
	_ = json.Unmarshal(r.body, &v)
	return v.Type
}

func newReceiver(t testing.TB, answer func(n int, w http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, received{q.Header.Clone(), body})
		n := len(r.got)
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(n, w)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// wait waits for n deliveries, and then a moment for more than these.
func (r *receiver) wait(t testing.TB, n int) []received {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); len(r.all()) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d deliveries came, want %d", len(r.all()), n)
		}
	}
	return r.all()
}

func add(t *testing.T, f *foyertest.F, url string, events ...string) (*webhook.Endpoint, string) {
	t.Helper()
	var e *webhook.Endpoint
	var secret string
	err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		e, secret, err = webhook.AddEndpoint(ctx, tx, f.Vault, by(f), webhook.Endpoint{URL: url, Events: events})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1200 * time.Millisecond) // whoever listens is asked once a second
	return e, secret
}

func by(f *foyertest.F) crm.Actor {
	return crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
}

func save(t *testing.T, f *foyertest.F, c crm.Contact) *crm.Contact {
	t.Helper()
	var saved *crm.Saved
	err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
		saved, err = crm.SaveContact(ctx, tx, by(f), crm.Save{Input: crm.Input{Contact: c}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved.Contact
}

// now makes what waits for a later try due at once.
func now(t *testing.T, f *foyertest.F) {
	t.Helper()
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE webhook_endpoints SET open_until = 0"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE webhook_deliveries SET due_at = 1 WHERE state = 'pending' AND lease = ''")
		return err
	})
}

func states(t testing.TB, f *foyertest.F, endpointID string) map[string]int {
	t.Helper()
	n := map[string]int{}
	f.Read(t, func(ctx context.Context, tx *db.Tx) error {
		list, err := webhook.Deliveries(ctx, tx, f.Credentials.LocationID, webhook.Log{EndpointID: endpointID, Limit: 10_000})
		for _, d := range list {
			n[d.State]++
		}
		return err
	})
	return n
}

// until waits for something to become so.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// What happens is told once, signed as Standard Webhooks has it, to whoever
// subscribed to it, with the record before and after.
func TestEveryEventIsToldOnceAndSigned(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		save(t, f, crm.Contact{FirstName: "Before"}) // of which nobody is told
		r, other := newReceiver(t, nil), newReceiver(t, nil)
		e, secret := add(t, f, r.URL, "contact.*")
		add(t, f, other.URL, "note.created")
		const n = 60
		for i := range n {
			save(t, f, crm.Contact{FirstName: fmt.Sprintf("Ana %d", i), LastName: `"<ü>& `})
		}
		got := r.wait(t, n)
		check, err := standard.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, d := range got {
			if err := check.Verify(d.body, d.header); err != nil {
				t.Errorf("%v: %s", err, d.body)
			}
			if err := check.Verify(append(slices.Clone(d.body), ' '), d.header); err == nil {
				t.Error("a changed body verifies")
			}
			var p struct {
				Type, ID string
				Data     struct {
					Before any
					After  struct{ FirstName, LastName string }
				}
			}
			if err := json.Unmarshal(d.body, &p); err != nil {
				t.Fatal(err)
			}
			if p.Type != "contact.created" || p.Data.Before != nil || !strings.HasPrefix(p.Data.After.FirstName, "Ana ") || p.Data.After.LastName != `"<ü>& ` || seen[p.ID] || d.header.Get("Webhook-Id") != "msg_"+p.ID {
				t.Errorf("%s", d.body)
			}
			seen[p.ID] = true
		}
		until(t, "all delivered", func() bool { return states(t, f, e.ID)[webhook.Delivered] == n })
		if len(r.all()) != n || len(other.all()) != 0 {
			t.Errorf("%d and %d deliveries, want %d and none", len(r.all()), len(other.all()), n)
		}
	})
}

// The record is as the event left it, also where more happened before it was told.
func TestBeforeAndAfterAreOfTheEvent(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		r := newReceiver(t, nil)
		add(t, f, r.URL, "contact.*")
		who := crm.Contact{FirstName: "Ana"}
		id := ""
		err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			id = ""
			for _, city := range []string{"Rome", "Oslo", "Bern"} {
				who.Address.City = city
				saved, err := crm.SaveContact(ctx, tx, by(f), crm.Save{ID: id, Input: crm.Input{Contact: who}})
				if err != nil {
					return err
				}
				id = saved.Contact.ID
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		got := r.wait(t, 3)
		slices.SortFunc(got, func(a, b received) int {
			return strings.Compare(a.header.Get("Webhook-Id"), b.header.Get("Webhook-Id"))
		})
		for _, d := range got {
			var p struct {
				Data struct{ Before, After map[string]any }
			}
			if err := json.Unmarshal(d.body, &p); err != nil {
				t.Fatal(err)
			}
			told = append(told, fmt.Sprint(p.Data.Before["city"], " to ", p.Data.After["city"]))
		}
		if want := []string{"<nil> to Rome", "Rome to Oslo", "Oslo to Bern"}; !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}

// What is not taken is tried again under the same id, and what is taken is done.
func TestWhatIsNotTakenIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		r := newReceiver(t, func(n int, w http.ResponseWriter) {
			if n < 3 {
				w.WriteHeader([]int{http.StatusInternalServerError, http.StatusFound}[n-1])
				_, _ = w.Write([]byte("not <now>"))
			}
		})
		e, _ := add(t, f, r.URL)
		save(t, f, crm.Contact{FirstName: "Ana"})
		for n := range 3 {
			r.wait(t, n+1)
			until(t, "recorded", func() bool { return states(t, f, e.ID)[webhook.Pending] == 1 || n == 2 })
			time.Sleep(50 * time.Millisecond)
			now(t, f)
		}
		until(t, "delivered", func() bool { return states(t, f, e.ID)[webhook.Delivered] == 1 })
		ids := map[string]bool{}
		for _, d := range r.all() {
			ids[d.header.Get("Webhook-Id")] = true
		}
		var d webhook.Delivery
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := webhook.Deliveries(ctx, tx, f.Credentials.LocationID, webhook.Log{})
			d = list[0]
			return err
		})
		if len(ids) != 1 || len(d.Tries) != 3 || d.Tries[0].Status != 500 || d.Tries[0].Answer != "not <now>" || d.Tries[1].Status != 302 || d.Tries[2].Status != 200 {
			t.Errorf("%d ids, %+v", len(ids), d)
		}
	})
}

// 410 ends it; what waits is not sent any more, and can be replayed when it is
// enabled again.
func TestAnEndpointThatIsGoneIsDisabled(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		gone := true
		r := newReceiver(t, func(_ int, w http.ResponseWriter) {
			if gone {
				w.WriteHeader(http.StatusGone)
			}
		})
		e, _ := add(t, f, r.URL, "contact.created")
		save(t, f, crm.Contact{FirstName: "Ana"})
		until(t, "disabled", func() bool {
			var now *webhook.Endpoint
			f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
				now, err = webhook.EndpointByID(ctx, tx, f.Credentials.LocationID, e.ID)
				return err
			})
			return !now.DisabledAt.IsZero() && strings.Contains(now.DisabledWhy, "410")
		})
		save(t, f, crm.Contact{FirstName: "Bob"})
		time.Sleep(1500 * time.Millisecond)
		if n := len(r.all()); n != 1 {
			t.Errorf("%d deliveries to an endpoint that is gone", n)
		}
		r.mu.Lock()
		gone = false
		r.mu.Unlock()
		var first webhook.Delivery
		err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			if err := webhook.DisableEndpoint(ctx, tx, by(f), e.ID, false, ""); err != nil {
				return err
			}
			list, err := webhook.Deliveries(ctx, tx, f.Credentials.LocationID, webhook.Log{EndpointID: e.ID})
			if err != nil {
				return err
			}
			first = list[len(list)-1]
			return webhook.Replay(ctx, tx, by(f), first.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		got := r.wait(t, 2)
		if got[1].header.Get("Webhook-Id") != first.Message || string(got[1].body) != string(got[0].body) {
			t.Errorf("replayed %v, first %v", got[1].header, got[0].header)
		}
	})
}

// While a new secret overlaps the old one everything verifies under both.
func TestSecretsOverlap(t *testing.T) {
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, AllowPrivate: true})
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
	r := newReceiver(t, nil)
	e, old := add(t, f, r.URL)
	var fresh string
	rotate := func(overlap time.Duration) {
		if err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) (err error) {
			_, fresh, err = webhook.RotateSecret(ctx, tx, f.Vault, by(f), e.ID, overlap)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	verifies := func(secret string, d received) bool {
		w, err := standard.NewWebhook(secret)
		return err == nil && w.Verify(d.body, d.header) == nil
	}
	rotate(time.Hour)
	save(t, f, crm.Contact{FirstName: "Ana"})
	for _, d := range r.wait(t, 1) {
		if !verifies(old, d) || !verifies(fresh, d) {
			t.Errorf("%s: old %v, new %v", d.typ(), verifies(old, d), verifies(fresh, d))
		}
	}
	second := fresh
	rotate(0)
	save(t, f, crm.Contact{FirstName: "Bob"})
	d := r.wait(t, 2)[1]
	if verifies(old, d) || verifies(second, d) || !verifies(fresh, d) {
		t.Error("a secret that was rotated without overlap still counts")
	}
}

// An app is told as HighLevel tells, signed by both keys, as long as it is in.
func TestAnAppIsToldAsLongAsItIsIn(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F) {
		r := newReceiver(t, nil)
		client := f.Vars["clientId"]
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := auth.SetAppWebhook(ctx, tx, client, r.URL, nil)
			return err
		})
		time.Sleep(1200 * time.Millisecond)
		c := save(t, f, crm.Contact{FirstName: "Ana", CompanyName: "Acme"})
		find := func(typ string) *received {
			for _, d := range r.all() {
				if d.typ() == typ {
					return &d
				}
			}
			return nil
		}
		until(t, "ContactCreate", func() bool { return find("ContactCreate") != nil })
		d := find("ContactCreate")
		var body map[string]any
		if err := json.Unmarshal(d.body, &body); err != nil {
			t.Fatal(err)
		}
		appID, _, _ := strings.Cut(client, "-")
		if body["id"] != c.ID || body["companyName"] != "Acme" || body["appId"] != appID || body["locationId"] != f.Credentials.LocationID || body["webhookId"] == nil || body["timestamp"] == nil {
			t.Errorf("%s", d.body)
		}
		verify(t, f, d)
		if err := f.Desk.Uninstall(t.Context(), client, f.Credentials.CompanyID, ""); err != nil {
			t.Fatal(err)
		}
		save(t, f, crm.Contact{FirstName: "Bob"})
		until(t, "UNINSTALL", func() bool { return find("UNINSTALL") != nil })
		time.Sleep(1500 * time.Millisecond)
		for _, d := range r.all() {
			if strings.Contains(string(d.body), "Bob") {
				t.Errorf("told after it was shown out: %s", d.body)
			}
		}
	})
}

// verify checks both signatures with the keys that the server publishes.
func verify(t *testing.T, f *foyertest.F, d *received) {
	t.Helper()
	res, err := foyertest.Client().Get(f.URL + "/.well-known/webhook-keys")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var keys map[string]string
	if err := json.NewDecoder(res.Body).Decode(&keys); err != nil {
		t.Fatal(err)
	}
	public := func(name string) any {
		block, _ := pem.Decode([]byte(keys[name]))
		if block == nil {
			t.Fatalf("no key %s in %v", name, keys)
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	signature := func(name string) []byte {
		b, err := base64.StdEncoding.DecodeString(d.header.Get(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !ed25519.Verify(public("X-GHL-Signature").(ed25519.PublicKey), d.body, signature("X-GHL-Signature")) {
		t.Error("the Ed25519 signature is wrong")
	}
	sum := sha256.Sum256(d.body)
	if err := rsa.VerifyPKCS1v15(public("X-WH-Signature").(*rsa.PublicKey), crypto.SHA256, sum[:], signature("X-WH-Signature")); err != nil {
		t.Error(err)
	}
}

// Addresses of this machine and of private networks are refused, unless allowed.
func TestPrivateAddressesAreRefused(t *testing.T) {
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}})
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx, 0) })
	t.Cleanup(func() { stop(); work.Wait() })
	r := newReceiver(t, nil)
	e, _ := add(t, f, r.URL)
	save(t, f, crm.Contact{FirstName: "Ana"})
	until(t, "refused", func() bool {
		var list []webhook.Delivery
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			list, err = webhook.Deliveries(ctx, tx, f.Credentials.LocationID, webhook.Log{EndpointID: e.ID})
			return err
		})
		return len(list) == 1 && len(list[0].Tries) == 1 && strings.Contains(list[0].Tries[0].Error, "public internet")
	})
	if len(r.all()) != 0 {
		t.Error("it was reached")
	}
}

// Addresses that a webhook cannot go to, and types that are none, are refused.
func TestBrokenWebhooksAreRefused(t *testing.T) {
	f := foyertest.New(t)
	for _, e := range []webhook.Endpoint{
		{URL: ""}, {URL: "ftp://x.example"}, {URL: "https://"}, {URL: "https://user:pass@x.example"}, {URL: "https://x.example/#f"}, {URL: "javascript:alert(1)"}, {URL: "https://" + strings.Repeat("x", 3000)},
		{URL: "https://x.example", Events: []string{"contact"}}, {URL: "https://x.example", Events: []string{"contact.*", "*.created"}}, {URL: "https://x.example", Events: []string{"Contact.Created"}},
	} {
		err := f.DB.Write(t.Context(), f.Credentials.LocationID, func(ctx context.Context, tx *db.Tx) error {
			_, _, err := webhook.AddEndpoint(ctx, tx, f.Vault, by(f), e)
			return err
		})
		if err == nil {
			t.Errorf("%q %q was taken", e.URL, e.Events)
		}
	}
}
