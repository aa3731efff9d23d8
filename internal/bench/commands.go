package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// commandRuns is how often a quick command is run.
const commandRuns = 20

// commandFigures is what a technician waits for at a terminal.
type commandFigures struct {
	Status  span `json:"status_ms"`
	Version span `json:"version_ms"` // any process of this binary
	// Whole is status by the whole kioskd.
	Whole span `json:"status_by_the_whole_ms"`
	// Doctor is with everything down: no port, no network, no daemon.
	Doctor  span            `json:"doctor_all_down_ms"`
	Orders  int             `json:"export_orders"`
	Exports map[string]span `json:"export_ms"` // by format
}

// exportRuns is how often each export is made.
const exportRuns = 3

// commands runs the commands, as packages have them, beside a daemon that has a full ledger, and
// exports a ledger of many orders.
func commands(ctx context.Context, dir string, o options, beside *child, say func(string, ...any)) (f commandFigures, err error) {
	f.Orders, f.Exports = o.exported, map[string]span{}
	many, err := os.MkdirTemp(dir, "export-")
	if err != nil {
		return f, err
	}
	path, err := fill(ctx, many, o.exported, say)
	if err != nil {
		return f, fmt.Errorf("fill a ledger to export: %w", err)
	}
	config := filepath.Join(many, "kioskd.yaml")
	down := fmt.Sprintf("machine: {id: B1}\nstore: {path: %q}\ncontrol: {socket: k.sock}\ncontroller: {driver: vmc, port: /dev/none}\nproducts: [{slot: 1, name: a, price: 1}]\n", path)
	if err := os.WriteFile(config, []byte(down), 0o600); err != nil {
		return f, err
	}
	say("running the technician's commands")
	status := []string{"status", "--config", filepath.Join(beside.rig.Dir, "kioskd.yaml")}
	for _, c := range []struct {
		into   *span
		binary string
		runs   int
		may    bool // fail
		args   []string
	}{
		{&f.Version, o.commands, commandRuns, false, []string{"version"}},
		{&f.Status, o.commands, commandRuns, false, status},
		{&f.Whole, o.daemon, commandRuns, false, status},
		{&f.Doctor, o.commands, exportRuns, true, []string{"doctor", config}},
	} {
		if *c.into, err = timed(ctx, c.binary, c.runs, c.may, c.args...); err != nil {
			return f, err
		}
	}
	for _, format := range []string{"csv", "json", "xlsx"} {
		say("exporting %d orders as %s", o.exported, format)
		f.Exports[format], err = timed(ctx, o.commands, exportRuns, false,
			"export", "--config", config, "--from", "2026-01-01", "--to", "2026-12-31", "--format", format, "-o", filepath.Join(many, "out"))
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func timed(ctx context.Context, binary string, runs int, mayFail bool, args ...string) (span, error) {
	var took []time.Duration
	for range runs {
		begun := time.Now()
		out, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
		if err != nil && !mayFail || ctx.Err() != nil {
			return span{}, fmt.Errorf("kioskd %s: %w: %s", args[0], err, out)
		}
		took = append(took, time.Since(begun))
	}
	return spanOf(took), nil
}

func (f commandFigures) goals() []goal {
	row := func(what, want string, s span, runs int, limit float64) goal {
		return goal{what, want, s.Median, limit, fmt.Sprintf("%.0f ms (worst of %d: %.0f)", s.Median, runs, s.Worst)}
	}
	list := []goal{
		row("kioskd status", "50 ms", f.Status, commandRuns, 50),
		row("... of it any process of this binary", "", f.Version, commandRuns, 0),
		row("kioskd status by the whole kioskd", "", f.Whole, commandRuns, 0),
		row("kioskd doctor, everything down", "10 s", f.Doctor, exportRuns, 10_000),
	}
	for _, format := range []string{"csv", "json", "xlsx"} {
		list = append(list, row(fmt.Sprintf("export of %d orders, %s", f.Orders, format), "2000 ms", f.Exports[format], exportRuns, 2000))
	}
	return list
}
