package terminal

// What the tests of this package may touch.
var (
	Code  = code
	Cells = cells
	Align = align
)
