package paytest

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// element is a child of a request's <xml>.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

// readXML reads a request, or says what is wrong with it in the provider's
// manner.
func readXML(body []byte) (map[string]string, string) {
	const bad = "XML格式错误"
	var root element
	if xml.Unmarshal(body, &root) != nil || root.XMLName.Local != "xml" || bytes.Contains(body, []byte("<!DOCTYPE")) {
		return nil, bad
	}
	fields := map[string]string{}
	for _, c := range root.Children {
		if _, twice := fields[c.XMLName.Local]; twice || len(c.Children) > 0 {
			return nil, bad
		}
		fields[c.XMLName.Local] = c.Text
	}
	return fields, ""
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// writeXML writes an answer as the provider does: the codes first, a line each,
// text in CDATA and numbers bare.
func writeXML(fields map[string]string) []byte {
	var b bytes.Buffer
	write := func(name string) {
		if value := fields[name]; digits.MatchString(value) {
			b.WriteString("<" + name + ">" + value + "</" + name + ">\n")
		} else {
			b.WriteString("<" + name + "><![CDATA[" + value + "]]></" + name + ">\n")
		}
	}
	b.WriteString("<xml>")
	first := []string{"return_code", "return_msg"}
	for _, name := range first {
		write(name)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(first, name) {
			write(name)
		}
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

const (
	signMD5  = "MD5"
	signHMAC = "HMAC-SHA256"
)

// signType is what a request asks for: MD5 if it says nothing, "" if it says
// nonsense.
func signType(said string) string {
	switch said {
	case "", signMD5:
		return signMD5
	case signHMAC:
		return signHMAC
	}
	return ""
}

// signV2 signs every field that is not empty, sign excepted.
func signV2(fields map[string]string, key, kind string) string {
	var pairs []string
	for name, value := range fields {
		if name != "sign" && value != "" {
			pairs = append(pairs, name+"="+value)
		}
	}
	slices.SortFunc(pairs, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	var h hash.Hash = md5.New()
	if kind == signHMAC {
		h = hmac.New(sha256.New, []byte(key))
	}
	h.Write([]byte(strings.Join(append(pairs, "key="+key), "&")))
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}
