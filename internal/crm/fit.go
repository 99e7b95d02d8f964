package crm

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/foyer-crm/foyer/internal/geo"
)

// Wish is what somebody looks for, as far as it is known: zero is not said.
type Wish struct {
	ContactID, ID      string
	City, ZIP, State   string
	MinPrice, MaxPrice float64
	Beds, Baths, Area  float64
	Viewed             int // from so many homes that they looked at, 0 where they said it
}

// Home is a house or flat, as far as it is known: zero is not said.
type Home struct {
	ContactID, ID             string
	Address, City, ZIP, State string
	Price, Beds, Baths, Area  float64
	Type                      string
}

// Fitness says how well a home fits a wish, and why.
type Fitness struct {
	Score int      // of 100
	Good  []string // what fits
	But   []string // what does not, or is not known
}

// WishOf reads what a requirement says.
func WishOf(r *Requirement) Wish {
	d := estateData(r.Data)
	w := Wish{ContactID: r.ContactID, ID: r.ID, City: d.text("city", "locality"), ZIP: zip5(d.text("postalCode")), State: d.text("state"),
		MinPrice: d.number("minPrice", "priceMin"), MaxPrice: d.number("maxPrice", "priceMax"), Beds: d.number("bedrooms", "minBeds", "beds"), Baths: d.number("bathrooms", "minBaths", "baths"), Area: d.number("minArea", "area")}
	if w.MaxPrice > 0 && w.MinPrice > w.MaxPrice { // doors store what was sent
		w.MinPrice, w.MaxPrice = w.MaxPrice, w.MinPrice
	}
	w.City, w.State = placed(w.City, w.State, w.ZIP)
	return w
}

// HomeOf reads what is known of a property.
func HomeOf(p *Property) Home {
	d := estateData(p.Data)
	h := Home{ContactID: p.ContactID, ID: p.ID, Address: d.text("address", "name"), City: d.text("city", "locality"), ZIP: zip5(d.text("postalCode")), State: d.text("state"),
		Price: d.number("price", "listingPrice"), Beds: d.number("bedrooms", "beds"), Baths: d.number("bathrooms", "baths"), Area: d.number("area", "squareFeet", "sqft"), Type: d.text("type")}
	if h.Baths == 0 {
		h.Baths = d.number("fullBaths") + d.number("halfBaths")/2
	}
	h.City, h.State = placed(h.City, h.State, h.ZIP)
	return h
}

// placed says a city and a state that were not said but that the ZIP code has.
func placed(city, state, zip string) (string, string) {
	p, ok := geo.ZIP(zip)
	if !ok || city != "" {
		return city, state
	}
	return p.City, cmp.Or(state, p.State)
}

// WishFromViews says what somebody seems to look for who viewed homes and never
// said: where most of them are, what they cost, how large the smallest is.
func WishFromViews(contactID string, viewed []map[string]any) (Wish, bool) {
	w := Wish{ContactID: contactID}
	cities := map[string]int{}
	for _, data := range viewed {
		h := HomeOf(&Property{Data: data})
		if h.City == "" {
			continue
		}
		w.Viewed++
		cities[h.City]++
		if n := cities[h.City]; w.City == "" || n > cities[w.City] {
			w.City, w.State = h.City, h.State
		}
		if h.Price > 0 {
			w.MaxPrice = max(w.MaxPrice, h.Price)
			w.MinPrice = least(w.MinPrice, h.Price)
		}
		w.Beds = least(w.Beds, h.Beds)
	}
	const room = 0.1 // beyond what they looked at
	w.MinPrice, w.MaxPrice = math.Round(w.MinPrice*(1-room)), math.Round(w.MaxPrice*(1+room))
	return w, w.Viewed > 0
}

func least(known, more float64) float64 {
	if known == 0 || more > 0 && more < known {
		return more
	}
	return known
}

// What each part of a wish counts.
const (
	priceWeight = 40
	placeWeight = 30
	bedsWeight  = 15
	bathsWeight = 8
	areaWeight  = 7
)

// Judge says how well a home fits a wish. ok is false where it does not: the
// place is another, the price far off, two bedrooms missing; or where nothing
// that could be compared was said.
func (w *Wish) Judge(h *Home) (f Fitness, ok bool) {
	j := judge{}
	j.price(w, h)
	j.place(w, h)
	j.least(bedsWeight, w.Beds, h.Beds, "bed", "beds", 1, 0.4)
	j.least(bathsWeight, w.Baths, h.Baths, "bath", "baths", 1, 0.4)
	j.area(w, h)
	if j.no || j.compared == 0 {
		return f, false
	}
	j.Score = int(math.Round(100 * j.got / j.all))
	return j.Fitness, true
}

// judge adds up what fits.
type judge struct {
	Fitness
	got, all float64
	compared int  // what was said on both sides
	no       bool // it does not fit at all
}

// add counts a part: share of its weight, with the words for it.
func (j *judge) add(weight, share float64, text string) {
	j.compared++
	j.all += weight
	j.got += weight * share
	if share == 1 {
		j.Good = append(j.Good, text)
	} else {
		j.But = append(j.But, text)
	}
}

// unknown counts a part of which the home says nothing: half, so that a home that
// is known to fit comes first.
func (j *judge) unknown(weight float64, text string) {
	j.all += weight
	j.got += weight / 2
	j.But = append(j.But, text)
}

func (j *judge) price(w *Wish, h *Home) {
	const (
		bitOver, mostOver   = 0.05, 0.15
		bitBelow, mostBelow = 0.10, 0.25
	)
	switch over, below := h.Price/w.MaxPrice-1, 1-h.Price/w.MinPrice; {
	case w.MaxPrice == 0 && w.MinPrice == 0:
	case h.Price == 0:
		j.unknown(priceWeight, "price not known")
	case w.MaxPrice > 0 && over > mostOver || w.MinPrice > 0 && below > mostBelow:
		j.no = true
	case w.MaxPrice > 0 && over > bitOver:
		j.add(priceWeight, 0.35, percent(over)+" over budget")
	case w.MaxPrice > 0 && over > 0:
		j.add(priceWeight, 0.7, percent(over)+" over budget")
	case w.MinPrice > 0 && below > bitBelow:
		j.add(priceWeight, 0.5, percent(below)+" below what they would spend")
	case w.MinPrice > 0 && below > 0:
		j.add(priceWeight, 0.8, percent(below)+" below what they would spend")
	default:
		j.add(priceWeight, 1, "price within budget")
	}
}

// percent rounds up, past what the arithmetic of floats leaves behind.
func percent(share float64) string {
	return strconv.Itoa(int(math.Ceil(math.Round(share*1e6)/1e4))) + " %"
}

func (j *judge) place(w *Wish, h *Home) {
	switch inCity, inState := same(w.City, h.City), sameState(w.State, h.State); {
	case w.City == "" && w.ZIP == "" && w.State == "":
	case h.City == "" && h.ZIP == "" && h.State == "":
		j.unknown(placeWeight, "place not known")
	case w.State != "" && h.State != "" && !inState:
		j.no = true
	case w.ZIP != "" && w.ZIP == h.ZIP:
		j.add(placeWeight, 1, "in "+strings.TrimSpace(cmp.Or(h.City, w.City)+" "+h.ZIP))
	case w.City != "" && inCity && w.ZIP != "" && h.ZIP != "":
		j.add(placeWeight, 0.8, "in "+h.City+", another ZIP code")
	case w.City != "" && inCity:
		j.add(placeWeight, 1, "in "+h.City)
	case w.City == "" && w.ZIP == "" && inState:
		j.add(placeWeight, 1, "in "+h.State)
	case w.City != "" && h.City == "" || w.City == "" && h.ZIP == "":
		j.unknown(placeWeight, "place not known well enough")
	default:
		j.no = true
	}
}

// least counts something of which there is to be at least so much.
func (j *judge) least(weight, want, has float64, one, more string, mostShort, share float64) {
	name := func(n float64) string {
		text := strconv.FormatFloat(n, 'f', -1, 64)
		if n == 1 {
			return text + " " + one
		}
		return text + " " + more
	}
	switch short := want - has; {
	case want == 0:
	case has == 0:
		j.unknown(weight, more+" not known")
	case short > mostShort:
		j.no = true
	case short > 0:
		j.add(weight, share, name(short)+" short")
	default:
		j.add(weight, 1, name(has))
	}
}

func (j *judge) area(w *Wish, h *Home) {
	const bit, most = 0.1, 0.35
	switch less := 1 - h.Area/w.Area; {
	case w.Area == 0:
	case h.Area == 0:
		j.unknown(areaWeight, "area not known")
	case less > most:
		j.no = true
	case less > bit:
		j.add(areaWeight, 0.2, percent(less)+" smaller")
	case less > 0:
		j.add(areaWeight, 0.6, percent(less)+" smaller")
	default:
		j.add(areaWeight, 1, "large enough")
	}
}

func same(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// sameState compares states, by name or abbreviation.
func sameState(a, b string) bool {
	full := func(s string) string {
		if name, ok := geo.State(strings.ToUpper(strings.TrimSpace(s))); ok {
			return name
		}
		return s
	}
	return same(full(a), full(b))
}

// zip5 is the part of a ZIP code that names the place.
func zip5(s string) string {
	const short = 5
	return s[:min(len(s), short)]
}

// estateData are the members of a property or a requirement, as doors brought them.
type estateData map[string]any

func (d estateData) text(names ...string) string {
	for _, name := range names {
		switch v := d[name].(type) {
		case string:
			if v = strings.TrimSpace(v); v != "" {
				return v
			}
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return ""
}

// number reads the first member that says a positive number, however it was sent.
func (d estateData) number(names ...string) float64 {
	for _, name := range names {
		n, ok := number(d[name])
		if text, is := d[name].(string); is {
			var err error
			n, err = strconv.ParseFloat(strings.NewReplacer("$", "", ",", "", " ", "").Replace(text), 64)
			ok = err == nil
		}
		if ok && n > 0 && !math.IsInf(n, 0) {
			return n
		}
	}
	return 0
}

// best sorts by how well they fit, and leaves the first ones.
func best[T any](list []T, fit func(*T) int, most int) []T {
	slices.SortStableFunc(list, func(a, b T) int { return fit(&b) - fit(&a) })
	return list[:min(len(list), most)]
}
