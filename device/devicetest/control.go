package devicetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// Played is a simulated machine as the control API plays it. What its methods
// do is said at those of [Cabinet]; an error says what this machine has not.
type Played interface {
	State() State
	Press(slot int) error
	Cancel()
	JamNext(slot int) error
	SetStock(slot, stock int) error
	SetPaused(slot int, paused bool) error
	SetDoor(open bool)
	Unplug() error
	Plug() error
	Restart()
	Inject(Fault) error
	Clear(...FaultKind)
}

// lifting is a machine with a lift and a button for whoever has filled it.
type lifting interface {
	SetLift(state int) error
	Fill()
}

// Control serves the API for this cabinet.
func (c *Cabinet) Control() http.Handler { return Control(c) }

// Control serves the JSON API that the package comment describes. Mount it
// with http.StripPrefix where it is not at the root.
func Control(c Played) http.Handler {
	type none struct{}
	type slot struct {
		Slot int `json:"slot"`
	}
	type stock struct {
		slot
		Stock *int `json:"stock"`
	}
	type pause struct {
		slot
		Paused bool `json:"paused"`
	}
	type door struct {
		Open bool `json:"open"`
	}
	type lift struct {
		State int `json:"state"`
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, c.State())
	})
	mux.Handle("POST /press", order(func(b slot) error { return c.Press(b.Slot) }))
	mux.Handle("POST /cancel", order(func(none) error { c.Cancel(); return nil }))
	mux.Handle("POST /jam", order(func(b slot) error { return c.JamNext(b.Slot) }))
	mux.Handle("POST /stock", order(func(b stock) error {
		if b.Stock == nil {
			return errors.New("say how many in stock")
		}
		return c.SetStock(b.Slot, *b.Stock)
	}))
	mux.Handle("POST /pause", order(func(b pause) error { return c.SetPaused(b.Slot, b.Paused) }))
	mux.Handle("POST /door", order(func(b door) error { c.SetDoor(b.Open); return nil }))
	if c, ok := c.(lifting); ok {
		mux.Handle("POST /lift", order(func(b lift) error { return c.SetLift(b.State) }))
		mux.Handle("POST /fill", order(func(none) error { c.Fill(); return nil }))
	}
	mux.Handle("POST /unplug", order(func(none) error { return c.Unplug() }))
	mux.Handle("POST /plug", order(func(none) error { return c.Plug() }))
	mux.Handle("POST /restart", order(func(none) error { c.Restart(); return nil }))
	mux.Handle("POST /fault", order(func(b faultBody) error { return b.give(c) }))
	return mux
}

// faultBody is a Fault as JSON.
type faultBody struct {
	Kind    FaultKind `json:"kind"`
	Off     bool      `json:"off"`
	Times   int       `json:"times"`
	Chance  float64   `json:"chance"`
	Slot    int       `json:"slot"`
	Code    byte      `json:"code"`
	Other   int       `json:"other"`
	At      int       `json:"at"`
	Dir     string    `json:"dir"`
	ForMS   int64     `json:"for_ms"`
	DelayMS int64     `json:"delay_ms"`
}

// give hands the fault to the machine.
func (b faultBody) give(c Played) error {
	f := Fault{
		Kind: b.Kind, Times: b.Times, Chance: b.Chance, Slot: b.Slot, Code: b.Code, Other: b.Other, At: b.At, Dir: b.Dir,
		For: time.Duration(b.ForMS) * time.Millisecond, Delay: time.Duration(b.DelayMS) * time.Millisecond,
	}
	switch {
	case !b.Off:
		return c.Inject(f)
	case b.Kind == "":
		c.Clear()
	case !slices.Contains(FaultKinds(), b.Kind):
		return f.check()
	default:
		c.Clear(b.Kind)
	}
	return nil
}

// order serves one POST: its body is a B, an empty one counts as {}.
func order[B any](do func(B) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body B
		err := decode(http.MaxBytesReader(w, r.Body, 4096), &body)
		if err == nil {
			err = do(body)
		}
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func decode(r io.Reader, body any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil && err != io.EOF {
		return fmt.Errorf("the body is not what this order takes: %w", err)
	}
	if d.More() {
		return errors.New("the body holds more than one JSON value")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
