package brokerkit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/remote"
	"github.com/foyer-crm/foyer/internal/remote/brokerkit"
)

func open(t *testing.T, base, token string) remote.System {
	t.Helper()
	s, err := brokerkit.New(remote.Settings{BaseURL: base, Token: token, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func peet(n int) remote.Record {
	return remote.Record{Fields: map[string]any{"first_name": "Peet", "last_name": fmt.Sprint("P", n), "email": fmt.Sprintf("peet%d@example.com", n), "phone": "+12025550166", "product": "retention", "birthday": "1975-03-24", "rating": 4, "source": nil, "test": true}}
}

func TestLeadsCrossBothWays(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		ctx := t.Context()
		s := open(t, f.URL, f.Vars["brokerkit.token"])
		if _, err := s.Check(ctx); err != nil {
			t.Fatal(err)
		}
		var want []string
		for n := range 130 {
			made, err := s.Create(ctx, remote.Contact, peet(n), fmt.Sprint("k", n))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, made.ID)
		}
		slices.Sort(want)
		all, next := walk(t, s, "")
		if !slices.Equal(all, want) {
			t.Fatalf("%d of %d leads", len(all), len(want))
		}
		have, err := s.Fetch(ctx, remote.Contact, "", want[3])
		if err != nil || have.Fields["birthday"] != "1975-03-24" || have.Fields["product"] != "retention" || have.Fields["rating"] != json.Number("4") {
			t.Errorf("%+v %v", have, err)
		}
		now, err := s.Update(ctx, remote.Contact, remote.Record{ID: want[3], Fields: map[string]any{"alt_city": "Phoenix", "currently_at": "Acme", "last_name": nil}}, "")
		if err != nil || now.Fields["alt_city"] != "Phoenix" || now.Fields["last_name"] != have.Fields["last_name"] {
			t.Errorf("%+v %v", now, err)
		}
		for range 2 {
			if all, next = walk(t, s, next); !slices.Contains(all, want[3]) {
				t.Error("a change was missed")
			}
		}
		found, err := s.Find(ctx, "PEET3@example.com", "")
		if err != nil || len(found) != 1 || found[0].ID != fmt.Sprint(now.ID) && found[0].Fields["email"] != "peet3@example.com" {
			t.Errorf("%+v %v", found, err)
		}
		if r, err := s.Fetch(ctx, remote.Contact, "", "1"); r != nil || err != nil {
			t.Errorf("%+v %v", r, err)
		}
		var total int64
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			_, total, err = crm.Contacts(ctx, tx, f.Vars["locationId"], crm.Query{}, true)
			return err
		})
		if total != 130 {
			t.Errorf("%d contacts", total)
		}
	})
}

func walk(t *testing.T, s remote.System, since string) (ids []string, next string) {
	t.Helper()
	for {
		p, err := s.Changes(t.Context(), remote.Contact, since)
		if err != nil {
			t.Fatal(err)
		}
		if p.Total != 130 {
			t.Errorf("%d in all", p.Total)
		}
		for _, r := range p.Records {
			ids = append(ids, r.ID)
		}
		if since = p.Next; !p.More {
			slices.Sort(ids)
			return slices.Compact(ids), since
		}
	}
}

func TestErrorsOfBrokerkit(t *testing.T) {
	f := foyertest.New(t)
	if _, err := open(t, f.URL, "wrong-token").Check(t.Context()); !remote.Is(err, remote.Unauthorized) {
		t.Error(err)
	}
	s := open(t, f.URL, f.Vars["brokerkit.token"])
	_, err := s.Create(t.Context(), remote.Contact, remote.Record{Fields: map[string]any{"email": "nope", "phone": "123"}}, "")
	if !remote.Is(err, remote.Refused) || err.Error() != "it answered 422: email is invalid; phone is an invalid number" {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), remote.Contact, "", "1"); !remote.Is(err, remote.Refused) {
		t.Error(err)
	}
}
