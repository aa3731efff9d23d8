package display_test

import (
	"strings"
	"testing"

	"kioskd/display"
	"kioskd/sale"
)

// spoken writes a scene's words on one line: head, second head, sub, lead,
// body, facts, label, hints, pill, note and foot.
func spoken(t display.Text) string {
	var parts []string
	add := func(mark, s string) {
		if s != "" {
			parts = append(parts, mark+s)
		}
	}
	add("", t.Head)
	add("2:", t.Second)
	add("S:", t.Sub)
	add("L:", t.Lead)
	for _, l := range t.Body {
		if l.Soft {
			add("~", l.String())
		} else {
			add("B:", l.String())
		}
	}
	for _, f := range t.Facts {
		add("F:", f.Label+"="+f.Value)
	}
	add("T:", t.Label)
	for _, h := range t.Hints {
		add("H:", h.Long.String()+" / "+h.Short.String())
	}
	add("P:", t.Pill)
	add("N:", t.SubShort)
	add("", strings.Join(t.Foot, " · "))
	for _, s := range []string{t.Help, t.Machine, t.Clock} {
		add("", s)
	}
	for _, h := range []display.Hint{t.SoldOut, t.Closed} {
		if h.Long.String() != "" {
			add("", h.Long.String()+" / "+h.Short.String())
		}
	}
	return strings.Join(parts, " | ")
}

const (
	factsOrderZh  = " | F:商品=海盐柠檬苏打水 | F:已付=¥3.50 | F:订单尾号=8K3F7Q"
	factsOrderEn  = " | F:Item=Sea-salt lemon soda | F:Paid=¥3.50 | F:Order ends in=8K3F7Q"
	factsRefundZh = " | F:退回微信支付=¥3.50 | F:订单尾号=8K3F7Q | F:时间=11月23日 14:32 | F:客服电话=400-820-1234"
	factsRefundEn = " | F:To WeChat Pay=¥3.50 | F:Order ends in=8K3F7Q | F:Time=23 Nov, 14:32 | F:Help=400-820-1234"
	longZh        = " | ~零钱几分钟，银行卡 1–3 个工作日"
	longEn        = " | ~Balance: minutes. Card: 1–3 working days"
	helpZh        = " | 客服 400-820-1234 · 机号 SH-0217"
	helpEn        = " | Help 400-820-1234 · Machine SH-0217"
	orderZh       = " | T:秒 | 客服 400-820-1234 · 订单尾号 8K3F7Q"
	orderEn       = " | T:seconds | Help 400-820-1234 · Order 8K3F7Q"
	ifPaidZh      = " | B:已付款：马上出货，或全额退款。"
	ifPaidEn      = " | B:If you paid: your item comes, or a full refund."
	ifNotZh       = " | B:未付款：订单取消，不会扣款。"
	ifNotEn       = " | B:If not: the order ends and nothing is charged."
	goOnZh        = " | 可拍下本页留存 · 按任意编号继续购买"
	goOnEn        = " | Take a photo · Press a number to go on"
	keepZh        = " | 可拍下本页留存"
	keepEn        = " | Take a photo to keep"
	byItselfZh    = " | B:付了款没拿到商品？钱会自动退回。"
	byItselfEn    = " | B:Paid but got nothing? Your money comes back by itself."
	stoppedZh     = " | F:客服电话=400-820-1234 | F:机号=SH-0217 | F:代码=E-SERIAL-03 | 来电时请告诉我们机号和代码"
	stoppedEn     = " | F:Help=400-820-1234 | F:Machine=SH-0217 | F:Code=E-SERIAL-03 | Tell us the machine and the code"
)

// words is section 6.1 of the screen design.
var words = map[sale.SceneKind][2]string{
	sale.SceneStarting: {
		"正在启动 | L:请稍候 | B:未完成的订单正在核对，不会丢失。" + helpZh,
		"Starting up | L:One moment, please | B:Unfinished orders are being checked. None is lost." + helpEn,
	},
	sale.SceneIdle: {
		"请在键盘上按商品编号 | S:没有出货，自动退款 | P:微信支付 | 客服 400-820-1234 | 机号 SH-0217 | 14:32 | 售罄 / 售罄 | 暂停 / 暂停",
		"Press the number on the keypad | S:No item? Automatic refund | P:WeChat Pay | Help 400-820-1234 | Machine SH-0217 | 14:32 | Sold out / Out | Closed / Off",
	},
	sale.SceneCreating: {
		"正在准备付款码 | H:按 [取消] 重新选择 / [取消] 重新选择",
		"Getting your code | H:Press [CANCEL] to choose again / [CANCEL] Choose again",
	},
	sale.SceneNoCode: {
		"付款码没有生成 | L:没有扣款 | B:请再按一次编号。" + helpZh,
		"No code this time | L:You have not been charged | B:Please press the number again." + helpEn,
	},
	sale.ScenePay: {
		"微信扫码支付 | S:打开微信扫一扫 | T:剩余时间 | H:按 [取消] 重新选择 / [取消] 重新选择 | H:扫不出？再按 [12] 换新码 / 再按 [12] 换新码",
		"Scan with WeChat | S:Open WeChat and tap Scan | T:Time left | H:Press [CANCEL] to choose again / [CANCEL] Choose again | H:Press [12] again for a new code / [12] New code",
	},
	sale.SceneConfirming: {
		"正在确认付款 | L:请不要重复付款 | B:网络较慢，正在向微信支付核对。" + ifPaidZh + ifNotZh + orderZh,
		"Checking your payment | L:Please do not pay again | B:The network is slow. We are asking WeChat Pay." + ifPaidEn + ifNotEn + orderEn,
	},
	sale.SceneTimeUp: {
		"正在确认付款 | L:请不要重复付款 | B:时间到了，正在向微信支付核对。" + ifPaidZh + ifNotZh + orderZh,
		"Checking your payment | L:Please do not pay again | B:Time is up. We are asking WeChat Pay." + ifPaidEn + ifNotEn + orderEn,
	},
	sale.SceneCancelling: {
		"正在取消订单 | L:请不要再付款 | B:正在向微信支付确认。" + ifPaidZh + " | B:未付款：不会扣款。" + orderZh,
		"Cancelling the order | L:Please do not pay now | B:We are asking WeChat Pay." + ifPaidEn + " | B:If not: nothing is charged." + orderEn,
	},
	sale.SceneNotPaid: {
		"订单已取消 | L:没有扣款 | B:请按编号重新选择。" + helpZh,
		"Order cancelled | L:You have not been charged | B:Press a number to choose again." + helpEn,
	},
	sale.SceneStillOpen: {
		"还在核对付款 | L:付过款？会全额退回 | ~核对会自动继续，您可以离开。 | F:订单尾号=8K3F7Q | F:时间=11月23日 14:32 | F:客服电话=400-820-1234" + keepZh,
		"Still checking | L:If you paid, you get it all back | ~We go on checking. You may leave. | F:Order ends in=8K3F7Q | F:Time=23 Nov, 14:32 | F:Help=400-820-1234" + keepEn,
	},
	sale.SceneDispensing: {
		"付款成功，正在出货 | L:请稍等，商品马上落下" + factsOrderZh + " | 没有出货会自动退款 · 客服 400-820-1234",
		"Paid. Here it comes | L:One moment, please" + factsOrderEn + " | No item? Full refund · Help 400-820-1234",
	},
	sale.SceneChecking: {
		"正在确认出货 | L:请先不要离开 | B:机器还没有回应，正在核对。 | B:没有出货，会全额退款。" + orderZh,
		"Checking your item | L:Please stay a moment | B:The machine has not answered yet. | B:If nothing came out, you get a full refund." + orderEn,
	},
	sale.SceneTake: {
		"请取走商品 | L:取货口在机器下方，谢谢！" + factsOrderZh + " | 有问题请拨打 400-820-1234",
		"Please take your item | L:The tray is below. Thank you!" + factsOrderEn + " | Any problem? Call 400-820-1234",
	},
	sale.SceneRefunding: {
		"没有出货，正在退款 | L:很抱歉，钱会原路退回" + longZh + factsRefundZh + goOnZh,
		"Refund on its way | L:Sorry, nothing came out" + longEn + factsRefundEn + goOnEn,
	},
	sale.SceneRefundUnproved: {
		"正在退款 | L:没能确认出货，先退给您" + longZh + factsRefundZh + goOnZh,
		"Refund on its way | L:We could not see your item drop" + longEn + factsRefundEn + goOnEn,
	},
	sale.SceneRefundLate: {
		"付款超时，正在退款 | L:付款到得太晚，没有出货" + longZh + factsRefundZh + goOnZh,
		"Refund on its way | L:The payment came too late" + longEn + factsRefundEn + goOnEn,
	},
	sale.SceneRefundPerson: {
		"退款需要人工处理 | L:请拨打客服，钱会退给您" + factsRefundZh + keepZh,
		"Our staff refunds you | L:Please call. You get it back" + factsRefundEn + keepEn,
	},
	sale.SceneHeld: {
		"没能确认出货 | L:请拨打客服，我们来处理 | F:已付=¥3.50 | F:订单尾号=8K3F7Q | F:时间=11月23日 14:32 | F:客服电话=400-820-1234" + keepZh,
		"Item not confirmed | L:Please call. We will settle it | F:Paid=¥3.50 | F:Order ends in=8K3F7Q | F:Time=23 Nov, 14:32 | F:Help=400-820-1234" + keepEn,
	},
	sale.SceneRefunded: {
		"已退款 | L:钱已退回，很抱歉 | ~请按编号再选一次" + factsRefundZh + keepZh,
		"Refunded | L:Your money is back | ~Sorry. Please choose again" + factsRefundEn + keepEn,
	},
	sale.SceneSoldOut: {
		"12 号已售罄 | L:请按其他编号 | B:没有产生扣款。 | B:同款商品请按 [15]" + helpZh,
		"No. 12 is sold out | L:Please press another number | B:You have not been charged. | B:Same item: press [15]" + helpEn,
	},
	sale.SceneSlotClosed: {
		"12 号暂停销售 | L:请按其他编号 | B:没有产生扣款。" + helpZh,
		"No. 12 is closed | L:Please press another number | B:You have not been charged." + helpEn,
	},
	sale.SceneNoSuchSlot: {
		"没有 12 号商品 | L:请看清编号再按一次 | B:没有产生扣款。" + helpZh,
		"There is no No. 12 | L:Please check the number | B:You have not been charged." + helpEn,
	},
	sale.SceneBusy: {
		"请稍等几秒 | L:上一单还没结束 | B:结束后再按一次编号。没有产生扣款。" + helpZh,
		"One moment, please | L:The last sale is still ending | B:Then press again. You have not been charged." + helpEn,
	},
	sale.SceneOffline: {
		"暂时不能售卖 | L:网络断开，正在自动重连 | B:恢复后，这里会自动显示商品。" + byItselfZh + helpZh,
		"Not selling just now | L:The network is down | B:We are reconnecting. The products will come back here." + byItselfEn + helpEn,
	},
	sale.SceneProviderDown: {
		"暂时不能售卖 | L:微信支付暂时连不上 | B:恢复后，这里会自动显示商品。" + byItselfZh + helpZh,
		"Not selling just now | L:WeChat Pay does not answer | B:The products will come back here." + byItselfEn + helpEn,
	},
	sale.SceneClock: {
		"暂时不能售卖 | L:正在校对时间 | B:完成后，这里会自动显示商品。" + byItselfZh + helpZh,
		"Not selling just now | L:Setting the clock | B:The products will come back here." + byItselfEn + helpEn,
	},
	sale.SceneOutOfService: {
		"机器暂停服务 | L:付了款没拿到商品？ | B:钱会自动退回微信支付。" + stoppedZh,
		"Out of service | L:Paid but got nothing? | B:Your money comes back by itself." + stoppedEn,
	},
	sale.SceneNoRefunds: {
		"机器暂停服务 | L:付了款没拿到商品？ | B:请拨打客服，我们会退款。" + stoppedZh,
		"Out of service | L:Paid but got nothing? | B:Please call and we refund you." + stoppedEn,
	},
	sale.SceneService: {
		"维护模式 | F:控制板=VMC · 0.2 s | F:网络=86 ms | F:微信支付=14:31 | F:存储=5.1 GB | F:时钟=14:32:07 · +0.1 s | F:温度=6.2 °C | F:柜门=open | F:停用货道=23, 31 | F:未完成订单=1 | F:最近错误=E-SERIAL-03 · 09:12 | F:维护网页=192.168.1.23:8080 | F:版本=1.0.0 | P:停止售卖 | 关上柜门，或按“取消”，退出维护模式 · SH-0217 一号楼大厅",
		"Service mode | F:Controller=VMC · 0.2 s | F:Network=86 ms | F:WeChat Pay=14:31 | F:Storage=5.1 GB | F:Clock=14:32:07 · +0.1 s | F:Temperature=6.2 °C | F:Door=open | F:Closed slots=23, 31 | F:Open orders=1 | F:Last error=E-SERIAL-03 · 09:12 | F:Page=192.168.1.23:8080 | F:Version=1.0.0 | P:Not selling | Close the door or press CANCEL to leave · SH-0217 一号楼大厅",
	},
}

func TestWords(t *testing.T) {
	for _, k := range sale.SceneKinds() {
		for i, lang := range []string{"zh", "en"} {
			got := spoken(display.Words(style(800, 480, lang, ""), scene(k, lang)))
			if want := words[k][i]; got != want {
				t.Errorf("%s in %s:\ngot  %s\nwant %s", k, lang, got, want)
			}
		}
	}
}

func TestWordsOfRefundNote(t *testing.T) {
	for _, tt := range []struct {
		lang string
		done bool
		want string
	}{
		{"zh", false, "退款中 ¥3.50 · 订单尾号 8K3F7Q · 14:29 ¥3.50 · 尾号 8K3F7Q"},
		{"zh", true, "已退款 ¥3.50 · 订单尾号 8K3F7Q · 14:29 ¥3.50 · 尾号 8K3F7Q"},
		{"en", false, "Refunding ¥3.50 · order 8K3F7Q · 14:29 ¥3.50 · 8K3F7Q"},
		{"en", true, "Refunded ¥3.50 · order 8K3F7Q · 14:29 ¥3.50 · 8K3F7Q"},
	} {
		w := display.Words(style(800, 480, tt.lang, ""), noted(tt.lang, tt.done))
		if got := w.Pill + " " + w.Sub + " " + w.SubShort; got != tt.want || !w.Note {
			t.Errorf("%s: %q, want %q", tt.lang, got, tt.want)
		}
	}
}

// A machine may have a key of its own for a new code.
func TestWordsOfTheNewCodeKey(t *testing.T) {
	for lang, want := range map[string]string{
		"zh": "H:扫不出？按 [99] 换新码 / 按 [99] 换新码",
		"en": "H:Press [99] for a new code / [99] New code",
	} {
		s := style(800, 480, lang, "")
		s.NewCode = 99
		if got := spoken(display.Words(s, scene(sale.ScenePay, lang))); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want at its end %s", lang, got, want)
		}
	}
}

// TestWordsWithout: what the machine does not have is not spoken of.
func TestWordsWithout(t *testing.T) {
	s := style(800, 480, "zh", "")
	s.Help, s.CancelKey = "", ""
	for _, k := range sale.SceneKinds() {
		got := spoken(display.Words(s, scene(k, "zh")))
		for _, no := range []string{"客服 ", "客服电话", "拨打 ", "取消]", "取消”", "{"} {
			if strings.Contains(got, no) {
				t.Errorf("%s says %q: %s", k, no, got)
			}
		}
	}
	s.Tray, s.RefundZh = "left", "当天|到账"
	if got := display.Words(s, scene(sale.SceneTake, "zh")).Lead; got != "取货口在机器左侧，谢谢！" {
		t.Error(got)
	}
	if got := display.Words(s, scene(sale.SceneRefunding, "zh")).Body[0].String(); got != "当天到账" {
		t.Error(got)
	}
	nameless := scene(sale.SceneTake, "zh")
	nameless.Product.Name = " "
	if got := display.Words(s, nameless).Facts[0].Value; got != "12 号商品" {
		t.Error(got)
	}
}

// TestWordsInTwoLanguages: the second language repeats the headline.
func TestWordsInTwoLanguages(t *testing.T) {
	for _, k := range sale.SceneKinds() {
		both := display.Words(style(800, 480, "zh+en", ""), scene(k, "zh"))
		en := display.Words(style(800, 480, "en", ""), scene(k, "zh"))
		if both.Second != en.Head {
			t.Errorf("%s: %q, want %q", k, both.Second, en.Head)
		}
		if both.Second = ""; spoken(both) != spoken(display.Words(style(800, 480, "zh", ""), scene(k, "zh"))) {
			t.Errorf("%s: the first language says something else", k)
		}
	}
}

// TestWordsAboutMoney: no scene about a failure is silent about the payment.
func TestWordsAboutMoney(t *testing.T) {
	for _, k := range sale.SceneKinds() {
		switch k {
		case sale.SceneStarting, sale.SceneIdle, sale.SceneCreating, sale.SceneService:
			continue
		}
		got := spoken(display.Words(style(800, 480, "zh", ""), scene(k, "zh")))
		if k != sale.ScenePay && !strings.Contains(got, "¥3.50") && !strings.Contains(got, "扣款") && !strings.Contains(got, "退") {
			t.Errorf("%s: %s", k, got)
		}
		for _, bad := range []string{"失败", "异常", "你"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s says %q", k, bad)
			}
		}
	}
}
