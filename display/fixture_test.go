package display_test

import (
	"os"
	"testing"
	"time"

	"kioskd/display"
	"kioskd/internal/need"
	"kioskd/sale"
	"kioskd/sale/service"
)

// hei is a font that Debian has shipped unchanged for years, so that pictures
// are the same everywhere.
const hei = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"

func heiFont(t testing.TB) string {
	t.Helper()
	if _, err := os.Stat(hei); err != nil {
		need.Missing(t, "fonts-wqy-microhei is not installed (make tools installs it)")
	}
	return hei
}

const codeURL = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"

var (
	now   = time.Date(2024, 11, 23, 14, 32, 0, 0, time.UTC)
	sizes = [][2]int{{800, 480}, {600, 1024}, {768, 1024}, {1080, 1920}, {1024, 600}, {1280, 800}, {1024, 768}, {1920, 1080}}
	three = [][2]int{{1080, 1920}, {1280, 800}, {800, 480}}
)

func style(w, h int, lang, font string) display.Style {
	cancel := "取消"
	if lang == "en" || lang == "en+zh" {
		cancel = "CANCEL"
	}
	return display.Style{
		Width: w, Height: h, Language: lang, FontPath: font,
		MachineID: "SH-0217", MachineName: "一号楼大厅", Help: "400-820-1234", CancelKey: cancel, Tray: "below",
	}
}

// some are all of them, or the first n under the race detector.
func some[T any](n int, all []T) []T {
	if racing {
		return all[:n]
	}
	return all
}

func painter(t testing.TB, s display.Style) *display.Painter {
	t.Helper()
	p, err := display.NewPainter(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var names = map[string][]string{
	"zh": {"矿泉水 550ml", "海盐柠檬苏打水", "冰红茶 500ml", "茉莉花茶（无糖）", "可乐 330ml", "鲜橙汁", "拿铁咖啡", "原味酸奶", "苏打饼干", "原切薯片", "黑巧克力 70%", "每日坚果 25g"},
	"en": {"Mineral water 550 ml", "Sea-salt lemon soda", "Iced black tea", "Jasmine tea, no sugar", "Cola 330 ml", "Orange juice", "Caffè latte", "Plain yoghurt", "Soda crackers", "Potato crisps", "Dark chocolate 70%", "Mixed nuts 25 g"},
}

var prices = []sale.Fen{200, 350, 400, 500, 300, 650, 800, 700, 450, 600, 990, 550}

// offers are n products, six on a shelf, two of which cannot be bought.
func offers(lang string, n int) []sale.Offer {
	called := names["zh"]
	if lang == "en" {
		called = names["en"]
	}
	var all []sale.Offer
	for i := range n {
		o := sale.Offer{Product: sale.Product{Slot: sale.Slot(11 + i/6*10 + i%6), Name: called[i%12], Price: prices[i%12]}}
		switch i {
		case 4:
			o.Stock = sale.OutOfStock
		case 9:
			o.Stock = sale.SlotClosed
		}
		all = append(all, o)
	}
	return all
}

// scene is a usual scene of a kind.
func scene(k sale.SceneKind, lang string) sale.Scene {
	p := offers(lang, 2)[1].Product
	sc := sale.Scene{Kind: k, Product: p, Slot: p.Slot, Amount: p.Price, Number: "SH0217-41-8K3F7Q", At: now}
	switch k {
	case sale.SceneIdle:
		sc = sale.Scene{Kind: k, At: now, Offers: offers(lang, 12)}
	case sale.ScenePay:
		sc.CodeURL, sc.Left, sc.Window = codeURL, 112*time.Second, 180*time.Second
	case sale.SceneConfirming, sale.SceneTimeUp, sale.SceneCancelling, sale.SceneChecking:
		sc.Left, sc.Window = 18*time.Second, 30*time.Second
	case sale.SceneStarting, sale.SceneCreating, sale.SceneDispensing, sale.SceneBusy, sale.SceneStillOpen:
		sc.Beat = 1
	case sale.SceneSoldOut:
		sc.SameIn = 15
	case sale.SceneOutOfService, sale.SceneNoRefunds, sale.SceneOffline, sale.SceneProviderDown, sale.SceneClock:
		sc.Code = sale.CodeSerialSilent
	case sale.SceneService:
		sc.Rows = []sale.Row{
			row(sale.RowController, "VMC · 0.2 s", true), row(sale.RowNetwork, "86 ms", true), row(sale.RowPayment, "14:31", true),
			row(sale.RowStorage, "5.1 GB", true), row(sale.RowClock, "14:32:07 · +0.1 s", true), row("temperature", "6.2 °C", true),
			row("door", "open", false), row(sale.RowSlots, "23, 31", false), row(sale.RowOrders, "1", false),
			row(sale.RowError, "E-SERIAL-03 · 09:12", false), row("page", "192.168.1.23:8080", true), row(sale.RowVersion, "1.0.0", true),
		}
	}
	return sc
}

func row(label sale.RowLabel, value string, ok bool) sale.Row {
	return sale.Row{Label: label, Value: value, OK: ok}
}

// noted is an idle scene that speaks of a refund.
func noted(lang string, done bool) sale.Scene {
	sc := scene(sale.SceneIdle, lang)
	sc.Note = &sale.RefundNote{Amount: 350, Number: "SH0217-41-8K3F7Q", At: now.Add(-3 * time.Minute), Done: done}
	return sc
}

// desk is a usual page of service mode.
func desk(page service.Page, note service.Note, lang string) sale.Scene {
	p := offers(lang, 2)[1].Product
	return sale.Scene{Kind: sale.SceneService, At: now, Desk: &sale.Desk{
		Page: page, Note: note, Keys: [5]sale.Slot{1, 2, 3, 4, 0}, Minutes: 2, Product: p, Was: service.Slot{Counted: true, Stock: 3}, Count: 30,
	}}
}

// desks are all pages with their variants.
func desks(lang string) map[string]sale.Scene {
	all := map[string]sale.Scene{}
	for _, p := range service.Pages() {
		all["desk "+string(p)] = desk(p, service.NoNote, lang)
	}
	for _, n := range []service.Note{service.Saved, service.Failed} {
		all["desk menu "+string(n)] = desk(service.Menu, n, lang)
	}
	for _, n := range []service.Note{service.Fell, service.NotFell, service.Unproved, service.Failed} {
		all["desk tested "+string(n)] = desk(service.Tested, n, lang)
	}
	all["desk no slot"] = desk(service.TestSlot, service.NoSlot, lang)
	all["desk too many"] = desk(service.Count, service.BadCount, lang)
	all["desk locked"] = desk(service.PIN, service.Locked, lang)
	wrong := desk(service.PIN, service.WrongPIN, lang)
	wrong.Desk.Dots = 12
	all["desk wrong PIN"] = wrong
	for _, p := range []service.Page{service.Menu, service.Count, service.LockOK} {
		sc := desk(p, service.NoNote, lang)
		sc.Desk.Keys, sc.Desk.Steps, sc.Desk.Was = [5]sale.Slot{1011, 1012, 1013, 1014, 1015}, true, service.Slot{Closed: true}
		all["desk "+string(p)+" of slots"] = sc
	}
	facts := scene(sale.SceneService, lang)
	facts.Desk = desk(service.Facts, service.NoNote, lang).Desk
	all["desk facts"] = facts
	return all
}
