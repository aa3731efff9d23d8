// Package nettest disturbs the network between a whole machine and the
// provider: production core, ledger and payment client (package desk).
//
//   - TestFaultAtEachCall lets every fault of paytest, and everything that a
//     network does to a request, strike each kind of call, in simulated time.
//   - TestPartition takes the network away for a second to a day, at every
//     stage of a sale, in simulated time.
//   - TestDomains cuts real connections, in real time.
//   - TestNamespaces runs the built daemon in a network namespace of its own
//     and takes the link to the provider's namespace down. It needs root.
//
// Package audit judges the books; besides, no order may be asked about more
// than once a second, and the customer must be told within five seconds.
//
//	go test ./internal/nettest            a sample
//	go test ./internal/nettest -full      everything
//	go test ./internal/nettest -case 'close/html-200 x1/cancels'
package nettest
