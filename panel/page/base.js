// What every part of the page uses: language, elements, calls, toasts.
const $ = id => document.getElementById(id);
const root = document.documentElement;
try { root.lang = localStorage.getItem("language") || root.lang; } catch { /* no storage: the server's guess stays */ }
const english = () => root.lang === "en";

// pick chooses between Chinese and English.
const pick = pair => pair[english() ? 1 : 0];
const t = (key, fill) => pick(words[key]).replace(/\{(\w)\}/g, (_, k) => fill[k]);
const named = (table, key) => table[key] ? pick(table[key]) : key || "";

// h makes an element. Keys of props are attributes; a function is a listener.
// Text is always text: names of products and orders come from elsewhere.
function h(tag, props, ...kids) {
  const svg = ["svg", "rect", "path", "text", "line", "title", "g"].includes(tag);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (typeof v === "function") e.addEventListener(k, v);
    else if (v === true) e.setAttribute(k, "");
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...kids.flat(Infinity).filter(k => k != null && k !== false));
  return e;
}
const button = (id, label, click, props) => h("button", { id, type: "button", click, ...props }, label);

// paint rebuilds an element only if what it shows has changed, and gives the
// focus back to the same control.
function paint(e, model, build) {
  const key = root.lang + JSON.stringify(model);
  if (e.painted === key) return;
  e.painted = key;
  const focus = e.contains(document.activeElement) ? document.activeElement.id : "";
  e.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  if (focus && $(focus)) $(focus).focus();
}

const yuan = fen => "¥" + (fen / 100).toFixed(2);
const two = n => String(n).padStart(2, "0");
const dayOf = d => d.getFullYear() + "-" + two(d.getMonth() + 1) + "-" + two(d.getDate());
function moment(text) {
  const d = new Date(text), today = dayOf(new Date()) === dayOf(d);
  return (today ? "" : two(d.getMonth() + 1) + "-" + two(d.getDate()) + " ") + two(d.getHours()) + ":" + two(d.getMinutes()) + ":" + two(d.getSeconds());
}
function span(seconds) {
  const units = english() ? ["d", "h", "min", "s"] : ["天", "小时", "分", "秒"];
  const parts = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const i = parts.findIndex(p => p > 0);
  if (i < 0) return "0 " + units[3];
  return parts.slice(i, i + 2).map((p, j) => p ? p + " " + units[i + j] : "").join(" ").trim();
}
const size = b => b >= 1 << 30 ? (b / (1 << 30)).toFixed(1) + " GiB" : (b / (1 << 20)).toFixed(1) + " MiB";
const tail = number => number.slice(-6);

// toast says one sentence. The same one is not said twice at a time.
function toast(text, bad) {
  const box = $("toasts");
  for (const old of box.children) if (old.textContent === text) return;
  const note = h("p", { class: bad ? "toast bad" : "toast" }, text);
  box.append(note);
  // Above an open sheet there is nothing but what was put on top after it.
  if (box.showPopover) { if (box.matches(":popover-open")) box.hidePopover(); box.showPopover(); }
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => note.remove(), bad ? 8000 : 3000);
}

// call asks the machine. Its result has ok, status and the answer's JSON, or
// words in error. What is polled does not keep the session alive.
async function call(method, path, { body, poll } = {}) {
  const headers = { "X-Kioskd-Panel": "1" };
  if (poll) headers["X-Kioskd-Poll"] = "1";
  if (method === "POST") headers["Content-Type"] = "application/json";
  let answer, json;
  try {
    answer = await fetch("/api/" + path, { method, headers, body: method === "POST" ? JSON.stringify(body || {}) : undefined });
    json = await answer.json();
  } catch {
    if (!answer) { $("offline").hidden = false; return { ok: false, status: 0, error: t("offline") }; }
    json = { error: answer.status + " " + answer.statusText };
  }
  $("offline").hidden = true;
  if (answer.status === 401 && path !== "login" && path !== "session") locked(t("pinOver"));
  return { ok: answer.ok, status: answer.status, json, error: answer.ok ? "" : translated(json.error || String(answer.status)) };
}
const get = (path, poll) => call("GET", path, { poll });

// change makes a change and says what came of it.
async function change(path, body, said) {
  const done = await call("POST", path, { body });
  toast(done.ok ? said : done.error, !done.ok);
  return done;
}
