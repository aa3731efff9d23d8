// The newest lines of the log, newest first.
const level = line => /level=ERROR|"level":"ERROR"/.test(line) ? "bad" : /level=WARN|"level":"WARN"/.test(line) ? "warn" : "";
// reload has the machine take on a config file that somebody has edited.
async function reload() {
  if (!await ask({ title: t("reload"), text: t("reloadAsk"), yes: t("reload") })) return;
  const done = await call("POST", "v1/reload");
  const parts = done.ok ? [["now", t("reloadNow")], ["idle", t("reloadIdle")], ["restart", t("reloadRestart")]].filter(([k]) => (done.json[k] || []).length) : [];
  show(t("reload"), !done.ok && h("p", { class: "is-bad said" }, done.error), done.ok && !parts.length && h("p", null, t("reloadNone")),
    parts.map(([k, word]) => [h("h3", null, word), h("p", { class: "said" }, done.json[k].join("\n"))]));
}

const log = {
  lines: null, warnings: false,
  build() {
    const box = h("input", { id: "warnings", type: "checkbox", checked: log.warnings, change: e => { log.warnings = e.target.checked; log.paint(); } });
    return h("section", { class: "card" }, h("div", { class: "head" }, h("h2", null, t("log")), button("reload", t("reload"), reload, { class: "quiet" })), h("label", { class: "check" }, box, t("warnings")), h("ol", { id: "lines", class: "lines" }, h("li", { class: "hint" }, t("loading"))));
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
