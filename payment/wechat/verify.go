package wechat

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kioskd/payment/internal/link"
)

// freshness is how far the provider's signed time may be from this machine's.
const freshness = 300 * time.Second

// verifier holds the provider's keys by the serial that names them.
type verifier map[string]*rsa.PublicKey

// answerMessage is what an answer's signature covers: time, nonce and the
// exact body, each ended by a line feed.
func answerMessage(timestamp, nonce string, body []byte) []byte {
	m := make([]byte, 0, len(timestamp)+len(nonce)+len(body)+3)
	m = append(append(m, timestamp...), '\n')
	m = append(append(m, nonce...), '\n')
	return append(append(m, body...), '\n')
}

// verify proves that the provider signed exactly this body and returns when.
func (v verifier) verify(h http.Header, body []byte, now time.Time) (time.Time, error) {
	var timestamp, nonce, serial, signature string
	for _, want := range []struct {
		name  string
		value *string
	}{
		{"Wechatpay-Timestamp", &timestamp},
		{"Wechatpay-Nonce", &nonce},
		{"Wechatpay-Serial", &serial},
		{"Wechatpay-Signature", &signature},
	} {
		values := h.Values(want.name)
		if len(values) != 1 || values[0] == "" {
			return time.Time{}, fmt.Errorf("the answer has no single %s header", want.name)
		}
		*want.value = values[0]
	}
	key := v[serial]
	if key == nil {
		return time.Time{}, fmt.Errorf("the answer is signed with the unknown key %s", link.Quote(serial))
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("the answer's time %s is not a number of seconds", link.Quote(timestamp))
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return time.Time{}, errors.New("the answer's signature is not base64")
	}
	digest := sha256.Sum256(answerMessage(timestamp, nonce, body))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw) != nil {
		return time.Time{}, errors.New("the answer's signature is wrong")
	}
	at := time.Unix(seconds, 0)
	if off := now.Sub(at); off.Abs() > freshness {
		return time.Time{}, fmt.Errorf("the answer was signed %s: more than %s apart", ago(off), freshness)
	}
	return at, nil
}

func ago(d time.Duration) string {
	if d < 0 {
		return d.Abs().Round(time.Second).String() + " in the future"
	}
	return d.Round(time.Second).String() + " ago"
}
