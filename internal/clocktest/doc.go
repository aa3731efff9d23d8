// Package clocktest sets the wall clock of a whole machine wrong, at boot and
// in the middle of sales, in simulated time (package desk): to 1970, by a
// year, a day, an hour or minutes, forward and back. The provider's clock
// stays right, so that signed requests and answers are refused as they would
// be.
//
// The books must agree, nothing may be sold while the clock is implausible,
// and every deadline must last exactly as long as without the step.
//
//	go test ./internal/clocktest          a sample
//	go test ./internal/clocktest -full    every case
package clocktest
