package importer

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// several splits a cell that holds several values. Programs write ::: or ;
// between them; what else may, is said by the caller, in order of trust: the
// first that is there is it.
func several(text string, others ...string) []string {
	parts := []string{text}
	for _, between := range append([]string{":::", ";", "\n", "|"}, others...) {
		if strings.Contains(text, between) {
			parts = strings.Split(text, between)
			break
		}
	}
	out := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// tagsOf splits a cell of tags. Google marks its own groups with a star; the one
// that everybody is in says nothing.
func tagsOf(text string) (tags []string) {
	if strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &tags) == nil {
			return tags
		}
	}
	for _, t := range several(text, ",") {
		t = strings.TrimSpace(strings.TrimPrefix(t, "* "))
		if t != "" && t != "myContacts" {
			tags = append(tags, t)
		}
	}
	return tags
}

// bracketed is an address behind a name: Ana <ana@x.example>.
var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// addEmails takes the addresses of a cell; what is none is kept as it is in a
// custom field.
func (p *person) addEmails(text, kind string) {
	for _, one := range several(text, ",") {
		if m := bracketed.FindStringSubmatch(one); m != nil {
			one = m[1]
		}
		one = strings.TrimPrefix(strings.TrimPrefix(one, "mailto:"), "Mailto:")
		e, ok := crm.NewEmail(one, kind)
		if !ok {
			if list := strings.Fields(one); len(list) > 1 && strings.Count(one, "@") > 1 {
				for _, w := range list {
					p.addEmails(w, kind)
				}
				continue
			}
			p.addCustom("E-mail as written", one)
			p.warn("an e-mail address cannot be written to and is kept as a custom field")
			continue
		}
		p.in.Emails = append(p.in.Emails, e)
	}
}

// addPhones takes the numbers of a cell. A fax is nobody's phone.
func (p *person) addPhones(text, kind string) {
	if kind == "fax" {
		p.addCustom("Fax", text)
		return
	}
	for _, some := range several(text) {
		for _, one := range numbersOf(some) {
			phone := crm.NewPhone(strings.TrimPrefix(one, "tel:"), kind)
			if phone.E164 == "" {
				if !strings.ContainsAny(one, "0123456789") {
					p.addCustom("Phone as written", one)
					p.warn("a phone number has no digits and is kept as a custom field")
					continue
				}
				p.warn("a phone number cannot be dialled as it stands and is kept as written")
			}
			p.in.Phones = append(p.in.Phones, phone)
		}
	}
}

// slash stands between two numbers, if there is a whole one on each side.
var slash = regexp.MustCompile(`(?i)\s*/\s*|\s*,\s*|\s+(?:or|and|&)\s+`)

func numbersOf(text string) []string {
	parts := slash.Split(text, -1)
	for _, p := range parts {
		digits := 0
		for _, r := range p {
			if '0' <= r && r <= '9' {
				digits++
			}
		}
		if digits < 7 {
			return []string{text}
		}
	}
	return parts
}

// phoneKind gives the kind of a phone by the words a program has for it, "fax"
// for what is none.
func phoneKind(label string) string {
	label = strings.ToLower(label)
	for _, k := range []struct{ word, kind string }{
		{"fax", "fax"}, {"pager", "fax"}, {"telex", "fax"}, {"mobile", "cell"}, {"cell", "cell"}, {"iphone", "cell"}, {"home", "home"}, {"work", "office"}, {"business", "office"}, {"office", "office"},
		{"company", "office"}, {"main", ""}, {"other", "other"},
	} {
		if strings.Contains(label, k.word) {
			return k.kind
		}
	}
	return ""
}

// twoDigits is a date whose year has two digits: 3/4/75.
var twoDigits = regexp.MustCompile(`^(\d{1,2}[-/. ]\d{1,2}[-/. ]|\d{1,2}[- ][A-Za-z]{3,9}[- ])'?(\d{2})$`)

// date reads a date as programs and people write it, "" for none. A year of two
// digits lies in the past hundred years.
func date(text string, order norm.DateOrder, now time.Time) (iso string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0/-. ") == "" { // Outlook writes 0/0/00 for none
		return "", true
	}
	if m := twoDigits.FindStringSubmatch(text); m != nil {
		year, _ := strconv.Atoi(m[2]) // two digits
		year += now.Year() / 100 * 100
		if year > now.Year() {
			year -= 100
		}
		text = m[1] + strconv.Itoa(year)
	}
	if iso, _, ok = norm.Date(text, order); ok {
		return iso, true
	}
	if t, valid := norm.Time(text); valid {
		return t.Format(time.DateOnly), true
	}
	return "", false
}

// dayFirst looks through the values of a column for a date that can only be
// day first, or month first, and says which: most of them decide.
func dayFirst(values []string) norm.DateOrder {
	day, month := 0, 0
	for _, v := range values {
		parts := strings.FieldsFunc(v, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
		if len(parts) < 3 || len(parts[0]) > 2 {
			continue
		}
		a, errA := strconv.Atoi(parts[0])
		b, errB := strconv.Atoi(parts[1])
		switch {
		case errA != nil || errB != nil:
		case a > 12:
			day++
		case b > 12:
			month++
		}
	}
	if day > month {
		return norm.DayFirst
	}
	return norm.MonthFirst
}
