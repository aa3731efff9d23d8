package daemon

import (
	"log/slog"
	"testing"

	"kioskd/configs"
	"kioskd/drivers"
	"kioskd/face"
)

// A machine that starts while nothing is changed is no old one.
func TestReloadOfNothing(t *testing.T) {
	begun := configs.Default()
	log := slog.New(slog.DiscardHandler)
	r := newReloader("kioskd.yaml", &begun, drivers.Table{}, face.New(log, nil), new(slog.LevelVar), log)
	same := begun
	if what, err := r.take(t.Context(), &same); err != nil || len(what.Now)+len(what.Idle)+len(what.Restart) > 0 {
		t.Fatalf("%+v, %v", what, err)
	}
	if !r.runs(nil, &begun) {
		t.Error("the machine is to be wired anew")
	}
	next := begun
	next.Machine.Help = "12345"
	if what, err := r.take(t.Context(), &next); err != nil || len(what.Now) != 1 {
		t.Fatalf("%+v, %v", what, err)
	}
	if r.runs(nil, &begun) || r.InUse().Machine.Help != "12345" {
		t.Error("what has changed is not in use")
	}
}
