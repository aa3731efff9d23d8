// What was sold in the last 30 days.
const sales = {
  list: null, chosen: -1,
  build() {
    const today = new Date(), first = new Date(today.getTime() - 29 * 86400e3);
    const date = (id, label, value) => [h("label", { for: id }, label), h("input", { id, type: "date", value: dayOf(value) })];
    return h("div", { class: "column" },
      h("section", { class: "card" }, h("h2", null, t("days30")), h("div", { id: "chart" }, h("p", { class: "hint" }, t("loading")))),
      h("section", { class: "card" }, h("h2", null, t("export")),
        h("div", { class: "range" }, h("div", null, date("from", t("from"), first)), h("div", null, date("to", t("to"), today))),
        h("div", { class: "buttons three" }, ["xlsx", "csv", "json"].map(f => button("export-" + f, f === "xlsx" ? "Excel" : f.toUpperCase(), () => download(f))))));
  },
  paint() { if (sales.list && $("chart")) paint($("chart"), [sales.list, sales.chosen], () => [totals(sales.list), chart(sales.list), h("p", { id: "chosen", class: "chosen", role: "status" }, figures(sales.list[sales.chosen])), table(sales.list)]); },
  async tick(n) {
    if (n % 15 === 0) {
      const answer = await get("v1/sales?days=30", true);
      if (answer.ok) sales.list = answer.json || [];
      else if (answer.status && $("chart") && !sales.list) $("chart").replaceChildren(h("p", { class: "hint" }, answer.error));
    }
    sales.paint();
  },
};
const sum = (list, key) => list.reduce((n, d) => n + d[key], 0);

function totals(list) {
  const fen = sum(list, "fen"), back = sum(list, "refunded_fen");
  return h("dl", { class: "tiles" }, [
    [t("total"), yuan(fen)], [t("perDay"), yuan(Math.round(fen / Math.max(1, list.length)))], [t("orders"), t("ordersN", { n: sum(list, "count") })], [t("refunds"), yuan(back)],
  ].map(([k, v]) => h("div", null, h("dt", null, k), h("dd", null, v))));
}

// nice rounds an axis up to 1, 2 or 5 times a power of ten.
function nice(fen) {
  const power = 10 ** Math.floor(Math.log10(Math.max(fen, 100)));
  return power * [1, 2, 5, 10].find(m => m * power >= fen);
}

// chart draws a bar for each day; a touch on a column says its figures.
function chart(list) {
  const width = Math.max(280, $("chart").clientWidth), height = 220, left = 52, bottom = 24, most = nice(Math.max(...list.map(d => d.fen), 100));
  const step = (width - left) / Math.max(1, list.length), y = fen => (height - bottom) * (1 - fen / most) + 6;
  const lines = [0, .5, 1].map(part => h("g", { class: "axis" }, h("line", { x1: left, x2: width, y1: y(part * most), y2: y(part * most) }),
    h("text", { x: left - 8, y: y(part * most) + 5, "text-anchor": "end" }, "¥" + Math.round(part * most / 100))));
  const bars = list.map((d, i) => h("g", { class: i === sales.chosen ? "bar on" : "bar", id: "day-" + d.day, click: () => choose(i) },
    h("rect", { class: "touch", x: left + i * step, y: 0, width: step, height: height - bottom + 6 }),
    h("rect", { class: "value", x: left + i * step + step * .14, y: y(d.fen), width: step * .72, height: Math.max(0, y(0) - y(d.fen)), rx: 2 }),
    h("title", null, d.day + " " + yuan(d.fen))));
  const days = list.map((d, i) => (list.length - 1 - i) % 7 === 0 && h("text", { x: left + (i + .5) * step, y: height + 2, "text-anchor": i === list.length - 1 ? "end" : "middle", class: "axis" }, d.day.slice(5)));
  return h("svg", { viewBox: `0 0 ${width} ${height + 10}`, role: "img", "aria-label": t("chart", { p: yuan(Math.max(0, ...list.map(d => d.fen))) }) }, lines, bars, days);
}
function choose(i) {
  sales.chosen = i;
  sales.paint();
}
const figures = d => d ? [d.day.slice(5), yuan(d.fen), t("ordersN", { n: d.count }), d.refunded_fen ? t("refunds") + " " + yuan(d.refunded_fen) : ""].filter(Boolean).join(" · ") : "";
function table(list) {
  return h("details", null, h("summary", null, t("table")), h("table", null,
    h("tr", null, [t("day"), t("orders"), t("total"), t("refunds")].map(x => h("th", { scope: "col" }, x))),
    [...list].reverse().map(d => h("tr", null, h("td", null, d.day), h("td", null, d.count), h("td", null, yuan(d.fen)), h("td", null, yuan(d.refunded_fen))))));
}

// download fetches the file first: an error is words, not a file.
async function download(format) {
  const query = new URLSearchParams({ from: $("from").value, to: $("to").value, format });
  try {
    const answer = await fetch("/api/v1/export?" + query);
    if (!answer.ok) { toast((await answer.json()).error || String(answer.status), true); return; }
    const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: `kioskd-${$("from").value}-${$("to").value}.${format}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10e3);
    toast(t("exported"));
  } catch { toast(t("offline"), true); }
}
