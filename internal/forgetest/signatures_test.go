package forgetest_test

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"kioskd/internal/desk"
)

func later(m message, d time.Duration) message {
	n, _ := strconv.ParseInt(m.timestamp, 10, 64)
	m.timestamp = strconv.FormatInt(n+int64(d/time.Second), 10)
	return m
}

// signs makes the signature over what is written, as do wants it.
func signs(m message, do func(body []byte) string) message {
	m.signature = do(v3{}.write(message{status: m.status, says: m.says, bare: true}).body)
	return m
}

// signatures are the ways to go wrong with the four headers of API v3.
func signatures() []forgery {
	way := func(name string, do func(f *forger, m message) message) forgery { return plain(name, v3Only, do) }
	without := func(name, header string) forgery {
		return way(name, func(_ *forger, m message) message { m.header = http.Header{header: nil}; return m })
	}
	moved := func(name string, d time.Duration) forgery {
		return way(name, func(_ *forger, m message) message { return later(m, d) })
	}
	return []forgery{
		way("another key", func(f *forger, m message) message { m.key = f.stolen; return m }),
		way("signature of another body", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return sign(m.key, m.timestamp, m.nonce, append(bytes.Clone(b), ' ')) })
		}),
		way("signature of another nonce", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return sign(m.key, m.timestamp, "x"+m.nonce, b) })
		}),
		way("timestamp moved after signing", func(_ *forger, m message) message {
			m = later(m, -20*time.Minute)
			return later(signs(m, func(b []byte) string { return sign(m.key, m.timestamp, m.nonce, b) }), 20*time.Minute)
		}),
		way("SIGNTEST", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return "WECHATPAY/SIGNTEST/" + sign(m.key, m.timestamp, m.nonce, b) })
		}),
		way("signature cut short", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return sign(m.key, m.timestamp, m.nonce, b)[:100] })
		}),
		way("signature no base64", func(_ *forger, m message) message { m.signature = "?"; return m }),
		way("signature empty", func(_ *forger, m message) message {
			m.header = http.Header{"Wechatpay-Signature": {""}}
			return m
		}),
		way("two signatures", func(f *forger, m message) message {
			signs(m, func(b []byte) string {
				m.header = http.Header{"Wechatpay-Signature": {sign(f.stolen, m.timestamp, m.nonce, b), sign(m.key, m.timestamp, m.nonce, b)}}
				return ""
			})
			return m
		}),
		way("unknown serial", func(_ *forger, m message) message { m.serial = "PUB_KEY_ID_0999999999999999999999999999"; return m }),
		way("serial of a certificate", func(_ *forger, m message) message { m.serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"; return m }),
		without("no signature", "Wechatpay-Signature"), without("no serial", "Wechatpay-Serial"), without("no timestamp", "Wechatpay-Timestamp"), without("no nonce", "Wechatpay-Nonce"),
		moved("signed ten minutes ago", -10*time.Minute), moved("signed 302 s ago", -302*time.Second), moved("signed in ten minutes", 10*time.Minute),
		way("timestamp no number", func(_ *forger, m message) message { m.timestamp = "today"; return m }),
		way("timestamp zero", func(_ *forger, m message) message { m.timestamp = "0"; return m }),
	}
}

// certified are answers that name a certificate and are not proved by one that
// counts.
func certified() []forgery {
	by := func(name string, in func(desk.Mode) bool, who func(f *forger, s stamp) stamp) forgery {
		return plain(name, in, func(f *forger, m message) message { m.stamp = who(f, m.stamp); return m })
	}
	only := func(m desk.Mode) bool { return m == desk.Certificates }
	both := desk.Mode.Certified
	as := func(serial func(f *forger) string, key int) func(*forger, stamp) stamp {
		return func(f *forger, s stamp) stamp {
			s.serial, s.key = serial(f), f.keys.Certificates[key]
			return s
		}
	}
	spare, brief, gone := func(f *forger) string { return f.certs.spare }, func(f *forger) string { return f.certs.brief }, func(f *forger) string { return f.certs.gone }
	return []forgery{
		by("a certificate that has expired", both, as(brief, 2)),
		by("a certificate that was withdrawn", both, as(gone, 3)),
		by("one certificate's serial, another's key", both, as(spare, 0)),
		by("the certificate's serial, the merchant's key", both, func(f *forger, s stamp) stamp {
			s.serial, s.key = f.w.Provider.Merchant().CertificateSerial, f.keys.Merchant
			return s
		}),
		by("the merchant's own certificate", both, func(f *forger, s stamp) stamp {
			s.serial, s.key = f.w.Provider.Merchant().Serial, f.keys.Merchant
			return s
		}),
		by("a certificate that nobody lists", both, func(f *forger, s stamp) stamp { return f.stampOf(usual, s) }),
		by("the public key of a merchant of today", only, func(f *forger, s stamp) stamp {
			s.serial, s.key = f.w.Provider.Merchant().PublicKeyID, f.keys.Provider
			return s
		}),
		by("the public key's id, the certificate's key", func(m desk.Mode) bool { return m == desk.ChangeOver }, func(f *forger, s stamp) stamp {
			s.key = f.keys.Certificates[0]
			return s
		}),
	}
}
