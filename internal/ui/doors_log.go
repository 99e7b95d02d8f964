package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/wire"
)

// requestLine is a request of the import log with whom it was about.
type requestLine struct {
	wire.LogEntry
	Contact *crm.Contact // nil for nobody, or who is there no more
}

// Outcome is the class that shows how a request ended.
func (l requestLine) Outcome() string {
	switch l.Result {
	case wire.Refused:
		return "warn"
	case "created":
		return "lead"
	case "updated", "noted":
		return "buyer"
	}
	return "plain"
}

// requestLines finds the contacts of requests.
func requestLines(ctx context.Context, tx *db.Tx, v *visit, list []wire.LogEntry) (lines []requestLine, err error) {
	var ids []string
	for i := range list {
		if c := list[i].ContactID; c != "" && !slices.Contains(ids, c) {
			ids = append(ids, c)
		}
	}
	there, err := crm.ContactsNamed(ctx, tx, v.at(), ids)
	for i := range list {
		lines = append(lines, requestLine{list[i], there[list[i].ContactID]})
	}
	return lines, err
}

// outcomes are what becomes of requests.
func outcomes() []string {
	return []string{"created", "updated", "matched", "noted", "dry run", wire.Refused}
}

// logData is what the import log shows.
type logData struct {
	inside
	Doors, Outcomes  []string
	Keys             []auth.Key
	Door, Result     string
	Key, Text        string
	Since, Until     string
	Warned, Filtered bool
	Rows             []requestLine
	Next             string // where it goes on, "" at the end
}

const entriesOnPage = 50

// logList shows the import log.
func logList(v *visit) error {
	q := v.r.URL.Query()
	clean := func(name string) string { return strings.ToValidUTF8(strings.ReplaceAll(q.Get(name), "\x00", ""), "") }
	d := &logData{inside: inside{v.frame, "log"}, Doors: doors(), Outcomes: outcomes(), Door: clean("door"), Result: clean("result"), Key: clean("key"), Text: strings.TrimSpace(clean("q")),
		Since: q.Get("since"), Until: q.Get("until"), Warned: q.Get("warned") != ""}
	f := wire.LogFilter{Door: d.Door, Result: d.Result, CredentialID: d.Key, Text: d.Text, Warned: d.Warned, Before: clean("before"), Limit: entriesOnPage}
	f.Since, _ = time.ParseInLocation(time.DateOnly, d.Since, v.zone) // what is no date says nothing
	if until, err := time.ParseInLocation(time.DateOnly, d.Until, v.zone); err == nil {
		f.Until = until.AddDate(0, 0, 1)
	}
	d.Filtered = d.Door+d.Result+d.Key+d.Text+d.Since+d.Until != "" || d.Warned
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Keys, err = auth.Keys(ctx, tx, v.at(), ""); err != nil {
			return err
		}
		list, next, err := wire.LogPage(ctx, tx, v.at(), f)
		if err != nil {
			return err
		}
		if d.Next = ""; next != "" {
			more := url.Values{}
			for name, values := range q {
				more[name] = values
			}
			more.Set("before", next)
			d.Next = v.Base + "/integrations/log?" + more.Encode()
		}
		d.Rows, err = requestLines(ctx, tx, v, list)
		return err
	})
	if err != nil {
		return err
	}
	return v.show("log", "Import log", d)
}

// entryData is what the page of one request shows.
type entryData struct {
	inside
	requestLine
	Key      *auth.Key // that it came with, nil if it is not known
	Body     string    // to be read
	Whole    int       // its length, if it is more than is shown
	Replays  []requestLine
	Once     string // what keeps a replay from being done twice
	Replayer bool   // it can be replayed
}

// bodyShown is how much of a body is shown, in bytes.
const bodyShown = 100_000

// logEntry shows a request as it came, and what was made of it.
func logEntry(v *visit) error {
	d := &entryData{inside: inside{v.frame, "log"}, Once: id.UUID()}
	err := v.read(func(ctx context.Context, tx *db.Tx) error {
		e, err := wire.EntryByID(ctx, tx, v.at(), v.r.PathValue("entry"))
		if err != nil {
			return err
		}
		again, err := wire.ReplaysOf(ctx, tx, v.at(), e.ID)
		if err != nil {
			return err
		}
		lines, err := requestLines(ctx, tx, v, append([]wire.LogEntry{*e}, again...))
		if err != nil {
			return err
		}
		d.requestLine, d.Replays = lines[0], lines[1:]
		d.Key, err = auth.KeyOf(ctx, tx, v.at(), e.CredentialID)
		if errs.Is(err, errs.NotFound) {
			d.Key, err = nil, nil // a token of an app, or of the whole company
		}
		return err
	})
	if err != nil {
		return err
	}
	d.Body, d.Replayer = readableBody(d.LogEntry.Body), d.CredentialID != "" && slices.Contains(doors(), d.Door)
	if len(d.Body) > bodyShown {
		d.Whole = len(d.Body)
		d.Body = strings.ToValidUTF8(d.Body[:bodyShown], "")
	}
	return v.show("log-entry", "Request", d)
}

// readableBody writes JSON over several lines, and what is none as it is.
func readableBody(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// replayEntry sends a request through its door again. The same page does so once,
// however often its button is pressed.
func replayEntry(v *visit) error {
	once := v.form("once")
	if v.form("do") != "replay" || once == "" || len(once) > 100 {
		return noButton()
	}
	var e *wire.LogEntry
	if err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		e, err = wire.EntryByID(ctx, tx, v.at(), v.r.PathValue("entry"))
		return err
	}); err != nil {
		return err
	}
	a, err := v.p.House.ReplayOnce(v.r.Context(), e, once)
	if err != nil {
		return err
	}
	what := "replayed"
	switch {
	case a.Result == wire.Refused:
		what = "not-replay"
	case a.Header.Get("Idempotent-Replayed") != "":
		what = "replay-once"
	}
	return v.done("/integrations/log/"+e.ID+"#replays", what, 0, "")
}
