package terminal

// What the tests of this package may touch.
var (
	Draw  = code
	Cells = cells
	Align = align
)
