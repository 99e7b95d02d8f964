package outbound

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tripwire is a server on loopback that nobody may reach.
type tripwire struct {
	*httptest.Server
	port uint16
	hits atomic.Int64
}

func newTripwire(t *testing.T) *tripwire {
	t.Helper()
	w := &tripwire{}
	w.Server = httptest.NewUnstartedServer(http.NotFoundHandler())
	w.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			w.hits.Add(1)
		}
	}
	w.Start()
	t.Cleanup(w.Close)
	w.port = netip.MustParseAddrPort(w.Listener.Addr().String()).Port()
	return w
}

// errOutside is the end of what the guard lets out: no test leaves this machine.
var errOutside = errors.New("it would have been sent")

// careful are the options of a guard whose name server says of every name that it is
// this machine, as a resolver would that reads more spellings than Go's does.
func careful(t *testing.T, w *tripwire) Options {
	t.Helper()
	here := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	return Options{resolver: nameServer(t, func(string) []netip.Addr { return here }), ports: []uint16{w.port}, dialing: func(string) error { return errOutside }, Timeout: 5 * time.Second}
}

func try(t *testing.T, c *Client, address string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err // no address at all
	}
	_, err = c.Do(r)
	if err == nil {
		t.Errorf("%s was answered", address)
	}
	return err
}

// lines reads a file of testdata without its comments.
func lines(t *testing.T, name string) (list []string) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		if l := strings.TrimSpace(s.Text()); l != "" && !strings.HasPrefix(l, "#") {
			list = append(list, l)
		}
	}
	return list
}

// J2: the metadata services of the clouds are never reached, at no address and
// under no spelling of one.
func TestMetadataServicesAreNotReached(t *testing.T) {
	w := newTripwire(t)
	c := New(careful(t, w))
	list := lines(t, "metadata.txt")
	for _, address := range list {
		if err := try(t, c, address); errors.Is(err, errOutside) {
			t.Errorf("%s would have been reached", address)
		}
	}
	if len(list) < 82 || w.hits.Load() > 0 {
		t.Errorf("%d addresses, %d connections", len(list), w.hits.Load())
	}
	t.Logf("%d addresses", len(list))
}

// spellings writes an address of IPv4 in every way that some program reads.
func spellings(ip netip.Addr) (list []string) {
	b := ip.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	part := []func(byte) string{
		func(b byte) string { return fmt.Sprint(b) }, func(b byte) string { return fmt.Sprintf("0%o", b) }, func(b byte) string { return fmt.Sprintf("0x%x", b) },
		func(b byte) string { return fmt.Sprintf("0X%02X", b) }, func(b byte) string { return fmt.Sprintf("000%o", b) }, func(b byte) string { return fmt.Sprintf("0x00%02x", b) },
	}
	for i, f := range part {
		list = append(list, fmt.Sprintf("%s.%s.%s.%s", f(b[0]), f(b[1]), f(b[2]), f(b[3])))
		g := part[(i+1)%len(part)]
		list = append(list, fmt.Sprintf("%s.%s.%s.%s", f(b[0]), g(b[1]), f(b[2]), g(b[3])))
		list = append(list, fmt.Sprintf("%s.%s.%d", f(b[0]), f(b[1]), n&0xffff), fmt.Sprintf("%s.%d", f(b[0]), n&0xffffff))
	}
	list = append(list, fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0%o", n), fmt.Sprint(uint64(n)+1<<32), ip.String()+".", strings.ReplaceAll(ip.String(), ".", "。"), strings.ReplaceAll(ip.String(), ".", "．"), strings.ReplaceAll(ip.String(), ".", "｡"))
	var circled strings.Builder
	for _, r := range ip.String() {
		if r >= '1' && r <= '9' {
			r += '①' - '1'
		} else if r == '0' {
			r = '⓪'
		}
		circled.WriteRune(r)
	}
	list = append(list, circled.String(), url.PathEscape(ip.String()), strings.ReplaceAll(ip.String(), ".", "%2e"))
	hex := fmt.Sprintf("%02x%02x:%02x%02x", b[0], b[1], b[2], b[3])
	for _, six := range []string{"::ffff:" + hex, "::ffff:" + ip.String(), "0:0:0:0:0:ffff:" + hex, "::" + hex, "::" + ip.String(), "64:ff9b::" + hex, "64:ff9b:1::" + hex, "::ffff:0:" + hex, "2002:" + hex + "::", "2002:" + hex + "::1", "2001:0:" + hex + "::"} {
		list = append(list, "["+six+"]")
	}
	return list
}

// J2: this machine and what is behind the firewall, in every spelling.
func TestNoSpellingLeadsInside(t *testing.T) {
	w := newTripwire(t)
	c := New(careful(t, w))
	var all []string
	for _, ip := range []string{"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1"} {
		all = append(all, spellings(netip.MustParseAddr(ip))...)
	}
	all = append(all, "127.1", "0", "0x0", "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[5f00::1]",
		"0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "100.127.255.255", "172.31.255.255", "168.63.129.16")
	for _, host := range all {
		if err := try(t, c, fmt.Sprintf("http://%s:%d/", host, w.port)); errors.Is(err, errOutside) {
			t.Errorf("%s would have been reached", host)
		}
	}
	if len(all) < 300 || w.hits.Load() > 0 {
		t.Errorf("%d spellings, %d connections", len(all), w.hits.Load())
	}
	for _, host := range []string{"8.8.8.8", "[2606:4700::1111]", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.0.1.1"} {
		if err := try(t, c, "https://"+host+"/"); !errors.Is(err, errOutside) {
			t.Errorf("%s is in the public internet: %v", host, err)
		}
	}
	t.Logf("%d spellings", len(all))
}

// J3: whatever a name server answers, and in whatever order, the address that is
// connected to is the one that was looked at.
func TestRebindingLeadsNowhere(t *testing.T) {
	const rounds = 1000
	w := newTripwire(t)
	outside, here := netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("127.0.0.1")
	var asked atomic.Int64
	o := careful(t, w)
	var let atomic.Int64
	o.dialing = func(address string) error {
		if !strings.HasPrefix(address, outside.String()+":") {
			t.Errorf("%s would have been connected to", address)
		}
		let.Add(1)
		return errOutside
	}
	o.resolver = nameServer(t, func(name string) []netip.Addr {
		n := asked.Add(1)
		switch name[0] {
		case 't': // public, then private
			if n%2 == 1 {
				return []netip.Addr{outside}
			}
			return []netip.Addr{here}
		case 'b': // both in one answer
			all := []netip.Addr{outside, here, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("::ffff:127.0.0.1")}
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			return all
		}
		return []netip.Addr{here}
	})
	c := New(o)
	for i := range rounds {
		_ = try(t, c, fmt.Sprintf("http://%c%d.rebind.example:%d/", "tbp"[i%3], i, w.port))
	}
	if w.hits.Load() > 0 || asked.Load() < rounds || let.Load() == 0 {
		t.Errorf("%d connections; %d questions, %d let out", w.hits.Load(), asked.Load(), let.Load())
	}
	t.Logf("%d rounds, %d questions, %d public addresses tried", rounds, asked.Load(), let.Load())
}

// J5: http and https alone, at the usual ports, without a user.
func TestOnlyWebAddressesAreReached(t *testing.T) {
	w := newTripwire(t)
	o := careful(t, w)
	o.ports = nil
	c := New(o)
	for address, goes := range map[string]bool{
		"http://8.8.8.8/": true, "https://8.8.8.8/": true, "http://8.8.8.8:8080/": true, "https://8.8.8.8:8443/": true, "http://8.8.8.8:443/": true, "HTTP://8.8.8.8/": true,
		"http://8.8.8.8:22/": false, "http://8.8.8.8:25/": false, "http://8.8.8.8:6379/": false, "http://8.8.8.8:0/": false, "http://8.8.8.8:65535/": false, "http://8.8.8.8:81/": false, "http://8.8.8.8:11211/": false,
		"http://user@8.8.8.8/": false, "http://user:pass@8.8.8.8/": false, "http://@8.8.8.8/": false, "http://8.8.8.8@127.0.0.1/": false,
		"ftp://8.8.8.8/": false, "file:///etc/passwd": false, "gopher://8.8.8.8/": false, "dict://8.8.8.8/": false, "unix:///run/x": false, "data:text/plain,x": false, "javascript:1": false, "//8.8.8.8/": false, "8.8.8.8": false,
	} {
		if err := try(t, c, address); errors.Is(err, errOutside) != goes {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// J5: who cannot prove who they are gets nothing.
func TestCertificatesAreChecked(t *testing.T) {
	var hits atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer server.Close()
	if err := try(t, New(Options{Private: true}), server.URL); err == nil || hits.Load() > 0 {
		t.Errorf("%v, %d requests", err, hits.Load())
	}
}

// J4, J7: no redirect is followed, so neither the body nor a credential goes to
// another host than the one that was named.
func TestRedirectsAreNotFollowed(t *testing.T) {
	w := newTripwire(t)
	for status := 300; status <= 308; status++ {
		for _, to := range []string{w.URL + "/", "//" + w.Listener.Addr().String() + "/", "http://user:pass@" + w.Listener.Addr().String() + "/"} {
			first := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, _ *http.Request) {
				a.Header().Set("Location", to)
				a.WriteHeader(status)
			}))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, first.URL, strings.NewReader("secret"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer secret")
			r.Header.Set("Cookie", "a=b")
			a, err := New(Options{Private: true}).Do(r)
			if err != nil || a.Status != status {
				t.Errorf("%d to %s: %v, %v", status, to, a, err)
			}
			first.Close()
		}
	}
	if w.hits.Load() > 0 {
		t.Errorf("%d were followed", w.hits.Load())
	}
}

// J6: who chooses addresses to learn what is inside learns the same of all: an open
// port, a closed one and a host that swallows everything.
func TestNothingIsLearnedOfTheInside(t *testing.T) {
	w := newTripwire(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := netip.MustParseAddrPort(closed.Addr().String())
	_ = closed.Close()
	o := careful(t, w)
	o.ports = append(o.ports, shut.Port(), 80)
	o.dialing = nil
	c := New(o)
	const each = 100
	took := map[string][]time.Duration{}
	for range each {
		for what, address := range map[string]string{"open": w.URL, "closed": "http://" + shut.String(), "filtered": "http://192.168.255.254"} {
			began := time.Now()
			err := try(t, c, address)
			took[what] = append(took[what], time.Since(began))
			if !errors.Is(err, ErrForbidden) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for what, all := range took {
		slices.Sort(all)
		t.Logf("%s: %d times, median %v", what, each, all[each/2])
	}
	if w.hits.Load() > 0 {
		t.Errorf("%d connections", w.hits.Load()) // so the time cannot tell either
	}
}
