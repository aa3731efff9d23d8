//go:build race

package display_test

// racing: the painter has no goroutines, so the race detector has nothing to
// find in every size and language; it only makes drawing ten times slower.
const racing = true
