package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/outbound"
)

func get(t *testing.T, c *outbound.Client, address string) (*outbound.Answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Do(r)
}

func TestOnlyThePublicInternetIsReached(t *testing.T) {
	c := outbound.New(outbound.Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "0.0.0.0", "100.64.0.1", "[64:ff9b::7f00:1]"} {
		if _, err := get(t, c, "http://"+host+":9/"); !errors.Is(err, outbound.ErrForbidden) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestWhatComesBackIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = w.Write([]byte(strings.Repeat("x", 100)))
		case "/elsewhere":
			http.Redirect(w, r, "/long", http.StatusFound)
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	c := outbound.New(outbound.Options{Private: true, MaxBody: 50})
	if _, err := get(t, c, server.URL+"/long"); err == nil {
		t.Error("an answer that is too long was read")
	}
	for path, want := range map[string]int{"/elsewhere": http.StatusFound, "/": http.StatusTeapot} {
		if a, err := get(t, c, server.URL+path); err != nil || a.Status != want {
			t.Errorf("%s: %v, %v", path, a, err)
		}
	}
}
