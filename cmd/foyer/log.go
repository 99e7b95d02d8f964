package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/wire"
)

type logCommand struct {
	List          logList          `cmd:"" default:"withargs" help:"List requests, the newest first."`
	Show          logShow          `cmd:"" help:"Show one request with its body and warnings."`
	Export        logExport        `cmd:"" help:"Write requests as CSV or JSON lines."`
	Replay        logReplay        `cmd:"" help:"Send a request through its door again, after whatever was wrong is put right."`
	Notifications logNotifications `cmd:"" help:"List whom Foyer told of new leads, and whether the mail went out."`
}

// logFilter is on the commands that select requests.
type logFilter struct {
	admin
	Location string        `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Door     string        `help:"Only those by a door: radius, liondesk, brokerkit, highlevel." enum:",radius,liondesk,brokerkit,highlevel" default:"" placeholder:"DOOR"`
	Result   string        `help:"Only those with a result: created, updated, matched, noted, 'dry run', refused." enum:",created,updated,matched,noted,dry run,refused" default:"" placeholder:"RESULT"`
	Contact  string        `help:"Only those about a contact, by id." placeholder:"ID"`
	Since    time.Duration `help:"Only those of the last while, as 24h." placeholder:"DURATION"`
	Warned   bool          `help:"Only those with warnings."`
	Limit    int           `help:"At most so many." default:"50" placeholder:"N"`
	Stranger bool          `help:"Those that came without a known key."`
}

func (c *logFilter) entries(o *out) (list []wire.LogEntry, err error) {
	if err := limit(c.Limit); err != nil {
		return nil, err
	}
	if c.Since < 0 {
		return nil, errors.New("--since is a while ago, as 24h, and cannot be negative")
	}
	err = c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		if c.Stranger {
			where = ""
		}
		f := wire.LogFilter{Door: c.Door, Result: c.Result, ContactID: c.Contact, Warned: c.Warned, Limit: c.Limit}
		if c.Since > 0 {
			f.Since = time.Now().Add(-c.Since)
		}
		list, err = wire.Log(ctx, tx, where, f)
		return err
	})
	return list, err
}

// limit refuses a --limit that no list can keep.
func limit(n int) error {
	if n < 1 {
		return errors.New("--limit is a number from 1 on")
	}
	return nil
}

// logLine is an entry as the command line shows it.
type logLine struct {
	ID         string         `json:"id"`
	At         time.Time      `json:"at"` // UTC
	Door       string         `json:"door"`
	Credential string         `json:"credentialId"`
	Address    string         `json:"address"`
	RequestID  string         `json:"requestId"`
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	Status     int64          `json:"status"`
	Result     string         `json:"result"`
	ContactID  string         `json:"contactId,omitempty"`
	Reason     string         `json:"reason,omitempty"`
	ReplayOf   string         `json:"replayOf,omitempty"`
	Warnings   []wire.Warning `json:"warnings"`
	Body       string         `json:"body"`
}

func lineOfEntry(e *wire.LogEntry) logLine {
	l := logLine{e.ID, e.At(), e.Door, e.CredentialID, e.Address, e.RequestID, e.Method, e.Path, e.Status, e.Result, e.ContactID, e.Reason, e.ReplayOf, e.Warnings, e.Body}
	if l.Warnings == nil {
		l.Warnings = []wire.Warning{}
	}
	return l
}

func (l logLine) row() []string {
	about := l.ContactID
	if l.Reason != "" {
		about = l.Reason
	}
	warned := ""
	if n := len(l.Warnings); n > 0 {
		warned = fmt.Sprintf("%d warned", n)
	}
	return []string{l.ID, l.At.Format(time.DateTime), l.Door, strconv.FormatInt(l.Status, 10), l.Result, about, warned}
}

const logHead = "ID\tTIME (UTC)\tDOOR\tSTATUS\tRESULT\tCONTACT OR REASON\tWARNINGS"

type logList struct{ logFilter }

// Run lists the import log.
func (c *logList) Run(o *out) error {
	list, err := c.entries(o)
	if err != nil {
		return err
	}
	lines, rows := []logLine{}, [][]string{}
	for i := range list {
		l := lineOfEntry(&list[i])
		lines, rows = append(lines, l), append(rows, l.row())
	}
	return c.show(o, lines, logHead, rows...)
}

type logShow struct {
	admin
	ID       string `arg:"" help:"Which request, by its id in the log."`
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run shows one entry.
func (c *logShow) Run(o *out) error {
	var l logLine
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		e, err := logEntry(ctx, tx, c.Location, c.ID)
		if err == nil {
			l = lineOfEntry(e)
		}
		return err
	}); err != nil {
		return err
	}
	rows := [][]string{{"id", l.ID}, {"time", l.At.Format(time.RFC3339Nano)}, {"door", l.Door}, {"credential", l.Credential}, {"address", l.Address}, {"request", l.Method + " " + l.Path},
		{"status", strconv.FormatInt(l.Status, 10)}, {"result", l.Result}, {"contact", l.ContactID}, {"reason", l.Reason}}
	for _, w := range l.Warnings {
		rows = append(rows, []string{"warning", w.Field + ": " + w.Message})
	}
	return c.show(o, l, "", append(rows, []string{"body", l.Body})...)
}

func logEntry(ctx context.Context, tx *db.Tx, location, entryID string) (*wire.LogEntry, error) {
	where, err := locationOr(ctx, tx, location)
	if err != nil {
		return nil, err
	}
	list, err := wire.Log(ctx, tx, where, wire.LogFilter{ID: entryID, Limit: 1})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("there is no request %s in the import log of this location", entryID)
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

type logExport struct {
	logFilter
	Format string `help:"csv or jsonl." enum:"csv,jsonl" default:"csv"`
}

// Run exports entries to standard output.
func (c *logExport) Run(o *out) error {
	list, err := c.entries(o)
	if err != nil {
		return err
	}
	if c.Format == "jsonl" {
		e := json.NewEncoder(o.stdout)
		e.SetEscapeHTML(false)
		for i := range list {
			if err := e.Encode(lineOfEntry(&list[i])); err != nil {
				return err
			}
		}
		return nil
	}
	w := csv.NewWriter(o.stdout)
	_ = w.Write([]string{"id", "time", "door", "credential", "address", "method", "path", "status", "result", "contact", "reason", "warnings", "body"})
	for i := range list {
		l := lineOfEntry(&list[i])
		warnings, err := json.Marshal(l.Warnings)
		if err != nil {
			return err
		}
		row := []string{l.ID, l.At.Format(time.RFC3339Nano), l.Door, l.Credential, l.Address, l.Method, l.Path, strconv.FormatInt(l.Status, 10), l.Result, l.ContactID, l.Reason, string(warnings), l.Body}
		for i := range row {
			row[i] = defuse(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}

// defuse keeps a spreadsheet from running a cell that came from outside as a
// formula.
func defuse(cell string) string {
	if cell == "" {
		return ""
	}
	switch []rune(cell)[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return "'" + cell
	}
	return cell
}

type logReplay struct {
	admin
	IDs      []string `arg:"" help:"Which requests, by their ids in the log." name:"id"`
	Location string   `help:"Location, by id; the first one if left out." placeholder:"ID"`
}

// Run replays entries, each as the credential it came with.
func (c *logReplay) Run(o *out) (err error) {
	a, err := app.Open(o, app.Config{Store: c.open(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	type replayed struct {
		ID        string `json:"id"`
		Status    int    `json:"status"`
		Result    string `json:"result"`
		ContactID string `json:"contactId,omitempty"`
		Answer    any    `json:"answer"`
	}
	lines, rows := []replayed{}, [][]string{}
	for _, entryID := range c.IDs {
		var e *wire.LogEntry
		if err := a.DB.Read(o, db.System, func(ctx context.Context, tx *db.Tx) (err error) {
			e, err = logEntry(ctx, tx, c.Location, entryID)
			return err
		}); err != nil {
			return err
		}
		answer, err := a.House.Replay(o, e)
		if err != nil {
			return err
		}
		lines = append(lines, replayed{entryID, answer.Status, string(answer.Result), answer.ContactID, answer.Body})
		body, err := json.Marshal(answer.Body)
		if err != nil {
			return err
		}
		rows = append(rows, []string{entryID, strconv.Itoa(answer.Status), string(answer.Result), answer.ContactID, string(body)})
	}
	return c.show(o, lines, "ID\tSTATUS\tRESULT\tCONTACT\tANSWER", rows...)
}

type logNotifications struct {
	admin
	Location string `help:"Location, by id; the first one if left out." placeholder:"ID"`
	Limit    int    `help:"At most so many." default:"50" placeholder:"N"`
}

// Run lists notifications.
func (c *logNotifications) Run(o *out) error {
	type line struct {
		At        time.Time `json:"at"` // UTC
		UserID    string    `json:"userId"`
		Address   string    `json:"address,omitempty"`
		ContactID string    `json:"contactId"`
		Kind      string    `json:"kind"`
		State     string    `json:"state"`
		Error     string    `json:"error,omitempty"`
		SentAt    time.Time `json:"sentAt,omitzero"`
	}
	if err := limit(c.Limit); err != nil {
		return err
	}
	lines, rows := []line{}, [][]string{}
	if err := c.write(o, func(ctx context.Context, tx *db.Tx, _ *auth.Vault) error {
		lines, rows = lines[:0], rows[:0]
		where, err := locationOr(ctx, tx, c.Location)
		if err != nil {
			return err
		}
		list, err := crm.Notifications(ctx, tx, where, c.Limit)
		for _, n := range list {
			lines = append(lines, line{n.CreatedAt, n.UserID, n.Address, n.ContactID, n.Kind, n.State, n.Error, n.SentAt})
			rows = append(rows, []string{n.CreatedAt.Format(time.DateTime), n.UserID, n.ContactID, n.Kind, n.State, n.Error})
		}
		return err
	}); err != nil {
		return err
	}
	return c.show(o, lines, "TIME (UTC)\tUSER\tCONTACT\tWHAT\tSTATE\tERROR", rows...)
}
