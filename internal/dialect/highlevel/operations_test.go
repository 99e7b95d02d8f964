package highlevel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/foyer-crm/foyer/internal/dialect/highlevel"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// catalogue is where the collected facts about HighLevel's operations lie, if
// they are there.
const catalogue = "../../../../shared/contracts/highlevel/"

// row is one operation in words, without its status.
func row(o highlevel.Operation) string {
	return fmt.Sprintf("%s | %s | %s | %s %s | %s | %s | %s | %d", o.Name, o.Kind, o.Category, o.Method, o.Path, o.Scope, o.Token, o.Version, o.Success)
}

func TestTheTableIsTheCatalogue(t *testing.T) {
	text, err := os.ReadFile(catalogue + "operations.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("skipped: the catalogue of operations is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Name       string   `json:"name"`
		Kind       string   `json:"kind"`
		Category   string   `json:"category"`
		Method     string   `json:"method"`
		Path       string   `json:"path"`
		Scope      []string `json:"scope"`
		TokenTypes []string `json:"token_types"`
		Version    string   `json:"version"`
		Success    int      `json:"success_status"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, l := range list {
		token := highlevel.Location
		if slices.Contains(l.TokenTypes, "Agency-Access") {
			token = highlevel.AnyToken
			if len(l.TokenTypes) == 1 {
				token = highlevel.Agency
			}
		}
		want = append(want, row(highlevel.Operation{Name: l.Name, Kind: l.Kind, Category: l.Category, Method: l.Method, Path: l.Path, Scope: l.Scope[0], Token: token, Version: l.Version, Success: l.Success}))
	}
	for _, method := range []string{"PUT", "DELETE"} { // beyond the catalogue (contract.md §15)
		name := map[string]string{"PUT": "Update Location", "DELETE": "Delete Location"}[method]
		want = append(want, row(highlevel.Operation{Name: name, Kind: "action", Category: "Other Operations", Method: method, Path: "/locations/{locationId}", Scope: "locations.write", Token: highlevel.Agency, Version: "2021-07-28", Success: 200}))
	}
	var got []string
	for _, o := range highlevel.Catalogue() {
		got = append(got, row(o))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-catalogue +table)\n%s", diff)
	}
}

func TestTheTableHasEveryOperationOnce(t *testing.T) {
	triggers, names := 0, map[string]bool{}
	for _, o := range highlevel.Operations() {
		if names[o.Name] {
			t.Errorf("%s stands there twice", o.Name)
		}
		names[o.Name] = true
	}
	names = map[string]bool{}
	for _, o := range highlevel.Catalogue() {
		names[o.Name] = true
		if o.Kind == highlevel.Trigger {
			triggers++
		}
	}
	if len(names) != 126 || triggers != 55 {
		t.Errorf("%d operations with %d triggers, want 126 with 55", len(names), triggers)
	}
	for _, scope := range []string{"contacts.readonly", "contacts.write", "calendars/events.write", "oauth.write", "everything.write"} {
		if slices.Contains(highlevel.Scopes(), scope) != (scope != "everything.write") {
			t.Errorf("scopes: %v", highlevel.Scopes())
		}
	}
}

// What is done is routed, and nothing else is: no handler without its row, no
// row that answers without a handler.
func TestOnlyWhatIsDoneIsRouted(t *testing.T) {
	f := foyertest.New(t)
	for _, o := range highlevel.Operations() {
		path := o.Path
		for from := strings.IndexByte(path, '{'); from >= 0; from = strings.IndexByte(path, '{') {
			path = path[:from] + "x" + path[strings.IndexByte(path, '}')+1:]
		}
		req, err := http.NewRequest(o.Method, f.URL+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+f.Vars["highlevel.privateToken"])
		req.Header.Set("Version", "v3")
		res, err := foyertest.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var said struct{ Message any }
		_ = json.NewDecoder(res.Body).Decode(&said) // not all answers are objects
		_ = res.Body.Close()
		unknown := strings.HasPrefix(fmt.Sprint(said.Message), "Cannot ") // to nobody's address, not for an id
		if routed := res.StatusCode != http.StatusNotFound || !unknown; routed != (o.Status() == "done") || res.StatusCode >= 500 {
			t.Errorf("%s %s is %s and answers %d", o.Method, path, o.Status(), res.StatusCode)
		}
	}
}
