package simweb_test

import (
	"slices"
	"strings"
	"testing"

	"kioskd/internal/browsertest"
)

func TestCustomersInTheBrowser(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.WaitText("lamps", "微信支付正常")
	p.Wait(`document.getElementById("screen").naturalWidth === 540`)
	picture(t, p, "desk-begin")
	p.Click("phone-A-scan")
	p.WaitText("toasts", "还没有码可以扫：先在键盘上选货 · no code yet: select on the keypad first")

	first := d.order(t, "农夫山泉 550ml", 200)
	p.WaitText("order", "农夫山泉")
	p.Click("phone-A-scan")
	p.WaitText("phone-A-face", "农夫山泉 550ml¥2.00")
	p.Click("phone-B-scan")
	p.WaitText("phone-B-face", "订单信息有误，请重新下单")
	p.Click("phone-A-fail")
	p.WaitText("phone-A-face", "支付失败")
	picture(t, p, "desk-failed")
	p.Click("phone-A-abandon")
	p.WaitText("phone-A-face", "已离开付款页")
	p.Click("phone-A-scan")
	p.Click("phone-A-pin")
	p.WaitText("phone-A-face", "请输入支付密码")
	if s := d.state(t, first); s.Stage != "pin" || s.TradeState != "NOTPAY" {
		t.Errorf("while the PIN is typed the order is %s, %s", s.Stage, s.TradeState)
	}
	picture(t, p, "desk-pin")
	p.Click("phone-A-finish")
	p.WaitText("phone-A-face", "支付成功")
	p.WaitText("phone-A-wallet", "¥98.00")

	second := d.order(t, "可口可乐 330ml", 350)
	p.WaitText("order", "可口可乐")
	p.Click("phone-B-ok")
	p.Click("phone-B-scan")
	p.Click("phone-B-pay")
	p.WaitText("phone-B-face", "支付成功Paid¥3.50")
	if a, b := d.state(t, first).Payer, d.state(t, second).Payer; a != "phone-A" || b != "phone-B" {
		t.Errorf("the payers are %q and %q", a, b)
	}
	if _, err := d.client.Refund(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	p.WaitText("phone-B-face", "退款中")
	p.WaitText("phone-B-face", "退款到账Refund arrived+¥3.50")
	p.WaitText("phone-B-wallet", "¥100.00")
	p.WaitText("phone-B-back", "共收到退款 ¥3.50")

	// An older code than the newest.
	third, fourth := d.order(t, "旧的", 100), d.order(t, "新的", 100)
	p.WaitText("order", "新的")
	p.Choose("order", string(third.Number))
	p.Click("phone-A-scan")
	p.WaitText("phone-A-face", "旧的")
	if a, b := d.state(t, third).Payer, d.state(t, fourth).Payer; a != "phone-A" || b != "" {
		t.Errorf("the payers are %q and %q", a, b)
	}
	picture(t, p, "desk-refunded")
	p.Dark()
	picture(t, p, "desk-dark")
	content(t, p)
}

func TestProviderInTheBrowser(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.Click("network")
	p.WaitText("lamps", "网络已断")
	for i, domain := range d.provider.Stats().Domains {
		if domain.State != "silent" {
			t.Errorf("domain %d is %s", i, domain.State)
		}
	}
	p.Click("network")
	p.WaitText("lamps", "微信支付正常")
	p.Choose("domain-0", "reset")
	p.WaitText("lamps", "一个域名不通")
	p.Choose("latency", "80ms")
	p.Choose("refund-result", "ABNORMAL")
	p.Wait(`provider.behaviour.latency === "80ms" && provider.behaviour.refund_result === "ABNORMAL"`)
	p.Choose("provider-call", "query")
	p.Choose("provider-fault", "mis-signed")
	p.Click("provider-arm")
	p.WaitText("toasts", "下一次查单：签名错误 · next query: wrong signature")
	p.WaitText("provider-armed", "已安排 1 个故障")
	p.Click("provider-clear")
	p.WaitText("provider-armed", "没有安排故障")
	if n := d.provider.Pending(); n != 0 {
		t.Errorf("%d faults are armed", n)
	}
	content(t, p)
}

// The page offers only faults that the APIs know.
func TestOfferedFaults(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.WaitText("provider-armed", "没有安排故障")
	if p.Eval("boardFaults.length > 0 && providerFaults.length > 0") != "true" {
		t.Fatal("no fault is offered")
	}
	got := p.Eval(`(async () => {
		const bad = [];
		for (const [kind, zh, en, more] of boardFaults) {
			const done = await send("POST", "cabinet", "/fault", { kind, ...more });
			if (!done.ok) bad.push(kind + ": " + done.error);
		}
		for (const [name] of providerFaults) for (const [call] of calls) {
			const done = await send("POST", "phone", "/faults", { call, name });
			if (!done.ok) bad.push(name + ": " + done.error);
		}
		return bad.join("; ");
	})()`)
	if got != `""` {
		t.Errorf("refused: %s", got)
	}
	p.Wait(`cabinet.faults.length === boardFaults.length`)
	p.Click("board-fault-clear")
	p.WaitText("board-armed", "没有安排故障")
	content(t, p)
}

func TestCabinetInTheBrowser(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.WaitText("shelf", "8/10")
	p.Click("key-12")
	p.Click("key-cancel")
	p.Click("slot-21")
	p.WaitText("slot-chosen", "21")
	p.Click("slot-empty")
	p.WaitText("slot-21", "0/10")
	p.WaitText("slot-21", "售罄")
	p.Click("slot-refill")
	p.WaitText("slot-21", "10/10")
	p.Click("slot-pause")
	p.WaitText("slot-21", "停用")
	p.WaitText("slot-pause", "启用")
	p.Click("slot-pause")
	p.WaitText("slot-pause", "停用")
	p.Click("slot-jam")
	p.WaitText("toasts", "货道 21 的下一个会卡住")
	p.Click("door")
	p.WaitText("door", "关上柜门")
	p.Click("cable")
	p.WaitText("lamps", "串口线已拔")
	p.Click("cable")
	p.WaitText("cable", "拔掉串口线")
	d.vend(t, 12)
	p.WaitText("tray", "12可口可乐 330ml")
	p.WaitText("slot-12", "7/10")
	p.Eval(`document.getElementById("journal-box").open = true`)
	p.WaitText("journal", "落下12 可口可乐 330ml")
	picture(t, p, "desk-cabinet")
	p.Click("restart")
	p.WaitText("lamps", "控制板断电")
	p.Choose("board-fault", "no_drop")
	p.Click("board-fault-arm")
	p.WaitText("board-armed", "已安排 armed: 电机转了没掉货")
	content(t, p)
}

func TestKeyboardOfTheDesk(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.WaitText("keys", "心相印纸巾")
	for _, k := range []string{"1", "2"} {
		p.Key(k) // only 12 begins so
	}
	p.Wait("cabinet.presses.length === 1")
	p.Key("1")
	p.Key("1") // 11, or the beginning of 111
	p.WaitText("typed", "11")
	p.Wait("cabinet.presses.length === 2")
	for range 3 {
		p.Key("1")
	}
	p.Wait("cabinet.presses.length === 3")
	p.Key("9")
	p.WaitText("toasts", "没有货道 9 · there is no slot 9")
	p.Key("2")
	p.Key("Escape") // forgets the digit
	p.Key("Escape")
	p.Wait("cabinet.presses.length === 4")
	var got []int
	for _, k := range d.cabinet.Presses() {
		got = append(got, k.Slot)
	}
	if want := []int{12, 11, 111, 0}; !slices.Equal(got, want) {
		t.Errorf("pressed %v, not %v", got, want)
	}
	content(t, p)
}

func TestPhoneWidth(t *testing.T) {
	d := newDesk(t)
	d.order(t, "东方树叶 茉莉花茶 500ml", 550)
	p := browsertest.Open(t, d.url, 390, 844)
	p.WaitText("order", "东方树叶")
	p.Click("phone-A-scan")
	p.WaitText("phone-A-face", "¥5.50")
	if wide := p.Eval("document.documentElement.scrollWidth"); wide != "390" {
		t.Errorf("the page is %s pixels wide on a screen of 390", wide)
	}
	picture(t, p, "desk-narrow")
	content(t, p)
}

// A control without a name cannot be used by somebody who does not see it.
func TestNamesOfControls(t *testing.T) {
	d := newDesk(t)
	d.order(t, "水", 100)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.Click("phone-A-scan")
	p.WaitText("phone-A-face", "水")
	nameless := p.Eval(`[...document.querySelectorAll("button, select, input, img, section, article")].filter(e =>
		!e.textContent.trim() && !e.getAttribute("aria-label") && !e.alt && !(e.labels && e.labels.length)).map(e => e.outerHTML).join("\n")`)
	if nameless != `""` {
		t.Errorf("without a name: %s", nameless)
	}
	unlabelled := p.Eval(`[...document.querySelectorAll("select")].filter(e => !e.labels.length && !e.getAttribute("aria-label")).map(e => e.id).join()`)
	if unlabelled != `""` {
		t.Errorf("without a label: %s", unlabelled)
	}
	doubled := p.Eval(`[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join()`)
	if doubled != `""` {
		t.Errorf("these ids are there twice: %s", doubled)
	}
}

// What the simulators say when they are gone is on the page, and it recovers.
func TestDeadSimulator(t *testing.T) {
	d := newDesk(t)
	p := browsertest.Open(t, d.url, 1440, 1000)
	p.WaitText("shelf", "8/10")
	p.Eval(`window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError("gone"))`)
	p.Click("key-12")
	p.WaitText("toasts", "模拟器没有回应 · the simulator does not answer")
	p.WaitText("lamps", "no answer from cabinet")
	p.Eval(`window.fetch = window.real`)
	p.Wait(`!document.getElementById("lamps").textContent.includes("no answer")`)
	if !slices.ContainsFunc(p.Complaints(), func(c string) bool { return strings.Contains(c, "gone") }) {
		t.Error("the console does not tell why")
	}
}
