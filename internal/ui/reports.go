package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/report"
)

// counts is the permission for figures about the whole.
const counts = "dashboardStatsEnabled"

func reportsArea() area {
	return area{
		way:   way{name: "Reports", icon: "chart-column", path: "/reports", key: "r", group: "Order", needs: counts},
		pages: []string{"reports"},
		screens: []screen{
			{get, "/reports", counts, false, showReports},
			{get, "/reports/csv", counts, false, reportFile},
		},
	}
}

// reportsData is what the page of reports shows.
type reportsData struct {
	*frame
	people
	From, To  string // days, both included
	Days      int
	Owner     string // user, none, or "" for everybody
	Source    string // "" for all, noSource for those without
	Only      bool   // the visitor sees only their own
	Sources   []string
	Arrivals  *stacks
	Leads     table
	Waits     []share
	WaitsOf   int64
	Median    string
	WaitTable table
	Converts  table
	Rates     []rate
	Pipelines []funnel
	Stages    table
	Work      table
	Messages  table
	Full      bool // there is more than is shown
}

// table is a report as rows, for reading and for a file.
type table struct {
	Name  string // in addresses
	Title string
	Head  []string
	Rows  [][]string
	Foot  []string
}

// rate is how many of a source became clients.
type rate struct {
	Source     string
	Leads, Won int64
	Percent    string
	Width      int // of 100
}

const (
	noSource    = "none"
	longestDays = 366
	usualDays   = 30
)

// showReports shows the figures of some days.
func showReports(v *visit) error {
	d, err := v.reports()
	if err != nil {
		return err
	}
	return v.show("reports", "Reports", d)
}

// reports reads the figures that an address asks for.
func (v *visit) reports() (*reportsData, error) {
	d := &reportsData{frame: v.frame, Only: v.only != ""}
	q := v.r.URL.Query()
	d.Owner, d.Source = q.Get("owner"), q.Get("source")
	if v.only != "" {
		d.Owner = v.only
	}
	d.span(q.Get("from"), q.Get("to"), q.Get("days"))
	return d, v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Users(ctx, tx, v.at()); err != nil {
			return err
		}
		for _, load := range []func(context.Context, *db.Tx, *visit) error{d.loadArrivals, d.loadWaits, d.loadStages, d.loadWork, d.loadMessages} {
			if err := load(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// span reads which days are meant: those named, or the last ones.
func (d *reportsData) span(from, to, days string) {
	today := d.midnight(d.now)
	last, err := time.ParseInLocation(time.DateOnly, to, d.zone)
	if err != nil || last.After(today) {
		last = today
	}
	n := map[string]int{"7": 7, "30": 30, "90": 90, "365": 365}[days]
	if n == 0 {
		n = usualDays
	}
	first, err := time.ParseInLocation(time.DateOnly, from, d.zone)
	if err != nil || days != "" {
		first = last.AddDate(0, 0, 1-n)
	}
	if first.After(last) {
		first = last
	}
	if oldest := last.AddDate(0, 0, 1-longestDays); first.Before(oldest) {
		first = oldest
	}
	d.From, d.To = first.Format(time.DateOnly), last.Format(time.DateOnly)
	d.Days = int(last.Sub(first).Round(24*time.Hour)/(24*time.Hour)) + 1
}

// query selects the tallies that are asked for.
func (d *reportsData) query() report.Query {
	q := report.Query{From: d.From, To: d.To, Owner: report.All}
	switch d.Owner {
	case "":
	case nobody:
		q.Owner = ""
	default:
		q.Owner = d.Owner
	}
	return q
}

// wants reports whether a source is among those that are asked for.
func (d *reportsData) wants(source string) bool {
	return d.Source == "" || d.Source == source || d.Source == noSource && source == ""
}

func sourceName(source string) string {
	if source == "" {
		return "No source"
	}
	return source
}

func (d *reportsData) loadArrivals(ctx context.Context, tx *db.Tx, v *visit) error {
	list, full, err := report.Days(ctx, tx, v.at(), report.Leads, d.query())
	if err != nil {
		return err
	}
	won, err := report.Sums(ctx, tx, v.at(), report.Won, d.query())
	if err != nil {
		return err
	}
	d.Full = full
	first, _ := time.ParseInLocation(time.DateOnly, d.From, d.zone)
	span := spanOf(d.Days)
	columns := make([]map[string]int, (d.Days+span-1)/span)
	for i := range columns {
		columns[i] = map[string]int{}
	}
	leads := map[string]int64{}
	for _, c := range list {
		if !slices.Contains(d.Sources, c.Name) && c.Name != "" {
			d.Sources = append(d.Sources, c.Name)
		}
		at, err := time.ParseInLocation(time.DateOnly, c.Day, d.zone)
		if i := int(at.Sub(first).Round(24*time.Hour)/(24*time.Hour)) / span; err == nil && d.wants(c.Name) && i >= 0 && i < len(columns) {
			columns[i][sourceName(c.Name)] += int(c.N)
			leads[c.Name] += c.N
		}
	}
	slices.Sort(d.Sources)
	if len(leads) > 0 {
		d.Arrivals = stackedIn(first, span, columns)
	}
	d.Leads = table{Name: "leads", Title: "Leads per day by source", Head: []string{"Day", "Source", "Leads"}}
	for _, c := range slices.Backward(list) {
		if d.wants(c.Name) {
			d.Leads.Rows = append(d.Leads.Rows, []string{c.Day, sourceName(c.Name), numberText(c.N)})
		}
	}
	d.convert(leads, won)
	return nil
}

// convert says how many leads of each source became clients.
func (d *reportsData) convert(leads, won map[string]int64) {
	d.Converts = table{Name: "conversion", Title: "Conversion by source", Head: []string{"Source", "Leads", "Won", "Rate"}}
	const whole, most = 100, 10_000
	var all, allWon, top int64 = 0, 0, 1 // top is the best rate, of most
	for source, n := range leads {
		d.Rates = append(d.Rates, rate{Source: sourceName(source), Leads: n, Won: won[source], Percent: percent(won[source], n)})
		all, allWon, top = all+n, allWon+won[source], max(top, won[source]*most/max(n, 1))
	}
	slices.SortFunc(d.Rates, func(a, b rate) int {
		if a.Leads != b.Leads {
			return int(b.Leads - a.Leads)
		}
		return strings.Compare(a.Source, b.Source)
	})
	for i := range d.Rates {
		r := &d.Rates[i]
		r.Width = int(r.Won * most / max(r.Leads, 1) * whole / top)
		d.Converts.Rows = append(d.Converts.Rows, []string{r.Source, numberText(r.Leads), numberText(r.Won), r.Percent})
	}
	if all > 0 {
		d.Converts.Foot = []string{"All", numberText(all), numberText(allWon), percent(allWon, all)}
	}
}

func (d *reportsData) loadWaits(ctx context.Context, tx *db.Tx, v *visit) error {
	sums, err := report.Sums(ctx, tx, v.at(), report.Answers, d.query())
	if err != nil {
		return err
	}
	by := map[string]int64{}
	for name, n := range sums {
		wait, source, _ := strings.Cut(name, "|")
		if d.wants(source) {
			by[wait] += n
			d.WaitsOf += n
		}
	}
	d.WaitTable = table{Name: "waits", Title: "Time to first contact", Head: []string{"First message", "Leads", "Share"}}
	d.Median = "–"
	answered := d.WaitsOf - by[report.NotYet]
	x, so := 0, int64(0)
	for i, w := range report.Waits() {
		n := by[w.Name]
		d.WaitTable.Rows = append(d.WaitTable.Rows, []string{w.Title, numberText(n), percent(n, d.WaitsOf)})
		if so += n; w.Name != report.NotYet && answered > 0 && d.Median == "–" && so*2 >= answered {
			d.Median = w.Title
		}
		if d.WaitsOf > 0 {
			const whole = 1000
			s := share{Name: w.Title, Class: waitClass(i), Count: int(n), X: x, Width: int(n * whole / d.WaitsOf), Percent: int((n*100 + d.WaitsOf/2) / d.WaitsOf)}
			x += s.Width
			d.Waits = append(d.Waits, s)
		}
	}
	return nil
}

func (d *reportsData) loadStages(ctx context.Context, tx *db.Tx, v *visit) (err error) {
	if !v.User.Has("opportunitiesEnabled") || !v.User.Has(crm.LeadValue) {
		return nil
	}
	owner := d.Owner
	if owner == nobody {
		owner = ""
	}
	if d.Pipelines, err = funnels(ctx, tx, v, owner); err != nil {
		return err
	}
	d.Stages = table{Name: "stages", Title: "Pipeline value by stage, now", Head: []string{"Pipeline", "Stage", "Open", "Value"}}
	for _, p := range d.Pipelines {
		for _, s := range p.Stages {
			d.Stages.Rows = append(d.Stages.Rows, []string{p.Name, s.Name, numberText(s.Count), moneyText(s.Value)})
		}
	}
	return nil
}

// workKinds are the kinds of work, in the order of the columns.
func workKinds() [][2]string {
	return [][2]string{{"call", "Calls"}, {"email", "E-mails"}, {"text", "Texts"}, {"task", "Tasks done"}, {"note", "Notes"}, {"appointment", "Appointments"}}
}

func (d *reportsData) loadWork(ctx context.Context, tx *db.Tx, v *visit) error {
	d.Work = table{Name: "work", Title: "What everybody did", Head: []string{"Who"}}
	for _, k := range workKinds() {
		d.Work.Head = append(d.Work.Head, k[1])
	}
	const mostUsers = 100
	totals := make([]int64, len(workKinds()))
	for i := range d.Users[:min(len(d.Users), mostUsers)] {
		u := &d.Users[i]
		if d.Owner != "" && d.Owner != u.ID {
			continue
		}
		q := d.query()
		q.Owner = u.ID
		sums, err := report.Sums(ctx, tx, v.at(), report.Work, q)
		if err != nil {
			return err
		}
		line := []string{nameOf(u)}
		for k, kind := range workKinds() {
			totals[k] += sums[kind[0]]
			line = append(line, numberText(sums[kind[0]]))
		}
		d.Work.Rows = append(d.Work.Rows, line)
	}
	if len(d.Work.Rows) > 1 {
		d.Work.Foot = []string{"All"}
		for _, n := range totals {
			d.Work.Foot = append(d.Work.Foot, numberText(n))
		}
	}
	return nil
}

func (d *reportsData) loadMessages(ctx context.Context, tx *db.Tx, v *visit) error {
	sums, err := report.Sums(ctx, tx, v.at(), report.Messages, d.query())
	if err != nil {
		return err
	}
	d.Messages = table{Name: "messages", Title: "Messages", Head: []string{"By", "Sent", "Delivered", "Read", "Failed", "Failure rate", "Came in"}}
	for _, c := range [][2]string{{"email", "E-mail"}, {"text", "SMS"}, {"call", "Calls"}, {"other", "Others"}} {
		of := func(state string) int64 { return max(sums[report.MessageName(c[0], state)], 0) }
		out, failed := of(report.Out), of("failed")
		if out+of(report.In) == 0 {
			continue
		}
		d.Messages.Rows = append(d.Messages.Rows, []string{c[1], numberText(out), numberText(of("delivered") + of("read")), numberText(of("read")), numberText(failed), percent(failed, out), numberText(of(report.In))})
	}
	return nil
}

// percent is a part of a whole as people write it.
func percent(n, of int64) string {
	if of <= 0 {
		return "–"
	}
	const whole, half = 1000, 2
	tenths := (n*whole + of/half) / of
	return numberText(tenths/10) + "." + numberText(tenths%10) + " %"
}
