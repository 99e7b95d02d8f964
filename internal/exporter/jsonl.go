package exporter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
)

// What the first line of an export says of the file. A reader refuses a higher
// version.
const (
	kind    = "export"
	version = 1
)

// firstLine says what the file is.
type firstLine struct {
	Foyer        string        `json:"foyer"`
	Version      int           `json:"version"`
	Location     place         `json:"location"`
	ExportedAt   time.Time     `json:"exportedAt"`
	CustomFields []customField `json:"customFields"`
	Users        []user        `json:"users"`
}

type place struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type customField struct {
	ID        string      `json:"id"`
	Key       string      `json:"key"`
	Name      string      `json:"name"`
	DataType  string      `json:"dataType"`
	Options   []string    `json:"options,omitempty"`
	Model     string      `json:"model,omitempty"`
	Display   crm.Display `json:"display,omitzero"`
	CreatedAt time.Time   `json:"createdAt"`
}

type user struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// lastLine says that the file is whole.
type lastLine struct {
	End *total `json:"end"`
}

type total struct {
	Contacts int64 `json:"contacts"`
}

// lines writes JSON lines.
type lines struct {
	head   *head
	buffer bytes.Buffer
}

func (l *lines) begin(b []byte) ([]byte, error) {
	h := l.head
	return l.line(b, firstLine{
		Foyer: kind, Version: version, Location: place{h.location.ID, h.location.Name}, ExportedAt: h.at,
		CustomFields: append([]customField{}, each(h.fields, func(f *crm.CustomField) customField {
			return customField{f.ID, f.Key, f.Name, f.DataType, f.Options, f.Model, f.Display, f.CreatedAt}
		})...),
		Users: append([]user{}, each(h.users, func(u *crm.User) user { return user{u.ID, u.Email, u.FullName()} })...),
	})
}

func (l *lines) contact(b []byte, w *crm.Whole) ([]byte, error) { return l.line(b, recordOf(w)) }

func (l *lines) end(b []byte, contacts int64) ([]byte, error) {
	return l.line(b, lastLine{&total{contacts}})
}

func (l *lines) line(b []byte, v any) ([]byte, error) {
	l.buffer.Reset()
	e := json.NewEncoder(&l.buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return b, fmt.Errorf("writing JSON: %w", err)
	}
	return append(b, l.buffer.Bytes()...), nil
}
