package message

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/foyer-crm/foyer/internal/letter"
)

// mailServer is where a mailbox is.
type mailServer struct {
	address        string // host:port
	name           string // of the host
	user, password string
	folder         string
	security       security
}

// security is how a connection to a mail server is kept private.
type security int

const (
	fromTheStart security = iota // TLS before anything is said
	startTLS                     // TLS before the password is said
	openly                       // none: for a server on the same machine
)

// readMailURL reads the address of a mailbox: imaps://user:password@host/INBOX,
// or imap:// for STARTTLS, with ?tls=never for neither.
func readMailURL(address string) (*mailServer, error) {
	const form = "the IMAP URL should look like imaps://user:password@host/INBOX" // #nosec G101 -- shows the form
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User == nil || u.Scheme != "imaps" && u.Scheme != "imap" {
		return nil, errors.New(form) // without the URL: it holds a password
	}
	password, ok := u.User.Password()
	if !ok || u.User.Username() == "" {
		return nil, errors.New(form)
	}
	s := &mailServer{name: u.Hostname(), user: u.User.Username(), password: password, folder: strings.Trim(u.Path, "/")}
	if s.folder == "" {
		s.folder = "INBOX"
	}
	port := u.Port()
	switch tlsPart := u.Query().Get("tls"); {
	case tlsPart != "" && tlsPart != "never" && tlsPart != "always":
		return nil, errors.New("the tls part of the IMAP URL is always or never")
	case u.Scheme == "imaps" && tlsPart == "never":
		return nil, errors.New("imaps:// is TLS; without it the IMAP URL begins with imap://")
	case u.Scheme == "imap":
		if s.security = startTLS; tlsPart == "never" {
			s.security = openly
		}
		if port == "" {
			port = "143"
		}
	case port == "":
		port = "993"
	}
	s.address = net.JoinHostPort(s.name, port)
	return s, nil
}

// place is the name that how far the mailbox was read is kept by.
func (s *mailServer) place() string { return s.user + "@" + s.address + "/" + s.folder }

const dialTime = 20 * time.Second

// mailSession is one connection to a mailbox, which it reads and never changes.
type mailSession struct {
	client *imapclient.Client
	news   chan struct{} // has one where the server said that something came
	idle   bool          // it says so by itself
	have   *imap.SelectData
}

// open connects to the server. The connection ends with ctx. The server is the
// operator's own, so it may be on this machine.
func (s *mailServer) open(ctx context.Context) (*mailSession, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(dialing, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	m := &mailSession{news: make(chan struct{}, 1)}
	options := &imapclient.Options{TLSConfig: &tls.Config{ServerName: s.name, MinVersion: tls.VersionTLS12},
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(*imapclient.UnilateralDataMailbox) {
			select {
			case m.news <- struct{}{}:
			default:
			}
		}}}
	switch s.security {
	case openly:
		m.client = imapclient.New(conn, options)
	case startTLS:
		if m.client, err = imapclient.NewStartTLS(conn, options); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	default:
		private := tls.Client(conn, options.TLSConfig)
		if err := private.HandshakeContext(dialing); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		m.client = imapclient.New(private, options)
	}
	context.AfterFunc(ctx, func() { _ = m.client.Close() })
	if err := m.enter(s); err != nil {
		return nil, errors.Join(err, m.client.Close())
	}
	return m, nil
}

func (m *mailSession) enter(s *mailServer) error {
	if err := m.client.Login(s.user, s.password).Wait(); err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	m.idle = m.client.Caps().Has(imap.CapIdle)
	have, err := m.client.Select(s.folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return fmt.Errorf("opening the folder %s: %w", s.folder, err)
	}
	m.have = have
	return nil
}

// since gives the UIDs of the mails that came on a day or later, in order.
func (m *mailSession) since(day time.Time) ([]imap.UID, error) {
	found, err := m.client.UIDSearch(&imap.SearchCriteria{Since: day}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("looking for mail: %w", err)
	}
	return found.AllUIDs(), nil
}

// behind gives the UIDs of the mails behind one, in order.
func (m *mailSession) behind(last imap.UID) ([]imap.UID, error) {
	var set imap.UIDSet
	set.AddRange(last+1, 0)
	found, err := m.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("looking for mail: %w", err)
	}
	var uids []imap.UID
	for _, uid := range found.AllUIDs() {
		if uid > last { // "101:*" is the last mail even where its UID is 100
			uids = append(uids, uid)
		}
	}
	return uids, nil
}

// fetch gives a mail as it came, its beginning if it is very large; nil if it is
// gone.
func (m *mailSession) fetch(uid imap.UID) ([]byte, error) {
	whole := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: letter.MaxLetter}}
	list, err := m.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil {
		return nil, fmt.Errorf("fetching mail: %w", err)
	}
	for _, got := range list {
		if got.UID == uid && len(got.BodySection) > 0 {
			return got.BodySection[0].Bytes, nil
		}
	}
	return nil, nil
}

const (
	idleTime = time.Minute      // until it is looked again anyway: servers forget what came as they began to idle
	pollTime = 30 * time.Second // where the server does not say that something came
)

// wait waits until something may have come.
func (m *mailSession) wait(ctx context.Context) error {
	if !m.idle {
		if err := pause(ctx, pollTime); err != nil {
			return err
		}
		return m.client.Noop().Wait()
	}
	idle, err := m.client.Idle()
	if err != nil {
		return fmt.Errorf("waiting for mail: %w", err)
	}
	timer := time.NewTimer(idleTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-m.news:
	case <-m.client.Closed():
	case <-timer.C:
	}
	return errors.Join(ctx.Err(), idle.Close(), idle.Wait())
}

// pause waits for a while, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
