package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// slow is a request whose body comes in two halves.
type slow struct {
	conn net.Conn
	rest string
	r    *request
}

// begin sends the head of a request and half of its body, so that the server
// has it in hand.
func (b *book) begin(t *testing.T, base string) *slow {
	t.Helper()
	r := b.next(radiusClientAndNote)
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	h := b.headers(r)
	h.Set("Content-Length", fmt.Sprint(len(r.body)))
	_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: foyer\r\n", r.path) // errors show in the answer
	_ = h.Write(conn)
	_, _ = fmt.Fprintf(conn, "\r\n%s", r.body[:len(r.body)/2])
	return &slow{conn: conn, rest: r.body[len(r.body)/2:], r: r}
}

// finish sends the rest and reads the answer.
func (s *slow) finish(b *book) error {
	defer func() { _ = s.conn.Close() }()
	if _, err := io.WriteString(s.conn, s.rest); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(s.conn), nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	b.enter(s.r, res.StatusCode, string(text))
	return nil
}

// A server that is asked to stop, under load, finishes what it has in hand and
// takes nothing new; all it acknowledged is there, in one file.
func TestStoppingUnderLoadLosesNothing(t *testing.T) {
	if !unraced(t) {
		return
	}
	for name, at := range map[string]func(t *testing.T) *place{
		"sqlite":   func(t *testing.T) *place { return sqlitePlace(t, t.TempDir()) },
		"postgres": postgresPlace,
	} {
		t.Run(name, func(t *testing.T) {
			p := at(t)
			b := newBook(&p.creds)
			stops := times(5, 12, 200)
			if name == "postgres" {
				stops /= 4
			}
			for i := range stops {
				s := p.mustServe(t)
				inHand := b.begin(t, s.base)
				ended := make(chan struct{})
				ctx, end := context.WithCancel(t.Context())
				go func() {
					defer close(ended)
					b.writers(ctx, 8, s.base, func(r *request) bool {
						b.complain("%s was refused: %d %s", r.mark, r.status, r.answer)
						return false
					})
				}()
				time.Sleep(50*time.Millisecond + time.Duration(rand.IntN(100))*time.Millisecond)
				answered := make(chan error, 1)
				go func() {
					time.Sleep(200 * time.Millisecond) // the server is stopping by now
					answered <- inHand.finish(b)
				}()
				code := s.stop(t)
				<-ended
				end()
				if err := <-answered; err != nil || inHand.r.end != acknowledged {
					t.Errorf("the request in hand: %v, %d %s", err, inHand.r.status, inHand.r.answer)
				}
				if code != 0 {
					t.Errorf("the code is %d: %s", code, s)
				}
				if !strings.Contains(s.String(), `"msg":"stopped"`) {
					t.Errorf("it does not say that it stopped: %s", s)
				}
				if left, _ := filepath.Glob(filepath.Join(p.store.Data, "foyer.db-*")); len(left) > 0 {
					t.Errorf("stop %d left %v", i, left)
				}
				l := p.look(t)
				l.check(t, b).must(t, fmt.Sprint("after stop ", i), s)
				l.close()
			}
			s := p.mustServe(t)
			settle(t, p, b, s)
			l := p.look(t)
			l.drained(t)
			l.close()
			if code := s.stop(t); code != 0 {
				t.Errorf("the code is %d: %s", code, s)
			}
			t.Logf("%d stops, %d requests, %d acknowledged, 0 lost", stops, len(b.all), b.count(acknowledged))
		})
	}
}

// One server uses a folder; a second is refused in one sentence and harms
// nothing. Other commands work beside the one that runs.
func TestOneServerPerFolder(t *testing.T) {
	if !unraced(t) {
		return
	}
	p := sqlitePlace(t, t.TempDir())
	b := newBook(&p.creds)
	s := p.mustServe(t)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.writers(ctx, 4, s.base, func(r *request) bool {
			b.complain("%s was refused: %d %s", r.mark, r.status, r.answer)
			return true
		})
	}()
	for range 3 {
		second, err := p.serve(t)
		if err == nil {
			t.Fatal("a second server serves the same folder")
		}
		said := second.String()
		if strings.Count(said, "\n") != 0 || !strings.Contains(said, "another Foyer is serving "+p.store.Data) {
			t.Errorf("it says: %s", said)
		}
		if code := second.cmd.ProcessState.ExitCode(); code != 1 {
			t.Errorf("its code is %d", code)
		}
		for _, words := range [][]string{{"admin", "locations", "list", "--json"}, {"admin", "keys", "list", "--json"}, {"log", "--json"}, {"contact", "list", "--json"}} {
			if out := p.run(t, words...); !json.Valid([]byte(out)) {
				t.Errorf("%v: %s", words, out)
			}
		}
		again := found(t, p.store)
		if again.creds.LocationID != p.creds.LocationID || again.creds.User.Password != nil {
			t.Errorf("a second bootstrap gives %+v", again.creds)
		}
	}
	end()
	<-ended
	l := p.look(t)
	l.check(t, b).must(t, "beside other commands", s)
	l.close()
	if b.count(acknowledged) == 0 {
		t.Error("nothing was stored meanwhile")
	}
	s.kill()
	if _, err := os.Stat(filepath.Join(p.store.Data, "foyer.lock")); err != nil {
		t.Error(err)
	}
	after := p.mustServe(t) // the lock of the dead holds nobody up
	if code := after.stop(t); code != 0 {
		t.Errorf("code %d: %s", code, after)
	}
}

// Two servers on one PostgreSQL share the work: none of it is lost or done
// twice when one of them is killed.
func TestTwoNodesOnOnePostgres(t *testing.T) {
	if !unraced(t) {
		return
	}
	p := postgresPlace(t)
	b := newBook(&p.creds)
	other := p.mustServe(t)
	for range times(2, 5, 100) {
		s := p.mustServe(t)
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{}, 2)
		for _, at := range []*server{s, other} {
			go func() {
				b.writers(ctx, 4, at.base, func(r *request) bool {
					b.complain("%s was refused: %d %s", r.mark, r.status, r.answer)
					return false
				})
				ended <- struct{}{}
			}()
		}
		time.Sleep(200 * time.Millisecond)
		s.kill()
		<-ended
		end()
		<-ended
		settle(t, p, b, other)
	}
	l := p.look(t)
	defer l.close()
	l.drained(t)
	if code := other.stop(t); code != 0 {
		t.Errorf("code %d: %s", code, other)
	}
	l.check(t, b).must(t, "at the end", other)
	l.sound(t).must(t, "at the end", other)
	t.Logf("%d requests by two nodes, %d acknowledged, 0 lost", len(b.all), b.count(acknowledged))
}

// Another process holds the lock of the database longer than anybody should:
// those who write meanwhile are told so, all of them after the same wait and not
// one after the other, and the next writes are taken.
func TestALockedDatabaseIsRefusedToAllAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: it waits for 20 s")
	}
	if !unraced(t) {
		return
	}
	p := sqlitePlace(t, t.TempDir())
	b := newBook(&p.creds)
	s := p.mustServe(t)
	l := p.look(t)
	defer l.close()
	l.exec(t, "BEGIN IMMEDIATE")
	const writers = 20
	start := time.Now()
	b.writers(t.Context(), writers, s.base, func(*request) bool { return false })
	waited := time.Since(start)
	read(t, b, s.base)
	l.exec(t, "ROLLBACK")
	if n := b.count(refused); n != writers {
		t.Errorf("%d of %d were refused", n, writers)
	}
	if waited > 40*time.Second { // the server waits for 10 s, and a group may have to wait for the one before
		t.Errorf("the last was told after %v", waited)
	}
	backWithin5s(t, b, s.base)
	l.check(t, b).must(t, "after the lock", s)
	t.Logf("told after %v", waited.Round(time.Second))
}
