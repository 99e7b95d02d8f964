package crm

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// custom compares a custom field. Its value is a scalar, a list of them, or an
// object of which one member can be named.
func (b *filterText) custom(f *Filter, path string) (string, error) {
	id, option, nested := strings.Cut(path, ".")
	if !plainName(id) || nested && !plainName(option) {
		return "", badFilter(f, "choice")
	}
	at := b.mark(id)
	sqlite, postgres := `'$."' || `+at+` || '"`, `custom_fields -> CAST(`+at+` AS TEXT)`
	if nested {
		at = b.mark(option)
		sqlite, postgres = sqlite+`."' || `+at+` || '"`, postgres+` -> CAST(`+at+` AS TEXT)`
	}
	sqlite += `'`
	if f.Op == FieldExists {
		return `COALESCE(/*sqlite custom_fields -> (` + sqlite + `)*/ /*postgres ` + postgres + `*/, 'null') NOT IN ('null', '""', '[]', '{}')`, nil
	}
	condition, err := b.element(f)
	if err != nil {
		return "", err
	}
	return `EXISTS (SELECT 1 FROM /*sqlite json_each(custom_fields, ` + sqlite + `) AS e*/ /*postgres jsonb_path_query(` + postgres + `, 'lax $[*]') AS e(value)*/ WHERE ` +
		condition + ` /*sqlite AND json_type(custom_fields, ` + sqlite + `) <> 'object'*/)`, nil
}

// The text of a JSON element that is a text or a truth, in lower case, and the
// number of one that is a number; NULL for others.
const (
	elementText = `/*sqlite CASE e.type WHEN 'text' THEN lower(e.atom) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' END*/` +
		`/*postgres CASE WHEN jsonb_typeof(e.value) IN ('string', 'boolean') THEN lower((e.value #>> '{}') COLLATE "C") END*/`
	elementNumber = `/*sqlite CASE WHEN e.type IN ('integer', 'real') THEN e.atom END*/` +
		`/*postgres CASE jsonb_typeof(e.value) WHEN 'number' THEN CAST(e.value #>> '{}' AS NUMERIC) END*/`
)

// element is the condition on one element of a custom field.
func (b *filterText) element(f *Filter) (string, error) {
	switch f.Op {
	case FieldContains:
		return "/*sqlite instr*/ /*postgres strpos*/(" + elementText + ", " + b.mark(asciiLower(f.Value)) + ") > 0", nil
	case FieldEquals:
		sql := elementText + " = " + b.mark(asciiLower(f.Value))
		if n, ok := decimal(f.Value); ok {
			sql = "(" + sql + " OR " + elementNumber + " = " + b.number(n) + ")"
		}
		return sql, nil
	}
	var parts []string
	for _, bound := range f.Bounds {
		if !slices.Contains(boundOps, bound.Op) {
			return "", badFilter(f, "format")
		}
		switch at := bound.Value.(type) {
		case float64:
			parts = append(parts, elementNumber+" "+bound.Op+" "+b.number(at))
		case string:
			parts = append(parts, elementText+" "+bound.Op+" "+b.mark(asciiLower(at)))
		default:
			return "", badFilter(f, "format")
		}
	}
	if len(parts) == 0 {
		return "", badFilter(f, "format")
	}
	return strings.Join(parts, " AND "), nil
}

// number writes a number so that both databases read the same one.
func (b *filterText) number(n float64) string {
	return "CAST(CAST(" + b.mark(strconv.FormatFloat(n, 'f', -1, 64)) + " AS TEXT) AS NUMERIC)"
}

// decimal reads a number as JSON writes it.
func decimal(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0) && strings.Trim(s, "0123456789+-.eE") == ""
}

// plainName reports whether s can be part of a JSON path as it is.
func plainName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") == ""
}
