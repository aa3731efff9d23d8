// Package oracle lets other people's clients drive the simulated WeChat Pay of
// payment/paytest: the provider's own Go SDK (wechatpay-go v0.2.21) and an npm
// client (wechatpay-axios-plugin 0.9.6) speak API v3, and gopay v1.5.123 speaks
// v2. Programs that share no code agree on every signature here, in both
// directions: they accept the simulator's answers, and the simulator accepts
// their requests. Where they do what kioskd's own client does not, a test pins
// it.
//
// It is a module of its own, so that they are no dependencies of the daemon:
//
//	cd internal/oracle && go test ./...
package oracle
