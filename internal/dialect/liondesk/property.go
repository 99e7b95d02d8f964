package liondesk

import (
	"regexp"
	"strconv"

	"github.com/foyer-crm/foyer/internal/wire"
)

// propertyFields are the fields of a property and the canonical names they are
// kept under (intake.md §1.6). as makes the value of a text; nil keeps the text.
var propertyFields = []struct {
	name, canonical string
	as              func(text string) (any, bool)
	want            string // what it should be, for the warning
}{
	{name: "mls", canonical: "mls"},
	{name: "url", canonical: "url"},
	{name: "street_address", canonical: "address"},
	{name: "city", canonical: "city"},
	{name: "state", canonical: "state"},
	{name: "zip", canonical: "postalCode"},
	{"beds", "bedrooms", whole, "a whole number"},
	{"full_baths", "fullBaths", whole, "a whole number"},
	{"half_baths", "halfBaths", whole, "a whole number"},
	{name: "type", canonical: "type"},
	{name: "sqft", canonical: "area"},
	{"listing_price", "listingPrice", amount, "a number with optional decimal places"},
	{name: "listing_status", canonical: "listingStatus"},
	{"listing_days_on_market", "daysOnMarket", whole, "a whole number"},
	{"estimated_value", "estimatedValue", amount, "a number with optional decimal places"},
	{name: "last_sold_date", canonical: "lastSoldDate"},
	{"last_sold_price", "lastSoldPrice", amount, "a number with optional decimal places"},
	{"latitude", "latitude", degrees(90), "degrees"},
	{"longitude", "longitude", degrees(180), "degrees"},
	{"year_built", "yearBuilt", whole, "a whole number"},
	{name: "list_date", canonical: "listDate"},
}

// readProperty reads a property. Nothing in it fails: a value of the wrong type
// is made the right one, or kept as it is with a warning. nil if nothing was said.
func readProperty(p *wire.Object) map[string]any {
	p.Fold(fold)
	data := map[string]any{}
	for _, f := range propertyFields {
		if kind := p.Kind(f.name); kind == wire.Array || kind == wire.Obj {
			p.Warn(f.name, kind.String()+" instead of a text or number, kept as text")
			data[f.canonical] = string(p.JSON(f.name))
			continue
		}
		text := p.Text(f.name)
		if text == "" {
			continue
		}
		var value any = text
		if f.as != nil {
			v, ok := f.as(text)
			if !ok {
				p.Warn(f.name, "not "+f.want+", kept as sent")
				v = asSent(text, p.Kind(f.name))
			}
			value = v
		}
		data[f.canonical] = value
	}
	if images := p.List("images", ","); len(images) > 0 {
		data["images"] = images
	}
	if len(data) == 0 {
		return nil
	}
	return data
}

// asSent keeps a number that is not the kind of number it should be.
func asSent(text string, kind wire.Kind) any {
	if v, err := strconv.ParseFloat(text, 64); kind == wire.Num && err == nil {
		return v
	}
	return text
}

func whole(text string) (any, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// plain is how prices are documented: "100500" or "100500.90". Also, degrees
// have this form; the number parser would take "inf", "nan" and hexadecimal.
var plain = regexp.MustCompile(`^-?\d{1,40}(\.\d{1,40})?$`)

// amount keeps a price the text that it is, so that no cent is lost.
func amount(text string) (any, bool) { return text, plain.MatchString(text) }

func degrees(most float64) func(string) (any, bool) {
	return func(text string) (any, bool) {
		v, err := strconv.ParseFloat(text, 64)
		return v, err == nil && plain.MatchString(text) && v >= -most && v <= most
	}
}
