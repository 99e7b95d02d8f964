package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// estate is a property or requirement as pages show it.
type estate struct {
	Data     map[string]any
	Side, ID string    // of one that is stored
	At       time.Time // when it changed last
}

// number reads a member as a number, however it was sent.
func (e estate) number(names ...string) (float64, bool) {
	for _, name := range names {
		switch v := e.Data[name].(type) {
		case float64:
			return v, true
		case string:
			clean := strings.NewReplacer("$", "", ",", "", " ", "").Replace(v)
			if n, err := strconv.ParseFloat(clean, 64); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}

func (e estate) text(name string) string { return valueText(e.Data[name]) }

// Head is what it is called by: its address, or where it is to be.
func (e estate) Head() string {
	if a := e.text("address"); a != "" {
		return a
	}
	if p := e.Where(); p != "" {
		return "In " + p
	}
	return "Anywhere"
}

// Where is the place it is in.
func (e estate) Where() string {
	place := strings.TrimSpace(e.text("state") + " " + e.text("postalCode"))
	if city := e.text("city"); city != "" && place != "" {
		return city + ", " + place
	} else if city != "" {
		return city
	}
	return place
}

// Price is what it costs, or is to cost.
func (e estate) Price() string {
	if p, ok := e.number("price", "listingPrice"); ok {
		return moneyText(p)
	}
	from, low := e.number("minPrice", "priceMin")
	to, high := e.number("maxPrice", "priceMax")
	switch {
	case low && high:
		return moneyText(from) + " – " + moneyText(to)
	case low:
		return "from " + moneyText(from)
	case high:
		return "up to " + moneyText(to)
	}
	return ""
}

// Size is how large it is.
func (e estate) Size() string {
	var parts []string
	for _, p := range []struct {
		unit  string
		names []string
	}{{"bd", []string{"bedrooms", "beds", "minBeds"}}, {"ba", []string{"bathrooms", "baths", "minBaths"}}, {"sq ft", []string{"squareFeet", "area", "sqft", "minArea"}}} {
		if n, ok := e.number(p.names...); ok {
			parts = append(parts, strconv.FormatFloat(n, 'f', -1, 64)+" "+p.unit)
		}
	}
	return strings.Join(parts, " · ")
}

// Rest is everything else that is known.
func (e estate) Rest() (list []fact) {
	told := []string{"address", "city", "state", "postalCode", "price", "listingPrice", "minPrice", "maxPrice", "priceMin", "priceMax", "bedrooms", "beds", "minBeds", "bathrooms", "baths", "minBaths", "squareFeet", "area", "sqft", "minArea"}
	for _, name := range slices.Sorted(maps.Keys(e.Data)) {
		if text := valueText(e.Data[name]); text != "" && !slices.Contains(told, name) {
			list = append(list, fact{Name: spaced(name), Value: strings.ReplaceAll(text, "_", " ")})
		}
	}
	return list
}

// Map is where to look it up, "" without a place.
func (e estate) Map() string {
	if e.text("address") == "" && e.text("city") == "" {
		return ""
	}
	return mapLink(e.text("address"), e.text("city"), e.text("state"), e.text("postalCode"))
}
