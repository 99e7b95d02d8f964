package main

import "testing"

func TestCityNamesAreWrittenAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"San Francisco":  "San Francisco",
		"Mcallen":        "McAllen",
		"Mc Kenzie":      "McKenzie",
		"Melcher-dallas": "Melcher-Dallas",
		"At&t":           "At&T",
		"O Fallon":       "O'Fallon",
		"Port O Connor":  "Port O'Connor",
		"D Hanis":        "D'Hanis",
		"Round O":        "Round O",
		"Land O Lakes":   "Land O' Lakes",
		"Lackland A F B": "Lackland AFB",
		"Dover Afb":      "Dover AFB",
		"Apo":            "APO",
		"Mary D":         "Mary D",
	} {
		if got := cityName(in); got != want {
			t.Errorf("cityName(%q) = %q, want %q", in, got, want)
		}
	}
}
