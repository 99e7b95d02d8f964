package crm_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// knock sends a request to a door and gives the status and what the answer says.
func knock(t *testing.T, f *foyertest.F, method, path, body string, header map[string]string) (int, map[string]any) {
	t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), method, f.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		q.Header.Set(k, v)
	}
	r, err := foyertest.Client().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, text)
		}
	}
	return r.StatusCode, said
}

// Whatever a contact was known by outside before it was merged goes on meaning
// it, at every door; the answers have the id that was kept.
func TestTheOldIDIsGoodAtEveryDoor(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		by, vars := actor(f), f.Vars
		colleague := f.AddUser(t, "ann", "ann@x.example", "Ann", "Agent")
		var partner string
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			list, err := auth.Keys(ctx, tx, by.LocationID, auth.LionDesk)
			for _, k := range list {
				if k.Kind == auth.KindPartner {
					partner = k.ID
				}
			}
			return err
		})
		f.AddKey(t, "ann.key", auth.Key{API: auth.LionDesk, Kind: auth.KindUser, UserID: colleague.ID, PartnerID: partner, Scopes: []string{auth.ScopeRead, auth.ScopeCreate}})
		highlevel := map[string]string{"Authorization": "Bearer " + vars["highlevel.privateToken"], "Version": "2021-07-28"}
		brokerkit := map[string]string{"Authorization": "Token token=" + vars["brokerkit.token"]}
		radius := map[string]string{"Secure-Id": vars["radius.secureId"]}
		liondesk := map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(vars["liondesk.apiKey"]+":")), "X-LionDesk-Id": vars["ann.key"]}

		boss := map[string]string{"Authorization": liondesk["Authorization"], "X-LionDesk-Id": vars["liondesk.userKey"]}

		// Ann brings Bob in, and the boss Rob, by an id of his own; both are then
		// merged into a contact of the boss's
		_, said := knock(t, f, "POST", "/", `{"action":"NewSubmission","firstname":"Bob","email":"bob@x.example","phone":"6025550102"}`, liondesk)
		number := fmt.Sprintf("%.0f", said["id"])
		knock(t, f, "POST", "/", `{"action":"NewSubmission","firstname":"Rob","email":"rob@x.example","contactid":"his-7"}`, boss)
		var old, between *crm.Contact
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			if old, err = crm.ContactByEmail(ctx, tx, by.LocationID, "bob@x.example"); err != nil {
				return err
			}
			between, err = crm.ContactByEmail(ctx, tx, by.LocationID, "rob@x.example")
			return err
		})
		in := person("Robert", "Lee", "robert@x.example", "")
		in.Product, in.AssignedTo = "recruiting", f.Credentials.User.ID
		keep := mustSave(t, f, crm.Save{Input: in}).Contact
		merge(t, f, between.ID, old.ID)
		merge(t, f, keep.ID, between.ID)

		for _, id := range []string{old.ID, between.ID, keep.ID} {
			path := "/contacts/" + id
			status, said := knock(t, f, "GET", path, "", highlevel)
			if c, _ := said["contact"].(map[string]any); status != 200 || c["id"] != keep.ID {
				t.Errorf("GET %s: %d %v", path, status, said)
			}
			status, said = knock(t, f, "PUT", path, `{"city":"Mesa `+id+`"}`, highlevel)
			if c, _ := said["contact"].(map[string]any); status != 200 || c["id"] != keep.ID || c["city"] != "Mesa "+id {
				t.Errorf("PUT %s: %d %v", path, status, said)
			}
			status, said = knock(t, f, "POST", path+"/notes", `{"body":"hello"}`, highlevel)
			note, _ := said["note"].(map[string]any)
			if status != 201 && status != 200 || note["contactId"] != keep.ID {
				t.Errorf("POST %s/notes: %d %v", path, status, said)
			}
			status, said = knock(t, f, "GET", fmt.Sprint(path, "/notes/", note["id"]), "", highlevel)
			if got, _ := said["note"].(map[string]any); status != 200 || got["contactId"] != keep.ID {
				t.Errorf("GET %s/notes/…: %d %v", path, status, said)
			}
			status, said = knock(t, f, "GET", path+"/notes", "", highlevel)
			if got, _ := said["notes"].([]any); status != 200 || len(got) == 0 {
				t.Errorf("GET %s/notes: %d %v", path, status, said)
			}
			if status, said = knock(t, f, "DELETE", fmt.Sprint(path, "/notes/", note["id"]), "", highlevel); status != 200 {
				t.Errorf("DELETE %s/notes/…: %d %v", path, status, said)
			}
			status, said = knock(t, f, "POST", path+"/tags", `{"tags":["tag `+id+`"]}`, highlevel)
			if status != 201 && status != 200 || !strings.Contains(fmt.Sprint(said["tags"]), "tag "+strings.ToLower(id)) && !strings.Contains(fmt.Sprint(said["tags"]), "tag "+id) {
				t.Errorf("POST %s/tags: %d %v", path, status, said)
			}
		}
		for _, n := range []int64{old.Number, between.Number, keep.Number} {
			path := fmt.Sprint("/v2/leads/", n)
			if status, said := knock(t, f, "GET", path, "", brokerkit); status != 200 || fmt.Sprintf("%.0f", said["id"]) != fmt.Sprint(keep.Number) {
				t.Errorf("GET %s: %d %v", path, status, said)
			}
			if status, said := knock(t, f, "PUT", path, `{"currently_at":"Realty `+fmt.Sprint(n)+`"}`, brokerkit); status != 204 {
				t.Errorf("PUT %s: %d %v", path, status, said)
			}
		}
		for _, c := range []struct {
			who   map[string]string
			about string
			good  bool
		}{
			{liondesk, `"liondeskcontactid":` + number, true},
			{liondesk, fmt.Sprint(`"liondeskcontactid":`, keep.Number), false}, // was never hers
			{boss, fmt.Sprint(`"liondeskcontactid":`, between.Number), true},
			{boss, `"contactid":"his-7"`, true},
		} {
			for _, action := range []string{`"action":"NewComment","type":1`, `"action":"NewActivity","type":"visit"`} {
				if _, said := knock(t, f, "POST", "/", `{`+action+`,`+c.about+`}`, c.who); (said["error"] == 0.0) != c.good {
					t.Errorf("%s about %s: %v", action, c.about, said)
				}
			}
		}
		for _, email := range []string{"bob@x.example", "rob@x.example", "robert@x.example"} {
			status, said := knock(t, f, "POST", "/v3.0/clients/import", `{"client":{"name":"Bob","emails":"`+email+`","phones":"6025550102"}}`, radius)
			if text := fmt.Sprint(said); status != 200 || !strings.Contains(fmt.Sprintf("%.0f", dig(said, "response", "client", "id")), fmt.Sprint(keep.Number)) {
				t.Errorf("Radius %s: %d %s", email, status, text)
			}
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			_, total, err := crm.Contacts(ctx, tx, by.LocationID, crm.Query{Limit: 10}, true)
			if total != 1 {
				t.Errorf("there are %d contacts", total)
			}
			return err
		})
		if status, said := knock(t, f, "DELETE", "/contacts/"+old.ID, "", highlevel); status != 200 {
			t.Errorf("DELETE: %d %v", status, said)
		}
		for _, id := range []string{old.ID, between.ID, keep.ID} {
			if status, _ := knock(t, f, "GET", "/contacts/"+id, "", highlevel); status < 400 {
				t.Errorf("%s after the deletion: %d", id, status)
			}
		}
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			var n int
			_, err := tx.Get(ctx, []any{&n}, "SELECT (SELECT COUNT(*) FROM contact_aliases WHERE location_id = $1) + (SELECT COUNT(*) FROM identities WHERE location_id = $1)", by.LocationID)
			if n != 0 {
				t.Errorf("%d aliases and identities of a deleted contact", n)
			}
			return err
		})
	})
}

// dig gives what lies at a path of a decoded answer.
func dig(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		for k, inner := range m {
			if strings.EqualFold(k, name) {
				v = inner
			}
		}
	}
	return v
}
