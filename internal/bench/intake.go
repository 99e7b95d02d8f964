package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/db"
)

// The bars of the intake.
const (
	leastOfCeiling = 0.5
	mostP99        = 60 * time.Millisecond
	leastOfEmpty   = 0.5 // the rate at a million contacts beside that of an empty database
)

// intakeAt is the intake measured at one size.
type intakeAt struct {
	Size     int                `json:"contacts"`
	Foyer    result             `json:"foyer"`
	Use      use                `json:"use"`
	Bare     map[string]float64 `json:"bare"` // requests a second, by decoder
	BareUse  use                `json:"bareUse"`
	Rows     float64            `json:"rows"` // requests a second
	RowCount int                `json:"rowCount"`
	Stored   int                `json:"stored"` // requests that rows were read back of
	Outcomes map[string]int64   `json:"outcomes"`
}

// ceiling is the lower of the two.
func (a *intakeAt) ceiling() float64 { return min(a.bare(), a.Rows) }

// bare is the rate of the faster of the bare servers.
func (a *intakeAt) bare() float64 {
	best := 0.0
	for _, rate := range a.Bare {
		best = max(best, rate)
	}
	return best
}

// intake measures the rate of requests that bring contacts in, and its ceilings.
func (r *runner) intake(ctx context.Context, size int) (out *intakeAt, err error) {
	out = &intakeAt{Size: size, Bare: map[string]float64{}}
	come := arrivals{people: r.fixture.people, keys: r.fixture.keys, doors: r.Doors, held: size, next: size}
	// More than can be sent, so that no request is sent twice.
	const fastest = 12000 // requests a second
	l := &load{conns: r.Conns, requests: come.take(int(r.warmUp().Seconds()+r.Time.Seconds()+1) * fastest)}
	return out, r.writing(ctx, l, out)
}

// writing sends a load that writes to a copy of the database, then the same
// requests to the bare server, then the rows that were stored to another copy.
func (r *runner) writing(ctx context.Context, l *load, out *intakeAt) error {
	stored, remove, err := r.fixture.copy(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	err = r.foyerIntake(ctx, stored, l, out)
	var rows []row
	if err == nil {
		rows, err = r.stored(ctx, stored, began, int(l.at.Load()), out)
	}
	if err = errors.Join(err, remove()); err != nil {
		return err
	}
	for _, decoder := range Decoders {
		if err := r.bareIntake(ctx, decoder, l, out); err != nil {
			return err
		}
	}
	return r.rowsIntake(ctx, rows, l.conns, out)
}

func (r *runner) warmUp() time.Duration { return r.Time / 8 }

// foyerIntake measures Foyer.
func (r *runner) foyerIntake(ctx context.Context, s app.Store, l *load, out *intakeAt) (err error) {
	server, err := r.fixture.serve(ctx, r.Binary, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	l.address = server.address
	debug.FreeOSMemory() // what the preparation left behind is not collected while measuring
	if _, err := l.run(ctx, r.warmUp()); err != nil {
		return err
	}
	w := newWatch(server)
	res, err := l.run(ctx, r.Time)
	if err != nil {
		return err
	}
	out.Foyer, out.Use = *res, w.stop()
	r.fixture.say("  intake: %.0f a second, p99 %s, server %s a request\n", res.rate(), ms(res.P99), perRequest(out.Use.Server, res.Done))
	return nil
}

// stored reads back what a run stored, and checks that every request which was
// answered is there.
func (r *runner) stored(ctx context.Context, s app.Store, since time.Time, sent int, out *intakeAt) (rows []row, err error) {
	d, _, err := app.OpenStore(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if rows, err = readRows(ctx, d, r.fixture.keys.LocationID, since); err != nil {
		return nil, fmt.Errorf("reading the rows back: %w", err)
	}
	for _, row := range rows {
		if row.request {
			out.Stored++
		}
	}
	out.RowCount = len(rows)
	if out.Stored < out.Foyer.Done || out.Stored > sent {
		return nil, fmt.Errorf("%d requests were answered and %d are in the import log", out.Foyer.Done, out.Stored)
	}
	out.Outcomes, err = outcomes(ctx, d, r.fixture.keys.LocationID)
	return rows, err
}

// outcomes counts the import log by result.
func outcomes(ctx context.Context, d *db.DB, locationID string) (out map[string]int64, err error) {
	out = map[string]int64{}
	err = d.Read(ctx, locationID, func(ctx context.Context, tx *db.Tx) error {
		var result string
		var n int64
		return tx.Each(ctx, []any{&result, &n}, func() error {
			out[result] = n
			return nil
		}, "SELECT result, COUNT(*) FROM intake_log WHERE location_id = $1 GROUP BY result", locationID)
	})
	return out, err
}

// bareIntake measures the first ceiling: a bare server under the same load.
func (r *runner) bareIntake(ctx context.Context, decoder string, l *load, out *intakeAt) (err error) {
	server, err := r.fixture.bare(ctx, r.Binary, decoder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	bare := &load{address: server.address, conns: l.conns, requests: l.requests, again: true}
	w := newWatch(server)
	res, err := bare.run(ctx, r.Time/2)
	if err != nil {
		return err
	}
	out.Bare[decoder], out.BareUse = res.rate(), w.stop()
	r.fixture.say("  bare server, %s: %.0f a second, server %s a request, load %s\n", decoder, res.rate(), perRequest(out.BareUse.Server, res.Done), perRequest(out.BareUse.Load, res.Done))
	return nil
}

// rowsIntake measures the second ceiling: the same rows without HTTP.
func (r *runner) rowsIntake(ctx context.Context, rows []row, together int, out *intakeAt) error {
	s, remove, err := r.fixture.copy(ctx)
	if err != nil {
		return err
	}
	res, err := replay(ctx, s, r.fixture.keys.LocationID, rows, together)
	if err = errors.Join(err, remove()); err != nil {
		return fmt.Errorf("writing the rows once more: %w", err)
	}
	out.Rows = res.rate()
	r.fixture.say("  rows alone: %.0f requests a second (%d rows of %d requests)\n", out.Rows, len(rows), res.Done)
	return nil
}

func perRequest(d time.Duration, n int) string {
	return fmt.Sprintf("%.0f µs", float64(d.Microseconds())/float64(max(n, 1)))
}

// intakeTable says how the intake did.
func intakeTable(list []intakeAt) Section {
	s := Section{Title: "Intake", Figures: list, Head: []string{"contacts before", "Foyer, requests/s", "bare server", "rows alone", "of the lower ceiling", "p50", "p99", "max", "server CPU/request", "others' CPU"}}
	for _, a := range list {
		share := a.Foyer.rate() / a.ceiling()
		s.Rows = append(s.Rows, []string{count(a.Size), number(a.Foyer.rate()), number(a.bare()), number(a.Rows), fmt.Sprintf("%.2f", share),
			ms(a.Foyer.P50), ms(a.Foyer.P99), ms(a.Foyer.Max), perRequest(a.Use.Server, a.Foyer.Done), percent(a.Use.Others)})
		s.bar(fmt.Sprintf("rate at %s contacts, of the lower ceiling", count(a.Size)), fmt.Sprintf("≥ %.1f", leastOfCeiling), fmt.Sprintf("%.2f", share), share >= leastOfCeiling)
		s.bar(fmt.Sprintf("p99 at %s contacts", count(a.Size)), "< "+ms(mostP99), ms(a.Foyer.P99), a.Foyer.P99 < mostP99)
		s.note("At %s contacts: bare server with encoding/json %s/s, with the reader of the doors %s/s; %.1f rows a request; %s.", count(a.Size), number(a.Bare[Decoders[0]]), number(a.Bare[Decoders[1]]), float64(a.RowCount)/float64(max(a.Stored, 1)), tally(a.Outcomes))
	}
	if first, last := list[0], list[len(list)-1]; first.Size == 0 && len(list) > 1 {
		kept := last.Foyer.rate() / first.Foyer.rate()
		s.bar(fmt.Sprintf("rate at %s contacts, of that of an empty database", count(last.Size)), fmt.Sprintf("≥ %.1f", leastOfEmpty), fmt.Sprintf("%.2f", kept), kept >= leastOfEmpty)
	}
	return s
}
