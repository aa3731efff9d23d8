package display_test

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"kioskd/display"
	"kioskd/sale"
)

// check fails for a text that leaves the screen or its area, lies on another
// text, is too small or too pale.
func check(t *testing.T, what string, w, h int, small bool, texts []display.Written) {
	t.Helper()
	if len(texts) == 0 {
		t.Errorf("%s: no text at all", what)
	}
	for i, a := range texts {
		if a.Ink.Empty() {
			continue
		}
		// A letter may stand out of its own width a little.
		if !a.Ink.In(a.Within.Inset(-1 - int(0.03*a.Size))) {
			t.Errorf("%s: %q at %v leaves its area %v", what, a.Text, a.Ink, a.Within)
		}
		if a.Ink.Min.X < 0 || a.Ink.Min.Y < 0 || a.Ink.Max.X > w || a.Ink.Max.Y > h {
			t.Errorf("%s: %q at %v leaves the screen %dx%d", what, a.Text, a.Ink, w, h)
		}
		if !small && a.Size < display.Unit(w, h)-0.5 && a.Text != "¥" {
			t.Errorf("%s: %q has %.1f px, the least is %.1f", what, a.Text, a.Size, display.Unit(w, h))
		}
		if len(a.Under) == 0 {
			t.Errorf("%s: %q cannot be seen", what, a.Text)
		}
		for _, under := range a.Under {
			if c := contrast(a.Colour, under); c < 4.5 {
				t.Errorf("%s: %q has a contrast of %.1f (%v on %v)", what, a.Text, c, a.Colour, under)
			}
		}
		for _, b := range texts[:i] {
			if a.Ink.Overlaps(b.Ink) {
				t.Errorf("%s: %q at %v lies on %q at %v", what, a.Text, a.Ink, b.Text, b.Ink)
			}
		}
	}
}

func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	part := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}

// usual are all scenes with their variants.
func usual(lang string) map[string]sale.Scene {
	all := map[string]sale.Scene{"idle, refunding": noted(lang, false), "idle, refunded": noted(lang, true)}
	for _, k := range sale.SceneKinds() {
		all[string(k)] = scene(k, lang)
	}
	long := scene(sale.SceneService, lang)
	for i := range long.Rows {
		long.Rows[i].Value = strings.Repeat("a long value 值 ", i)
	}
	long.Rows = append(long.Rows, row("a label that nobody has words for", "", false))
	all["service, long values"] = long
	for _, n := range []int{0, 1, 2, 5, 8, 9, 14, 15, 17, 60} {
		sc := scene(sale.SceneIdle, lang)
		sc.Offers = offers(lang, n)
		all[fmt.Sprintf("idle of %d", n)] = sc
	}
	return all
}

func TestLayout(t *testing.T) {
	fonts := map[string]string{"hei": heiFont(t), "bitmap": display.Bitmap}
	for name, font := range fonts {
		for _, size := range some(2, sizes) {
			for _, lang := range some(2, []string{"zh", "en+zh", "en", "zh+en"}) {
				t.Run(fmt.Sprintf("%s %dx%d %s", name, size[0], size[1], lang), func(t *testing.T) {
					t.Parallel()
					s := style(size[0], size[1], lang, font)
					s.Night = len(lang) > 2
					p := painter(t, s)
					for what, sc := range usual(lang[:2]) {
						check(t, what, size[0], size[1], false, p.Record(func() { p.Paint(sc) }))
					}
				})
			}
		}
	}
}

// tight are the smallest screens of each shape.
var tight = [][2]int{{800, 480}, {600, 1024}, {768, 1024}, {1024, 768}}

// nasty are names and numbers that operators really type, and worse.
var nasty = map[string]struct {
	name  string
	slot  sale.Slot
	price sale.Fen
}{
	"24 characters": {"海盐柠檬风味无糖气泡苏打水饮料四百八十毫升家庭装", 128, 12800},
	"endless":       {strings.Repeat("超长的商品名称", 30), 999, 999_99},
	"one word":      {strings.Repeat("Donaudampfschifffahrt", 6), 101, 12800},
	"english":       {"Freshly squeezed cold-pressed organic orange juice with pulp 1000 ml", 107, 1250},
	"emoji":         {"🥤🥤 可乐 👨‍👩‍👧 330ml ❤️", 15, 300},
	"only emoji":    {"🥤", 15, 300},
	"empty":         {"", 7, 50},
	"blanks":        {" \t\n ", 7, 50},
	"punctuation":   {"（（（（“““““，，，，，。。。。……", 12, 350},
	"marks":         {"e\u0301\u202eabc\u200d\x00\u0007水", 12, 350},
	"rare letters":  {"𠮷野家 ပြည် ไทย", 12, 350},
	"dear":          {"金表", 12345, 100_000_00},
}

func TestLayoutOfNastyNames(t *testing.T) {
	fonts := map[string]string{"hei": heiFont(t), "bitmap": display.Bitmap}
	for name, font := range fonts {
		for _, size := range some(1, tight) {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				for _, lang := range some(1, []string{"zh", "en+zh"}) {
					p := painter(t, style(size[0], size[1], lang, font))
					for what, n := range nasty {
						for _, sc := range nastyScenes(lang[:2], sale.Product{Slot: n.slot, Name: n.name, Price: n.price}) {
							check(t, fmt.Sprintf("%s, %s, %s, %d", what, lang, sc.Kind, len(sc.Offers)), size[0], size[1], n.price > 999_99,
								p.Record(func() { p.Paint(sc) }))
						}
					}
				}
			})
		}
	}
}

func nastyScenes(lang string, p sale.Product) []sale.Scene {
	var all []sale.Scene
	for _, k := range []sale.SceneKind{sale.SceneCreating, sale.ScenePay, sale.SceneDispensing, sale.SceneTake, sale.SceneRefunding, sale.SceneSoldOut, sale.SceneNoSuchSlot} {
		sc := scene(k, lang)
		sc.Product, sc.Slot, sc.Amount, sc.SameIn = p, p.Slot, p.Price, p.Slot
		all = append(all, sc)
	}
	for _, n := range []int{1, 3, 8, 12, 15, 20} {
		sc := scene(sale.SceneIdle, lang)
		sc.Offers = slices.Repeat([]sale.Offer{{Product: p}, {Product: p, Stock: sale.OutOfStock}, {Product: p, Stock: sale.SlotClosed}}, n)[:n]
		all = append(all, sc)
	}
	return all
}

// TestLayoutOfNastySettings: what the operator writes may be long, or missing.
func TestLayoutOfNastySettings(t *testing.T) {
	font := heiFont(t)
	for _, size := range some(1, tight) {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			for _, lang := range some(1, []string{"zh", "en", "zh+en"}) {
				long := style(size[0], size[1], lang, font)
				long.Help, long.MachineID, long.CancelKey = "0086-400-820-1234 转 5678，每天 9:00-21:00", strings.Repeat("SH-0217-", 5), "清除退币找零返回"
				long.RefundZh, long.RefundEn = strings.Repeat("钱退回原来的账户，", 9), strings.Repeat("Your money goes back where it came from. ", 5)
				none := style(size[0], size[1], lang, font)
				none.Help, none.MachineID, none.CancelKey, none.MachineName = "", "", "", ""
				for what, s := range map[string]display.Style{"long": long, "none": none} {
					p := painter(t, s)
					for name, sc := range usual(lang[:2]) {
						check(t, what+" "+lang+" "+name, size[0], size[1], false, p.Record(func() { p.Paint(sc) }))
					}
				}
			}
		})
	}
}

func TestIdleGrid(t *testing.T) {
	for _, tt := range []struct {
		w, h, from, to    int
		pages, cols, rows int
		form              string
	}{
		{1080, 1920, 1, 1, 1, 1, 1, "tall"}, {1080, 1920, 2, 2, 1, 1, 2, "tall"}, {1080, 1920, 3, 4, 1, 2, 2, "tall"},
		{1080, 1920, 5, 6, 1, 2, 3, "tall"}, {1080, 1920, 7, 9, 1, 3, 3, "tall"}, {1080, 1920, 10, 12, 1, 3, 4, "tall"},
		{1080, 1920, 13, 16, 1, 4, 4, "tall"}, {1080, 1920, 17, 20, 1, 4, 5, "tall"}, {1080, 1920, 40, 40, 2, 4, 5, "tall"},
		{1080, 1920, 60, 60, 3, 4, 5, "tall"},
		{1280, 800, 1, 1, 1, 1, 1, "tall"}, {1280, 800, 2, 2, 1, 2, 1, "tall"}, {1280, 800, 3, 3, 1, 3, 1, "tall"},
		{1280, 800, 4, 4, 1, 4, 1, "tall"}, {1280, 800, 5, 6, 1, 3, 2, "tall"}, {1280, 800, 7, 8, 1, 4, 2, "tall"},
		{1280, 800, 9, 12, 1, 4, 3, "label"}, {1280, 800, 13, 15, 1, 3, 5, "list"}, {1280, 800, 60, 60, 4, 3, 5, "list"},
		{800, 480, 1, 1, 1, 1, 1, "tall"}, {800, 480, 9, 12, 1, 4, 3, "label"}, {800, 480, 13, 15, 1, 3, 5, "list"},
		{800, 480, 60, 60, 4, 3, 5, "list"},
	} {
		for n := tt.from; n <= tt.to; n++ {
			pages, cols, rows, form := display.Pages(tt.w, tt.h, n)
			if pages != tt.pages || cols != tt.cols || rows != tt.rows || form != tt.form {
				t.Errorf("%dx%d with %d products: %d pages of %dx%d %s, want %d of %dx%d %s",
					tt.w, tt.h, n, pages, cols, rows, form, tt.pages, tt.cols, tt.rows, tt.form)
			}
		}
	}
	for _, size := range sizes {
		for n := 1; n <= 60; n++ {
			if pages, cols, rows, _ := display.Pages(size[0], size[1], n); pages*cols*rows < n || (pages-1)*cols*rows >= n {
				t.Errorf("%v: %d products on %d pages of %dx%d", size, n, pages, cols, rows)
			}
		}
	}
}
