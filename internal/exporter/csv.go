package exporter

import (
	"strings"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/norm"
)

// table writes CSV. encoding/csv would leave the quotes off where a program that
// splits at another separator needs them.
type table struct{ columns []column }

func newTable(h *head) *table { return &table{columns(h.fields)} }

func (t *table) begin(b []byte) ([]byte, error) {
	for _, c := range t.columns {
		b = append(cell(b, c.name), ',')
	}
	return append(cell(b, "exact"), "\r\n"...), nil
}

func (t *table) contact(b []byte, w *crm.Whole) ([]byte, error) {
	r := recordOf(w)
	var exact map[string]string
	for _, c := range t.columns {
		text, err := c.cell(w, r)
		if err != nil {
			return b, err
		}
		if fragile(text) {
			if exact == nil {
				exact = map[string]string{}
			}
			exact[c.name] = text
		}
		b = append(cell(b, text), ',')
	}
	if exact != nil {
		text, err := jsonCell(exact)
		if err != nil {
			return b, err
		}
		b = cell(b, text)
	}
	return append(b, "\r\n"...), nil
}

func (*table) end(b []byte, _ int64) ([]byte, error) { return b, nil }

// cell adds a cell, in quotes unless it is empty.
func cell(b []byte, text string) []byte {
	if text == "" {
		return b
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(norm.Defuse(text), `"`, `""`)...)
	return append(b, '"')
}

// fragile reports whether a text has characters that programs change on its way
// through a file of lines.
func fragile(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7F {
			return true
		}
	}
	return strings.Contains(text, "\u0085") || strings.Contains(text, "\u2028") || strings.Contains(text, "\u2029") || strings.HasPrefix(text, "\ufeff")
}
