package wechat

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kioskd/sale"
)

const scheme = "WECHATPAY2-SHA256-RSA2048"

// Signer signs requests in the merchant's name. The key file is one; a secure
// element or a server that keeps the key and caps the refunds may be others.
//
// A Client calls it once for each attempt of a call, concurrently. Its time is
// the attempt's: when ctx ends, the attempt is lost. Its errors become
// sale.ErrTemporary, whatever they are: nothing was sent, the customer sees
// that payment is not possible, and the call is repeated as after a network
// fault. A signer that refuses for good, a refund above its cap for instance,
// is asked again and again and must bear that.
type Signer interface {
	// MchID is the merchant in whose name it signs: the mchid, or a service
	// provider's sp_mchid.
	MchID() string
	// Serial names the merchant API certificate of its key, in upper-case hex.
	Serial() string
	// Sign returns the RSASSA-PKCS1-v1_5 signature of the message's SHA-256.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

var _ Signer = keySigner{}

// keySigner has the merchant's key in memory.
type keySigner struct {
	mchID  string
	serial string
	key    *rsa.PrivateKey
}

func (s keySigner) MchID() string  { return s.mchID }
func (s keySigner) Serial() string { return s.serial }

func (s keySigner) Sign(_ context.Context, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
}

// requestMessage is what a request's signature covers: method, path with
// query as sent, time, nonce and the exact body, each ended by a line feed.
// (pay.weixin.qq.com/doc/v3/merchant/4012365336)
func requestMessage(method, path, timestamp, nonce string, body []byte) []byte {
	m := make([]byte, 0, len(method)+len(path)+len(timestamp)+len(nonce)+len(body)+5)
	for _, line := range []string{method, path, timestamp, nonce} {
		m = append(append(m, line...), '\n')
	}
	return append(append(m, body...), '\n')
}

// authorization signs one attempt. Nonce and time are fresh on every attempt.
func authorization(ctx context.Context, s Signer, method, path string, body []byte, now time.Time) (string, error) {
	var random [16]byte
	rand.Read(random[:])
	nonce := hex.EncodeToString(random[:])
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signature, err := s.Sign(ctx, requestMessage(method, path, timestamp, nonce, body))
	if err == nil && len(signature) == 0 {
		err = errors.New("the signature is empty")
	}
	if err != nil {
		return "", &sale.Fault{
			Code: sale.CodePayMerchant,
			What: "a request could not be signed",
			Hint: "check the file or device that holds merchant_key",
			Err:  fmt.Errorf("%w: %w", sale.ErrTemporary, err),
		}
	}
	return fmt.Sprintf(`%s mchid="%s",nonce_str="%s",timestamp="%s",serial_no="%s",signature="%s"`,
		scheme, s.MchID(), nonce, timestamp, s.Serial(), base64.StdEncoding.EncodeToString(signature)), nil
}
