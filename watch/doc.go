// Package watch is what somebody sees who looks at a machine from outside: the
// [State] of a moment, and the [Condition]s in it that a person should know of.
// It looks at the ports of a sale and decides nothing; what it misses costs
// nobody money.
//
// watch/metrics shows the state to Prometheus, watch/alarm tells people, and
// watch/logs is the daemon's log on its way to the journal.
package watch
