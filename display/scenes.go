package display

import "kioskd/sale"

// entries holds the words of every scene.
var entries = map[sale.SceneKind]entry{
	sale.SceneStarting: {
		head: pair{"正在启动", "Starting up"},
		lead: pair{"请稍候", "One moment, please"},
		body: []pair{{"未完成的订单正在核对，不会丢失。", "Unfinished orders are being checked. None is lost."}},
		foot: footHelp,
	},
	sale.SceneIdle: {
		head: pair{"请在键盘上按商品编号", "Press the number on the keypad"},
		sub:  pair{"没有出货，自动退款", "No item? Automatic refund"},
	},
	sale.SceneCreating: {head: pair{"正在准备付款码", "Getting your code"}},
	sale.SceneNoCode: {
		head: pair{"付款码没有生成", "No code this time"},
		lead: leadNoCharge,
		body: []pair{{"请再按一次编号。", "Please press the number again."}},
		foot: footHelp,
	},
	sale.ScenePay: {
		head: pair{"微信扫码支付", "Scan with WeChat"},
		sub:  pair{"打开微信扫一扫", "Open WeChat and tap Scan"},
	},
	sale.SceneConfirming: {
		head: headConfirming,
		lead: pair{"请不要重复付款", "Please do not pay again"},
		body: []pair{{"网络较慢，正在向微信支付核对。", "The network is slow. We are asking WeChat Pay."}, lineIfPaid, lineIfNot},
		foot: footOrder,
	},
	sale.SceneTimeUp: {
		head: headConfirming,
		lead: pair{"请不要重复付款", "Please do not pay again"},
		body: []pair{{"时间到了，正在向微信支付核对。", "Time is up. We are asking WeChat Pay."}, lineIfPaid, lineIfNot},
		foot: footOrder,
	},
	sale.SceneCancelling: {
		head: pair{"正在取消订单", "Cancelling the order"},
		lead: pair{"请不要再付款", "Please do not pay now"},
		body: []pair{
			{"正在向微信支付确认。", "We are asking WeChat Pay."},
			lineIfPaid,
			{"未付款：不会扣款。", "If not: nothing is charged."},
		},
		foot: footOrder,
	},
	sale.SceneNotPaid: {
		head: pair{"订单已取消", "Order cancelled"},
		lead: leadNoCharge,
		body: []pair{{"请按编号重新选择。", "Press a number to choose again."}},
		foot: footHelp,
	},
	sale.SceneStillOpen: {
		head:  pair{"还在核对付款", "Still checking"},
		lead:  pair{"付过款？会全额退回", "If you paid, you get it all back"},
		body:  []pair{{"~核对会自动继续，您可以离开。", "~We go on checking. You may leave."}},
		facts: []fact{factTail, factTime, factHelp},
		foot:  footKeep,
	},
	sale.SceneDispensing: {
		head:  pair{"付款成功，正在出货", "Paid. Here it comes"},
		lead:  pair{"请稍等，商品马上落下", "One moment, please"},
		facts: factsOrder,
		foot:  []pair{{"没有出货会自动退款", "No item? Full refund"}, partHelp},
	},
	sale.SceneChecking: {
		head: pair{"正在确认出货", "Checking your item"},
		lead: pair{"请先不要离开", "Please stay a moment"},
		body: []pair{
			{"机器还没有回应，正在核对。", "The machine has not answered yet."},
			{"没有出货，会全额退款。", "If nothing came out, you get a full refund."},
		},
		foot: footOrder,
	},
	sale.SceneTake: {
		head:  pair{"请取走商品", "Please take your item"},
		lead:  pair{"取货口在机器{tray}，谢谢！", "The tray is {tray}. Thank you!"},
		facts: factsOrder,
		foot:  []pair{{"有问题请拨打 {help}", "Any problem? Call {help}"}},
	},
	sale.SceneRefunding: {
		head:  pair{"没有出货，正在退款", "Refund on its way"},
		lead:  pair{"很抱歉，钱会原路退回", "Sorry, nothing came out"},
		body:  []pair{lineHowLong},
		facts: factsRefund,
		foot:  footRefund,
	},
	sale.SceneRefundUnproved: {
		head:  pair{"正在退款", "Refund on its way"},
		lead:  pair{"没能确认出货，先退给您", "We could not see your item drop"},
		body:  []pair{lineHowLong},
		facts: factsRefund,
		foot:  footRefund,
	},
	sale.SceneRefundLate: {
		head:  pair{"付款超时，正在退款", "Refund on its way"},
		lead:  pair{"付款到得太晚，没有出货", "The payment came too late"},
		body:  []pair{lineHowLong},
		facts: factsRefund,
		foot:  footRefund,
	},
	sale.SceneRefundPerson: {
		head:  pair{"退款需要人工处理", "Our staff refunds you"},
		lead:  pair{"请拨打客服，钱会退给您", "Please call. You get it back"},
		facts: factsRefund,
		foot:  footKeep,
	},
	sale.SceneHeld: {
		head:  pair{"没能确认出货", "Item not confirmed"},
		lead:  pair{"请拨打客服，我们来处理", "Please call. We will settle it"},
		facts: []fact{factPaid, factTail, factTime, factHelp},
		foot:  footKeep,
	},
	sale.SceneRefunded: {
		head:  pair{"已退款", "Refunded"},
		lead:  pair{"钱已退回，很抱歉", "Your money is back"},
		body:  []pair{{"~请按编号再选一次", "~Sorry. Please choose again"}},
		facts: factsRefund,
		foot:  footKeep,
	},
	sale.SceneSoldOut: {
		head: pair{"{slot} 号已售罄", "No. {slot} is sold out"},
		lead: leadOther, body: []pair{lineNoCharge}, foot: footHelp,
	},
	sale.SceneSlotClosed: {
		head: pair{"{slot} 号暂停销售", "No. {slot} is closed"},
		lead: leadOther, body: []pair{lineNoCharge}, foot: footHelp,
	},
	sale.SceneNoSuchSlot: {
		head: pair{"没有 {slot} 号商品", "There is no No. {slot}"},
		lead: pair{"请看清编号再按一次", "Please check the number"},
		body: []pair{lineNoCharge}, foot: footHelp,
	},
	sale.SceneBusy: {
		head: pair{"请稍等几秒", "One moment, please"},
		lead: pair{"上一单还没结束", "The last sale is still ending"},
		body: []pair{{"结束后再按一次编号。没有产生扣款。", "Then press again. You have not been charged."}},
		foot: footHelp,
	},
	sale.SceneOffline: {
		head: headNotSelling,
		lead: pair{"网络断开，正在自动重连", "The network is down"},
		body: []pair{{"恢复后，这里会自动显示商品。", "We are reconnecting. The products will come back here."}, lineBackByself},
		foot: footHelp,
	},
	sale.SceneProviderDown: {
		head: headNotSelling,
		lead: pair{"微信支付暂时连不上", "WeChat Pay does not answer"},
		body: []pair{lineBackHere, lineBackByself},
		foot: footHelp,
	},
	sale.SceneClock: {
		head: headNotSelling,
		lead: pair{"正在校对时间", "Setting the clock"},
		body: []pair{{"完成后，这里会自动显示商品。", "The products will come back here."}, lineBackByself},
		foot: footHelp,
	},
	sale.SceneOutOfService: {
		head: headStopped, lead: leadNothing,
		body:  []pair{{"钱会自动退回微信支付。", "Your money comes back by itself."}},
		facts: factsStopped, foot: footTellUs,
	},
	sale.SceneNoRefunds: {
		head: headStopped, lead: leadNothing,
		body:  []pair{{"请拨打客服，我们会退款。", "Please call and we refund you."}},
		facts: factsStopped, foot: footTellUs,
	},
	sale.SceneService: {head: pair{"维护模式", "Service mode"}},
}
