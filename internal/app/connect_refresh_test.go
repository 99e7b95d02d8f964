package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
)

// vendor is a HighLevel that rotates its refresh tokens, and ends the grant where
// one is used again later than grace.
type vendor struct {
	*httptest.Server
	mu      sync.Mutex
	n       int
	used    time.Time // when the last but one was
	ended   bool
	renewed int
	grace   time.Duration
	answers func() // is called when a renewal is done, before its answer goes out
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/oauth/token" {
		v.mu.Lock()
		good := r.Header.Get("Authorization") == fmt.Sprintf("Bearer access%d", v.n) && !v.ended
		v.mu.Unlock()
		if !good {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, `{"message":"Invalid JWT","location":{"name":"Over there"}}`)
		return
	}
	status, answer := v.renew(r.FormValue("refresh_token"))
	if v.answers != nil {
		v.answers()
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (v *vendor) renew(with string) (status int, answer string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.renewed++
	switch {
	case !v.ended && with == fmt.Sprintf("refresh%d", v.n):
		v.n++
		v.used = time.Now()
	case !v.ended && with == fmt.Sprintf("refresh%d", v.n-1) && time.Since(v.used) < v.grace:
	default:
		v.ended = true
		return http.StatusBadRequest, `{"error":"invalid_grant","error_description":"This refresh token is invalid"}`
	}
	return http.StatusOK, fmt.Sprintf(`{"access_token":"access%d","refresh_token":"refresh%d","expires_in":86399,"userType":"Location","locationId":"loc1"}`, v.n, v.n)
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.renewed
}

// node is one process that works on a connection to a vendor.
type node struct {
	engine *connect.Engine
	tokens remote.Tokens
	loc    string
	id     string
}

// newNode opens a connection anew, as a process does that has just begun.
func newNode(ctx context.Context, a *app.App, loc, connection string) (*node, error) {
	n := &node{loc: loc, id: connection}
	open := app.Systems(true)["highlevel"]
	n.engine = connect.New(connect.Options{DB: a.DB, Vault: a.Vault, Grants: app.Grants(true), Log: slog.New(slog.DiscardHandler), Kinds: map[string]connect.Open{
		"highlevel": func(ctx context.Context, o connect.Opening) (remote.System, error) {
			n.tokens = o.Tokens()
			return open(ctx, o)
		},
	}})
	_, _, err := n.engine.System(ctx, loc, connection)
	return n, err
}

// change changes the token as it is stored.
func (n *node) change(ctx context.Context, f func(t *remote.Token)) error {
	t, err := n.tokens.Load(ctx)
	if err != nil {
		return err
	}
	to := t
	f(&to)
	if did, err := n.tokens.Swap(ctx, t, to); err != nil || !did {
		return fmt.Errorf("not stored: %w", err)
	}
	return nil
}

// work has many workers ask the system for something at once.
func (n *node) work(ctx context.Context, workers int) error {
	failed := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { _, failed[i] = n.engine.Test(ctx, n.loc, n.id) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// granted makes a connection to a vendor that has let its app in.
func granted(t *testing.T, f *foyertest.F, v *vendor) (n *node) {
	t.Helper()
	m, err := connect.DefaultMapping("highlevel")
	if err == nil {
		err = m.Only("contact")
	}
	if err != nil {
		t.Fatal(err)
	}
	loc := f.Credentials.LocationID
	token, err := json.Marshal(remote.Token{Access: "access0", Refresh: "refresh0", Expires: time.Now().Add(time.Hour), Location: "loc1", UserType: "Location"})
	if err != nil {
		t.Fatal(err)
	}
	var c *connect.Connection
	if err := f.DB.Write(t.Context(), loc, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = connect.Add(ctx, tx, f.Vault, crm.Actor{LocationID: loc, Origin: "admin"}, connect.Connection{Kind: "highlevel", BaseURL: v.URL, Mapping: *m},
			connect.Credential{"clientId": "app-1", "clientSecret": "shh-shh-shh", "grant": string(token)})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n, err = newNode(t.Context(), f.App, loc, c.ID); err != nil {
		t.Fatal(err)
	}
	return n
}

// The environment of a second process.
const (
	nodeData, nodeURL, nodeSchema = "FOYER_TEST_NODE_DATA", "FOYER_TEST_NODE_URL", "FOYER_TEST_NODE_SCHEMA"
	nodeLocation, nodeConnection  = "FOYER_TEST_NODE_LOCATION", "FOYER_TEST_NODE_CONNECTION"
)

// TestNode is no test: it is the second process of those below. For each line that
// it reads it has 25 workers ask the system, and says what came of it.
func TestNode(t *testing.T) {
	if os.Getenv(nodeConnection) == "" {
		t.Skip("skipped: it is the second process of the tests below, which start it")
	}
	a, err := app.Open(t.Context(), app.Config{Store: app.Store{Data: os.Getenv(nodeData), DatabaseURL: os.Getenv(nodeURL), Schema: os.Getenv(nodeSchema)}, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		n, err := newNode(t.Context(), a, os.Getenv(nodeLocation), os.Getenv(nodeConnection))
		if err == nil {
			err = n.work(t.Context(), 25)
		}
		fmt.Printf("done %q\n", fmt.Sprint(err))
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// process is a second process.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	end sync.Once
}

func startNode(t *testing.T, f *foyertest.F, n *node) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestNode$")}
	s := f.Config.Store
	p.cmd.Env = append(os.Environ(), nodeData+"="+s.Data, nodeURL+"="+s.DatabaseURL, nodeSchema+"="+s.Schema, nodeLocation+"="+n.loc, nodeConnection+"="+n.id)
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if p.says() != "ready" {
		t.Fatal("the second process did not begin")
	}
	return p
}

func (p *process) begin() {
	p.t.Helper()
	if _, err := io.WriteString(p.in, "go\n"); err != nil {
		p.t.Fatal(err)
	}
}

// says gives its next line.
func (p *process) says() string {
	if !p.out.Scan() {
		return ""
	}
	return p.out.Text()
}

func (p *process) kill() {
	p.end.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it was killed
	})
}

// D7: fifty workers in two processes meet a token that expired; one of them asks for
// another, in every round. A provider that detects reuse would end the grant at once.
func TestTwoProcessesRenewOnce(t *testing.T) {
	eachPrivate(t, func(t *testing.T, f *foyertest.F) {
		v := newVendor(t)
		n := granted(t, f, v)
		second := startNode(t, f, n)
		began := time.Now()
		many := 60
		if os.Getenv("FOYER_SOAK") != "" {
			many = 1000
		}
		for round := range many {
			first, err := newNode(t.Context(), f.App, n.loc, n.id)
			if err != nil {
				t.Fatal(err)
			}
			if err := first.change(t.Context(), func(k *remote.Token) { k.Expires = time.Now().Add(-time.Minute) }); err != nil {
				t.Fatal(err)
			}
			second.begin()
			err = first.work(t.Context(), 25)
			if said := second.says(); err != nil || said != `done "<nil>"` {
				t.Fatalf("round %d: %v, %s", round, err, said)
			}
			if v.count() != round+1 || v.ended {
				t.Fatalf("%d renewals in %d rounds, ended %v", v.count(), round+1, v.ended)
			}
		}
		t.Logf("%d rounds of 50 workers in %v", many, time.Since(began).Round(time.Millisecond))
	})
}

// D7: a process is killed when the provider has answered and nothing is stored yet.
// Where the provider gives the same successor for a while, nothing is lost; where it
// ends the grant, a person is asked to connect anew, and nobody asks for a token
// over and over.
func TestAKillBetweenAnswerAndStoring(t *testing.T) {
	for name, grace := range map[string]time.Duration{"with grace": time.Minute, "strict": 0} {
		t.Run(name, func(t *testing.T) {
			eachPrivate(t, func(t *testing.T, f *foyertest.F) {
				v := newVendor(t)
				v.grace = grace
				n := granted(t, f, v)
				for round := range 5 {
					if err := n.change(t.Context(), func(k *remote.Token) { k.Expires = time.Now().Add(-time.Minute) }); err != nil {
						t.Fatal(err)
					}
					p := startNode(t, f, n)
					killed := make(chan bool)
					v.answers = func() { p.kill(); close(killed) }
					p.begin()
					<-killed
					v.answers = nil
					before := v.count()
					if stored, err := n.tokens.Load(t.Context()); err != nil || stored.Unknown == 0 || stored.Renewing.IsZero() {
						t.Fatalf("nothing says that the token was sent: %v %v %v", stored, stored.Renewing, err)
					}
					// the time that the next one waits goes by
					if err := n.change(t.Context(), func(k *remote.Token) { k.Renewing = time.Now() }); err != nil {
						t.Fatal(err)
					}
					n = again(t, f, n)
					err := n.work(t.Context(), 25)
					if grace > 0 {
						if err != nil || v.count() != before+1 {
							t.Fatalf("round %d: %v, %d renewals more", round, err, v.count()-before)
						}
						continue
					}
					for range 20 {
						if err := n.work(t.Context(), 5); !remote.Is(err, remote.Unauthorized) || !strings.Contains(err.Error(), "connect it anew") {
							t.Fatal(err)
						}
						n = again(t, f, n)
					}
					if v.count() != before+1 {
						t.Fatalf("it asks over and over: %d renewals more", v.count()-before)
					}
					if err := n.engine.Work(t.Context(), n.loc, n.id); err != nil {
						t.Fatal(err)
					}
					f.Read(t, func(ctx context.Context, tx *db.Tx) error {
						c, err := connect.ByID(ctx, tx, n.loc, n.id)
						if err == nil && (c.Status != connect.Broken || !strings.Contains(c.LastError, "connect it anew")) {
							t.Errorf("it is %s: %s", c.Status, c.LastError)
						}
						return err
					})
					return
				}
			})
		})
	}
}

func again(t *testing.T, f *foyertest.F, n *node) *node {
	t.Helper()
	n, err := newNode(t.Context(), f.App, n.loc, n.id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
