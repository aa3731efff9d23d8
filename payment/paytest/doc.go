// Package paytest is a simulated WeChat Pay, API v3 and v2, for one merchant,
// direct or (v3) a service provider with sub-merchants: Native orders, order
// queries, close, refunds, trade bills and platform certificates of v3.
// The real one has no test environment, so whoever writes a client has nowhere
// to be wrong. The simulator speaks real HTTP, verifies every Authorization over
// the raw bytes, signs its answers, and has everything around it: the customer's
// phone, the merchant's balance, faults on demand, and books that an auditor can
// compare with a ledger. It shares no code with any client.
//
//	s, err := paytest.New(paytest.Options{})
//	err = s.Start(ctx)               // s.URL() is the base URL
//	m := s.Merchant()                // what the client must know
//	...                              // the client creates an order, gets code_url
//	_, err = s.Scan(codeURL, "ann")  // the customer's phone
//	err = s.Pay("ann", outTradeNo)
//	o, err := s.Order(outTradeNo)    // what the provider knows
//
// What the package promises:
//
//   - A request that the real provider refuses by its documents is refused
//     here with the documented status and code: signature, clock, unknown and
//     null fields, lengths, re-entry with other parameters, over-refunds.
//   - Whatever the documents leave open or what varies is a field of
//     [Behaviour]. What is known from reports only is off or named as such.
//   - Time decides by Options.Clock alone and is applied when somebody looks,
//     so a clock that tests move by days needs no waiting.
//   - Every [Fault] says whether the call has its effect.
//   - Both versions keep the same books: one merchant, one set of orders,
//     phones, refunds and faults. API v2 signs with MD5 or HMAC-SHA256 as the
//     request asks, never signs return_code FAIL, and over https ([Server.StartTLS])
//     refunds only with the merchant's certificate. Over plain http nobody can
//     show one, and none is wanted.
//
// Out of scope: notifications, fund-flow bills. The facts are from
// pay.weixin.qq.com/doc/v3/merchant, /doc/v3/partner and /doc/v2/merchant;
// messages and the phone's words are in their manner, not exact.
//
// # Control API
//
// [Server.Control] is for a web page and for curl. Bodies are JSON objects,
// unknown fields are refused, durations are texts such as "1.5s". Bad input is
// answered with 400 and {"error": sentence}; a phone that refuses with 409 and
// {"error", "reason", "shown"}. An empty out_trade_no is the newest order, an
// empty user whoever scanned, or "customer".
//
//	GET    /state         everything: merchant, behaviour, orders, refunds, stats
//	GET    /orders/{no}   one order
//	POST   /scan          {"code_url" or "out_trade_no", "user"}
//	POST   /second-phone  the same as another user, who is refused if bound
//	POST   /pay           {"out_trade_no", "user"}
//	POST   /fail          the same; the payment fails, the order stays NOTPAY
//	POST   /pin           the same and "for": pays when that time is over
//	POST   /abandon       the same; leaves the checkout page
//	GET    /faults        names of calls and faults, number of pending ones
//	POST   /faults        {"call", "name", "times", "order", "delay", "hold",
//	                      "after_effect", "pay_before", "pay_after",
//	                      "status", "code", "message"}
//	POST   /chances       {"call", "name", "share"}
//	DELETE /faults        forgets the plan and the chances
//	POST   /behaviour     the fields to change, as in /state
//	POST   /funds         {"fen"}: what refunds are paid from, -1 without limit
//	POST   /keys          {"mode"} or {"rotate": true} or {"retire": id}, and for
//	                      certificates {"list": true} or {"use": serial}
//	POST   /domains       {"index", "state": "up", "reset" or "silent"}
package paytest
