package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
)

// The bars beside the other system, as multiples of its rates.
const (
	leastCreates = 4.0
	leastReads   = 5.0
)

// peerContacts is how many contacts both systems hold.
const peerContacts = 100000

// peerOf is one kind of request at one number of connections, in both systems.
type peerOf struct {
	Kind  string  `json:"kind"`
	Conns int     `json:"connections"`
	Foyer result  `json:"foyer"`
	Peer  result  `json:"peer"`
	Least float64 `json:"least"`
	Use   use     `json:"use"`   // of Foyer's run
	Other use     `json:"other"` // of the peer's run
}

// side is one of the two systems with its requests of each kind.
type side struct {
	server        *process
	people        *population
	next          int // the next person to create
	create        func(p person) []byte
	byID, byEmail [][]byte
}

// peers measures Foyer beside another system, in turns, under the same load.
func (r *runner) peers(ctx context.Context) (s Section, err error) {
	if r.Peer == "" {
		return s, errors.New("no --peer binary to compare with (make bench-peers builds it)")
	}
	f := r.fixture
	if err := f.grow(ctx, peerContacts); err != nil {
		return s, err
	}
	foyer, err := r.foyerSide(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, foyer.server.stop()) }()
	peer, err := r.peerSide(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, peer.server.stop()) }()
	var list []peerOf
	for _, kind := range []string{"create", "read by id", "read by e-mail"} {
		for _, conns := range []int{8, 64} {
			p := peerOf{Kind: kind, Conns: conns, Least: leastReads}
			if kind == "create" {
				p.Least = leastCreates
			}
			for _, turn := range []struct {
				side *side
				to   *result
				use  *use
			}{{peer, &p.Peer, &p.Other}, {foyer, &p.Foyer, &p.Use}} {
				res, used, err := r.turn(ctx, turn.side, kind, conns)
				if err != nil {
					return s, fmt.Errorf("%s with %d connections: %w", kind, conns, err)
				}
				*turn.to, *turn.use = *res, used
			}
			f.say("  %s, %d connections: Foyer %.0f, peer %.0f a second\n", kind, conns, p.Foyer.rate(), p.Peer.rate())
			list = append(list, p)
		}
	}
	return peersTable(list), nil
}

// turn measures one kind of request in one system.
func (r *runner) turn(ctx context.Context, s *side, kind string, conns int) (*result, use, error) {
	l := &load{address: s.server.address, conns: conns, again: true}
	switch kind {
	case "create":
		const fastest = 10000 // requests a second
		l.again = false
		for range int(r.warmUp().Seconds()+r.Time.Seconds()+1) * fastest {
			l.requests = append(l.requests, s.create(s.people.at(s.next)))
			s.next++
		}
	case "read by id":
		l.requests = s.byID
	default:
		l.requests = s.byEmail
	}
	if _, err := l.run(ctx, r.warmUp()); err != nil {
		return nil, use{}, err
	}
	w := newWatch(s.server)
	res, err := l.run(ctx, r.Time)
	return res, w.stop(), err
}

func (r *runner) foyerSide(ctx context.Context) (*side, error) {
	f := r.fixture
	samples, err := f.sample(ctx, 2000)
	if err != nil {
		return nil, err
	}
	s := &side{people: f.people, next: peerContacts}
	header := highLevelHeader(f.keys)
	for _, p := range samples {
		s.byID = append(s.byID, get("/contacts/"+p.id, header...))
		s.byEmail = append(s.byEmail, get(f.duplicate("email", p.email), header...))
	}
	s.create = f.creation
	s.server, err = f.serve(ctx, r.Binary, f.store)
	return s, err
}

// creation is a request for a new contact.
func (f *fixture) creation(p person) []byte {
	body := p.fields()
	body["locationId"] = f.keys.LocationID
	text, _ := json.Marshal(body) // texts only
	return envelope{method: "POST", path: "/contacts/", header: highLevelHeader(f.keys)}.bytes(text)
}

// fields are what both systems are told of a person.
func (p *person) fields() map[string]any {
	return map[string]any{"firstName": p.first, "lastName": p.last, "email": p.email, "phone": "+1" + p.phone, "address1": p.street,
		"city": p.city, "state": p.state, "postalCode": p.zip, "country": "US", "source": "Import", "tags": []string{"imported", "open house"}}
}

// peerSide fills the other system with the same people and starts it. Its
// binary knows two commands: "fill --dir DIR" stores the records it reads, one
// JSON object a line, and "serve --dir DIR --http ADDRESS" serves them in the
// manner of PocketBase.
func (r *runner) peerSide(ctx context.Context) (*side, error) {
	const path = "/api/collections/contacts/records"
	f := r.fixture
	dir, err := os.MkdirTemp(f.dir, "peer-")
	if err != nil {
		return nil, fmt.Errorf("making the peer's folder: %w", err)
	}
	f.say("filling the peer with %s contacts\n", count(peerContacts))
	if err := r.fillPeer(ctx, dir); err != nil {
		return nil, fmt.Errorf("filling the peer: %w", err)
	}
	s := &side{people: f.people, next: peerContacts}
	for i := range 2000 {
		n := int(scatter(uint64(i)) % peerContacts)
		p := f.people.at(n)
		s.byID = append(s.byID, get(path+"/"+peerID(n)))
		s.byEmail = append(s.byEmail, get(path+"?"+url.Values{"filter": {"(email='" + p.email + "')"}, "perPage": {"1"}, "skipTotal": {"1"}}.Encode()))
	}
	s.create = func(p person) []byte {
		text, _ := json.Marshal(p.fields()) // texts only
		return envelope{method: "POST", path: path}.bytes(text)
	}
	if s.server, err = launch(ctx, f.dir, r.Peer, func(address string) []string {
		return []string{"serve", "--dir", dir, "--http", address}
	}); err != nil {
		return nil, err
	}
	return s, s.server.ready(ctx, "/api/health")
}

func peerID(n int) string { return fmt.Sprintf("%015d", n) }

func (r *runner) fillPeer(ctx context.Context, dir string) error {
	fill := exec.CommandContext(ctx, r.Peer, "fill", "--dir", dir) // #nosec G204 -- the one who measures names the binary
	fill.Stdout, fill.Stderr = r.Progress, r.Progress
	in, err := fill.StdinPipe()
	if err != nil {
		return err
	}
	if err := fill.Start(); err != nil {
		return err
	}
	lines := json.NewEncoder(in)
	for n := 0; n < peerContacts && err == nil; n++ {
		p := r.fixture.people.at(n)
		record := p.fields()
		record["id"] = peerID(n)
		err = lines.Encode(record)
	}
	return errors.Join(err, in.Close(), fill.Wait())
}

func peersTable(list []peerOf) Section {
	s := Section{Title: "Peers", Figures: list, Head: []string{"request", "connections", "Foyer, a second", "p99", "CPU/request", "PocketBase, a second", "p99", "CPU/request", "Foyer is", "others' CPU"}}
	for _, p := range list {
		times := p.Foyer.rate() / p.Peer.rate()
		s.Rows = append(s.Rows, []string{p.Kind, fmt.Sprint(p.Conns), number(p.Foyer.rate()), ms(p.Foyer.P99), perRequest(p.Use.Server, p.Foyer.Done),
			number(p.Peer.rate()), ms(p.Peer.P99), perRequest(p.Other.Server, p.Peer.Done), fmt.Sprintf("%.1f ×", times), percent(max(p.Use.Others, p.Other.Others))})
		s.bar(fmt.Sprintf("%s, %d connections, of PocketBase's rate", p.Kind, p.Conns), fmt.Sprintf("≥ %.0f ×", p.Least), fmt.Sprintf("%.1f ×", times), times >= p.Least)
	}
	return s
}
