// Package desk is a whole machine in one process, for harnesses that disturb
// it: the production core, ledger, payment client and controller driver with
// both simulators around them.
//
// [Start] runs in real time: a simulated cabinet on a pseudo terminal, with a
// [Wire] between it and the driver that can be pulled at any byte, and a
// simulated provider on real sockets. [Bubble] runs inside a testing/synctest
// bubble: the same core, ledger, client and provider in simulated time, with
// a [Courier] instead of a network and a [Board] instead of a cabinet. Both
// hand their books to package audit.
package desk
