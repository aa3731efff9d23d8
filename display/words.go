package display

import (
	"fmt"
	"strings"
	"time"

	"kioskd/sale"
)

// Words returns every text of a scene. It is pure. A kind that is not one of
// [sale.SceneKinds] has no words.
func Words(s Style, sc sale.Scene) Text {
	first, second := s.languages()
	e := entries[sc.Kind]
	fill := filler(s, sc, first)
	t := Text{
		Head: fill(e.head[first]),
		Sub:  fill(e.sub[first]),
		Lead: fill(e.lead[first]),
		Name: name(sc.Product, sc.Slot, first),
	}
	if second >= 0 {
		t.Second = filler(s, sc, second)(e.head[second])
	}
	for _, b := range e.body {
		words, soft := strings.CutPrefix(fill(b[first]), "~")
		t.Body = append(t.Body, Line{Spans: []Span{{Text: words}}, Soft: soft})
	}
	t.Facts = facts(s, sc, e.facts, first)
	for _, part := range e.foot {
		if s.Help == "" && strings.Contains(part[first], "{help}") ||
			s.MachineID == "" && strings.Contains(part[first], "{machine}") ||
			sc.Number == "" && strings.Contains(part[first], "{tail}") {
			continue
		}
		t.Foot = append(t.Foot, fill(part[first]))
	}
	switch sc.Kind {
	case sale.SceneIdle:
		idleWords(&t, s, sc, first)
	case sale.SceneCreating:
		t.Hints = cancelHint(s, sc, first)
	case sale.ScenePay:
		t.Label = wordTimeLeft[first]
		long, short := hintNew, hintNewFew
		if s.NewCode != 0 {
			long, short = hintNewKey, hintNewKeyFew
		}
		t.Hints = append(cancelHint(s, sc, first), hint(long[first], short[first], s, sc))
	case sale.SceneConfirming, sale.SceneTimeUp, sale.SceneCancelling, sale.SceneChecking:
		t.Label = wordSeconds[first]
	case sale.SceneSoldOut, sale.SceneSlotClosed:
		if sc.SameIn != 0 {
			t.Body = append(t.Body, parse(hintSameIn[first]).with(s, sc))
		}
	case sale.SceneService:
		serviceWords(&t, s, sc, first)
		if sc.Desk != nil {
			deskWords(&t, s, sc, first)
		}
	}
	return t
}

// filler returns what replaces the parameters of a text.
func filler(s Style, sc sale.Scene, lang int) func(string) string {
	long := pair{s.RefundZh, s.RefundEn}
	if long[lang] == "" {
		long = howLong
	}
	tray, known := trays[s.Tray]
	if !known {
		tray = trays["below"]
	}
	return strings.NewReplacer(
		"{long}", long[lang],
		"{tray}", tray[lang],
		"{help}", s.Help,
		"{machine}", s.MachineID,
		"{tail}", sc.Number.Tail(),
		"{slot}", sc.Slot.String(),
		"{cancel}", s.CancelKey,
	).Replace
}

// name is what a product is called; without a name its number stands in.
func name(p sale.Product, slot sale.Slot, lang int) string {
	if n := strings.Join(strings.Fields(p.Name), " "); n != "" {
		return n
	}
	if p.Slot != 0 {
		slot = p.Slot
	}
	return strings.ReplaceAll(wordNameless[lang], "{slot}", slot.String())
}

// amount is what is to be paid or was.
func amount(sc sale.Scene) sale.Fen {
	if sc.Amount != 0 {
		return sc.Amount
	}
	return sc.Product.Price
}

func facts(s Style, sc sale.Scene, wanted []fact, lang int) []Fact {
	var rows []Fact
	for _, f := range wanted {
		value := ""
		switch f {
		case factItem:
			value = name(sc.Product, sc.Slot, lang)
		case factPaid, factBack:
			value = "¥" + amount(sc).String()
		case factTail:
			value = sc.Number.Tail()
		case factTime:
			value = dateTime(sc.At, lang)
		case factHelp:
			value = s.Help
		case factMachine:
			value = s.MachineID
		case factCode:
			value = string(sc.Code)
		}
		if value != "" {
			rows = append(rows, Fact{Label: factLabels[f][lang], Value: value})
		}
	}
	return rows
}

func dateTime(t time.Time, lang int) string {
	switch {
	case t.IsZero():
		return ""
	case lang == zh:
		return fmt.Sprintf("%d月%d日 %s", t.Month(), t.Day(), t.Format("15:04"))
	}
	return t.Format("2 Jan, 15:04")
}

// cancelHint is empty where the keypad has no key to cancel.
func cancelHint(s Style, sc sale.Scene, lang int) []Hint {
	if s.CancelKey == "" {
		return nil
	}
	return []Hint{hint(hintCancel[lang], hintCancelFew[lang], s, sc)}
}

func hint(long, short string, s Style, sc sale.Scene) Hint {
	return Hint{parse(long).with(s, sc), parse(short).with(s, sc)}
}

func idleWords(t *Text, s Style, sc sale.Scene, lang int) {
	t.Name = ""
	t.Pill = wordWallet[lang]
	if n := sc.Note; n != nil {
		fill := strings.NewReplacer("{amount}", n.Amount.String(), "{tail}", n.Number.Tail(), "{time}", n.At.Format("15:04"))
		t.Note, t.Sub, t.SubShort = true, fill.Replace(wordNote[lang]), fill.Replace(wordNoteTiny[lang])
		t.Pill = wordPending[lang]
		if n.Done {
			t.Pill = wordReturned[lang]
		}
	}
	fill := filler(s, sc, lang)
	if s.Help != "" {
		t.Help = fill(partHelp[lang])
	}
	if s.MachineID != "" {
		t.Machine = fill(partMachine[lang])
	}
	if !sc.At.IsZero() {
		t.Clock = sc.At.Format("15:04")
	}
	plain := func(p [2]pair) Hint { return Hint{parse(p[0][lang]), parse(p[1][lang])} }
	t.SoldOut, t.Closed = plain(wordSoldOut), plain(wordClosed)
}

func serviceWords(t *Text, s Style, sc sale.Scene, lang int) {
	t.Name = ""
	t.Pill = wordStopped[lang]
	for _, r := range sc.Rows {
		label := string(r.Label)
		if l, known := rowLabels[r.Label]; known {
			label = l[lang]
		}
		t.Facts = append(t.Facts, Fact{Label: label, Value: r.Value, Good: good(r)})
	}
	leave := wordLeave
	if s.CancelKey == "" {
		leave = wordLeaveBy
	}
	t.Foot = []string{filler(s, sc, lang)(leave[lang])}
	if where := strings.TrimSpace(s.MachineID + " " + s.MachineName); where != "" {
		t.Foot = append(t.Foot, where)
	}
}

func good(r sale.Row) Good {
	if r.OK {
		return Fine
	}
	switch r.Label {
	case sale.RowSlots, sale.RowOrders, sale.RowQuestions, sale.RowVersion, "temperature", "door":
		return Odd
	}
	return Bad
}
