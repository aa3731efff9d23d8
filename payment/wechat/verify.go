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

// keyring is the provider's keys at one moment. It does not change.
type keyring struct {
	publicID string         // of the public key, "" without one
	public   *rsa.PublicKey // does not expire
	certs    []certificate
}

// unknownKey is an answer's serial that names no key of the ring.
type unknownKey string

func (u unknownKey) Error() string {
	return "the answer is signed with the unknown key " + link.Quote(string(u))
}

func (k keyring) find(serial string, at time.Time) (*rsa.PublicKey, error) {
	if serial == k.publicID && k.public != nil {
		return k.public, nil
	}
	for _, c := range k.certs {
		if bare(c.serial) != bare(serial) {
			continue
		}
		if !c.valid(at) {
			return nil, fmt.Errorf("the answer is signed with certificate %s, which is valid from %s to %s",
				c.serial, c.from.Format(time.DateOnly), c.until.Format(time.DateOnly))
		}
		return c.key, nil
	}
	return nil, unknownKey(serial)
}

// accept is the serial that a request names as one with which its answer can
// be proved: the public key's id, or the newest certificate's. A merchant in
// change-over is answered with the key that it names. "" is none.
func (k keyring) accept(now time.Time) string {
	if k.public != nil {
		return k.publicID
	}
	var newest certificate
	for _, c := range k.certs {
		if c.valid(now) && c.from.After(newest.from) {
			newest = c
		}
	}
	return newest.serial
}

// signature is what the four headers of an answer say.
type signature struct {
	serial, timestamp, nonce string
	at                       time.Time
	raw                      []byte
}

func readSignature(h http.Header) (s signature, err error) {
	var text string
	for _, want := range []struct {
		name  string
		value *string
	}{
		{"Wechatpay-Timestamp", &s.timestamp},
		{"Wechatpay-Nonce", &s.nonce},
		{"Wechatpay-Serial", &s.serial},
		{"Wechatpay-Signature", &text},
	} {
		values := h.Values(want.name)
		if len(values) != 1 || values[0] == "" {
			return s, fmt.Errorf("the answer has no single %s header", want.name)
		}
		*want.value = values[0]
	}
	seconds, err := strconv.ParseInt(s.timestamp, 10, 64)
	if err != nil {
		return s, fmt.Errorf("the answer's time %s is not a number of seconds", link.Quote(s.timestamp))
	}
	s.at = time.Unix(seconds, 0)
	if s.raw, err = base64.StdEncoding.DecodeString(text); err != nil {
		return s, errors.New("the answer's signature is not base64")
	}
	return s, nil
}

// answerMessage is what an answer's signature covers: time, nonce and the
// exact body, each ended by a line feed.
func answerMessage(timestamp, nonce string, body []byte) []byte {
	m := make([]byte, 0, len(timestamp)+len(nonce)+len(body)+3)
	m = append(append(m, timestamp...), '\n')
	m = append(append(m, nonce...), '\n')
	return append(append(m, body...), '\n')
}

func (s signature) covers(body []byte, key *rsa.PublicKey) error {
	digest := sha256.Sum256(answerMessage(s.timestamp, s.nonce, body))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], s.raw) != nil {
		return errors.New("the answer's signature is wrong")
	}
	return nil
}

// verify proves that the provider signed exactly this body and returns when.
func (k keyring) verify(h http.Header, body []byte, now time.Time) (time.Time, error) {
	s, err := readSignature(h)
	if err != nil {
		return time.Time{}, err
	}
	key, err := k.find(s.serial, now)
	if err != nil {
		return time.Time{}, err
	}
	if err := s.covers(body, key); err != nil {
		return time.Time{}, err
	}
	if off := now.Sub(s.at); off.Abs() > freshness {
		return time.Time{}, staleError(off)
	}
	return s.at, nil
}

// staleError: the answer is the provider's, and it was signed so long ago.
type staleError time.Duration

func (e staleError) Error() string {
	return fmt.Sprintf("the answer was signed %s: more than %s apart", ago(time.Duration(e)), freshness)
}

// verifyKept proves an answer that was fresh when it was put away.
func (k keyring) verifyKept(h http.Header, body []byte) error {
	s, err := readSignature(h)
	if err != nil {
		return err
	}
	key, err := k.find(s.serial, s.at)
	if err != nil {
		return err
	}
	return s.covers(body, key)
}

func ago(d time.Duration) string {
	if d < 0 {
		return d.Abs().Round(time.Second).String() + " in the future"
	}
	return d.Round(time.Second).String() + " ago"
}
