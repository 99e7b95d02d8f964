package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/foyer-crm/foyer/internal/auth"
)

// secretPrefix begins every secret of Standard Webhooks.
const secretPrefix = "whsec_" // #nosec G101 -- a prefix

// sign signs a message as Standard Webhooks has it: with the secret in force, and
// with the one before it while that overlaps.
func (e *Endpoint) sign(v *auth.Vault, message string, at time.Time, body []byte) (http.Header, error) {
	sealed := []string{e.secret}
	if e.oldSecret != "" && at.Before(e.oldSecretUntil) {
		sealed = append(sealed, e.oldSecret)
	}
	var signatures []string
	for _, s := range sealed {
		secret, err := v.Open(s, "webhook "+e.ID)
		if err != nil {
			return nil, fmt.Errorf("signing a webhook: %w", err)
		}
		one, err := signature(secret, message, at, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, one)
	}
	return http.Header{"Webhook-Id": {message}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {strings.Join(signatures, " ")}}, nil
}

// signature is one signature in the form v1,base64.
func signature(secret, message string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || !strings.HasPrefix(secret, secretPrefix) {
		return "", errors.New("signing a webhook: the secret is damaged")
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.", message, at.Unix()) // never fails
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
