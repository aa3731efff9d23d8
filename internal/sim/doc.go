// Package sim plays thousands of sales in simulated time: the production core
// and the production ledger on a memory file system, inside testing/synctest
// bubbles, against a seeded world in which everything fails. The process
// "dies" before and after commits and effects, and begins again.
//
// A seed replays exactly. In the safety mode faults never stop while the
// customers come; in the liveness mode they heal, and every order must reach
// its end within ten simulated minutes.
package sim
