//go:build !race

package display_test

const racing = false
