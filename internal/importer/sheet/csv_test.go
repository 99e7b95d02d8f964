package sheet_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/foyer-crm/foyer/internal/importer/sheet"
)

// rows reads a whole file.
func rows(t *testing.T, r io.Reader) (all []sheet.Row) {
	t.Helper()
	text, err := sheet.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sheet.NewCSV(text)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
}

func cells(all []sheet.Row) (out [][]string) {
	for _, r := range all {
		if len(r.Cells) > 0 {
			out = append(out, r.Cells)
		}
	}
	return out
}

func TestCSVAsProgramsWriteIt(t *testing.T) {
	want := [][]string{{"name", "note"}, {"Ana", "x"}}
	for name, c := range map[string]struct {
		text string
		want [][]string
	}{
		"comma":                     {"name,note\nAna,x\n", want},
		"semicolon":                 {"name;note\nAna;x\n", want},
		"tab":                       {"name\tnote\nAna\tx\n", want},
		"bar":                       {"name|note\nAna|x\n", want},
		"said":                      {"sep=;\nname;note\nAna;x\n", want},
		"CRLF":                      {"name,note\r\nAna,x\r\n", want},
		"CR":                        {"name,note\rAna,x\r", want},
		"no last line end":          {"name,note\nAna,x", want},
		"empty lines":               {"name,note\n\n\r\nAna,x\n\n", want},
		"space before quotes":       {"name, \"note\"\n\"Ana\" ,\"x\" \n", want},
		"UTF-8 mark":                {"\xef\xbb\xbfname,note\nAna,x\n", want},
		"commas among semicolons":   {"name;note\nAna;1,5\nBob;2,5\nCid;3,5\n", [][]string{{"name", "note"}, {"Ana", "1,5"}, {"Bob", "2,5"}, {"Cid", "3,5"}}},
		"line end in quotes":        {"name,note\nAna,\"a\r\nb\nc\rd\"\n", [][]string{{"name", "note"}, {"Ana", "a\r\nb\nc\rd"}}},
		"doubled quotes":            {"name,note\nAna,\"a \"\"b\"\"\"\n", [][]string{{"name", "note"}, {"Ana", `a "b"`}}},
		"quotes in a plain cell":    {"name,note\nAna \"Bo\" X,6\" pipe\n", [][]string{{"name", "note"}, {`Ana "Bo" X`, `6" pipe`}}},
		"quotes that are not twice": {"name,note\nAna,\"6\" pipe\"\nBob,x\n", [][]string{{"name", "note"}, {"Ana", `6" pipe`}, {"Bob", "x"}}},
		"text behind quotes":        {"name,note\n\"Ana\" X,y\nBob,\"z\"\n", [][]string{{"name", "note"}, {"Ana X", "y"}, {"Bob", "z"}}},
		"one column":                {"email\na@x.example\n", [][]string{{"email"}, {"a@x.example"}}},
		"empty cells":               {"a,b,c\n,,\n\"\",,x\n", [][]string{{"a", "b", "c"}, {"", "", ""}, {"", "", "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, cells(rows(t, strings.NewReader(c.text)))); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.want, cells(rows(t, iotest.OneByteReader(strings.NewReader(c.text))))); d != "" {
				t.Errorf("byte by byte: %s", d)
			}
		})
	}
}

func TestEncodingsAreTold(t *testing.T) {
	const text = "name;note\r\nJosé Müller;“Größe” – 5 €\r\n"
	want := [][]string{{"name", "note"}, {"José Müller", "“Größe” – 5 €"}}
	files := map[string]string{"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text}
	for name, e := range map[string]interface {
		String(string) (string, error)
	}{
		"Windows-1252":     charmap.Windows1252.NewEncoder(),
		"UTF-16LE":         unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(),
		"UTF-16BE":         unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(),
		"UTF-16LE, no BOM": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
		"UTF-16BE, no BOM": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(),
	} {
		s, err := e.String(text)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = s
	}
	for name, file := range files {
		if d := cmp.Diff(want, cells(rows(t, strings.NewReader(file)))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	mixed := "name,note\nJosé,x\nJos\xe9,y\n"
	if got := rows(t, strings.NewReader(mixed)); got[1].Cells[0] != "José" || got[2].Cells[0] != "José" {
		t.Errorf("a file of both encodings: %v", got)
	}
}

func TestARowThatCannotBeReadIsOneRow(t *testing.T) {
	long := strings.Repeat("x", sheet.MaxRow+1)
	got := rows(t, strings.NewReader("name,note\nAna,\"never closed\nBob,y\nCid,"+long+"\nDan,z\nEve,\""+strings.Repeat("a line\n", 200000)+"Fay,q\n"))
	if got[1].Broken == "" || got[1].Line != 2 || !slices.Equal(got[1].Cells, []string{"Ana", "\"never closed"}) {
		t.Errorf("an open quotation mark: %.200q", got[1].Cells)
	}
	if !slices.Equal(got[2].Cells, []string{"Bob", "y"}) || got[2].Line != 3 {
		t.Errorf("the row behind it: %.200q", got[2].Cells)
	}
	if got[3].Broken == "" || got[3].Line != 4 {
		t.Errorf("a long row: line %d, %q", got[3].Line, got[3].Broken)
	}
	if !slices.Equal(got[4].Cells, []string{"Dan", "z"}) || got[4].Line != 5 {
		t.Errorf("the row behind it: %+v", got[4])
	}
	if last := got[len(got)-1]; !slices.Equal(last.Cells, []string{"Fay", "q"}) || last.Line != 6+200000 {
		t.Errorf("the last row: %+v", last)
	}
}

func TestCSVSpectrum(t *testing.T) {
	const dir = "../../../../shared/data/csv/csv-spectrum"
	files, err := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Skip("skipped: csv-spectrum is not here: put it under ../shared/data/csv to run this test")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		all := cells(rows(t, f))
		_ = f.Close()
		var got []map[string]string
		for _, r := range all[1:] {
			m := map[string]string{}
			for i, h := range all[0] {
				m[h] = strings.ReplaceAll(r[i], "\r\n", "\n")
			}
			got = append(got, m)
		}
		text, err := os.ReadFile(filepath.Join(dir, "json", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]string
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), `\r\n`, `\n`)), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\"b\",\"\n", "sep=;\r\na;b\r", "\xff\xfea\x00", "a\"\"\",\r\r\n\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		whole := rows(t, strings.NewReader(string(file)))
		if d := cmp.Diff(whole, rows(t, iotest.OneByteReader(strings.NewReader(string(file))))); d != "" {
			t.Errorf("read byte by byte it is another file: %s", d)
		}
		line := 0
		for _, r := range whole {
			if r.Line <= line {
				t.Errorf("line %d behind %d", r.Line, line)
			}
			line = r.Line
		}
	})
}
