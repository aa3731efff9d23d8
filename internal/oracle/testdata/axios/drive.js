// Drives a simulated WeChat Pay with wechatpay-axios-plugin through a sale:
// create, query, (the test pays), query, refund, query refund, and another
// order that is closed. Each line of output is a step; a line of input goes on.
// The files of the merchant are in the folder of the first argument:
// merchant.json, apiclient_key.pem and what proves the answers.
const { readFileSync } = require("fs");
const readline = require("readline");
const { Wechatpay, Rsa, Aes } = require("wechatpay-axios-plugin");

const dir = process.argv[2];
const read = (name) => readFileSync(`${dir}/${name}`);
const m = JSON.parse(read("merchant.json"));

function client(certs) {
  return new Wechatpay({
    baseURL: `${m.url}/`,
    mchid: m.mchid,
    serial: m.serial,
    privateKey: Rsa.from(read("apiclient_key.pem"), Rsa.KEY_TYPE_PRIVATE),
    certs,
  });
}

// With certificates the first list can be proved by nothing known: the plugin
// is given a validator that does not look, and the keys that open the list.
async function certificates() {
  const bare = client({ any: Rsa.from(read("wechatpay_public_key.pem"), Rsa.KEY_TYPE_PUBLIC) });
  const { data: { data } } = await bare.v3.certificates.get({ transformResponse: [JSON.parse] });
  return Object.fromEntries(data.map(({ serial_no: serial, encrypt_certificate: e }) => [
    serial, Aes.AesGcm.decrypt(e.ciphertext, m.apiv3, e.nonce, e.associated_data),
  ]));
}

async function code(call) {
  try {
    return `unexpected ${(await call).status}`;
  } catch (e) {
    const said = e.response && e.response.status >= 400;
    return said ? `${e.response.status} ${e.response.data.code}` : `not believed: ${e.code}`;
  }
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const say = async (...words) => { console.log(words.join(" ")); await lines.next(); };
  const certs = m.apiv3 ? await certificates() : { [m.keyid]: Rsa.from(read("wechatpay_public_key.pem"), Rsa.KEY_TYPE_PUBLIC) };
  const pay = client(certs);
  const { native } = pay.v3.pay.transactions;
  const order = pay.v3.pay.transactions.outTradeNo.$no$;
  const create = (no) => native.post({
    appid: m.appid, mchid: m.mchid, description: "汽水 <A & B> 500ml", out_trade_no: no, notify_url: m.notify,
    amount: { total: 350, currency: "CNY" },
  });
  const query = (no) => order.get({ params: { mchid: m.mchid }, no });

  await say("unknown", await code(query("ORACLE0000")));
  await say("created", (await create("ORACLE0001")).data.code_url);
  const { data: paid } = await query("ORACLE0001");
  await say("queried", paid.trade_state, paid.amount.total, paid.transaction_id);
  const refund = { transaction_id: paid.transaction_id, out_refund_no: "ORACLE0001R", amount: { refund: 350, total: 350, currency: "CNY" } };
  const { data: refunded } = await pay.v3.refund.domestic.refunds.post(refund);
  const { data: again } = await pay.v3.refund.domestic.refunds.$no$.get({ no: "ORACLE0001R" });
  await say("refunded", refunded.status, again.refund_id === refunded.refund_id);
  await create("ORACLE0002");
  await say("closed", (await order.close.post({ mchid: m.mchid }, { no: "ORACLE0002" })).status);
  for (;;) await say("answer", await code(query("ORACLE0001")));
}

main().then(() => process.exit(0), (e) => { console.log("failed", e.message, e.response && JSON.stringify(e.response.data)); process.exit(1); });
