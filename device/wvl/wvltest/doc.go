// Package wvltest is what drivers of WVL/1 boards are tested with. It shares
// no code with the driver.
//
//   - [Board] is a board in memory, with a durable log that outlives its power
//     cuts, and true books of what its motors did.
//   - [Firmware] is the reference firmware on a simulated ATmega328P (simavr).
//   - [Wire] is the serial line between either of them and a pseudo terminal
//     that a driver opens. It loses, delays, doubles and falsifies lines, and
//     is pulled at any byte.
package wvltest
