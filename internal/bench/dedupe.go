package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/match"
)

// DedupeResult says how well the suggested duplicates of a labelled file are
// those of its labels.
type DedupeResult struct {
	Rows      int           `json:"rows"`
	Precision float64       `json:"precision"` // of the pairs found, those that are true
	Recall    float64       `json:"recall"`    // of the true pairs, those that are found
	F1        float64       `json:"f1"`
	Found     int           `json:"found"`   // pairs suggested
	Correct   int           `json:"correct"` // of them true
	True      int           `json:"true"`    // pairs of rows that are one person by the labels
	Elapsed   time.Duration `json:"elapsedNs"`
	Wrong     [][2]int      `json:"-"` // rows of pairs suggested and not true
	Missed    [][2]int      `json:"-"` // rows of pairs true and not suggested
}

// DedupeOptions say what of a file tells who is who.
type DedupeOptions struct {
	Truth   string // column; rows with the same value are one person
	Pattern string // expression whose first group is the value, "" for all of it
}

// personColumns are the columns a file may have, by their names without spaces
// and signs.
var personColumns = map[string]func(p *match.Person, value string){
	"firstname": setGiven, "givenname": setGiven, "given": setGiven, "forename": setGiven, "first": setGiven,
	"lastname": setFamily, "surname": setFamily, "familyname": setFamily, "family": setFamily, "last": setFamily,
	"name": setFull, "fullname": setFull,
	"dob": setBirth, "dateofbirth": setBirth, "birthday": setBirth, "birthdate": setBirth,
	"email": addEmail, "emailaddress": addEmail, "mail": addEmail,
	"phone": addPhone, "phonenumber": addPhone, "telephone": addPhone, "mobile": addPhone, "cell": addPhone,
	"streetnumber": func(p *match.Person, v string) { p.Addresses[0].Number = v },
	"address1":     addLine, "address": addLine, "street": addLine, "streetaddress": addLine, "address2": addLine,
	"suburb": setCity, "city": setCity, "town": setCity,
	"postcode": setPostal, "zip": setPostal, "zipcode": setPostal, "postalcode": setPostal,
	"state": func(p *match.Person, v string) { p.Addresses[0].State = v },
}

func setGiven(p *match.Person, v string)  { p.Given = v }
func setFamily(p *match.Person, v string) { p.Family = v }
func setFull(p *match.Person, v string)   { p.Full = v }
func setBirth(p *match.Person, v string)  { p.BirthDate = v }
func addEmail(p *match.Person, v string)  { p.Emails = append(p.Emails, v) }
func addPhone(p *match.Person, v string)  { p.Phones = append(p.Phones, v) }
func addLine(p *match.Person, v string)   { p.Addresses[0].Lines = append(p.Addresses[0].Lines, v) }
func setCity(p *match.Person, v string)   { p.Addresses[0].City = v }
func setPostal(p *match.Person, v string) { p.Addresses[0].PostalCode = v }

// Dedupe reads a CSV file of people, looks for duplicates as the product does,
// and compares them with the labels in the file. Columns that it does not know
// are not looked at.
func Dedupe(ctx context.Context, path string, o DedupeOptions) (_ *DedupeResult, err error) {
	f, err := os.Open(path) // #nosec G304 -- the file that was asked for
	if err != nil {
		return nil, fmt.Errorf("reading the labelled file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	began := time.Now()
	book, labels, err := readLabelled(f, o)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	found := map[[2]int]bool{}
	if err := book.Pairs(ctx, func(i, j int, _ match.Verdict) { found[[2]int{i, j}] = true }); err != nil {
		return nil, err
	}
	r := score(labels, found)
	r.Elapsed = time.Since(began)
	return r, nil
}

// readLabelled reads people and who they are.
func readLabelled(f io.Reader, o DedupeOptions) (book *match.Book, labels []string, err error) {
	var pattern *regexp.Regexp
	if o.Pattern != "" {
		if pattern, err = regexp.Compile(o.Pattern); err != nil {
			return nil, nil, fmt.Errorf("the pattern of the truth: %w", err)
		}
	}
	in := csv.NewReader(f)
	in.TrimLeadingSpace, in.FieldsPerRecord, in.LazyQuotes = true, -1, true
	head, err := in.Read()
	if err != nil {
		return nil, nil, err
	}
	truth := -1
	setters := make([]func(*match.Person, string), len(head))
	for i, h := range head {
		h = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
		if strings.EqualFold(h, o.Truth) {
			truth = i
			continue
		}
		setters[i] = personColumns[strings.NewReplacer("_", "", " ", "", "-", "", ".", "").Replace(strings.ToLower(h))]
	}
	if truth < 0 {
		return nil, nil, fmt.Errorf("there is no column %q: there are %s", o.Truth, strings.Join(head, ", "))
	}
	book = &match.Book{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return book, labels, nil
		}
		if err != nil {
			return nil, nil, err
		}
		p := match.Person{Addresses: make([]match.Address, 1)}
		label := ""
		for i, v := range row {
			switch {
			case i == truth:
				label = labelOf(strings.TrimSpace(v), pattern)
			case i < len(setters) && setters[i] != nil && strings.TrimSpace(v) != "":
				setters[i](&p, strings.TrimSpace(v))
			}
		}
		book.Add(&p)
		labels = append(labels, label)
	}
}

func labelOf(v string, pattern *regexp.Regexp) string {
	if pattern == nil {
		return v
	}
	if m := pattern.FindStringSubmatch(v); len(m) > 1 {
		return m[1]
	}
	return v
}

// score compares the pairs found with those of equal labels.
func score(labels []string, found map[[2]int]bool) *DedupeResult {
	r := &DedupeResult{Rows: len(labels), Found: len(found)}
	people := map[string][]int{}
	for i, l := range labels {
		if l != "" {
			people[l] = append(people[l], i)
		}
	}
	for _, rows := range people {
		for x, i := range rows {
			for _, j := range rows[x+1:] {
				r.True++
				if found[[2]int{i, j}] {
					r.Correct++
				} else {
					r.Missed = append(r.Missed, [2]int{i, j})
				}
			}
		}
	}
	for p := range found {
		if labels[p[0]] != labels[p[1]] || labels[p[0]] == "" {
			r.Wrong = append(r.Wrong, p)
		}
	}
	slices.SortFunc(r.Wrong, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	slices.SortFunc(r.Missed, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	r.Precision, r.Recall = ratio(r.Correct, r.Found), ratio(r.Correct, r.True)
	if sum := r.Precision + r.Recall; sum > 0 {
		r.F1 = 2 * r.Precision * r.Recall / sum
	}
	return r
}

// ratio is 1 for none of none: nothing was asked and nothing was wrong.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}
