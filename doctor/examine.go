package doctor

import (
	"cmp"
	"context"
	"slices"
)

// Examine makes every check of a machine. It changes nothing on it: no motor
// turns, nothing is ordered. It returns within ten seconds, whatever does not
// answer.
func Examine(ctx context.Context, o Options) []Finding { return newDoctor(o).examine(ctx) }

// examine makes every check. It returns within readWithin, restWithin and a
// moment, whatever does not answer.
func (d *doctor) examine(ctx context.Context) []Finding {
	found := d.look(ctx)
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	d.begin(ctx)
	found = append(found, runJobs(ctx, restWithin, d.jobs())...)
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Compare(slices.Index(checkNames, a.Name), slices.Index(checkNames, b.Name))
	})
	return found
}

// look reads the config, of which all else depends.
func (d *doctor) look(ctx context.Context) []Finding {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	r, ok := promised(func() reading { return d.read(d.file) }).get(ctx)
	if !ok {
		return []Finding{late("config", readWithin), skip("keys", noConfig)}
	}
	d.config, d.at = r.config, r.at
	return r.found
}
