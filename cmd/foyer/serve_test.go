package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foyer-crm/foyer/internal/app"
)

// Wrong configuration is refused in one sentence that says what to do, and
// before anything is served.
func TestWrongConfigurationIsRefusedInASentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := func(mode os.FileMode, text string) string { // a data folder with a master key
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "foyer.key"), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	folderForKey := t.TempDir()
	if err := os.Mkdir(filepath.Join(folderForKey, "foyer.key"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"no port", "cannot listen on localhost: address localhost: missing port in address", []string{"--listen", "localhost"}},
		{"a port that is none", "cannot listen on 127.0.0.1:http8", []string{"--listen", "127.0.0.1:http8"}},
		{"a port too large", "cannot listen on 127.0.0.1:99999", []string{"--listen", "127.0.0.1:99999"}},
		{"an address that is not this machine's", "cannot listen on 192.0.2.1:8080", []string{"--listen", "192.0.2.1:8080"}},
		{"a taken port", "address already in use", []string{"--listen", taken.Addr().String()}},
		{"metrics for everybody", "the metrics address 0.0.0.0:9464 is not a loopback address such as 127.0.0.1:9464", []string{"--metrics-listen", "0.0.0.0:9464"}},
		{"metrics for everybody, without a host", "the metrics address :9464 is not a loopback address", []string{"--metrics-listen", ":9464"}},
		{"metrics on a name", "is not a loopback address", []string{"--metrics-listen", "example.com:9464"}},
		{"metrics without a port", "is not a loopback address", []string{"--metrics-listen", "127.0.0.1"}},
		{"metrics on a taken port", "cannot serve metrics on " + taken.Addr().String() + ": ", []string{"--metrics-listen", taken.Addr().String()}},
		{"a database URL that is none", "it should look like postgres://user:password@host:5432/name", []string{"--database-url", "mysql//what"}},
		{"a database URL with a bad port", "it should look like postgres://user:password@host:5432/name", []string{"--database-url", "postgres://u:s3cretpassword@host:port/x"}},
		{"a database that is not there", "connection refused", []string{"--database-url", "postgres://foyer:s3cretpassword@127.0.0.1:1/foyer"}},
		{"a mail server that is none", "the SMTP URL should look like smtp://user:password@host:587", []string{"--smtp-url", "https://user:s3cretpassword@mail.example"}},
		{"a mail server without a host", "the SMTP URL should look like", []string{"--smtp-url", "smtp://"}},
		{"a mail server with an odd wish", "the tls part of the SMTP URL is always, maybe or never", []string{"--smtp-url", "smtp://mail.example?tls=perhaps"}},
		{"a sender that is no address", `the sender's address "nobody at all" is not an e-mail address`, []string{"--smtp-url", "smtp://mail.example", "--mail-from", "nobody at all"}},
		{"proxies that are no network", `the trusted proxy "10.0.0.0/99" is not a network such as 10.0.0.0/8`, []string{"--trusted-proxies", "10.0.0.0/99"}},
		{"proxies by name", `the trusted proxy "nginx" is not a network`, []string{"--trusted-proxies", "nginx"}},
		{"a certificate without its key", "--tls-cert and --tls-key belong together", []string{"--tls-cert", file}},
		{"a key without its certificate", "--tls-cert and --tls-key belong together", []string{"--tls-key", file}},
		{"a certificate that is none", "the certificate cannot be used", []string{"--tls-cert", file, "--tls-key", file}},
		{"a certificate that is not there", "the certificate cannot be used", []string{"--tls-cert", file + ".not", "--tls-key", file}},
		{"days below none", "--log-days cannot be negative", []string{"--log-days=-1"}},
		{"a log level that is none", "--log-level must be one of", []string{"--log-level", "loud"}},
		{"a folder that is a file", "the data folder cannot be made", []string{"--data", file}},
		{"a folder inside a file", "the data folder cannot be made", []string{"--data", filepath.Join(file, "deeper")}},
		{"a master key for everybody", "can be read by others: chmod 600 it", []string{"--data", key(0o644, strings.Repeat("ab", 32))}},
		{"a damaged master key", "is damaged: it should be 64 hexadecimal characters", []string{"--data", key(0o600, "abc")}},
		{"an empty master key", "is damaged: it should be 64 hexadecimal characters", []string{"--data", key(0o600, "")}},
		{"a master key that cannot be read", "reading the master key", []string{"--data", folderForKey}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"serve"}, c.args...)
			for flag, otherwise := range map[string]string{"--data": t.TempDir(), "--listen": "127.0.0.1:0", "--metrics-listen": "off"} {
				if !strings.Contains(strings.Join(args, " "), flag) {
					args = append(args, flag, otherwise)
				}
			}
			refused(t, c.want, args...)
			if _, _, stderr := foyer(t, args...); strings.Contains(stderr, "s3cretpassword") {
				t.Errorf("the sentence has the password: %s", stderr)
			}
		})
	}
}

// A database with keys needs the master key that made them.
func TestAMissingMasterKeyIsNotMadeAnew(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		must(t, append([]string{"admin", "bootstrap"}, where...)...)
		file := filepath.Join(where[1], "foyer.key")
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		const want = "the database holds keys that were made with another master key: put the file foyer.key of the earlier data folder in place"
		serve := append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, where...)
		if err := os.WriteFile(file, []byte(strings.Repeat("cd", 32)), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, want, serve...)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		for range 2 { // also when it is tried again, as people do
			refused(t, want, serve...)
			refused(t, want, append([]string{"admin", "bootstrap"}, where...)...)
		}
		// nor where no key in the database would show that it is another
		statement(t, where, "DELETE FROM api_keys WHERE sealed <> ''")
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for range 2 {
			refused(t, want, serve...)
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
		start(t, append([]string{"serve"}, where...)...)
	})
}

// statement runs SQL on a store behind Foyer's back.
func statement(t *testing.T, where []string, text string) {
	t.Helper()
	driver, address := "sqlite", filepath.Join(where[1], "foyer.db")
	if len(where) > 2 {
		driver, address = "pgx", where[3]
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	if _, err := pool.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// An older program does not touch what a newer one wrote.
func TestANewerSchemaIsRefused(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		must(t, append([]string{"admin", "bootstrap"}, where...)...)
		statement(t, where, "INSERT INTO schema_migrations (version, name, applied_at) VALUES (9999, 'future', 0)")
		const want = "this database was written by a newer Foyer (schema 9999, this one knows "
		refused(t, want, append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off"}, where...)...)
		refused(t, want, append([]string{"admin", "bootstrap"}, where...)...)
	})
}

func TestASecondServerOnAFolderIsRefused(t *testing.T) {
	data := t.TempDir()
	s := start(t, "serve", "--data", data)
	again := []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", "off"}
	refused(t, "another Foyer is serving "+data+"; stop it first, or use another --data folder", again...)
	if status, _, _ := ask(t, "GET", s.base+"/readyz", ""); status != http.StatusOK {
		t.Errorf("the first one: %d", status)
	}
	must(t, "admin", "bootstrap", "--data", data) // other commands work beside it
	if code := s.stop(); code != 0 {
		t.Errorf("stopped with %d: %s", code, s.log)
	}
	start(t, "serve", "--data", data)
}

func TestProbesAndMetrics(t *testing.T) {
	stores(t, func(t *testing.T, where []string) {
		c := mustJSON[app.Credentials](t, append([]string{"admin", "bootstrap"}, where...)...)
		s := start(t, append([]string{"serve"}, where...)...)
		for path, want := range map[string]string{"/healthz": `{"status":"ok","version":"` + version + `"}`, "/readyz": `{"status":"ok"}`} {
			status, text, head := ask(t, "GET", s.base+path, "")
			if status != 200 || strings.TrimSpace(text) != want || head.Get("Cache-Control") != "no-store" || !strings.HasPrefix(head.Get("Content-Type"), "application/json") {
				t.Errorf("%s: %d %s %v", path, status, text, head)
			}
		}
		opened(t, s.base, &c)
		status, text, _ := ask(t, "GET", s.metrics, "")
		for _, want := range []string{`foyer_http_requests_total{door="radius",route="import client",status="400"} 1`, `foyer_http_requests_total{door="liondesk",`, `door="brokerkit"`, `door="highlevel"`, "foyer_http_request_seconds_bucket", "go_goroutines", "process_resident_memory_bytes"} {
			if status != 200 || !strings.Contains(text, want) {
				t.Errorf("the metrics do not say %s (%d)", want, status)
			}
		}
		for _, secret := range []string{*c.Radius.SecureID, *c.Brokerkit.Token, *c.HighLevel.PrivateToken, *c.LionDesk.UserKey, c.User.Email} {
			if strings.Contains(text, secret) {
				t.Error("the metrics hold a secret")
			}
		}
		// what is the operator's is on the other listener only
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/admin", "/foyer.db", "/foyer.key", "/.env"} {
			if status, text, _ := ask(t, "GET", s.base+path, ""); status != 404 {
				t.Errorf("%s is served to everybody: %d %s", path, status, text)
			}
		}
		for _, path := range []string{"/", "/debug/pprof/", "/healthz", "/v2/leads"} {
			if status, _, _ := ask(t, "GET", strings.TrimSuffix(s.metrics, "/metrics")+path, ""); status != 404 {
				t.Errorf("%s beside the metrics: %d", path, status)
			}
		}
		// a person sees a page at the front door, a program the vendor's words
		status, text, head := ask(t, "GET", s.base+"/", "", "Accept: text/html")
		if status != 200 || !strings.Contains(text, "/v3.0/clients/import") || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("the page: %d %s", status, text)
		}
		if status, text, head := ask(t, "GET", s.base+"/", "", "Accept: application/json"); status != 405 || !strings.Contains(text, `"error":90`) || head.Get("Allow") != "POST" {
			t.Errorf("a program: %d %s %v", status, text, head)
		}
	})
}

// Without --metrics-listen a second Foyer on the machine finds a free port, and
// "off" serves none.
func TestMetricsCanBeLeftToThemselves(t *testing.T) {
	for _, off := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		var log screen
		done := make(chan int, 1)
		args := []string{"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}
		if off {
			args = append(args, "--metrics-listen", "off")
		}
		go func() { done <- run(ctx, args, io.Discard, &log) }()
		until(t, "it serves", func() bool { return strings.Contains(log.String(), `"msg":"serving"`) })
		for _, l := range lines(t, &log) {
			if at, _ := l["metrics"].(string); l["msg"] == "serving" && (at == "") != off {
				t.Errorf("metrics at %q", at)
			}
		}
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("%d: %s", code, log.String())
		}
	}
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	data := t.TempDir()
	t.Setenv("FOYER_DATA", data)
	t.Setenv("FOYER_LISTEN", "127.0.0.1:0")
	t.Setenv("FOYER_METRICS_LISTEN", "off")
	t.Setenv("FOYER_LOG_LEVEL", "warn")
	t.Setenv("FOYER_REQUIRE_VERSION", "false")
	t.Setenv("FOYER_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")
	c := mustJSON[app.Credentials](t, "admin", "bootstrap")
	if _, err := os.Stat(filepath.Join(data, "foyer.db")); err != nil {
		t.Fatal(err)
	}
	// a flag wins over the variable
	s := start(t, "serve", "--log-level", "info")
	for _, l := range lines(t, s.log) {
		if l["msg"] == "serving" && l["metrics"] == "" {
			t.Error("--metrics-listen did not win over FOYER_METRICS_LISTEN")
		}
	}
	status, text, _ := ask(t, "GET", s.base+"/contacts/?locationId="+c.LocationID, "", "Authorization: Bearer "+*c.HighLevel.PrivateToken, "X-Forwarded-For: 203.0.113.9")
	if status != 200 {
		t.Errorf("without Version: %d %s", status, text)
	}
	until(t, "the request is in the log", func() bool { return strings.Contains(s.log.String(), `"msg":"request"`) })
	if !strings.Contains(s.log.String(), `"address":"203.0.113.9"`) {
		t.Errorf("the trusted proxy is not believed: %s", s.log)
	}
	for name, value := range map[string]string{"FOYER_LISTEN": "nowhere", "FOYER_LOG_LEVEL": "loud", "FOYER_SMTP_URL": "x", "FOYER_DATABASE_URL": "x", "FOYER_LOG_DAYS": "x", "FOYER_TRUSTED_PROXIES": "x", "FOYER_REQUIRE_VERSION": "x", "FOYER_TLS_CERT": "x"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FOYER_DATA", t.TempDir())
			t.Setenv(name, value)
			refused(t, "", "serve")
		})
	}
}

// The log of a day's work has one JSON object a line, each request with its id,
// and none of the secrets that were sent and shown.
func TestTheLogHasEveryRequestAndNoSecret(t *testing.T) {
	data := t.TempDir()
	c := mustJSON[app.Credentials](t, "admin", "bootstrap", "--data", data)
	s := start(t, "serve", "--data", data, "--log-level", "debug", "--smtp-url", "smtp://mailer:m4ilsecret@127.0.0.1:1")
	opened(t, s.base, &c)
	secrets := []string{*c.Radius.SecureID, *c.Brokerkit.Token, *c.LionDesk.APIKey, *c.LionDesk.UserKey, *c.LionDesk.PersonalUserKey, *c.HighLevel.PrivateToken, *c.User.Password, "m4ilsecret", "canary-pii@x.example", "6025550177"}
	requests := len(strings.Fields(allDoors)) // that opened sent
	send := func(method, path, body string, header ...string) string {
		requests++
		_, _, head := ask(t, method, s.base+path, body, header...)
		return head.Get("X-Request-Id")
	}
	id := send("POST", "/v3.0/clients/import", `{"client":{"name":"Pia","emails":"canary-pii@x.example","phones":"6025550177","note":"`+*c.User.Password+`"}}`, "secure-id: "+*c.Radius.SecureID)
	send("POST", "/v3.0/clients/import?secure-id="+*c.Radius.SecureID, `{}`)
	send("POST", "/", `{"action":"GetUsers"}`, "Authorization: "+basic(*c.LionDesk.APIKey))
	send("POST", "/", `{"action":"Echo","msg":"`+*c.LionDesk.UserKey+`"}`, "Authorization: "+basic(*c.LionDesk.APIKey), "X-LionDesk-Id: "+*c.LionDesk.UserKey)
	send("GET", "/contacts/search/duplicate?email=canary-pii@x.example&number=6025550177&locationId="+c.LocationID, "", "Authorization: Bearer "+*c.HighLevel.PrivateToken, "Version: 2021-07-28")
	send("GET", "/v2/leads?email=canary-pii@x.example", "", "Authorization: Token token="+*c.Brokerkit.Token, "Cookie: session="+*c.User.Password, "User-Agent: "+*c.Brokerkit.Token)
	send("GET", "/nowhere/at/all", "", "Authorization: Bearer "+*c.HighLevel.PrivateToken)
	for range 12 { // guesses, with a good beginning
		send("GET", "/v2/leads", "", "Authorization: Token token="+(*c.Brokerkit.Token)[:31]+"x")
	}
	if code := s.stop(); code != 0 {
		t.Fatal(code)
	}
	log, seen := s.log.String(), map[string]bool{}
	for _, l := range lines(t, s.log) {
		if l["msg"] != "request" {
			continue
		}
		rid, _ := l["request"].(string)
		if len(rid) != 36 || seen[rid] || l["method"] == "" || l["status"] == nil || l["ms"] == nil || l["path"] == "" {
			t.Errorf("a request's line: %v", l)
		}
		seen[rid] = true
		if rid == id && (l["door"] != "radius" || l["result"] != "created" || l["credential"] == "") {
			t.Errorf("the line of the import: %v", l)
		}
	}
	if len(seen) != requests || !seen[id] {
		t.Errorf("%d lines for %d requests", len(seen), requests)
	}
	for _, secret := range append(secrets, base64.StdEncoding.EncodeToString([]byte(*c.LionDesk.APIKey+":"))) {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if last := lines(t, s.log); last[len(last)-1]["msg"] != "stopped" {
		t.Errorf("the end: %v", last[len(last)-1])
	}
}

// A request under way is finished before the server goes.
func TestAStopFinishesWhatIsUnderWay(t *testing.T) {
	data := t.TempDir()
	c := mustJSON[app.Credentials](t, "admin", "bootstrap", "--data", data)
	s := start(t, "serve", "--data", data)
	body, send := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/v2/leads", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token token="+*c.Brokerkit.Token)
	answered := make(chan string, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		answered <- fmt.Sprint(res.StatusCode, " ", string(b))
	}()
	if _, err := io.WriteString(send, `{"first_name":"Last",`); err != nil { // the server has it
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	stopped := make(chan int, 1)
	go func() { stopped <- s.stop() }()
	until(t, "it is stopping", func() bool { return strings.Contains(s.log.String(), `"msg":"stopping"`) })
	if _, err := io.WriteString(send, `"email":"last@x.example"}`); err != nil {
		t.Fatal(err)
	}
	_ = send.Close()
	if got := <-answered; !strings.HasPrefix(got, "201 ") {
		t.Errorf("the request under way: %s", got)
	}
	if code := <-stopped; code != 0 {
		t.Errorf("stopped with %d: %s", code, s.log)
	}
	if text := must(t, "contact", "show", "last@x.example", "--data", data); !strings.Contains(text, "Last") {
		t.Errorf("it is not there: %s", text)
	}
}

func TestHTTPSWithoutAProxy(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := selfSigned(t, cert, key)
	s := start(t, "serve", "--data", t.TempDir(), "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(s.base, "https://127.0.0.1:") {
		t.Fatalf("served at %s", s.base)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	res, err := client.Get(s.base + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var health map[string]string
	if err := json.NewDecoder(res.Body).Decode(&health); err != nil || health["status"] != "ok" || res.ProtoMajor != 2 {
		t.Errorf("%v %v %s", health, err, res.Proto)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}}}
	if res, err := old.Get(s.base + "/healthz"); err == nil {
		_ = res.Body.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

// selfSigned makes a certificate for this machine.
func selfSigned(t *testing.T, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "foyer test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		text := pem.EncodeToMemory(block)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		pool.AppendCertsFromPEM(text)
	}
	return pool
}
