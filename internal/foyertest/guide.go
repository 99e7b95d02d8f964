package foyertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// PlayGuide runs every example of a guide in Markdown, from the first to the
// last on this Foyer, so that what a reader pastes works. An example is a block
// ```sh with one curl command, and the next block is its answer:
//
//	```sh
//	curl "$FOYER/v3.0/clients/import" -H "secure-id: $KEY" -d '{"client": …}'
//	```
//
//	```json
//	{"response": {"client": {"id": <client>}, "created": true, "message": "…"}}
//	```
//
// The answer is written as in a conversation (see Play), its status stands
// behind the word json where it is none of 200 to 299: ```json 400. One that is
// no JSON is a block ```xml, and comes as it stands there. $FOYER is
// the address; $NAME is Vars["NAME"], which the test sets before (KEY, …), or
// what an earlier answer bound to <name>: $CONTACT_ID is <contactId>. Blocks
// ```sh without a curl command are only for reading.
//
// The command is read as a shell would read it, but no shell runs: what cannot
// be read fails the test, and so does what one shell reads in another way than
// the next one (a ? or [ outside of quotes).
func (f *F) PlayGuide(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := examples(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no examples", file)
	}
	p := &player{f: f, bound: map[string]any{}}
	for _, e := range list {
		t.Run(fmt.Sprintf("line %d", e.line), func(t *testing.T) { p.example(t, e) })
	}
}

// example is a command of a guide and the answer it promises.
type example struct {
	line    int    // of the command's block
	command string // the whole block
	status  string // "" is any of 200 to 299
	answer  string
	xml     bool // the answer is to be these bytes
}

// fence opens or closes a block; a block in a list is indented.
var fence = regexp.MustCompile("^\\s*```(.*)$")

// examples finds the examples of a guide.
func examples(text string) ([]example, error) {
	var list []example
	var open *example // a command that waits for its answer
	var block strings.Builder
	info, start, inside := "", 0, false
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m == nil:
			if inside {
				block.WriteString(line + "\n")
			}
			continue
		case !inside:
			info, start, inside = strings.TrimSpace(m[1]), i+1, true
			block.Reset()
			continue
		}
		inside = false
		lang, status, _ := strings.Cut(info, " ")
		isCurl := lang == "sh" && strings.Contains("\n"+block.String(), "\ncurl ")
		switch {
		case open != nil && (lang == "json" || lang == "xml"):
			open.status, open.answer, open.xml = strings.TrimSpace(status), block.String(), lang == "xml"
			list = append(list, *open)
			open = nil
		case open != nil:
			return nil, fmt.Errorf("the command in line %d has no block ```json with its answer", open.line)
		case isCurl:
			open = &example{line: start, command: block.String()}
		}
	}
	if open != nil {
		return nil, fmt.Errorf("the command in line %d has no block ```json with its answer", open.line)
	}
	return list, nil
}

func (p *player) example(t *testing.T, e example) {
	words, err := shellWords(e.command, p.variable)
	if err != nil {
		t.Fatal(err)
	}
	req, err := curlRequest(words)
	if err != nil {
		t.Fatal(err)
	}
	before := p.events(t)
	res, err := Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	status := e.status
	if status == "" {
		status = strconv.Itoa(res.StatusCode)
		if res.StatusCode/100 != 2 {
			t.Errorf("status %s, want a success: %s", status, body)
		}
	}
	if e.xml {
		if got := strings.TrimSpace(string(body)); strconv.Itoa(res.StatusCode) != status || got != strings.TrimSpace(e.answer) {
			t.Errorf("%d %s", res.StatusCode, got)
		}
		return
	}
	p.expect(t, status+"\n"+e.answer, res, body, before)
}

// variable gives the value of a shell variable.
func (p *player) variable(name string) (string, bool) {
	if name == "FOYER" {
		return p.f.URL, true
	}
	if v, ok := p.f.Vars[name]; ok {
		return v, true
	}
	for bound, v := range p.bound {
		if strings.EqualFold(bound, strings.ReplaceAll(name, "_", "")) {
			return fmt.Sprint(v), true
		}
	}
	return "", false
}

var shellVariable = regexp.MustCompile(`^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})`)

// shellWords splits one command as a POSIX shell does: quotes, backslashes,
// $NAME and ${NAME} outside of single quotes, lines that go on after a
// backslash, and remarks.
func shellWords(command string, variable func(string) (string, bool)) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for s := strings.TrimSpace(command); s != ""; {
		c := s[0]
		if c == '$' && quote != '\'' {
			m := shellVariable.FindStringSubmatch(s)
			if m == nil {
				return nil, fmt.Errorf("a $ that names no variable: %.40s", s)
			}
			value, known := variable(m[1] + m[2])
			if !known {
				return nil, fmt.Errorf("the variable $%s is set nowhere", m[1]+m[2])
			}
			word.WriteString(value)
			inWord, s = true, s[len(m[0]):]
			continue
		}
		s = s[1:]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\' && c != '`':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case c == '\\' && s != "":
			next := s[0]
			s = s[1:]
			switch {
			case next == '\n':
			case quote == '"' && !strings.ContainsRune("$`\"\\", rune(next)):
				word.WriteByte('\\')
				word.WriteByte(next)
			default:
				word.WriteByte(next)
				inWord = true
			}
		case c == '#' && !inWord:
			_, s, _ = strings.Cut(s, "\n")
		case c == ' ' || c == '\t':
			end()
		case c == '\n':
			return nil, fmt.Errorf("more than one command in a block: %.40s", s)
		case strings.IndexByte("|&;<>()*?[]{}~!`\\", c) >= 0:
			return nil, fmt.Errorf("a %c that a shell would act on: put it in quotes: %.40s", c, s)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote %c is not closed", quote)
	}
	end()
	return words, nil
}

// curlRequest makes the request that a curl command would send. An option that
// it does not know is an error.
func curlRequest(words []string) (*http.Request, error) {
	if len(words) == 0 || words[0] != "curl" {
		return nil, fmt.Errorf("%q is no curl command", words)
	}
	var method, address, user string
	var data []string
	isBody, isJSON, glob := false, false, true
	header := http.Header{}
	rest := words[1:]
	value := func() (string, error) {
		if len(rest) == 0 {
			return "", fmt.Errorf("the last option of curl lacks its value")
		}
		v := rest[0]
		rest = rest[1:]
		return v, nil
	}
	for len(rest) > 0 {
		option := rest[0]
		rest = rest[1:]
		var v string
		var err error
		switch option {
		case "-s", "-S", "-sS", "-i", "-si", "-sSi", "--silent", "--show-error", "--include", "--fail-with-body":
		case "-g", "--globoff":
			glob = false
		case "-X", "--request":
			method, err = value()
		case "-u", "--user":
			user, err = value()
		case "-H", "--header":
			if v, err = value(); err == nil {
				name, content, ok := strings.Cut(v, ":")
				if !ok {
					return nil, fmt.Errorf("-H %q has no colon", v)
				}
				header[http.CanonicalHeaderKey(name)] = append(header[http.CanonicalHeaderKey(name)], strings.TrimSpace(content))
			}
		case "-d", "--data", "--data-raw", "--json":
			v, err = value()
			if strings.HasPrefix(v, "@") && option != "--data-raw" {
				return nil, fmt.Errorf("%s %q would read a file", option, v)
			}
			data, isBody, isJSON = append(data, v), true, isJSON || option == "--json"
		default:
			if strings.HasPrefix(option, "-") || address != "" {
				return nil, fmt.Errorf("curl's %q is not known here", option)
			}
			address = option
		}
		if err != nil {
			return nil, err
		}
	}
	if glob && strings.ContainsAny(address, "[]{}") {
		return nil, fmt.Errorf("curl would expand the braces of %q: use -g", address)
	}
	separator := "&"
	if isJSON {
		separator = ""
	}
	if method == "" {
		method = http.MethodGet
		if isBody {
			method = http.MethodPost
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(strings.Join(data, separator)))
	if err != nil {
		return nil, fmt.Errorf("reading the address of a curl command: %w", err)
	}
	if isJSON {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json")
	} else if isBody {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if user != "" {
		name, password, _ := strings.Cut(user, ":")
		req.SetBasicAuth(name, password)
	}
	for name, list := range header {
		req.Header[name] = list
		if list[0] == "" {
			req.Header.Del(name) // curl's "Name:" sends none
		}
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	return req, nil
}
