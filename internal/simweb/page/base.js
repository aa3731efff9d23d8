// What every part of the page uses: elements, calls, toasts, the heartbeat.
const sides = JSON.parse(document.getElementById("sides").textContent);
const $ = id => document.getElementById(id);

// h makes an element. Keys of props are attributes; a function is a listener.
function h(tag, props, ...kids) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (typeof v === "function") e.addEventListener(k, v);
    else if (v === true) e.setAttribute(k, "");
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...kids.flat(Infinity).filter(k => k != null && k !== false));
  return e;
}

// two is a label in both languages.
const two = (zh, en) => [h("b", null, zh), h("small", { lang: "en" }, en)];
const button = (id, zh, en, click, props) => h("button", { id, type: "button", click, ...props }, two(zh, en));

// paint rebuilds an element only if what it shows has changed, and gives the
// focus back to the same control.
function paint(e, model, build) {
  const key = JSON.stringify(model);
  if (e.painted === key) return false;
  e.painted = key;
  const focus = e.contains(document.activeElement) ? document.activeElement.id : "";
  e.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  if (focus && $(focus)) $(focus).focus();
  return true;
}

// label changes a button that stands in the page.
function label(e, zh, en) { paint(e, [zh, en], () => two(zh, en)); }

const yuan = fen => "¥" + (fen / 100).toFixed(2);
const clock = t => new Date(t).toLocaleTimeString("zh-CN", { hour12: false });
const names = new Map(sides.products.map(p => [p.slot, p]));
const nameOf = slot => names.has(slot) ? names.get(slot).name : "";

// toast says one sentence. The same one is not said twice at a time.
function toast(text, kind) {
  const box = $("toasts");
  for (const t of box.children) if (t.textContent === text) return;
  const t = h("p", { class: "toast " + (kind || "note") }, text);
  box.append(t);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => t.remove(), kind === "bad" ? 6000 : 3000);
}

// send makes a change. Its result has ok and the answer's JSON; an error is
// words in error.
async function send(method, side, path, body) {
  try {
    const answer = await fetch("/api/" + side + path, {
      method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body || {}),
    });
    const text = await answer.text();
    let json = {};
    try { json = text ? JSON.parse(text) : {}; } catch { json = { error: text.slice(0, 200) }; }
    if (!answer.ok && !json.error) json.error = "HTTP " + answer.status;
    return { ok: answer.ok, json, error: json.error };
  } catch {
    return { ok: false, json: {}, error: "模拟器没有回应 · the simulator does not answer" };
  } finally {
    hurry();
  }
}

// post makes a change and says why if it was refused.
async function post(side, path, body) {
  const done = await send("POST", side, path, body);
  if (!done.ok) toast(done.error, "bad");
  return done.ok;
}

// The heartbeat: once a second, and several times right after a click, because
// what a click brings about takes a moment.
const beats = [];
let timer = 0, hurried = 0;
function hurry() { hurried = 8; plan(0); }
function plan(ms) { clearTimeout(timer); timer = setTimeout(beat, ms); }
let beating = false;
async function beat() {
  if (beating) { plan(100); return; }
  beating = true;
  try { await Promise.all(beats.map(b => b())); } finally { beating = false; }
  if (hurried > 0) hurried--;
  if (!document.hidden) plan(hurried > 0 ? 250 : 1000);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) plan(0); });

// watch reads a side's state at every beat.
function watch(side, show) {
  beats.push(async () => {
    try {
      const answer = await fetch("/api/" + side + "/state", { cache: "no-store" });
      const state = await answer.json();
      if (!answer.ok) throw new Error(state.error);
      show(state);
      lamp(side + "-lost", null);
    } catch (e) {
      console.error(side, e);
      lamp(side + "-lost", "模拟器没有回应 · no answer from " + side, "bad");
    }
  });
}

// lamp shows a state in the head; without a text it goes out.
const lit = new Map();
function lamp(id, text, kind) {
  if (text) lit.set(id, [text, kind || "ok"]); else lit.delete(id);
  paint($("lamps"), [...lit], () => [...lit].map(([id, [text, kind]]) => h("li", { id: "lamp-" + id, class: kind }, text)));
}
