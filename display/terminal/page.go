package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"kioskd/display"
	"kioskd/sale"
)

// rule stands above every scene.
var rule = strings.Repeat("─", 40)

// lines is a scene without what ticks, the clock of the idle scene included. An empty line separates its parts, and
// no part is empty.
func (t *Terminal) lines(s sale.Scene) []string {
	w := display.Words(*t.style.Load(), s)
	parts := [][]string{{t.bold(w.Head), w.Second, title(w)}}
	switch s.Kind {
	case sale.SceneIdle:
		parts = append(parts, offers(w, s), []string{join(w.Help, w.Machine)})
	case sale.SceneCreating, sale.ScenePay:
		if s.Kind == sale.ScenePay {
			parts = append(parts, t.code(s.CodeURL))
		}
		parts = append(parts, order(w, s))
	default:
		parts = append(parts, desk(w, s), say(w), facts(w, s.Kind == sale.SceneService), []string{join(w.Foot...)})
	}

	out := []string{rule}
	for i, part := range parts {
		part = filled(part)
		if i > 0 && len(part) > 0 {
			out = append(out, "")
		}
		out = append(out, part...)
	}
	return out
}

// title is the line under the headline.
func title(w display.Text) string { return join(w.Pill, w.Sub) }

// join puts the parts that are not empty on one line.
func join(parts ...string) string { return strings.Join(filled(parts), " · ") }

func filled(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

func (t *Terminal) bold(s string) string {
	if !t.options.Colour || s == "" {
		return s
	}
	return "\x1b[1m" + s + plain
}

func (t *Terminal) code(url string) []string {
	lines, err := Code(url, t.options)
	if err != nil {
		return []string{err.Error()}
	}
	return lines
}

// Code is a QR code with its light border, for a writer of this kind.
func Code(url string, o Options) ([]string, error) {
	modules, err := display.Code(url)
	if err != nil {
		return nil, err
	}
	return code(modules, o.Colour, !o.LightPaper), nil
}

// offers is the table of products: number, name, price or why there is none.
func offers(w display.Text, s sale.Scene) []string {
	var rows [][]string
	for _, o := range s.Offers {
		last := "¥" + o.Product.Price.String()
		switch o.Stock {
		case sale.OutOfStock:
			last = w.SoldOut.Long.String()
		case sale.SlotClosed:
			last = w.Closed.Long.String()
		}
		rows = append(rows, []string{"[" + o.Product.Slot.String() + "]", strings.Join(strings.Fields(o.Product.Name), " "), last})
	}
	return align(rows, 0, 2)
}

// order is what is being bought and what the keys do.
func order(w display.Text, s sale.Scene) []string {
	out := []string{w.Name + "  ¥" + cmp.Or(s.Amount, s.Product.Price).String()}
	for _, h := range w.Hints {
		out = append(out, h.Long.String())
	}
	return out
}

// desk is the slot that service mode asks about, and the digits of the PIN.
func desk(w display.Text, s sale.Scene) []string {
	if s.Desk == nil {
		return nil
	}
	return []string{w.Name, strings.Repeat("*", w.Dots)}
}

func say(w display.Text) []string {
	out := []string{w.Lead}
	for _, l := range w.Body {
		out = append(out, l.String())
	}
	return out
}

// facts are rows of a label and a value, in service mode with a mark for what
// is not well.
func facts(w display.Text, marked bool) []string {
	marks := map[display.Good]string{display.Fine: "ok", display.Odd: "!", display.Bad: "!!"}
	var rows [][]string
	for _, f := range w.Facts {
		row := []string{f.Label, f.Value}
		if marked {
			row = append([]string{marks[f.Good]}, row...)
		}
		rows = append(rows, row)
	}
	return align(rows)
}

// tick is the line that changes every second, empty if the scene stands still.
func (t *Terminal) tick(s sale.Scene) string {
	left := int(s.Left / time.Second)
	switch label := display.Words(*t.style.Load(), s).Label; {
	case s.Kind == sale.ScenePay:
		return fmt.Sprintf("%s %d:%02d", label, left/60, left%60)
	case s.Window > 0:
		return fmt.Sprintf("%d %s", left, label)
	case dotted(s.Kind):
		dots := []string{"○", "○", "○"}
		dots[((s.Beat%3)+3)%3] = "●"
		return strings.Join(dots, " ")
	}
	return ""
}

// dotted tells the scenes in which three dots move.
func dotted(k sale.SceneKind) bool {
	switch k {
	case sale.SceneStarting, sale.SceneCreating, sale.SceneDispensing, sale.SceneBusy:
		return true
	}
	return false
}
