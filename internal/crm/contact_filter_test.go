package crm_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/errs"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/norm"
)

// query runs a query and gives what it found and how many there are in all.
func query(t testing.TB, f *foyertest.F, q crm.Query) (list []crm.Contact, total int64) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, total, err = crm.Contacts(ctx, tx, f.Credentials.LocationID, q, true)
		return err
	})
	return list, total
}

// filtered gives the first names of the contacts for which a filter holds.
func filtered(t testing.TB, f *foyertest.F, filter crm.Filter) []string {
	t.Helper()
	q := crm.Query{Limit: 100}
	if err := q.Filter(filter); err != nil {
		t.Fatal(err)
	}
	if err := q.Sort([]crm.Sort{{Field: "firstName"}}, nil); err != nil {
		t.Fatal(err)
	}
	list, total := query(t, f, q)
	names := []string{}
	for _, c := range list {
		names = append(names, c.FirstName)
	}
	if int(total) != len(names) {
		t.Errorf("%d contacts counted, %d listed", total, len(names))
	}
	return names
}

func TestEveryComparisonFindsWhatItSays(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		anna := person("Anna", "Östlund", "Anna.O@x.example", "602-555-0147")
		anna.Phones = append(anna.Phones, crm.NewPhone("+44 20 7946 0018", "office"))
		anna.Tags, anna.Address.City, anna.DateOfBirth = []string{"VIP", "buyer"}, "Köln", "1975-03-24"
		anna.CustomFields = map[string]any{"budget": 850000.0, "color": "Red", "likes": []any{"Pool", "Garden"}, "parts": map[string]any{"one": "First"}, "moved": "2024-05-01"}
		bob := person("Bob", "O'Neil", "bob@y.example", "")
		bob.Tags, bob.Followers, bob.AssignedTo, bob.Address.City, bob.Source = []string{"100%_sure"}, []string{"user1"}, "user1", "phoenix", "Web"
		bob.CustomFields = map[string]any{"budget": "none yet", "likes": []any{}, "color": ""}
		dnd := true
		bob.SetDND = &dnd
		cleo := person("cleo", "", "", "0000000000")
		cleo.Name, cleo.Address.Line1, cleo.CompanyName = "Cleo the Great", `\ "100%"`, "ÉCOLE"
		for _, in := range []crm.Input{anna, bob, cleo} {
			mustSave(t, f, crm.Save{Input: in})
		}
		now := time.Now()
		eq := func(field, value string) crm.Filter { return crm.Filter{Field: field, Value: value} }
		has := func(field, value string) crm.Filter {
			return crm.Filter{Field: field, Op: crm.FieldContains, Value: value}
		}
		exists := func(field string) crm.Filter { return crm.Filter{Field: field, Op: crm.FieldExists} }
		within := func(field string, bounds ...crm.Bound) crm.Filter {
			return crm.Filter{Field: field, Op: crm.FieldWithin, Bounds: bounds}
		}
		not := func(f crm.Filter) crm.Filter { f.Not = true; return f }
		all := []string{"Anna", "Bob", "cleo"}
		for _, c := range []struct {
			name   string
			filter crm.Filter
			want   []string
		}{
			{"the zero value holds for all", crm.Filter{}, all},
			{"an empty group of any holds for nobody", crm.Filter{Any: true}, nil},
			{"text in any case", eq("firstName", "ANNA"), []string{"Anna"}},
			{"not text", not(eq("firstName", "anna")), []string{"Bob", "cleo"}},
			{"other letters than A to Z keep their case", eq("companyName", "école"), nil},
			{"other letters as they are", eq("companyName", "ÉCOLE"), []string{"cleo"}},
			{"a name given as a whole", eq("name", "cleo the great"), []string{"cleo"}},
			{"a name in two parts", eq("name", "bob o'neil"), []string{"Bob"}},
			{"a part of a name", has("name", "A Ö"), []string{"Anna"}},
			{"signs of patterns are letters", has("address1", `100%"`), []string{"cleo"}},
			{"an underscore is no joker", has("address1", "1_0"), nil},
			{"a backslash is a backslash", has("address1", `\ `), []string{"cleo"}},
			{"a tag in any case", eq("tags", "vip"), []string{"Anna"}},
			{"a part of a tag", has("tags", "%_"), []string{"Bob"}},
			{"no such tag", not(eq("tags", "vip")), []string{"Bob", "cleo"}},
			{"tags at all", exists("tags"), []string{"Anna", "Bob"}},
			{"no tags", not(exists("tags")), []string{"cleo"}},
			{"a follower", eq("followers", "user1"), []string{"Bob"}},
			{"ids keep their case", eq("assignedTo", "USER1"), nil},
			{"assigned", exists("assignedTo"), []string{"Bob"}},
			{"an e-mail in any case", eq("email", "ANNA.o@X.example"), []string{"Anna"}},
			{"not an e-mail", not(eq("email", "anna.o@x.example")), []string{"Bob", "cleo"}},
			{"an e-mail that is none", eq("email", "anna"), nil},
			{"a part of an e-mail", has("email", "O@X"), []string{"Anna"}},
			{"any e-mail", exists("email"), []string{"Anna", "Bob"}},
			{"a phone in any notation", eq("phone", "+1 (602) 555 0147"), []string{"Anna"}},
			{"a second phone", eq("phone", "+442079460018"), []string{"Anna"}},
			{"a phone that stands for none", eq("phone", "+10000000000"), []string{"cleo"}},
			{"a part of a phone", has("phone", "+1602"), []string{"Anna"}},
			{"do not disturb", eq("dnd", "true"), []string{"Bob"}},
			{"disturb", eq("dnd", "false"), []string{"Anna", "cleo"}},
			{"dnd is always there", exists("dnd"), all},
			{"since an hour ago", within("createdAt", crm.Bound{Op: ">=", Value: now.Add(-time.Hour)}), all},
			{"before an hour ago", within("createdAt", crm.Bound{Op: "<", Value: now.Add(-time.Hour)}), nil},
			{"between two moments", within("updatedAt", crm.Bound{Op: ">", Value: now.Add(-time.Hour)}, crm.Bound{Op: "<=", Value: now.Add(time.Hour)}), all},
			{"born in a year", within("dateOfBirth", crm.Bound{Op: ">=", Value: "1975-01-01"}, crm.Bound{Op: "<", Value: "1976-01-01"}), []string{"Anna"}},
			{"no date of birth is not early", within("dateOfBirth", crm.Bound{Op: "<", Value: "2100-01-01"}), []string{"Anna"}},
			{"a custom text", eq("customFields.color", "RED"), []string{"Anna"}},
			{"a custom number", eq("customFields.budget", "850000"), []string{"Anna"}},
			{"a custom number written otherwise", eq("customFields.budget", "8.5e5"), []string{"Anna"}},
			{"custom numbers in a range", within("customFields.budget", crm.Bound{Op: ">", Value: 5e5}, crm.Bound{Op: "<=", Value: 850000.0}), []string{"Anna"}},
			{"a text is no number", within("customFields.budget", crm.Bound{Op: ">", Value: -1e300}), []string{"Anna"}},
			{"one of several values", eq("customFields.likes", "garden"), []string{"Anna"}},
			{"a part of one of several", has("customFields.likes", "oo"), []string{"Anna"}},
			{"a custom date", within("customFields.moved", crm.Bound{Op: "<=", Value: "2024-05-01"}), []string{"Anna"}},
			{"a custom field at all", exists("customFields.budget"), []string{"Anna", "Bob"}},
			{"an empty list is nothing", exists("customFields.likes"), []string{"Anna"}},
			{"an empty text is nothing", exists("customFields.color"), []string{"Anna"}},
			{"a custom field nobody has", exists("customFields.none"), nil},
			{"a part of a custom field", eq("customFields.parts.one", "first"), []string{"Anna"}},
			{"an object is no text", has("customFields.parts", "first"), nil},
			{"all of a group", crm.Filter{Of: []crm.Filter{eq("city", "köln"), eq("tags", "buyer")}}, []string{"Anna"}},
			{"any of a group", crm.Filter{Any: true, Of: []crm.Filter{eq("city", "köln"), eq("city", "PHOENIX")}}, []string{"Anna", "Bob"}},
			{"either of two addresses", crm.Filter{Any: true, Of: []crm.Filter{eq("email", "bob@y.example"), eq("phone", "6025550147"), eq("email", "none")}}, []string{"Anna", "Bob"}},
			{"one address and not the other", crm.Filter{Any: true, Of: []crm.Filter{eq("email", "bob@y.example"), not(eq("phone", "6025550147"))}}, []string{"Bob", "cleo"}},
			{"groups in groups", crm.Filter{Of: []crm.Filter{exists("city"), {Any: true, Of: []crm.Filter{eq("source", "web"), eq("source", "fax")}}}}, []string{"Bob"}},
			{"not a group", crm.Filter{Not: true, Any: true, Of: []crm.Filter{eq("city", "köln"), eq("city", "phoenix")}}, []string{"cleo"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				if diff := cmp.Diff(append([]string{}, c.want...), filtered(t, f, c.filter)); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		}
		neighbour := f.Neighbour(t)
		q := crm.Query{Limit: 10}
		if err := q.Filter(eq("email", "bob@y.example")); err != nil {
			t.Fatal(err)
		}
		if err := f.DB.Read(context.Background(), neighbour["locationId"], func(ctx context.Context, tx *db.Tx) error {
			list, total, err := crm.Contacts(ctx, tx, neighbour["locationId"], q, true)
			if len(list) > 0 || total > 0 {
				t.Errorf("a neighbour sees %v", list)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFiltersThatCannotBeMeantAreRefused(t *testing.T) {
	deep := crm.Filter{}
	for range 20 {
		deep = crm.Filter{Of: []crm.Filter{deep}}
	}
	day := []crm.Bound{{Op: ">", Value: "2024-01-01"}}
	for _, c := range []struct {
		filter      crm.Filter
		field, rule string
	}{
		{crm.Filter{Field: "password_hash"}, "password_hash", "choice"},
		{crm.Filter{Field: "city = '' OR 1"}, "city = '' OR 1", "choice"},
		{crm.Filter{Field: `customFields.x"') OR 1`}, `customFields.x"') OR 1`, "choice"},
		{crm.Filter{Field: "customFields."}, "customFields.", "choice"},
		{crm.Filter{Field: "customFields.a.b.c"}, "customFields.a.b.c", "choice"},
		{crm.Filter{Field: "dnd", Value: "perhaps"}, "dnd", "format"},
		{crm.Filter{Field: "dnd", Op: crm.FieldContains}, "dnd", "operator"},
		{crm.Filter{Field: "city", Op: crm.FieldWithin, Bounds: day}, "city", "operator"},
		{crm.Filter{Field: "tags", Op: crm.FieldWithin, Bounds: day}, "tags", "operator"},
		{crm.Filter{Field: "createdAt", Value: "2024-01-01"}, "createdAt", "operator"},
		{crm.Filter{Field: "createdAt", Op: crm.FieldWithin, Bounds: day}, "createdAt", "format"},
		{crm.Filter{Field: "createdAt", Op: crm.FieldWithin}, "createdAt", "format"},
		{crm.Filter{Field: "dateOfBirth", Op: crm.FieldWithin, Bounds: []crm.Bound{{Op: "> '' OR", Value: "x"}}}, "dateOfBirth", "format"},
		{crm.Filter{Field: "customFields.x", Op: crm.FieldWithin, Bounds: []crm.Bound{{Op: "!=", Value: 1.0}}}, "customFields.x", "format"},
		{crm.Filter{Of: make([]crm.Filter, 300)}, "filters", "length"},
		{deep, "filters", "length"},
	} {
		q := crm.Query{}
		e := errs.As(q.Filter(c.filter))
		if e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != c.field || e.Fields[0].Rule != c.rule {
			t.Errorf("%+v: %v, want %s: %s", c.filter, e, c.field, c.rule)
		}
	}
	for _, c := range []struct {
		by    []crm.Sort
		after []any
		field string
	}{
		{[]crm.Sort{{Field: "random()"}}, nil, "sort"},
		{nil, []any{"x"}, "searchAfter"},
		{nil, []any{int64(1), int64(2)}, "searchAfter"},
		{[]crm.Sort{{Field: "email"}}, []any{int64(1), "x"}, "searchAfter"},
		{[]crm.Sort{{Field: "email"}}, []any{"a", "b", "c"}, "searchAfter"},
		{[]crm.Sort{{Field: "updatedAt"}}, []any{nil, "x"}, "searchAfter"},
	} {
		q := crm.Query{}
		if e := errs.As(q.Sort(c.by, c.after)); e.Kind != errs.Invalid || e.Fields[0].Name != c.field {
			t.Errorf("%v after %v: %v", c.by, c.after, e)
		}
	}
}

// An address is looked for on every page of an integration: a scan of a million
// contacts is no answer.
func TestAnEmailIsFoundByAnIndex(t *testing.T) {
	f := foyertest.New(t)
	email, phone := crm.Filter{Field: "email", Value: "ana@x.example"}, crm.Filter{Field: "phone", Value: "6025550147"}
	for name, filter := range map[string]crm.Filter{"email": email, "phone": phone, "either": {Any: true, Of: []crm.Filter{email, phone}}} {
		q := crm.Query{}
		if err := q.Filter(filter); err != nil {
			t.Fatal(err)
		}
		var plan []string
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, "EXPLAIN QUERY PLAN SELECT id FROM contacts WHERE location_id = $1 AND ("+q.Where+") ORDER BY id DESC", append([]any{f.Credentials.LocationID}, q.Args...)...)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				plan = append(plan, step)
			}
			return rows.Err()
		})
		text := strings.Join(plan, "; ")
		if !strings.Contains(text, "contacts_id (location_id=? AND id=?)") || !strings.Contains(text, "identities USING PRIMARY KEY (location_id=? AND key=?") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// Every shape of a filter is another statement: those that are kept must not be
// all that work.
func TestThereIsNoEndOfShapes(t *testing.T) {
	f := foyertest.New(t)
	mustSave(t, f, crm.Save{Input: person("Ana", "", "", "")})
	for shape := range 1100 {
		f1 := crm.Filter{}
		for bit := range 11 {
			part := crm.Filter{Field: "firstName", Op: crm.FieldContains, Value: "a"}
			if shape>>bit&1 == 1 {
				part.Op = crm.FieldExists
			}
			f1.Of = append(f1.Of, part)
		}
		if got := filtered(t, f, f1); len(got) != 1 {
			t.Fatalf("shape %d found %v", shape, got)
		}
	}
	long := crm.Filter{}
	for range 150 {
		long.Of = append(long.Of, crm.Filter{Field: "customFields.x", Op: crm.FieldExists, Not: true})
	}
	if got := filtered(t, f, long); len(got) != 1 {
		t.Errorf("a long filter found %v", got)
	}
}

// A filter means the same in both databases and in plain Go.
func TestFiltersAgreeWithGo(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var people []crm.Contact
		make := rapid.Custom(randomPerson)
		for i := range 60 {
			people = append(people, *mustSave(t, f, crm.Save{Input: make.Example(i), AllowDuplicate: true}).Contact)
		}
		rapid.Check(t, func(rt *rapid.T) {
			filter := randomFilter(rt, 3)
			by := randomSort(rt)
			var want []string
			for _, c := range sorted(people, by) {
				if holds(&filter, &c) {
					want = append(want, c.ID)
				}
			}
			// page by page, each behind the last contact of the one before
			var got []string
			var after []any
			for {
				q := crm.Query{Limit: 7}
				if err := q.Filter(filter); err != nil {
					rt.Fatalf("%+v: %v", filter, err)
				}
				if err := q.Sort(by, after); err != nil {
					rt.Fatalf("%+v after %v: %v", by, after, err)
				}
				list, _ := query(t, f, q)
				for _, c := range list {
					got = append(got, c.ID)
				}
				if len(list) < q.Limit || len(got) > len(people) {
					break
				}
				after = crm.SortValues(&list[len(list)-1], by)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%+v by %v (-Go +SQL)\n%s", filter, by, diff)
			}
		})
	})
}

var (
	someTexts  = []string{"", "a", "A", "b", "aB", "É", "é", "%", "_", `"`, "'", `\`, "a b", "12", "1.50", "true", "ß", "[]"}
	someEmails = []string{"a@x.example", "A@X.example", "b@x.example", "É@x.example"}
	somePhones = []string{"6025550147", "+1 602 555 0148", "+442079460018", "0000000000", "12"}
	someDays   = []string{"1975-03-24", "2024-01-01", "2024-12-31"}
	someValues = []any{"a", "B", "", "12", 12.0, 1.5, -3.0, true, false, []any{}, []any{"a", "É", 12.0}, map[string]any{"a": "b", "n": 12.0}, map[string]any{}, "2024-01-01", "[]", "null", []any{[]any{"a"}, nil}}
	someSorts  = []string{"firstName", "lastName", "name", "email", "source", "dnd", "updatedAt", "createdAt"}
	textFields = []string{"firstName", "lastName", "name", "city", "source", "companyName"}
)

func randomPerson(t *rapid.T) crm.Input {
	pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "text") }
	some := func(from []string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, "list")
	}
	in := crm.Input{Contact: crm.Contact{FirstName: pick(someTexts), LastName: pick(someTexts), Source: pick(someTexts), CompanyName: pick(someTexts), Tags: some(someTexts[1:]), Followers: some(someTexts[1:])}}
	in.Address.City = pick(someTexts)
	if rapid.Bool().Draw(t, "named") {
		in.Name = pick(someTexts)
	}
	for _, e := range some(someEmails) {
		email, _ := crm.NewEmail(e, "")
		in.Emails = append(in.Emails, email)
	}
	for _, p := range some(somePhones) {
		in.Phones = append(in.Phones, crm.NewPhone(p, ""))
	}
	if rapid.Bool().Draw(t, "born") {
		in.DateOfBirth = pick(someDays)
	}
	dnd := rapid.Bool().Draw(t, "dnd")
	in.SetDND = &dnd
	in.CustomFields = map[string]any{}
	for _, id := range []string{"f1", "f2"} {
		if rapid.Bool().Draw(t, "has") {
			in.CustomFields[id] = rapid.SampledFrom(someValues).Draw(t, "value")
		}
	}
	return in
}

func randomFilter(t *rapid.T, depth int) crm.Filter {
	f := crm.Filter{Not: rapid.Bool().Draw(t, "not")}
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "group") == 0 {
		f.Any = rapid.Bool().Draw(t, "any")
		for range rapid.IntRange(0, 3).Draw(t, "size") {
			f.Of = append(f.Of, randomFilter(t, depth-1))
		}
		return f
	}
	ops := []crm.FilterOp{crm.FieldEquals, crm.FieldContains, crm.FieldExists}
	bound := func(values ...any) {
		for range rapid.IntRange(1, 2).Draw(t, "bounds") {
			f.Bounds = append(f.Bounds, crm.Bound{Op: rapid.SampledFrom([]string{">=", ">", "<=", "<"}).Draw(t, "bound"), Value: rapid.SampledFrom(values).Draw(t, "limit")})
		}
	}
	f.Value = rapid.SampledFrom(slices.Concat(someTexts, []string{"-3", "1.5"})).Draw(t, "value")
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		f.Field = "email"
		f.Value = rapid.SampledFrom(slices.Concat(someEmails, someTexts)).Draw(t, "email")
	case 1:
		f.Field = "phone"
		f.Value = rapid.SampledFrom(slices.Concat(somePhones, someTexts)).Draw(t, "phone")
	case 2:
		f.Field = rapid.SampledFrom([]string{"tags", "followers"}).Draw(t, "list")
	case 3:
		f.Field, ops, f.Value = "dnd", []crm.FilterOp{crm.FieldEquals, crm.FieldExists}, rapid.SampledFrom([]string{"true", "false"}).Draw(t, "dnd")
	case 4:
		f.Field, ops = "dateOfBirth", append(ops, crm.FieldWithin)
		bound("1975-03-24", "2024-06-01")
	case 5:
		f.Field, ops = rapid.SampledFrom([]string{"customFields.f1", "customFields.f2", "customFields.f1.a", "customFields.f3"}).Draw(t, "custom"), append(ops, crm.FieldWithin)
		bound("2024-01-01", 12.0, 1.5, -3.5)
	default:
		f.Field = rapid.SampledFrom(textFields).Draw(t, "field")
	}
	f.Op = rapid.SampledFrom(ops).Draw(t, "op")
	return f
}

func randomSort(t *rapid.T) (by []crm.Sort) {
	for range rapid.IntRange(0, 2).Draw(t, "keys") {
		by = append(by, crm.Sort{Field: rapid.SampledFrom(someSorts).Draw(t, "by"), Desc: rapid.Bool().Draw(t, "desc")})
	}
	return by
}

func sorted(people []crm.Contact, by []crm.Sort) []crm.Contact {
	if len(by) == 0 {
		by = []crm.Sort{{Field: "createdAt", Desc: true}}
	}
	out := slices.Clone(people)
	slices.SortFunc(out, func(a, b crm.Contact) int {
		desc := false
		for _, s := range by {
			key := func(c *crm.Contact) string {
				switch s.Field {
				case "firstName":
					return lower(c.FirstName)
				case "lastName":
					return lower(c.LastName)
				case "name":
					return lower(c.FullName())
				case "email":
					return lower(c.Email)
				case "source":
					return lower(c.Source)
				case "dnd":
					return strconv.FormatBool(c.DND)
				case "updatedAt":
					return c.UpdatedAt.Format("2006-01-02T15:04:05.000")
				}
				return c.ID
			}
			order := strings.Compare(key(&a), key(&b))
			if desc = s.Desc; desc {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		if desc {
			return strings.Compare(b.ID, a.ID)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// lower is the rule of the filter in other words.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// holds is what a filter means.
func holds(f *crm.Filter, c *crm.Contact) bool {
	return f.Not != meaning(f, c)
}

func meaning(f *crm.Filter, c *crm.Contact) bool {
	if f.Field == "" {
		for i := range f.Of {
			if holds(&f.Of[i], c) == f.Any {
				return f.Any
			}
		}
		return !f.Any
	}
	if path, ok := strings.CutPrefix(f.Field, "customFields."); ok {
		return customMeaning(f, c, path)
	}
	text, list := "", []string(nil)
	switch f.Field {
	case "firstName":
		text = c.FirstName
	case "lastName":
		text = c.LastName
	case "name":
		text = c.FullName()
	case "city":
		text = c.Address.City
	case "source":
		text = c.Source
	case "companyName":
		text = c.CompanyName
	case "dateOfBirth":
		text = c.DateOfBirth
	case "email":
		text = c.Email
		if key, ok := norm.Email(f.Value); ok && f.Op == crm.FieldEquals {
			return slices.ContainsFunc(c.Emails, func(e crm.Email) bool { k, _ := norm.Email(e.Address); return k == key })
		}
	case "phone":
		text = c.Phone
		if key := norm.ParsePhone(f.Value, "US").Key; key != "" && f.Op == crm.FieldEquals {
			return slices.ContainsFunc(c.Phones, func(p crm.Phone) bool { return norm.ParsePhone(p.String(), "US").Key == key })
		}
	case "tags":
		return listMeaning(f, c.Tags, lower)
	case "followers":
		return listMeaning(f, c.Followers, func(s string) string { return s })
	case "dnd":
		return f.Op == crm.FieldExists || f.Value == strconv.FormatBool(c.DND)
	}
	switch {
	case f.Op == crm.FieldWithin:
		return text != "" && slices.IndexFunc(f.Bounds, func(b crm.Bound) bool { return !inside(strings.Compare(text, b.Value.(string)), b.Op) }) < 0
	case text != "":
		list = []string{text}
	case f.Op != crm.FieldExists:
		list = []string{""} // nothing is a text too, when compared
	}
	return listMeaning(f, list, lower)
}

func listMeaning(f *crm.Filter, list []string, fold func(string) string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		switch f.Op {
		case crm.FieldEquals:
			return fold(s) == fold(f.Value)
		case crm.FieldContains:
			return strings.Contains(fold(s), fold(f.Value))
		}
		return true
	})
}

func inside(order int, op string) bool {
	switch op {
	case ">=":
		return order >= 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	}
	return order < 0
}

func customMeaning(f *crm.Filter, c *crm.Contact, path string) bool {
	id, option, nested := strings.Cut(path, ".")
	v := c.CustomFields[id]
	if nested {
		object, _ := v.(map[string]any)
		v = object[option]
	}
	elements := []any{v}
	switch x := v.(type) {
	case []any:
		elements = x
	case map[string]any:
		elements = nil
		if f.Op == crm.FieldExists {
			return len(x) > 0
		}
	}
	if f.Op == crm.FieldExists {
		return len(elements) > 0 && v != nil && v != ""
	}
	return slices.ContainsFunc(elements, func(e any) bool {
		text, isText := e.(string)
		if b, ok := e.(bool); ok {
			text, isText = strconv.FormatBool(b), true
		}
		number, isNumber := e.(float64)
		if f.Op != crm.FieldWithin {
			if n, err := strconv.ParseFloat(f.Value, 64); isNumber && err == nil && f.Op == crm.FieldEquals {
				return n == number
			}
			return isText && listMeaning(f, []string{text}, lower)
		}
		for _, b := range f.Bounds {
			limit, numeric := b.Value.(float64)
			switch {
			case numeric && (!isNumber || !inside(int(2*number-2*limit), b.Op)), !numeric && (!isText || !inside(strings.Compare(lower(text), fmt.Sprint(b.Value)), b.Op)):
				return false
			}
		}
		return true
	})
}
