//go:build race

package sale_test

// The search has no goroutines: the race detector finds nothing in it and
// makes it ten times slower.
const crashesWorthSearching = 1
const crashesBesideDamage = 0
