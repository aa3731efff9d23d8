// Package linetest disturbs the serial line of a whole machine while it sells:
// the production core, ledger, payment client and vmc driver against the
// simulated cabinet and provider (package desk).
//
// Its tests pull the plug at every byte of every exchange that one sale has
// (greeting, slot reports, key, check, counters, dispense command, statuses,
// their acknowledgements, a POLL), put it back after a while, and let the
// cabinet do everything that devicetest can make it do. Package audit judges
// the books of each machine when it has played its cases.
//
//	go test ./internal/linetest                      a sample
//	go test ./internal/linetest -full                every byte, every fault
//	go test ./internal/linetest -case 'sale/host 06#1@5/300ms/counts'
//
// -seed chooses the sample, its order and the cabinet's random numbers. A seed
// replays the same troubles; the threads of real time are not in its hand.
package linetest
