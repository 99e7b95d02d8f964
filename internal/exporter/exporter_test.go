package exporter_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/exporter"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/norm"
)

// naughty gives texts that break programs: the big list where it is at hand, a
// few of our own always. NUL is not among them; the doors take it out.
func naughty(t *testing.T) []string {
	t.Helper()
	all := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝x", "'", "''=", "\"", "\"\"", "a;=b", "a,\"-b\"", "a\r\nb", "a\rb", "a\nBEGIN:VCARD\nEND:VCARD", "x\\n", `\`, `\\;`, "\u2028", "\ufeffx", "\u0085",
		"\x01\x1f\x7f", "Ω≈ç√∫", "田中さん", "👩🏽‍💻", "Ẓ̴̌a̷l̶g̵o̴", "\u202etest", "<script>alert(1)</script>", "'; DROP TABLE contacts;--", strings.Repeat("long é ", 500), "[1]", "{}", "null", "true", "0", " blanks ", "\u00a0"}
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "names", "blns.json"))
	if err != nil {
		t.Log("the Big List of Naughty Strings is not beside this repository: only Foyer's own are used")
		return all
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0) {
			all = append(all, s)
		}
	}
	return all
}

// actor is somebody of the first location.
func actor(f *foyertest.F) crm.Actor {
	return crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test", CredentialID: "key", UserID: f.Credentials.User.ID}
}

func write(t *testing.T, f *foyertest.F, do func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Write(t.Context(), f.Credentials.LocationID, do); err != nil {
		t.Fatal(err)
	}
}

// fill puts one contact for each text into the location, with the text in every
// field that takes one, and one of everything that belongs to a contact.
func fill(t *testing.T, f *foyertest.F, texts []string) {
	t.Helper()
	by := actor(f)
	const together = 100
	for from := 0; from < len(texts); from += together {
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			for i := from; i < min(from+together, len(texts)); i++ {
				if err := add(ctx, tx, by, i, texts[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	// two who share a phone, the second behind the first
	for range 2 {
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			_, err := crm.SaveContact(ctx, tx, by, crm.Save{AllowDuplicate: true, Input: crm.Input{Contact: crm.Contact{FirstName: "Office", Phones: []crm.Phone{crm.NewPhone("6025550199", "office")}}}})
			return err
		})
	}
}

// merge makes the second of two contacts one with the first.
func merge(t *testing.T, f *foyertest.F) {
	t.Helper()
	write(t, f, func(ctx context.Context, tx *db.Tx) error {
		keep, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, "p0@x.example")
		if err != nil {
			return err
		}
		other, err := crm.ContactByEmail(ctx, tx, f.Credentials.LocationID, "p1@x.example")
		if err != nil {
			return err
		}
		_, err = crm.MergeContacts(ctx, tx, actor(f), keep.ID, other.ID)
		return err
	})
}

func add(ctx context.Context, tx *db.Tx, by crm.Actor, i int, s string) error {
	field, err := crm.CustomFieldNamed(ctx, tx, by, "Budget", "MONETORY")
	if err != nil {
		return err
	}
	colour, err := crm.CustomFieldNamed(ctx, tx, by, "=Favourite, \"colour\"", "TEXT")
	if err != nil {
		return err
	}
	c := crm.Contact{FirstName: s, LastName: s, Name: s, Stage: s, Product: "recruiting", BusinessID: s, CompanyName: s, Address: crm.Address{Line1: s, City: s, State: s, PostalCode: zip(i, s), Country: s}, Website: s, Timezone: s, Source: s,
		Tags: []string{s + "!", "open house"}, CustomFields: map[string]any{field.ID: float64(i) + 0.5, colour.ID: s}}
	c.Emails = []crm.Email{{Address: fmt.Sprintf("p%d@x.example", i)}, {Address: fmt.Sprintf("q%d@x.example", i), Kind: s}}
	c.Phones = []crm.Phone{crm.NewPhone(fmt.Sprintf("(602) 555-%04d", i%10000), "cell"), crm.NewPhone(fmt.Sprintf("602-556-%04d x12", i%10000), "office")}
	n, yes := int64(i), i%2 == 0
	c.DND, c.AssignedTo, c.Followers, c.DateOfBirth = yes, by.UserID, []string{by.UserID}, "1980-01-02"
	c.Details = crm.Details{Gender: s, Language: s, AttorneyName: s, Commission: s, Priority: s, LocationText: s, Referrer: by.UserID, ReferrerNote: s, AgentID: fmt.Sprint("lic-", i), RecruitingStage: s, Bucket: s, ProductionLabel: s,
		ProductionLTM: &n, Rating: &n, ActiveListings: s, AssessmentTaken: &yes, SpouseDateOfBirth: "1981-03-04", HomeAnniversary: "2001-05-06", ReferredAt: "2024-07-08",
		Office:      &crm.Address{Line1: s, City: s, State: s, PostalCode: "85004", Country: s},
		DNDSettings: map[string]crm.DNDRule{"SMS": {Status: "active", Message: s}}, InboundDND: map[string]crm.DNDRule{"Email": {Status: "inactive", Code: s}}, Attribution: map[string]any{"utm": s}}
	saved, err := crm.SaveContact(ctx, tx, by, crm.Save{Input: crm.Input{Contact: c, SetDND: &yes, Properties: []crm.Property{{Key: "k" + s, Data: map[string]any{"address": s, "at": []any{-1.5, "-x"}}}},
		Requirements: []crm.Requirement{{Key: s, Data: map[string]any{"city": s}}}, Links: []crm.Link{{Origin: "liondesk", Scope: "p", ExternalID: fmt.Sprint("idx-", i), SiteID: s}}}})
	if err != nil {
		return err
	}
	if _, err := crm.AddNote(ctx, tx, by, crm.Note{ContactID: saved.Contact.ID, Title: s, Body: s, Color: s, Pinned: yes, UserID: by.UserID}); err != nil {
		return err
	}
	if _, err := crm.AddTask(ctx, tx, by, crm.Task{ContactID: saved.Contact.ID, Title: s, Body: s, AssignedTo: by.UserID, DueAt: time.UnixMilli(1767225600123).UTC(), Completed: yes}); err != nil {
		return err
	}
	_, err = crm.AddActivity(ctx, tx, by, crm.Activity{ContactID: saved.Contact.ID, Type: s, Description: s, SiteID: s, SiteDomain: s, Property: map[string]any{"mls": s}})
	return err
}

// zip is a postal code that is known for every second contact, and a text for
// the others.
func zip(i int, s string) string {
	if i%2 == 0 {
		return "85004"
	}
	return s
}

func export(t *testing.T, f *foyertest.F, format string) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := exporter.Export(t.Context(), f.DB, f.Credentials.LocationID, format, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(t *testing.T, f *foyertest.F, text string) *crm.Import {
	t.Helper()
	r, err := exporter.Read(t.Context(), f.DB, actor(f), strings.NewReader(text), exporter.File{Name: "x.jsonl", Digest: "x", Again: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// came is the event that a contact has more after it came in, and when is what
// says when the file was written and where.
var (
	came = regexp.MustCompile(`,\{"id":"[^"]*","type":"contact.created","at":"[^"]*","origin":"import","credentialId":"[^"]*",("userId":"[^"]*",)?"data":\{"text":"came with an export"\}\}`)
	when = regexp.MustCompile(`"(exportedAt|location)":("[^"]*"|\{[^}]*\}),?`)
)

func TestJSONLinesComeBackAsTheyWere(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		fill(t, f, naughty(t))
		merge(t, f)
		first := export(t, f, "jsonl")
		other := foyertest.New(t) // an export of either database is read into SQLite
		// the other Foyer's boss has the same e-mail address and another id
		boss := strings.NewReplacer(f.Credentials.User.ID, other.Credentials.User.ID)
		r := read(t, other, first)
		if want := int64(strings.Count(first, "\n") - 2); r.Created != want || r.Refused > 0 || r.Matched != 0 {
			t.Fatalf("of %d contacts: %+v", want, r)
		}
		again := export(t, other, "jsonl")
		was, is := strings.Split(when.ReplaceAllString(boss.Replace(first), ""), "\n"), strings.Split(when.ReplaceAllString(came.ReplaceAllString(again, ""), ""), "\n")
		if len(was) != len(is) {
			t.Fatalf("%d lines became %d", len(was), len(is))
		}
		for i := range was {
			if diff := cmp.Diff(decoded(t, was[i]), decoded(t, is[i])); diff != "" {
				t.Fatalf("line %d is not as it was:\n%s", i+1, diff)
			}
		}
		// a second time nothing happens
		if r := read(t, other, first); r.Created != 0 || r.Refused > 0 {
			t.Errorf("the second reading: %+v", r)
		}
		if third := export(t, other, "jsonl"); when.ReplaceAllString(third, "") != when.ReplaceAllString(again, "") {
			t.Error("the second reading changed something")
		}
	})
}

func decoded(t *testing.T, line string) (v any) {
	t.Helper()
	if line != "" {
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
	}
	return v
}

// Whoever came with an export is found as before: by e-mail, phone, agent id, a
// partner's id and words.
func TestWhoCameWithAnExportIsFound(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		source := foyertest.New(t)
		fill(t, source, []string{"Ana", "Ben"})
		read(t, f, export(t, source, "jsonl"))
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			l := f.Credentials.LocationID
			for i, name := range []string{"Ana", "Ben"} {
				byEmail, err := crm.ContactByEmail(ctx, tx, l, fmt.Sprintf("Q%d@x.example", i))
				if err != nil || byEmail == nil || byEmail.FirstName != name {
					t.Errorf("%s by e-mail: %v %v", name, byEmail, err)
				}
				if c, err := crm.ContactByPhone(ctx, tx, l, fmt.Sprintf("602555%04d", i)); err != nil || c == nil || c.FirstName != name {
					t.Errorf("%s by phone: %v %v", name, c, err)
				}
				if id, err := crm.LinkedContact(ctx, tx, l, "liondesk", "p", fmt.Sprint("idx-", i)); err != nil || id != byEmail.ID {
					t.Errorf("%s by a partner's id: %q %v", name, id, err)
				}
				if c, err := crm.ContactByNumber(ctx, tx, l, byEmail.Number); err != nil || c.ID != byEmail.ID {
					t.Errorf("%s by number: %v %v", name, c, err)
				}
				list, _, err := crm.Contacts(ctx, tx, l, crm.Query{Text: name, Limit: 9}, false)
				if err != nil || len(list) != 1 {
					t.Errorf("%s by name: %d %v", name, len(list), err)
				}
			}
			owner, err := crm.ContactByPhone(ctx, tx, l, "6025550199")
			if err != nil || owner == nil {
				t.Fatal(owner, err)
			}
			list, _, err := crm.Contacts(ctx, tx, l, crm.Query{Text: "office", Limit: 9}, false)
			if err != nil || len(list) != 2 || list[1].ID != owner.ID {
				t.Errorf("the first of two who share a phone does not own it: %v %v", list, err)
			}
			return nil
		})
	})
}

// A second location of one database takes the export too; where the numbers are
// taken the contacts get new ids.
func TestAnExportGoesIntoALocationNextDoor(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		fill(t, f, []string{"Ana", "Ben"})
		theirs := f.Neighbour(t)
		r, err := exporter.Read(t.Context(), f.DB, crm.Actor{LocationID: theirs["locationId"], Origin: "import"}, strings.NewReader(export(t, f, "jsonl")), exporter.File{}, nil)
		if err != nil || r.Created != 4 {
			t.Fatalf("%+v %v", r, err)
		}
		if err := f.DB.Read(t.Context(), theirs["locationId"], func(ctx context.Context, tx *db.Tx) error {
			c, err := crm.ContactByEmail(ctx, tx, theirs["locationId"], "p1@x.example")
			if err != nil || c == nil {
				return fmt.Errorf("%v %w", c, err)
			}
			notes, err := crm.Notes(ctx, tx, c.LocationID, c.ID)
			history, e := crm.Events(ctx, tx, c.LocationID, c.ID, "", 99)
			if len(notes) != 1 || len(history) < 6 {
				t.Errorf("%d notes, %d events", len(notes), len(history))
			}
			return errors.Join(err, e)
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWhatIsNoWholeExportIsRefused(t *testing.T) {
	f := foyertest.New(t)
	fill(t, f, []string{"Ana", "Ben"})
	whole := export(t, f, "jsonl")
	other := foyertest.New(t)
	try := func(text string) (*crm.Import, error) {
		return exporter.Read(t.Context(), other.DB, actor(other), strings.NewReader(text), exporter.File{Digest: text}, nil)
	}
	for _, text := range []string{"", "{}", "firstName,lastName\r\n", `{"foyer":"export","version":2}`} {
		if _, err := try(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	lines := strings.SplitAfter(whole, "\n")
	if r, err := try(strings.Join(lines[:2], "")); !errors.Is(err, exporter.ErrCutOff) || r.Created != 1 {
		t.Errorf("cut off: %+v %v", r, err)
	}
	long := `{"contact":{"firstName":"` + strings.Repeat("x", 70_000) + `"}}` + "\n"
	r, err := try(lines[0] + long + "rubbish\n" + `{"contact":{"firstName":"a\u0000"}}` + "\n" + `{"contact":{"firstName":"a\\u0000"}}` + "\n" + `{"more":1}` + "\n" + lines[len(lines)-2])
	if err != nil || r.Created != 1 || r.Refused != 3 {
		t.Errorf("%+v %v", r, err)
	}
}

// A reading that is interrupted goes on where it stopped, and one that is
// finished is not repeated by mistake.
func TestAReadingGoesOnWhereItStopped(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		source := foyertest.New(t)
		var names []string
		for i := range 250 {
			names = append(names, fmt.Sprint("Person", i))
		}
		fill(t, source, names)
		text := export(t, source, "jsonl")
		ctx, stop := context.WithCancel(t.Context())
		file := exporter.File{Name: "x", Digest: "x"}
		first, err := exporter.Read(ctx, f.DB, actor(f), strings.NewReader(text), file, func(int64) { stop() })
		if !errors.Is(err, context.Canceled) || first.Created == 0 || first.Created == 252 {
			t.Fatalf("%+v %v", first, err)
		}
		second, err := exporter.Read(t.Context(), f.DB, actor(f), strings.NewReader(text), file, nil)
		if err != nil || second.ID != first.ID || second.Created != 252 || second.Matched != 0 || second.State != crm.ImportDone {
			t.Fatalf("%+v %v", second, err)
		}
		if n := strings.Count(export(t, f, "jsonl"), "\n"); n != 254 {
			t.Errorf("%d lines", n)
		}
		if _, err := exporter.Read(t.Context(), f.DB, actor(f), strings.NewReader(text), file, nil); !errs.Is(err, errs.Conflict) {
			t.Errorf("the second time: %v", err)
		}
	})
}

// What a spreadsheet opens has no formula, and nothing is lost.
func TestCSVHoldsEverythingAndNoFormula(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		texts := naughty(t)
		fill(t, f, texts)
		text := export(t, f, "csv")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(texts)+3 {
			t.Fatalf("%d rows for %d contacts", len(rows), len(texts)+2)
		}
		risky := regexp.MustCompile("(^|[,;|\"\t\r\n])[=+@\t\r＝＋－＠-]")
		for i, row := range rows[1:] {
			got := map[string]string{}
			for j, cell := range row {
				if risky.MatchString(cell) {
					t.Errorf("line %d, %s: a formula in %q", i+2, rows[0][j], cell)
				}
				got[norm.Undefuse(rows[0][j])] = norm.Undefuse(cell)
			}
			if exact := got["exact"]; exact != "" {
				var m map[string]string
				if err := json.Unmarshal([]byte(exact), &m); err != nil {
					t.Fatal(err)
				}
				for k, v := range m {
					got[k] = v
				}
			}
			if i >= len(texts) {
				continue
			}
			s := texts[i]
			for _, column := range []string{"firstName", "lastName", "stage", "companyName", "address1", "city", "country", "gender", "bucket", `custom:=Favourite, "colour"`} {
				if got[column] != s {
					t.Errorf("%s of %q is %q", column, s, got[column])
				}
			}
			var notes []struct{ Body, Title string }
			if err := json.Unmarshal([]byte(got["notes"]), &notes); err != nil || len(notes) != 1 || notes[0].Body != s || notes[0].Title != s {
				t.Errorf("the notes of %q are %s", s, got["notes"])
			}
			var custom map[string]any
			if err := json.Unmarshal([]byte(got["customFields"]), &custom); err != nil || custom["Budget"] != float64(i)+0.5 {
				t.Errorf("the custom fields of %q are %s", s, got["customFields"])
			}
			for _, column := range []string{"tasks", "activities", "properties", "requirements", "links", "history", "phones", "emails", "office"} {
				if !json.Valid([]byte(got[column])) {
					t.Errorf("%s of %q: %s", column, s, got[column])
				}
			}
		}
	})
}

// A card is lines of at most 75 bytes, and no text makes a line of its own.
func TestCardsHoldEverything(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		texts := naughty(t)
		fill(t, f, texts)
		text := export(t, f, "vcf")
		for _, l := range strings.Split(text, "\r\n") {
			if len(l) > 75 || strings.ContainsAny(l, "\r\n") || !utf8.ValidString(l) {
				t.Fatalf("a line of %d bytes: %q", len(l), l)
			}
		}
		cards := strings.Split(strings.ReplaceAll(text, "\r\n ", ""), "BEGIN:VCARD\r\n")[1:]
		if len(cards) != len(texts)+2 {
			t.Fatalf("%d cards for %d contacts", len(cards), len(texts)+2)
		}
		for i, card := range cards[:len(texts)] {
			values := map[string]string{}
			for _, l := range strings.Split(card, "\r\n") {
				name, value, _ := strings.Cut(l, ":")
				values[name] = value
			}
			if values["VERSION"] != "4.0" || values["FN"] == "" || values["END"] != "VCARD" {
				t.Fatalf("card %d: %s", i, card)
			}
			var rest map[string]string
			if err := json.Unmarshal([]byte(unescape(values["X-FOYER"])), &rest); err != nil {
				t.Fatalf("%v in %s", err, values["X-FOYER"])
			}
			n := strings.Split(strings.NewReplacer(`\\`, "\x00", `\;`, "\x01").Replace(values["N"]), ";")
			for column, carried := range map[string]string{"firstName": n[1], "lastName": n[0]} {
				got, is := rest[column]
				if !is {
					got = unescape(strings.NewReplacer("\x00", `\\`, "\x01", `\;`).Replace(carried))
				}
				if got != texts[i] {
					t.Errorf("%s of %q is %q", column, texts[i], got)
				}
			}
			if rest["bucket"] != texts[i] {
				t.Errorf("the bucket of %q is %q", texts[i], rest["bucket"])
			}
			for _, column := range []string{"notes", "tasks", "activities", "history", "customFields"} {
				if !json.Valid([]byte(rest[column])) {
					t.Errorf("%s of %q: %q", column, texts[i], rest[column])
				}
			}
		}
	})
}

// unescape reads a text value of vCard.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i++; s[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Contacts of another location are in no export.
func TestAnExportIsOfOneLocation(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		theirs := f.Neighbour(t)
		fill(t, f, []string{"Mine"})
		for _, format := range exporter.Formats {
			var b bytes.Buffer
			n, err := exporter.Export(t.Context(), f.DB, theirs["locationId"], format, &b, nil)
			if err != nil || n != 0 || strings.Contains(b.String(), "Mine") {
				t.Errorf("%s: %d contacts, %v", format, n, err)
			}
			if _, err := exporter.Export(t.Context(), f.DB, "nowhere", format, &b, nil); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s of no location: %v", format, err)
			}
		}
	})
}
