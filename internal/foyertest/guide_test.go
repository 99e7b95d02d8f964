package foyertest

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShellWords reads commands as a shell would, and refuses what a shell
// would act on.
func TestShellWords(t *testing.T) {
	values := func(name string) (string, bool) {
		v, ok := map[string]string{"KEY": "k 1", "FOYER": "http://x"}[name]
		return v, ok
	}
	for _, c := range []struct {
		command string
		want    []string
	}{
		{`curl "$FOYER/v2" -H 'a: $KEY' -H "b: ${KEY}"`, []string{"curl", "http://x/v2", "-H", "a: $KEY", "-H", "b: k 1"}},
		{"curl \\\n  -d '{\"a\":\n 1}' # remark", []string{"curl", "-d", "{\"a\":\n 1}"}},
		{`curl 'it'\''s' "a \"b\" \é" ''`, []string{"curl", "it's", `a "b" \é`, ""}},
		{"curl a\ncurl b", nil},
		{"curl a | jq", nil},
		{"curl http://x?a=b", nil},
		{"curl $NOBODY", nil},
		{"curl 'open", nil},
	} {
		got, err := shellWords(c.command, values)
		if (err == nil) != (c.want != nil) || err == nil && !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q (%v), want %q", c.command, got, err, c.want)
		}
	}
}

// TestCurlRequest makes the requests that curl would.
func TestCurlRequest(t *testing.T) {
	for _, c := range []struct{ command, want string }{
		{"curl|http://x/a", "GET /a "},
		{"curl|-s|http://x/a|-d|b=1|-d|c=2|-H|X: y", "POST /a b=1&c=2 Content-Type=application/x-www-form-urlencoded X=y"},
		{"curl|-X|PUT|http://x/a|--json|{}", "PUT /a {} Accept=application/json Content-Type=application/json"},
		{"curl|-u|user:|http://x/a|-d|{}|-H|Content-Type:", "POST /a {} Authorization=Basic dXNlcjo="},
		{"curl|-g|http://x/a?b[0]=1", "GET /a "},
		{"curl|http://x/a?b[0]=1", ""},
		{"curl|--upload-file|f|http://x", ""},
		{"curl|-d|@file|http://x", ""},
		{"curl|http://x|-H", ""},
		{"wget|http://x", ""},
	} {
		got := ""
		if r, err := curlRequest(strings.Split(c.command, "|")); err == nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			got = r.Method + " " + r.URL.Path + " " + string(body)
			for _, name := range []string{"Accept", "Authorization", "Content-Type", "X"} {
				if v := r.Header.Get(name); v != "" {
					got += " " + name + "=" + v
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.command, got, c.want)
		}
	}
}

// TestExamplesNeedTheirAnswers: a command without an answer is a mistake of the guide.
func TestExamplesNeedTheirAnswers(t *testing.T) {
	const curl, answer, setup = "```sh\ncurl a\n```\n", "text\n\n```json 400\n{}\n```\n", "```sh\nexport A=b\n```\n"
	list, err := examples(setup + curl + answer)
	if want := (example{line: 4, command: "curl a\n", status: "400", answer: "{}\n"}); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%+v (%v), want %+v", list, err, want)
	}
	for _, text := range []string{curl, curl + setup + answer, curl + curl + answer} {
		if _, err := examples(text); err == nil {
			t.Errorf("%q is taken for a good guide", text)
		}
	}
}
