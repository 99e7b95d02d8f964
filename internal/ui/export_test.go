package ui

// Screen is a page of a location, for the tests.
type Screen struct {
	Method, Path, Needs string
	Admin               bool
}

// Screens are all pages of a location.
func Screens() (all []Screen) {
	for _, s := range screens() {
		all = append(all, Screen{s.method, placePath + s.path, s.needs, s.admin})
	}
	return all
}
