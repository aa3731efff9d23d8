// Orders: first those that wait for a person, then those in hand, then all.
const orders = {
  day: "", state: "", limit: 20, list: null,
  build() {
    const pickState = h("select", { id: "filter-state", change: e => { orders.state = e.target.value; orders.reload(); } },
      h("option", { value: "" }, t("anyState")), Object.keys(states).map(s => h("option", { value: s, selected: s === orders.state }, named(states, s))));
    return h("div", { class: "column" },
      h("section", { class: "card" }, h("h2", null, t("settle")), h("ul", { id: "settle-list", class: "list" })),
      h("section", { class: "card" }, h("h2", null, t("inHand")), h("ul", { id: "hand-list", class: "list" })),
      h("section", { class: "card" }, h("h2", null, t("all")),
        h("div", { class: "line filters" },
          h("input", { id: "filter-day", type: "date", "aria-label": t("day"), value: orders.day, change: e => { orders.day = e.target.value; orders.reload(); } }),
          (pickState.setAttribute("aria-label", t("state")), pickState)),
        h("ul", { id: "order-list", class: "list" }, h("li", { class: "hint" }, t("loading"))),
        button("more", t("more"), () => { orders.limit += 30; orders.reload(); }, { class: "quiet", hidden: true })));
  },
  paint() {
    if (!$("order-list")) return;
    const rows = list => list.length ? list.map(orderRow) : [h("li", { class: "hint" }, t("none"))];
    paint($("settle-list"), toSettle, () => rows(toSettle));
    const open = now && now.sale.open || [];
    paint($("hand-list"), [open, orders.list], () => open.length ? open.map(handRow) : [h("li", { class: "hint" }, t("none"))]);
    if (!orders.list) return;
    paint($("order-list"), orders.list, () => rows(orders.list));
    $("more").hidden = orders.list.length < orders.limit;
  },
  async reload() {
    const query = new URLSearchParams({ limit: orders.limit });
    if (orders.day) query.set("day", orders.day);
    if (orders.state) query.set("state", orders.state);
    const answer = await get("v1/orders?" + query, true);
    if (answer.ok) orders.list = answer.json || [];
    else if (answer.status) toast(answer.error, true);
    orders.paint();
  },
  async tick(n) {
    orders.paint();
    if (n % 3 === 0) await orders.reload();
  },
};

const kindOf = state => ({ attention: "warn", dispensed: "good", refunded: "note", refunding: "note", unknown: "warn" })[state] || "mute";
const isTest = o => o.number.includes("-T-");
function orderRow(o) {
  return h("li", null, button("order-" + o.number, [
    h("b", { class: "slot" }, o.product.slot),
    h("span", { class: "grow" }, h("strong", null, o.product.name || o.number), h("small", null, moment(o.created_at) + " · …" + tail(o.number))),
    h("span", { class: "right" }, h("strong", null, isTest(o) ? t("test") : yuan(o.product.price)), h("small", { class: "pill " + kindOf(o.state) }, named(states, o.state))),
  ], () => orderSheet(o.number), { class: "row" }));
}
function handRow(o) {
  const known = (orders.list || []).find(k => k.number === o.number);
  return h("li", null, button("hand-" + o.number, [
    h("b", { class: "slot" }, o.slot), h("span", { class: "grow" }, h("strong", null, known ? known.product.name : "…" + tail(o.number)), h("small", null, named(causes, o.cause) + " · …" + tail(o.number))),
    h("span", { class: "right" }, h("small", { class: "pill " + kindOf(o.state) }, named(states, o.state))),
  ], () => orderSheet(o.number), { class: "row" }));
}

// orderSheet tells the story of one order, with what a person may do about it.
async function orderSheet(number) {
  show(t("order") + " …" + tail(number), h("p", { class: "hint" }, t("loading")));
  const answer = await get("v1/orders/" + encodeURIComponent(number));
  if (!answer.ok) { show(t("order") + " …" + tail(number), h("p", { class: "is-bad" }, answer.error)); return; }
  const { order: o, journal } = answer.json;
  const refund = o.refund && [o.refund.status, o.refund.refusal].filter(Boolean).join(" · ");
  const facts = [
    [t("number"), o.number], [t("slot", { n: o.product.slot }), (o.product.name || "") + " · " + yuan(o.product.price)], [t("state"), named(states, o.state)],
    [t("created"), moment(o.created_at)], o.payment && [t("paidAt"), moment(o.payment.paid_at)], o.payment && [t("transaction"), o.payment.transaction_id],
    refund && [t("refundState"), refund], o.detail && [t("detail"), o.detail],
  ].filter(Boolean);
  show(t("order") + " …" + tail(number),
    h("dl", { class: "facts" }, facts.map(([k, v]) => h("div", null, h("dt", null, k), h("dd", null, v)))),
    actions(o),
    h("h3", null, t("journal")),
    h("ol", { id: "journal", class: "journal" }, journal.map(e => h("li", null, h("time", null, moment(e.at)), h("b", null, named(states, e.state)), h("span", null, named(causes, e.cause) + (e.detail ? " · " + e.detail : ""))))));
}

function actions(o) {
  const paid = o.payment && !isTest(o);
  if (o.state === "attention") {
    return h("div", { class: "buttons" },
      paid && button("as-refund", t("asRefund"), () => settle(o, "refund", t("asRefund"), t("askRefund", { p: yuan(o.product.price) })), { class: "go" }),
      o.cause !== "refund_failed" && button("as-dispensed", t("asDispensed"), () => settle(o, "dispensed", t("asDispensed"), t("askDispensed"))),
      button("as-written-off", t("asWrittenOff"), () => settle(o, "written-off", t("asWrittenOff"), t("askWrittenOff"))));
  }
  if ((o.state === "dispensed" || o.state === "written_off") && paid) {
    return h("div", { class: "buttons" }, button("refund", t("asRefund"), () => giveBack(o), { class: "bad" }));
  }
  return false;
}

async function settle(o, as, title, text) {
  const yes = await ask({ title, text, yes: title, danger: as !== "dispensed", reason: true });
  if (yes) await after(o, change("v1/resolve", { number: o.number, as, reason: yes.reason }, as === "refund" ? t("refunding") : t("settled")));
}
async function giveBack(o) {
  const yes = await ask({ title: t("asRefund"), text: t("askRefund", { p: yuan(o.product.price) }), yes: t("asRefund"), danger: true, reason: true });
  if (yes) await after(o, change("v1/refunds", { number: o.number, reason: yes.reason, dispensed: o.state === "dispensed" }, t("refunding")));
}
async function after(o, done) {
  await done;
  await Promise.all([look(), orders.reload()]);
  orderSheet(o.number);
}
