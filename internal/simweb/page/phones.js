// The customers' phones: what WeChat shows, and what the customer does.
const purse = 10000; // fen that each customer begins with
const pinTime = "30s"; // then the slow customer has typed it
const phones = {
  A: { user: "phone-A", told: null, scanned: "" }, // told: what WeChat refused at the last touch
  B: { user: "phone-B", told: null, scanned: "" },
};
const reasons = {
  "not-a-code": "This is no payment code",
  "code-replaced": "This code was replaced by a newer one",
  "code-expired": "This code is too old",
  "other-user": "Another phone scanned it first",
  "order-closed": "The order is closed",
  "order-expired": "The time to pay is over",
  "order-paid": "The order is paid",
  "not-scanned": "Scan first",
  "entering-pin": "The PIN is being typed",
  "system-busy": "Busy, try again later",
};
let provider = null, provided = 0; // state, and its clock minus ours

const payable = o => (o.trade_state === "NOTPAY" || o.trade_state === "USERPAYING") && !(o.expires_at && Date.parse(o.expires_at) < now());
const now = () => Date.now() + provided;
const tail = o => "…" + o.out_trade_no.slice(-5);

function stateOf(o) {
  if (o.refunded) return ["已退款", "refunded"];
  if (o.refunding) return ["退款中", "refunding"];
  if (o.paid_at) return ["已支付", "paid"];
  if (o.closed_at) return ["已关闭", "closed"];
  if (!payable(o)) return ["已过期", "expired"];
  if (o.stage === "pin") return ["正在输密码", "entering PIN"];
  return o.payer ? ["已扫码", "scanned"] : ["待支付", "payable"];
}

// target is the order that a scan means: the one chosen, else the newest that
// can be paid, else the newest.
function target() {
  if (!provider) return null;
  const all = provider.orders;
  return all.find(o => o.out_trade_no === $("order").value) || all.findLast(payable) || all.at(-1) || null;
}

function showOrders(s) {
  const open = s.orders.filter(payable).reverse();
  const dead = s.orders.filter(o => !payable(o)).slice(-4).reverse();
  const option = o => h("option", { value: o.out_trade_no }, `${o.description} ${yuan(o.total)} ${tail(o)} · ${stateOf(o)[0]}`);
  const select = $("order"), before = select.value;
  paint(select, [...open, ...dead].map(o => [o.out_trade_no, stateOf(o)]), () => [
    h("option", { value: "" }, "屏幕上最新的码 · the newest code"),
    open.length ? h("optgroup", { label: "可以支付 payable" }, open.map(option)) : null,
    dead.length ? h("optgroup", { label: "旧码 old codes" }, dead.map(option)) : null,
  ]);
  select.value = [...select.options].some(o => o.value === before) ? before : "";
  $("orders-count").textContent = s.orders.length;
  const last = s.orders.slice(-30).reverse();
  paint($("orders"), last.map(o => [o.out_trade_no, stateOf(o)]), () => last.map(o => h("li", null,
    h("time", null, clock(o.created_at)), h("b", null, stateOf(o).join(" ")), h("span", null, `${o.description} ${yuan(o.total)}`), h("span", { class: "count" }, o.out_trade_no))));
}

async function touch(id, path, body) {
  const phone = phones[id];
  const done = await send("POST", "phone", path, { user: phone.user, ...body });
  phone.told = done.ok ? null : { shown: done.json.shown, reason: done.json.reason };
  if (!done.ok && !done.json.shown) toast(done.error, "bad");
  if (done.ok) phone.scanned = done.json.out_trade_no;
  if (provider) showPhone(id);
}

function scan(id) {
  const o = target();
  if (!o) { toast("还没有码可以扫：先在键盘上选货 · no code yet: select on the keypad first", "bad"); return; }
  touch(id, "/scan", { code_url: o.code_url });
}

// wallet is what the customer owns: what was paid is gone, what came back is there.
function wallet(orders) {
  const paid = orders.reduce((sum, o) => sum + o.payer_total, 0);
  const back = orders.reduce((sum, o) => sum + o.refunded, 0);
  return { left: purse - paid + back, back };
}

// page is the page of the checkout that stands open on the phone, and the
// buttons on it.
function page(id, o) {
  const pay = button(`phone-${id}-pay`, "立即支付", "Pay now", () => touch(id, "/pay", order), { class: "go wide" });
  const fail = button(`phone-${id}-fail`, "支付失败", "Fail", () => touch(id, "/fail", order));
  const leave = props => button(`phone-${id}-abandon`, "离开", "Walk away", () => touch(id, "/abandon", order), props);
  const order = { out_trade_no: o.out_trade_no };
  const price = h("p", { class: "big" }, yuan(o.total)), what = h("p", null, o.description);
  const lead = (zh, en) => [h("p", { class: "lead" }, zh), h("p", { class: "small", lang: "en" }, en)];
  if (o.stage === "scanned") {
    const slow = button(`phone-${id}-pin`, "慢输密码", "Slow PIN", () => touch(id, "/pin", { ...order, for: pinTime }));
    return { face: [what, price], buttons: [pay, slow, fail, leave({ class: "wide" })] };
  }
  if (o.stage === "pin") {
    const left = Math.max(0, Math.ceil((Date.parse(o.pin_until) - now()) / 1000));
    const dots = "●".repeat(Math.min(6, Math.floor((1 - left / parseInt(pinTime)) * 6))).padEnd(6, "○");
    const done = button(`phone-${id}-finish`, "输完密码", "Finish the PIN", () => touch(id, "/pay", order), { class: "go wide" });
    return { face: [lead("请输入支付密码", "Enter PIN"), price, h("p", { class: "pin" }, dots), h("p", { class: "small" }, `还要 ${left} 秒 · ${left} s to go`)], buttons: [done, fail, leave()] };
  }
  if (o.stage === "failed") {
    return { tone: "bad", face: [lead("支付失败", "Payment failed"), h("p", { class: "small" }, "余额不足或密码错误，没有扣款 · nothing was taken")], buttons: [pay, fail, leave()] };
  }
  if (o.stage === "paid") {
    if (o.refunded) return { tone: "back", face: [lead("退款到账", "Refund arrived"), h("p", { class: "big" }, "+" + yuan(o.refunded)), what], buttons: [] };
    if (o.refunding) return { tone: "back", face: [lead("退款中", "Refund under way"), h("p", { class: "big" }, yuan(o.refunding)), what], buttons: [] };
    return { tone: "good", face: [lead("支付成功", "Paid"), h("p", { class: "big" }, yuan(o.payer_total)), what], buttons: [] };
  }
  return null;
}

function home(id, bound) {
  const left = bound && bound.stage === "abandoned";
  return {
    face: left
      ? [h("p", { class: "lead" }, "已离开付款页"), h("p", { class: "small", lang: "en" }, "The customer walked away; a new scan brings the page back")]
      : [h("p", { class: "lead" }, "微信"), h("p", { class: "small" }, "点“扫一扫”扫屏幕上的码 ", h("span", { lang: "en" }, "Scan the code on the screen"))],
    buttons: [],
  };
}

function refusal(id, told) {
  return {
    tone: "bad", face: [h("p", { class: "lead" }, told.shown), h("p", { class: "small", lang: "en" }, reasons[told.reason] || told.reason)],
    buttons: [button(`phone-${id}-ok`, "知道了", "OK", () => { phones[id].told = null; showPhone(id); }, { class: "wide" })],
  };
}

function showPhone(id) {
  const { user, told, scanned } = phones[id];
  const orders = provider.orders.filter(o => o.payer === user);
  const bound = orders.find(o => o.out_trade_no === scanned) || orders.at(-1);
  const money = wallet(orders);
  const left = bound && bound.stage === "pin" ? Math.ceil((Date.parse(bound.pin_until) - now()) / 1000) : 0;
  const model = [told, bound && [bound.out_trade_no, bound.stage, bound.refunded, bound.refunding], money, left];
  paint($("phone-" + id), model, () => {
    const view = told && told.shown ? refusal(id, told) : bound && page(id, bound) || home(id, bound);
    return [
      h("header", null, h("span", null, "手机 " + id), h("span", { class: "wallet", id: `phone-${id}-wallet`, title: "零钱 balance" }, "零钱 " + yuan(money.left))),
      h("div", { class: "face " + (view.tone || ""), id: `phone-${id}-face`, "aria-live": "polite" }, view.face,
        money.back ? h("p", { class: "small", id: `phone-${id}-back` }, `共收到退款 ${yuan(money.back)} · refunds received`) : null),
      h("div", { class: "buttons" }, view.buttons,
        button(`phone-${id}-scan`, "扫一扫", "Scan", () => scan(id), { class: "wide " + (bound && !told && view.buttons.length ? "" : "dark") })),
    ];
  });
}

function showProviderSide(s) {
  provider = s;
  provided = Date.parse(s.now) - Date.now();
  showOrders(s);
  showPhone("A");
  showPhone("B");
  showProvider(s);
}

if (sides.phone) watch("phone", showProviderSide);
