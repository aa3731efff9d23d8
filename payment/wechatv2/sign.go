package wechatv2

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
)

// algorithm is a sign_type of the protocol.
type algorithm string

const (
	algMD5  algorithm = "MD5"
	algHMAC algorithm = "HMAC-SHA256"
)

// secret is the merchant's API key of v2, 32 characters. It signs requests and
// verifies answers.
type secret string

// message is what a signature covers: every field with a value but sign itself,
// in the order of the names' bytes, values as they are before any escaping, and
// the key. (pay.weixin.qq.com/wiki/doc/api/native.php?chapter=4_3)
func (s secret) message(f fields) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != "sign" && f[name] != "" {
			b.WriteString(name + "=" + f[name] + "&")
		}
	}
	b.WriteString("key=" + string(s))
	return b.String()
}

func (s secret) sign(f fields, a algorithm) string {
	var sum []byte
	if a == algMD5 {
		all := md5.Sum([]byte(s.message(f)))
		sum = all[:]
	} else {
		h := hmac.New(sha256.New, []byte(s))
		h.Write([]byte(s.message(f)))
		sum = h.Sum(nil)
	}
	return strings.ToUpper(hex.EncodeToString(sum))
}

// verify proves that an answer was signed with the key and with exactly this
// algorithm.
func (s secret) verify(f fields, a algorithm) error {
	want := s.sign(f, a)
	switch said := algorithm(f["sign_type"]); {
	case f["sign"] == "":
		return errors.New("the answer is not signed")
	case len(f["sign"]) != len(want) || said != "" && said != a:
		return errors.New("the answer is signed with another algorithm than " + string(a))
	case !hmac.Equal([]byte(f["sign"]), []byte(want)):
		return errors.New("the answer's signature is wrong")
	}
	return nil
}
