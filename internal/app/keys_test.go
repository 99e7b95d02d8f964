package app_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// lock is one place where a door takes a key.
type lock struct {
	name   string
	door   string
	key    string // the right one
	header string // where it stands
	wear   func(key string) string
	try    request // needs the key and changes nothing; wear's header is added
	opens  func(answer) bool
	shape  *regexp.Regexp // of the answer to who tried too often, in the vendor's words
}

func locks(x *tenant) []lock {
	with := func(h string, v string) http.Header { return http.Header{h: {v}} }
	plain := func(scheme string) func(string) string { return func(k string) string { return scheme + k } }
	ok := func(a answer) bool { return a.status == http.StatusOK }
	has := func(text string) func(answer) bool {
		return func(a answer) bool { return strings.Contains(a.body, text) }
	}
	liondesk := regexp.MustCompile(`^\{"error":92,"errorText":"[^"]+","action":"[^"]*"\}$`)
	submit := `{"action":"NewSubmission"}` // without e-mail and phone: error 20 to who may, and nothing is stored
	return []lock{
		{name: "Radius secure-id", door: auth.Radius, key: x.vars["radius.secureId"], header: "Secure-Id", wear: plain(""),
			try: request{method: "POST", path: "/v3.0/clients/import", body: `{}`}, opens: has("Empty Input Request"),
			shape: regexp.MustCompile(`^\{"error":\{"message":"[^"]+","code":429\}\}$`)},
		{name: "LionDesk APIKEY", door: auth.LionDesk, key: x.vars["liondesk.apiKey"], header: "Authorization", wear: basic,
			try: request{method: "POST", path: "/", body: `{"action":"Echo"}`}, opens: has(`"error":0`), shape: liondesk},
		{name: "LionDesk USERKEY", door: auth.LionDesk, key: x.vars["liondesk.userKey"], header: "X-Liondesk-Id", wear: plain(""),
			try: request{method: "POST", path: "/", body: submit, header: with("Authorization", basic(x.vars["liondesk.apiKey"]))}, opens: has(`"error":20`), shape: liondesk},
		{name: "LionDesk personal USERKEY", door: auth.LionDesk, key: x.vars["liondesk.personalUserKey"], header: "X-Liondesk-Id", wear: plain(""),
			try: request{method: "POST", path: "/", body: submit, header: with("Authorization", basic("user"))}, opens: has(`"error":20`), shape: liondesk},
		{name: "Brokerkit Token", door: auth.Brokerkit, key: x.vars["brokerkit.token"], header: "Authorization", wear: plain("Token token="),
			try: request{method: "GET", path: "/v2/leads"}, opens: ok, shape: regexp.MustCompile(`^\{"error":"Too Many Requests[^"]*"\}$`)},
		{name: "Brokerkit Bearer", door: auth.Brokerkit, key: x.vars["brokerkit.token"], header: "Authorization", wear: plain("Bearer "),
			try: request{method: "GET", path: "/v2/leads"}, opens: ok, shape: regexp.MustCompile(`^\{"error":"Too Many Requests[^"]*"\}$`)},
		{name: "HighLevel private token", door: auth.HighLevel, key: x.vars["highlevel.privateToken"], header: "Authorization", wear: plain("Bearer "),
			try:   request{method: "GET", path: "/contacts/search/duplicate?email=a@x.example&locationId=" + x.actor.LocationID, header: with("Version", "2021-07-28")},
			opens: ok, shape: regexp.MustCompile(`^\{"statusCode":429,"message":"Too Many Requests".*\}$`)},
	}
}

// turn tries values of the lock's header, from an address of its own so that
// nobody is shut out for guessing.
func (l lock) turn(f *foyertest.F, n int, values ...string) answer {
	q := l.try
	q.header = l.try.header.Clone()
	if q.header == nil {
		q.header = http.Header{}
	}
	q.header[l.header] = append(q.header[l.header], values...)
	if len(values) == 0 {
		q.header.Del(l.header)
	}
	q.from = fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
	return send(f, q)
}

// misspelt gives everything that is nearly a key.
func misspelt(key string) []string {
	list := []string{"", " ", strings.ToUpper(key), strings.ToLower(key), key + key, key + "\x00", "\x00" + key, key + "\t", key + "\n", key + "=", key + ",", key + ", " + key, key + ";", `"` + key + `"`,
		"'" + key + "'", key + "%00", "%" + fmt.Sprintf("%02x", key[0]) + key[1:], key + "\u200b", key + "\u00a0", key + "'--", key[:8] + "*", "*", "%", key[:16] + " " + key[16:], base64.StdEncoding.EncodeToString([]byte(key))}
	for i := 1; i < len(key); i++ {
		list = append(list, key[:i], key[i:], key[:i]+key[i+1:], key[:i]+"\x00"+key[i:], key[:i]+" "+key[i:])
	}
	for i, c := range key {
		if o := unicode.ToUpper(c); o != c {
			list = append(list, key[:i]+string(o)+key[i+1:])
		} else if o := unicode.ToLower(c); o != c {
			list = append(list, key[:i]+string(o)+key[i+1:])
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == key })
}

func TestOnlyTheExactKeyOpens(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, log *journal) {
		n := 0
		for _, l := range locks(newTenant(t, f, "Alpha")) {
			t.Run(l.name, func(t *testing.T) {
				if got := l.turn(f, n, l.wear(l.key)); !l.opens(got) {
					t.Fatalf("the right key does not open: %s", got)
				}
				for _, k := range misspelt(l.key) {
					if l.right(l.wear(k)) {
						continue // `"KEY"` is how Brokerkit's parameter may be quoted
					}
					n++
					if got := l.turn(f, n, l.wear(k)); l.opens(got) || got.status >= 500 {
						t.Errorf("%q: %s", k, got)
					}
				}
				// a header that comes twice is refused, whichever of the two is right
				for _, two := range [][]string{{l.key, l.key}, {l.key, "x"}, {"x", l.key}, {l.key, ""}, {"", l.key}} {
					n++
					if got := l.turn(f, n, l.wear(two[0]), l.wear(two[1])); l.opens(got) || got.status >= 500 {
						t.Errorf("the header twice, %q: %s", two, got)
					}
				}
				// of another API, in another place, not at all
				for _, other := range locks(&tenant{f: f, vars: f.Vars}) {
					n++
					if got := l.turn(f, n, l.wear(other.key)); other.door != l.door && l.opens(got) {
						t.Errorf("the %s opens it", other.name)
					}
				}
				elsewhere := l
				for _, h := range []string{"X-Api-Key", "Cookie", "Proxy-Authorization", "X-Authorization", "Secure_Id", "X-Liondesk_id"} {
					n++
					elsewhere.header = h
					if got := elsewhere.turn(f, n, l.wear(l.key)); l.opens(got) {
						t.Errorf("in the header %s: %s", h, got)
					}
				}
				inQuery := l
				for _, name := range []string{"token", "secure-id", "access_token", "key", "api_key"} {
					n++
					inQuery.try.path = l.try.path + map[bool]string{true: "&", false: "?"}[strings.Contains(l.try.path, "?")] + name + "=" + l.key
					if got := inQuery.turn(f, n); l.opens(got) {
						t.Errorf("in the query as %s: %s", name, got)
					}
				}
			})
		}
		if strings.Contains(log.String(), `"msg":"panic"`) {
			t.Error("something panicked")
		}
	})
}

// right is what a header may be for the key to count: the vendor's forms and no
// others (intake.md §1.1, §2.1, contract.md §1).
func (l lock) right(value string) bool {
	k := regexp.QuoteMeta(l.key)
	switch l.name {
	case "LionDesk APIKEY":
		scheme, code, _ := strings.Cut(value, " ")
		plain, err := base64.StdEncoding.DecodeString(code)
		return strings.EqualFold(scheme, "Basic") && err == nil && string(plain) == l.key+":"
	case "Brokerkit Token", "Brokerkit Bearer":
		return regexp.MustCompile(`(?i:^token) +(?:[^,;]+[,;]\s*)*(?i:token)="?` + k + `"?(?:[ \t]*[,;].*)?$|^(?i:bearer) +` + k + `$`).MatchString(value)
	case "HighLevel private token":
		return regexp.MustCompile(`^(?i:bearer) ` + k + `$`).MatchString(value)
	}
	return value == l.key
}

// odd makes header values that look like credentials, some with the right key
// in a wrong form.
func odd(r *rand.Rand, key string) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	noise := func() string {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return string(b)
	}
	secret := pick(key, key, key, key[:len(key)-1], noise(), "", "x", strings.Repeat("k", 1<<r.IntN(14)), "ключ", "\xff\xfe", "🏠")
	scheme := pick("Basic", "basic", "BASIC", "Token", "token", "Bearer", "bearer", "Digest", "Negotiate", "", "Basic Basic", "Bearer:", noise())
	gap := pick(" ", "  ", "\t", "", ":", "=", "\u00a0", ",")
	form := pick(secret, "token="+secret, `token="`+secret+`"`, `token="`+secret, `token='`+secret+`'`, "token = "+secret, "TOKEN="+secret, `token="`+secret+`", nonce="x"`, `nonce="x", token="`+secret+`"`,
		`token="x", token="`+secret+`"`, "token="+secret+",", "token=,"+secret, `token=""`+secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret+":")),
		base64.StdEncoding.EncodeToString([]byte(secret+":x")), base64.StdEncoding.EncodeToString([]byte(":"+secret)), base64.URLEncoding.EncodeToString([]byte(secret+":")), base64.RawStdEncoding.EncodeToString([]byte(secret+":")),
		base64.StdEncoding.EncodeToString([]byte(secret+"::")), secret+":"+secret, secret+" "+secret, "["+secret+"]", secret+"\r\nX-Liondesk-Id: "+secret)
	value := scheme + gap + form
	if r.IntN(3) == 0 { // and break it somewhere
		i := r.IntN(len(value) + 1)
		value = value[:i] + pick("", " ", "\"", "\\", "\x00", "\x7f", "=", ",", noise()) + value[min(len(value), i+r.IntN(2)):]
	}
	return value
}

func TestOddCredentialsAreRefusedNeverGuessed(t *testing.T) {
	f := foyertest.New(t)
	n, all := 0, locks(newTenant(t, f, "Alpha"))
	places := map[string]int{} // where a door takes keys
	for _, l := range all {
		places[l.door]++
	}
	for _, l := range all {
		t.Run(l.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2026, uint64(len(l.name)))) // #nosec G404 -- the same values every time
			opened := 0
			for range 2000 / places[l.door] {
				value := odd(r, l.key)
				n++
				got := l.turn(f, n, value)
				switch {
				case got.status >= 500:
					t.Errorf("%q: %s", value, got)
				case l.opens(got) && !l.right(value):
					t.Errorf("%q opens: %s", value, got)
				case l.opens(got):
					opened++
				}
			}
			t.Logf("%d were in a form that the contract has", opened)
		})
	}
}

// Ten wrong keys with one beginning in a minute from one address, and that
// address is not heard with that beginning any more; everybody else is.
func TestWhoGuessesIsShutOut(t *testing.T) {
	each(t, func(t *testing.T, f *foyertest.F, _ *journal) {
		for i, l := range locks(newTenant(t, f, "Alpha")) {
			t.Run(l.name, func(t *testing.T) {
				here := (i + 1) << 16
				guess := func(i int) string { return l.wear("guesswrk" + fmt.Sprintf("%024d", i)) }
				for i := range 10 {
					if got := l.turn(f, here, guess(i)); l.opens(got) || got.status == http.StatusTooManyRequests {
						t.Fatalf("guess %d: %s", i+1, got)
					}
				}
				got := l.turn(f, here, guess(10))
				if got.status != http.StatusTooManyRequests || !l.shape.MatchString(got.body) || got.header.Get("Retry-After") == "" {
					t.Errorf("the eleventh guess: %s %v", got, got.header)
				}
				if got := l.turn(f, here, l.wear(l.key)); !l.opens(got) {
					t.Errorf("the right key from the same address is shut out: %s", got)
				}
				if got := l.turn(f, here, l.wear("another"+fmt.Sprintf("%025d", 1))); got.status == http.StatusTooManyRequests {
					t.Errorf("another beginning is shut out: %s", got)
				}
				if got := l.turn(f, here+1, guess(11)); got.status == http.StatusTooManyRequests {
					t.Errorf("another address is shut out: %s", got)
				}
			})
		}
	})
}
