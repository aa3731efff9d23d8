// Package torture kills the built daemon with SIGKILL again and again while
// customers go on buying, and compares three books that know nothing of each
// other: the daemon's ledger, and those of the simulated provider and of the
// simulated cabinet, which are processes of their own and outlive every kill.
//
// Half of the kills come at random instants: while the daemon starts, while
// somebody looks at a code, pays, waits for the product or for the money, or
// while nobody is there. The other half are aimed: the daemon, built with the
// tag crashpoints, ends itself with SIGKILL right before or right after the
// commit of a given state, and the customers do what leads there.
//
// A seed fixes what is chosen: the plan of the kills, the habits of the
// customers, the simulators' accidents. It does not fix when the system's
// scheduler lets the processes run, so a seed repeats a run's sort, not its
// instants.
package torture
