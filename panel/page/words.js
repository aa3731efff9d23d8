// Every word of the page in both languages, Chinese first. {x} is filled in.
const words = {
  pin: ["技术员 PIN", "Technician's PIN"], enter: ["进入", "Enter"], leave: ["退出", "Log out"],
  pinHint: ["PIN 写在机器的配置里。输错太多次会锁定一段时间。", "The PIN is set in the machine's config. Too many wrong ones lock this page for a while."],
  pinWrong: ["PIN 不对", "Wrong PIN"], pinShape: ["PIN 是 4 到 12 位数字", "A PIN has 4 to 12 digits"],
  pinLocked: ["输错太多次，{t} 后再试", "Too many wrong PINs: try again in {t}"],
  pinOver: ["已自动退出，请重新输入 PIN", "You were logged out. Type the PIN again."],
  offline: ["连不上机器，正在重试…", "The machine does not answer. Trying again…"],
  views: ["页面", "Views"], glance: ["概况", "Now"], slots: ["货道", "Slots"], orders: ["订单", "Orders"], sales: ["销售", "Sales"], log: ["日志", "Log"],
  loading: ["读取中…", "Loading…"], close: ["关闭", "Close"], cancel: ["取消", "Cancel"], save: ["保存", "Save"], done: ["完成", "Done"],

  selling: ["正在售卖", "Selling"], stopped: ["暂停服务", "Out of service"], serving: ["正在服务顾客", "Serving a customer"],
  sellingMore: ["机器一切正常。", "All is well."], todo: ["怎么办", "What to do"], seeLog: ["看日志里的提示。", "See the hint in the log."],
  settleOne: ["{n} 笔订单等你处理", "{n} to settle by a person"],
  today: ["今天卖出", "Sold today"], openOrders: ["进行中的订单", "Orders in hand"], doubts: ["24 小时内无法确定", "Unknown outcomes, 24 h"],
  controller: ["控制板", "Controller"], answers: ["正常", "answers"], space: ["磁盘剩余", "Disk space left"], ledger: ["账本", "Ledger"],
  version: ["版本", "Version"], uptime: ["已运行", "Running for"], screen: ["顾客屏幕", "Customer screen"], noScreen: ["现在没有屏幕画面", "There is no picture of the screen"],
  ordersN: ["{n} 笔", "{n} orders"],

  stock: ["库存", "Stock"], uncounted: ["不计数", "not counted"], left: ["剩 {n}", "{n} left"], price: ["价格（元）", "Price, yuan"],
  sells: ["可售", "sells"], soldOut: ["售罄", "sold out"], closed: ["停用", "closed"], sold: ["出货中", "in a sale"], spare: ["备用于 {n} 号", "spare for {n}"],
  closedPerson: ["人工停用", "closed by a person"], closedFailed: ["出货失败，已停用（订单 {n}）", "a vend failed (order {n})"], boardSays: ["控制板报告缺货", "the board says it is empty"],
  slot: ["货道 {n}", "Slot {n}"], openSlot: ["恢复售卖", "Let it sell again"], closeSlot: ["停用货道", "Close the slot"],
  testSlot: ["测试出货", "Test vend"], testAsk: ["货道 {n} 的电机会转一次，掉下一件没人付款的商品。手不要放在里面。", "The motor of slot {n} turns once and a product falls that nobody pays. Keep your hands out."],
  testGo: ["转动电机", "Turn the motor"], testFell: ["掉货了：货道 {n} 正常", "It fell: slot {n} works"], testNot: ["没有掉货：货道 {n} {d}", "Nothing fell: slot {n} {d}"],
  testWait: ["电机转动中…", "The motor turns…"], priceBad: ["价格写成 3.50 这样", "Write the price like 3.50"], stockBad: ["库存是 0 到 999", "The stock is 0 to 999"],
  saved: ["已保存", "Saved"], noCount: ["不再计数", "Stop counting"], priceAsk: ["把 {n} 号改成 {p}？下一位顾客就付这个价。", "Change slot {n} to {p}? The next customer pays that."],

  board: ["控制板的货道", "The board's slots"], boardAsk: ["问控制板", "Ask the board"], boardWait: ["正在问控制板…", "Asking the board…"],

  settle: ["等你处理", "To settle"], inHand: ["进行中", "In hand"], all: ["全部订单", "All orders"], none: ["没有", "None"],
  day: ["日期", "Day"], state: ["状态", "State"], anyState: ["全部状态", "Any state"], more: ["更多", "More"], order: ["订单", "Order"],
  number: ["单号", "Number"], created: ["下单", "Begun"], paidAt: ["付款", "Paid"], transaction: ["微信支付单号", "WeChat Pay id"], detail: ["说明", "Detail"], refundState: ["退款", "Refund"], journal: ["经过", "What happened"],
  reason: ["原因（记入账本）", "Reason, for the journal"], reasonMissing: ["请写原因", "Write the reason"],
  asRefund: ["退款给顾客", "Refund the customer"], asDispensed: ["顾客已拿到商品", "The customer has it"], asWrittenOff: ["核销，不再处理", "Write it off"],
  askRefund: ["{p} 会退回顾客的微信支付，不能撤回。", "{p} go back to the customer's WeChat Pay. This cannot be undone."],
  askDispensed: ["记为已出货，钱不退。", "It counts as dispensed; the money stays."], askWrittenOff: ["不退款也不记为出货，只留下记录。", "No refund and no product; only the record stays."],
  settled: ["已处理", "Settled"], refunding: ["退款已提交", "The refund is on its way"], test: ["测试", "test"],
  reasons: [["顾客来电", "卡在货道里", "顾客已拿走"], ["customer called", "hung in the spiral", "customer has it"]],

  days30: ["最近 30 天", "Last 30 days"], total: ["合计", "Total"], refunds: ["退款", "Refunds"], perDay: ["日均", "A day"], export: ["导出", "Export"], from: ["从", "From"], to: ["到", "To"], table: ["表格", "Table"],
  chart: ["最近 30 天每天的销售额，最多 {p}", "Sales of each of the last 30 days, at most {p}"], exported: ["已导出", "Exported"],
  reload: ["重读配置", "Read config again"], reloadAsk: ["配置文件改好以后用。有错就不生效，旧的继续用。", "For a config file that was edited. With a mistake in it the old one stays in use."],
  reloadNow: ["下一单生效", "For the next order"], reloadIdle: ["没有顾客时生效", "When nobody is at the machine"], reloadRestart: ["重启 kioskd 后生效", "Only after kioskd is restarted"], reloadNone: ["没有变化", "Nothing has changed"],
  temperature: ["温度", "Temperature"], door: ["柜门", "Door"], doorOpen: ["开着", "open"], doorShut: ["关着", "shut"],
  warnings: ["只看警告", "Warnings only"], noLines: ["还没有日志", "No lines yet"],
};
const states = {
  created: ["生成中", "making a code"], awaiting: ["待付款", "to be paid"], closing: ["关单中", "closing"], closed: ["未付款", "not paid"], paid: ["已付款", "paid"],
  dispensing: ["出货中", "dispensing"], unknown: ["核实中", "being checked"], refunding: ["退款中", "refunding"], attention: ["待处理", "to settle"],
  dispensed: ["已出货", "dispensed"], refunded: ["已退款", "refunded"], written_off: ["已核销", "written off"],
};
const causes = {
  selected: ["顾客选货", "selected"], code_ready: ["二维码已生成", "code ready"], create_failed: ["没有拿到二维码", "no code"], timeout: ["超时", "time is up"], network: ["网络不通", "network"],
  screen: ["屏幕故障", "screen gone"], cancelled: ["顾客取消", "cancelled"], replaced: ["顾客改选", "chose another"], restart: ["重启或断电", "restart or power cut"], closed_there: ["微信支付已关单", "closed at WeChat Pay"],
  never_created: ["微信支付没有此单", "unknown at WeChat Pay"], paid: ["付款已核实", "payment verified"], late: ["迟到的付款", "late payment"], ready: ["机器就绪", "machine ready"], not_ready: ["机器没准备好", "machine not ready"],
  dropped: ["检测到掉货", "drop proved"], not_dropped: ["确认没有掉货", "proved: nothing fell"], not_sent: ["命令没有发出", "command not sent"], other_slot: ["改用另一货道", "another slot"], no_proof: ["无法确定", "no proof"],
  refunded: ["退款到账", "refunded"], refund_failed: ["退款失败", "refund failed"], refund_held: ["退款要人决定", "refund needs a person"], refund_there: ["微信支付那边已退款", "refunded at WeChat Pay"], swept: ["复查", "looked again"],
  restored: ["从副本恢复", "restored from a copy"], person: ["人工处理", "a person"],
};
