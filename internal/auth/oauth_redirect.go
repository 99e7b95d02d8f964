package auth

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/foyer-crm/foyer/internal/errs"
)

// privateScheme is the form of a scheme that a native app may call its own: a
// domain name backwards (RFC 8252 §7.1).
var privateScheme = regexp.MustCompile(`^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$`)

const longestRedirect = 2000

// checkRedirect refuses an address that a code must never be sent to: only
// https, loopback, and for public apps a scheme of their own.
func checkRedirect(text string, public bool) error {
	wrong := func(why string) error {
		return errs.New(errs.Invalid, "the redirect URI %.80q cannot be used: %s", text, why)
	}
	if len(text) > longestRedirect {
		return wrong("it is too long")
	}
	for _, r := range text {
		if r <= ' ' || r >= 0x7f || r == '\\' || r == '"' || r == '<' || r == '>' {
			return wrong("it has a character that no URI has")
		}
	}
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() {
		return wrong("it is no absolute URI")
	}
	if u.Fragment != "" || strings.Contains(text, "#") {
		return wrong("it has a fragment")
	}
	if strings.Trim(strings.ToLower(u.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		return wrong("its host has a character that no host has")
	}
	if u.User != nil {
		return wrong("it has a user in it")
	}
	switch {
	case u.Opaque == "" && u.Scheme == "https" && u.Hostname() != "":
	case u.Opaque == "" && u.Scheme == "http" && loopback(u.Hostname()):
	case public && privateScheme.MatchString(u.Scheme):
	default:
		return wrong("it is neither https nor this machine's own address")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// redirects reports whether a redirect URI of a request is one that the app
// registered, character for character. The port of a loopback address may be
// any for a public app, which gets one from its system when it starts (RFC 8252
// §7.3).
func (a *App) redirects(asked string) bool {
	if slices.Contains(a.RedirectURIs, asked) {
		return true
	}
	if !a.Public || checkRedirect(asked, true) != nil {
		return false
	}
	bare, ok := withoutPort(asked)
	return ok && slices.ContainsFunc(a.RedirectURIs, func(r string) bool {
		known, ok := withoutPort(r)
		return ok && known == bare
	})
}

// portOf finds the port of a loopback IP address over http.
var portOf = regexp.MustCompile(`^(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?$`)

func withoutPort(text string) (string, bool) {
	m := portOf.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}
