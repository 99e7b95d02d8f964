package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// mostRead is the bar of every kind of read, at the 99th percentile.
const mostRead = 10 * time.Millisecond

// How deep the commonest name is paged through.
const (
	pages    = 100
	pageSize = 20 // contacts
)

// readOf is one kind of read measured.
type readOf struct {
	Kind string `json:"kind"`
	result
	Use use `json:"use"`
}

// reads measures one reader over one connection, in the largest database.
func (r *runner) reads(ctx context.Context) (s Section, err error) {
	f := r.fixture
	if f.held == 0 {
		return s, errors.New("there is nothing to read: give a size")
	}
	samples, err := f.sample(ctx, 2000)
	if err != nil {
		return s, err
	}
	server, err := f.serve(ctx, r.Binary, f.store)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	var byID, byEmail, byPhone, byName, deep [][]byte
	header := highLevelHeader(f.keys)
	for _, p := range samples {
		byID = append(byID, get("/contacts/"+p.id, header...))
		byEmail = append(byEmail, get(f.duplicate("email", p.email), header...))
		byPhone = append(byPhone, get(f.duplicate("number", "+1"+p.phone), header...))
		byName = append(byName, f.search(p.first+" "+p.last, 1))
	}
	first, last := f.people.commonest()
	for page := range pages {
		deep = append(deep, f.search(first+" "+last, page+1))
	}
	s = Section{Title: "Reads", Head: []string{"read", "p50", "p99", "max", "a second", "others' CPU"}}
	var list []readOf
	for _, kind := range []struct {
		name     string
		requests [][]byte
	}{
		{"by id", byID}, {"by e-mail", byEmail}, {"by phone", byPhone}, {"two-word name, first page", byName},
		{fmt.Sprintf("commonest name, pages 1 to %d", pages), deep},
	} {
		l := &load{address: server.address, conns: 1, requests: kind.requests, again: true}
		if _, err := l.run(ctx, r.Time/8); err != nil {
			return s, err
		}
		w := newWatch(server)
		res, err := l.run(ctx, r.Time/2)
		if err != nil {
			return s, err
		}
		read := readOf{Kind: kind.name, result: *res, Use: w.stop()}
		f.say("  %s: p99 %s\n", kind.name, ms(res.P99))
		list = append(list, read)
		s.Rows = append(s.Rows, []string{kind.name, ms(res.P50), ms(res.P99), ms(res.Max), number(res.rate()), percent(read.Use.Others)})
		s.bar(fmt.Sprintf("p99 %s, %s contacts", kind.name, count(f.held)), "< "+ms(mostRead), ms(res.P99), res.P99 < mostRead)
	}
	s.Figures = list
	hits, err := f.hits(ctx, server.address, first+" "+last)
	s.note("One reader on one connection; %s contacts, of whom %s have the commonest name.", count(f.held), count(hits))
	return s, err
}

func (f *fixture) duplicate(by, value string) string {
	return "/contacts/search/duplicate?" + url.Values{"locationId": {f.keys.LocationID}, by: {value}}.Encode()
}

// search is one page of a search for words.
func (f *fixture) search(words string, page int) []byte {
	body, _ := json.Marshal(map[string]any{"locationId": f.keys.LocationID, "query": words, "page": page, "pageLimit": pageSize}) // texts and numbers only
	return envelope{method: "POST", path: "/contacts/search", header: highLevelHeader(f.keys)}.bytes(body)
}

// hits asks how many contacts a search finds.
func (f *fixture) hits(ctx context.Context, address, words string) (int, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return 0, err
	}
	defer c.close()
	var answer struct {
		Total int `json:"total"`
	}
	_, body, err := c.do(f.search(words, 1))
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer.Total, err
}

// sampled is somebody who is in the database.
type sampled struct {
	person
	id string
}

// sample finds n people at random.
func (f *fixture) sample(ctx context.Context, n int) (list []sampled, err error) {
	d, _, err := app.OpenStore(ctx, f.store, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	err = d.Read(ctx, f.keys.LocationID, func(ctx context.Context, tx *db.Tx) error {
		list = list[:0]
		for i := range n {
			p := f.people.at(int(scatter(uint64(i)) % uint64(f.held)))
			c, err := crm.ContactByEmail(ctx, tx, f.keys.LocationID, p.email)
			if err != nil {
				return err
			}
			if c == nil {
				return fmt.Errorf("%s is not in the database", p.email)
			}
			list = append(list, sampled{p, c.ID})
		}
		return nil
	})
	return list, err
}
