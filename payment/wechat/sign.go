package wechat

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

const scheme = "WECHATPAY2-SHA256-RSA2048"

// signer writes the Authorization header of requests.
type signer struct {
	mchID  string
	serial string
	key    *rsa.PrivateKey
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
func (s signer) authorization(method, path string, body []byte, now time.Time) (string, error) {
	var random [16]byte
	rand.Read(random[:])
	nonce := hex.EncodeToString(random[:])
	timestamp := strconv.FormatInt(now.Unix(), 10)
	digest := sha256.Sum256(requestMessage(method, path, timestamp, nonce, body))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign with the merchant key: %w", err)
	}
	return fmt.Sprintf(`%s mchid="%s",nonce_str="%s",timestamp="%s",serial_no="%s",signature="%s"`,
		scheme, s.mchID, nonce, timestamp, s.serial, base64.StdEncoding.EncodeToString(signature)), nil
}
