// Package oracle lets the provider's own Go SDK (wechatpay-go v0.2.21) drive
// the simulated WeChat Pay of payment/paytest. Two programs that share no code
// agree on every signature here, in both directions: the SDK accepts the
// simulator's answers, and the simulator accepts the SDK's requests.
//
// It is a module of its own, so that the SDK is no dependency of the daemon:
//
//	cd internal/oracle && go test ./...
package oracle
