package oracle_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/internal/need"
	"kioskd/payment/paytest"
)

// axios is wechatpay-axios-plugin in a process of its own.
type axios struct {
	*testing.T
	says *bufio.Scanner
	next io.Writer
}

func newAxios(t *testing.T, server *paytest.Server) *axios {
	t.Helper()
	node := need.Tool(t, "node")
	if _, err := os.Stat("testdata/axios/node_modules/wechatpay-axios-plugin"); err != nil {
		need.Missing(t, "wechatpay-axios-plugin is not installed (make tools installs it)")
	}
	dir, m := t.TempDir(), server.Merchant()
	about := map[string]string{"url": server.URL(), "appid": m.AppID, "mchid": m.MchID, "serial": m.Serial, "keyid": m.PublicKeyID, "notify": m.NotifyURL}
	if m.CertificateSerial != "" {
		about["apiv3"] = m.APIv3Key
	}
	text, err := json.Marshal(about)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "merchant.json"), text, 0o600)
	}
	if err == nil {
		err = server.WriteFiles(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/axios/drive.js", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return &axios{t, bufio.NewScanner(out), in}
}

// step waits for a line that begins as wanted and lets the program go on.
func (a *axios) step(want string) string {
	a.Helper()
	if !a.says.Scan() {
		a.Fatalf("it ended before %q: %v", want, a.says.Err())
	}
	if !strings.HasPrefix(a.says.Text(), want) {
		a.Fatalf("it says %q, not %q", a.says.Text(), want)
	}
	return strings.TrimSpace(strings.TrimPrefix(a.says.Text(), want))
}

func (a *axios) goOn() {
	a.Helper()
	if _, err := io.WriteString(a.next, "\n"); err != nil {
		a.Fatal(err)
	}
}

// A third client, in another language, from the order to the refund.
func TestAxiosPlugin(t *testing.T) {
	for _, mode := range []paytest.KeyMode{paytest.KeysPublic, paytest.KeysCertificate} {
		t.Run(string(mode), func(t *testing.T) {
			server := simulator(t, paytest.Options{KeyMode: mode})
			server.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 0 })
			a := newAxios(t, server)
			a.step("unknown 404 ORDER_NOT_EXIST")
			a.goOn()
			code := a.step("created ")
			o, err := server.Order("ORACLE0001")
			if err != nil || o.CodeURL != code || o.Description != "汽水 <A & B> 500ml" {
				t.Errorf("%q, %+v, %v", code, o, err)
			}
			if _, err := server.Scan(code, "ann"); err != nil {
				t.Fatal(err)
			}
			if err := server.Pay("ann", "ORACLE0001"); err != nil {
				t.Fatal(err)
			}
			a.goOn()
			a.step("queried SUCCESS 350 4200000")
			a.goOn()
			a.step("refunded SUCCESS true")
			a.goOn()
			a.step("closed 204")
			for _, name := range []paytest.FaultName{paytest.FaultMisSigned, paytest.FaultSignTest, paytest.FaultUnsigned, paytest.FaultUnknownSerial, paytest.FaultStale} {
				if err := server.Queue(paytest.CallQuery, paytest.Fault{Name: name}); err != nil {
					t.Fatal(err)
				}
				a.goOn()
				a.step("answer not believed: ")
			}
			a.goOn()
			a.step("answer unexpected 200")
		})
	}
}

// The lock file names exact versions and no place to get them from.
func TestAxiosLock(t *testing.T) {
	b, err := os.ReadFile("testdata/axios/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), `"resolved"`) || !strings.Contains(string(b), `"wechatpay-axios-plugin": "0.9.6"`) {
		t.Error("package-lock.json: make it with npm install --omit-lockfile-registry-resolved, and with exact versions")
	}
}
