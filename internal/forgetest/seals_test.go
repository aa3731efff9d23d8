package forgetest_test

import (
	"bytes"
	"maps"
	"strings"
)

// seals are the ways to go wrong with the signature of API v2.
func seals() []forgery {
	way := func(name string, do func(f *forger, m message) message) forgery { return plain(name, v2Only, do) }
	sign := func(name string, to func(string) string) forgery {
		return way(name, func(_ *forger, m message) message { m.sign = to; return m })
	}
	// said changes what was signed before.
	said := func(name string, change func(fields)) forgery {
		return way(name, func(_ *forger, m message) message {
			m.signed = maps.Clone(m.says)
			change(m.says)
			return m
		})
	}
	// well signed, and yet no answer that says yes.
	well := func(name string, change func(fields)) forgery {
		return way(name, func(_ *forger, m message) message { change(m.says); return m })
	}
	other := func(f *forger) string {
		if f.speech.(v2).algorithm == hmacSHA256 {
			return plainMD5
		}
		return hmacSHA256
	}
	return []forgery{
		sign("sign empty", func(string) string { return "" }), sign("sign in lower case", strings.ToLower), sign("sign cut short", func(s string) string { return s[:len(s)-1] }),
		sign("sign too long", func(s string) string { return s + "0" }), sign("sign of zeros", func(s string) string { return strings.Repeat("0", len(s)) }),
		sign("one character of sign", func(s string) string {
			return s[:len(s)-1] + map[bool]string{true: "1", false: "0"}[s[len(s)-1] == '0']
		}),
		way("another API key", func(_ *forger, m message) message { m.secret = strings.Repeat("0", 32); return m }),
		way("no API key", func(_ *forger, m message) message { m.secret = ""; return m }),
		way("another algorithm", func(f *forger, m message) message { m.algorithm = other(f); return m }),
		way("another algorithm, which it names", func(f *forger, m message) message {
			m.algorithm = other(f)
			m.says["sign_type"] = other(f)
			return m
		}),
		way("another sign_type than the signature's", func(f *forger, m message) message { m.says["sign_type"] = other(f); return m }),
		way("signed before it was paid", func(_ *forger, m message) message {
			m.signed = maps.Clone(m.says)
			for name, was := range map[string]any{"trade_state": "NOTPAY", "refund_status_0": "PROCESSING", "code_url": "weixin://wxpay/bizpayurl?pr=1", "result_msg": "", "refund_id": "1"} {
				if _, says := m.says[name]; says {
					m.signed[name] = was
				}
			}
			return m
		}),
		said("nonce changed after signing", func(s fields) { s["nonce_str"] = "fedcba9876543210" }),
		said("nonce taken away after signing", func(s fields) { delete(s, "nonce_str") }),
		said("a field added after signing", func(s fields) { s["attach"] = "x" }),
		said("merchant changed after signing", func(s fields) { s["mch_id"] = "1900000000" }),
		well("no return_code", func(s fields) { delete(s, "return_code") }), well("no result_code", func(s fields) { delete(s, "result_code") }),
		well("return_code in lower case", func(s fields) { s["return_code"] = "success" }), well("result_code in lower case", func(s fields) { s["result_code"] = "success" }),
		well("result_code FAIL", func(s fields) { s["result_code"], s["err_code"] = "FAIL", "SYSTEMERROR" }),
		well("return_code FAIL", func(s fields) { s["return_code"] = "FAIL" }),
	}
}

// markup is XML that two readers may understand in two ways, or that makes a
// reader do what it should not. All of it is well signed.
func markup() []forgery {
	way := func(name string, do func(body []byte) []byte) forgery {
		return plain(name, v2Only, func(_ *forger, m message) message { m.text = do; return m })
	}
	before := func(text string) func([]byte) []byte {
		return func(b []byte) []byte { return append([]byte(text), b...) }
	}
	behind := func(text string) func([]byte) []byte {
		return func(b []byte) []byte { return append(bytes.Clone(b), text...) }
	}
	swap := func(from, to string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) }
	}
	const msg = "<return_msg><![CDATA[OK]]></return_msg>"
	both := func(doctype, value string) func([]byte) []byte {
		return func(b []byte) []byte { return before(doctype)(swap(msg, "<return_msg>"+value+"</return_msg>")(b)) }
	}
	beside := func(text string) func([]byte) []byte { return swap("<xml>", "<xml>"+text) }
	return []forgery{
		way("DOCTYPE", before("<!DOCTYPE xml>")), way("DOCTYPE behind", behind("<!DOCTYPE xml>")), way("DOCTYPE of a file", before(`<!DOCTYPE xml SYSTEM "file:///etc/passwd">`)),
		way("entity of its own", both(`<!DOCTYPE xml [<!ENTITY ok "OK">]>`, "&ok;")), way("entity of a file", both(`<!DOCTYPE xml [<!ENTITY ok SYSTEM "file:///etc/hostname">]>`, "&ok;")),
		way("entity that nobody defined", swap(msg, "<return_msg>&ok;</return_msg>")),
		way("entities of entities", both(`<!DOCTYPE xml [<!ENTITY a "OK"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`, "&c;")),
		way("comment", beside("<!-- x -->")), way("comment in a field", swap(msg, "<return_msg>O<!-- -->K</return_msg>")), way("processing instruction", beside("<?x y?>")),
		way("attribute", swap("<return_msg>", `<return_msg x="y">`)), way("attribute of the root", swap("<xml>", `<xml x="y">`)), way("prefix", swap(msg, "<x:return_msg>OK</x:return_msg>")),
		way("namespace", swap("<xml>", `<xml xmlns="http://example.com">`)), way("text between the fields", beside("x")), way("a field in a field", swap(msg, "<return_msg>OK<x></x></return_msg>")),
		way("the same field twice", beside(msg)), way("sign twice", beside("<sign>0</sign>")), way("result_code twice", beside("<result_code>FAIL</result_code>")), way("an empty field twice", beside("<x></x><x></x>")),
		way("another root", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("xml>"), []byte("root>")) }), way("two roots", behind("<xml></xml>")), way("rubbish behind", behind("x")),
		way("not closed", func(b []byte) []byte { return b[:len(b)-1] }), way("encoding GBK", before(`<?xml version="1.0" encoding="GBK"?>`)), way("NUL", swap("OK", "OK\x00")),
		way("deep", beside(strings.Repeat("<a>", 10000)+strings.Repeat("</a>", 10000))), way("longer than an answer", beside("<x>"+strings.Repeat(" ", 70<<10)+"</x>")),
	}
}
