package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

const data = "../../../../shared/data/geo/"

func TestTheEmbeddedTableIsWhatTheSourcesMake(t *testing.T) {
	zips, zctas := data+"us_zip_city_state_centroid.csv.gz", data+"us_zcta_centroids_2021.csv.gz"
	if _, err := os.Stat(zips); err != nil {
		t.Skip("the source lists are not here; the table stays unchecked against them")
	}
	out := filepath.Join(t.TempDir(), "zip.csv.gz")
	if err := run(zips, zctas, out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text(t, out), text(t, "../zip.csv.gz")) {
		t.Error("zip.csv.gz is not what gen makes of its sources: run gen again")
	}
}

func TestWhereTheSourcesDisagreeTheRestOfTheCityDecides(t *testing.T) {
	anchorage, tundra := point{61.2, -149.9}, point{70, -158}
	places := []place{
		{"99501", "Anchorage", "AK", anchorage},
		{"99503", "Anchorage", "AK", anchorage},
		{"99504", "Anchorage", "AK", tundra},
		{"99505", "JBER", "AK", tundra},
		{"99506", "Elsewhere", "AK", tundra},
	}
	join(places, map[string]point{
		"99501": {61.3, -149.8}, // agrees: the Census point is taken
		"99503": tundra,         // the list is nearer to 99501
		"99504": anchorage,      // the Census is nearer to 99501
		"99505": anchorage,      // nothing to compare: the Census point
	})
	for i, want := range []point{{61.3, -149.8}, anchorage, anchorage, anchorage, tundra} {
		if places[i].at != want {
			t.Errorf("%s stands at %v, want %v", places[i].zip, places[i].at, want)
		}
	}
}

func text(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
