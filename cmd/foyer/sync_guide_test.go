package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/foyer-crm/foyer/internal/app"
)

// guided finds the commands of a guide: those of its blocks, and those that stand in
// its sentences.
var guided = regexp.MustCompile("(?m)^(foyer [^`\n]+)$|`(foyer [^`\n]+)`")

// commandsOf gives the commands of a guide in their order, as a shell reads them.
func commandsOf(t *testing.T, name string) (all [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range guided.FindAllStringSubmatch(string(text), -1) {
		all = append(all, strings.Fields(cmp.Or(m[1], m[2]))[1:])
	}
	return all
}

// Every command that the guides to the sync show is one that there is, with the flags
// that it has; and every one that can be run beside another Foyer, as each of the
// systems that it can be, does what the guide says.
func TestTheCommandsOfTheSyncGuidesRun(t *testing.T) {
	theirs := []string{"--data", t.TempDir()}
	there := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, theirs...)...)
	other := start(t, append([]string{"serve"}, theirs...)...)
	ours := []string{"--data", t.TempDir()}
	mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, ours...)...)
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(must(t, append([]string{"admin", "connection", "mapping", "--kind", "highlevel"}, ours...)...)), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &guide{base: other.base, words: map[string]string{
		"LOCATION": there.LocationID, "FILE": file, "whsec_…": "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", "…": *there.HighLevel.PrivateToken, "CLIENT": there.HighLevel.ClientID, "SECRET": "0123456789abcdef",
		"SECURE-ID": *there.Radius.SecureID, "APIKEY": *there.LionDesk.APIKey, "USERKEY": *there.LionDesk.UserKey,
	}, tokens: map[string]string{"highlevel": *there.HighLevel.PrivateToken, "brokerkit": *there.Brokerkit.Token}}
	ran := 0
	for _, name := range []string{"sync.md", "sync-systems.md"} {
		for _, words := range commandsOf(t, name) {
			args := g.ready(words)
			exists(t, args)
			if slices.Contains([]string{"serve", "bench"}, words[0]) || slices.Contains(words, "--code") {
				continue // it goes on for ever, or wants a person who lets the app in
			}
			ran++
			text := must(t, append(args, ours...)...)
			if slices.Contains(words, "--kind") {
				g.made(t, args, text)
			}
		}
	}
	if ran < 25 {
		t.Errorf("only %d commands of the guides ran", ran)
	}
	if status := must(t, append([]string{"connect", "status", g.highlevel}, ours...)...); !strings.Contains(status, "settled") {
		t.Errorf("it does not sync: %s", status)
	}
}

// guide is what the words in capitals of a guide stand for, as it goes on.
type guide struct {
	base           string            // of the other Foyer, which is every vendor's
	words          map[string]string // by themselves
	tokens         map[string]string // what TOKEN is, by the kind of system
	highlevel, app string            // connections
}

// ready gives a command as a reader would type it.
func (g *guide) ready(words []string) (args []string) {
	if len(words) == 1 && words[0] == "connect" { // any of them
		return []string{"connect", "status", g.highlevel}
	}
	kind, addressed := "", false
	for i, w := range words {
		before := words[max(i-1, 0)]
		switch {
		case strings.HasPrefix(w, "["): // it may be left out
			continue
		case before == "--kind":
			kind = w
		case before == "--base-url":
			w, addressed = g.base, true
		case w == "TOKEN":
			w = g.tokens[kind]
		case w == "ID" && slices.Contains(words, "authorize"):
			w = g.app
		case g.words[w] != "":
			w = g.words[w]
		}
		args = append(args, w)
	}
	if kind != "" && !addressed {
		args = append(args, "--base-url", g.base)
	}
	return args
}

// made keeps the id of a connection that a command printed.
func (g *guide) made(t *testing.T, args []string, text string) {
	t.Helper()
	var line struct{ ID string }
	if err := json.Unmarshal([]byte(text), &line); err != nil || line.ID == "" {
		t.Fatalf("foyer %s printed %q, %v", strings.Join(args, " "), text, err)
	}
	g.words["ID"] = line.ID
	switch {
	case slices.Contains(args, "--client-id"):
		g.app = line.ID
	case slices.Contains(args, "highlevel"):
		g.highlevel = line.ID
	case slices.Contains(args, "webhook"):
		g.words["ID"] = g.highlevel // what the guide says from here on is of any
	}
}

// exists fails for a command that there is not, or a flag that it does not have.
func exists(t *testing.T, args []string) {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Errorf("foyer %s: %v", strings.Join(args, " "), err)
	}
}
