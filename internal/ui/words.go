package ui

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/foyer-crm/foyer/internal/crm"
)

// words are the functions that templates call.
func (p *Pages) words() template.FuncMap {
	return template.FuncMap{
		"asset":    p.assets.path,
		"icon":     p.icon,
		"initials": initials,
		"hue":      hue,
		"phone":    phoneText,
		"tel":      telLink,
		"mailto":   mailLink,
		"map":      mapLink,
		"site":     siteLink,
		"money":    moneyText,
		"number":   numberText[int],
		"list":     func(v ...any) []any { return v },
		"join":     strings.Join,
		"door":     doorName,
		"plural":   plural,
		"device":   deviceName,
		"number64": numberText[int64],
		"short":    moneyShort,
		"plain":    plainNumber,
		"delivery": deliveryClass,
		"happened": eventWords,
		"add":      func(a, b int) int { return a + b },
		"half":     func(n int) int { return n / 2 },
		"add64":    func(a int64, b int) int64 { return a + int64(b) },
		"words":    func(v ...string) []string { return v },
		"has":      func(list []string, v string) bool { return slices.Contains(list, v) },
		"ptr":      func(c crm.Contact) *crm.Contact { return &c },
		"choose": func(is bool, yes, no string) string {
			if is {
				return yes
			}
			return no
		},
	}
}

// icon shows an icon of the set, for the eye only: what it means is said in words
// beside it.
func (p *Pages) icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + template.HTMLEscapeString(p.assets.path("icons.svg")+"#"+name) + `"/></svg>`) // #nosec G203 -- escaped
}

// initials are the one or two letters that stand for a name.
func initials(name string) string {
	var letters []rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				letters = append(letters, unicode.ToUpper(r))
				break
			}
		}
	}
	switch n := len(letters); n {
	case 0:
		return "·"
	case 1:
		return string(letters)
	default:
		return string([]rune{letters[0], letters[n-1]})
	}
}

// hue gives a name one of eight colours, always the same.
func hue(name string) string {
	const colours = 8
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return "hue-" + strconv.Itoa(int(h.Sum32()%colours))
}

// phoneText writes a number as people of its country do, and others as they are.
func phoneText(number string) string {
	const american = len("+16025550100")
	if n := number; len(n) == american && n[:2] == "+1" && strings.Trim(n[1:], "0123456789") == "" {
		return "(" + n[2:5] + ") " + n[5:8] + "-" + n[8:] // most are, and reading one takes the library long
	}
	n, err := phonenumbers.Parse(number, "US")
	if err != nil || !strings.HasPrefix(number, "+") {
		return number
	}
	if n.GetCountryCode() == 1 {
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// The links below hold what came from outside only as a part that is escaped. A
// template would refuse tel: otherwise.

func telLink(number string) template.URL {
	return template.URL("tel:" + strings.Map(func(r rune) rune { // #nosec G203 -- digits and signs of numbers only
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number))
}

func mailLink(address string) template.URL {
	return template.URL("mailto:" + url.PathEscape(address)) // #nosec G203 -- escaped
}

// mapLink looks an address up on OpenStreetMap.
func mapLink(parts ...string) string {
	var said []string
	for _, s := range parts {
		if s != "" {
			said = append(said, s)
		}
	}
	return "https://www.openstreetmap.org/search?" + url.Values{"query": {strings.Join(said, ", ")}}.Encode()
}

// siteLink is a web address as somebody wrote it, "" if it is none to follow.
func siteLink(text string) string {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return u.String()
}

// moneyText writes whole dollars.
func moneyText(v float64) string { return "$" + numberText(int64(v+0.5)) }

// plainNumber writes a number as it is typed.
func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// moneyShort writes an amount as a head of a column has room for it: $38.2M.
func moneyShort(v float64) string {
	const thousand, million = 1e3, 1e6
	switch {
	case v >= 10*million:
		return fmt.Sprintf("$%.1fM", v/million)
	case v >= million:
		return fmt.Sprintf("$%.2fM", v/million)
	case v >= 10*thousand:
		return fmt.Sprintf("$%.0fk", v/thousand)
	}
	return moneyText(v)
}

// numberText groups the digits of a number.
func numberText[N int | int64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// plural counts things: "1 contact", "1,200 contacts".
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return numberText(n) + " " + more
}

// doorName is the door of an origin as people know it.
func doorName(origin string) string {
	switch origin {
	case "radius", "brokerkit":
		return strings.ToUpper(origin[:1]) + origin[1:]
	case "liondesk":
		return "LionDesk"
	case "highlevel":
		return "HighLevel"
	case "ui":
		return "Foyer"
	case "import":
		return "an import"
	case "import undo":
		return "undoing an import"
	case "cli":
		return "the command line"
	case "booking":
		return "the booking page"
	case "workflow":
		return "a workflow"
	case "unsubscribe":
		return "the unsubscribe page"
	case "":
		return "Foyer"
	}
	return origin
}

// clockOf says moments as the clocks of somebody show them.
type clockOf struct {
	zone *time.Location
	now  time.Time
}

// Ago says how long ago a moment was, shortly.
func (c clockOf) Ago(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	d := c.now.Sub(at)
	future := d < 0
	if future {
		d = -d
	}
	const day = 24 * time.Hour
	var text string
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		text = fmt.Sprintf("%dm", int(d.Minutes()))
	case d < day:
		text = fmt.Sprintf("%dh", int(d.Hours()))
	case d < 14*day:
		text = fmt.Sprintf("%dd", int(d/day))
	default:
		return c.Day(at)
	}
	if future {
		return "in " + text
	}
	return text + " ago"
}

// Day is the day of a moment; the year is left out where it is this one.
func (c clockOf) Day(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	at = at.In(c.zone)
	if at.Year() == c.now.In(c.zone).Year() {
		return at.Format("Jan 2")
	}
	return at.Format("Jan 2, 2006")
}

// Time is the time of the day.
func (c clockOf) Time(at time.Time) string { return at.In(c.zone).Format("3:04 PM") }

// Full is a moment for the tip and for machines' readers.
func (c clockOf) Full(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(c.zone).Format("Mon, Jan 2 2006, 3:04 PM MST")
}

// ISO is a moment for machines.
func (c clockOf) ISO(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// Date is what a field for a date holds.
func (c clockOf) Date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(c.zone).Format(time.DateOnly)
}

// Due says when something is due, as people speak.
func (c clockOf) Due(at time.Time) string {
	if at.IsZero() {
		return "No date"
	}
	switch days := c.days(at); {
	case days == 0:
		return "Today, " + c.Time(at)
	case days == 1:
		return "Tomorrow, " + c.Time(at)
	case days == -1:
		return "Yesterday"
	case days < 0:
		return strconv.Itoa(-days) + " days late"
	case days < 7:
		return at.In(c.zone).Format("Monday, 3:04 PM")
	}
	return c.Day(at)
}

// Now is when the page was made.
func (c clockOf) Now() time.Time { return c.now }

// Late reports whether a moment is past.
func (c clockOf) Late(at time.Time) bool { return !at.IsZero() && at.Before(c.now) }

// days counts the midnights between now and a moment.
func (c clockOf) days(at time.Time) int {
	const day = 24 * time.Hour
	return int(c.midnight(at).Sub(c.midnight(c.now)).Round(day) / day)
}

// midnight is when the day of a moment began.
func (c clockOf) midnight(at time.Time) time.Time {
	y, m, d := at.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}
