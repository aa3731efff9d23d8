// Package soak lets a machine stand there and sell for a long time, and looks
// for what grows.
//
// [Days] plays simulated days in a testing/synctest bubble: the production
// core and the production ledger on a memory file system, with few faults, in
// one process that never restarts. After each night's sweeps it counts
// goroutines, descriptors, the heap after a collection and the ledger's bytes,
// and compares the books of a day when its last order has been swept.
//
// [Minutes] lets the built daemon run as a process beside kiosk-sim for real
// minutes while customers buy all the time, and reads /proc. How many
// goroutines there are it learns from the dump of a process that ends by
// SIGQUIT: one soon after its start, one at the end.
package soak
