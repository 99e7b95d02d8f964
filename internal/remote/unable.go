package remote

import "context"

// Unable is what a System that offers little says to all else. It is embedded in
// those, so that each says only what it can.
type Unable struct{ Name string }

func (u Unable) no(what string, kind Kind) error {
	return &Error{Cause: Refused, Text: u.Name + " does not let anybody " + what + " a " + string(kind)}
}

// Changes is not offered.
func (u Unable) Changes(_ context.Context, kind Kind, _ string) (*Page, error) {
	return nil, u.no("list", kind)
}

// Find finds nobody.
func (u Unable) Find(context.Context, string, string) ([]Record, error) { return nil, nil }

// Of is not offered.
func (u Unable) Of(_ context.Context, kind Kind, _ string) ([]Record, error) {
	return nil, u.no("list", kind)
}

// Fetch is not offered.
func (u Unable) Fetch(_ context.Context, kind Kind, _, _ string) (*Record, error) {
	return nil, u.no("read", kind)
}

// Create is not offered.
func (u Unable) Create(_ context.Context, kind Kind, _ Record, _ string) (*Record, error) {
	return nil, u.no("make", kind)
}

// Update is not offered.
func (u Unable) Update(_ context.Context, kind Kind, _ Record, _ string) (*Record, error) {
	return nil, u.no("change", kind)
}

// Delete is not offered.
func (u Unable) Delete(_ context.Context, kind Kind, _, _ string) error {
	return u.no("delete", kind)
}
