package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/sale"
)

// overheard is everything on the wire that a log may not repeat, by what it is.
type overheard struct {
	mu   sync.Mutex
	seen map[string]map[string]bool
}

func (o *overheard) note(what, value string) {
	if value == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[what] == nil {
		o.seen[what] = map[string]bool{}
	}
	o.seen[what][value] = true
}

var signatureOf = regexp.MustCompile(`signature="([^"]+)"`)

// between stands between kioskd and the provider. The host is not signed.
func (o *overheard) between(t *testing.T, provider string) string {
	to, err := url.Parse(provider)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			if m := signatureOf.FindStringSubmatch(r.In.Header.Get("Authorization")); m != nil {
				o.note("signature", m[1])
			}
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			o.note("signature of an answer", r.Header.Get("Wechatpay-Signature"))
			var said struct {
				CodeURL     string `json:"code_url"`
				Transaction string `json:"transaction_id"`
				RefundID    string `json:"refund_id"`
				Payer       struct{ OpenID, SPOpenID string }
				Data        []struct {
					Sealed struct{ Ciphertext string } `json:"encrypt_certificate"`
				}
			}
			_ = json.Unmarshal(body, &said)
			o.note("code_url", said.CodeURL)
			o.note("transaction number", said.Transaction)
			o.note("openid", said.Payer.OpenID)
			for _, d := range said.Data {
				o.note("encrypted certificate", d.Sealed.Ciphertext)
			}
			return err
		},
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

// The log of the released program at its most talkative, over sales that go
// well, fail, are refunded and meet a provider that mis-signs, lies and
// refuses: no key, signature, code_url, openid or transaction number is in it.
func TestNothingPrivateIsLogged(t *testing.T) {
	dir := t.TempDir()
	provider := start(t, "wechat", "--dir", dir, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0", "--keys", "certificate")
	cabinet := start(t, "cabinet", "--link", filepath.Join(dir, "ttyVMC"), "--page", "127.0.0.1:0", "--vend", "100ms")
	wire := &overheard{seen: map[string]map[string]bool{}}
	config := filepath.Join(dir, "kioskd.yaml")
	text := strings.Replace(readFile(t, config), provider.said["provider"], wire.between(t, provider.said["provider"]), 1)
	if err := os.WriteFile(config, []byte(text+"\nlog: {level: debug}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"apiclient_key.pem", "apiv3_key.txt"} {
		for line := range strings.Lines(readFile(t, filepath.Join(dir, secret))) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
				wire.note("key", line)
			}
		}
	}
	d := daemonOn(t, config)
	say := func(url, body string) {
		t.Helper()
		if status, said := post(t, url, body); status >= 300 {
			t.Fatalf("%s: %d %s", url, status, said)
		}
	}
	ordered := func(n, slot string) {
		t.Helper()
		var pressed time.Time
		d.until("order "+n+" shows its code", func() bool {
			list := d.orders()
			if len(list) > 0 && list[0].State == sale.Awaiting {
				return true
			}
			if time.Since(pressed) > 5*time.Second {
				pressed = time.Now()
				say(cabinet.said["page"]+"api/cabinet/press", `{"slot":`+slot+`}`)
			}
			return false
		})
	}
	pay := func(end sale.State) {
		t.Helper()
		for _, touch := range []string{"scan", "pay"} {
			say(provider.said["page"]+"api/phone/"+touch, `{"user":"phone-A"}`)
		}
		d.until("the order ends as "+string(end), func() bool { return d.orders()[0].State == end })
	}
	fault := func(body string) {
		t.Helper()
		say(provider.said["page"]+"api/phone/faults", body)
	}

	ordered("1", "11")
	pay(sale.Dispensed)
	for _, name := range []string{"mis-signed", "replay"} {
		fault(`{"call":"query","name":"` + name + `"}`)
	}
	fault(`{"call":"create","name":"unsigned"}`)
	fault(`{"call":"query","name":"error","status":400,"code":"INVALID_REQUEST","message":"用户oUpF8uMuAJO_M2pxb1Q9zNjWeS6o的订单4200001234202611231234567890"}`)
	wire.note("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
	wire.note("transaction number", "4200001234202611231234567890")
	say(cabinet.said["page"]+"api/cabinet/jam", `{"slot":12}`)
	ordered("2", "12")
	pay(sale.Refunded)

	kept, err := filepath.Glob(filepath.Join(dir, "wechat-certificates-*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept certificates: %q, %v", kept, err)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode() != 0o600 {
		t.Errorf("%s: %v, %v", kept[0], info.Mode(), err)
	}
	log := d.log.String()
	for what, least := range map[string]int{
		"key": 25, "signature": 8, "signature of an answer": 6, "code_url": 2, "transaction number": 3, "openid": 2, "encrypted certificate": 1,
	} {
		if n := len(wire.seen[what]); n < least {
			t.Errorf("only %d of %s were overheard", n, what)
		}
		for value := range wire.seen[what] {
			if strings.Contains(log, value) {
				t.Errorf("a %s is in the log: %s", what, value)
			}
		}
	}
	for _, words := range []string{"level=DEBUG", "an answer cannot be verified", "INVALID_REQUEST: 用户…jWeS6o的订单…567890", "to=refunded"} {
		if !strings.Contains(log, words) {
			t.Errorf("%q is not in the log: the test proves nothing\n%s", words, log)
		}
	}
}
