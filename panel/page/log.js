// The newest lines of the log, newest first.
const level = line => /level=ERROR|"level":"ERROR"/.test(line) ? "bad" : /level=WARN|"level":"WARN"/.test(line) ? "warn" : "";
const log = {
  lines: null, warnings: false,
  build() {
    const box = h("input", { id: "warnings", type: "checkbox", checked: log.warnings, change: e => { log.warnings = e.target.checked; log.paint(); } });
    return h("section", { class: "card" }, h("h2", null, t("log")), h("label", { class: "check" }, box, t("warnings")), h("ol", { id: "lines", class: "lines" }, h("li", { class: "hint" }, t("loading"))));
  },
  paint() {
    if (!log.lines || !$("lines")) return;
    const list = log.lines.filter(l => !log.warnings || level(l)).reverse();
    paint($("lines"), list, () => list.length ? list.map(l => h("li", { class: level(l) }, l)) : [h("li", { class: "hint" }, t("noLines"))]);
  },
  async tick(n) {
    if (n % 2 === 0) {
      const answer = await get("v1/log?lines=200", true);
      if (answer.ok) log.lines = answer.json.lines || [];
      else if (answer.status && $("lines") && !log.lines) $("lines").replaceChildren(h("li", { class: "hint" }, answer.error));
    }
    log.paint();
  },
};
