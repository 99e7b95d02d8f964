package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2id as RFC 9106 recommends for little memory: 64 MiB, three passes.
const (
	argonMemory  = 64 << 10 // KiB
	argonTime    = 3
	argonThreads = 4
	argonLen     = 32 // bytes
	saltLen      = 16 // bytes
)

// Passwords hashes and checks passwords, a few at a time: each takes 64 MiB,
// and a crowd at the sign-in must not take all there is. Make one with
// NewPasswords.
type Passwords struct{ slots chan struct{} }

// NewPasswords makes a Passwords that works on at most four at once.
func NewPasswords() *Passwords { return &Passwords{slots: make(chan struct{}, 4)} }

// Hash gives the text to store for a password.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(rand.Reader, salt); err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	sum, err := p.sum(ctx, password, salt)
	if err != nil {
		return "", err
	}
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, e.EncodeToString(salt), e.EncodeToString(sum)), nil
}

// Check reports whether a password is the one of a stored text. An unknown text
// takes as long as a known one, so that timing does not tell who exists.
func (p *Passwords) Check(ctx context.Context, password, stored string) (bool, error) {
	parts := strings.Split(stored, "$")
	salt, want := make([]byte, saltLen), make([]byte, argonLen)
	known := len(parts) == 6
	if known {
		s, err1 := base64.RawStdEncoding.DecodeString(parts[4])
		w, err2 := base64.RawStdEncoding.DecodeString(parts[5])
		if known = err1 == nil && err2 == nil && len(w) == argonLen; known {
			salt, want = s, w
		}
	}
	sum, err := p.sum(ctx, password, salt)
	return err == nil && known && subtle.ConstantTimeCompare(sum, want) == 1, err
}

func (p *Passwords) sum(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.slots }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonLen), nil
}
