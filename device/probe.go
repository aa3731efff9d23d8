package device

import "context"

// Probe asks a port whether a controller of one kind is there. Each driver has
// one. A probe moves nothing and switches nothing: it listens, or asks what
// only reads. That an answer came means that its checksum was right and that it
// is of the kind that only such a controller gives.
type Probe struct {
	Bauds []int // speeds to try, the likely ones first
	// Ask talks on a line of that speed that is its own, not yet opened by a
	// Read. An error is of the line, or the context's; silence is none.
	Ask func(ctx context.Context, l *Line, baud int, o ProbeOptions) (Finding, error)
}

// ProbeOptions narrow a probe.
type ProbeOptions struct {
	Addresses []int // of the boards to ask, on a bus that has addresses
}

// Finding is what answered. The zero value is nobody.
type Finding struct {
	What string // for a person: "XY controller, machine 0000012345"
	// Settings are the lines of YAML that belong under controller.settings.
	Settings []string
}

// Found reports whether anybody answered.
func (f Finding) Found() bool { return f.What != "" }
