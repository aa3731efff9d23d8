package wechat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"kioskd/payment/wechat"
)

// memory keeps certificates in memory.
type memory struct {
	data       []byte
	saves      int
	load, save error
}

func (m *memory) Load() ([]byte, error) { return m.data, m.load }

func (m *memory) Save(data []byte) error {
	m.saves++
	if m.save == nil {
		m.data = data
	}
	return m.save
}

func keptBy(m *memory) func(*wechat.Options) { return func(o *wechat.Options) { o.Keeper = m } }

func TestKeptCertificates(t *testing.T) {
	var m memory
	r := newRig(t, certificates, keptBy(&m))
	r.Created(t, r.g, 1)
	for range 3 {
		if err := r.g.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if m.saves != 1 {
		t.Errorf("saved %d times, want once", m.saves)
	}
	if bytes.Contains(m.data, []byte("BEGIN CERTIFICATE")) || bytes.Contains(m.data, []byte(r.Server.Merchant().APIv3Key)) {
		t.Errorf("kept in the open: %s", m.data)
	}
	r.clock.move(30 * 24 * time.Hour) // the machine was off: no answer is that fresh
	n := r.downloads()
	r.g = r.client(t, keptBy(&m))
	if err := r.query(t); err != nil || r.downloads() != n {
		t.Errorf("after a start: %v, %d downloads, want %d", err, r.downloads(), n)
	}
	next, err := r.Server.ListCertificate(0)
	if err == nil {
		err = r.g.Refresh(t.Context())
	}
	if err != nil || m.saves != 2 || !strings.Contains(r.log.String(), "serials=\""+next) {
		t.Errorf("a new certificate: %v, saved %d times\n%s", err, m.saves, r.log)
	}
}

// What is kept is believed only as it came.
func TestDamagedKeptCertificates(t *testing.T) {
	var m memory
	r := newRig(t, certificates, keptBy(&m))
	if err := r.g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := r.Server.Merchant().APIv3Key
	stranger := newRig(t, certificates).Server.Merchant().APIv3Key
	good := m.data
	for name, c := range map[string]struct {
		data []byte
		load error
		key  string
		want string
	}{
		"not JSON":           {[]byte("{"), nil, key, "they are damaged"},
		"empty object":       {[]byte("{}"), nil, key, "the answer is not the JSON it should be"},
		"too long":           {bytes.Repeat([]byte(" "), 200000), nil, key, "they are longer than 131072 bytes"},
		"another key":        {good, nil, stranger, "it does not open with apiv3_key"},
		"another time":       {field(t, good, "timestamp", "1795435710"), nil, key, "the answer's signature is wrong"},
		"another nonce":      {field(t, good, "nonce", "x"), nil, key, "the answer's signature is wrong"},
		"another serial":     {field(t, good, "serial", "0123456789ABCDEF"), nil, key, "the answer is signed with the unknown key"},
		"no signature":       {field(t, good, "signature", ""), nil, key, "the answer has no single Wechatpay-Signature header"},
		"a changed listing":  {bytes.Replace(good, []byte("effective_time"), []byte("effectivo_time"), 1), nil, key, "the answer's signature is wrong"},
		"cannot be read":     {nil, errors.New("input/output error"), key, "input/output error"},
		"nothing, no damage": {nil, nil, key, ""},
	} {
		if _, err := wechat.ReadKept(c.data, c.key); len(c.data) > 0 && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if c.key != key {
			continue
		}
		r.log.Reset()
		n := r.downloads()
		r.g = r.client(t, keptBy(&memory{data: c.data, load: c.load}))
		if said := strings.Contains(r.log.String(), "the kept platform certificates are not used"); said != (c.want != "") {
			t.Errorf("%s: the log is %q", name, r.log)
		}
		if err := r.g.Ping(t.Context()); err != nil || r.downloads() != n+1 {
			t.Errorf("%s: %v, %d downloads, want %d", name, err, r.downloads(), n+1)
		}
	}
}

// Whatever one bit of the disk turns into, no other certificate comes of it.
func TestKeptCertificatesBitByBit(t *testing.T) {
	var m memory
	r := newRig(t, certificates, keptBy(&m))
	if err := r.g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	merchant := r.Server.Merchant()
	refused := 0
	for i := range m.data {
		changed := bytes.Clone(m.data)
		changed[i] ^= 1 << (i % 8)
		serials, err := wechat.ReadKept(changed, merchant.APIv3Key)
		if err != nil {
			refused++
		} else if serials != merchant.CertificateSerial {
			t.Fatalf("byte %d: took %s", i, serials)
		}
	}
	if refused < len(m.data)*9/10 {
		t.Errorf("%d of %d changes were refused", refused, len(m.data))
	}
}

func field(t *testing.T, data []byte, name, value string) []byte {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	m[name] = value
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Selling does not depend on the disk.
func TestCertificatesThatCannotBeKept(t *testing.T) {
	m := memory{save: errors.New("no space left on device")}
	r := newRig(t, certificates, keptBy(&m))
	if err := r.g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if want := `level=WARN msg="the platform certificates are not kept; selling goes on" error="no space left on device"`; !strings.Contains(r.log.String(), want) {
		t.Errorf("the log is %s", r.log)
	}
}

// A certificate that has expired while the machine was off is none.
func TestExpiredKeptCertificate(t *testing.T) {
	var m memory
	r := newRig(t, certificates, keptBy(&m))
	if err := r.g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.clock.move(5*365*24*time.Hour + time.Hour)
	next, err := r.Server.ListCertificate(0)
	if err == nil {
		err = r.Server.UseCertificate(next)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.g = r.client(t, keptBy(&m))
	r.sent.take()
	r.Created(t, r.g, 1)
	if got, want := r.sent.take(), "certificates , native "+next; got != want {
		t.Errorf("accepted: %s\nwant      %s", got, want)
	}
}

// FuzzKept: nothing but what was kept is taken, and nothing panics.
func FuzzKept(f *testing.F) {
	body := string(file(f, "sdk_certificates.json"))
	f.Add("1624523846", "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz", "D7CE59D1F522D701", "AAAA", body)
	f.Add("", "", "", "", "{}")
	f.Fuzz(func(t *testing.T, timestamp, nonce, serial, signature, body string) {
		data, err := json.Marshal(map[string]string{"timestamp": timestamp, "nonce": nonce, "serial": serial, "signature": signature, "body": body})
		if err != nil {
			t.Fatal(err)
		}
		if serials, err := wechat.ReadKept(data, "mockAPIv3Key1234"); err == nil {
			t.Fatalf("%s was taken from %s", serials, data)
		}
	})
}

// FuzzCertificates: whatever a certificate answer holds, each certificate that
// is taken has the serial under which it is listed, and nothing panics.
func FuzzCertificates(f *testing.F) {
	f.Add(file(f, "sdk_certificates.json"))
	f.Add([]byte(`{"data":[{"serial_no":"1","encrypt_certificate":{"algorithm":"AEAD_AES_256_GCM","nonce":"","ciphertext":""}}]}`))
	f.Add([]byte(`{"data":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		certs, err := wechat.OpenCertificates(body, "mockAPIv3Key1234")
		if err != nil && certs != nil || err == nil && len(certs) == 0 {
			t.Fatalf("%v came with %v", certs, err)
		}
		for _, c := range certs {
			if c.Key == nil || strings.TrimLeft(c.Serial, "0") != "D7CE59D1F522D701" {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// FuzzOpen: GCM input of any length and shape is an error, never a panic.
func FuzzOpen(f *testing.F) {
	f.Add("testAPIv3Key0000", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC")
	f.Add(strings.Repeat("k", 32), "0123456789abcdef", "", "")
	f.Add("", "", "", "AAAA")
	f.Fuzz(func(t *testing.T, key, nonce, associated, ciphertext string) {
		plain, err := wechat.Open(key, nonce, associated, ciphertext)
		if err == nil && (plain != "Hello World" || len(nonce) != 12) || err != nil && plain != "" {
			t.Fatalf("%q, %v", plain, err)
		}
	})
}
