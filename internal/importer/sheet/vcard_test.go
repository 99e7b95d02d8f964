package sheet_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/importer/sheet"
)

// cards reads a whole file.
func cards(t *testing.T, r io.Reader) (all []sheet.Card) {
	t.Helper()
	text, err := sheet.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	for v := sheet.NewVCard(text); ; {
		c, err := v.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

func TestVCardAsProgramsWriteIt(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"plain", "NOTE:hello", "hello"},
		{"escapes", `NOTE:a\, b\; c\nd \\ e`, "a, b; c\nd \\ e"},
		{"folded", "NOTE:hel\r\n lo wor\r\n\tld", "hello world"},
		{"folded inside a word", "NOTE:one\r\n  two", "one two"},
		{"quoted-printable", "NOTE;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg=0D=0Aline two", "Jörg\nline two"},
		{"quoted-printable over lines", "NOTE;QUOTED-PRINTABLE;CHARSET=UTF-8:one =\r\ntwo =C3=\r\n=A9", "one two é"},
		{"Latin-1", "NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg", "Jörg"},
		{"Shift JIS", "NOTE;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=93=FA=96=7B", "日本"},
		{"base64 text", "NOTE;ENCODING=b:SsO2cmc=", "Jörg"},
		{"grouped", "item1.NOTE:hello", "hello"},
		{"colon in a parameter", `NOTE;X="a:b":hello`, "hello"},
		{"lower case", "note:hello", "hello"},
	} {
		got := cards(t, strings.NewReader("BEGIN:VCARD\r\nVERSION:3.0\r\n"+c.line+"\r\nEND:VCARD\r\n"))
		if len(got) != 1 || len(got[0].Properties) != 2 || got[0].Broken != "" {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		if p := got[0].Properties[1]; p.Name != "NOTE" || p.String() != c.want {
			t.Errorf("%s: %s %q, want %q", c.name, p.Name, p.String(), c.want)
		}
	}
}

func TestTheTypesOfAPropertyInAllVersions(t *testing.T) {
	for _, line := range []string{"TEL;HOME;PREF:1", "TEL;TYPE=home,pref:1", "TEL;TYPE=HOME;TYPE=pref:1", `TEL;TYPE="home,voice";PREF=1:1`} {
		p := cards(t, strings.NewReader("begin:vcard\n"+line+"\nend:vcard\n"))[0].Properties[0]
		if !p.Has("home") || !p.Has("pref") || p.Has("work") || p.String() != "1" {
			t.Errorf("%s: %+v", line, p)
		}
	}
}

func TestPicturesAndLongCardsTakeNoMemory(t *testing.T) {
	photo := strings.Repeat("QUJD\r\n ", 1<<18)
	got := cards(t, strings.NewReader("BEGIN:VCARD\r\nFN:Ana\r\nPHOTO;ENCODING=b:"+photo+"\r\nTEL:1\r\nEND:VCARD\r\nBEGIN:VCARD\r\n"+
		strings.Repeat("NOTE:"+strings.Repeat("x", 1000)+"\r\n", 2000)+"END:VCARD\r\nBEGIN:VCARD\r\nFN:Bob\r\n"))
	if len(got) != 3 {
		t.Fatalf("%d cards", len(got))
	}
	if p := got[0].Properties[1]; !p.Binary || p.Value != "" || p.Size < 1<<20 || got[0].Broken != "" || got[0].Properties[2].String() != "1" {
		t.Errorf("a picture: %s, %d bytes, binary %v", p.Name, p.Size, p.Binary)
	}
	if got[1].Broken == "" || len(got[1].Text) > 2<<20 {
		t.Errorf("a long card: %q", got[1].Broken)
	}
	if got[2].Broken == "" {
		t.Error("a card without an end is taken")
	}
}

func TestEZVCard(t *testing.T) {
	files, err := filepath.Glob("../../../../shared/data/vcard/ez-vcard/*.vcf")
	if err != nil || len(files) == 0 {
		t.Skip("skipped: ez-vcard is not here: put it under ../shared/data/vcard to run this test")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := cards(t, strings.NewReader(string(text)))
		if want := strings.Count(strings.ToUpper(string(text)), "BEGIN:VCARD"); len(all) != want {
			t.Errorf("%s: %d cards, want %d", filepath.Base(file), len(all), want)
		}
		for _, c := range all {
			for _, p := range c.Properties {
				if p.Name == "X-LINE" || strings.ContainsRune(p.Value, '\uFFFD') {
					t.Errorf("%s, card at line %d: %s is not understood: %.80q", filepath.Base(file), c.Line, p.Name, p.Value)
				}
			}
			if c.Broken != "" {
				t.Errorf("%s, card at line %d: %s", filepath.Base(file), c.Line, c.Broken)
			}
		}
	}
}

func FuzzVCard(f *testing.F) {
	for _, seed := range []string{"BEGIN:VCARD\nFN:x\nEND:VCARD", "BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:=\n=\nBEGIN:VCARD\nEND:VCARD\n", "begin:vcard\r a;=\":\n\\"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, c := range cards(t, strings.NewReader(string(file))) {
			for _, p := range c.Properties {
				_, _ = p.String(), p.Parts(';')
			}
		}
	})
}

// What our own exports keep in one property is kept whole, folded or not.
func TestTheValueOfOurOwnIsNotCut(t *testing.T) {
	value := strings.Repeat("x", 200_000)
	for _, written := range []string{value, value[:100] + "\r\n " + value[100:]} {
		p := cards(t, strings.NewReader("BEGIN:VCARD\r\nX-FOYER:"+written+"\r\nEND:VCARD\r\n"))[0].Properties[0]
		if p.String() != value {
			t.Errorf("%d bytes became %d", len(value), len(p.String()))
		}
	}
}
