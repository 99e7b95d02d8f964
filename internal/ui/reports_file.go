package ui

import (
	"bufio"
	"net/http"
	"net/url"
)

// reportFile gives one of the reports as a file for spreadsheets.
func reportFile(v *visit) error {
	d, err := v.reports()
	if err != nil {
		return err
	}
	t := d.Leads
	for _, one := range d.Tables() {
		if one.Name == v.r.URL.Query().Get("what") {
			t = one
		}
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+t.Name+"-"+d.From+"-"+d.To+`.csv"`)
	h.Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusOK)
	out := bufio.NewWriter(v.w)
	writeLine(out, t.Head)
	for _, row := range t.Rows {
		writeLine(out, row)
	}
	return out.Flush()
}

// Tables are all reports as tables.
func (d *reportsData) Tables() []table {
	return []table{d.Leads, d.WaitTable, d.Converts, d.Stages, d.Work, d.Messages}
}

// File is the address of a report as a file.
func (d *reportsData) File(t table) string {
	q := d.filter()
	q.Set("what", t.Name)
	return d.Base + "/reports/csv?" + q.Encode()
}

// Last is the address of the last days.
func (d *reportsData) Last(days string) string {
	q := d.filter()
	q.Del("from")
	q.Del("to")
	q.Set("days", days)
	return d.Base + "/reports?" + q.Encode()
}

// filter is what is asked for, as an address says it.
func (d *reportsData) filter() url.Values {
	q := url.Values{"from": {d.From}, "to": {d.To}}
	if d.Owner != "" && !d.Only {
		q.Set("owner", d.Owner)
	}
	if d.Source != "" {
		q.Set("source", d.Source)
	}
	return q
}

// Spans are the days that people look at most.
func (*reportsData) Spans() [][2]string {
	return [][2]string{{"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}, {"365", "A year"}}
}
