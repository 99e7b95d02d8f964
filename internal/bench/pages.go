package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/calendar"
	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// The bars of a page: the 99th percentile of the time that the server takes, and
// what goes over the wire, packed, at the first visit and behind it.
const (
	mostPage   = 50 * time.Millisecond
	mostFirst  = 150_000 // bytes
	mostBehind = 30_000  // bytes
)

// pageOf is one page measured.
type pageOf struct {
	Page   string `json:"page"`
	First  int    `json:"firstBytes"`  // with style, script, icons and font
	Behind int    `json:"behindBytes"` // the page alone, the rest is kept by the browser
	result
	Use use `json:"use"`
}

// pages measures the pages of the web UI, for one person on one connection, in the
// largest database with work of a busy agency in it.
func (r *runner) pages(ctx context.Context) (s Section, err error) {
	f := r.fixture
	if f.held == 0 {
		return s, errors.New("there is nobody to show: give a size")
	}
	samples, err := f.sample(ctx, 200)
	if err != nil {
		return s, err
	}
	store, remove, err := f.copy(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := f.work(ctx, store, samples); err != nil {
		return s, fmt.Errorf("giving the agency work: %w", err)
	}
	server, err := f.serve(ctx, r.Binary, store)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	browser, err := f.signIn(ctx, server.address)
	if err != nil {
		return s, err
	}
	s = Section{Title: "Pages", Head: []string{"page", "p50", "p99", "max", "CPU a page", "others' CPU", "first visit", "behind it"}}
	var list []pageOf
	for _, p := range f.addresses(samples) {
		var requests [][]byte
		for _, path := range p.paths {
			requests = append(requests, get("/in/"+f.keys.LocationID+path, [2]string{"Cookie", browser.cookie}, [2]string{"Accept-Encoding", "gzip"}))
		}
		l := &load{address: server.address, conns: 1, requests: requests, again: true}
		if _, err := l.run(ctx, r.Time/8); err != nil {
			return s, err
		}
		w := newWatch(server)
		res, err := l.run(ctx, r.Time/4)
		if err != nil {
			return s, err
		}
		page := pageOf{Page: p.name, result: *res, Use: w.stop()}
		if page.First, page.Behind, err = browser.weigh(ctx, "/in/"+f.keys.LocationID+p.paths[0]); err != nil {
			return s, err
		}
		f.say("  %s: p99 %s\n", p.name, ms(res.P99))
		list = append(list, page)
		s.Rows = append(s.Rows, []string{p.name, ms(res.P50), ms(res.P99), ms(res.Max), ms(page.Use.Server / time.Duration(max(res.Done, 1))), percent(page.Use.Others), kilobytes(page.First), kilobytes(page.Behind)})
	}
	s.Figures = list
	slow, heavy, behind := list[0], list[0], list[0]
	for _, p := range list {
		if p.P99 > slow.P99 {
			slow = p
		}
		if p.First > heavy.First {
			heavy = p
		}
		if p.Behind > behind.Behind {
			behind = p
		}
	}
	s.bar(fmt.Sprintf("p99 of the slowest page, %s contacts: %s", count(f.held), slow.Page), "< "+ms(mostPage), ms(slow.P99), slow.P99 < mostPage)
	s.bar("first visit, the heaviest page: "+heavy.Page, "< "+kilobytes(mostFirst), kilobytes(heavy.First), heavy.First < mostFirst)
	s.bar("every other visit, the heaviest page: "+behind.Page, "< "+kilobytes(mostBehind), kilobytes(behind.Behind), behind.Behind < mostBehind)
	s.note("One person on one connection, an admin who sees everything; %s contacts, with %d tasks, deals, visits and talks each. Packed with gzip.", count(f.held), len(samples))
	return s, err
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }

// shownPage is a page with the addresses that it is measured at.
type shownPage struct {
	name  string
	paths []string
}

// addresses gives the pages that are measured.
func (f *fixture) addresses(samples []sampled) []shownPage {
	list := []shownPage{{name: "a contact"}, {name: "contacts, found by name"}, {name: "contacts behind the 100,000th"}}
	for _, p := range samples[:50] {
		list[0].paths = append(list[0].paths, "/contacts/"+p.id)
		list[1].paths = append(list[1].paths, "/contacts?"+url.Values{"q": {p.first + " " + p.last}}.Encode())
	}
	list[2].paths = []string{"/contacts?sort=oldest&after=" + samples[0].id}
	for _, path := range []string{"/today", "/contacts", "/contacts?type=buyer&since=7", "/contacts?owner=none", "/tasks?of=all", "/duplicates"} {
		list = append(list, shownPage{path, []string{path}})
	}
	return list
}

// work gives people of the agency tasks, deals, visits and talks.
func (f *fixture) work(ctx context.Context, s app.Store, samples []sampled) (err error) {
	d, _, err := app.OpenStore(ctx, s, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	by := crm.Actor{LocationID: f.keys.LocationID, Origin: "bench"}
	return d.Write(ctx, by.LocationID, func(ctx context.Context, tx *db.Tx) error {
		p, err := crm.AddPipeline(ctx, tx, by, crm.Pipeline{Name: "Buyers", Stages: []crm.Stage{{Name: "New"}, {Name: "Showing"}, {Name: "Offer"}}})
		if err != nil {
			return err
		}
		c := calendar.New()
		c.Name, c.Active = "Visits", true
		visits, err := calendar.Add(ctx, tx, by, c)
		if err != nil {
			return err
		}
		for i, who := range samples {
			name, value := who.first+" "+who.last, float64(who.budget)
			start := tx.Now().Truncate(time.Hour).Add(time.Duration(i-len(samples)/2) * time.Hour)
			_, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: who.id, Title: "Call " + name, AssignedTo: f.keys.User.ID, DueAt: start})
			if err == nil {
				_, err = crm.AddOpportunity(ctx, tx, by, crm.OpportunityChange{ContactID: &who.id, PipelineID: &p.ID, StageID: &p.Stages[i%len(p.Stages)].ID, Name: &name, MonetaryValue: &value}, true)
			}
			if err == nil {
				_, err = calendar.Book(ctx, tx, by, calendar.Booking{CalendarID: visits.ID, ContactID: who.id, Title: name, Start: start, End: start.Add(time.Hour), AnyTime: true, AnySlot: true, Quiet: true})
			}
			if err == nil {
				_, err = conversation.ReceiveMessage(ctx, tx, by, conversation.Receive{Channel: "SMS", Direction: conversation.Inbound, ContactID: who.id, Body: "Is it still for sale?"})
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

// browser is somebody who is signed in.
type browser struct {
	http    *http.Client
	address string
	cookie  string
}

func (f *fixture) signIn(ctx context.Context, address string) (*browser, error) {
	b := &browser{http: &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, address: address}
	form := url.Values{"email": {f.keys.User.Email}, "password": {*f.keys.User.Password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	for _, c := range resp.Cookies() {
		if c.Name == "foyer" {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	if b.cookie == "" {
		return nil, fmt.Errorf("signing in: answer %d without a cookie", resp.StatusCode)
	}
	return b, nil
}

// weigh gives the bytes of a page with all that it needs, and of the page alone, as
// they come over the wire.
func (b *browser) weigh(ctx context.Context, path string) (first, behind int, err error) {
	text, behind, err := b.fetch(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	first = behind
	seen := map[string]bool{}
	for _, file := range file.FindAllString(text, -1) {
		if !seen[file] {
			seen[file] = true
			_, n, err := b.fetch(ctx, file)
			if err != nil {
				return 0, 0, err
			}
			first += n
		}
	}
	return first, behind, nil
}

var file = regexp.MustCompile(`/static/[0-9a-f]+/[a-z0-9.-]+`)

// fetch gives a text as it is unpacked, and how many bytes it was before.
func (b *browser) fetch(ctx context.Context, path string) (text string, bytes int, err error) {
	for _, packed := range []bool{false, true} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+path, nil)
		if err != nil {
			return "", 0, err
		}
		req.Header.Set("Cookie", b.cookie)
		req.Header.Set("Accept-Encoding", map[bool]string{true: "gzip", false: "identity"}[packed])
		resp, err := b.http.Do(req)
		if err != nil {
			return "", 0, err
		}
		body, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return "", 0, err
		}
		if resp.StatusCode != http.StatusOK {
			return "", 0, fmt.Errorf("answer %d to %s", resp.StatusCode, path)
		}
		if bytes = len(body); !packed {
			text = string(body)
		}
	}
	return text, bytes, nil
}
