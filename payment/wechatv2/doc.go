// Package wechatv2 is a client for WeChat Pay API v2: Native orders (the
// customer scans a QR code), direct merchant, MD5 or HMAC-SHA256. It uses the
// standard library only. New merchants want package wechat, which speaks v3.
//
// Check a [Settings], give it to [New], and use the [Client] as a
// sale.Gateway. Each call makes one attempt; if no connection to the base URL
// in use comes about, it makes one more with the next. Refunds show the
// merchant's certificate, the other calls do not.
//
// What the package promises:
//
//   - A sale.Trade, a sale.RefundReport, a QR text or a "closed" comes only
//     from an answer that is plain XML, is signed over all its fields with the
//     merchant's key and the algorithm that was asked for, and names this
//     merchant. One about an order or a refund names its number and its amount.
//   - Refusals become one of the sentinels of package sale, which say what to
//     try next, and nothing more. A signed one (result_code FAIL) is taken at
//     its word; an unsigned one (return_code FAIL) is never more than
//     sale.ErrTemporary or sale.ErrMerchant.
//   - No key, signature or payer's openid is ever logged or put into an error.
//
// What API v2 cannot prove, and v3 can:
//
//   - Who signed. One key signs and verifies: whoever has it can forge an
//     answer that says paid. Only TLS and the key's secrecy stand against that.
//   - When. No answer carries a signed time, so an old one can be played again
//     by whoever breaks TLS. What an order went through cannot be undone that
//     way, but for a refund that somebody asked for in the merchant portal.
//     Trade.AsOf is the HTTP Date header's time if this machine's clock says
//     the same within [Agreement], and zero if not. Without it a payment has no
//     age: one that is found after the code went down then counts as late and
//     is never presumed to come from a customer who still waits.
//   - What to. Answers do not repeat the request's nonce_str, and those to
//     create and close do not name the order. So a "closed" is to be followed
//     by a query, which names it; the core asks anyway.
//   - Where a value ends. The signature covers names and values joined with
//     "=" and "&", so a signed text can be cut into fields in another way. No
//     value in an answer comes from the customer or from a stranger.
//
// Facts about the protocol are from the API v2 documentation at
// pay.weixin.qq.com/doc/v2/merchant unless a comment says otherwise.
package wechatv2
