// Package payment has one folder for each payment provider that kioskd can
// sell through. It holds no code of its own.
//
// A provider's client implements sale.Gateway and knows nothing of the other
// clients, of the store or of the screen: it turns one call into one signed
// request and one verified answer. It does not repeat, poll, remember or
// decide; that is the work of the sale package.
//
//   - wechat: WeChat Pay API v3, Native orders, for a direct merchant or a
//     service provider, with a public key or platform certificates.
//   - wechatv2: WeChat Pay API v2, Native orders, for merchants without v3.
//   - gatewaytest: what every gateway must do, as a test suite. A new client
//     is right when the suite passes.
//   - paytest: a simulated WeChat Pay server for both versions, because the
//     provider has no test environment for Native orders.
package payment
