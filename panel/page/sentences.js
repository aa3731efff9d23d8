// What the machine refuses, in Chinese, where a technician meets it. {1} is
// taken over; a sentence that is not here is shown as it is, in English.
const sentences = [
  ["a customer is at the machine", "有顾客正在使用机器，等他离开再试"],
  ["slot {1} is being tested", "货道 {1} 正在测试"],
  ["the machine is about to end", "机器正在退出"],
  ["the machine has stopped", "机器已停止"],
  ["the machine is busy with other calls: try again", "机器正忙，请再试一次"],
  ["no product has this slot", "没有商品用这个货道"],
  ["this controller's driver cannot tell about slots", "这种控制板不能报告货道"],
  ["kioskd may not write {1}: change the price with {2}", "kioskd 不能改写 {1}。在机器上运行：{2}"],
  ["this daemon was not started with a config file", "这个 kioskd 没有配置文件，不能改"],
  ["order {1}: its money is back already", "订单 {1} 已经退过款"],
  ["order {1}: its refund is under way", "订单 {1} 正在退款"],
  ["order {1}: is being settled ({2}): wait", "订单 {1} 正在自动处理，请稍候"],
  ["order {1}: asks nothing, it is {2}", "订单 {1} 已经处理过了"],
  ["order {1}: a refund was asked for, and may have gone through: settle it as refund, which asks again, or as written-off", "订单 {1} 已申请过退款，可能已经到账：请选退款（会再查一次）或核销"],
];
const plain = text => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
const patterns = sentences.map(([en, zh]) => [new RegExp("^" + plain(en).replace(/\{\d\}/g, "(.+)") + "$"), zh.replace(/\{(\d)\}/g, "$$$1")]);

function translated(text) {
  const found = !english() && patterns.find(([en]) => en.test(text));
  return found ? text.replace(found[0], found[1]) : text;
}
