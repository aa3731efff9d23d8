package alarm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kioskd/watch"
)

// Language is the one of a message's text.
type Language int

// The languages.
const (
	Chinese Language = iota
	English
)

// words are a kind's, in each language: while it holds and when it is over.
type words struct{ holds, over [2]string }

// In the words {for} is how long it has lasted, the others are fields.
var vocabulary = map[watch.Kind]words{
	watch.Attention: {
		[2]string{"订单 {order}（货道 {slot}）要人处理：运行 kioskd orders {order}", "order {order} (slot {slot}) needs a person: run kioskd orders {order}"},
		[2]string{"订单 {order} 已有人处理", "somebody has dealt with order {order}"},
	},
	watch.Unknown: {
		[2]string{"订单 {order}：不能确定货道 {slot} 是否出了货，请查看取货口和货道", "order {order}: nobody can say whether slot {slot} dispensed; look at the tray and the slot"},
		[2]string{"", ""},
	},
	watch.Offline: {
		[2]string{"已有 {for}不能用微信支付收款（{code}）", "no payments for {for}: WeChat Pay cannot be reached or refuses ({code})"},
		[2]string{"微信支付恢复了，中断 {for}", "WeChat Pay answers again, after {for}"},
	},
	watch.Controller: {
		[2]string{"控制板已有 {for}不能用（{code}）", "the controller has been out of order for {for} ({code})"},
		[2]string{"控制板恢复了，中断 {for}", "the controller works again, after {for}"},
	},
	watch.Door: {
		[2]string{"机门已打开 {for}", "the door has been open for {for}"},
		[2]string{"机门已关上", "the door is closed again"},
	},
	watch.Temperature: {
		[2]string{"柜内 {celsius} °C，超出范围已有 {for}", "{celsius} °C inside, out of range for {for}"},
		[2]string{"柜内温度恢复正常", "the temperature inside is well again"},
	},
	watch.Clock: {
		[2]string{"时钟已有 {for}不对，不能售卖（{code}）", "the clock has been wrong for {for}, nothing is sold ({code})"},
		[2]string{"时钟恢复正常", "the clock is right again"},
	},
	watch.Store: {
		[2]string{"账本已有 {for}不能用，不能售卖（{code}）", "the ledger cannot be used for {for}, nothing is sold ({code})"},
		[2]string{"账本恢复正常", "the ledger can be used again"},
	},
	watch.Bill: {
		[2]string{"{day} 的微信支付账单和账本对不上（{code}）：运行 kioskd reconcile --date {day}", "the bill of {day} and the ledger differ ({code}): run kioskd reconcile --date {day}"},
		[2]string{"", ""},
	},
	watch.Stopped: {
		[2]string{"已停止售卖 {for}（{code}）", "nothing has been sold for {for} ({code})"},
		[2]string{"恢复售卖", "selling again"},
	},
}

func text(l Language, m Message) string {
	w := vocabulary[m.Kind]
	pattern := w.holds[l]
	if m.Status == Over {
		pattern = w.over[l]
	}
	celsius := ""
	if m.Celsius != nil {
		celsius = strconv.Itoa(*m.Celsius)
	}
	if m.Code == "" {
		pattern = strings.NewReplacer("（{code}）", "", " ({code})", "").Replace(pattern)
	}
	return strings.NewReplacer(
		"{order}", m.Order, "{day}", m.Day, "{slot}", m.Slot.String(), "{code}", string(m.Code), "{celsius}", celsius,
		"{for}", lasting(l, m.At.Sub(m.Since)),
	).Replace(pattern)
}

// lasting is a duration as people say it.
func lasting(l Language, d time.Duration) string {
	units := [2][3]string{{" 秒", " 分钟", " 小时"}, {" s", " min", " h"}}[l]
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d%s", max(0, int(d.Seconds())), units[0])
	case d < 2*time.Hour:
		return fmt.Sprintf("%d%s", int(d.Minutes()), units[1])
	}
	return fmt.Sprintf("%d%s", int(d.Hours()), units[2])
}
