package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func readObject(t testing.TB, body string) *Object {
	t.Helper()
	o, err := ReadObject([]byte(body))
	if err != nil {
		t.Fatalf("ReadObject(%.200s): %v", body, err)
	}
	return o
}

// checkWarnings compares the warnings with "field: message" lines.
func checkWarnings(t *testing.T, o *Object, want ...string) {
	t.Helper()
	var got []string
	for _, w := range o.Warnings() {
		got = append(got, w.Field+": "+w.Message)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestReadObjectAcceptsOnlyObjects(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       error
	}{
		{"object", `{"a":1}`, nil},
		{"empty object", `{}`, nil},
		{"white space around", " \r\n\t{} \n", nil},
		{"byte order mark", "\uFEFF{}", nil},
		{"no body", "", ErrEmpty},
		{"blank body", " \t\r\n ", ErrEmpty},
		{"only a byte order mark", "\uFEFF \n", ErrEmpty},
		{"null", " null ", ErrNull},
		{"null is no object", "null", ErrNotObject},
		{"array", `[1,2]`, ErrNotObject},
		{"string", `"x"`, ErrNotObject},
		{"number", `1`, ErrNotObject},
		{"boolean", `true`, ErrNotObject},
		{"broken", `{bad`, ErrSyntax},
		{"broken array", `[1,2`, ErrSyntax},
		{"single quotes", `{'a':1}`, ErrSyntax},
		{"trailing comma", `{"a":1,}`, ErrSyntax},
		{"comment", `{"a":1}// x`, ErrSyntax},
		{"trailing object", `{}{}`, ErrSyntax},
		{"trailing value", `{} null`, ErrSyntax},
		{"trailing brace", `{}}`, ErrSyntax},
		{"trailing comma after the object", `{},`, ErrSyntax},
		{"trailing NUL", "{}\x00", ErrSyntax},
		{"two byte order marks", "\uFEFF\uFEFF{}", ErrSyntax},
		{"value without name", `{1}`, ErrSyntax},
		{"name without value", `{"a"}`, ErrSyntax},
		{"raw control character", "{\"a\":\"\x01\"}", ErrSyntax},
		{"NaN", `{"a":NaN}`, ErrSyntax},
		{"leading zero", `{"a":01}`, ErrSyntax},
		{"UTF-16", "\xff\xfe{\x00}\x00", ErrSyntax},
		{"form", "a=1&b=2", ErrSyntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := ReadObject([]byte(c.body))
			if !errors.Is(err, c.want) || (err == nil) != (o != nil) {
				t.Errorf("got %v, %v; want %v", o, err, c.want)
			}
		})
	}
	if errors.Is(ErrNotObject, ErrNull) {
		t.Error("an array would count as null")
	}
}

func TestSyntaxErrorsSayWhereAndRepeatNothing(t *testing.T) {
	for body, want := range map[string]string{
		"{\"secret\":\n  \"Zoë\" hush}":   "the body is not valid JSON: line 2, character 9",
		`{hush`:                           "the body is not valid JSON: line 1, character 2",
		`{"secret":"hush`:                 "the body is not valid JSON: it ends too early",
		`{"secret":{"hush":"\hush"}}`:     "the body is not valid JSON: line 1, character 20",
		`{"secret":1} hush`:               "the body is not valid JSON: line 1, character 14",
		"\uFEFF{\"secret\":\"\x01hush\"}": "the body is not valid JSON: line 1, character 12",
	} {
		_, err := ReadObject([]byte(body))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
}

func TestReadObjectLimits(t *testing.T) {
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":0`, i)
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	deep := func(n int) string { // n containers: the outer object, arrays and objects in turn
		open, end := `{"a":`, "}"
		for i := 1; i < n; i++ {
			if i%2 == 1 {
				open, end = open+"[", "]"+end
			} else {
				open, end = open+`{"a":`, "}"+end
			}
		}
		return open + "1" + end
	}
	long := strings.Repeat("x", objectMaxText)
	for _, c := range []struct {
		name, body string
		refused    bool
	}{
		{"64 deep", deep(64), false},
		{"65 deep", deep(65), true},
		{"10,000 arrays", strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), true},
		{"10,000 arrays in an object", `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", true},
		{"10,000 objects that never end", strings.Repeat(`{"a":`, 10_000), true},
		{"1000 keys", keys(1000), false},
		{"1001 keys", keys(1001), true},
		{"1001 keys in small objects", `{"a":[` + strings.Repeat(`{"b":1},`, 1000) + `1]}`, true},
		{"1001 times the same key", `{"a":0` + strings.Repeat(`,"a":1`, 1000) + `}`, true},
		{"64 KiB string", `{"a":"` + long + `"}`, false},
		{"a byte more", `{"a":"` + long + `x"}`, true},
		{"a byte more in an array", `{"a":["` + long + `x"]}`, true},
		{"64 KiB of escapes", `{"a":"` + strings.Repeat(`\u0041`, objectMaxText) + `"}`, false},
		{"an escape more", `{"a":"` + strings.Repeat(`\u0041`, objectMaxText+1) + `"}`, true},
		{"64 KiB name", `{"` + long + `":1}`, false},
		{"longer name", `{"` + long + `x":1}`, true},
		{"64 KiB number", `{"a":` + strings.Repeat("1", objectMaxText) + `}`, false},
		{"longer number", `{"a":` + strings.Repeat("1", objectMaxText+1) + `}`, true},
		{"90,000 elements", `{"a":[0` + strings.Repeat(`,{}`, 90_000) + `]}`, false},
		{"100,000 elements", `{"a":[0` + strings.Repeat(`,{}`, 100_000) + `]}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadObject([]byte(c.body))
			if c.refused && !errors.Is(err, ErrLimit) || !c.refused && err != nil {
				t.Errorf("got %v, want refused = %v", err, c.refused)
			}
		})
	}
}

// A bomb must be refused at its 1001st key: memory for more than a thousand nodes means that it was read on.
func TestMillionKeysAreNotRead(t *testing.T) {
	for name, member := range map[string]string{"flat": `,"k":0`, "with objects": `,"k":{"k":0}`} {
		body := []byte(`{"k":0` + strings.Repeat(member, 1_000_000) + `}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadObject(body)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrLimit) {
			t.Fatalf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
			t.Errorf("%s: %d bytes of %d were allocated to refuse the body", name, used, len(body))
		}
	}
}

func TestTextIsWhatTheSenderMeant(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`" Ann "`, "Ann"},
		{`"\t\u00a0Ann\n"`, "Ann"},
		{`"Zoë O’Brien 李 🏠"`, "Zoë O’Brien 李 🏠"},
		{`"Zo\u00eb \ud83c\udfe0 \"\\\/"`, `Zoë 🏠 "\/`},
		{`4155550133`, "4155550133"},
		{`12345678901234567890`, "12345678901234567890"},
		{`5551234567.0`, "5551234567"},
		{`5.551234567e9`, "5551234567"},
		{`5.551234567E+09`, "5551234567"},
		{`1e3`, "1000"},
		{`-1.5e1`, "-15"},
		{`12.5e-1`, "1.25"},
		{`1e-3`, "0.001"},
		{`0e7`, "0"},
		{`100500.90`, "100500.90"},
		{`2.5`, "2.5"},
		{`1e999999999`, "1e999999999"},
		{`1e-99999999999999999999`, "1e-99999999999999999999"},
		{`true`, "true"},
		{`false`, "false"},
		{`null`, ""},
		{`""`, ""},
	} {
		o := readObject(t, `{"f":`+c.json+`}`)
		if got := o.Text("f"); got != c.want {
			t.Errorf("Text of %s = %q, want %q", c.json, got, c.want)
		}
		o.Ignore()
		checkWarnings(t, o)
	}
	o := readObject(t, `{"note":"  #NOTE\n– ñ 🏠 \n","n":7}`)
	if got := o.Raw("note") + o.Raw("n"); got != "  #NOTE\n– ñ 🏠 \n7" {
		t.Errorf("Raw = %q", got)
	}
	if o.Text("absent") != "" || o.Raw("absent") != "" || o.TextMax("absent", 1) != "" {
		t.Error("an absent field has a text")
	}
	o = readObject(t, `{"a":[1],"b":{"c":1},"e":[]}`)
	if got := o.Text("a") + o.Raw("b") + o.TextMax("e", 5); got != "" {
		t.Errorf("containers have the text %q", got)
	}
	o.Ignore()
	checkWarnings(t, o, "a: an array instead of a text, left out", "b: an object instead of a text, left out", "e: an array instead of a text, left out")
}

func TestPlainNumbersAreExact(t *testing.T) {
	for _, digits := range []string{"0", "7", "10", "120", "5551234567", "98765432109876543210", "1.0", "1.50", "0.05", "120.340", "-0.1", "-30"} {
		for _, exponent := range []string{"", "e0", "e1", "E-1", "e+7", "e-12", "e25", "e39", "e-39", "e40"} {
			number := digits + exponent
			plain := objectPlain(number)
			want, _ := new(big.Rat).SetString(number)
			got, ok := new(big.Rat).SetString(plain)
			if !ok || got.Cmp(want) != 0 || strings.ContainsAny(plain, "eE") || strings.HasSuffix(plain, ".") || strings.HasSuffix(plain, ".0") {
				t.Errorf("objectPlain(%s) = %s", number, plain)
			}
		}
	}
}

func TestCutCountsCharactersAndWarns(t *testing.T) {
	o := readObject(t, fmt.Sprintf(`{"exact":%q,"over":%q,"blank":" %s ","house":"🏠🏠🏠","raw":" ab\n","gap":"ab cd","n":123456}`,
		strings.Repeat("é", 255), strings.Repeat("é", 256), strings.Repeat("x", 255)))
	for _, c := range []struct{ got, want string }{
		{o.TextMax("exact", 255), strings.Repeat("é", 255)},
		{o.TextMax("over", 255), strings.Repeat("é", 255)},
		{o.TextMax("blank", 255), strings.Repeat("x", 255)},
		{o.TextMax("house", 2), "🏠🏠"},
		{o.RawMax("raw", 3), " ab"},
		{o.TextMax("gap", 3), "ab"},
		{o.TextMax("n", 3), "123"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	checkWarnings(t, o, "over: cut to 255 characters", "house: cut to 2 characters", "raw: cut to 3 characters",
		"gap: cut to 3 characters", "n: cut to 3 characters")
}

func TestList(t *testing.T) {
	for _, c := range []struct {
		json, seps string
		want       []string
		warning    []string
	}{
		{`["a@x.co","b@x.co"]`, ",", []string{"a@x.co", "b@x.co"}, nil},
		{`" a@x.co , , A@X.CO "`, ",", []string{"a@x.co", "A@X.CO"}, nil},
		{`"a@x.co;b@x.co,c@x.co"`, ",;", []string{"a@x.co", "b@x.co", "c@x.co"}, nil},
		{`"Buyer, Hot ,,buyer"`, ",", []string{"Buyer", "Hot", "buyer"}, nil},
		{`["Buyer, Hot",""," "]`, ",", []string{"Buyer, Hot"}, nil},
		{`"a、b"`, "、", []string{"a", "b"}, nil},
		{`"a b,c"`, "", []string{"a b,c"}, nil},
		{`5551234567`, ",", []string{"5551234567"}, nil},
		{`[1,null,"x",{}]`, ",", []string{"1", "x"}, []string{"f: 2 of 4 items are not texts, left out"}},
		{`[5551234567,true,["y"]]`, ",", []string{"5551234567", "true"}, []string{"f: 1 of 3 items are not texts, left out"}},
		{`{"a":1}`, ",", nil, []string{"f: an object instead of a text, left out"}},
		{`["a\u0000","b\u0000"]`, ",", []string{"a\uFFFD", "b\uFFFD"}, []string{"f: " + objectMended}},
		{`[]`, ",", nil, nil},
		{`""`, ",", nil, nil},
		{`null`, ",", nil, nil},
	} {
		o := readObject(t, `{"f":`+c.json+`}`)
		if diff := cmp.Diff(c.want, o.List("f", c.seps)); diff != "" {
			t.Errorf("List of %s (-want +got):\n%s", c.json, diff)
		}
		o.Ignore()
		checkWarnings(t, o, c.warning...)
	}
}

func TestNumbers(t *testing.T) {
	const noInt, noNumber = "f: not a whole number, left out", "f: not a number, left out"
	for _, c := range []struct {
		json   string
		whole  int64
		isInt  bool
		number float64
		isNum  bool
	}{
		{`3`, 3, true, 3, true},
		{`"3"`, 3, true, 3, true},
		{`3.0`, 3, true, 3, true},
		{`" 3.00 "`, 3, true, 3, true},
		{`"+3"`, 3, true, 3, true},
		{`-3`, -3, true, -3, true},
		{`1e3`, 1000, true, 1000, true},
		{`850000`, 850000, true, 850000, true},
		{`"1,234,567"`, 1234567, true, 1234567, true},
		{`"-1,200.50"`, 0, false, -1200.5, true},
		{`"1,200.00"`, 1200, true, 1200, true},
		{`2.5`, 0, false, 2.5, true},
		{`"2.5"`, 0, false, 2.5, true},
		{`9223372036854775807`, 9223372036854775807, true, 9223372036854775807, true},
		{`9223372036854775808`, 0, false, 9223372036854775808, true},
		{`"12,5"`, 0, false, 0, false},
		{`"1.200,50"`, 0, false, 0, false},
		{`",123"`, 0, false, 0, false},
		{`"1,,200"`, 0, false, 0, false},
		{`"$10k"`, 0, false, 0, false},
		{`"0x10"`, 0, false, 0, false},
		{`"inf"`, 0, false, 0, false},
		{`"NaN"`, 0, false, 0, false},
		{`"e"`, 0, false, 0, false},
		{`"1_000"`, 0, false, 0, false},
		{`1e400`, 0, false, 0, false},
		{`true`, 0, false, 0, false},
	} {
		o := readObject(t, `{"f":`+c.json+`}`)
		whole, ok := o.Int("f")
		if whole != c.whole || ok != c.isInt {
			t.Errorf("Int of %s = %d, %v", c.json, whole, ok)
		}
		number, ok := o.Number("f")
		if number != c.number || ok != c.isNum {
			t.Errorf("Number of %s = %v, %v", c.json, number, ok)
		}
		var want []string
		if !c.isInt {
			want = append(want, noInt)
		}
		if !c.isNum {
			want = append(want, noNumber)
		}
		o.Ignore()
		checkWarnings(t, o, want...)
	}
}

func TestBool(t *testing.T) {
	for json, want := range map[string]string{
		`true`: "true", `"true"`: "true", `" TRUE "`: "true", `1`: "true", `"1"`: "true", `"Yes"`: "true", `"y"`: "true", `"on"`: "true",
		`false`: "false", `"false"`: "false", `0`: "false", `"0"`: "false", `"no"`: "false", `"N"`: "false", `"off"`: "false",
	} {
		o := readObject(t, `{"f":`+json+`}`)
		if v, ok := o.Bool("f"); !ok || fmt.Sprint(v) != want {
			t.Errorf("Bool of %s = %v, %v", json, v, ok)
		}
		checkWarnings(t, o)
	}
	for _, json := range []string{`"maybe"`, `2`, `-1`, `"tru"`} {
		o := readObject(t, `{"f":`+json+`}`)
		if v, ok := o.Bool("f"); v || ok {
			t.Errorf("Bool of %s = %v, %v", json, v, ok)
		}
		checkWarnings(t, o, "f: not yes or no, left out")
	}
}

func TestBlankIsAbsent(t *testing.T) {
	for _, body := range []string{`{}`, `{"f":null}`, `{"f":""}`, `{"f":" "}`} {
		o := readObject(t, body)
		_, isInt := o.Int("f")
		_, isNum := o.Number("f")
		_, isBool := o.Bool("f")
		_, isObject := o.Object("f")
		if isInt || isNum || isBool || isObject || o.Text("f") != "" || o.List("f", ",") != nil || o.Objects("f") != nil {
			t.Errorf("%s: something was there", body)
		}
		o.Ignore()
		checkWarnings(t, o)
	}
}

func TestKindSentHasNull(t *testing.T) {
	o := readObject(t, `{"null":null,"text":"","num":0,"bool":false,"array":[],"object":{}}`)
	for i, c := range []struct {
		key             string
		kind            Kind
		sent, has, null bool
	}{
		{"absent", Absent, false, false, false},
		{"null", Null, true, false, true},
		{"text", String, true, true, false},
		{"num", Num, true, true, false},
		{"bool", Boolean, true, true, false},
		{"array", Array, true, true, false},
		{"object", Obj, true, true, false},
	} {
		if o.Kind(c.key) != c.kind || o.Sent(c.key) != c.sent || o.Has(c.key) != c.has || o.IsNull(c.key) != c.null {
			t.Errorf("%d %s: %v %v %v %v", i, c.key, o.Kind(c.key), o.Sent(c.key), o.Has(c.key), o.IsNull(c.key))
		}
	}
	if len(o.Rest()) != 6 {
		t.Error("asking for the kind took a member")
	}
}

func TestNamesAreCaseSensitive(t *testing.T) {
	o := readObject(t, `{"Email":"a@x.co","email ":"b@x.co"}`)
	if got := o.Text("email"); got != "" {
		t.Errorf("email = %q", got)
	}
	if diff := cmp.Diff([]string{"Email", "email "}, o.Keys()); diff != "" || o.Len() != 2 {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	o.Ignore()
	checkWarnings(t, o, "Email: "+objectUnknown, "email : "+objectUnknown)
}

func TestRepeatedNamesLastWins(t *testing.T) {
	o := readObject(t, `{"a":1,"b":2,"a":3,"a":null,"c":{"d":1,"d":"x"}}`)
	if !o.IsNull("a") || o.Text("b") != "2" {
		t.Errorf("a = %v, b = %q", o.Kind("a"), o.Text("b"))
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, o.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got := string(o.JSON("c")); got != `{"d":"x"}` {
		t.Errorf("c = %s", got)
	}
	checkWarnings(t, o, "a: "+objectRepeated, "c.d: "+objectRepeated)
}

func TestTextThatIsNoTextIsMended(t *testing.T) {
	const body = "{\"bytes\":\"Jos\xe9 \xff\xfe\",\"lone\":\"\\ud83cx\",\"nul\":\"a\\u0000b\\u0000\",\"k\\u0000\":1,\"ok\":\"\uFFFD \\ud83c\\udfe0\"," +
		"\"in\":{\"list\":[\"\xe9\",\"\xe9\"],\"raw\":\"\\udc00\\n\",\"value\":[{\"x\":\"\\ud800\"}]},\"unread\":\"\xff\"}"
	o := readObject(t, body)
	for key, want := range map[string]string{"bytes": "Jos\uFFFD \uFFFD\uFFFD", "lone": "\uFFFDx", "nul": "a\uFFFDb\uFFFD", "k\uFFFD": "1", "ok": "\uFFFD 🏠"} {
		if got := o.Text(key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
		o.Text(key)
	}
	in, _ := o.Object("in")
	if diff := cmp.Diff(any([]any{map[string]any{"x": "\uFFFD"}}), in.Value("value")); diff != "" {
		t.Errorf("in.value (-want +got):\n%s", diff)
	}
	if got := string(in.JSON("list")) + in.Raw("raw"); got != "[\"\uFFFD\",\"\uFFFD\"]\uFFFD\n" {
		t.Errorf("in = %q", got)
	}
	o.Ignore()
	fields := map[string]int{}
	for _, w := range o.Warnings() {
		fields[w.Field+": "+w.Message]++
		if !utf8.ValidString(w.Field) {
			t.Errorf("the field %q is no text", w.Field)
		}
	}
	want := map[string]int{"unread: " + objectUnknown: 1}
	for _, field := range []string{"bytes", "lone", "nul", "k\uFFFD", "in.list", "in.raw", "in.value[0].x"} {
		want[field+": "+objectMended] = 1
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestNestedObjects(t *testing.T) {
	o := readObject(t, `{"client":{"name":"Ann","phones":{"home":[1]},"x":1},"prop":"none","req":[{}],"list":[{"n":1},7,{"n":2,"y":{}},null],"one":{"n":3},"text":"no"}`)
	client, ok := o.Object("client")
	if !ok || client.Text("name") != "Ann" {
		t.Fatalf("client = %v, %v", client, ok)
	}
	phones, _ := client.Object("phones")
	phones.Text("home")
	phones.Warn("", "about itself")
	client.Warn("age", "by hand")
	for _, key := range []string{"prop", "req"} {
		if inner, ok := o.Object(key); ok || inner != nil {
			t.Errorf("%s is an object", key)
		}
	}
	var n []string
	for _, key := range []string{"list", "one", "text", "absent"} {
		for _, item := range o.Objects(key) {
			n = append(n, item.Text("n"))
		}
	}
	if got := strings.Join(n, ","); got != "1,2,3" {
		t.Errorf("objects = %s", got)
	}
	one, _ := o.Object("one")
	if again, _ := o.Object("client"); again != client || o.Objects("one")[0] != one {
		t.Error("opened twice, an object is two")
	}
	o.Ignore()
	checkWarnings(t, o,
		"client.phones.home: an array instead of a text, left out", "client.phones: about itself", "client.age: by hand",
		"prop: a text instead of an object, left out", "req: an array instead of an object, left out",
		"list: 2 of 4 items are not objects, left out", "text: a text instead of an object, left out",
		"client.x: "+objectUnknown, "list[2].y: "+objectUnknown)
}

func TestIgnoreOfAnInnerObjectLeavesTheOuterAlone(t *testing.T) {
	o := readObject(t, `{"a":1,"b":{"c":2,"d":{"e":3}}}`)
	b, _ := o.Object("b")
	b.Ignore()
	checkWarnings(t, o, "b.c: "+objectUnknown, "b.d: "+objectUnknown)
}

func TestRestIsWhatNobodyTook(t *testing.T) {
	o := readObject(t, `{"name":"Ann","custom_x":" y ","n":1.50,"gone":null,"list":[1, "\u00e9"],"deep":{"a": [ ], "b":{"c":"\u0000"}},"flag":true}`)
	o.Text("name")
	o.Take("flag", "absent")
	var got []string
	for _, m := range o.Rest() {
		text, ok := m.Text()
		got = append(got, fmt.Sprintf("%s|%v|%s|%v|%s", m.Key, m.Kind(), text, ok, m.JSON()))
	}
	want := []string{
		`custom_x|a text|y|true|" y "`,
		`n|a number|1.50|true|1.50`,
		`gone|null||false|null`,
		`list|an array||false|[1,"\u00e9"]`,
		`deep|an object||false|{"a":[],"b":{"c":"` + "\uFFFD" + `"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rest (-want +got):\n%s", diff)
	}
	if len(o.Rest()) != 5 {
		t.Error("Rest took a member")
	}
	o.Take("n", "gone", "list")
	o.Ignore()
	checkWarnings(t, o, "deep.b.c: "+objectMended, "custom_x: "+objectUnknown, "deep: "+objectUnknown)
}

func TestValueAndJSON(t *testing.T) {
	o := readObject(t, `{"v": {"s":"\u00e9","n":12345678901234567890,"b":[true,null,[],{}],"s":"x"}, "t":"a\/b"}`)
	want := map[string]any{"s": "x", "n": json.Number("12345678901234567890"), "b": []any{true, nil, []any{}, map[string]any{}}}
	if diff := cmp.Diff(want, o.Value("v")); diff != "" {
		t.Errorf("value (-want +got):\n%s", diff)
	}
	if got := string(o.JSON("v")); got != `{"s":"x","n":12345678901234567890,"b":[true,null,[],{}]}` {
		t.Errorf("JSON = %s", got)
	}
	if got := string(o.JSON("t")); got != `"a\/b"` {
		t.Errorf("JSON = %s", got)
	}
	if o.Value("absent") != nil || o.JSON("absent") != nil {
		t.Error("an absent member has a value")
	}
	o.Ignore()
	checkWarnings(t, o, "v.s: "+objectRepeated)
}

func TestFold(t *testing.T) {
	loose := func(key string) string {
		return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(key))
	}
	o := readObject(t, `{"Street_Address":"1 Elm","assigned user name":"Bo","EMAIL":"a@x.co","email":"","First-Name":null,"firstname":"Ann","Odd_One":1}`)
	o.Text("EMAIL")
	o.Fold(loose)
	for key, want := range map[string]string{"streetaddress": "1 Elm", "street_address": "1 Elm", "assignedusername": "Bo", "email": "a@x.co", "firstname": "Ann", "zip": ""} {
		if got := o.Text(key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	rest := o.Rest()
	if len(rest) != 1 || rest[0].Key != "Odd_One" {
		t.Fatalf("rest = %v", rest)
	}
	o.Ignore()
	o.Take(rest[0].Key)
	if len(o.Rest()) != 0 {
		t.Error("a member was not found by its name as sent")
	}
	checkWarnings(t, o, `email: the same field as "EMAIL", which was used instead`,
		`First-Name: the same field as "firstname", which was used instead`, "Odd_One: "+objectUnknown)
}

func TestManyMembersAreFoundAndFoldedAlike(t *testing.T) {
	for _, n := range []int{1, objectMaxLinear - 1, objectMaxLinear, objectMaxLinear + 1, 500} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"Key%d":0,"Key%d":%d,`, i, i, i)
		}
		o := readObject(t, "{"+strings.TrimSuffix(b.String(), ",")+"}")
		if o.Len() != n {
			t.Fatalf("%d members, want %d", o.Len(), n)
		}
		for i := range n {
			if got := o.Text(fmt.Sprintf("Key%d", i)); got != fmt.Sprint(i) {
				t.Errorf("Key%d = %s", i, got)
			}
		}
		if o.Sent("Key") || o.Sent("key0") {
			t.Error("a member was found that was not sent")
		}
		o.Fold(strings.ToLower)
		for i := range n {
			if got := o.Text(fmt.Sprintf("key%d", i)); got != fmt.Sprint(i) {
				t.Errorf("key%d = %s", i, got)
			}
		}
		if len(o.Rest()) != 0 {
			t.Errorf("%d members not taken", len(o.Rest()))
		}
	}
}

func TestWarningsAreFewAndEachOnce(t *testing.T) {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	o := readObject(t, "{"+b.String()+`"in":{}}`)
	in, _ := o.Object("in")
	in.Warn("f", "twice")
	in.Warn("f", "twice")
	o.Ignore()
	got := o.Warnings()
	if len(got) != 101 || got[0] != (Warning{"in.f", "twice"}) || got[1].Field != "k0" || got[100] != (Warning{Message: "and 51 more warnings"}) {
		t.Errorf("%d warnings, from %v to %v", len(got), got[:2], got[len(got)-1])
	}
	if diff := cmp.Diff(got, in.Warnings()); diff != "" {
		t.Errorf("an inner object knows other warnings:\n%s", diff)
	}
	o = readObject(t, `{"`+strings.Repeat("é", 60_000/2)+`":1}`)
	o.Ignore()
	checkWarnings(t, o, strings.Repeat("é", 100)+"…: "+objectUnknown)
}

func TestNoObjectIsAnEmptyObject(t *testing.T) {
	for _, o := range []*Object{nil, new(Object)} {
		o.Fold(strings.ToLower)
		o.Take("a")
		o.Ignore()
		_, isObject := o.Object("a")
		if o.Text("a") != "" || o.Sent("a") || isObject || o.Objects("a") != nil || o.List("a", ",") != nil || o.Value("a") != nil ||
			o.JSON("a") != nil || o.Len() != 0 || len(o.Keys()) != 0 || o.Rest() != nil || o.Warnings() != nil {
			t.Errorf("%v has something in it", o)
		}
		o.Warn("a", "b")
	}
	var m Member
	if text, ok := m.Text(); ok || text != "" || m.Kind() != Absent || m.Value() != nil || m.JSON() != nil {
		t.Error("the zero member has a value")
	}
}

func TestObjectOutlivesTheBody(t *testing.T) {
	body := []byte(`{"a":"plain","b":"esc\n","c":{"d":1}}`)
	o, err := ReadObject(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	readObject(t, `{"x":"other","y":[1,2,3]}`) // takes the pooled reader
	if got := o.Text("a") + o.Raw("b") + string(o.JSON("c")); got != "plainesc\n{\"d\":1}" {
		t.Errorf("got %q", got)
	}
}

func TestJSONTestSuite(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/json/test_parsing/*.json")
	if len(files) == 0 {
		t.Skip("JSONTestSuite is not here: put its test_parsing folder under ../shared/data/json to run this test")
	}
	var accepted, refused int
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		_, err = ReadObject(content)
		switch name[:2] {
		case "y_":
			accepted++
			if err != nil && !errors.Is(err, ErrNotObject) {
				t.Errorf("%s: %v", name, err)
			}
			o, err := ReadObject(fmt.Appendf(nil, `{"v": %s }`, bytes.TrimPrefix(content, []byte(objectBOM))))
			if err != nil || !o.Sent("v") || !json.Valid(o.JSON("v")) {
				t.Errorf("%s in an object: %v", name, err)
			}
		case "n_":
			refused++
			if err == nil || errors.Is(err, ErrNotObject) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := ReadObject(fmt.Appendf(nil, `{"v": %s }`, content)); err == nil {
				t.Errorf("%s in an object: accepted", name)
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}

// contactBody is a lead of some 600 bytes as website forms send it.
const contactBody = `{"action":"NewSubmission","firstname":"Anna","lastname":"O’Brien","phone":"(602) 555-0147","email":"anna.obrien@example.com",` +
	`"street_address":"1200 North Central Avenue","city":"Phoenix","state":"AZ","zip":85004,"assigned user email":"agent@example.com",` +
	`"siteid":"example-homes.com","tag":"Buyer, Hot, Open House","contactid":4155550133,"comments":"Saw the house on Elm Street.\nPlease call after 5 pm, thank you!",` +
	`"property":{"mls":"A-551","beds":"3","full_baths":2,"sqft":"1,850","listing_price":"425000.00","images":["https://img.example.com/1.jpg","https://img.example.com/2.jpg"]},"consent":true}`

func BenchmarkReadObject(b *testing.B) {
	body := []byte(contactBody)
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := ReadObject(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read and take every field", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			o, err := ReadObject(body)
			if err != nil {
				b.Fatal(err)
			}
			for _, key := range [...]string{"action", "firstname", "lastname", "phone", "email", "street_address", "city", "state", "zip",
				"assigned user email", "assigned user name", "siteid", "contactid"} {
				o.TextMax(key, 255)
			}
			o.List("tag", ",")
			o.RawMax("comments", 5000)
			o.Bool("consent")
			p, _ := o.Object("property")
			p.Text("mls")
			p.Int("beds")
			p.Int("full_baths")
			p.Number("sqft")
			p.Number("listing_price")
			p.List("images", ",")
			o.Ignore()
			if o.Warnings() != nil {
				b.Fatal(o.Warnings())
			}
		}
	})
	b.Run("encoding json map", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var fields map[string]any
			dec := json.NewDecoder(bytes.NewReader(body))
			dec.UseNumber()
			if err := dec.Decode(&fields); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding json struct", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			var lead struct {
				Action, Firstname, Lastname, Phone, Email string
				Street                                    string `json:"street_address"`
				City, State                               string
				Zip                                       json.Number
				AssignedEmail                             string `json:"assigned user email"`
				Siteid, Tag, Comments                     string
				Contactid                                 json.Number
				Consent                                   bool
				Property                                  struct {
					Mls, Beds, Sqft string
					Baths           int    `json:"full_baths"`
					Price           string `json:"listing_price"`
					Images          []string
				}
			}
			if err := json.Unmarshal(body, &lead); err != nil {
				b.Fatal(err)
			}
		}
	})
}
