package paytest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signatureWindow is how far an Authorization's timestamp may be off.
const signatureWindow = 5 * time.Minute

const scheme = "WECHATPAY2-SHA256-RSA2048"

// credential is a parsed Authorization header.
type credential struct {
	mchid, nonce, timestamp, serial, signature string
}

// parseCredential accepts the five pairs in any order, with or without spaces
// after the commas.
func parseCredential(header string) (credential, error) {
	var c credential
	rest, ok := strings.CutPrefix(header, scheme+" ")
	if !ok {
		return c, fmt.Errorf("the scheme is not %s", scheme)
	}
	fields := map[string]*string{
		"mchid": &c.mchid, "nonce_str": &c.nonce, "timestamp": &c.timestamp,
		"serial_no": &c.serial, "signature": &c.signature,
	}
	for _, pair := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		into := fields[name]
		if into == nil {
			return c, fmt.Errorf("%q is unknown or stands twice", name)
		}
		if len(value) < 3 || value[0] != '"' || value[len(value)-1] != '"' {
			return c, fmt.Errorf("the value of %s is empty or not in quotes", name)
		}
		*into = value[1 : len(value)-1]
		delete(fields, name)
	}
	for name := range fields {
		return c, fmt.Errorf("%s is missing", name)
	}
	if len(c.nonce) > 32 {
		return c, fmt.Errorf("nonce_str is longer than 32 characters")
	}
	return c, nil
}

// authorize verifies the signature over the bytes as they came. It returns nil
// if all is well.
func (s *Server) authorize(r *http.Request, body []byte) *refusal {
	c, err := parseCredential(r.Header.Get("Authorization"))
	if err != nil {
		return signError("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", &detail{
			Field: "authorization", Issue: err.Error(), Location: "header"})
	}
	s.mu.Lock()
	now, key := s.wire(), s.keys.merchant[c.serial]
	s.calls.nonce(c.nonce)
	s.mu.Unlock()

	if c.mchid != s.merchant.MchID {
		return signError("商户号"+c.mchid+"不存在或与证书不匹配", &detail{
			Field: "mchid", Value: c.mchid, Issue: "no such merchant", Location: "authorization"})
	}
	if key == nil {
		return signError("商户证书序列号有误。请使用签名私钥匹配的证书序列号", &detail{
			Field: "serial_no", Value: c.serial, Issue: "unknown certificate serial number", Location: "authorization"})
	}
	seconds, err := strconv.ParseInt(c.timestamp, 10, 64)
	if err != nil {
		return signError("Http头Authorization中的timestamp格式错误", &detail{
			Field: "timestamp", Value: c.timestamp, Issue: "not unix seconds", Location: "authorization"})
	}
	if off := now.Sub(time.Unix(seconds, 0)); off.Abs() > signatureWindow {
		return signError("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", &detail{
			Field: "timestamp", Value: c.timestamp, Location: "authorization",
			Issue: fmt.Sprintf("more than 5 minutes from the server's time %d", now.Unix())})
	}
	message := strings.Join([]string{r.Method, target(r), c.timestamp, c.nonce, string(body), ""}, "\n")
	digest := sha256.Sum256([]byte(message))
	raw, err := base64.StdEncoding.DecodeString(c.signature)
	if err == nil {
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw)
	}
	if err != nil {
		return signError("错误的签名，验签失败", &detail{
			Field: "signature", Issue: "sign not match", Location: "authorization",
			SignInformation: &signInformation{
				Method: r.Method, URL: target(r), Length: len(message), Message: truncated(message, 128),
			}})
	}
	return nil
}

// target is the path and query exactly as the client sent them.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // a proxy's absolute form
}

// truncated keeps what a client needs to compare without the body's secrets.
func truncated(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "..."
	}
	return s
}
