//go:build !race

package powercut_test

const shortForm = 1500
