package foyertest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// MailSink is an SMTP server on loopback that keeps what it is given.
type MailSink struct {
	URL string // for --smtp-url

	mu     sync.Mutex
	broken bool
	mails  []SunkMail
}

// SunkMail is a mail as a MailSink was given it.
type SunkMail struct {
	To   []string
	Text string // head and body
}

// NewMailSink starts a MailSink, which ends with the test.
func NewMailSink(t testing.TB) *MailSink {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &MailSink{URL: "smtp://" + l.Addr().String() + "?tls=never"}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	return s
}

// talk is one session, as much of RFC 5321 as a client needs.
func (s *MailSink) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 sink")
	var m SunkMail
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(strings.TrimSpace(line), " "); strings.ToUpper(verb) {
		case "MAIL":
			m = SunkMail{}
			say("250 ok")
		case "RCPT":
			if s.isBroken() {
				say("451 the disk is full")
				continue
			}
			m.To = append(m.To, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			m.Text = text.String()
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *MailSink) isBroken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// Break has it refuse every recipient from now on, or take them again.
func (s *MailSink) Break(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// Mails gives the mails so far.
func (s *MailSink) Mails() []SunkMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SunkMail(nil), s.mails...)
}
