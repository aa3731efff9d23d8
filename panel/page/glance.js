// The first view: does it sell, and if not, what to do.
let now = null; // the newest status
let toSettle = []; // orders that wait for a person

// condition puts the machine into one word: good, warn or bad.
function condition(s) {
  if (!s.sale.selling) return "bad";
  return toSettle.length ? "warn" : "good";
}
const occupied = s => !["idle", "starting", "out-of-service", "no-refunds", "offline", "provider-down", "clock", "service"].includes(s.sale.scene);

function hero(s) {
  const fault = faults[s.sale.code];
  const head = s.sale.selling ? occupied(s) ? t("serving") : t("selling") : t("stopped");
  const lines = [];
  if (fault) lines.push(h("p", null, pick(fault)[0]), h("p", { class: "todo" }, h("b", null, t("todo") + (english() ? ": " : "：")), pick(fault)[1]));
  else if (s.sale.fault) lines.push(h("p", null, s.sale.fault), h("p", { class: "todo" }, t("seeLog")));
  else if (!toSettle.length && s.sale.selling) lines.push(h("p", null, t("sellingMore")));
  return h("section", { class: "hero " + condition(s), id: "state" },
    h("h2", null, h("i", { "aria-hidden": "true" }), head, s.sale.code && h("code", { id: "code" }, s.sale.code)), lines,
    toSettle.length > 0 && button("go-settle", [t("settleOne", { n: toSettle.length }), " →"], () => go("orders"), { class: "wide" }));
}

function facts(s) {
  const board = s.controller_fault ? h("span", { class: "is-bad" }, s.controller_fault) : t("answers"), more = s.controller || {};
  const list = [
    s.today && [t("today"), h("b", { id: "today" }, yuan(s.today.fen) + " · " + t("ordersN", { n: s.today.count }))],
    [t("openOrders"), (s.sale.open || []).length], [t("doubts"), s.sale.doubts], [t("controller"), board],
    more.temperature != null && [t("temperature"), more.temperature + " °C"], more.door_open != null && [t("door"), more.door_open ? t("doorOpen") : t("doorShut")],
    s.free > 0 && [t("space"), size(s.free)], [t("ledger"), size(s.store.size) + " · " + t("ordersN", { n: s.store.orders })],
    [t("uptime"), span(s.sale.up_ns / 1e9)], [t("version"), s.version],
  ].filter(Boolean);
  return h("dl", { class: "card facts" }, list.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

const glance = {
  build() {
    return h("div", { class: "glance" }, h("div", { class: "column" }, h("div", { id: "hero" }), h("div", { id: "facts" })),
      h("figure", { class: "card screen", "data-on": "false" }, h("figcaption", null, t("screen")), h("img", { id: "picture", alt: t("screen"), width: 360, height: 640 }), h("p", { class: "hint" }, t("noScreen"))));
  },
  paint() {
    if (!now || !$("hero")) return;
    const s = now;
    paint($("hero"), [s.sale.selling, occupied(s), s.sale.code, s.sale.fault, toSettle.length], () => hero(s));
    paint($("facts"), [s.today, s.sale.open, s.sale.doubts, s.controller, s.controller_fault, s.store, s.free, Math.floor(s.sale.up_ns / 6e10), s.version], () => facts(s));
  },
  // tick is called every two seconds while the view can be seen.
  async tick() {
    glance.paint();
    const answer = await fetch("/api/screen", { headers: { "X-Kioskd-Poll": "1" } }).catch(() => null);
    if (!answer || !$("picture")) return;
    const on = answer.status === 200;
    $("picture").closest("figure").dataset.on = String(on);
    if (!on) return;
    const tag = answer.headers.get("ETag");
    if (glance.tag === tag && $("picture").src) return;
    glance.tag = tag;
    URL.revokeObjectURL($("picture").src);
    $("picture").src = URL.createObjectURL(await answer.blob());
  },
};
