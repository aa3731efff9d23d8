package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"kioskd/device/devicetest"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
)

// person sits at a terminal in front of kioskd.
type person struct {
	*testing.T
	tty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	read string // all that was written
	seen int    // how much of it was looked at
}

func sit(t *testing.T, cmd *exec.Cmd) *person {
	t.Helper()
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{T: t, tty: tty, cmd: cmd}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for buf := make([]byte, 4096); ; {
			n, err := tty.Read(buf)
			p.mu.Lock()
			p.read += string(buf[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // if it has not ended long since
		<-read
		tty.Close()
	})
	return p
}

// sees waits for a text behind the one that was seen last.
func (p *person) sees(text string) {
	p.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		new := p.read[p.seen:]
		if i := strings.Index(new, text); i >= 0 {
			p.seen += i + len(text)
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if time.Now().After(end) {
			p.Fatalf("%q does not come; what came:\n%s", text, new)
		}
	}
}

// answers waits for each question and types the answer behind it.
func (p *person) answers(pairs ...string) {
	p.Helper()
	for i := 0; i < len(pairs); i += 2 {
		p.sees(pairs[i])
		if _, err := p.tty.WriteString(pairs[i+1] + "\n"); err != nil {
			p.Fatal(err)
		}
	}
}

func (p *person) ends(code int) {
	p.Helper()
	err := p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.Errorf("exit code %d (%v), want %d:\n%s", got, err, code, p.all())
	}
}

func (p *person) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read
}

// newMachine is one that is to be set up, with its world.
type newMachine struct {
	*testing.T
	dir, binary string
	portal      *portal
	cabinet     *devicetest.Cabinet
}

func openMachine(t *testing.T, pays bool) *newMachine {
	t.Helper()
	s := &newMachine{T: t, dir: t.TempDir(), binary: kioskd(t)}
	ctx, stop := context.WithCancel(context.Background())
	var err error
	if s.portal, err = openPortal(ctx, s.dir, paytest.Options{}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if pays {
			s.portal.customer(ctx)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-done
		s.portal.Close()
	})
	s.cabinet, err = devicetest.Start(devicetest.Options{
		Link: s.path("ttyVMC"), Slots: []devicetest.Slot{{Number: 11, Price: 200, Stock: 5}, {Number: 12, Price: 350, Stock: 5}},
		PollEvery: 20 * time.Millisecond, AnswerWithin: 500 * time.Millisecond, VendTime: 60 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cabinet.Close() })
	s.write("products.csv", "11,农夫山泉,2.00\n12,可乐,3.50\n")
	s.write("root/proc/self/mountinfo", "26 1 254:0 / / rw,relatime - ext4 /dev/mmcblk0p2 rw\n")
	return s
}

func (s *newMachine) path(name string) string { return filepath.Join(s.dir, name) }

func (s *newMachine) write(name, text string) {
	s.Helper()
	err := os.MkdirAll(filepath.Dir(s.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(s.path(name), []byte(text), 0o644)
	}
	if err != nil {
		s.Fatal(err)
	}
}

func (s *newMachine) command(args ...string) *exec.Cmd { return exec.Command(s.binary, args...) }

// setup is the command with what a person at a real machine would not say.
func (s *newMachine) setup(more ...string) *exec.Cmd {
	return s.command(append([]string{
		"setup", "--config", s.path("shop/kioskd.yaml"), "--root", s.path("root"), "--set", s.portal.shows["base"],
		"--set", "store.path=kioskd.db", "--set", "store.reserve=1MiB", "--set", "control.socket=kioskd.sock", "--set", "screen.driver=none",
	}, more...)...)
}

func (s *newMachine) orders() []sale.Order {
	s.Helper()
	r, err := store.OpenReadOnly(s.path("shop/kioskd.db"))
	if err != nil {
		s.Fatal(err)
	}
	defer r.Close()
	list, err := r.Orders(store.Filter{})
	if err != nil {
		s.Fatal(err)
	}
	return list
}

// A technician at the machine, who reads Chinese and mistypes.
func TestSetupInChinese(t *testing.T) {
	t.Parallel()
	s := openMachine(t, true)
	shows := s.portal.shows
	cmd := s.setup("--port", s.path("ttyVMC"))
	cmd.Env = append(os.Environ(), "LC_ALL=", "LC_MESSAGES=", "LANG=zh_CN.UTF-8")
	p := sit(t, cmd)
	p.answers(
		"机器编号：", "",
		"✗ 必填；输入 ? 看说明", "?",
		"订单号以它开头", "SH-42",
		`✗ wants 1 to 12 letters and digits`, "SH0042",
		"安装位置（可留空）：", "一号楼大厅",
		"客服电话（可留空）：", "",
		"1) vmc  "+s.path("ttyVMC"), "",
		"收款方式 [1]：", "?",
		"API安全", "",
		"appid：", "wx1",
		"✗ ", shows["appid"],
		"商户号：", shows["mchid"],
		"微信支付公钥 ID：", shows["public-key-id"],
		"回调地址（https）：", "http://example.com",
		"✗ ", shows["notify-url"],
		"商户文件所在的文件夹或 zip：", s.path("products.csv"),
		"✗ ", s.path("merchant.zip"),
		"商品（货道号 名称 价格；回车结束）：", "",
		"✗ 至少要有一个商品", "11 农夫山泉 550ml 2.00",
		"商品", "12 可乐 三元",
		"✗ price: ", "12 可乐",
		"价格（元）：", "",
		"✗ price: ", "12",
		"名称：", "可乐",
		"价格（元）：", "3.50",
		"商品", "板",
		"货道 11 名称 [农夫山泉 550ml]：", "",
		"货道 11 价格（元） [2.00]：", "2.50",
		"货道 12 名称 [可乐]：", "",
		"货道 12 价格（元） [3.50]：", "",
		"商品", "",
		"0.01 元（马上退回）？ [是]：", "",
	)
	p.sees("请用微信扫码付 0.01 元")
	p.sees("已付款，交易号 42")
	p.sees("试售成功：订单 SH0042-1-")
	p.ends(0)
	if list := s.orders(); len(list) != 1 || list[0].State != sale.Refunded || !list[0].TestSale() {
		t.Errorf("orders %+v", list)
	}
	c, err := load(s.path("shop/kioskd.yaml"), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Products) != 2 || c.Products[0].Price != 250 || c.Products[0].Name != "农夫山泉 550ml" || c.Products[1].Price != 350 || c.Machine.Name != "一号楼大厅" {
		t.Errorf("%+v, %+v", c.Machine, c.Products)
	}
}

// Ctrl-C leaves everything as it was; the second time a person only corrects
// what a check has found.
func TestSetupInEnglish(t *testing.T) {
	t.Parallel()
	s := openMachine(t, false)
	const secret = "8f4Kq2ZtVn6Lx0Rw3Yc7Hs1Jd5Bm9Gp4"
	p := sit(t, s.setup("--lang", "en", "--port", s.path("ttyVMC"), "--driver", "vmc"))
	p.answers(
		"Number of this machine: ", "A1",
		"Where it stands (may be empty): ", "",
		"Telephone for customers (may be empty): ", "400-1",
		"How the merchant is set up [1]: ", "7",
		"✗ write a number from 1 to 5", "2",
		"appid: ", s.portal.shows["appid"],
		"Merchant number (mchid): ", s.portal.shows["mchid"],
		"Address for notifications (https): ", s.portal.shows["notify-url"],
		"Folder or zip with the merchant's files: ", s.path("merchant.zip"),
		"APIv3 key: its 32 characters, or the file that holds them: ", secret,
	)
	p.sees("Product (slot, name, price; Enter ends): ")
	if _, err := p.tty.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	p.sees("kioskd: ended; nothing was changed")
	p.ends(1)
	if all := p.all(); strings.Contains(all, secret[:8]) {
		t.Errorf("the key was shown:\n%s", all)
	}
	if _, err := os.Stat(s.path("shop")); err == nil {
		t.Error("something was written")
	}

	out, err := s.command(s.portal.flags(s.dir, "--no-test-sale", "--config", s.path("shop/kioskd.yaml"))...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, _ := os.ReadFile(s.path("shop/kioskd.yaml"))
	s.write("gone", "")
	if err := os.Rename(s.path("ttyVMC"), s.path("ttyVMC2")); err != nil {
		t.Fatal(err)
	}
	cmd := s.command("setup", "--config", s.path("shop/kioskd.yaml"), "--root", s.path("root"), "--lang", "en")
	p = sit(t, cmd)
	p.answers(
		"Number of this machine [SH0042]: ", "",
		"Where it stands (may be empty): ", "Hall 2",
		"Telephone", "",
		"1) keep vmc on "+s.path("ttyVMC"), "",
		"How the merchant is set up [1]: ", "",
		"appid [", "", "Merchant number (mchid) [", "", "Id of WeChat Pay's public key [", "", "Address for notifications (https) [", "",
		"  12  可乐  3.50", "board",
		"✗ E-SERIAL-01: ", "",
		"What to answer again [3]: ", "1",
		"1) keep vmc", "2",
	)
	p.answers("2) ", "", "Its serial port [", s.path("ttyVMC2"))
	p.sees("✓ controller")
	p.answers("Pay 0.01 yuan with a phone, to try it (it comes back at once)? [Y]: ", "")
	p.answers("Enter skips it)", "")
	p.sees("The code is void; WeChat Pay is being asked")
	p.sees("Nobody has paid; order SH0042-1-")
	p.ends(0)
	copies, _ := filepath.Glob(s.path("shop/kioskd.yaml.*.bak"))
	if len(copies) != 1 {
		t.Fatalf("copies of the old file: %v", copies)
	}
	if kept, err := os.ReadFile(copies[0]); err != nil || string(kept) != string(before) {
		t.Errorf("%s is not the old file: %v", copies[0], err)
	}
	if list := s.orders(); len(list) != 1 || list[0].State != sale.Closed || list[0].Cause != sale.CauseClosedThere {
		t.Errorf("orders %+v", list)
	}
}

// The process dies when the money has come: the daemon sends it back, and then
// sells with the config that setup has written.
func TestSetupIsKilled(t *testing.T) {
	t.Parallel()
	s := openMachine(t, false)
	var out strings.Builder
	cmd := s.command(s.portal.flags(s.dir, "--config", s.path("shop/kioskd.yaml"))...)
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var number string
	s.until("the code is up", func() bool {
		for _, o := range s.portal.Orders() {
			number = o.OutTradeNo
			return o.CodeURL != "" && o.Calls.Counts[paytest.CallQuery] > 0
		}
		return false
	})
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	o, err := s.portal.Order(number)
	if err == nil {
		_, err = s.portal.Scan(o.CodeURL, "phone-A")
	}
	if err == nil {
		err = s.portal.Pay("phone-A", number)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed

	daemon := s.command("run", "--config", s.path("shop/kioskd.yaml"))
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = daemon.Process.Signal(os.Interrupt)
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon: %v", err)
		}
		list := s.orders()
		if len(list) != 2 || list[1].State != sale.Refunded || !list[1].TestSale() || list[0].State != sale.Dispensed || list[0].Product.Slot != 11 {
			t.Errorf("orders %+v", list)
		}
	}()
	s.until("the money is back", func() bool {
		o, err := s.portal.Order(number)
		return err == nil && o.Refunded == 1
	})
	s.until("a customer gets a code", func() bool {
		s.cabinet.Press(11)
		time.Sleep(300 * time.Millisecond)
		return len(s.portal.Orders()) == 2 && s.portal.Orders()[1].CodeURL != ""
	})
	o = s.portal.Orders()[1]
	if _, err = s.portal.Scan(o.CodeURL, "phone-B"); err == nil {
		err = s.portal.Pay("phone-B", o.OutTradeNo)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.until("the product falls", func() bool { return len(s.cabinet.Drops()) == 1 })
	time.Sleep(300 * time.Millisecond)
}

func (s *newMachine) until(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("not within 20 s: %s", what)
		}
	}
}
