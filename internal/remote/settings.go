package remote

import (
	"fmt"
	"net/url"
	"strings"
)

// Settings are what a connection to a system outside is made with. Each system
// says in its own package which of them it wants.
type Settings struct {
	BaseURL  string // "" is the vendor's own address
	Location string // the other side's id of the account, where its API wants one
	Token    string // #nosec G117 -- what opens it: a private token, a secure-id, an APIKEY, the secret of a webhook
	UserKey  string // LionDesk's second part
	App      App    // of OAuth; its Tokens are nil where Token opens the system
	// PublicKey checks the webhooks that come in, as PEM or base64; "" is the vendor's own.
	PublicKey string
	// Private lets the connection lead to this machine and to private networks: the
	// operator's choice, never a tenant's.
	Private bool
	// Gate is what all Systems of one connection share in this process, so that a
	// limit and a broken circuit outlive one of them; nil is one of its own.
	Gate *Gate
	// NoLimit sends as fast as the other side answers: 429 and Retry-After are heeded
	// still, what it says in other headers is not. For a Foyer of one's own.
	NoLimit bool
	// Hasty waits next to nothing behind failures: for tests.
	Hasty bool
}

// baseURL reads the address of a system: an absolute one of the web, with a path or
// without.
func baseURL(text, vendor string) (*url.URL, error) {
	if strings.TrimSpace(text) == "" {
		text = vendor
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("the base URL is no address of the web, such as https://crm.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the base URL must have neither a user, nor a ? or #")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// String says nothing of what is secret, and so does GoString.
func (Settings) String() string { return "the settings of a connection" }

// GoString is String.
func (s Settings) GoString() string { return s.String() }

// String says nothing of what is secret, and so does GoString.
func (a App) String() string { return "the app " + a.ClientID }

// GoString is String.
func (a App) GoString() string { return a.String() }
