package brokerkit

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/norm"
	"github.com/foyer-crm/foyer/internal/wire"
)

// fields pairs the vendor's names with the canonical ones, in the order that
// errors are told in: that of the vendor's table (intake.md §2.2), but for the
// e-mail address, which its sample of an error names before the phone.
var fields = []struct{ vendor, canonical string }{
	{"product", "product"},
	{"first_name", "firstName"},
	{"last_name", "lastName"},
	{"birthday", "dateOfBirth"},
	{"email", "email"},
	{"phone", "phone"},
	{"other_phone", "otherPhone"},
	{"office_phone", "officePhone"},
	{"agent_id", "agentId"},
	{"bucket", "bucket"},
	{"status", "recruitingStage"},
	{"note", "referrerNote"},
	{"source", "source"},
	{"currently_at", "companyName"},
	{"alt_address", "address1"},
	{"alt_city", "city"},
	{"alt_state", "state"},
	{"alt_zip", "postalCode"},
	{"office_address", "officeAddress"},
	{"office_city", "officeCity"},
	{"office_state", "officeState"},
	{"office_zip", "officePostalCode"},
	{"active_listings_count", "activeListings"},
	{"rating", "rating"},
	{"production_label", "productionLabel"},
	{"owner_email", "assignedTo"},
	{"referrer_email", "referrer"},
}

// The values of the fields that have a list of them (intake.md §2.2).
const (
	recruiting = "recruiting"
	retention  = "retention"
	newLead    = "new_lead"
	normal     = "default"
	archived   = "archived"
	backlog    = "backlog"
)

func products() []string { return []string{recruiting, retention} }
func buckets() []string  { return []string{normal, backlog, archived} }
func statuses() []string {
	return []string{newLead, "contact_attempt", "contact_made", "appt_set", "needs_evaluated", "onboarding", "active"}
}
func labels() []string {
	return []string{"mega", "super", "mid", "low", "new", "in_school", "not_licensed"}
}

// longest is how many characters a text may have but for the note: Rails'
// string columns hold that many (intake.md §2.9 B33).
const longest = 255

// lead is a request as read.
type lead struct {
	in       crm.Input
	test     bool   // nothing is to be stored
	owner    string // e-mail address of a user, to be looked up
	referrer string // the same
}

// read takes a lead from the body of a request. Nothing is required. The error
// is Invalid with all broken fields at once; what can be left out without
// losing the lead becomes a warning instead.
func read(o *wire.Object) (*lead, error) {
	l := &lead{}
	r := reader{o: o, in: &l.in}
	l.test = r.test()
	r.texts(l)
	r.choices()
	r.email()
	r.phones()
	r.birthday()
	r.numbers()
	if note := o.Raw("note"); strings.TrimSpace(note) != "" {
		l.in.Details.ReferrerNote = note // kept as it was written, white space and all
	}
	l.in.Blend = crm.BlendFront
	o.Ignore()
	return l, errs.InvalidFields(r.broken...)
}

// reader collects what is broken while it reads.
type reader struct {
	o      *wire.Object
	in     *crm.Input
	broken []errs.Field
}

func (r *reader) bad(canonical, rule string, limit int) {
	r.broken = append(r.broken, errs.Field{Name: canonical, Rule: rule, Limit: limit})
}

// test reads the flag that stores nothing. The vendor wants a boolean and
// nothing else; of the rest only what clearly means yes is one, because a lead
// that is lost is worse than a test that is stored (intake.md §2.5).
func (r *reader) test() bool {
	yes := false
	switch r.o.Kind("test") {
	case wire.Absent:
		return false
	case wire.Boolean:
		yes, _ = r.o.Bool("test")
		return yes
	case wire.String, wire.Num:
		yes, _ = norm.Bool(r.o.Text("test"))
	default:
		r.o.Take("test")
	}
	if yes {
		r.o.Warn("test", "not a boolean, read as true: nothing is stored")
	} else {
		r.o.Warn("test", "not a boolean, read as false: the lead is stored")
	}
	return yes
}

func (r *reader) texts(l *lead) {
	in, office := r.in, crm.Address{}
	for _, f := range []struct {
		name, canonical string
		at              *string
	}{
		{"first_name", "firstName", &in.FirstName},
		{"last_name", "lastName", &in.LastName},
		{"agent_id", "agentId", &in.Details.AgentID},
		{"source", "source", &in.Source},
		{"currently_at", "companyName", &in.CompanyName},
		{"alt_address", "address1", &in.Address.Line1},
		{"alt_city", "city", &in.Address.City},
		{"alt_state", "state", &in.Address.State},
		{"alt_zip", "postalCode", &in.Address.PostalCode},
		{"office_address", "officeAddress", &office.Line1},
		{"office_city", "officeCity", &office.City},
		{"office_state", "officeState", &office.State},
		{"office_zip", "officePostalCode", &office.PostalCode},
		{"active_listings_count", "activeListings", &in.Details.ActiveListings},
		{"owner_email", "assignedTo", &l.owner},
		{"referrer_email", "referrer", &l.referrer},
	} {
		*f.at = r.o.Text(f.name)
		r.fits(f.canonical, *f.at)
	}
	if office != (crm.Address{}) {
		in.Details.Office = &office
	}
}

func (r *reader) fits(canonical, text string) bool {
	fits := utf8.RuneCountInString(text) <= longest
	if !fits {
		r.bad(canonical, "length", longest)
	}
	return fits
}

// scalar takes a text. Of an array the first text counts; an object is none.
func (r *reader) scalar(name string) (text string, ok bool) {
	switch r.o.Kind(name) {
	case wire.Obj:
		r.o.Take(name)
		return "", false
	case wire.Array:
		list := r.o.List(name, "")
		r.o.Warn(name, "an array, of which the first text was used")
		return strings.Join(list[:min(1, len(list))], ""), true
	}
	return r.o.Text(name), true
}

// choices are written exactly as the vendor lists them: "Mega" is an error.
func (r *reader) choices() {
	d := &r.in.Details
	for _, f := range []struct {
		name, canonical string
		at              *string
		among           []string
	}{
		{"product", "product", &r.in.Product, products()},
		{"bucket", "bucket", &d.Bucket, buckets()},
		{"status", "recruitingStage", &d.RecruitingStage, statuses()},
		{"production_label", "productionLabel", &d.ProductionLabel, labels()},
	} {
		text, ok := r.scalar(f.name)
		if !ok || text != "" && !slices.Contains(f.among, text) {
			r.bad(f.canonical, "choice", 0)
			continue
		}
		*f.at = text
	}
}

func (r *reader) email() {
	text, ok := r.scalar("email")
	if ok && text == "" {
		return
	}
	e, valid := crm.NewEmail(text, "")
	if !ok || !valid {
		r.bad("email", "format", 0)
		return
	}
	r.in.Emails = []crm.Email{e}
}

// phones are refused by their count of digits alone: the vendor's own samples
// have area codes that do not exist (intake.md §2.7).
func (r *reader) phones() {
	for _, f := range []struct{ name, canonical, kind string }{
		{"phone", "phone", "cell"}, {"other_phone", "otherPhone", "other"}, {"office_phone", "officePhone", "office"},
	} {
		text, ok := r.scalar(f.name)
		if ok && (text == "" || !r.fits(f.canonical, text)) {
			continue
		}
		p := crm.NewPhone(text, f.kind)
		if !ok || p.E164 == "" {
			r.bad(f.canonical, "format", 0)
			continue
		}
		r.in.Phones = append(r.in.Phones, p)
	}
}

// birthday is day first, and left out rather than refused (intake.md §2.8).
func (r *reader) birthday() {
	text := r.o.Text("birthday")
	if text == "" {
		return
	}
	iso, guessed, ok := norm.Date(text, norm.DayFirst)
	switch {
	case !ok:
		r.o.Warn("birthday", "no such date, left out; write it as 24/03/1975 or 1975-03-24")
	case guessed:
		r.o.Warn("birthday", "there is no such day with the day first, so read as "+iso)
	}
	r.in.DateOfBirth = iso
}

func (r *reader) numbers() {
	d := &r.in.Details
	if yes, ok := r.o.Bool("kpa_taken"); ok {
		d.AssessmentTaken = &yes
	}
	if text := r.o.Text("production_ytd"); text != "" {
		if n, ok := norm.Amount(text); ok {
			d.ProductionLTM = &n
		} else {
			r.o.Warn("production_ytd", "not an amount, left out")
		}
		if _, cents, _ := strings.Cut(text, "."); d.ProductionLTM != nil && strings.Trim(cents, "0") != "" {
			r.o.Warn("production_ytd", "cut to whole dollars")
		}
	}
	r.rating()
}

// rating is a whole number from 4 to 10.
func (r *reader) rating() {
	const low, high = 4, 10
	text, ok := r.scalar("rating")
	if ok && text == "" {
		return
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && !math.IsInf(n, 0), strings.Trim(text, "0123456789+-.eE") != "": // ParseFloat takes "inf" and hexadecimal
		r.bad("rating", "number", 0)
	case n != math.Trunc(n):
		r.bad("rating", "integer", 0)
	case n < low:
		r.bad("rating", "min", low)
	case n > high:
		r.bad("rating", "max", high)
	default:
		whole := int64(n)
		r.in.Details.Rating = &whole
	}
}
