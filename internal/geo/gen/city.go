package main

import (
	"regexp"
	"strings"
)

var (
	capital  = regexp.MustCompile(`[-&/][a-z]`)
	mac      = regexp.MustCompile(`\bMc ?[A-Za-z]`)
	prefix   = regexp.MustCompile(`\b(O|D) ([A-Z][a-z])`)
	initials = regexp.MustCompile(`\b[A-Z]( [A-Z])+\b`)
	acronym  = regexp.MustCompile(`\b(Afb|Apo|Fpo|Dpo|Jber|Nas|Nawc)\b`)
)

// cityName undoes what the list's own title-casing did to the Postal Service's
// capital letters: Mc Allen, O Fallon, Melcher-dallas, Apo, Lackland A F B.
func cityName(s string) string {
	s = capital.ReplaceAllStringFunc(s, strings.ToUpper)
	s = acronym.ReplaceAllStringFunc(s, strings.ToUpper)
	s = mac.ReplaceAllStringFunc(s, func(m string) string {
		return "Mc" + strings.ToUpper(m[len(m)-1:])
	})
	s = initials.ReplaceAllStringFunc(s, func(m string) string {
		return strings.ReplaceAll(m, " ", "")
	})
	if s == "Land O Lakes" { // here O means "of", and belongs to neither side
		return "Land O' Lakes"
	}
	return prefix.ReplaceAllString(s, "$1'$2")
}
