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
	samples, err := f.sample(ctx, min(mostBusy, max(200, f.held/busyShare)))
	if err != nil {
		return s, err
	}
	samples = once(samples)
	store, remove, err := f.copy(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	w, err := f.work(ctx, store, samples)
	if err != nil {
		return s, fmt.Errorf("giving the agency work: %w", err)
	}
	server, err := f.serve(ctx, r.Binary, store)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := r.fillLog(ctx, server); err != nil {
		return s, err
	}
	s = Section{Title: "Pages", Head: []string{"page", "p50", "p99", "max", "CPU a page", "others' CPU", "first visit", "behind it"}}
	var list []pageOf
	for _, who := range []struct {
		login
		of    string
		pages []shownPage
	}{
		{login{f.keys.User.Email, *f.keys.User.Password}, "", w.addresses(samples, true)},
		{w.agent, ", of an agent", w.addresses(w.own(samples), false)},
	} {
		browser, err := signIn(ctx, server.address, who.login)
		if err != nil {
			return s, err
		}
		for _, p := range who.pages {
			page, err := r.page(ctx, server, browser, p)
			if err != nil {
				return s, fmt.Errorf("%s%s: %w", p.name, who.of, err)
			}
			page.Page += who.of
			f.say("  %s: p99 %s, CPU %s\n", page.Page, ms(page.P99), ms(page.cpu()))
			list = append(list, *page)
			s.Rows = append(s.Rows, []string{page.Page, ms(page.P50), ms(page.P99), ms(page.Max), ms(page.cpu()), percent(page.Use.Others), kilobytes(page.First), kilobytes(page.Behind)})
		}
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
	s.note("One person on one connection: an admin who sees everything, and an agent who sees the %s contacts that are theirs; %s contacts, %s of them with a task and a talk, every fourth of those with a deal, every fifth with a home or a wish, every seventh with a visit. Packed with gzip.",
		count(len(w.own(samples))), count(f.held), count(len(samples)))
	return s, err
}

// page measures a page.
func (r *runner) page(ctx context.Context, server *process, browser *browser, p shownPage) (*pageOf, error) {
	var requests [][]byte
	for _, path := range p.paths {
		requests = append(requests, get("/in/"+r.fixture.keys.LocationID+path, [2]string{"Cookie", browser.cookie}, [2]string{"Accept-Encoding", "gzip"}))
	}
	l := &load{address: server.address, conns: 1, requests: requests, again: true}
	if _, err := l.run(ctx, r.Time/8); err != nil {
		return nil, err
	}
	w := newWatch(server)
	res, err := l.run(ctx, r.Time/4)
	if err != nil {
		return nil, err
	}
	page := &pageOf{Page: p.name, result: *res, Use: w.stop()}
	page.First, page.Behind, err = browser.weigh(ctx, "/in/"+r.fixture.keys.LocationID+p.paths[0])
	return page, err
}

// cpu is the processor time that the server used for a page.
func (p *pageOf) cpu() time.Duration { return p.Use.Server / time.Duration(max(p.Done, 1)) }

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }

// browser is somebody who is signed in.
type browser struct {
	http    *http.Client
	address string
	cookie  string
}

// login is what somebody signs in with.
type login struct{ email, password string }

func signIn(ctx context.Context, address string, who login) (*browser, error) {
	b := &browser{http: &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, address: address}
	form := url.Values{"email": {who.email}, "password": {who.password}}
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
