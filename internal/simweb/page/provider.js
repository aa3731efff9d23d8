// The payment provider's switches.
const latencies = ["0s", "80ms", "300ms", "1s", "3s", "8s"];
const calls = [["query", "查单"], ["create", "下单"], ["close", "关单"], ["refund", "退款"], ["refund-query", "查退款"]];

// Faults that are worth a click; the API knows all of them.
const providerFaults = [
  ["reset-after", "处理了但应答丢失", "done, the answer is lost"],
  ["reset-before", "没处理就断开", "cut before anything is done"],
  ["silent", "一直没有应答", "never answers"],
  ["mis-signed", "签名错误", "wrong signature"],
  ["sign-test", "签名探测", "SIGNTEST signature"],
  ["unsigned", "没有签名", "no signature"],
  ["replay", "重放另一单的成功", "replays another order's success"],
  ["wrong-amount", "金额不符", "another amount"],
  ["wrong-number", "单号不符", "another order number"],
  ["wrong-state", "没听说过的状态", "an unheard-of state"],
  ["truncated", "应答断了一半", "half an answer"],
  ["html-502", "502 网页", "502 with HTML"],
  ["html-200", "要登录的 WiFi", "captive portal"],
  ["system-error", "系统错误", "SYSTEM_ERROR"],
  ["rate-limited", "频率超限", "RATE_LIMITED"],
  ["not-found", "订单不存在", "ORDER_NOT_EXIST"],
  ["paying", "用户支付中", "USERPAYING"],
  ["not-enough", "商户余额不足", "NOT_ENOUGH"],
];
const domainStates = [["up", "正常 up"], ["reset", "拒绝连接 resets"], ["silent", "没有回应 silent"]];
const refundResults = [["SUCCESS", "到账 SUCCESS"], ["ABNORMAL", "异常 ABNORMAL"], ["CLOSED", "关闭 CLOSED"]];

// choice is a row with a label and a select that acts at once.
function choice(id, zh, en, options, value, act) {
  const known = options.some(([v]) => v === value);
  const select = h("select", { id, change: e => act(e.target.value) },
    (known ? options : [[value, value], ...options]).map(([v, text]) => h("option", { value: v, selected: v === value }, text)));
  return h("div", { class: "row" }, h("label", { for: id }, zh + " ", h("span", { lang: "en" }, en)), select);
}

const behave = change => post("phone", "/behaviour", change);

async function setDomain(index, state) {
  await post("phone", "/domains", { index, state });
}

async function setNetwork(down) {
  for (let i = 0; i < provider.stats.domains.length; i++) await setDomain(i, down ? "silent" : "up");
}

async function armProviderFault(event) {
  event.preventDefault();
  const call = $("provider-call").value, name = $("provider-fault").value;
  const kept = [call, name];
  if (await post("phone", "/faults", { call, name })) {
    const [, zh, en] = providerFaults.find(f => f[0] === name);
    toast(`下一次${calls.find(c => c[0] === call)[1]}：${zh} · next ${call}: ${en}`);
  }
  [$("provider-call").value, $("provider-fault").value] = kept;
}

async function clearProviderFaults() {
  const done = await send("DELETE", "phone", "/faults");
  if (!done.ok) toast(done.error, "bad");
}

function providerRows(s) {
  const domains = s.stats.domains || [];
  const down = domains.length > 0 && domains.every(d => d.state !== "up");
  return [
    domains.length ? h("div", { class: "actions" }, h("button", {
      id: "network", type: "button", "aria-pressed": String(down), click: () => setNetwork(!down),
    }, down ? two("恢复网络", "Network up") : two("断开网络", "Network down"))) : null,
    choice("latency", "网络往返", "Latency", latencies.map(l => [l, l === "0s" ? "0" : l]), s.behaviour.latency, v => behave({ latency: v })),
    choice("refund-result", "退款结果", "Refunds end", refundResults, s.behaviour.refund_result, v => behave({ refund_result: v })),
    domains.map((d, i) => choice("domain-" + i, i ? "备用域名" : "主域名", i ? "Spare domain" : "Main domain", domainStates, d.state, v => setDomain(i, v))),
  ];
}

function showProvider(s) {
  paint($("provider-switches"), [s.behaviour, (s.stats.domains || []).map(d => d.state)], () => providerRows(s));
  paint($("provider-armed"), s.pending_faults, () => s.pending_faults ? `已安排 ${s.pending_faults} 个故障 · faults armed: ${s.pending_faults}` : "没有安排故障 · no fault is armed");
  $("provider-clear").disabled = !s.pending_faults;
  const domains = s.stats.domains || [];
  const up = domains.filter(d => d.state === "up").length;
  if (up === domains.length) lamp("provider", "微信支付正常 · provider up");
  else lamp("provider", up ? "一个域名不通 · one domain fails" : "网络已断 · network down", "bad");
}

if (sides.phone) {
  $("provider-body").append(
    h("div", { class: "rows", id: "provider-switches" }),
    h("form", { class: "line", id: "provider-fault-form", submit: armProviderFault },
      h("label", { for: "provider-fault" }, "下一次调用 ", h("span", { lang: "en" }, "The next call")),
      h("div", { class: "pair-line full" },
        h("select", { id: "provider-call", "aria-label": "调用 Call" }, calls.map(([v, zh]) => h("option", { value: v }, `${zh} ${v}`))),
        h("select", { id: "provider-fault" }, providerFaults.map(([v, zh, en]) => h("option", { value: v }, `${zh} · ${en}`)))),
      h("p", { class: "armed", id: "provider-armed" }),
      h("button", { id: "provider-arm", type: "submit" }, two("安排", "Arm")),
      button("provider-clear", "取消全部", "Clear all", clearProviderFaults)));
}
