package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
	"kioskd/display"
	"kioskd/sale"
)

const (
	// answerSales are sold one after the other while POLLs are answered.
	answerSales = 4
	// quickPolls are more than a board sends, for more measurements in less time.
	quickPolls = 20 * time.Millisecond
)

// answers is how soon POLLs are answered, and by a peer that does nothing else.
type answers struct {
	Polls    int         `json:"polls"`
	Own      percentiles `json:"vmc_ms"`
	Bare     percentiles `json:"bare_ms"`
	RatioP99 float64     `json:"ratio_p99"`
	Painted  int         `json:"painted"` // pictures that were drawn meanwhile
}

// answering measures how soon kioskd answers a board's POLLs while it sells and
// draws. Beside it, on a board of its own, a loop answers that has nothing else
// to do and no line that comes back.
func answering(ctx context.Context, dir string, o options, say func(string, ...any)) (a answers, err error) {
	say("answering POLLs during %d sales", answerSales)
	dir = filepath.Join(dir, "answering")
	k, err := newKeys()
	if err != nil {
		return a, err
	}
	w, err := newWorldAt(ctx, dir, k, o.seed, quickPolls)
	if err != nil {
		return a, err
	}
	defer w.close()
	kiosk, err := newKiosk(ctx, w, o.daemon)
	if err != nil {
		return a, err
	}
	defer kiosk.close()
	easel, err := newEasel()
	if err != nil {
		return a, err
	}
	kiosk.also = easel.show
	peer, err := devicetest.Start(devicetest.Options{
		Link: filepath.Join(dir, "ttyBARE"), PollEvery: quickPolls, AnswerWithin: answerWithin, Seed: o.seed,
		Slots: []devicetest.Slot{{Number: 11, Stock: 1}},
	})
	if err != nil {
		return a, err
	}
	defer peer.Close()

	open, shut := context.WithCancel(ctx)
	defer shut()
	g, open := errgroup.WithContext(open)
	g.Go(func() error { return kiosk.run(open) })
	g.Go(func() error { return easel.run(open) })
	g.Go(func() error { return bare(open, peer.Path()) })
	g.Go(func() error {
		defer shut()
		c := customer{kiosk, w.provider, w.cabinet}
		for i := range answerSales {
			if _, err := c.buys(open, products[i%len(products)].Slot, thinkLeast); err != nil {
				return fmt.Errorf("a sale while POLLs are answered: %w", err)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return a, err
	}
	own := w.cabinet.Answers()
	a = answers{Polls: len(own), Own: rank(own), Bare: rank(peer.Answers()), Painted: easel.painted}
	a.RatioP99 = round(a.Own.P99 / a.Bare.P99)
	return a, ctx.Err()
}

// bare answers each POLL and each frame with an ACK.
func bare(ctx context.Context, port string) error {
	f, err := os.OpenFile(port, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Unix(1, 0)) })()
	ack := vmc.Frame{Cmd: 0x42}.Append(nil)
	var p vmc.Parser
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		n, err := f.Read(buf)
		if err != nil {
			return ignoreEnd(ctx, err)
		}
		for _, frame := range p.Feed(buf[:n]) {
			if frame.Cmd == 0x42 {
				continue
			}
			if _, err := f.Write(ack); err != nil {
				return ignoreEnd(ctx, err)
			}
		}
	}
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// easel paints every scene in the size of a machine's screen, as a window does.
type easel struct {
	painter *display.Painter
	newest  chan sale.Scene
	painted int
}

func newEasel() (*easel, error) {
	p, err := display.NewPainter(display.Style{Language: "zh", MachineID: "BENCH1", Tray: "below", CancelKey: "取消", Width: 1080, Height: 1920})
	return &easel{painter: p, newest: make(chan sale.Scene, 1)}, err
}

// show never blocks: only the newest scene counts.
func (e *easel) show(s sale.Scene) {
	for {
		select {
		case e.newest <- s:
			return
		default:
		}
		select {
		case <-e.newest:
		default:
		}
	}
}

func (e *easel) run(ctx context.Context) error {
	for {
		select {
		case s := <-e.newest:
			e.painter.Paint(s)
			e.painted++
		case <-ctx.Done():
			return nil
		}
	}
}
