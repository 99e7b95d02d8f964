package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/foyer-crm/foyer/"

// door is what every vendor's door may import, and nothing else of ours: never
// another door.
var door = []string{"internal/auth", "internal/crm", "internal/db", "internal/errs", "internal/geo", "internal/id", "internal/norm", "internal/wire"}

// system is what the client of another CRM may import, and nothing else of ours.
var system = []string{"internal/errs", "internal/norm", "internal/outbound", "internal/remote"}

// arrows say which of our packages may import which: doors → core → ground. A
// package that is not here fails the test: whoever adds one draws its arrows.
var arrows = map[string][]string{
	// ground
	"internal/errs":       {},
	"internal/id":         {},
	"internal/norm":       {},
	"internal/geo":        {},
	"internal/geo/gen":    {},
	"internal/match":      {"internal/norm"},
	"internal/outbound":   {},
	"internal/letter":     {},
	"internal/clock":      {},
	"internal/remote":     {"internal/outbound"},
	"internal/document":   {"internal/errs"},
	"internal/mergefield": {},
	// other CRMs: each a client of one API, none of which knows another
	"internal/remote/highlevel": system,
	"internal/remote/radius":    system,
	"internal/remote/brokerkit": system,
	"internal/remote/liondesk":  system,
	"internal/remote/hook":      system,
	"internal/db":               {"internal/errs", "internal/id"},
	"internal/jobs":             {"internal/db", "internal/errs", "internal/id"},
	// core
	"internal/crm":          {"internal/clock", "internal/db", "internal/errs", "internal/id", "internal/jobs", "internal/match", "internal/norm", "internal/geo"},
	"internal/auth":         {"internal/crm", "internal/db", "internal/errs", "internal/id", "internal/norm"},
	"internal/calendar":     {"internal/clock", "internal/crm", "internal/db", "internal/errs"},
	"internal/follow":       {"internal/crm", "internal/db", "internal/id", "internal/jobs"},
	"internal/conversation": {"internal/clock", "internal/crm", "internal/db", "internal/errs", "internal/id", "internal/jobs", "internal/mergefield", "internal/norm"},
	"internal/association":  {"internal/crm", "internal/db", "internal/errs"},
	"internal/blog":         {"internal/crm", "internal/db", "internal/errs", "internal/norm"},
	"internal/workflow":     {"internal/calendar", "internal/clock", "internal/conversation", "internal/crm", "internal/db", "internal/document", "internal/errs", "internal/follow", "internal/jobs", "internal/mergefield", "internal/norm", "internal/outbound"},
	"internal/snapshot":     {"internal/crm", "internal/db", "internal/errs"},
	"internal/report":       {"internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/id", "internal/norm"},
	"internal/notice":       {"internal/calendar", "internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/follow", "internal/jobs"},
	// engines: they meet in events, never each other
	"internal/webhook": {"internal/association", "internal/auth", "internal/calendar", "internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/follow", "internal/id", "internal/outbound"},
	"internal/connect": {"internal/auth", "internal/calendar", "internal/crm", "internal/db", "internal/document", "internal/errs", "internal/follow", "internal/id", "internal/norm", "internal/remote"},
	"internal/message": {"internal/auth", "internal/letter", "internal/outbound", "internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/id", "internal/jobs", "internal/norm"},
	// doors
	"internal/wire":              {"internal/auth", "internal/crm", "internal/db", "internal/errs", "internal/id", "internal/norm"},
	"internal/dialect/radius":    door,
	"internal/dialect/liondesk":  door,
	"internal/dialect/brokerkit": door,
	"internal/dialect/highlevel": append([]string{"internal/association", "internal/blog", "internal/calendar", "internal/conversation", "internal/snapshot", "internal/webhook", "internal/workflow"}, door...),
	"internal/exporter":          {"internal/crm", "internal/db", "internal/errs", "internal/norm"},
	"internal/importer":          {"internal/crm", "internal/db", "internal/errs", "internal/geo", "internal/id", "internal/importer/sheet", "internal/jobs", "internal/norm"},
	"internal/importer/sheet":    {},
	"internal/hook":              {"internal/auth", "internal/connect", "internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/letter", "internal/message", "internal/wire", "internal/workflow"},
	"internal/ui":                {"internal/association", "internal/auth", "internal/blog", "internal/calendar", "internal/connect", "internal/conversation", "internal/crm", "internal/db", "internal/errs", "internal/exporter", "internal/geo", "internal/id", "internal/importer", "internal/importer/sheet", "internal/jobs", "internal/letter", "internal/message", "internal/norm", "internal/notice", "internal/remote", "internal/report", "internal/snapshot", "internal/webhook", "internal/wire", "internal/workflow"},
	"internal/stream":            {"internal/auth", "internal/crm", "internal/db", "internal/errs", "internal/follow", "internal/id", "internal/webhook", "internal/wire"},
	// the house: whoever puts things together may see all of them
	"internal/app":           {"…"},
	"internal/demo":          {"internal/app", "internal/calendar", "internal/conversation", "internal/crm", "internal/db", "internal/workflow"},
	"internal/bench":         {"…"},
	"internal/foyertest/npm": {},
	"internal/foyertest":     {"…"},
	// of the tests: it may see the one door that it judges
	"internal/foyertest/judge": {"internal/dialect/highlevel"},
	"cmd/foyer":                {"…"},
}

// bands are the three of the design, from the ground up. An arrow points to a
// lower band, or to a neighbour that comes earlier in the band.
var bands = [][]string{
	{"internal/errs", "internal/id", "internal/norm", "internal/geo", "internal/geo/gen", "internal/match", "internal/db", "internal/jobs", "internal/outbound", "internal/letter", "internal/clock", "internal/mergefield", "internal/remote", "internal/remote/highlevel", "internal/remote/radius", "internal/remote/brokerkit", "internal/remote/liondesk", "internal/remote/hook", "internal/document"},
	{"internal/crm", "internal/calendar", "internal/auth", "internal/follow", "internal/conversation", "internal/association", "internal/blog", "internal/workflow", "internal/snapshot", "internal/report", "internal/notice", "internal/message", "internal/webhook", "internal/connect"},
	{"internal/wire", "internal/dialect/radius", "internal/dialect/liondesk", "internal/dialect/brokerkit", "internal/dialect/highlevel", "internal/hook", "internal/exporter", "internal/importer/sheet", "internal/importer", "internal/stream", "internal/ui"},
	{"internal/app", "internal/demo", "internal/foyertest/judge", "internal/foyertest/npm", "internal/foyertest", "internal/bench", "cmd/foyer"},
}

// source is one Go file that is no test.
type source struct {
	pkg  string // its folder: internal/wire
	path string
	file *ast.File
	set  *token.FileSet
}

func (s source) at(p token.Pos) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(p).Line)
}

// sources reads the module's Go files, tests left out.
func sources(t *testing.T) []source {
	t.Helper()
	const root = "../.."
	var all []source
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			all = append(all, source{pkg: filepath.ToSlash(filepath.Dir(name)), path: filepath.ToSlash(name), file: file, set: set})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were found: the test looks in the wrong place", len(all))
	}
	return all
}

func TestArrowsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		allowed, drawn := arrows[s.pkg]
		if !drawn {
			t.Errorf("%s is in no row of arrows: say what it may import", s.pkg)
			continue
		}
		for _, i := range s.file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			target, ours := strings.CutPrefix(path, module)
			if !ours || slices.Contains(allowed, "…") || slices.Contains(allowed, target) {
				continue
			}
			t.Errorf("%s: %s may not import %s", s.at(i.Pos()), s.pkg, target)
		}
	}
}

// The table itself keeps to the design, so that nobody widens it by mistake.
func TestTheTableOfArrowsKeepsToTheBands(t *testing.T) {
	place := map[string][2]int{}
	for band, list := range bands {
		for i, pkg := range list {
			place[pkg] = [2]int{band, i}
		}
	}
	for pkg, allowed := range arrows {
		from, known := place[pkg]
		if !known {
			t.Errorf("%s stands in no band", pkg)
		}
		for _, target := range allowed {
			if target == "…" {
				if from[0] != len(bands)-1 {
					t.Errorf("%s may not import everything: it is not of the house", pkg)
				}
				continue
			}
			to, known := place[target]
			if !known {
				t.Errorf("%s → %s: there is no such package", pkg, target)
			}
			if to[0] > from[0] || to[0] == from[0] && to[1] >= from[1] {
				t.Errorf("%s → %s points up", pkg, target)
			}
			if isDoor(pkg) && isDoor(target) {
				t.Errorf("%s → %s: doors never import each other", pkg, target)
			}
		}
	}
}

func isDoor(pkg string) bool {
	return strings.HasPrefix(pkg, "internal/dialect/") || pkg == "internal/ui" || pkg == "internal/stream"
}

// statement finds the beginning of SQL in a text. "DELETE" alone is an HTTP
// method.
var statement = regexp.MustCompile(`(?is)\b(?:SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX)|WHERE\s+\w+\s*(?:=|<|>|IN\b|LIKE\b)|ORDER\s+BY\s+\w)`)

func TestDoorsHaveNoSQL(t *testing.T) {
	for _, hit := range []string{"SELECT id FROM contacts", "delete from notes where x", "WHERE location_id = $1", "name ORDER BY id"} {
		if !statement.MatchString(hit) {
			t.Errorf("the check would not see %q", hit)
		}
	}
	for _, s := range sources(t) {
		if !isDoor(s.pkg) {
			continue
		}
		for _, i := range s.file.Imports {
			if i.Path.Value == `"database/sql"` || strings.Contains(i.Path.Value, "pgx") || strings.Contains(i.Path.Value, "sqlite") {
				t.Errorf("%s: a door does not talk to a database", s.at(i.Pos()))
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if n.Kind == token.STRING && statement.MatchString(n.Value) {
					t.Errorf("%s: SQL in a door: %s", s.at(n.Pos()), n.Value)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok {
					x, _ := f.X.(*ast.Ident)
					if x != nil && x.Name == "tx" && slices.Contains([]string{"Exec", "Query", "Get"}, f.Sel.Name) {
						t.Errorf("%s: a door runs a statement with tx.%s", s.at(n.Pos()), f.Sel.Name)
					}
				}
			}
			return true
		})
	}
}

// callers are the packages that send HTTP requests: outbound to the world, the
// others to their own listener.
var callers = []string{"internal/outbound", "internal/demo", "internal/foyertest", "internal/bench"}

func TestNothingButOutboundCallsOut(t *testing.T) {
	sends := []string{"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Head", "Post", "PostForm"}
	for _, s := range sources(t) {
		if slices.Contains(callers, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			f, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, _ := f.X.(*ast.Ident); x != nil && x.Name == "http" && slices.Contains(sends, f.Sel.Name) {
				t.Errorf("%s: http.%s outside of outbound", s.at(f.Pos()), f.Sel.Name)
			}
			return true
		})
	}
}

// An error is a value. Only who has no random source, and main, may panic.
func TestNothingPanics(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg == "internal/id" || s.path == "cmd/foyer/main.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if f, ok := c.Fun.(*ast.Ident); ok && f.Name == "panic" {
					t.Errorf("%s: panic", s.at(c.Pos()))
				}
			}
			return true
		})
	}
}
