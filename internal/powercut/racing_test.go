//go:build race

package powercut_test

// Images are opened one after the other: the race detector finds nothing there
// and makes it several times slower.
const shortForm = 300
