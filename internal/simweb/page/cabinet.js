// The cabinet's inside: slots, tray, wiring, and what can go wrong.
let chosen = 0, cabinet = null;

// Faults that need no more than a click. The API knows all of them.
const boardFaults = [
  ["lost_result", "结果丢失", "the result is never reported", {}],
  ["lost_reports", "全部报告丢失", "no report at all", {}],
  ["drop_command", "指令丢失", "the command is lost on the wire", {}],
  ["drop_board_ack", "应答丢失", "the board obeys, its ACK is lost", {}],
  ["no_drop", "电机转了没掉货", "the motor turns, nothing falls", {}],
  ["false_jam", "掉了货却报卡货", "it falls, a jam is reported", {}],
  ["delay_status", "报告晚 5 秒", "reports come 5 s late", { delay_ms: 5000 }],
  ["restart_before_drop", "掉货前断电", "power fails before the drop", {}],
  ["restart_after_drop", "掉货后断电", "power fails after the drop", {}],
  ["cut", "出货时拔线，3 秒后插回", "the cable goes during the command, back after 3 s", { dir: "board", at: 2, delay_ms: 3000 }],
  ["no_count", "销量计数漏记", "the sales counter misses one", {}],
  ["mute", "10 秒不理会指令", "deaf to commands for 10 s", { for_ms: 10000 }],
  ["silent", "10 秒无声", "silent for 10 s", { for_ms: 10000 }],
  ["repeat_frame", "重复发一帧", "a frame comes twice", {}],
  ["half_frame", "半帧丢失", "half a frame is lost", {}],
  ["flip_bit", "一位翻转", "one bit is wrong", {}],
  ["noise", "线路噪声 10 次", "noise before ten frames", { times: 10 }],
  ["pause", "所有货道暂停", "every slot says paused", { at: 0 }],
];
const faultName = kind => (boardFaults.find(f => f[0] === kind) || [kind, kind])[1];

function showSlots(s) {
  if (!s.slots.some(x => x.number === chosen)) chosen = s.slots[0].number;
  const model = s.slots.map(x => [x.number, x.stock, x.capacity, x.paused, x.jammed, x.number === chosen]);
  paint($("shelf"), model, () => s.slots.map(x => {
    const flags = [x.stock === 0 && ["售罄", "sold out"], x.jammed && ["卡货", "jammed"], x.paused && ["停用", "paused"]].filter(Boolean);
    const room = Math.max(1, x.capacity);
    const level = h("meter", { min: 0, max: room, low: room * 0.2, value: x.stock, "aria-hidden": "true" });
    return h("button", {
      id: "slot-" + x.number, type: "button", class: "slot" + (flags.length ? " off" : ""),
      "aria-pressed": String(x.number === chosen),
      "aria-label": `货道 ${x.number} ${nameOf(x.number)}，存货 stock ${x.stock}/${x.capacity} ${flags.flat().join(" ")}`,
      click: () => { chosen = x.number; showCabinet(cabinet); },
    },
      h("kbd", null, String(x.number)),
      h("span", { class: "stock" }, x.stock + "/" + x.capacity),
      h("span", { class: "what" }, nameOf(x.number)),
      level,
      flags.length ? h("span", { class: "flag" }, flags.map(f => f[0]).join(" · ")) : null);
  }));
  const x = s.slots.find(x => x.number === chosen);
  paint($("slot-chosen"), [chosen], () => ["货道 ", h("kbd", null, String(chosen)), " " + nameOf(chosen)]);
  label($("slot-pause"), x.paused ? "启用" : "停用", x.paused ? "Resume" : "Pause");
}

function showTray(s) {
  const last = s.drops.slice(-6).reverse();
  paint($("tray"), last, () => last.length ? last.map(d => h("li", null,
    h("kbd", null, String(d.slot)), h("span", { class: "what" }, nameOf(d.slot) || "商品 product"), h("time", null, clock(d.at))))
    : h("li", { class: "none" }, "还没有东西掉下来 ", h("span", { lang: "en" }, "Nothing has fallen yet")));
}

function showWiring(s) {
  label($("cable"), s.plugged ? "拔掉串口线" : "插回串口线", s.plugged ? "Unplug cable" : "Plug cable in");
  $("cable").setAttribute("aria-pressed", String(!s.plugged));
  label($("door"), s.door_open ? "关上柜门" : "打开柜门", s.door_open ? "Close door" : "Open door");
  $("door").setAttribute("aria-pressed", String(s.door_open));
  paint($("board-armed"), s.faults, () => s.faults.length ? "已安排 armed: " + s.faults.map(faultName).join("，") : "没有安排故障 · no fault is armed");
  paint($("board-note"), [s.busy], () => s.busy ? "电机在转 motor turns" : "");
  if (!s.plugged) lamp("board", "串口线已拔 · cable unplugged", "bad");
  else if (!s.powered) lamp("board", "控制板断电 · board has no power", "bad");
  else lamp("board", s.online ? "控制板已连接 · board connected" : "没有程序连接 · nobody on the line", s.online ? "ok" : "idle");
}

// showJournal tells keys, commands and drops in the order of time.
function showJournal(s) {
  const lines = [
    ...s.presses.map(p => [p.at, "按键", (p.slot ? String(p.slot) : "取消 cancel") + (p.taken ? "" : "，没有送达 not delivered")]),
    ...s.commands.map(c => [c.at, "出货指令", `${c.slot} · PackNO ${c.pack_no}` + (c.heard ? "" : "，未听到 not heard") + (c.turned ? "，电机转 motor turned" : "")]),
    ...s.drops.map(d => [d.at, "落下", `${d.slot} ${nameOf(d.slot)}`]),
  ].sort((a, b) => a[0] < b[0] ? 1 : -1).slice(0, 40);
  paint($("journal"), lines, () => lines.map(([at, kind, what]) => h("li", null, h("time", null, clock(at)), h("b", null, kind), h("span", null, what))));
}

function showCabinet(s) {
  cabinet = s;
  showKeys(s.slots);
  showSlots(s);
  showTray(s);
  showWiring(s);
  showJournal(s);
}

async function armBoardFault(event) {
  event.preventDefault();
  const [kind, zh, en, more] = boardFaults[$("board-fault").selectedIndex];
  if (await post("cabinet", "/fault", { kind, ...more })) toast(`已安排：${zh} · armed: ${en}`);
}

if (sides.cabinet) {
  $("board-fault").append(...boardFaults.map(([kind, zh, en]) => h("option", { value: kind }, `${zh} · ${en}`)));
  $("board-fault-form").addEventListener("submit", armBoardFault);
  $("board-fault-clear").addEventListener("click", () => post("cabinet", "/fault", { off: true }));
  const on = (id, path, body) => $(id).addEventListener("click", () => cabinet && post("cabinet", path, body()));
  const now = () => cabinet.slots.find(x => x.number === chosen);
  $("slot-jam").addEventListener("click", async () => {
    if (cabinet && await post("cabinet", "/jam", { slot: chosen })) toast(`货道 ${chosen} 的下一个会卡住 · the next product of ${chosen} will hang`);
  });
  on("slot-empty", "/stock", () => ({ slot: chosen, stock: 0 }));
  on("slot-refill", "/stock", () => ({ slot: chosen, stock: now().capacity }));
  on("slot-pause", "/pause", () => ({ slot: chosen, paused: !now().paused }));
  on("door", "/door", () => ({ open: !cabinet.door_open }));
  on("restart", "/restart", () => ({}));
  $("cable").addEventListener("click", () => cabinet && post("cabinet", cabinet.plugged ? "/unplug" : "/plug"));
  watch("cabinet", showCabinet);
}
