package panel_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/internal/browsertest"
)

// picture keeps a screenshot where PICTURES names a folder, for a person to
// look at.
func picture(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	if dir := os.Getenv("PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), p.Screenshot(), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// sound tests that nothing sticks out of the page, that what a finger must hit
// is large enough, and that a label says what each control is.
func sound(t *testing.T, p *browsertest.Page, where string) {
	t.Helper()
	got := p.Eval(`(() => {
		const bad = [];
		if (document.documentElement.scrollWidth > innerWidth) bad.push("wider than the window: " + document.documentElement.scrollWidth);
		const top = document.querySelector("dialog[open]") || document.body;
		for (const e of top.querySelectorAll("button, input:not([type=checkbox]), select, label.check")) {
			const r = e.getBoundingClientRect();
			if (!r.width) continue;
			if (r.height < 44 || r.width < 44) bad.push((e.id || e.outerHTML) + " is " + r.width + "x" + r.height);
			const card = e.closest(".card")?.getBoundingClientRect();
			if (card && (r.left < card.left || r.right > card.right)) bad.push((e.id || e.outerHTML) + " sticks out of its card");
			if (r.left < 0 || r.right > innerWidth + .5) bad.push((e.id || e.outerHTML) + " sticks out");
			const name = e.textContent.trim() || e.getAttribute("aria-label") || [...(e.labels || [])].map(l => l.textContent).join("");
			if (!name) bad.push((e.id || e.outerHTML) + " has no label");
			if (e.tagName === "BUTTON" && e.scrollWidth > e.clientWidth + 1) bad.push((e.id || e.outerHTML) + " cuts its text off");
		}
		return bad;
	})()`)
	if got != "[]" {
		t.Errorf("%s: %s", where, got)
	}
}

func logIn(p *browsertest.Page) {
	p.Click("pin")
	typePIN(p, right)
	p.Click("enter")
	p.WaitText("state", "")
}

func typePIN(p *browsertest.Page, pin string) {
	p.Eval(`document.getElementById("pin").focus()`)
	for _, digit := range pin {
		p.Key(string(digit))
	}
}

func fill(p *browsertest.Page, id, text string) {
	p.Wait(`!!document.getElementById("` + id + `")`)
	p.Eval(`(() => { const e = document.getElementById("` + id + `"); e.value = "` + text + `"; e.dispatchEvent(new Event("input", { bubbles: true })); })()`)
}

// content tests that the browser minds nothing but the answers that a door
// gives, and that all came from here.
func content(t *testing.T, p *browsertest.Page) {
	t.Helper()
	for _, c := range p.Complaints() {
		if !strings.Contains(c, "status of 401") {
			t.Errorf("the page complains: %s", c)
		}
	}
	if got := p.Eval(`performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith("blob:" + location.origin))`); got != "[]" {
		t.Errorf("fetched from elsewhere: %s", got)
	}
}

// TestInTheBrowser does a technician's round: a wrong PIN, the right one, every
// view, a price, stock, a closed slot, a test vend and a question to settle.
func TestInTheBrowser(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height int
		english       bool
	}{{"phone-zh", 390, 844, false}, {"desktop-en", 1280, 800, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.serve(t)
			p := browsertest.Open(t, d.url, c.width, c.height)
			say := func(zh, en string) string {
				if c.english {
					return en
				}
				return zh
			}
			look := func(view string) {
				t.Helper()
				sound(t, p, view)
				picture(t, p, c.name+"-"+view)
			}
			p.Wait(`!document.getElementById("login").hidden`)
			if (p.Eval("document.documentElement.lang") == `"en"`) != c.english {
				p.Click("language")
			}
			p.WaitText("enter", say("进入", "Enter"))
			typePIN(p, "123987")
			p.Click("enter")
			p.WaitText("pin-says", say("PIN 不对", "Wrong PIN"))
			look("door")
			logIn(p)
			p.WaitText("state", say("正在售卖", "Selling"))
			p.WaitText("today", "¥81.50")
			p.WaitText("badge", "1")
			p.WaitText("state", say("1 笔订单等你处理", "1 to settle"))
			p.Wait(`document.getElementById("picture").naturalWidth === 360`)
			look("now")

			p.Click("tab-slots")
			p.WaitText("slot-21", `<img src=x onerror=alert(1)> & "chips"`)
			look("slots")
			p.Click("board")
			p.WaitText("board-slots", "motor stalled")
			look("board")
			p.Click("sheet-close")
			p.Click("slot-12")
			look("slot")
			fill(p, "price", "3.5x")
			p.Click("price-save")
			p.WaitText("sheet", say("价格写成 3.50 这样", "Write the price like 3.50"))
			fill(p, "price", "4.20")
			p.Click("price-save")
			p.WaitText("sheet", "¥4.20")
			look("price")
			p.Click("yes")
			p.WaitText("slot-12", "¥4.20")
			fill(p, "stock", "17")
			p.Click("stock-save")
			p.WaitText("slot-12", say("剩 17", "17 left"))
			p.Click("slot-close")
			p.Click("yes")
			p.WaitText("sheet", say("请写原因", "Write the reason"))
			p.Click("reason-0")
			p.Click("yes")
			p.WaitText("slot-12", say("停用", "closed"))
			p.Click("slot-open")
			p.WaitText("slot-12", say("可售", "sells"))
			p.Click("slot-test")
			p.WaitText("sheet", say("电机会转一次", "turns once"))
			look("test")
			p.Click("yes")
			p.WaitText("test-says", say("掉货了", "It fell"))
			p.Click("test-done")
			for said, zh := range map[string]string{
				"kioskd may not write /etc/k.yaml: change the price with sudo kioskd price 11 2.50": "kioskd 不能改写 /etc/k.yaml。在机器上运行：sudo kioskd price 11 2.50",
				"order X-1: is being settled (paid): wait":                                          "订单 X-1 正在自动处理，请稍候",
				"something else": "something else",
			} {
				if p.Eval(`translated("`+said+`") === "`+say(zh, said)+`"`) != "true" {
					t.Errorf("%q becomes %s", said, p.Eval(`translated("`+said+`")`))
				}
			}

			p.Click("tab-orders")
			p.WaitText("settle-list", "可口可乐")
			p.WaitText("order-list", say("已退款", "refunded"))
			look("orders")
			p.Click("order-SH0042-00000040-K7QXM0")
			p.WaitText("journal", say("无法确定", "no proof"))
			look("order")
			p.Click("as-refund")
			p.Click("reason-1")
			look("settle")
			p.Click("yes")
			p.WaitText("journal", say("人工处理", "a person"))
			p.Click("sheet-close")
			p.Wait(`document.getElementById("badge").hidden`)

			p.Click("tab-sales")
			p.Wait(`document.querySelectorAll("#chart .value").length === 30`)
			p.Eval(`document.querySelectorAll("#chart .bar")[27].dispatchEvent(new MouseEvent("click", { bubbles: true }))`)
			p.WaitText("chosen", "¥")
			look("sales")
			p.Click("tab-log")
			p.WaitText("lines", "kioskd starts")
			look("log")
			p.Click("warnings")
			p.Wait(`document.querySelectorAll("#lines li").length === 2`)
			p.Click("reload")
			p.Click("yes")
			p.WaitText("sheet", "products: slot 12: price")
			look("reload")
			p.Click("sheet-close")

			d.machine.mu.Lock()
			d.machine.fault = "E-SERIAL-03"
			calls := strings.Join(d.machine.calls, "\n")
			d.machine.mu.Unlock()
			p.Click("tab-glance")
			p.WaitText("code", "E-SERIAL-03")
			p.WaitText("state", say("检查控制板电源和串口线", "Check its power and the cable"))
			look("fault")
			want := strings.Join([]string{
				`/v1/prices {"slot":12,"price":"4.20"}`, `/v1/shelves/12 {"stock":17}`, `/v1/shelves/12 {"open":false,"reason":"` + say("顾客来电", "customer called") + `"}`,
				`/v1/shelves/12 {"open":true}`, `/v1/test {"slot":12}`, `/v1/resolve {"number":"SH0042-00000040-K7QXM0","as":"refund","reason":"` + say("卡在货道里", "hung in the spiral") + `"}`,
			}, "\n")
			if calls != want {
				t.Errorf("the machine heard\n%s\nwant\n%s", calls, want)
			}
			p.Dark()
			p.Click("language")
			for tab, shows := range map[string]string{"glance": "code", "slots": "slot-11", "orders": "order-SH0042-00000040-K7QXM0", "sales": "day-" + time.Now().Format(time.DateOnly), "log": "lines"} {
				p.Click("tab-" + tab)
				p.Wait("!!document.getElementById(\"" + shows + "\")")
				look("dark-" + tab)
			}
			p.Click("leave")
			p.Wait(`!document.getElementById("login").hidden && document.getElementById("inside").hidden`)
			content(t, p)
		})
	}
}
