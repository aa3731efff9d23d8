package forgetest_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"strings"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// certificates are those of the provider besides the one that signs.
type certificates struct {
	spare, brief, gone string // serials; brief has expired, gone is listed no longer
	was                answer // the list in which gone still stood
}

// kind is what is wrong with a certificate of the forger's own.
type kind int

const (
	usual   kind = iota
	expired      // since yesterday
	early        // from tomorrow
	weak         // with a key of 1024 bits
	curved       // with a key that is not RSA
)

// stampOf proves an answer with it.
func (f *forger) stampOf(k kind, s stamp) stamp {
	s.serial, s.key = rogueSerial, f.stolen
	if k == weak {
		s.key = f.weak
	}
	return s
}

const (
	rogueSerial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
	otherSerial = "6157F09EFDC096DE15EBE81A47057A7232F1B8E1"
)

// rogue is a certificate of the forger's own, in PEM.
func (f *forger) rogue(k kind) []byte {
	from, until := f.w.Now().Add(-time.Hour), f.w.Now().Add(time.Hour)
	var public crypto.PublicKey = &f.stolen.PublicKey
	switch k {
	case expired:
		from, until = from.AddDate(-1, 0, 0), f.w.Now().Add(-24*time.Hour)
	case early:
		from, until = f.w.Now().Add(24*time.Hour), until.AddDate(1, 0, 0)
	case weak:
		public = &f.weak.PublicKey
	case curved:
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		public = &other.PublicKey
	}
	number, _ := new(big.Int).SetString(rogueSerial, 16)
	c := &x509.Certificate{SerialNumber: number, Subject: pkix.Name{CommonName: "Tenpay.com sign"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, f.stolen)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// entry is a certificate as a list has it, encrypted with an APIv3 key.
func entry(key, serial string, text []byte) fields {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic(err)
	}
	gcm, _ := cipher.NewGCM(block)
	const nonce = "0123456789ab"
	return fields{"serial_no": serial, "encrypt_certificate": fields{
		"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate",
		"ciphertext": base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), text, []byte("certificate"))),
	}}
}

// lists are the forgeries of the list of platform certificates. One who has
// the APIv3 key of the merchant and stands inside TLS can put a certificate of
// its own there: nothing else vouches for the list (see the package comment).
// All others get nowhere, and neither does who has the key and not the
// certificate's.
func lists() []forgery {
	right := func(f *forger) string { return f.w.Provider.Merchant().APIv3Key }
	// of is a list of one certificate, which itself proves the list.
	of := func(f *forger, key string, k kind) message {
		m := v3{desk.Certificates}.fresh(f, http.StatusOK, fields{"data": []fields{entry(key, rogueSerial, f.rogue(k))}})
		m.stamp = f.stampOf(k, m.stamp)
		return m
	}
	way := func(name string, list func(f *forger) message) forgery { return signedByRogue(name, usual, list) }
	sealed := func(name, field string, value any) forgery {
		return way(name, func(f *forger) message {
			m := of(f, right(f), usual)
			m.says["data"].([]fields)[0]["encrypt_certificate"].(fields)[field] = value
			return m
		})
	}
	data := func(name string, make func(f *forger) any) forgery {
		return way(name, func(f *forger) message {
			m := of(f, right(f), usual)
			m.says["data"] = make(f)
			return m
		})
	}
	proof := func(name string, do func(f *forger, m message) message) forgery {
		return way(name, func(f *forger) message { return do(f, of(f, right(f), usual)) })
	}
	bad := func(name string, k kind) forgery {
		return signedByRogue(name, k, func(f *forger) message { return of(f, right(f), k) })
	}
	sent := func(name string, status int, body string) forgery {
		return way(name, func(*forger) message { return message{ready: &answer{status, http.Header{}, []byte(body)}} })
	}
	text := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return []forgery{
		way("list under another APIv3 key", func(f *forger) message { return of(f, strings.Repeat("0", 32), usual) }),
		sealed("list not encrypted", "ciphertext", text("-----BEGIN CERTIFICATE-----")),
		sealed("list with a ciphertext of 5 bytes", "ciphertext", text("short")), sealed("list with a ciphertext of 16 bytes", "ciphertext", text("0123456789abcdef")),
		sealed("list with an empty ciphertext", "ciphertext", ""), sealed("list with a ciphertext that is no base64", "ciphertext", "*"),
		sealed("list with a nonce of 16 bytes", "nonce", "0123456789abcdef"), sealed("list with a nonce of 11 bytes", "nonce", "0123456789a"), sealed("list with an empty nonce", "nonce", ""),
		sealed("list with another nonce", "nonce", "ba9876543210"), sealed("list with other associated data", "associated_data", "transaction"), sealed("list of another algorithm", "algorithm", "AEAD_SM4_GCM"),
		data("list without serial", func(f *forger) any { return []fields{entry(right(f), "", f.rogue(usual))} }),
		data("list with a certificate twice", func(f *forger) any {
			e := entry(right(f), rogueSerial, f.rogue(usual))
			return []fields{e, e}
		}),
		data("list with a bad certificate behind", func(f *forger) any {
			return []fields{entry(right(f), rogueSerial, f.rogue(usual)), entry(strings.Repeat("0", 32), "1F", f.rogue(usual))}
		}),
		data("list with no certificate in it", func(f *forger) any { return []fields{entry(right(f), rogueSerial, []byte("no certificate"))} }),
		data("list of nothing", func(*forger) any { return []fields{} }), data("list null", func(*forger) any { return nil }), data("list of numbers", func(*forger) any { return []int{1, 2} }),
		bad("list with an expired certificate", expired), bad("list with a certificate of tomorrow", early), bad("list with a weak certificate", weak), bad("list with a certificate that is not RSA", curved),
		proof("list unsigned", func(_ *forger, m message) message { m.bare = true; return m }),
		proof("list signed by another key", func(f *forger, m message) message { m.key = f.keys.Merchant; return m }),
		proof("list signed by a certificate that is not in it", func(f *forger, m message) message {
			m.serial, m.key = f.w.Provider.Merchant().CertificateSerial, f.keys.Certificates[0]
			return m
		}),
		proof("list signed ten minutes ago", func(_ *forger, m message) message { return later(m, -10*time.Minute) }),
		proof("list signed in ten minutes", func(_ *forger, m message) message { return later(m, 10*time.Minute) }),
		proof("list with a SIGNTEST", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return "WECHATPAY/SIGNTEST/" + sign(m.key, m.timestamp, m.nonce, b) })
		}),
		proof("list changed after signing", func(_ *forger, m message) message {
			return signs(m, func(b []byte) string { return sign(m.key, m.timestamp, m.nonce, b[1:]) })
		}),
		sent("list of a captive network", 200, login), sent("list empty", 200, ""), sent("list rubbish", 200, "\x00\xff{"), sent("list of 8 MiB", 200, strings.Repeat(" ", 8<<20)),
		sent("list gone", 404, `{"code":"RESOURCE_NOT_EXISTS","message":"forged"}`), sent("list forbidden", 403, `{"code":"NO_AUTH","message":"forged"}`),
		sent("list refused", 401, `{"code":"SIGN_ERROR","message":"forged"}`), sent("list redirected", 302, ""),
		{
			name: "list with another serial than the certificate's", in: desk.Mode.Certified,
			list: func(f *forger) message {
				m := of(f, right(f), usual)
				m.says["data"], m.serial = []fields{entry(right(f), otherSerial, f.rogue(usual))}, otherSerial
				return m
			},
			make: func(f *forger, _ paytest.Call, _ string, m message) message {
				m.serial, m.key = otherSerial, f.stolen
				return m
			},
		},
		{
			// Its key was stolen, which is why the provider withdrew it.
			name: "list of before, in which a withdrawn certificate stands", in: desk.Mode.Certified,
			list: func(f *forger) message { return message{ready: &f.certs.was} },
			make: func(f *forger, _ paytest.Call, _ string, m message) message {
				m.serial, m.key = f.certs.gone, f.keys.Certificates[3]
				return m
			},
		},
	}
}

// signedByRogue is a lie that is proved by a certificate of the forger's own,
// with the list that shall make it count.
func signedByRogue(name string, k kind, list func(f *forger) message) forgery {
	return forgery{name: name, in: desk.Mode.Certified, list: list, make: func(f *forger, _ paytest.Call, _ string, m message) message {
		m.stamp = f.stampOf(k, m.stamp)
		return m
	}}
}
