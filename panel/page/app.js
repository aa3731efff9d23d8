// The frame: the door, the tabs, and the heartbeat of the page.
const views = { glance, slots, orders, sales, log };
let view = "glance";
let inside = false;
let beats = 0;
let waits = 0; // the timer of a lock

function locked(text) {
  inside = false;
  hide();
  $("inside").hidden = $("leave").hidden = true;
  $("login").hidden = false;
  $("pin").value = "";
  $("pin-says").textContent = text || "";
  document.body.dataset.at = "door";
}

// holdOff counts a lock of so many seconds down.
function holdOff(seconds) {
  clearInterval(waits);
  const end = Date.now() + seconds * 1000;
  const tell = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    $("enter").disabled = left > 0;
    if (left > 0) $("pin-says").textContent = t("pinLocked", { t: span(left) });
    else { $("pin-says").textContent = ""; clearInterval(waits); }
  };
  waits = setInterval(tell, 1000);
  tell();
}

async function enter(event) {
  event.preventDefault();
  const pin = $("pin").value;
  if (!/^\d{4,12}$/.test(pin)) { $("pin-says").textContent = t("pinShape"); $("pin").focus(); return; }
  $("enter").disabled = true;
  const done = await call("POST", "login", { body: { pin } });
  $("enter").disabled = false;
  $("pin").value = "";
  if (done.ok) { unlocked(); return; }
  $("pin-says").textContent = done.status === 401 ? t("pinWrong") : done.error;
  if (done.json && done.json.locked_s > 0) holdOff(done.json.locked_s);
  $("pin").focus();
}

function unlocked() {
  inside = true;
  $("login").hidden = true;
  $("inside").hidden = $("leave").hidden = false;
  document.body.dataset.at = "inside";
  go("glance");
}

function go(name) {
  hide();
  view = name;
  for (const tab of document.querySelectorAll("nav button")) {
    if (tab.dataset.view === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  $("view").replaceChildren(views[name].build());
  views[name].paint();
  scrollTo(0, 0);
  beats = 0;
  beat();
}

// look asks for what every view needs, and for the orders that wait for a person
// when they are not those that are known.
async function look() {
  const status = await get("v1/status", true);
  if (!status.ok) return;
  now = status.json;
  const questions = now.questions || [];
  if (questions.length !== toSettle.length || toSettle.some(o => !questions.includes(o.number))) {
    const waiting = await get("v1/orders?state=attention&limit=50", true);
    if (waiting.ok) toSettle = waiting.json || [];
  }
  if (now.machine) { $("machine").textContent = now.machine.id; $("place").textContent = now.machine.name; }
  $("badge").hidden = !toSettle.length;
  $("badge").textContent = toSettle.length;
}

let beating = false;
async function beat() {
  if (!inside || document.hidden || beating) return;
  beating = true;
  try {
    const at = view, n = beats;
    await look();
    beats++;
    if (inside && at === view) await views[at].tick(n);
  } finally { beating = false; }
  if (inside && beats === 0) beat(); // another view was chosen meanwhile
}

// speak writes the words that stand in the page itself.
function speak() {
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
  $("language").textContent = english() ? "中文" : "English";
  $("language").lang = english() ? "zh" : "en";
}

$("language").addEventListener("click", () => {
  root.lang = english() ? "zh" : "en";
  try { localStorage.setItem("language", root.lang); } catch { /* forgotten with the page */ }
  $("pin-says").textContent = "";
  speak();
  if (inside) go(view);
});
$("pin-form").addEventListener("submit", enter);
$("leave").addEventListener("click", async () => { await call("POST", "logout"); locked(); });
for (const tab of document.querySelectorAll("nav button")) tab.addEventListener("click", () => go(tab.dataset.view));
document.addEventListener("visibilitychange", beat);
setInterval(beat, 2000);

speak();
get("session", true).then(s => {
  if (s.ok) { unlocked(); return; }
  locked();
  if (s.json && s.json.locked_s > 0) holdOff(s.json.locked_s);
  $("pin").focus();
});
