package display_test

import (
	"fmt"
	"strings"
	"testing"

	"kioskd/display"
	"kioskd/sale/service"
)

// TestDeskWords: what a technician reads on each page of service mode.
func TestDeskWords(t *testing.T) {
	want := map[string][2]string{
		"pin":              {"请输入 PIN | 不是技术员？请按 [取消]", "Enter the PIN | Not the technician? Press [CANCEL]"},
		"menu":             {"要做什么？ | [1] 补货 | [2] 试出货 | [3] 停用、启用货道 | [4] 机器状态 | [0] 退出，恢复售卖", "What shall be done? | [1] Refill a slot | [2] Test a slot | [3] Close or open a slot | [4] How the machine is | [0] Leave and sell again"},
		"refill-slot":      {"补货：请按货道编号 | [取消] 返回", "Refill: press the slot's number | [CANCEL] Back"},
		"count":            {"12 号里现在共有几件？ | 海盐柠檬苏打水 | 请按件数，例如 30 | 原来记着 3 件", "How many are in No. 12 now? | Sea-salt lemon soda | Press the number, like 30 | 3 were counted before"},
		"count-ok":         {"12 号：共 30 件 | 海盐柠檬苏打水 | [1] 保存 | [0] 返回", "No. 12: 30 in all | Sea-salt lemon soda | [1] Save | [0] Back"},
		"test-slot":        {"试出货：请按货道编号 | [取消] 返回", "Test: press the slot's number | [CANCEL] Back"},
		"test-ok":          {"12 号的电机转一次？ | 海盐柠檬苏打水 | [1] 转一次，商品会落下 | [0] 返回", "Turn the motor of No. 12 once? | Sea-salt lemon soda | [1] Turn it: a product falls | [0] Back"},
		"testing":          {"12 号正在出货…… | 海盐柠檬苏打水", "No. 12 is turning ... | Sea-salt lemon soda"},
		"tested":           {"12 号试完了 | 海盐柠檬苏打水 | 按任意编号返回", "No. 12 was tested | Sea-salt lemon soda | Press any number to go back"},
		"lock-slot":        {"停用、启用：请按货道编号 | [取消] 返回", "Close, open: press the slot's number | [CANCEL] Back"},
		"lock-ok":          {"停用 12 号？ | 海盐柠檬苏打水 | [1] 停用 | [0] 返回", "Close No. 12? | Sea-salt lemon soda | [1] Close it | [0] Back"},
		"facts":            {"", ""},
		"lock-ok of slots": {"启用 12 号？ | 海盐柠檬苏打水 | [1011] 启用 | [1015] 返回", "Open No. 12 again? | Sea-salt lemon soda | [1011] Open it | [1015] Back"},
		"count of slots": {"12 号里现在共有几件？ | 海盐柠檬苏打水 | [1011] 加 1 件 | [1012] 加 5 件 | [1013] 清零 | [1014] 好了：30 件 | [1015] 返回 | 原来没有计数",
			"How many are in No. 12 now? | Sea-salt lemon soda | [1011] One more | [1012] Five more | [1013] None at all | [1014] Done: 30 | [1015] Back | It was not counted before"},
		"locked":          {"PIN 输错太多次，请等 2 分钟 | 请输入 PIN | 不是技术员？请按 [取消]", "Too many wrong PINs: wait 2 min | Enter the PIN | Not the technician? Press [CANCEL]"},
		"tested not-fell": {"没有掉货，货道已停用 | 12 号试完了 | 海盐柠檬苏打水 | 按任意编号返回", "Nothing fell; the slot is closed now | No. 12 was tested | Sea-salt lemon soda | Press any number to go back"},
	}
	for page, both := range want {
		for i, lang := range []string{"zh", "en"} {
			w := display.Words(style(800, 480, lang, ""), desks(lang)["desk "+page])
			var parts []string
			for _, s := range []string{w.Sub, w.Lead, w.Name} {
				if s != "" {
					parts = append(parts, s)
				}
			}
			for _, l := range w.Body {
				parts = append(parts, l.String())
			}
			if got := strings.Join(parts, " | "); got != both[i] {
				t.Errorf("%s %s\ngot  %s\nwant %s", page, lang, got, both[i])
			}
		}
	}
	for _, p := range service.Pages() {
		if _, ok := want[string(p)]; !ok {
			t.Errorf("the words of the page %s are not looked at", p)
		}
	}
}

// TestDeskWithoutCancel: where the keypad has no key to cancel, another leads
// back or nothing is said.
func TestDeskWithoutCancel(t *testing.T) {
	s := style(800, 480, "zh", "")
	s.CancelKey = ""
	for name, sc := range desks("zh") {
		for _, l := range display.Words(s, sc).Body {
			if text := l.String(); strings.Contains(text, "[]") || strings.Contains(text, "{") || strings.Contains(text, "取消") {
				t.Errorf("%s says %s", name, text)
			}
		}
	}
	w := display.Words(s, desk(service.TestSlot, service.NoNote, "zh"))
	if len(w.Body) != 1 || w.Body[0].String() != "[0] 返回" {
		t.Errorf("back is %v", w.Body)
	}
}

// TestDeskLayout: every page can be read on the smallest screens and on a usual
// one, with either font.
func TestDeskLayout(t *testing.T) {
	fonts := map[string]string{"hei": heiFont(t), "bitmap": display.Bitmap}
	for name, font := range fonts {
		for _, size := range some(2, [][2]int{{800, 480}, {600, 1024}, {1080, 1920}}) {
			for _, lang := range []string{"zh", "en"} {
				t.Run(fmt.Sprintf("%s %dx%d %s", name, size[0], size[1], lang), func(t *testing.T) {
					t.Parallel()
					p := painter(t, style(size[0], size[1], lang, font))
					for what, sc := range desks(lang) {
						check(t, what, size[0], size[1], false, p.Record(func() { p.Paint(sc) }))
					}
				})
			}
		}
	}
}
