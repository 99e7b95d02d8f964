package webhook_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/foyer-crm/foyer/internal/foyertest/npm"
	"github.com/foyer-crm/foyer/internal/id"
	"github.com/foyer-crm/foyer/internal/webhook"
)

// signed is a message as a receiver gets it.
type signed struct {
	Secret    string `json:"secret"`
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Signature string `json:"signature"`
	Body      []byte `json:"body"`
	OK        bool   `json:"ok"`
}

func (s *signed) header() http.Header {
	return http.Header{"Webhook-Id": {s.ID}, "Webhook-Timestamp": {s.Timestamp}, "Webhook-Signature": {s.Signature}}
}

// naughty are texts that have broken programs.
var naughty = []string{"", ".", "..", "msg_.1.", "\x00", "\u202e", "Zoë O’Brien-李 🏠", "<script>alert(1)</script>", "'; DROP TABLE contacts;--", "1.7976931348623157e308", "\ufeff", "ＡＢＣ", "\u2028\u2029", "null", "{{7*7}}", "%00%0a", "\r\nX: y", "٠١٢", "🏳️‍🌈", "Ṱ̺̺̕o͞ ̷i̲̬", "\\u0000"}

// invent makes the n-th message: its body is JSON, because that is what the
// libraries of Node want, with naughty texts and dots in every field.
func invent(t *testing.T, n int) *signed {
	t.Helper()
	text := naughty[n%len(naughty)]
	var body []byte
	switch n % 5 {
	case 0:
		body, _ = json.Marshal(map[string]any{text: text, "n": n})
	case 1:
		body, _ = json.Marshal(strings.Repeat(text+".", 1+n%40))
	case 2:
		body = []byte(`""`)
	case 3:
		raw := make([]byte, rand.IntN(200))
		for i := range raw {
			raw[i] = byte(rand.Uint32())
		}
		body, _ = json.Marshal(string(raw))
	case 4:
		body, _ = json.Marshal(strings.Repeat("x", 20<<10*(n%2)) + strconv.Itoa(n))
	}
	s := &signed{Secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte(id.Secret(32))), ID: "msg_" + strconv.Itoa(n) + []string{"", ".", ".1", "a.b"}[n%4], Body: body, OK: true}
	at := time.Now().Add(time.Duration(rand.IntN(60)-30) * time.Second)
	s.Timestamp = strconv.FormatInt(at.Unix(), 10)
	var err error
	if s.Signature, err = webhook.Signature(s.Secret, s.ID, at, body); err != nil {
		t.Fatal(err)
	}
	return s
}

// bent is a message with one bit changed somewhere.
func (s *signed) bent(n int) *signed {
	b := *s
	b.OK = false
	flip := func(text string) string {
		raw := []byte(text)
		raw[rand.IntN(len(raw))] ^= 1 << rand.IntN(7) // stays ASCII, as headers are
		return string(raw)
	}
	switch n % 4 {
	case 0:
		b.ID = flip(s.ID)
	case 1:
		b.Timestamp = flip(s.Timestamp)
	case 2:
		b.Body = append([]byte(nil), s.Body...)
		b.Body[rand.IntN(len(b.Body))] ^= 1 << rand.IntN(8)
	case 3:
		b.Signature = flip(s.Signature)
	}
	return &b
}

// C3: what Foyer signs verifies with other people's libraries, and nothing does of
// which one bit was changed.
func TestOtherPeopleVerifyWhatIsSigned(t *testing.T) {
	const n = 10_000
	file := filepath.Join(t.TempDir(), "messages")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	write := json.NewEncoder(w)
	for i := range n {
		s := invent(t, i)
		for _, m := range []*signed{s, s.bent(i)} {
			check, err := standard.NewWebhook(m.Secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := check.Verify(m.Body, m.header()); (err == nil) != m.OK {
				t.Fatalf("verifies: %v, want %v: %+v", err, m.OK, m)
			}
			if err := write.Encode(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("Go: %d verified, %d refused", n, n)
	node := exec.CommandContext(t.Context(), "node", "verify.mjs", file)
	node.Dir = npm.Install(t)
	text, err := node.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(text), fmt.Sprintf("%d verified, %d refused", n, n)) {
		t.Errorf("%v\n%.2000s", err, text)
	}
	t.Logf("Node: %s", text)
}

// The vector that the libraries of Standard Webhooks share.
func TestTheSharedVectorOfStandardWebhooks(t *testing.T) {
	got, err := webhook.Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", time.Unix(1674087231, 0), []byte(`{"type":"contact.created"}`))
	if want := "v1,5t/QYgppkyIjIHutBHMQVy3Ghy68cDvncCowsciurFo="; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}
