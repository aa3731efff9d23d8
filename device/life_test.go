package device_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// dead is a wire on which nothing comes.
type dead struct {
	closed chan struct{}
	why    *sale.Fault // of the last Reopen
}

func (d *dead) Read(_ []byte, wait time.Duration) (int, error) {
	select {
	case <-d.closed:
		return 0, io.ErrClosedPipe
	case <-time.After(wait):
		return 0, nil
	}
}

func (d *dead) Write(p []byte) (int, error) { return len(p), nil }
func (d *dead) Session() int                { return 1 }
func (d *dead) Err() error                  { return nil }
func (d *dead) Reopen(why *sale.Fault)      { d.why = why }

func (d *dead) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return nil
}

var testBoard = device.Board{Name: "the controller", Path: "/dev/test", Hint: "look"}

func life(t *testing.T, do func(*testing.T, *device.Life, *dead)) {
	synctest.Test(t, func(t *testing.T) {
		line := &dead{closed: make(chan struct{})}
		l := device.NewLife(line, testBoard, nil)
		defer l.Close()
		do(t, l, line)
	})
}

// Close ends every call that waits, and every goroutine, and says why.
func TestLifeClose(t *testing.T) {
	life(t, func(t *testing.T, l *device.Life, _ *dead) {
		var state device.State
		turn := device.NewTurn()
		release, err := l.Take(t.Context(), turn)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 2)
		go func() { _, err := l.Take(context.Background(), turn); ended <- err }()
		go func() { ended <- l.Await(context.Background(), &state, func() bool { return false }) }()
		l.Go(func() { l.Listen(time.Second, func([]byte) {}) })
		synctest.Wait()
		for range 2 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := <-ended; err != device.ErrClosed {
				t.Errorf("a call that waited ends with %v", err)
			}
		}
		release()
		if _, err := l.Take(t.Context(), turn); err != device.ErrClosed {
			t.Errorf("a closed driver gives a turn: %v", err)
		}
		if _, open := <-l.Events(); open {
			t.Error("Events is open")
		}
		const want = "E-SERIAL-05: the driver of the controller on /dev/test is closed"
		for _, err := range []error{l.Err(), l.Busy(device.ErrClosed), l.Absence(nil, device.ErrClosed)} {
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	})
}

// A change wakes whoever waits for it, and no other does.
func TestLifeAwait(t *testing.T) {
	life(t, func(t *testing.T, l *device.Life, _ *dead) {
		var state device.State
		n := 0
		go func() {
			for range 3 {
				time.Sleep(time.Second)
				state.Lock()
				n++
				state.Changed()
				state.Unlock()
			}
		}()
		began := time.Now()
		if err := l.Await(t.Context(), &state, func() bool { return n == 3 }); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		why := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		if err := l.Await(ctx, &state, func() bool { return false }); err != why {
			t.Errorf("%v, want the cause of its context", err)
		}
	})
}

func TestLifeSilence(t *testing.T) {
	life(t, func(t *testing.T, l *device.Life, line *dead) {
		if err := l.Err(); err != nil {
			t.Errorf("an open port: %v", err)
		}
		heard := time.Now()
		time.Sleep(device.SilentAfter)
		if err := l.Silence(heard); err != nil {
			t.Errorf("heard 3 s ago: %v", err)
		}
		time.Sleep(time.Second)
		l.Reopen()
		why := errors.New("time is up")
		for _, c := range []struct {
			err  error
			want string
		}{
			{l.Silence(heard), "E-SERIAL-03: the controller has been silent on /dev/test for 4s (look)"},
			{l.Silence(time.Time{}), "E-SERIAL-03: the controller has not answered yet on /dev/test (look)"},
			{line.why, "E-SERIAL-03: the controller has been silent on /dev/test for 15s; the port is being opened anew (look)"},
			{l.Busy(why), "E-SERIAL-03: the controller is busy with an earlier order: time is up (look)"},
			{l.Absence(nil, why), "E-SERIAL-03: the controller does not answer: time is up (look)"},
			{l.Absence(testBoard.Fault("burns", "run"), why), "E-BOARD-01: the controller burns (run)"},
		} {
			if c.err == nil || c.err.Error() != c.want {
				t.Errorf("%v\nwant %s", c.err, c.want)
			}
		}
	})
}

// Nobody reads: the newest keys are kept, and of each slot the newest report.
func TestLifeEvents(t *testing.T) {
	life(t, func(t *testing.T, l *device.Life, _ *dead) {
		for n := sale.Slot(1); n <= 40; n++ {
			l.Emit(sale.Selected{Slot: n})
			l.Emit(sale.SlotReport{Slot: 7, SoldOut: n == 40})
			synctest.Wait()
		}
		var keys []sale.Slot
		var reports []sale.SlotReport
		for range device.KeysKept + 2 {
			switch e := (<-l.Events()).(type) {
			case sale.Selected:
				keys = append(keys, e.Slot)
			case sale.SlotReport:
				reports = append(reports, e)
			}
		}
		// The first event was on its way out already.
		if len(keys) != device.KeysKept+1 || keys[0] != 1 || keys[1] != 25 || keys[device.KeysKept] != 40 {
			t.Errorf("keys %v", keys)
		}
		if len(reports) != 1 || !reports[0].SoldOut {
			t.Errorf("reports %v", reports)
		}
	})
}

type note struct {
	Version int    `json:"v"`
	Sold    uint32 `json:"sold,omitempty"`
}

func TestEvidence(t *testing.T) {
	if b := device.EncodeEvidence(note{1, 7}); string(b) != `{"v":1,"sold":7}` {
		t.Errorf("encoded as %s", b)
	}
	for _, c := range []struct {
		stored string
		want   note
	}{
		{`{"v":1,"sold":7}`, note{1, 7}},
		{`{"v":1,"sold":7,"later":true}`, note{1, 7}},
		{`{"v":2,"sold":7}`, note{}},
		{`{"v":1,"sold":-1}`, note{}},
		{`{"sold":7}`, note{}},
		{`{`, note{}},
		{``, note{}},
	} {
		got, ok := device.DecodeEvidence[note](sale.Evidence(c.stored), 1)
		if got != c.want || ok != (c.want != note{}) {
			t.Errorf("%s: %v %v, want %v", c.stored, got, ok, c.want)
		}
	}
}
