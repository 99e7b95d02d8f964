package highlevel_test

import "encoding/json"

// same reports whether two values are the same JSON.
func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
