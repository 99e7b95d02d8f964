package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// moody is a receiver that takes seven of ten messages, and of the others refuses
// some, leaves some without an answer, and cuts some off in the middle.
type moody struct {
	*httptest.Server
	mu    sync.Mutex
	taken map[string]int    // by webhook-id: how often it was answered with 200
	body  map[string]string // the first that came under an id
	mixed []string          // ids that came with another body
}

func newMoody(t *testing.T) *moody {
	t.Helper()
	m := &moody{taken: map[string]int{}, body: map[string]string{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

// ServeHTTP takes a message, or does not.
func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	switch mood := rand.IntN(100); {
	case mood < 10:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case mood < 20: // the connection is reset
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = c.Close()
		}
		return
	case mood < 25: // it dies before it answers
		panic(http.ErrAbortHandler)
	case mood < 26: // it says nothing for a while, and the sender may be killed meanwhile
		select {
		case <-r.Context().Done():
			return
		case <-time.After(2 * time.Second):
		}
	case mood < 30: // it took it, and dies before it says so
		m.take(r, body)
		panic(http.ErrAbortHandler)
	}
	m.take(r, body)
}

func (m *moody) take(r *http.Request, body []byte) {
	id := r.Header.Get("Webhook-Id")
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, came := m.body[id]; came && first != string(body) {
		m.mixed = append(m.mixed, id)
	} else {
		m.body[id] = string(body)
	}
	m.taken[id]++
}

func (m *moody) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.taken)
}

// C1: every event that was stored is delivered, although the receiver fails three
// times of ten and the sender is killed again and again; and what comes twice comes
// under the same id with the same body.
func TestEveryWebhookArrives(t *testing.T) {
	if !unraced(t) {
		return
	}
	t.Run("sqlite", func(t *testing.T) {
		webhooksArrive(t, sqlitePlace(t, t.TempDir()), times(300, 2000, 10_000), times(3, 12, 100))
	})
	t.Run("postgres", func(t *testing.T) { webhooksArrive(t, postgresPlace(t), times(100, 400, 10_000), times(2, 4, 100)) })
}

func webhooksArrive(t *testing.T, p *place, events, kills int) {
	m := newMoody(t)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(p.run(t, "admin", "webhook", "create", "--url", m.URL, "--events", "contact.*", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	p.flags = []string{"--allow-private-targets"}
	sent := 0
	for kill := range kills + 1 {
		p.soon(t, time.Minute) // the leases of the dead have ended too
		s := p.mustServe(t)
		for n := events * (kill + 1) / (kills + 1); sent < n; sent += 20 {
			p.contacts(t, s, sent, min(20, n-sent))
		}
		sent = events * (kill + 1) / (kills + 1)
		if kill < kills {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			s.kill()
			continue
		}
		for deadline := time.Now().Add(4 * time.Minute); m.count() < events && time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
			p.soon(t, 20*time.Second)
		}
		if code := s.stop(t); code != 0 {
			t.Errorf("stopping gives the code %d: %s", code, s)
		}
	}
	p.delivered(t, m, made.ID, events, kills)
}

// contacts makes n new contacts through HighLevel's door.
func (p *place) contacts(t *testing.T, s *server, from, n int) {
	t.Helper()
	client := newClient()
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			body := fmt.Sprintf(`{"locationId":%q,"firstName":"Zoë","email":"hook%d@x.example"}`, p.creds.LocationID, from+i)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/contacts/", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header = http.Header{"Authorization": {"Bearer " + *p.creds.HighLevel.PrivateToken}, "Version": {"2021-07-28"}, "Content-Type": {"application/json"}}
			res, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
	all.Wait()
}

// soon makes due what waits for a later try, ends the leases that end within a while,
// and gives an endpoint that failed often no rest: the days of the schedule are not
// for a test to wait for.
func (p *place) soon(t *testing.T, within time.Duration) {
	t.Helper()
	p.open(t, func(ctx context.Context, d *db.DB) error {
		return d.Write(ctx, db.System, func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Do(ctx, "UPDATE webhook_endpoints SET open_until = 0, failures = 0 WHERE location_id = $1 AND failures > 0", p.creds.LocationID); err != nil {
				return err
			}
			return tx.Do(ctx, "UPDATE webhook_deliveries SET due_at = 1, lease = '' WHERE location_id = $1 AND state = 'pending' AND (lease = '' OR due_at < $2)", p.creds.LocationID, tx.Now().Add(within).UnixMilli())
		})
	})
}

// open opens the database beside the server.
func (p *place) open(t *testing.T, f func(ctx context.Context, d *db.DB) error) {
	t.Helper()
	d, _, err := app.OpenStore(t.Context(), p.store, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err = f(t.Context(), d); err == nil {
		err = d.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// delivered compares the events that are stored with what came.
func (p *place) delivered(t *testing.T, m *moody, endpoint string, events, kills int) {
	t.Helper()
	p.open(t, func(ctx context.Context, d *db.DB) error {
		return d.Read(ctx, p.creds.LocationID, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.EventsBetween(ctx, tx, p.creds.LocationID, "", "~", 10*events+1000)
			if err != nil {
				return err
			}
			log, err := webhook.Deliveries(ctx, tx, p.creds.LocationID, webhook.Log{EndpointID: endpoint, State: webhook.Exhausted, Limit: events})
			if err != nil {
				return err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			exhausted := map[string]bool{}
			for _, one := range log {
				exhausted[one.EventID] = true
			}
			var stored, missing, again int
			for _, e := range list {
				if e.Type != "contact.created" {
					continue
				}
				stored++
				if m.taken["msg_"+e.ID] == 0 && !exhausted[e.ID] {
					missing++
				}
			}
			for _, n := range m.taken {
				again += n - 1
			}
			if missing > 0 || stored < events || len(m.taken) > stored || len(m.mixed) > 0 {
				t.Errorf("%d events, %d messages, %d missing, %d with two bodies", stored, len(m.taken), missing, len(m.mixed))
			}
			t.Logf("%d events, %d kills: 0 missing, %d came again under the same id, %d shown as exhausted", stored, kills, again, len(exhausted))
			return nil
		})
	})
}
