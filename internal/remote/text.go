package remote

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text gives a value of a field as text: "" for none, a list with commas.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case []any, []string:
		return strings.Join(Texts(v), ",")
	case float64, float32:
		text, _ := json.Marshal(v)
		return string(text)
	}
	return fmt.Sprint(v)
}

// Texts gives a value of a field as a list of texts; of a text with commas its
// parts.
func Texts(v any) (list []string) {
	add := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			add(Text(one))
		}
	case []string:
		for _, one := range v {
			add(one)
		}
	default:
		for _, one := range strings.Split(Text(v), ",") {
			add(one)
		}
	}
	return list
}
