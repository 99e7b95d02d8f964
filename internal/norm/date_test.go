package norm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	const none = ""
	for _, c := range []struct {
		in             string
		day, month     string // as DayFirst and MonthFirst read it
		guessD, guessM bool
	}{
		// intake.md §2.8 and B14
		{"24/03/1975", "1975-03-24", "1975-03-24", false, true},
		{"24-03-1975", "1975-03-24", "1975-03-24", false, true},
		{"24.03.1975", "1975-03-24", "1975-03-24", false, true},
		{"24_03_1975", "1975-03-24", "1975-03-24", false, true},
		{"1975-03-24", "1975-03-24", "1975-03-24", false, false},
		{"March 24, 1975", "1975-03-24", "1975-03-24", false, false},
		{"3/4/1975", "1975-04-03", "1975-03-04", false, false},
		{"03/24/1975", "1975-03-24", "1975-03-24", true, false},
		{"31/02/1975", none, none, false, false},
		{"n/a", none, none, false, false},
		// intake.md R23
		{"1985-06-15", "1985-06-15", "1985-06-15", false, false},
		{"06/15/1985", "1985-06-15", "1985-06-15", true, false},
		{"x", none, none, false, false},

		{"03-04-1975", "1975-04-03", "1975-03-04", false, false},
		{"03.04.1975", "1975-04-03", "1975-03-04", false, false},
		{"03_04_1975", "1975-04-03", "1975-03-04", false, false},
		{"3. 4. 1975", "1975-04-03", "1975-03-04", false, false},
		{"3 / 4 / 1975", "1975-04-03", "1975-03-04", false, false},
		{"3 4 1975", "1975-04-03", "1975-03-04", false, false},
		{"12/12/2012", "2012-12-12", "2012-12-12", false, false},
		{"1975/03/24", "1975-03-24", "1975-03-24", false, false},
		{"1975.03.24", "1975-03-24", "1975-03-24", false, false},
		{"1975_03_24", "1975-03-24", "1975-03-24", false, false},
		{"1975/3/4", "1975-03-04", "1975-03-04", false, false},
		{"1975. 3. 4.", "1975-03-04", "1975-03-04", false, false},
		{"19750324", "1975-03-24", "1975-03-24", false, false},
		{"  1975-03-24\n", "1975-03-24", "1975-03-24", false, false},
		{"24 March 1975", "1975-03-24", "1975-03-24", false, false},
		{"24-Mar-1975", "1975-03-24", "1975-03-24", false, false},
		{"Mar 24 1975", "1975-03-24", "1975-03-24", false, false},
		{"Mar. 24, 1975", "1975-03-24", "1975-03-24", false, false},
		{"MARCH 24TH, 1975", "1975-03-24", "1975-03-24", false, false},
		{"1st may 1975", "1975-05-01", "1975-05-01", false, false},
		{"Sept 2nd 1975", "1975-09-02", "1975-09-02", false, false},
		{"1975 March 3rd", "1975-03-03", "1975-03-03", false, false},

		// the date part of a time stays as written
		{"1975-03-24T23:30:00-05:00", "1975-03-24", "1975-03-24", false, false},
		{"1975-03-24T00:00:00.000Z", "1975-03-24", "1975-03-24", false, false},
		{"1975-03-24 00:00:00 +0000", "1975-03-24", "1975-03-24", false, false},
		{"1975-03-24 00:00:00 UTC", "1975-03-24", "1975-03-24", false, false},
		{"19750324T120000Z", "1975-03-24", "1975-03-24", false, false},
		{"24/03/1975 10:15", "1975-03-24", "1975-03-24", false, true},
		{"3/24/1975, 10:15:00 AM", "1975-03-24", "1975-03-24", true, false},
		{"March 24, 1975 at noon", none, none, false, false},

		// days that were and were not
		{"29/02/2024", "2024-02-29", "2024-02-29", false, true},
		{"29/02/2023", none, none, false, false},
		{"29/02/1900", none, none, false, false},
		{"2000-02-29", "2000-02-29", "2000-02-29", false, false},
		{"2023-02-29", none, none, false, false},
		{"31/11/2024", none, none, false, false},
		{"2024-11-31", none, none, false, false},
		{"November 31, 2024", none, none, false, false},
		{"0000-01-01", none, none, false, false},
		{"0000-00-00", none, none, false, false},
		{"00/00/0000", none, none, false, false},
		{"1/1/0000", none, none, false, false},
		{"0001-01-01", "0001-01-01", "0001-01-01", false, false},
		{"9999-12-31", "9999-12-31", "9999-12-31", false, false},
		{"1975-13-01", none, none, false, false},
		{"1975-24-03", none, none, false, false},
		{"1975-00-10", none, none, false, false},
		{"13/13/1975", none, none, false, false},
		{"19751324", none, none, false, false},

		// no date, or not clearly one
		{"", none, none, false, false},
		{"   ", none, none, false, false},
		{"24/03/75", none, none, false, false},
		{"3/4", none, none, false, false},
		{"March 1975", none, none, false, false},
		{"March 24", none, none, false, false},
		{"Smarch 24, 1975", none, none, false, false},
		{"Marc 24, 1975", none, none, false, false},
		{"24/03-1975", none, none, false, false},
		{"1975-03-24x", none, none, false, false},
		{"1975-03-24 and more", none, none, false, false},
		{"1975-03-24/1975-03-25", none, none, false, false},
		{"197-03-24", none, none, false, false},
		{"19750-03-24", none, none, false, false},
		{"1975-003-24", none, none, false, false},
		{"-1975-03-24", none, none, false, false},
		{"2025550166", none, none, false, false},
		{"yesterday", none, none, false, false},
		{"１９７５-03-24", none, none, false, false},
		{"1975-03-24" + strings.Repeat(" ", 64<<10) + "1", none, none, false, false},
		{strings.Repeat("1", 64<<10), none, none, false, false},
	} {
		for order, want := range map[DateOrder]string{DayFirst: c.day, MonthFirst: c.month} {
			wantGuess := c.guessD
			if order == MonthFirst {
				wantGuess = c.guessM
			}
			iso, guessed, ok := Date(c.in, order)
			if iso != want || guessed != wantGuess || ok != (want != "") {
				t.Errorf("Date(%.40q, %d) = %q, guessed %v, %v; want %q, guessed %v", c.in, order, iso, guessed, ok, want, wantGuess)
			}
		}
	}
}

func TestEveryDateIsReadInEveryNotation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3652058).Draw(t, "day"))
		want := day.Format("2006-01-02")
		for layout, order := range map[string]DateOrder{
			"2006-01-02": DayFirst, "2006/1/2": DayFirst, "20060102": DayFirst, "2.1.2006": DayFirst, "02_01_2006": DayFirst,
			"01/02/2006": MonthFirst, "1-2-2006": MonthFirst, "January 2, 2006": DayFirst, "2 Jan 2006": MonthFirst,
			time.RFC3339: DayFirst, time.DateTime: MonthFirst,
		} {
			s := day.Format(layout)
			if iso, guessed, ok := Date(s, order); iso != want || guessed || !ok {
				t.Fatalf("Date(%q, %d) = %q, %v, %v; want %q", s, order, iso, guessed, ok, want)
			}
		}
	})
}

func TestTime(t *testing.T) {
	for in, want := range map[string]string{
		"2015-04-01T08:41:51+00:00":        "2015-04-01T08:41:51Z", // intake.md L35
		"2015-04-01T08:41:51Z":             "2015-04-01T08:41:51Z",
		"2015-04-01t08:41:51z":             "2015-04-01T08:41:51Z",
		"2015-04-01T08:41:51+0000":         "2015-04-01T08:41:51Z",
		"2015-04-01T08:41:51-0500":         "2015-04-01T13:41:51Z",
		"2015-04-01T08:41:51-05:00":        "2015-04-01T13:41:51Z",
		"2015-04-01T08:41:51-05":           "2015-04-01T13:41:51Z",
		"2015-04-01T08:41:51+05:30":        "2015-04-01T03:11:51Z",
		"2015-04-01T00:30:00+01:00":        "2015-03-31T23:30:00Z",
		"2015-04-01 08:41:51":              "2015-04-01T08:41:51Z",
		"2015-04-01T08:41:51":              "2015-04-01T08:41:51Z",
		"2015-04-01 08:41:51 UTC":          "2015-04-01T08:41:51Z",
		"2015-04-01 08:41:51 -0400":        "2015-04-01T12:41:51Z",
		"2022-05-04T22:46:15.506Z":         "2022-05-04T22:46:15.506Z",
		"2022-05-04T22:46:15,506Z":         "2022-05-04T22:46:15.506Z",
		"2022-05-04T22:46:15.506789+02:00": "2022-05-04T20:46:15.506789Z",
		"2022-05-04T22:46:15.123456789Z":   "2022-05-04T22:46:15.123456789Z",
		"2022-05-04T22:46Z":                "2022-05-04T22:46:00Z",
		"2022-05-04 22:46":                 "2022-05-04T22:46:00Z",
		"2014-10-02":                       "2014-10-02T00:00:00Z",
		" 2014-10-02T00:00:00Z\n":          "2014-10-02T00:00:00Z",
		"2024-02-29T12:00:00Z":             "2024-02-29T12:00:00Z",
		"0001-01-01T00:00:00Z":             "0001-01-01T00:00:00Z",

		"":                                 "",
		"yesterday":                        "", // intake.md L36
		"2023-02-29T12:00:00Z":             "",
		"2015-11-31T00:00:00Z":             "",
		"2015-04-01T25:00:00Z":             "",
		"2015-04-01T08:61:00Z":             "",
		"2015-04-01T08:41:51+99:00":        "",
		"2015-04-01X08:41:51Z":             "",
		"2015-04-01T08:41:51Z and more":    "",
		"2015-04-01T":                      "",
		"2015-04-01 UTC":                   "",
		"2015-4-1T08:41:51Z":               "",
		"0000-01-01T00:00:00Z":             "",
		"0001-01-01T00:00:00+01:00":        "", // the year before year 1
		"9999-12-31T23:59:59-01:00":        "",
		"1427877711":                       "",
		"2015-04-01T08:41:51." + nines(64): "",
	} {
		got, ok := Time(in)
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("Time(%q) = %v, %v; want %q", in, got, ok, want)
		}
		if ok && got.Location() != time.UTC {
			t.Errorf("Time(%q) is in %v", in, got.Location())
		}
	}
}

func nines(n int) string { return strings.Repeat("9", n) + "Z" }

func TestTimeReadsWhatGoWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "offset"))
		want := time.Unix(rapid.Int64Range(-62135500000, 253402200000).Draw(t, "second"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).In(zone)
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700"} {
			if got, ok := Time(want.Format(layout)); !ok || !got.Equal(want) {
				t.Fatalf("Time(%q) = %v, %v; want %v", want.Format(layout), got, ok, want)
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"24/03/1975", "March 24th, 1975", "19750324T000000Z", "3. 4. 1975.", "1975-03-24 10:00", "0000-00-00"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, monthFirst bool) {
		order := DayFirst
		if monthFirst {
			order = MonthFirst
		}
		iso, guessed, ok := Date(s, order)
		if !ok {
			if iso != "" || guessed {
				t.Errorf("Date(%q) = %q, %v, %v", s, iso, guessed, ok)
			}
			return
		}
		if _, err := time.Parse("2006-01-02", iso); err != nil {
			t.Errorf("Date(%q) = %q: %v", s, iso, err)
		}
		if again, guessed, ok := Date(iso, order); again != iso || guessed || !ok {
			t.Errorf("Date(%q) = %q, %v, %v", iso, again, guessed, ok)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2015-04-01T08:41:51+00:00", "2015-04-01 08:41:51 UTC", "2022-05-04T22:46:15.506Z", "2014-10-02", "9999-12-31T23:59:59-01:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := Time(s)
		if !ok {
			return
		}
		if again, ok := Time(at.Format(time.RFC3339Nano)); !ok || !again.Equal(at) {
			t.Errorf("Time(%q) = %v, but Time of that = %v, %v", s, at, again, ok)
		}
	})
}

func ExampleDate() {
	fmt.Println(Date("3/4/1975", DayFirst))
	fmt.Println(Date("03/24/1975", DayFirst))
	// Output:
	// 1975-04-03 false true
	// 1975-03-24 true true
}
