package ui

import (
	"archive/zip"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/exporter"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/snapshot"
)

func auditSection() section {
	const path = "/settings/audit"
	return section{name: "Audit log", icon: "history", path: path, page: "audit", admin: true, screens: []screen{{method: get, path: path, do: showAudit}}}
}

// auditData is what the audit log shows.
type auditData struct {
	*frame
	people
	crm.AuditFilter
	Day    string // the last one that is shown
	Things []string
	Lines  []auditLine
	Next   string
}

// auditLine is something that happened, in words.
type auditLine struct {
	crm.Event
	What    string
	About   string // what it was about, in its own words
	Contact string // the name, "" if they are gone
	Lines   []changeLine
}

// Moment is a moment of the log: exact, because it may matter.
func (d *auditData) Moment(at time.Time) string { return at.In(d.zone).Format("Jan 2 2006, 15:04:05") }

// showAudit shows who changed what, and when.
func showAudit(v *visit) error {
	q := v.r.URL.Query()
	d := &auditData{frame: v.frame, AuditFilter: crm.AuditFilter{UserID: q.Get("user"), Thing: q.Get("thing"), Before: q.Get("before")}, Day: q.Get("day"),
		Things: []string{"contact", "note", "task", "appointment", "message", "opportunity", "pipeline", "tag", "custom_field", "user", "location", "calendar", "workflow", "blog_post", "connection"}}
	if day, err := time.ParseInLocation(time.DateOnly, d.Day, v.zone); err == nil && d.Before == "" {
		d.Before = id.At(day.AddDate(0, 0, 1))
	}
	const lines = 60
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if d.Users, err = crm.Members(ctx, tx, v.at()); err != nil {
			return err
		}
		list, next, err := crm.Audit(ctx, tx, v.at(), d.AuditFilter, lines)
		if err != nil {
			return err
		}
		d.Next, d.Lines = next, nil
		var ids []string
		for _, e := range list {
			if e.ContactID != "" {
				ids = append(ids, e.ContactID)
			}
		}
		there, err := crm.ContactsByID(ctx, tx, v.at(), ids)
		if err != nil {
			return err
		}
		for _, e := range list {
			line := auditLine{Event: e, What: eventWords(e.Type), About: e.Data.Text}
			if e.Data.Kind == crm.KindErased {
				line.What = "Person erased"
			}
			if c := there[e.ContactID]; c != nil {
				line.Contact = c.FullName()
			}
			const most = 6
			for _, ch := range e.Data.Changes[:min(len(e.Data.Changes), most)] {
				line.Lines = append(line.Lines, changeLine{ch.Field, auditText(ch.From), auditText(ch.To)})
			}
			d.Lines = append(d.Lines, line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show("audit", "Audit log", d)
}

// auditText is a value as the log shows it: of an address or a number, what is
// written on an envelope.
func auditText(v any) string {
	switch v := v.(type) {
	case []any:
		var all []string
		for _, inner := range v {
			all = append(all, auditText(inner))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		for _, name := range []string{"email", "e164", "raw", "name", "origin"} {
			if s, ok := v[name].(string); ok && s != "" {
				return s
			}
		}
	}
	return valueText(v)
}

// eventWords writes the type of an event as people say it: custom_field.updated is
// Custom field updated.
func eventWords(typ string) string {
	s := strings.NewReplacer("_", " ", ".", " ").Replace(typ)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func dataSection() section {
	const path = "/settings/data"
	return section{name: "Data", icon: "database", path: path, page: "data", admin: true,
		screens: []screen{{method: get, path: path, do: showData}, {method: post, path: path, do: changeData}},
		said:    map[string]string{"erased": "Erased. The logs are gone through now"},
	}
}

// dataData is what the page about the data of the location shows.
type dataData struct {
	*frame
	Text  string        // who is looked for
	Found []crm.Contact // who may be meant
	C     *crm.Contact  // who is to be erased
	Goes  []belonging
}

// belonging is how much of something goes with a person.
type belonging struct {
	Name  string
	Count int64
	More  bool
}

// showData shows how to take everything out, and how to erase a person: first
// looked for, then shown with all that will go.
func showData(v *visit) error {
	q := v.r.URL.Query()
	d := &dataData{frame: v.frame, Text: strings.TrimSpace(q.Get("person"))}
	err := v.read(func(ctx context.Context, tx *db.Tx) (err error) {
		if contactID := q.Get("contact"); contactID != "" {
			if d.C, err = v.mine(ctx, tx, contactID); err != nil {
				return err
			}
			d.Goes, err = goes(ctx, tx, v.at(), d.C.ID)
			return err
		}
		if d.Text != "" {
			const most = 10
			find := words(d.Text)
			d.Found, _, err = crm.ContactsPage(ctx, tx, v.at(), find, crm.Page{Limit: most, Look: contactsLooked})
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.show("data", "Data", d)
}

// goes says in words what goes with a contact.
func goes(ctx context.Context, tx *db.Tx, locationID, contactID string) (list []belonging, err error) {
	all, err := crm.Belongings(ctx, tx, locationID, contactID)
	names := map[string]string{"events": "entries of the history", "messages": "messages", "message_emails": "e-mails", "message_files": "files", "opportunities": "deals", "enrolment_steps": "steps of workflows", "enrolments": "workflows", "links": "ids in other systems", "calendar_busy": ""}
	for _, b := range all {
		name, ok := names[b.What]
		if !ok {
			name = strings.ReplaceAll(b.What, "_", " ")
		}
		if name != "" {
			const most = 1000
			list = append(list, belonging{name, min(b.Count, most), b.Count > most})
		}
	}
	return list, err
}

func changeData(v *visit) error {
	switch v.form("do") {
	case "export":
		return exportAll(v)
	case "erase":
		if v.form("sure") == "" {
			return errs.New(errs.Invalid, "Tick that you are sure: an erasure cannot be undone")
		}
		err := v.write(func(ctx context.Context, tx *db.Tx) error {
			if _, err := v.mine(ctx, tx, v.form("contact")); err != nil {
				return err
			}
			return crm.Erase(ctx, tx, v.Actor, v.form("contact"))
		})
		return v.doneIf(err, "/settings/data", "erased", "")
	}
	return noButton()
}

// exportLife is how long a browser may take to fetch everything.
const exportLife = time.Hour

// exportAll gives everything of the location as one file: the contacts with all
// that belongs to them, as `foyer import` takes them back, and what the location is
// set up with. It is made while it is sent: no copy of people's data stays behind.
func exportAll(v *visit) error {
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(exportLife)) // where it cannot be set, the usual one holds
	var setup snapshot.Setup
	if err := v.p.DB.Read(v.r.Context(), v.at(), func(ctx context.Context, tx *db.Tx) (err error) {
		setup, err = snapshot.Read(ctx, tx, v.at())
		return err
	}); err != nil {
		return err
	}
	h := v.w.Header()
	v.p.secure(h, v.r)
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="foyer-`+v.at()+"-"+v.now.UTC().Format(time.DateOnly)+`.zip"`)
	z := zip.NewWriter(v.w)
	err := writeInto(z, "setup.json", func(w *json.Encoder) error { return w.Encode(setup) })
	if err == nil {
		people, e := z.Create("contacts.jsonl")
		if err = e; err == nil {
			_, err = exporter.Export(v.r.Context(), v.p.DB, v.at(), "jsonl", people, nil)
		}
	}
	if err != nil {
		return nil // the file ends without its end, which every program sees; it is too late for a page
	}
	_ = z.Close() // a browser that has gone wants no file
	return nil
}

func writeInto(z *zip.Writer, name string, write func(*json.Encoder) error) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return write(out)
}
