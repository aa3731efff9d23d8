// Package wechat is a client for WeChat Pay API v3: Native orders (the
// customer scans a QR code), for a merchant of its own or a service provider's
// sub-merchant. It uses the standard library only.
//
// Check a [Settings], give it to [New], and use the [Client] as a
// sale.Gateway. Each call makes one attempt; if no connection to the base URL
// in use comes about, it makes one more with the next. Every call of this API
// carries its own idempotency key (out_trade_no or out_refund_no), so an
// attempt whose answer was lost may be repeated with the same bytes.
//
// Answers are proved with the WeChat Pay public key, which does not expire, or
// with platform certificates, which do: they are downloaded when the first
// call needs them, kept by a [Keeper], and fetched again by [Client.Refresh],
// which somebody must call every few hours. A serial that nobody knows is
// looked up once, at most once a minute, and then refused. A merchant between
// the two has both, and names the public key as the one that it accepts.
// Requests are signed with the key file, or by a [Signer].
//
// What the package promises:
//
//   - A sale.Trade, a sale.RefundReport, a QR text or a "closed" comes only
//     from an answer whose signature was verified over its raw bytes, before
//     anything in it was read, with a key of the provider's that counts today,
//     signed at most 300 s ago or ahead, and which names this merchant, this
//     order and this amount.
//   - Certificates are the exception to "before": they are decrypted first,
//     because the key that proves the answer is among them. That they open
//     with the APIv3 key comes before that, and nothing else is read.
//   - A bill, whose file is not signed, has the SHA-1 of a signed answer before
//     anybody is told that it is one. Its URL is not followed.
//   - Error answers are unsigned as a rule. They become one of the sentinels of
//     package sale, which say what to try next, and nothing more.
//   - No key, signature or payer's openid is ever logged or put into an error.
//   - No input makes it panic: the length of a nonce is checked before GCM.
//
// A provider that works well still mis-signs a small share of its answers on
// purpose, to see whether clients verify. Such an answer is an error like any
// other bad signature: ask again.
//
// Facts about the protocol are from the API v3 documentation at
// pay.weixin.qq.com/doc/v3/merchant unless a comment says otherwise.
package wechat
