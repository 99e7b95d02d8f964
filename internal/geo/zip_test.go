package geo

import (
	"fmt"
	"math"
	"testing"
)

func TestZIPFindsItsPlace(t *testing.T) {
	for _, c := range []struct {
		zip  string
		want Place
	}{
		{"94105", Place{"94105", "San Francisco", "CA", 37.7916, -122.3937}},
		{"10473", Place{"10473", "Bronx", "NY", 40.8187, -73.8585}},
		{"00501", Place{"00501", "Holtsville", "NY", 40.8154, -73.0451}}, // tax office, first of all
		{"99950", Place{"99950", "Ketchikan", "AK", 55.3422, -131.6478}}, // last of all
		{"96898", Place{"96898", "Wake Island", "HI", 19.2836, 166.6419}},
		{"96799", Place{"96799", "Pago Pago", "AS", -14.3229, -170.7523}},
		{"00601", Place{"00601", "Adjuntas", "PR", 18.1806, -66.7500}},
		{"09012", Place{"09012", "APO", "AE", 0, 0}},
		{"10200", Place{"10200", "New York", "NY", 40.7700, -73.9500}}, // minus sign restored
		{"63366", Place{"63366", "O'Fallon", "MO", 38.8575, -90.7253}},
		{"75072", Place{"75072", "", "TX", 33.1879, -96.7000}},           // only the Census has it
		{"99503", Place{"99503", "Anchorage", "AK", 61.1900, -149.8938}}, // Census point is 400 km off
		{"94105-1234", Place{"94105", "San Francisco", "CA", 37.7916, -122.3937}},
		{"  94105 1234 ", Place{"94105", "San Francisco", "CA", 37.7916, -122.3937}},
		{"941051234", Place{"94105", "San Francisco", "CA", 37.7916, -122.3937}},
		{"94105 - 1234", Place{"94105", "San Francisco", "CA", 37.7916, -122.3937}},
	} {
		if got, ok := ZIP(c.zip); !ok || got != c.want {
			t.Errorf("ZIP(%q) = %+v, %v; want %+v", c.zip, got, ok, c.want)
		}
	}
}

func TestZIPRefusesWhatIsNone(t *testing.T) {
	for _, zip := range []string{
		"", " ", "11111", "00000", "99999", "1111", "501", "0501", "9410", "941055", "94105-", "94105-12",
		"94105-12345", "94105--1234", "A4105", "94105-ABCD", "SW1A 1AA", "K1A 0B1", "+94105", "-4105",
		"94105.0", "９４１０５", "94105\x00", "94105,94106",
	} {
		if got, ok := ZIP(zip); ok || got != (Place{}) {
			t.Errorf("ZIP(%q) = %+v, %v; want none", zip, got, ok)
		}
	}
}

func TestEveryZIPIsSane(t *testing.T) {
	d, err := unpack(table)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.entries) != 42560 {
		t.Errorf("%d ZIP codes, want 42560", len(d.entries))
	}
	var nameless int
	for i, e := range d.entries {
		if i > 0 && d.entries[i-1].zip >= e.zip {
			t.Fatalf("%05d is not after %05d", e.zip, d.entries[i-1].zip)
		}
		p, ok := ZIP(fmt.Sprintf("%05d", e.zip))
		if !ok {
			t.Fatalf("%05d is in the table and not found", e.zip)
		}
		if p.City == "" {
			nameless++
		}
		military := p.State == "AA" || p.State == "AE" || p.State == "AP"
		if _, ok := State(p.State); !ok && !military {
			t.Errorf("%+v: no such state", p)
		}
		switch p.State {
		case "AA", "AE", "AP":
			if p.Lat != 0 || p.Lng != 0 {
				t.Errorf("%+v: military mail has no place", p)
			}
		case "AS": // the only one south of the equator
			within(t, p, -15, -11, -172, -168)
		case "GU", "MP", "PW", "FM", "MH":
			within(t, p, 1, 21, 131, 173)
		case "PR", "VI":
			within(t, p, 17, 19, -68, -64)
		case "HI":
			if p.City != "Wake Island" {
				within(t, p, 18, 29, -179, -154)
			}
		case "AK": // the Aleutians reach over the date line
			if p.Lng > 0 {
				within(t, p, 51, 54, 172, 180)
			} else {
				within(t, p, 51, 72, -180, -129)
			}
		default:
			within(t, p, 24, 49.5, -125, -66.9)
		}
	}
	if nameless != 5 {
		t.Errorf("%d ZIP codes without a city, want 5", nameless)
	}
}

func within(t *testing.T, p Place, south, north, west, east float64) {
	t.Helper()
	if p.Lat < south || p.Lat > north || p.Lng < west || p.Lng > east || math.IsNaN(p.Lat+p.Lng) {
		t.Errorf("%+v lies outside %s", p, p.State)
	}
}

func TestUnpackRefusesADamagedTable(t *testing.T) {
	if _, err := unpack(table[:len(table)/2]); err == nil {
		t.Error("half a table was accepted")
	}
	if _, err := unpack([]byte("not gzip")); err == nil {
		t.Error("plain text was accepted")
	}
}

func TestState(t *testing.T) {
	for in, want := range map[string]string{
		"NY": "New York", " ca ": "California", "dc": "District of Columbia", "PR": "Puerto Rico",
		"": "", "ZZ": "", "AE": "", "New York": "",
	} {
		if got, ok := State(in); got != want || ok != (want != "") {
			t.Errorf("State(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
	if len(states) != 50+1+8 {
		t.Errorf("%d states and territories, want 59", len(states))
	}
}

func FuzzZIP(f *testing.F) {
	for _, s := range []string{"94105", "94105-1234", " 00501 ", "1111", "９４１０５", "94105 1234"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ZIP(s)
		if !ok {
			return
		}
		if again, ok := ZIP(p.ZIP); !ok || again != p {
			t.Errorf("ZIP(%q) = %+v, but ZIP(%q) = %+v, %v", s, p, p.ZIP, again, ok)
		}
	})
}

func BenchmarkZIP(b *testing.B) {
	directory()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ZIP("94105"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(table); err != nil {
			b.Fatal(err)
		}
	}
}
