package importer

import (
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/importer/sheet"
)

// rows reads the people of a CSV file.
type rows struct {
	csv     *sheet.CSV
	header  []string
	columns []Column
	program string
	waiting []sheet.Row // read ahead, to see what the columns hold
	now     time.Time
}

// ahead is how many rows are looked at to tell what the columns hold.
const ahead = 1000

// readRows reads the header and the first rows.
func readRows(csv *sheet.CSV, said []string, ask func(*Column) (Target, error), now time.Time) (*rows, error) {
	r := &rows{csv: csv, now: now}
	for r.header == nil {
		row, err := csv.Read()
		if err != nil {
			return nil, noPeople(err)
		}
		if !row.Blank() {
			r.header = row.Cells
		}
	}
	var samples [][]string
	for range ahead {
		row, err := csv.Read()
		if err != nil {
			break // Read says it again
		}
		r.waiting = append(r.waiting, row)
		samples = append(samples, row.Cells)
	}
	var err error
	r.columns, r.program, err = mapping(r.header, samples, said, ask)
	return r, err
}

func (r *rows) next() (*person, error) {
	var row sheet.Row
	if len(r.waiting) > 0 {
		row, r.waiting = r.waiting[0], r.waiting[1:]
	} else {
		var err error
		if row, err = r.csv.Read(); err != nil {
			return nil, err
		}
	}
	p := &person{line: row.Line, cells: row.Cells, refused: row.Broken, blank: row.Blank(), now: r.now}
	if p.blank || p.refused != "" {
		return p, nil
	}
	if r.program == "Foyer" {
		r.own(p)
		return p, nil
	}
	for i, cell := range row.Cells {
		if cell = clean(cell); cell == "" {
			continue
		}
		if i >= len(r.columns) {
			p.refused = "the row has more cells than the first line has columns"
			return p, nil
		}
		p.cell(&r.columns[i], cell, row.Cells)
	}
	p.finish()
	return p, nil
}

// cell takes one cell, with the kind that another one of the row says.
func (p *person) cell(c *Column, value string, row []string) {
	t := c.To
	if c.Label > 0 && c.Label <= len(row) {
		label := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(row[c.Label-1]), "* "))
		t = labelled(t, c.Name, label)
		if t.Field != "email" && t.Kind != label && !understood(label) {
			stem, _, _ := strings.Cut(c.Name, " - ")
			p.addCustom(stem+" - Label", label)
		}
	}
	p.order = c.Order
	p.set(t, value)
}

// labelled narrows what a column means by the label beside it.
func labelled(t Target, name, label string) Target {
	switch _, part, _ := strings.Cut(name, " - "); {
	case t.Field == "phone":
		t.Kind = phoneKind(label)
	case t.Field == "email":
		t.Kind = strings.ToLower(label)
		if t.Kind == "*" {
			t.Kind = ""
		}
	case strings.HasPrefix(name, "Address") && phoneKind(label) == "office":
		if office, ok := officeParts[t.Field]; ok {
			t.Field = office
		}
	case part == "Value" && label != "" && (t.Field == "custom" || t.Field == ""):
		t = Target{"custom", label}
	case strings.EqualFold(part, "Value") && strings.HasPrefix(name, "Event") && strings.EqualFold(label, "birthday"):
		t = Target{Field: "dateOfBirth"}
	}
	return t
}

// understood reports whether a label says nothing that is lost without it.
func understood(label string) bool {
	switch strings.ToLower(label) {
	case "", "*", "main", "other", "work", "home", "profile", "homepage", "home page", "blog", "birthday":
		return true
	}
	return phoneKind(label) != ""
}

// officeParts are the parts of a home address as those of an office.
var officeParts = map[string]string{
	"address1": "officeAddress", "address2": "officeAddress", "city": "officeCity", "state": "officeState", "postalCode": "officePostalCode", "country": "officeCountry",
}

// clean takes out what no database stores, and what is around a value.
func clean(cell string) string {
	if strings.IndexByte(cell, 0) >= 0 {
		cell = strings.ReplaceAll(cell, "\x00", "")
	}
	return strings.TrimSpace(cell)
}

// addressOf makes an address of the parts of a vCard.
func addressOf(parts []string) crm.Address {
	at := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	var street []string
	for _, i := range []int{2, 1, 0} { // street, extended address, post office box
		if at(i) != "" {
			street = append(street, at(i))
		}
	}
	return crm.Address{Line1: strings.Join(street, ", "), City: at(3), State: at(4), PostalCode: at(5), Country: at(6)}
}
