// The machine's front: the customer screen and the keypad.
if (sides.screen) {
  let tag = "", url = "";
  beats.push(async () => {
    let on = false;
    try {
      const answer = await fetch("/screen.png", { cache: "no-cache" });
      on = answer.status === 200;
      if (on && answer.headers.get("ETag") !== tag) {
        tag = answer.headers.get("ETag");
        const next = URL.createObjectURL(await answer.blob());
        $("screen").src = next;
        await $("screen").decode().catch(() => {});
        if (url) URL.revokeObjectURL(url);
        url = next;
      }
    } catch { on = false; }
    $("monitor").dataset.on = on;
  });
}

const press = slot => post("cabinet", "/press", { slot });
let slotsNow = [];

function showKeys(slots) {
  slotsNow = slots.map(s => s.number);
  paint($("keys"), slots.map(s => [s.number, s.price, nameOf(s.number)]), () => slots.map(s => {
    const p = names.get(s.number);
    return h("button", { id: "key-" + s.number, type: "button", class: "key", click: () => press(s.number) },
      h("kbd", null, String(s.number)),
      h("span", { class: "what" }, p ? p.name : ""),
      h("span", { class: "price" }, p && p.price ? "¥" + p.price : yuan(s.price)));
  }));
}

// Digits on the keyboard press the keypad's keys: at once where only one
// number can be meant, else after a pause.
let typed = "", typing = 0;
function type(text) {
  typed = text;
  $("typed").textContent = typed;
  clearTimeout(typing);
  if (!typed) return;
  const exact = slotsNow.includes(Number(typed)) && String(Number(typed)) === typed;
  const more = slotsNow.some(n => String(n) !== typed && String(n).startsWith(typed));
  if (!more) {
    if (exact) press(Number(typed)); else toast("没有货道 " + typed + " · there is no slot " + typed, "bad");
    typing = setTimeout(() => type(""), exact ? 500 : 900);
    typed = "";
    return;
  }
  typing = setTimeout(() => { if (exact) press(Number(typed)); type(""); }, exact ? 900 : 3000);
}

if (sides.cabinet) {
  $("key-cancel").addEventListener("click", () => post("cabinet", "/cancel"));
  document.addEventListener("keydown", e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.closest("input, select, textarea")) return;
    if (/^[0-9]$/.test(e.key)) { e.preventDefault(); type(typed + e.key); }
    else if (e.key === "Backspace" && typed) { e.preventDefault(); type(typed.slice(0, -1)); }
    else if (e.key === "Escape") { if (typed) type(""); else post("cabinet", "/cancel"); }
  });
}
