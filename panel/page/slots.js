// What is in the slots, what it costs, and whether it sells.
let shelves = [];

function word(s) {
  if (s.sold) return ["note", t("sold")];
  if (s.state === "closed") return ["bad", t("closed")];
  if (s.state === "sold-out") return ["warn", t("soldOut")];
  return ["good", t("sells")];
}
function why(s) {
  if (s.shelf.closed === "failed") return t("closedFailed", { n: tail(s.shelf.order || "") }) + (s.shelf.reason ? " · " + s.shelf.reason : "");
  if (s.shelf.closed) return t("closedPerson") + (s.shelf.reason ? " · " + s.shelf.reason : "");
  if (s.state === "sold-out" && !(s.shelf.counted && !s.shelf.stock)) return t("boardSays");
  return s.main !== s.product.slot ? t("spare", { n: s.main }) : "";
}
const stockOf = s => s.shelf.counted ? t("left", { n: s.shelf.stock || 0 }) : t("uncounted");

function row(s) {
  const [kind, state] = word(s);
  return h("li", null, button("slot-" + s.product.slot, [
    h("b", { class: "slot" }, s.product.slot),
    h("span", { class: "grow" }, h("strong", null, s.product.name), h("small", null, why(s) || stockOf(s))),
    h("span", { class: "right" }, h("strong", null, yuan(s.product.price)), h("small", { class: "pill " + kind }, state)),
  ], () => slotSheet(s.product.slot), { class: "row" }));
}

// slotSheet has everything that can be done with one slot.
function slotSheet(slot) {
  const s = shelves.find(x => x.product.slot === slot);
  if (!s) return;
  const says = h("p", { class: "says", role: "alert" });
  const stock = h("input", { id: "stock", inputmode: "numeric", maxlength: 3, value: s.shelf.counted ? s.shelf.stock || 0 : "", placeholder: "–", autocomplete: "off" });
  const price = h("input", { id: "price", inputmode: "decimal", maxlength: 9, value: (s.product.price / 100).toFixed(2), autocomplete: "off" });
  const step = n => { stock.value = Math.min(999, Math.max(0, (parseInt(stock.value, 10) || 0) + n)); };
  const saveStock = async n => { if ((await change("v1/shelves/" + slot, { stock: n }, t("saved"))).ok) reopen(slot); };
  const savePrice = async () => {
    const typed = price.value.trim().replace(",", ".");
    if (!/^\d{1,6}(\.\d{1,2})?$/.test(typed) || Number(typed) <= 0) { says.textContent = t("priceBad"); price.focus(); return; }
    const shown = yuan(Math.round(Number(typed) * 100));
    if (!await ask({ title: s.product.name, text: t("priceAsk", { n: s.main, p: shown }), yes: t("save") })) return;
    if ((await change("v1/prices", { slot: s.main, price: typed }, t("saved"))).ok) reopen(slot);
  };
  const closed = s.shelf.closed;
  show(t("slot", { n: slot }) + " · " + s.product.name,
    why(s) && h("p", { class: "hint" }, why(s)), says,
    h("label", { for: "stock" }, t("stock")),
    h("div", { class: "line" }, button("stock-less", "−", () => step(-1), { "aria-label": "−1" }), stock, button("stock-more", "+", () => step(1), { "aria-label": "+1" }),
      button("stock-save", t("save"), () => {
        if (!/^\d{1,3}$/.test(stock.value.trim())) { says.textContent = t("stockBad"); stock.focus(); return; }
        saveStock(Number(stock.value));
      }, { class: "go" })),
    s.shelf.counted && button("stock-none", t("noCount"), () => saveStock(-1), { class: "quiet" }),
    h("label", { for: "price" }, t("price")),
    h("div", { class: "line" }, price, button("price-save", t("save"), savePrice, { class: "go" })),
    h("div", { class: "buttons" },
      closed ? button("slot-open", t("openSlot"), () => shelve(slot, { open: true }), { class: "go" }) : button("slot-close", t("closeSlot"), () => closeSlot(s)),
      button("slot-test", t("testSlot"), () => testSlot(slot))));
}

async function reopen(slot) {
  await slots.tick();
  slotSheet(slot);
}
async function shelve(slot, want) {
  if ((await change("v1/shelves/" + slot, want, t("saved"))).ok) reopen(slot);
}
async function closeSlot(s) {
  const slot = s.product.slot;
  const yes = await ask({ title: t("closeSlot"), text: t("slot", { n: slot }) + " · " + s.product.name, yes: t("closeSlot"), danger: true, reason: true });
  if (yes) shelve(slot, { open: false, reason: yes.reason });
}
async function testSlot(slot) {
  const yes = await ask({ title: t("testSlot"), text: t("testAsk", { n: slot }), yes: t("testGo"), danger: true });
  if (!yes) return;
  show(t("testSlot"), h("p", { id: "test-says", class: "wait" }, t("testWait")));
  const done = await call("POST", "v1/test", { body: { slot } });
  let said = done.error;
  if (done.ok) said = done.json.state === "dispensed" ? t("testFell", { n: slot }) : t("testNot", { n: slot, d: done.json.detail || "" });
  const good = done.ok && done.json.state === "dispensed";
  show(t("testSlot"), h("p", { id: "test-says", class: good ? "is-good" : "is-bad" }, said), h("div", { class: "buttons" }, button("test-done", t("done"), hide, { class: "go" })));
  slots.tick();
}

// boardSheet asks the board itself about every slot, which takes a while.
async function boardSheet() {
  show(t("board"), h("p", { class: "wait" }, t("boardWait")));
  const done = await get("v1/slots");
  if (!done.ok) { show(t("board"), h("p", { class: "is-bad" }, done.error)); return; }
  const line = s => [s.state, s.stock != null && t("left", { n: s.stock }), s.price != null && yuan(s.price), s.detail, s.remark].filter(Boolean).join(" · ");
  show(t("board"), h("dl", { class: "facts", id: "board-slots" }, done.json.slots.map(s => h("div", null, h("dt", null, s.number), h("dd", null, line(s))))),
    (done.json.notes || []).map(n => h("p", { class: "hint" }, n)));
}

const slots = {
  build: () => h("section", { class: "card" }, h("div", { class: "head" }, h("h2", null, t("slots")), button("board", t("boardAsk"), boardSheet, { class: "quiet" })), h("ul", { id: "slot-list", class: "list" }, h("li", { class: "hint" }, t("loading")))),
  paint() { if ($("slot-list") && shelves.length) paint($("slot-list"), shelves, () => shelves.map(row)); },
  async tick() {
    const answer = await get("v1/shelves", true);
    if (answer.ok) shelves = answer.json || [];
    slots.paint();
  },
};
