package importer

import (
	"encoding/xml"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
)

func TestAddressesOnOneLine(t *testing.T) {
	for text, want := range map[string]crm.Address{
		"12 Main St, Phoenix, AZ 85004":                    {Line1: "12 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"},
		"12 Main St Phoenix AZ 85004":                      {Line1: "12 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"},
		"12 Main St., Apt. 4, Phoenix, Arizona 85004-1234": {Line1: "12 Main St., Apt. 4", City: "Phoenix", State: "AZ", PostalCode: "85004-1234"},
		"12 Main St\nPhoenix, AZ 85004\nUSA":               {Line1: "12 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004", Country: "USA"},
		"1 Elm Ave NW Apt B Salt Lake City UT 84101":       {Line1: "1 Elm Ave NW Apt B", City: "Salt Lake City", State: "UT", PostalCode: "84101"},
		"PO Box 12, Fort Worth, TX":                        {Line1: "PO Box 12", City: "Fort Worth", State: "TX"},
		"500 W Virginia St, Charleston, West Virginia":     {Line1: "500 W Virginia St", City: "Charleston", State: "WV"},
		"Phoenix, AZ":     {City: "Phoenix", State: "AZ"},
		"12 Main St":      {Line1: "12 Main St"},
		"near the church": {Line1: "near the church"},
		"":                {},
	} {
		if got := splitAddress(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// The share of addresses whose parts are all as somebody tagged them by hand.
func TestAddressesAsTagged(t *testing.T) {
	for _, f := range []struct {
		name string
		bar  float64
	}{{"us50_test_tagged.xml", 0.9}, {"usaddress_test_labeled.xml", 0.9}, {"usaddress_labeled.xml", 0.89}} {
		text, err := os.ReadFile("../../../shared/data/address/" + f.name)
		if err != nil {
			t.Skip("skipped: the tagged addresses are not here: put them under ../shared/data/address to run this test")
		}
		var file struct {
			Addresses []struct {
				Parts []struct {
					XMLName xml.Name
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"AddressString"`
		}
		if err := xml.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		var n, right int
		var parts [4]int
		for _, a := range file.Addresses {
			var all, line, city, state, zip []string
			for _, p := range a.Parts {
				all = append(all, p.Text)
				w := strings.Trim(p.Text, " ,")
				switch p.XMLName.Local {
				case "PlaceName":
					city = append(city, w)
				case "StateName":
					state = append(state, w)
				case "ZipCode":
					zip = append(zip, w)
				case "CountryName":
				default:
					line = append(line, w)
				}
			}
			got := splitAddress(strings.Join(all, " "))
			bare := func(s string) string {
				return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" ,;.", r) }), " ")
			}
			same := []bool{
				bare(got.Line1) == bare(strings.Join(line, " ")), bare(got.City) == bare(strings.Join(city, " ")),
				bare(got.State) == bare(strings.Join(state, " ")) || len(state) > 0 && len(got.State) == 2 && len(strings.Join(state, "")) > 2,
				bare(got.PostalCode) == bare(strings.Join(zip, " ")),
			}
			n++
			for i := range same {
				if same[i] {
					parts[i]++
				}
			}
			if !slices.Contains(same, false) {
				right++
			}
		}
		share := func(k int) float64 { return float64(k) / float64(n) }
		t.Logf("%s: %d addresses, all right %.3f, line1 %.3f, city %.3f, state %.3f, zip %.3f", f.name, n, share(right), share(parts[0]), share(parts[1]), share(parts[2]), share(parts[3]))
		if share(right) < f.bar {
			t.Errorf("%s: %.3f are right, want %.2f", f.name, share(right), f.bar)
		}
	}
}
