package connect

import (
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/foyer-crm/foyer/internal/norm"
)

// Transform says how a value is written over there. The zero value is: as here.
type Transform struct {
	Phone    string            `json:"phone,omitempty"`    // e164, national, digits
	Date     string            `json:"date,omitempty"`     // iso, us, eu, time, millis
	Case     string            `json:"case,omitempty"`     // lower, upper, title
	Part     string            `json:"part,omitempty"`     // first or rest: a word of a text that several fields share
	Join     string            `json:"join,omitempty"`     // a list here is one text there, with this between
	Split    string            `json:"split,omitempty"`    // one text here is a list there
	User     string            `json:"user,omitempty"`     // email: a user here is their e-mail address there
	Table    map[string]string `json:"table,omitempty"`    // a value here → the value there
	Constant any               `json:"constant,omitempty"` // always this there
	Default  any               `json:"default,omitempty"`  // this there where it is blank here
}

// out gives a value as it is there.
func (t *Transform) out(v any) any {
	switch {
	case t.Constant != nil:
		return plain(t.Constant)
	case blank(v) && t.Default != nil:
		return plain(t.Default)
	case blank(v):
		return nil
	}
	if to, ok := t.Table[text(v)]; ok {
		v = to
	}
	if t.Join != "" {
		v = strings.Join(texts(v), t.Join)
	}
	if t.Split != "" {
		return list(strings.Split(text(v), t.Split))
	}
	if s, is := v.(string); is {
		v = t.casedOut(t.dateOut(t.phoneOut(s)))
	}
	return v
}

func (t *Transform) phoneOut(s string) string {
	if t.Phone == "" {
		return s
	}
	p := norm.ParsePhone(s, "US")
	if p.E164 == "" {
		return s
	}
	n, err := phonenumbers.Parse(p.E164, "US")
	if err != nil {
		return s
	}
	switch t.Phone {
	case "national":
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	case "digits":
		return strings.TrimPrefix(p.E164, "+")
	}
	return p.E164
}

// dateForms are the forms of dates and moments that systems want.
var dateForms = map[string]string{"iso": time.DateOnly, "us": "01/02/2006", "eu": "02/01/2006", "time": time.RFC3339}

func (t *Transform) dateOut(s string) string {
	at, ok := moment(s)
	switch {
	case t.Date == "" || !ok:
		return s
	case t.Date == "millis":
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.Format(dateForms[t.Date])
}

// moment reads a date or a moment as it is kept here.
func moment(s string) (time.Time, bool) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

func (t *Transform) casedOut(s string) string {
	switch t.Case {
	case "lower":
		return strings.ToLower(s)
	case "upper":
		return strings.ToUpper(s)
	case "title":
		return cases.Title(language.English).String(s)
	}
	return s
}

// in gives a value from there as it is here.
func (t *Transform) in(v any) any {
	v = plain(v)
	if t.Join != "" && !isList(v) {
		return list(strings.Split(text(v), t.Join))
	}
	if t.Split != "" {
		return strings.Join(texts(v), t.Split)
	}
	switch t.Part {
	case "first":
		v, _ = norm.SplitName(text(v))
	case "rest":
		_, v = norm.SplitName(text(v))
	}
	for here, there := range t.Table {
		if text(v) == there {
			v = here
		}
	}
	if t.Phone != "" {
		if p := norm.ParsePhone(text(v), "US"); p.E164 != "" {
			v = p.E164
		}
	}
	return t.dateIn(v)
}

func (t *Transform) dateIn(v any) any {
	s := text(v)
	switch {
	case t.Date == "" || s == "":
		return v
	case t.Date == "millis":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.UnixMilli(n).UTC().Format(time.RFC3339)
		}
		return v
	case t.Date == "time":
		if at, ok := norm.Time(s); ok {
			return at.UTC().Format(time.RFC3339)
		}
		return v
	}
	order := norm.MonthFirst
	if t.Date == "eu" {
		order = norm.DayFirst
	}
	if day, _, ok := norm.Date(s, order); ok {
		return day
	}
	return v
}
