package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kioskd/configs"
	"kioskd/device/vmc"
	"kioskd/internal/browsertest"
	"kioskd/payment/wechat"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// program is a running kiosk-sim and what it printed.
type program struct {
	cmd    *exec.Cmd
	said   map[string]string // the last line of each name
	stderr bytes.Buffer
}

// patient ends what hangs.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// start runs kiosk-sim until it has said everything. It ends with the test.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.CommandContext(patient(t), "kiosk-sim", args...), said: map[string]string{}}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.cmd.Process.Kill()
			p.cmd.Wait()
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		p.said[name] = strings.TrimSpace(value)
		if name == "stop" {
			return p
		}
	}
	t.Fatalf("kiosk-sim %q ended: %v\n%s", args, p.cmd.Wait(), p.stderr.String())
	return nil
}

// end sends a signal and wants a clean exit.
func (p *program) end(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil || p.stderr.Len() > 0 {
		t.Errorf("after %v: %v, stderr %q", s, err, p.stderr.String())
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("%s: %s %s %v", url, answer.Status, b, err)
	}
	return string(b)
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	answer, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

func drivers() configs.Drivers {
	return configs.Drivers{
		Controllers: map[string]func() configs.Settings{"vmc": func() configs.Settings { s := vmc.DefaultSettings(); return &s }},
		Payments: map[string]func() configs.Settings{
			"wechat":    func() configs.Settings { s := wechat.DefaultSettings(); return &s },
			"wechat-v2": func() configs.Settings { s := wechatv2.DefaultSettings(); return &s },
		},
	}
}

// The config that is written is good, and what it says works.
func TestWechat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "sim 模拟")
	args := []string{"wechat", "--dir", dir, "--listen", "127.0.0.1:0,127.0.0.1:0", "--page", "127.0.0.1:0"}
	p := start(t, args...)
	if page := get(t, p.said["page"]); !strings.Contains(page, "<title>kiosk-sim wechat · sim 模拟 · 模拟台</title>") {
		t.Errorf("the page is %.300s", page)
	}
	if p.said["config"] != filepath.Join(dir, "kioskd.yaml") {
		t.Errorf("config %s", p.said["config"])
	}
	at := strings.Trim(strings.TrimPrefix(p.said["page"], "http://"), "/")
	if want := "kiosk-sim cabinet --link '" + filepath.Join(dir, "ttyVMC") + "' --phones " + at; p.said["next"] != want {
		t.Errorf("next %s\nnot  %s", p.said["next"], want)
	}
	if want := "kioskd run --config '" + filepath.Join(dir, "kioskd.yaml") + "'"; p.said["then"] != want {
		t.Errorf("then %s\nnot  %s", p.said["then"], want)
	}
	c, err := configs.Load(p.said["config"], drivers())
	if err != nil {
		t.Fatal(err)
	}
	for what, got := range map[string][2]string{
		"port":   {c.Controller.Port, filepath.Join(dir, "ttyVMC")},
		"store":  {c.Store.Path, filepath.Join(dir, "kioskd.db")},
		"socket": {c.Control.Socket, filepath.Join(dir, "kioskd.sock")},
		"screen": {string(c.Screen.Driver), "auto"},
	} {
		if got[0] != got[1] {
			t.Errorf("the config's %s is %s, not %s", what, got[0], got[1])
		}
	}
	s := c.Payment.Settings.(*wechat.Settings)
	if len(s.BaseURLs) != 2 || s.BaseURLs[1] != p.said["provider"] {
		t.Errorf("base_urls %q, provider %q", s.BaseURLs, p.said["provider"])
	}
	client, err := wechat.New(*s, wechat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	buy(t, client, c.Catalogue()[0], p.said["page"])

	key := readFile(t, filepath.Join(dir, "apiclient_key.pem"))
	for name, want := range map[string]fs.FileMode{"apiclient_key.pem": 0o600, "simulator_key.pem": 0o600, "wechatpay_public_key.pem": 0o644, "kioskd.yaml": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v, not %v", name, info.Mode(), err, want)
		}
	}
	public := readFile(t, filepath.Join(dir, "wechatpay_public_key.pem"))
	p.end(t, syscall.SIGTERM)
	if _, err := http.Get(p.said["page"]); err == nil {
		t.Error("the page still answers")
	}

	// A restart is the same merchant: a client that went on stays right.
	p = start(t, append(args, "--cabinet", "/dev/ttyUSB7")...)
	if readFile(t, filepath.Join(dir, "apiclient_key.pem")) != key || readFile(t, filepath.Join(dir, "wechatpay_public_key.pem")) != public {
		t.Error("a restart has made other keys")
	}
	again, err := configs.Load(p.said["config"], drivers())
	if err != nil {
		t.Fatal(err)
	}
	if s2 := again.Payment.Settings.(*wechat.Settings); s2.MchID != s.MchID || s2.MerchantSerial != s.MerchantSerial || s2.PublicKeyID != s.PublicKeyID {
		t.Errorf("a restart has made another merchant: %+v, not %+v", s2, s)
	}
	if again.Controller.Port != "/dev/ttyUSB7" {
		t.Errorf("the port is %s", again.Controller.Port)
	}
	p.end(t, os.Interrupt)
}

// The same for API v2, in a folder that v3 was in before.
func TestWechatV2(t *testing.T) {
	dir := t.TempDir()
	args := []string{"wechat", "--dir", dir, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0"}
	start(t, args...).end(t, syscall.SIGTERM)
	p := start(t, append(args, "--api", "v2")...)
	c, err := configs.Load(p.said["config"], drivers())
	if err != nil {
		t.Fatal(err)
	}
	if c.Payment.Driver != "wechat-v2" {
		t.Errorf("driver %s", c.Payment.Driver)
	}
	client, err := wechatv2.New(*c.Payment.Settings.(*wechatv2.Settings), wechatv2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	buy(t, client, c.Catalogue()[0], p.said["page"])
	for name, want := range map[string]fs.FileMode{"apiclient_key.pem": 0o600, "apiclient_cert.pem": 0o644, "apiv2_key.txt": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v, not %v", name, info, err, want)
		}
	}
	p.end(t, syscall.SIGTERM)
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// buy makes an order as kioskd would, and pays it as a phone would.
func buy(t *testing.T, client sale.Gateway, product sale.Product, page string) {
	t.Helper()
	o := sale.Order{Number: "SIM1000001ABCDE", Product: product, CreatedAt: time.Now()}
	var err error
	if o.Request, err = client.Prepare(o, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if o.CodeURL, err = client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, touch := range []string{"scan", "pay"} {
		if status, said := post(t, page+"api/phone/"+touch, `{"user":"phone-A"}`); status != 200 {
			t.Fatalf("%s: %d %s", touch, status, said)
		}
	}
	trade, err := client.Query(t.Context(), o)
	if err != nil || trade.State != sale.TradePaid {
		t.Errorf("the order is %v, %v", trade.State, err)
	}
}

// The cabinet's port comes and goes with the program, never with another's.
func TestCabinet(t *testing.T) {
	link := filepath.Join(t.TempDir(), "made", "ttyVMC")
	args := []string{"cabinet", "--link", link, "--page", "127.0.0.1:0", "--slots", "11,99", "--vend", "100ms"}
	p := start(t, args...)
	if p.said["port"] != link {
		t.Errorf("port %s", p.said["port"])
	}
	if want := "kioskd run --config " + filepath.Join(filepath.Dir(link), "kioskd.yaml"); p.said["next"] != want {
		t.Errorf("next %s\nnot  %s", p.said["next"], want)
	}
	if info, err := os.Stat(link); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		t.Errorf("the port is %v, %v", info, err)
	}
	var state struct {
		Slots []struct{ Number, Price int } `json:"slots"`
	}
	if err := json.Unmarshal([]byte(get(t, p.said["api"])), &state); err != nil {
		t.Fatal(err)
	}
	if s := state.Slots; len(s) != 2 || s[0].Number != 11 || s[0].Price != 200 || s[1].Number != 99 || s[1].Price != 100 {
		t.Errorf("slots %+v", s)
	}
	if status, said := post(t, p.said["page"]+"api/cabinet/press", `{"slot":12}`); status != 400 || said != `{"error":"this cabinet has no slot 12"}`+"\n" {
		t.Errorf("press: %d %s", status, said)
	}

	second := exec.CommandContext(patient(t), "kiosk-sim", args...)
	out, err := second.CombinedOutput()
	want := "kiosk-sim: --link " + link + ": another kiosk-sim cabinet is running there: choose another path, or stop it\n"
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 || string(out) != want {
		t.Errorf("a second cabinet: %v %q", err, out)
	}
	if _, err := os.Stat(link); err != nil {
		t.Errorf("the second cabinet has taken the port of the first: %v", err)
	}
	p.end(t, os.Interrupt)
	if _, err := os.Lstat(link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the port is still there: %v", err)
	}

	// One that was killed leaves its link behind.
	p = start(t, args...)
	p.cmd.Process.Kill()
	p.cmd.Wait()
	if _, err := os.Lstat(link); err != nil {
		t.Fatal(err)
	}
	start(t, args...).end(t, syscall.SIGTERM)
}

// The two programs meet on one page.
func TestPhonesOnTheCabinetsPage(t *testing.T) {
	dir := t.TempDir()
	provider := start(t, "wechat", "--dir", dir, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0")
	at := strings.Trim(strings.TrimPrefix(provider.said["page"], "http://"), "/")
	cabinet := start(t, "cabinet", "--link", filepath.Join(dir, "ttyVMC"), "--page", "127.0.0.1:0", "--phones", at)
	p := browsertest.Open(t, cabinet.said["page"], 1440, 1000)
	p.WaitText("keys", "东方树叶 茉莉花茶 500ml")
	p.WaitText("lamps", "微信支付正常")
	p.Choose("latency", "80ms")
	p.Wait(`provider.behaviour.latency === "80ms"`)
	p.Click("key-11")
	p.Wait("cabinet.presses.length === 1")
	for _, c := range p.Complaints() {
		t.Errorf("the page complains: %s", c)
	}

	provider.end(t, syscall.SIGTERM)
	status, said := post(t, cabinet.said["page"]+"api/phone/scan", "{}")
	if want := `{"error":"the phones at ` + at + ` do not answer: is kiosk-sim wechat running? (`; status != 502 || !strings.HasPrefix(said, want) {
		t.Errorf("without the other program: %d %s", status, said)
	}
	p.WaitText("lamps", "no answer from phone")
	cabinet.end(t, syscall.SIGTERM)
}

// Other merchants are simulated as well, and a restart keeps their keys.
func TestWechatOfOtherMerchants(t *testing.T) {
	dir := t.TempDir()
	args := []string{"wechat", "--dir", dir, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0", "--keys", "certificate", "--partner"}
	var first string
	for range 2 {
		p := start(t, args...)
		c, err := configs.Load(p.said["config"], drivers())
		if err != nil {
			t.Fatal(err)
		}
		s := c.Payment.Settings.(*wechat.Settings)
		if s.SubMchID == "" || s.PublicKeyID != "" || s.MerchantCert == "" {
			t.Errorf("%+v", s)
		}
		client, err := wechat.New(*s, wechat.Options{})
		if err != nil {
			t.Fatal(err)
		}
		buy(t, client, c.Catalogue()[0], p.said["page"])
		key := readFile(t, s.APIv3Key)
		if first == "" {
			first = key
		} else if key != first {
			t.Error("a restart has made another APIv3 key")
		}
		p.end(t, syscall.SIGTERM)
	}
}
