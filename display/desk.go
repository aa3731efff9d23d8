package display

import (
	"image/color"
	"slices"
	"strconv"
	"strings"

	"kioskd/sale"
	"kioskd/sale/service"
)

// page is the words of one page of service mode.
type page struct {
	lead pair
	body []pair
}

var pages = map[service.Page]page{
	service.PIN: {lead: pair{"请输入 PIN", "Enter the PIN"}},
	service.Menu: {
		lead: pair{"要做什么？", "What shall be done?"},
		body: []pair{
			{"[{k1}] 补货", "[{k1}] Refill a slot"},
			{"[{k2}] 试出货", "[{k2}] Test a slot"},
			{"[{k3}] 停用、启用货道", "[{k3}] Close or open a slot"},
			{"[{k4}] 机器状态", "[{k4}] How the machine is"},
			{"[{back}] 退出，恢复售卖", "[{back}] Leave and sell again"},
		},
	},
	service.RefillSlot: {lead: pair{"补货：请按货道编号", "Refill: press the slot's number"}, body: backByCancel},
	service.Count:      {lead: pair{"{slot} 号里现在共有几件？", "How many are in No. {slot} now?"}},
	service.CountOK: {
		lead: pair{"{slot} 号：共 {count} 件", "No. {slot}: {count} in all"},
		body: []pair{{"[{k1}] 保存", "[{k1}] Save"}, backByKey},
	},
	service.TestSlot: {lead: pair{"试出货：请按货道编号", "Test: press the slot's number"}, body: backByCancel},
	service.TestOK: {
		lead: pair{"{slot} 号的电机转一次？", "Turn the motor of No. {slot} once?"},
		body: []pair{{"[{k1}] 转一次，商品会落下", "[{k1}] Turn it: a product falls"}, backByKey},
	},
	service.Testing:  {lead: pair{"{slot} 号正在出货……", "No. {slot} is turning ..."}},
	service.Tested:   {lead: pair{"{slot} 号试完了", "No. {slot} was tested"}, body: backByAny},
	service.LockSlot: {lead: pair{"停用、启用：请按货道编号", "Close, open: press the slot's number"}, body: backByCancel},
	service.LockOK: {
		lead: pair{"停用 {slot} 号？", "Close No. {slot}?"},
		body: []pair{{"[{k1}] 停用", "[{k1}] Close it"}, backByKey},
	},
	service.Facts: {},
}

// opens is LockOK where the slot is closed.
var opens = page{
	lead: pair{"启用 {slot} 号？", "Open No. {slot} again?"},
	body: []pair{{"[{k1}] 启用", "[{k1}] Open it"}, backByKey},
}

// How a count is given: with any number, or in steps.
var (
	countTyped = []pair{{"请按件数，例如 30", "Press the number, like 30"}}
	countSteps = []pair{
		{"[{k1}] 加 1 件", "[{k1}] One more"},
		{"[{k2}] 加 5 件", "[{k2}] Five more"},
		{"[{k3}] 清零", "[{k3}] None at all"},
		{"[{k4}] 好了：{count} 件", "[{k4}] Done: {count}"},
	}
	countWas  = pair{"~原来记着 {was} 件", "~{was} were counted before"}
	countNone = pair{"~原来没有计数", "~It was not counted before"}
)

var (
	backByKey    = pair{"[{back}] 返回", "[{back}] Back"}
	backByCancel = []pair{{"[{cancel}] 返回", "[{cancel}] Back"}}
	backByAny    = []pair{{"按任意编号返回", "Press any number to go back"}}
	strangers    = pair{"~不是技术员？请按 [{cancel}]", "~Not the technician? Press [{cancel}]"}
	wordAlone    = pair{"没人按键，就会自动恢复售卖", "Without a key it sells again by itself"}
	wordAnyKey   = pair{"按任意编号返回菜单", "Press any number for the menu"}
)

var notes = map[service.Note]pair{
	service.WrongPIN: {"PIN 不对，请重输", "Wrong PIN, try again"},
	service.Locked:   {"PIN 输错太多次，请等 {minutes} 分钟", "Too many wrong PINs: wait {minutes} min"},
	service.NoSlot:   {"没有这个货道", "There is no such slot"},
	service.BadCount: {"一个货道最多 999 件", "A slot holds 999 at most"},
	service.Saved:    {"已保存", "Saved"},
	service.Failed:   {"没有做成，原因在日志里", "Not done; the log says why"},
	service.Fell:     {"商品已落下", "The product fell"},
	service.NotFell:  {"没有掉货，货道已停用", "Nothing fell; the slot is closed now"},
	service.Unproved: {"无法确定是否掉货", "Nobody can say whether it fell"},
}

// deskWords are the words of a page of service mode.
func deskWords(t *Text, s Style, sc sale.Scene, lang int) {
	d := sc.Desk
	t.Name, t.Pill = "", wordStopped[lang]
	t.Foot = []string{wordAlone[lang]}
	if where := strings.TrimSpace(s.MachineID + " " + s.MachineName); where != "" {
		t.Foot = append(t.Foot, where)
	}
	if d.Page == service.Facts {
		t.Foot[0] = wordAnyKey[lang]
		return
	}
	p := pages[d.Page]
	if d.Page == service.LockOK && d.Was.Closed {
		p = opens
	}
	fill := deskFiller(s, d)
	t.Lead, t.Sub = fill(p.lead[lang]), fill(notes[d.Note][lang])
	t.Dots = d.Dots
	if d.Product.Slot != 0 && asksAbout(d.Page) {
		t.Name = name(d.Product, d.Product.Slot, lang)
	}
	for _, line := range slices.Concat(p.body, deskBody(s, d)) {
		if s.CancelKey == "" && strings.Contains(line[lang], "{cancel}") {
			continue
		}
		words, soft := strings.CutPrefix(fill(line[lang]), "~")
		l := parse(words)
		l.Soft = soft
		t.Body = append(t.Body, l)
	}
}

// asksAbout reports whether a page is about the slot that was chosen.
func asksAbout(p service.Page) bool {
	switch p {
	case service.Count, service.CountOK, service.TestOK, service.Testing, service.Tested, service.LockOK:
		return true
	}
	return false
}

// deskBody is what depends on more than the page.
func deskBody(s Style, d *sale.Desk) (lines []pair) {
	switch d.Page {
	case service.PIN:
		return []pair{strangers}
	case service.RefillSlot, service.TestSlot, service.LockSlot:
		if s.CancelKey == "" && !d.Steps {
			return []pair{backByKey}
		}
	case service.Count:
		lines = append(lines, countTyped...)
		if d.Steps {
			lines = append(append([]pair(nil), countSteps...), backByKey)
		}
		if d.Was.Counted {
			return append(lines, countWas)
		}
		return append(lines, countNone)
	}
	return nil
}

func deskFiller(s Style, d *sale.Desk) func(string) string {
	return strings.NewReplacer(
		"{k1}", d.Keys[0].String(), "{k2}", d.Keys[1].String(), "{k3}", d.Keys[2].String(), "{k4}", d.Keys[3].String(),
		"{back}", d.Keys[4].String(), "{cancel}", s.CancelKey, "{slot}", d.Product.Slot.String(),
		"{count}", strconv.Itoa(d.Count), "{was}", strconv.Itoa(d.Was.Stock), "{minutes}", strconv.Itoa(d.Minutes),
	).Replace
}

// desk draws a page of service mode: what is asked, what came of the last step,
// and what the keys mean, each at arm's length.
func (b *board) desk(m, w, top, bottom float64) {
	f := b.fonts
	y := top
	size := b.pl(2.6, 1.9)
	lines, used := b.heading(b.t.Lead, w, size, 0.7*size)
	y = b.block(m, y, w, 0, lines, used, 1.3, true, b.onOff)
	if b.t.Name != "" {
		size := b.pl(1.6, 1.2)
		b.top(m, y, f.truncate(b.t.Name, w, size, false), size, 1.4, false, b.onOff2)
		y += 1.4 * size
	}
	y += 0.5 * b.u
	if b.t.Sub != "" {
		y = b.deskNote(m, y, w) + 0.7*b.u
	}
	if b.t.Dots > 0 {
		y = b.deskDots(m, y, w) + 0.7*b.u
	}
	b.deskLines(m, y, w, bottom-y)
}

func (b *board) deskNote(m, y, w float64) float64 {
	size := b.pl(1.6, 1.2)
	used := b.fonts.fit(b.t.Sub, w-1.3*size, size, b.u, true)
	text := b.fonts.truncate(b.t.Sub, w-1.3*used, used, true)
	high := 1.8 * used
	b.pill(m, y+high/2, text, used, high, b.amberMark, b.onAmber)
	return y + high
}

// deskDots stand for the digits of the PIN.
func (b *board) deskDots(m, y, w float64) float64 {
	r := min(b.pl(0.9, 0.7), w/float64(3*b.t.Dots))
	for i := range b.t.Dots {
		b.disc(m+r+float64(i)*3*r, y+r, r, b.onOff)
	}
	return y + 2*r
}

func (b *board) deskLines(m, y, w, room float64) {
	n := float64(len(b.t.Body))
	size := b.pl(2, 1.5)
	if n > 0 {
		size = max(b.u, min(size, room/n/1.9))
	}
	for _, l := range b.t.Body {
		used, col := size, b.onOff
		if l.Soft {
			used, col = max(b.u, 0.8*size), b.onOff2
		}
		b.deskLine(m, y+0.95*size, w, l, used, col)
		y += 1.9 * size
	}
}

func (b *board) deskLine(m, cy, w float64, l Line, size float64, col color.RGBA) {
	for size > b.u && b.lineWidth(l, size) > w {
		size = max(b.u, size-step)
	}
	b.line(m, cy, b.squeeze(l, size, w), size, col)
}
