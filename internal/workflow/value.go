package workflow

import "github.com/foyer-crm/foyer/internal/document"

// ReadValue reads a part of a document, YAML or JSON, as it stands: maps, lists,
// texts, numbers. What is wrong with it comes as Invalid.
func ReadValue(text string) (any, error) {
	var v any
	f, err := document.Read([]byte(text), []byte("true"), &v)
	if err != nil {
		return nil, err
	}
	return v, f.Err()
}

// FormatValue writes a part of a document as YAML.
func FormatValue(v any) string {
	text, err := document.Format(v, false)
	if err != nil {
		return "" // it was read from a document: it cannot fail
	}
	return string(text)
}
