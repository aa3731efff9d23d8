// Package nettest disturbs the network between a whole machine and the
// provider: production core, ledger and payment client (package desk).
//
//   - TestFaultAtEachCall lets every fault of paytest, and everything that a
//     network does to a request, strike each kind of call, in simulated time.
//     With platform certificates the download of their list is one more: at
//     the start, and when the provider changes over while an order is open.
//   - TestPartition takes the network away for a second to a day, at every
//     stage of a sale, in simulated time.
//
// These two are played with API v3 and the public key, with API v3 and platform
// certificates, and with API v2.
//
//   - TestDomains cuts real connections, in real time.
//   - TestNamespaces runs the built daemon in a network namespace of its own
//     and takes the link to the provider's namespace down. It needs root.
//
// Package audit judges the books; besides, no order may be asked about more
// than once a second, and the customer must be told within five seconds.
//
//	go test ./internal/nettest            a sample
//	go test ./internal/nettest -full      everything
//	go test ./internal/nettest -case 'v2/close/html-200 x1/cancels'
package nettest
