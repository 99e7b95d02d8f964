package highlevel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/highlevel"
)

// between is a proxy before a Foyer that stands for HighLevel. It holds every
// request against HighLevel's own document, where that is there, and does to it
// what the test says.
type between struct {
	*httptest.Server
	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

func newBetween(t *testing.T, f *foyertest.F) *between {
	t.Helper()
	to, err := url.Parse(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := foyertest.TheJudge()
	if err != nil {
		t.Fatal(err)
	}
	if !judge.Theirs() {
		t.Log("skipped in part: HighLevel's documents are not here; put its apps folder under ../shared/contracts/highlevel/openapi to hold every request against them")
	}
	b := &between{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if judge.Theirs() && !strings.HasPrefix(r.URL.Path, "/oauth/") {
			for _, err := range judge.Sent(r, body) {
				t.Errorf("sent: %v: %s", err, body)
			}
		}
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody()
		b.mu.Lock()
		fault := b.fault
		b.mu.Unlock()
		if fault != nil {
			fault(w, r, proxy)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *between) fail(f func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = f
}

// open gives the client of a Foyer, through the proxy.
func open(t *testing.T, f *foyertest.F) (remote.System, *between) {
	t.Helper()
	return reopen(t, f, newBetween(t, f))
}

// reopen gives another client through the same proxy.
func reopen(t *testing.T, f *foyertest.F, b *between) (remote.System, *between) {
	t.Helper()
	s, err := highlevel.New(remote.Settings{BaseURL: b.URL, Location: f.Vars["locationId"], Token: f.Vars["highlevel.privateToken"], Private: true, NoLimit: true})
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

func by(f *foyertest.F) crm.Actor { return crm.Actor{LocationID: f.Vars["locationId"], Origin: "test"} }

func write(t *testing.T, f *foyertest.F, do func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := f.DB.Write(t.Context(), f.Vars["locationId"], do); err != nil {
		t.Fatal(err)
	}
}

func addField(t *testing.T, f *foyertest.F, model, name, typ string) {
	t.Helper()
	write(t, f, func(ctx context.Context, tx *db.Tx) error {
		_, err := crm.AddCustomField(ctx, tx, by(f), crm.CustomField{Model: model, Name: name, DataType: typ})
		return err
	})
}

// must fails the test if something did not work.
func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ann() remote.Record {
	return remote.Record{Fields: map[string]any{
		"firstName": "Ann", "lastName": "O’Hara", "email": "Ann+1@example.com", "phone": "+16025550147", "address1": "1 Main St", "city": "Phoenix", "state": "AZ", "postalCode": "85018",
		"country": "US", "companyName": "Acme", "website": "https://ann.example", "timezone": "America/Phoenix", "source": "open house", "dateOfBirth": "1990-09-25", "tags": []any{"buyer", "VIP"}, "dnd": false,
		"dndSettings": map[string]any{"SMS": map[string]any{"status": "active"}}, "customFields.Budget": 850000, "customFields.Style": "Ranch",
	}}
}

func TestContactsCrossWhole(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		addField(t, f, "contact", "Budget", "NUMERICAL")
		addField(t, f, "contact", "Style", "TEXT")
		s, _ := open(t, f)
		ctx := t.Context()
		made := must[*remote.Record](t)(s.Create(ctx, remote.Contact, ann(), "k1"))
		var c *crm.Contact
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			c, err = crm.ContactByID(ctx, tx, f.Vars["locationId"], made.ID)
			return err
		})
		if c.FirstName != "Ann" || c.Email != "Ann+1@example.com" || c.Address.PostalCode != "85018" || c.CompanyName != "Acme" || len(c.Tags) != 2 || len(c.CustomFields) != 2 || c.Details.DNDSettings["SMS"].Status != "active" {
			t.Errorf("%+v", c)
		}
		have := must[*remote.Record](t)(s.Fetch(ctx, remote.Contact, "", made.ID))
		for name, v := range have.Fields {
			if other, said := made.Fields[name]; said && !same(v, other) {
				t.Errorf("%s: made %v, there %v", name, other, v)
			}
		}
		if have.Fields["customFields.Style"] != "Ranch" || have.Fields["dateOfBirth"] != "1990-09-25" || have.UpdatedAt.IsZero() {
			t.Errorf("%v", have.Fields)
		}

		// what is said is changed and cleared, the rest stays
		change := remote.Record{ID: made.ID, Fields: map[string]any{"city": nil, "country": nil, "source": nil, "lastName": "Smith", "tags": []any{"seller"}, "customFields.Style": nil, "companyName": "Apex", "website": nil, "dateOfBirth": nil, "timezone": nil, "postalCode": nil, "assignedTo": nil}}
		now := must[*remote.Record](t)(s.Update(ctx, remote.Contact, change, "k2"))
		have = must[*remote.Record](t)(s.Fetch(ctx, remote.Contact, "", made.ID))
		for name, v := range have.Fields {
			if other, said := now.Fields[name]; said && !same(v, other) {
				t.Errorf("%s: changed %v, there %v", name, other, v)
			}
		}
		for name, want := range map[string]any{"city": nil, "lastName": "Smith", "firstName": "Ann", "customFields.Style": nil, "companyName": "Apex", "website": nil, "dateOfBirth": nil, "source": nil} {
			if have.Fields[name] != want {
				t.Errorf("%s is %v, not %v", name, have.Fields[name], want)
			}
		}

		found := must[[]remote.Record](t)(s.Find(ctx, "ann+1@EXAMPLE.com", ""))
		if len(found) != 1 || found[0].ID != made.ID {
			t.Errorf("found %v", found)
		}
		if found = must[[]remote.Record](t)(s.Find(ctx, "nobody@example.com", "+16025550199")); len(found) != 0 {
			t.Errorf("found %v", found)
		}
		_, err := s.Create(ctx, remote.Contact, remote.Record{Fields: map[string]any{"email": "ann+1@example.com"}}, "k3")
		if e := new(remote.Error); !errors.As(err, &e) || e.Cause != remote.Duplicate || e.ID != made.ID {
			t.Errorf("the same person again: %v", err)
		}
		for range 2 {
			if err := s.Delete(ctx, remote.Contact, "", made.ID); err != nil {
				t.Error(err)
			}
		}
		if have = must[*remote.Record](t)(s.Fetch(ctx, remote.Contact, "", made.ID)); have != nil {
			t.Errorf("still there: %v", have)
		}
		if text := must[string](t)(s.Check(ctx)); !strings.Contains(text, f.Vars["locationId"]) {
			t.Error(text)
		}
	})
}

// walk reads what changed until there is no more.
func walk(t *testing.T, s remote.System, kind remote.Kind, since string) (all []remote.Record, next string, pages int) {
	t.Helper()
	for {
		p := must[*remote.Page](t)(s.Changes(t.Context(), kind, since))
		all, since, pages = append(all, p.Records...), p.Next, pages+1
		if !p.More {
			return all, since, pages
		}
		if pages > 100 {
			t.Fatal("it never ends")
		}
	}
}

func ids(list []remote.Record) (all []string) {
	for _, r := range list {
		all = append(all, r.ID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// All contacts come once, also those that share a millisecond; then those that
// changed.
func TestNoChangedContactIsMissed(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		s, _ := open(t, f)
		const many = 250
		var want []string
		write(t, f, func(ctx context.Context, tx *db.Tx) error {
			want = nil
			for i := range many { // in one transaction, and so at one moment
				saved, err := crm.SaveContact(ctx, tx, by(f), crm.Save{Input: crm.Input{Contact: crm.Contact{FirstName: "N" + string(rune('a'+i%26)), Source: "x"}}})
				if err != nil {
					return err
				}
				want = append(want, saved.Contact.ID)
			}
			return nil
		})
		slices.Sort(want)
		if p := must[*remote.Page](t)(s.Changes(t.Context(), remote.Contact, "")); p.Total != many {
			t.Errorf("%d in all", p.Total)
		}
		all, next, pages := walk(t, s, remote.Contact, "")
		if got := ids(all); !slices.Equal(got, want) || len(all) != many || pages != 3 {
			t.Fatalf("%d of %d on %d pages, %d of them different", len(all), many, pages, len(got))
		}
		change := remote.Record{ID: want[7], Fields: map[string]any{"city": "Tempe"}}
		must[*remote.Record](t)(s.Update(t.Context(), remote.Contact, change, ""))
		all, next, _ = walk(t, s, remote.Contact, next)
		if !slices.Contains(ids(all), want[7]) {
			t.Error("a change was missed")
		}
		if all, _, _ = walk(t, s, remote.Contact, next); !slices.Contains(ids(all), want[7]) {
			t.Error("what a search may not have shown yet is not looked at again")
		}
		if _, err := s.Changes(t.Context(), remote.Contact, "{"); err == nil {
			t.Error("a damaged place was taken")
		}
	})
}
