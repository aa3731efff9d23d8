// Package oracle lets the provider's own Go SDK (wechatpay-go v0.2.21) and an
// npm client (wechatpay-axios-plugin 0.9.6) drive the simulated WeChat Pay of
// payment/paytest. Programs that share no code agree on every signature here,
// in both directions: they accept the simulator's answers, and the simulator
// accepts their requests. Where the SDK does otherwise than payment/wechat, a
// test says so and why.
//
// It is a module of its own, so that the SDK is no dependency of the daemon:
//
//	cd internal/oracle && go test ./...
package oracle
