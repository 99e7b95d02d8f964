package auth

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

func TestPasswordsAreHashedWithArgon2id(t *testing.T) {
	p := NewPasswords()
	ctx := context.Background()
	for _, password := range []string{"correct horse battery staple", "", " ", "päß wörd 李", strings.Repeat("long", 1000), "nul\x00inside"} {
		stored, err := p.Hash(ctx, password)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(stored) {
			t.Errorf("stored as %q", stored)
		}
		if ok, err := p.Check(ctx, password, stored); !ok || err != nil {
			t.Errorf("%.10q: %v, %v", password, ok, err)
		}
		for _, wrong := range []string{password + " ", " " + password, strings.ToUpper(password) + "x", "x"} {
			if ok, err := p.Check(ctx, wrong, stored); ok || err != nil {
				t.Errorf("%.10q for %.10q: %v, %v", wrong, password, ok, err)
			}
		}
	}
	a, err := p.Hash(ctx, "same")
	b, err2 := p.Hash(ctx, "same")
	if errors.Join(err, err2) != nil || a == b {
		t.Error("two people with one password have one hash")
	}
}

// A stored text that is none of ours lets nobody in, and no password is right
// for an account that does not exist.
func TestAnUnknownHashLetsNobodyIn(t *testing.T) {
	p := NewPasswords()
	good, err := p.Hash(context.Background(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range []string{"", "secret", "$argon2id$", "$$$$$", good[:len(good)-1], good + "$", strings.Replace(good, "argon2id", "argon2id$", 1), good[:strings.LastIndex(good, "$")+1], good[:strings.LastIndex(good, "$")+1] + "AAAA"} {
		for _, password := range []string{"secret", "", stored} {
			if ok, err := p.Check(context.Background(), password, stored); ok || err != nil {
				t.Errorf("%q against %q: %v, %v", password, stored, ok, err)
			}
		}
	}
}

// Hashing takes 64 MiB, so at most four go on at once; the next waits, and
// gives up with its request. An unknown hash stands in the same line as a known
// one: it is worked on like it, so that timing does not tell who exists.
func TestAtMostFourHashesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPasswords()
		for range 4 {
			p.slots <- struct{}{} // somebody is hashing
		}
		for what, work := range map[string]func(context.Context) error{
			"hashing":         func(ctx context.Context) error { _, err := p.Hash(ctx, "x"); return err },
			"an unknown hash": func(ctx context.Context) error { _, err := p.Check(ctx, "x", ""); return err },
			"a known hash": func(ctx context.Context) error {
				_, err := p.Check(ctx, "x", "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$"+strings.Repeat("A", 43))
				return err
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- work(ctx) }()
			synctest.Wait()
			select {
			case err := <-done:
				t.Errorf("%s: a fifth did not wait: %v", what, err)
			default:
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
		}
		<-p.slots
		if ok, err := p.Check(t.Context(), "x", ""); ok || err != nil {
			t.Errorf("with a place free: %v, %v", ok, err)
		}
		if len(p.slots) != 3 {
			t.Errorf("%d places are taken afterwards", len(p.slots))
		}
	})
}
