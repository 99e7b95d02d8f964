package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadObject holds ReadObject against encoding/json: the same bodies are JSON, and the same values are in them,
// NUL apart.
func FuzzReadObject(f *testing.F) {
	f.Add([]byte(contactBody))
	f.Fuzz(func(t *testing.T, body []byte) {
		plain := bytes.TrimPrefix(body, []byte(objectBOM))
		o, err := ReadObject(body)
		if valid := json.Valid(plain); !errors.Is(err, ErrLimit) && valid != (err == nil || errors.Is(err, ErrNotObject)) {
			t.Fatalf("valid = %v, but %v", valid, err)
		}
		if err != nil {
			if o != nil {
				t.Fatal("an object and an error")
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(plain))
		dec.UseNumber()
		var want map[string]any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		mended, comparable := withoutNUL(want)
		got := make(map[string]any, o.Len())
		for _, key := range o.Keys() {
			text := o.JSON(key)
			if !json.Valid(text) || bytes.Contains(text, []byte(`\u0000`)) && !bytes.Contains(text, []byte(`\\u0000`)) {
				t.Fatalf("JSON of %q is %q", key, text)
			}
			got[key] = o.Value(key)
			o.List(key, ",;")
			o.Objects(key)
			o.Int(key)
			o.Bool(key)
			o.TextMax(key, 3)
		}
		if comparable {
			if diff := cmp.Diff(mended, any(got)); diff != "" {
				t.Fatalf("values (-want +got):\n%s", diff)
			}
		}
		o.Fold(strings.ToLower)
		o.Ignore()
		if len(o.Rest()) != 0 || len(o.Warnings()) > maxWarnings+1 {
			t.Fatalf("%d members left, %d warnings", len(o.Rest()), len(o.Warnings()))
		}
	})
}

// withoutNUL replaces NUL in every text of v. It is false if a name has NUL: mended, it may be equal to another, and
// which of the two came last is lost in a map.
func withoutNUL(v any) (any, bool) {
	all := true
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "\uFFFD"), true
	case []any:
		for i := range v {
			inner, ok := withoutNUL(v[i])
			v[i], all = inner, all && ok
		}
	case map[string]any:
		for key := range v {
			inner, ok := withoutNUL(v[key])
			v[key], all = inner, all && ok && !strings.Contains(key, "\x00")
		}
	}
	return v, all
}
