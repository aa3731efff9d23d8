package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/device/modbus"
	"kioskd/device/modbus/modbustest"
	"kioskd/sale"
)

const (
	keyBaud    = 9600
	keyBuses   = 2 // at once, to be done sooner
	keyPresses = 60
	// keyHeld is how long a finger stays on a key; keyRests what is between two,
	// and as much again at random, so that each phase of the looks is met.
	keyHeld  = 200 * time.Millisecond
	keyRests = 150 * time.Millisecond
	// fixedEvery is how often the peer looks: the interval that guides name.
	fixedEvery = 50 * time.Millisecond
)

// keyFigures is how soon a press on a polled keypad is known.
type keyFigures struct {
	Presses  int         `json:"presses"`
	Lost     int         `json:"lost"`
	Own      percentiles `json:"modbus_ms"`
	Fixed    percentiles `json:"fixed_poller_ms"`
	RatioP99 float64     `json:"ratio_p99"`
}

// pressing measures from the moment that a key closes its input until somebody
// knows of it, on a bus where each byte takes its time. Beside kioskd's driver
// a loop looks every 50 ms, with the same rule: the same input in two looks.
func pressing(ctx context.Context, dir string, o options, say func(string, ...any)) (k keyFigures, err error) {
	say("pressing %d keys at %d baud", keyBuses*keyPresses, keyBaud)
	own, fixed := make([][]time.Duration, keyBuses), make([][]time.Duration, keyBuses)
	g, ctx := errgroup.WithContext(ctx)
	for i := range keyBuses {
		rng := func(of uint64) *rand.Rand { return rand.New(rand.NewPCG(o.seed+uint64(i), of)) }
		g.Go(func() (err error) {
			own[i], err = pressOn(ctx, filepath.Join(dir, fmt.Sprintf("bus-%d", i)), rng(1), driverKeys)
			return err
		})
		g.Go(func() (err error) {
			fixed[i], err = pressOn(ctx, filepath.Join(dir, fmt.Sprintf("fixed-%d", i)), rng(2), fixedKeys)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return k, err
	}
	flat := func(lists [][]time.Duration) (all []time.Duration) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	k = keyFigures{Presses: keyBuses * keyPresses, Own: rank(flat(own)), Fixed: rank(flat(fixed))}
	k.Lost = k.Presses - len(flat(own))
	if k.Lost == k.Presses {
		return k, errors.New("no press was ever known")
	}
	k.RatioP99 = round(k.Own.P99 / k.Fixed.P99)
	return k, nil
}

// pressOn presses the key of a bus and waits until it is known.
func pressOn(ctx context.Context, link string, rng *rand.Rand, watch func(context.Context, string) (<-chan time.Time, func(), error)) (took []time.Duration, err error) {
	bus, err := modbustest.Start(modbustest.Options{
		Link: link, Baud: keyBaud, Boards: []modbustest.BoardOptions{{Addr: 1, Kind: modbustest.Waveshare, Relays: 8, Inputs: 8}},
	})
	if err != nil {
		return nil, err
	}
	defer bus.Close()
	known, end, err := watch(ctx, link)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := pause(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	for range keyPresses {
		bus.Hold(1, 1, true)
		pressed := time.Now()
		select {
		case at := <-known:
			took = append(took, at.Sub(pressed))
		case <-time.After(time.Second): // lost
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := pause(ctx, time.Until(pressed.Add(keyHeld))); err != nil {
			return nil, err
		}
		bus.Hold(1, 1, false)
		if err := pause(ctx, keyRests+time.Duration(rng.Float64()*float64(keyRests))); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// driverKeys is kioskd's driver.
func driverKeys(_ context.Context, link string) (<-chan time.Time, func(), error) {
	s := modbus.DefaultSettings()
	s.Baud = keyBaud
	s.Boards = []modbus.Board{{Address: 1, Family: "waveshare", Relays: 8, Inputs: 8}}
	s.Slots = []modbus.Slot{{Slot: 11, Relay: "1", Pulse: time.Second, Key: []string{"1"}}}
	d := modbus.Open(link, s, modbus.Options{})
	known := make(chan time.Time, 1)
	go func() {
		for e := range d.Events() {
			if _, ok := e.(sale.Selected); ok {
				known <- time.Now()
			}
		}
	}()
	return known, func() { _ = d.Close() }, nil
}

// fixedKeys is the peer.
func fixedKeys(ctx context.Context, link string) (<-chan time.Time, func(), error) {
	f, err := os.OpenFile(link, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	known, done := make(chan time.Time, 1), make(chan struct{})
	go func() {
		defer close(done)
		fixedLooks(ctx, f, known)
	}()
	return known, func() {
		stop()
		<-done
		_ = f.Close()
	}, nil
}

func fixedLooks(ctx context.Context, f *os.File, known chan<- time.Time) {
	question := modbus.ReadInputs(1, 0, 8)
	tick := time.NewTicker(fixedEvery)
	defer tick.Stop()
	was, told := false, false
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		on, ok := look(f, question)
		if !ok {
			continue
		}
		if on && was && !told {
			known <- time.Now()
		}
		told = on && (was || told)
		was = on
	}
}

// look asks once and reports whether the first input is on.
func look(f *os.File, question modbus.Request) (on, ok bool) {
	if _, err := f.Write(question.Append(nil)); err != nil {
		return false, false
	}
	f.SetReadDeadline(time.Now().Add(fixedEvery - 5*time.Millisecond))
	var got []byte
	buf := make([]byte, 64)
	for {
		n, err := f.Read(buf)
		if err != nil {
			return false, false
		}
		got = append(got, buf[:n]...)
		if a, end := question.Find(got); end > 0 {
			return len(a.Data) > 0 && a.Data[0]&1 == 1, a.Refusal == nil
		}
	}
}
