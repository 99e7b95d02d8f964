package liondesk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

func TestConversations(t *testing.T) { foyertest.PlayAll(t, "testdata", prepare) }

// prepare makes a teammate, Tess, who authorised the partner too; another
// partner, IDX Homes, with keys of the admin and of Tess, hers for reading only;
// a partner whom nobody authorised, one that may not read; and neighbours.
func prepare(t *testing.T, f *foyertest.F) {
	t.Helper()
	both := []string{auth.ScopeRead, auth.ScopeCreate}
	tess := f.AddUser(t, "tess", "tess@team.example", "Tess", "Team")
	f.AddKey(t, "tess.userKey", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: tess.ID, PartnerID: partner(t, f).ID, Scopes: both})
	idx := f.AddKey(t, "idx.apiKey", auth.Key{API: auth.LionDesk, Kind: auth.KindPartner, Name: "IDX Homes", Scopes: both})
	f.AddKey(t, "idx.userKey", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: f.Credentials.User.ID, PartnerID: idx.ID, Scopes: both})
	f.AddKey(t, "reader.userKey", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: tess.ID, PartnerID: idx.ID, Scopes: []string{auth.ScopeRead}})
	f.AddKey(t, "lonely.apiKey", auth.Key{API: auth.LionDesk, Kind: auth.KindPartner, Name: "Lonely", Scopes: both})
	f.AddKey(t, "blind.apiKey", auth.Key{API: auth.LionDesk, Kind: auth.KindPartner, Name: "Blind", Scopes: []string{auth.ScopeCreate}})
	next := f.Neighbour(t)
	f.Vars["next.apiKey"], f.Vars["next.userKey"] = next["liondesk.apiKey"], next["liondesk.userKey"]
}

// partner gives the key of the partner that every Foyer begins with.
func partner(t testing.TB, f *foyertest.F) *auth.Key {
	t.Helper()
	var found *auth.Key
	f.System(t, func(ctx context.Context, tx *db.Tx) error {
		list, err := auth.Keys(ctx, tx, f.Credentials.LocationID, auth.LionDesk)
		for i := range list {
			if list[i].Kind == auth.KindPartner && found == nil {
				found = &list[i]
			}
		}
		return err
	})
	return found
}

// answer is what the door says, as a strictly typed client reads it.
type answer struct {
	Error     int    `json:"error"`
	ErrorText string `json:"errorText"`
	Action    string `json:"action"`
	ID        int64  `json:"id"`
	Users     []struct{ UserKey, Email string }
	Msg       json.RawMessage

	status   int
	warnings string
}

// call sends a body with an APIKEY and a USERKEY, "" for none.
func call(t testing.TB, f *foyertest.F, apiKey, userKey, body string) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, f.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(apiKey+":")))
	if userKey != "" {
		req.Header.Set("X-LionDesk-Id", userKey)
	}
	res, err := foyertest.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, warnings: res.Header.Get("X-Foyer-Warnings")}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

// own is call with personal access.
func own(t testing.TB, f *foyertest.F, body string) answer {
	t.Helper()
	return call(t, f, "user", f.Vars["liondesk.personalUserKey"], body)
}

// taken sends a body that must be taken, and gives the answer.
func taken(t testing.TB, f *foyertest.F, body string) answer {
	t.Helper()
	a := own(t, f, body)
	if a.Error != 0 || a.ID == 0 {
		t.Fatalf("error %d %s for %.200s", a.Error, a.ErrorText, body)
	}
	return a
}

// encode writes a body.
func encode(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// contact gives a stored contact by its number.
func contact(t testing.TB, f *foyertest.F, number int64) (c *crm.Contact) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = crm.ContactByNumber(ctx, tx, f.Credentials.LocationID, number)
		return err
	})
	return c
}

// notes gives the notes of a contact, the newest first.
func notes(t testing.TB, f *foyertest.F, contactID string) (list []crm.Note) {
	t.Helper()
	f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = crm.Notes(ctx, tx, f.Credentials.LocationID, contactID)
		return err
	})
	return list
}
