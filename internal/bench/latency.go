package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// mostOfFloor is the bar of the latency, of one fsync plus the bare round trip.
const mostOfFloor = 1.5

// latencyAt is the latency of a single client measured at one size.
type latencyAt struct {
	Size  int           `json:"contacts"`
	Foyer result        `json:"foyer"`
	Bare  result        `json:"bare"`
	Fsync result        `json:"fsync"`
	Use   use           `json:"use"`
	Floor time.Duration `json:"floorNs"`
}

// latency measures one request at a time. Foyer, the disk and the bare server
// take turns, so that what else happens on the machine strikes all three.
func (r *runner) latency(ctx context.Context, size int) (out *latencyAt, err error) {
	const rounds, each = 10, 100 // requests
	store, remove, err := r.fixture.copy(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	foyer, err := r.fixture.serve(ctx, r.Binary, store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, foyer.stop()) }()
	bare, err := r.fixture.bare(ctx, r.Binary, Decoders[1])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	come := arrivals{people: r.fixture.people, keys: r.fixture.keys, doors: r.Doors, held: size, next: size}
	requests := come.take((rounds + 1) * each)
	var took, bareTook, fsyncs []time.Duration
	w := newWatch(foyer, bare)
	for round := range rounds + 1 {
		now := requests[round*each : (round+1)*each]
		a, err := turns(ctx, foyer.address, now)
		if err != nil {
			return nil, err
		}
		b, err := turns(ctx, bare.address, now)
		if err != nil {
			return nil, err
		}
		c, err := fsync(r.fixture.dir, each)
		if err != nil {
			return nil, err
		}
		if round == 0 {
			continue // warming up
		}
		took, bareTook, fsyncs = append(took, a...), append(bareTook, b...), append(fsyncs, c...)
	}
	out = &latencyAt{Size: size, Foyer: *measured(took, 0), Bare: *measured(bareTook, 0), Fsync: *measured(fsyncs, 0), Use: w.stop()}
	out.Floor = out.Bare.P50 + out.Fsync.P50
	r.fixture.say("  latency: p50 %s; fsync %s, bare round trip %s\n", ms(out.Foyer.P50), ms(out.Fsync.P50), ms(out.Bare.P50))
	return out, nil
}

// turns sends requests over one connection, one at a time.
func turns(ctx context.Context, address string, requests [][]byte) ([]time.Duration, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.close()
	took := make([]time.Duration, len(requests))
	for i, request := range requests {
		start := time.Now()
		status, body, err := c.do(request)
		took[i] = time.Since(start)
		if err == nil && (status < 200 || status > 299) {
			err = fmt.Errorf("answer %d: %s", status, short(body))
		}
		if err != nil {
			return nil, fmt.Errorf("%w to %s", err, firstLine(request))
		}
	}
	return took, nil
}

// fsync measures how long it takes to append 4 KiB to a file and have it on the disk.
func fsync(dir string, n int) (took []time.Duration, err error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return nil, fmt.Errorf("measuring the disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page := bytes.Repeat([]byte{'x'}, 4<<10)
	for range n {
		start := time.Now()
		if _, err := f.Write(page); err != nil {
			return nil, fmt.Errorf("measuring the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return nil, fmt.Errorf("measuring the disk: %w", err)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func latencyTable(list []latencyAt) Section {
	s := Section{Title: "Latency", Figures: list, Head: []string{"contacts before", "Foyer p50", "p99", "fsync p50", "p99", "bare round trip p50", "p50 of fsync + round trip", "others' CPU"}}
	for _, a := range list {
		share := float64(a.Foyer.P50) / float64(a.Floor)
		s.Rows = append(s.Rows, []string{count(a.Size), ms(a.Foyer.P50), ms(a.Foyer.P99), ms(a.Fsync.P50), ms(a.Fsync.P99), ms(a.Bare.P50), fmt.Sprintf("%.2f", share), percent(a.Use.Others)})
		s.bar(fmt.Sprintf("p50 at %s contacts, of one fsync and a bare round trip", count(a.Size)), fmt.Sprintf("≤ %.1f", mostOfFloor), fmt.Sprintf("%.2f", share), share <= mostOfFloor)
	}
	return s
}
