// Command gen builds the table that package geo embeds.
//
// It reads two public lists, each a gzipped CSV file with a heading line:
// zip,city,state,latitude,longitude for every US ZIP code, and
// zip,latitude,longitude with the Census Bureau's centre of every ZCTA (the
// area of a ZIP code that has addresses of its own). Equal inputs give equal
// bytes.
//
//	go run ./internal/geo/gen zips.csv.gz zctas.csv.gz internal/geo/zip.csv.gz
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// near is how far apart, in degrees of latitude or longitude, the two sources
// may be and still mean the same place. Large rural ZIP codes need this much:
// one source gives the post office, the other the middle of the area.
const near = 0.5

type point struct{ lat, lng float64 }

type place struct {
	zip, city, state string
	at               point
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: gen zips.csv.gz zctas.csv.gz out.csv.gz")
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(zips, zctas, out string) error {
	places, err := readPlaces(zips)
	if err != nil {
		return err
	}
	census, err := readCensus(zctas)
	if err != nil {
		return err
	}
	report := join(places, census)
	places = append(places, missing(places, census)...)
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.zip, b.zip) })
	if err := write(out, places); err != nil {
		return err
	}
	log.Printf("%d ZIP codes; %s", len(places), report)
	return nil
}

// join moves each place to its Census centre where the sources agree. Where
// they do not, the one nearer to the rest of the same city is kept: the
// Census point of a few post-office-box ZIP codes lies hundreds of kilometres
// off, and so does the other list's point of a few bases and parks. A city
// with nothing else to compare keeps the Census point.
func join(places []place, census map[string]point) string {
	type city struct{ name, state string }
	sure := map[city][]point{}
	var agree, differ int
	for i, p := range places {
		c, found := census[p.zip]
		switch {
		case !found:
		case distance(p.at, c) <= near:
			agree++
			places[i].at = c
			sure[city{p.city, p.state}] = append(sure[city{p.city, p.state}], c)
		default:
			differ++
		}
	}
	var kept int
	for i, p := range places {
		c, found := census[p.zip]
		if !found || distance(p.at, c) <= near {
			continue
		}
		if rest := sure[city{p.city, p.state}]; len(rest) > 0 && distance(p.at, middle(rest)) < distance(c, middle(rest)) {
			kept++
			continue
		}
		places[i].at = c
	}
	return fmt.Sprintf("%d in both lists agree, %d differ (Census point taken for %d of these)", agree, differ, differ-kept)
}

// missing makes places of the ZCTAs that the first list lacks. Their city is
// unknown; their state is known if all ZIP codes with the same first three
// digits (one sorting centre) are in one state.
func missing(places []place, census map[string]point) []place {
	known := map[string]bool{}
	states := map[string]string{}
	for _, p := range places {
		known[p.zip] = true
		if s, seen := states[p.zip[:3]]; seen && s != p.state {
			states[p.zip[:3]] = ""
		} else if !seen {
			states[p.zip[:3]] = p.state
		}
	}
	var more []place
	for zip, at := range census {
		if s := states[zip[:3]]; !known[zip] && s != "" {
			more = append(more, place{zip: zip, state: s, at: at})
		}
	}
	return more
}

func distance(a, b point) float64 {
	return max(math.Abs(a.lat-b.lat), math.Abs(a.lng-b.lng))
}

// middle is the median of each coordinate, so that one stray point does not move it.
func middle(points []point) point {
	var lats, lngs []float64
	for _, p := range points {
		lats, lngs = append(lats, p.lat), append(lngs, p.lng)
	}
	slices.Sort(lats)
	slices.Sort(lngs)
	return point{lats[len(lats)/2], lngs[len(lngs)/2]}
}

func readPlaces(path string) ([]place, error) {
	var places []place
	err := rows(path, 5, func(f []string) error {
		at, err := parsePoint(f[3], f[4])
		if err != nil {
			return err
		}
		// Military mail (APO, FPO, DPO) goes to a unit, which moves; the list's
		// points for it are half zeros and half old garrisons.
		if f[2] == "AA" || f[2] == "AE" || f[2] == "AP" {
			at = point{}
		}
		// One New York ZIP code lost its minus sign. Only Pacific islands are
		// truly west of the date line.
		if at.lng > 0 && !strings.Contains("AK HI GU MP PW FM MH", f[2]) {
			at.lng = -at.lng
		}
		places = append(places, place{f[0], cityName(f[1]), f[2], at})
		return nil
	})
	return places, err
}

func readCensus(path string) (map[string]point, error) {
	census := map[string]point{}
	err := rows(path, 3, func(f []string) error {
		at, err := parsePoint(f[1], f[2])
		census[f[0]] = at
		return err
	})
	return census, err
}

func parsePoint(lat, lng string) (point, error) {
	a, err := strconv.ParseFloat(lat, 64)
	b, err2 := strconv.ParseFloat(lng, 64)
	return point{a, b}, errors.Join(err, err2)
}

// rows calls f for every line of a gzipped CSV file after its heading line.
func rows(path string, columns int, f func([]string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	r := csv.NewReader(z)
	r.FieldsPerRecord = columns
	if _, err := r.Read(); err != nil {
		return fmt.Errorf("reading the heading of %s: %w", path, err)
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && len(record[0]) != 5 {
			err = fmt.Errorf("%q is not a ZIP code", record[0])
		}
		if err == nil {
			err = f(record)
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
	}
}

// write stores zip,city,state,latitude,longitude sorted by ZIP code, in units
// of 0.0001 degree (some 11 m), without heading and without quoting.
func write(path string, places []place) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	z, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(z)
	for _, p := range places {
		if strings.ContainsAny(p.city+p.state, ",\n") {
			return fmt.Errorf("ZIP code %s: %q would need quoting", p.zip, p.city)
		}
		fmt.Fprintf(w, "%s,%s,%s,%.0f,%.0f\n", p.zip, p.city, p.state, p.at.lat*1e4, p.at.lng*1e4)
	}
	return errors.Join(w.Flush(), z.Close())
}
