package display

import "kioskd/sale"

// pair is one text in both languages, indexed by zh and en.
type pair [2]string

const (
	zh = 0
	en = 1
)

// entry holds the words of one scene as the design writes them: {…} is filled
// in, [..] is a key, a leading ~ marks a soft line, | is where a line breaks.
type entry struct {
	head, sub, lead pair
	body            []pair
	facts           []fact
	foot            []pair
}

// fact names a row of a block of facts.
type fact int

const (
	factItem fact = iota
	factPaid
	factBack // the amount on its way back
	factTail
	factTime
	factHelp
	factMachine
	factCode
)

var factLabels = [...]pair{
	factItem:    {"商品", "Item"},
	factPaid:    {"已付", "Paid"},
	factBack:    {"退回微信支付", "To WeChat Pay"},
	factTail:    {"订单尾号", "Order ends in"},
	factTime:    {"时间", "Time"},
	factHelp:    {"客服电话", "Help"},
	factMachine: {"机号", "Machine"},
	factCode:    {"代码", "Code"},
}

var (
	factsOrder  = []fact{factItem, factPaid, factTail}
	factsRefund = []fact{factBack, factTail, factTime, factHelp}

	partHelp    = pair{"客服 {help}", "Help {help}"}
	partMachine = pair{"机号 {machine}", "Machine {machine}"}
	partTail    = pair{"订单尾号 {tail}", "Order {tail}"}
	partPhoto   = pair{"可拍下本页留存", "Take a photo"}
	partKeep    = pair{"可拍下本页留存", "Take a photo to keep"}
	partGoOn    = pair{"按任意编号继续购买", "Press a number to go on"}

	footHelp   = []pair{partHelp, partMachine}
	footOrder  = []pair{partHelp, partTail}
	footRefund = []pair{partPhoto, partGoOn}
	footKeep   = []pair{partKeep}

	lineNoCharge   = pair{"没有产生扣款。", "You have not been charged."}
	lineIfPaid     = pair{"已付款：马上出货，或全额退款。", "If you paid: your item comes, or a full refund."}
	lineIfNot      = pair{"未付款：订单取消，不会扣款。", "If not: the order ends and nothing is charged."}
	lineBackHere   = pair{"恢复后，这里会自动显示商品。", "The products will come back here."}
	lineBackByself = pair{"付了款没拿到商品？钱会自动退回。", "Paid but got nothing? Your money comes back by itself."}
	lineHowLong    = pair{"~{long}", "~{long}"}

	headConfirming = pair{"正在确认付款", "Checking your payment"}
	headNotSelling = pair{"暂时不能售卖", "Not selling just now"}
	headStopped    = pair{"机器暂停服务", "Out of service"}
	leadOther      = pair{"请按其他编号", "Please press another number"}
	leadNothing    = pair{"付了款没拿到商品？", "Paid but got nothing?"}
	leadNoCharge   = pair{"没有扣款", "You have not been charged"}
	footTellUs     = []pair{{"来电时请告诉我们机号和代码", "Tell us the machine and the code"}}
	factsStopped   = []fact{factHelp, factMachine, factCode}
)

// howLong is how long a refund takes unless the operator says otherwise.
var howLong = pair{"零钱几分钟，|银行卡 1–3 个工作日", "Balance: minutes.| Card: 1–3 working days"}

var trays = map[string]pair{
	"below": {"下方", "below"},
	"left":  {"左侧", "on the left"},
	"right": {"右侧", "on the right"},
}

var (
	wordTimeLeft = pair{"剩余时间", "Time left"}
	wordSeconds  = pair{"秒", "seconds"}
	wordNameless = pair{"{slot} 号商品", "No. {slot}"}
	wordWallet   = pair{"微信支付", "WeChat Pay"}
	wordPending  = pair{"退款中", "Refunding"}
	wordReturned = pair{"已退款", "Refunded"}
	wordNote     = pair{"¥{amount} · 订单尾号 {tail} · {time}", "¥{amount} · order {tail} · {time}"}
	wordNoteTiny = pair{"¥{amount} · 尾号 {tail}", "¥{amount} · {tail}"}
	wordSoldOut  = [2]pair{{"售罄", "Sold out"}, {"售罄", "Out"}}
	wordClosed   = [2]pair{{"暂停", "Closed"}, {"暂停", "Off"}}
	wordStopped  = pair{"停止售卖", "Not selling"}
	wordLeave    = pair{"关上柜门，或按“{cancel}”，退出维护模式", "Close the door or press {cancel} to leave"}
	wordLeaveBy  = pair{"关上柜门，退出维护模式", "Close the door to leave"}

	hintCancel    = pair{"按 [{cancel}] 重新选择", "Press [{cancel}] to choose again"}
	hintCancelFew = pair{"[{cancel}] 重新选择", "[{cancel}] Choose again"}
	hintNew       = pair{"扫不出？再按 [{slot}] 换新码", "Press [{slot}] again for a new code"}
	hintNewFew    = pair{"再按 [{slot}] 换新码", "[{slot}] New code"}
	hintNewKey    = pair{"扫不出？按 [{new}] 换新码", "Press [{new}] for a new code"}
	hintNewKeyFew = pair{"按 [{new}] 换新码", "[{new}] New code"}
	hintSameIn    = pair{"同款商品请按 [{same}]", "Same item: press [{same}]"}
)

var rowLabels = map[sale.RowLabel]pair{
	sale.RowController: {"控制板", "Controller"},
	sale.RowNetwork:    {"网络", "Network"},
	sale.RowPayment:    {"微信支付", "WeChat Pay"},
	sale.RowStorage:    {"存储", "Storage"},
	sale.RowClock:      {"时钟", "Clock"},
	"temperature":      {"温度", "Temperature"},
	"door":             {"柜门", "Door"},
	sale.RowSlots:      {"停用货道", "Closed slots"},
	sale.RowOrders:     {"未完成订单", "Open orders"},
	sale.RowQuestions:  {"待人处理", "Waiting for a person"},
	sale.RowToday:      {"今日售出", "Sold today"},
	sale.RowError:      {"最近错误", "Last error"},
	"page":             {"维护网页", "Page"},
	sale.RowVersion:    {"版本", "Version"},
}
