// The one sheet of the page: details, forms and questions before anything moves.
const sheet = $("sheet");
let cancelled = null; // what to do when the sheet goes away unanswered

// show opens the sheet, or gives it other contents.
function show(title, ...kids) {
  sheet.replaceChildren(
    h("header", null, h("h2", { id: "sheet-title" }, title), button("sheet-close", "✕", hide, { class: "quiet", "aria-label": t("close") })),
    ...kids.flat(Infinity).filter(Boolean));
  if (!sheet.open) sheet.showModal();
}
function hide() { if (sheet.open) sheet.close(); }
sheet.addEventListener("close", () => {
  if (sheet.open) return; // it has been opened again since
  const f = cancelled;
  cancelled = null;
  sheet.replaceChildren();
  if (f) f(null);
});
sheet.addEventListener("click", e => { if (e.target === sheet) hide(); });

// ask wants a yes, with a reason if reason is true. It resolves to null for no.
function ask({ title, text, yes, danger, reason }) {
  return new Promise(resolve => {
    const says = h("p", { class: "says", role: "alert" });
    const why = reason && h("input", { id: "reason", maxlength: 120, autocomplete: "off" });
    const go = () => {
      const typed = why ? why.value.trim() : "";
      if (why && !typed) { says.textContent = t("reasonMissing"); why.focus(); return; }
      cancelled = null;
      hide();
      resolve({ reason: typed });
    };
    cancelled = null;
    show(title, h("p", null, text),
      why && [h("label", { for: "reason" }, t("reason")), why,
        h("div", { class: "chips" }, t2("reasons").map((word, i) => button("reason-" + i, word, () => { why.value = word; says.textContent = ""; }, { class: "quiet" })))],
      says,
      h("div", { class: "buttons" }, button("no", t("cancel"), hide), button("yes", yes, go, { class: danger ? "bad" : "go" })));
    cancelled = resolve;
    (why || $("no")).focus();
  });
}
const t2 = key => pick(words[key]); // a list of words
