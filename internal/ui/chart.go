package ui

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/foyer-crm/foyer/internal/conversation"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
)

// stacks are columns of days, each made of parts by source. Places and sizes are
// those of the picture.
type stacks struct {
	Days   []stack
	Names  []string // of the parts, the largest first
	Totals []int
	Total  int
	Top    int // of the largest day
	Column int // the width of a column, with the gap
}

type stack struct {
	Day   string
	Short string // "" where there is no room for it
	X     int
	Total int
	Parts []bar
}

type bar struct {
	Class  string
	Y, H   int
	Name   string
	Amount int
}

// Size of the picture of the stacks.
const (
	stackHeight = 120
	daysBack    = 14
	mostParts   = 5
	mostArrived = 2000
)

// Width and Height are those of the picture.
func (s *stacks) Width() int { return len(s.Days) * s.Column }

// Bar is the width of a column.
func (s *stacks) Bar() int { return max(s.Column-2*max(s.Column/9, 1), 1) }

// Edge is the gap before a column.
func (s *stacks) Edge() int { return max(s.Column/9, 1) }

// Height is the height of the columns.
func (*stacks) Height() int { return stackHeight }

// loadCharts reads what the charts show.
func (d *todayData) loadCharts(ctx context.Context, tx *db.Tx, v *visit) error {
	first := v.midnight(v.now).AddDate(0, 0, 1-daysBack)
	came, err := crm.Arrivals(ctx, tx, v.at(), v.only, first, mostArrived)
	if err != nil {
		return err
	}
	if len(came) > 0 {
		if d.Arrivals, err = d.arrivals(ctx, tx, v, first, came); err != nil {
			return err
		}
		if err := d.loadAnswers(ctx, tx, v, came); err != nil {
			return err
		}
	}
	if err := d.loadRates(ctx, tx, v); err != nil {
		return err
	}
	if v.User.Has("opportunitiesEnabled") && v.User.Has(crm.LeadValue) {
		return d.loadFunnels(ctx, tx, v)
	}
	return nil
}

// arrivals are those who came, fresh; where more came than are read, as the reports
// count them, some seconds later.
func (d *todayData) arrivals(ctx context.Context, tx *db.Tx, v *visit, first time.Time, came []crm.Arrival) (*stacks, error) {
	if len(came) < mostArrived {
		return stacked(v.clockOf, first, came), nil
	}
	r := &reportsData{frame: v.frame, Owner: v.only}
	r.span(first.Format(time.DateOnly), "", "")
	if err := r.loadArrivals(ctx, tx, v); err != nil || r.Arrivals == nil {
		return stacked(v.clockOf, first, came), err
	}
	return r.Arrivals, nil
}

// loadRates reads how many leads of the last quarter became clients, by source.
func (d *todayData) loadRates(ctx context.Context, tx *db.Tx, v *visit) error {
	r := &reportsData{frame: v.frame, Owner: v.only}
	r.span("", "", "90")
	if err := r.loadArrivals(ctx, tx, v); err != nil {
		return err
	}
	const most = 6
	if d.Rates = r.Rates[:min(len(r.Rates), most)]; len(r.Converts.Foot) > 0 {
		d.Rate = r.Converts.Foot[len(r.Converts.Foot)-1]
	}
	return nil
}

// stacked counts who came on each day by source.
func stacked(c clockOf, first time.Time, came []crm.Arrival) *stacks {
	perDay := make([]map[string]int, daysBack)
	for i := range perDay {
		perDay[i] = map[string]int{}
	}
	for _, a := range came {
		if i := daysBack - 1 + c.days(a.At); i >= 0 && i < daysBack {
			perDay[i][sourceName(a.Source)]++
		}
	}
	return stackedIn(first, 1, perDay)
}

// spanOf is how many days a column stands for: few where there is room.
func spanOf(days int) int {
	switch {
	case days <= 62:
		return 1
	case days <= 200:
		return 7
	}
	return 14
}

// stackedIn makes columns of what is counted by source; small sources are put
// together. Each column stands for some days.
func stackedIn(first time.Time, days int, columns []map[string]int) *stacks {
	const widest, room = 504, 24
	s := &stacks{Column: max(widest/len(columns), 8)}
	all := map[string]int{}
	for _, col := range columns {
		n := 0
		for name, k := range col {
			all[name] += k
			n += k
		}
		s.Total += n
		s.Top = max(s.Top, n)
	}
	for name := range all {
		s.Names = append(s.Names, name)
	}
	sort.Slice(s.Names, func(i, j int) bool {
		if all[s.Names[i]] != all[s.Names[j]] {
			return all[s.Names[i]] > all[s.Names[j]]
		}
		return s.Names[i] < s.Names[j]
	})
	const others = "Others"
	if len(s.Names) > mostParts {
		for _, name := range s.Names[mostParts-1:] {
			for _, col := range columns {
				col[others] += col[name]
				delete(col, name)
			}
			all[others] += all[name]
		}
		s.Names = append(s.Names[:mostParts-1:mostParts-1], others)
	}
	for _, name := range s.Names {
		s.Totals = append(s.Totals, all[name])
	}
	each := (room + s.Column - 1) / s.Column // columns that a label needs
	for i, parts := range columns {
		at := first.AddDate(0, 0, i*days)
		col := stack{Day: at.Format("Monday, January 2"), X: i * s.Column}
		if days > 1 {
			col.Day = at.Format("January 2") + " to " + at.AddDate(0, 0, days-1).Format("January 2")
		}
		if i%each == 0 {
			if col.Short = at.Format("2"); days > 1 || at.Day() < each+1 {
				col.Short = at.Format("Jan 2")
			}
		}
		y := stackHeight
		for k, name := range s.Names {
			if n := parts[name]; n > 0 {
				h := max(n*stackHeight/max(s.Top, 1), 2)
				y -= h
				col.Total += n
				col.Parts = append(col.Parts, bar{fmt.Sprintf("part-%d", k), y, h, name, n})
			}
		}
		s.Days = append(s.Days, col)
	}
	return s
}

// waitClass is the colour of a wait.
func waitClass(i int) string {
	return []string{"speed-0", "speed-0b", "speed-1", "speed-1b", "speed-2", "speed-2b", "speed-3", "speed-3b", "speed-4"}[min(i, 8)]
}

// answers say how fast new contacts were turned to.
type answers struct {
	Median string
	Parts  []share
	Of     int
}

// share is a part of a whole.
type share struct {
	Name, Class   string
	Count         int
	X, Width      int // of 1000
	Percent, Mark int
}

func (d *todayData) loadAnswers(ctx context.Context, tx *db.Tx, v *visit, came []crm.Arrival) error {
	const sample = 200
	came = came[:min(len(came), sample)]
	ids := make([]string, len(came))
	for i := range came {
		ids[i] = came[i].ContactID
	}
	first, err := conversation.FirstAnswers(ctx, tx, v.at(), ids)
	if err != nil {
		return err
	}
	names := []string{"within 5 minutes", "within an hour", "within a day", "later", "not yet"}
	counts := make([]int, len(names))
	var waits []time.Duration
	for _, a := range came {
		at, ok := first[a.ContactID]
		if !ok {
			counts[4]++
			continue
		}
		wait := max(at.Sub(a.At), 0)
		waits = append(waits, wait)
		switch {
		case wait <= 5*time.Minute:
			counts[0]++
		case wait <= time.Hour:
			counts[1]++
		case wait <= 24*time.Hour:
			counts[2]++
		default:
			counts[3]++
		}
	}
	d.Answers = &answers{Median: "–", Of: len(came)}
	if len(waits) > 0 {
		slices.Sort(waits)
		d.Answers.Median = span(waits[len(waits)/2])
	}
	x := 0
	for i, n := range counts {
		const whole = 1000
		s := share{Name: names[i], Class: fmt.Sprintf("speed-%d", i), Count: n, X: x, Width: n * whole / len(came), Percent: (n*100 + len(came)/2) / len(came)}
		x += s.Width
		d.Answers.Parts = append(d.Answers.Parts, s)
	}
	return nil
}

// span is a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "under a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// funnel is what is open in a pipeline, by stage.
type funnel struct {
	Name   string
	Total  float64
	Count  int64
	Stages []funnelStage
}

type funnelStage struct {
	Name  string
	Count int64
	Value float64
	Width int // of 100
}

func (d *todayData) loadFunnels(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	d.Pipelines, err = funnels(ctx, tx, v, v.only)
	return err
}

// funnels adds up what is open in each pipeline: of one owner, or of all for "".
func funnels(ctx context.Context, tx *db.Tx, v *visit, owner string) (all []funnel, err error) {
	pipelines, err := crm.Pipelines(ctx, tx, v.at())
	if err != nil {
		return nil, err
	}
	totals, err := crm.StageTotals(ctx, tx, v.at(), owner)
	if err != nil {
		return nil, err
	}
	for i := range pipelines {
		p := &pipelines[i]
		f := funnel{Name: p.Name}
		top, most := 1.0, int64(1)
		for _, s := range p.Stages {
			line := funnelStage{Name: s.Name}
			for _, t := range totals {
				if t.PipelineID == p.ID && t.StageID == s.ID {
					line.Count, line.Value = t.Count, t.Value
				}
			}
			top, most = max(top, line.Value), max(most, line.Count)
			f.Total += line.Value
			f.Count += line.Count
			f.Stages = append(f.Stages, line)
		}
		for k := range f.Stages {
			const whole = 100
			if f.Stages[k].Width = int(f.Stages[k].Value * whole / top); f.Total == 0 { // nothing was said of values
				f.Stages[k].Width = int(f.Stages[k].Count * whole / most)
			}
		}
		if f.Count > 0 {
			all = append(all, f)
		}
	}
	return all, nil
}
