package wechatv2_test

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kioskd/payment/wechatv2"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string
	}{
		{"<xml></xml>", map[string]string{}},
		{"<xml/>", map[string]string{}},
		{"<xml>\n<a><![CDATA[1]]></a>\r\n  <b>2</b>\n</xml>\n", map[string]string{"a": "1", "b": "2"}},
		{`<?xml version="1.0" encoding="UTF-8"?><xml><a>&lt;&amp;&#x4e2d;</a></xml>`, map[string]string{"a": "<&中"}},
		{"<xml><a>1<![CDATA[<2>]]>3</a></xml>", map[string]string{"a": "1<2>3"}},
		{"<xml><a> x </a><b></b><c/></xml>", map[string]string{"a": " x ", "b": "", "c": ""}},
		{"<xml><a>\r\n</a></xml>", map[string]string{"a": "\n"}}, // as XML wants it
		// The provider's own example of a refusal.
		{"<xml>\n   <return_code><![CDATA[FAIL]]></return_code>\n   <return_msg><![CDATA[签名失败]]></return_msg>\n</xml>",
			map[string]string{"return_code": "FAIL", "return_msg": "签名失败"}},
	} {
		got, err := wechatv2.Decode([]byte(c.text))
		if err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", c.text, got, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const bad = "the answer is not the XML it should be"
	for text, want := range map[string]string{
		"":                                    bad,
		" ":                                   bad,
		"{}":                                  "the answer has text outside of its fields",
		"<xml>":                               bad,
		"<xml><a>1</xml>":                     bad,
		"<xml><a>1</b></xml>":                 bad,
		"<xml><a>&nbsp;</a></xml>":            bad,
		"<xml><a>\xff</a></xml>":              bad,
		"<xml><a>\x00</a></xml>":              bad,
		"<xml><a><![CDATA[1]]</a></xml>":      bad,
		"<xml><a>1]]></a></xml>":              bad,
		"<XML></XML>":                         `the answer is "<XML>", not <xml>`,
		"<root><a>1</a></root>":               `the answer is "<root>", not <xml>`,
		"<html><body/></html>":                `the answer is "<html>", not <xml>`,
		"<xml><a>1</a><b/><a>1</a></xml>":     `the answer has the field "a" twice`,
		"<xml><a></a><a>1</a></xml>":          `the answer has the field "a" twice`,
		"<xml><a><b>1</b></a></xml>":          `the answer's "b" stands in a field`,
		"<xml><a x=\"1\">1</a></xml>":         `the answer's "a" has an attribute or a prefix`,
		"<xml xmlns=\"u\"><a>1</a></xml>":     `the answer's "xml" has an attribute or a prefix`,
		"<xml><p:a>1</p:a></xml>":             `the answer's "a" has an attribute or a prefix`,
		"<xml>x<a>1</a></xml>":                "the answer has text outside of its fields",
		"<xml><a>1</a></xml>x":                "the answer has text outside of its fields",
		"<xml/><xml/>":                        "more follows after the answer",
		"<!DOCTYPE xml><xml><a>1</a></xml>":   "the answer has a directive (<!...>)",
		"<xml><!ENTITY x \"y\"><a/></xml>":    "the answer has a directive (<!...>)",
		"<xml><a>SUC<!-- x -->CESS</a></xml>": "the answer has a comment",
		"<xml><a>SUC<?x y?>CESS</a></xml>":    "the answer has a processing instruction",
		"<xml/><?xml version=\"1.0\"?>":       "the answer has a processing instruction",
		`<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><a>&x;</a></xml>`:     "the answer has a directive (<!...>)",
		`<?xml version="1.0" encoding="GBK"?><xml/>`:                                      bad,
		"<xml><a>" + strings.Repeat("x", wechatv2.MaxAnswer) + "</a></xml>":               "the answer is longer than 65536 bytes",
		"<xml>" + strings.Repeat("<a>", 10000) + strings.Repeat("</a>", 10000) + "</xml>": "the answer is longer than 65536 bytes",
		"<xml>" + strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000) + "</xml>":   `the answer's "a" stands in a field`,
	} {
		got, err := wechatv2.Decode([]byte(text))
		if got != nil || err == nil || err.Error() != want {
			t.Errorf("%.100s: %q, %v; want %s", text, got, err, want)
		}
	}
}

func TestEncode(t *testing.T) {
	got := string(wechatv2.Encode(map[string]string{"b": "x]]>y", "a": "<&>", "c": ""}))
	if want := "<xml><a><![CDATA[<&>]]></a><b><![CDATA[x]]]]><![CDATA[>y]]></b></xml>"; got != want {
		t.Errorf("%s", got)
	}
}

// aField draws names and values as XML may carry them; \r becomes \n by its
// rules.
var (
	aName  = rapid.StringMatching(`[a-z][a-z0-9_]{0,20}`)
	aValue = rapid.StringMatching(`[ -~\n\t中文éß€]{0,40}(\]\]>)?[ -~]{0,10}`)
)

func drawFields(t *rapid.T) map[string]string {
	return rapid.MapOfN(aName, aValue, 0, 12).Draw(t, "fields")
}

func filled(f map[string]string) map[string]string {
	f = maps.Clone(f)
	maps.DeleteFunc(f, func(_, value string) bool { return value == "" })
	return f
}

func TestDecodeIsTheReverseOfEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFields(t)
		got, err := wechatv2.Decode(wechatv2.Encode(f))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(filled(f), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSignAndVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFields(t)
		delete(f, "sign_type")
		kind := rapid.SampledFrom([]string{"MD5", "HMAC-SHA256"}).Draw(t, "kind")
		f["sign"] = wechatv2.Sign(apiKey, kind, f)
		if err := wechatv2.Verify(apiKey, kind, f); err != nil {
			t.Fatal(err)
		}
		changed := maps.Clone(f)
		name := rapid.SampledFrom(append([]string{"new"}, keys(f)...)).Draw(t, "name")
		changed[name] += "x"
		if err := wechatv2.Verify(apiKey, kind, changed); err == nil {
			t.Errorf("%s was changed", name)
		}
		if err := wechatv2.Verify(apiKey[1:]+"x", kind, f); err == nil {
			t.Error("another key")
		}
		other := map[string]string{"MD5": "HMAC-SHA256", "HMAC-SHA256": "MD5"}[kind]
		if err := wechatv2.Verify(apiKey, other, f); err == nil {
			t.Errorf("%s taken for %s", kind, other)
		}
	})
}

func keys(f map[string]string) (all []string) {
	for name := range f {
		all = append(all, name)
	}
	return all
}

// Whatever is decoded can be encoded, and means the same then.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"<xml><return_code><![CDATA[SUCCESS]]></return_code><total_fee>1</total_fee></xml>", "<xml/>", "<xml><a>]]&gt;</a></xml>",
		`<?xml version="1.0"?><xml><a>&#65;</a></xml>`, "<!DOCTYPE x><xml/>", "<xml><a>1</a><a>2</a></xml>", "<xml><a><b/></a></xml>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := wechatv2.Decode(text)
		if err != nil {
			if got != nil {
				t.Errorf("fields came with the error: %q", got)
			}
			return
		}
		for name, value := range got {
			if !utf8.ValidString(name) || !utf8.ValidString(value) {
				t.Errorf("%q: %q is not UTF-8", name, value)
			}
			if strings.ContainsRune(value, '\r') { // &#13; cannot stand in CDATA
				return
			}
		}
		again, err := wechatv2.Decode(wechatv2.Encode(got))
		if err != nil && len(wechatv2.Encode(got)) <= wechatv2.MaxAnswer || err == nil && !cmp.Equal(filled(got), again) {
			t.Errorf("%q\nbecame %q, %v", got, again, err)
		}
	})
}
